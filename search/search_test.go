package search_test

import (
	"strings"
	"testing"

	"centrala/search"
)

func TestSnippet(t *testing.T) {
	t.Parallel()
	text := "Zwrot\nZwrot zlecamy od razu. Karta czeka do 7 dni, np. w banku.\nBLIK\n2 dni"
	if got := search.Snippet(text, func(w string) bool { return w == "Karta" || w == "banku" }, 100); !strings.HasPrefix(got, "Karta") {
		t.Errorf("snippet: %q", got)
	}
	if got := search.Shorten(strings.Repeat("słowo ", 50), 20); len([]rune(got)) > 21 || !strings.HasSuffix(got, "…") {
		t.Errorf("shortened: %q", got)
	}
}
