package search_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"centrala"
	"centrala/search"
)

func TestReadArticle(t *testing.T) {
	t.Parallel()
	a, err := search.ReadArticle("pl/zwrot.md", []byte("---\r\ntitle: Jak zwrócić zakup?\r\nsides: [buyer]\r\ntags: [zwrot]\r\n---\r\n\r\n# A\r\n"))
	if err != nil || a.Slug != "jak-zwrocic-zakup" || a.Locale != "pl" || a.Body != "# A\n" || a.Sides[0] != centrala.Buyer || a.Source != "pl/zwrot.md" {
		t.Fatalf("%+v, %v", a, err)
	}
	for file, want := range map[string]string{
		"":                                     "does not begin with front matter",
		"---\ntitle: x\n":                      "does not begin with front matter",
		"---\nslug: x\n---\n":                  "no title",
		"---\ntitle: x\nsides: [thief]\n---\n": `"thief" is not a side`,
		"---\ntitel: x\n---\n":                 "titel",
		"---\ntitle: x\n---\n\xff":             "UTF-8",
	} {
		if _, err := search.ReadArticle("a.md", []byte(file)); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "a.md") {
			t.Errorf("%q: %v, want %q in it", file, err, want)
		}
	}
	_, err = search.ReadDir(fstest.MapFS{"a.md": {Data: []byte("---\ntitle: X\n---\n")}, "b/c.md": {Data: []byte("---\ntitle: x\n---\n")}, "d.md": {Data: []byte("x")}})
	if err == nil || !strings.Contains(err.Error(), "same address") || !strings.Contains(err.Error(), "d.md") {
		t.Fatalf("all that is wrong at once: %v", err)
	}
}

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
