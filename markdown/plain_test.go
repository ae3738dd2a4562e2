package markdown_test

import (
	"strings"
	"testing"

	"centrala/markdown"
)

func TestPlain(t *testing.T) {
	t.Parallel()
	const article = "Zwrot zlecamy w dniu **anulowania**.\n\nBank księguje go do dwóch dni\nroboczych.\n\n## Co zrobić\n\n1. Sprawdź w *Zamówienia*.\n2. Zobacz [status](https://x.example/s) i [tu](/help/pl/a).\n   - rzecz\n   - druga\n\n   Dalszy ciąg.\n3. Napisz.\n\n![obraz](/x.png)\n\nKoniec <b>tu</b>.\n\n## Ile to trwa\n\n| Sposób | Czas |\n|---|---|\n| BLIK | 2 dni |\n\n> Uwaga!\n\n## Ile to trwa\n\ndrugie\n"
	for anchor, want := range map[string]string{
		"":              "Zwrot zlecamy w dniu anulowania.\n\nBank księguje go do dwóch dni roboczych.",
		"co-zrobic":     "1. Sprawdź w Zamówienia.\n2. Zobacz status (https://x.example/s) i tu.\n   - rzecz\n   - druga\n   Dalszy ciąg.\n3. Napisz.\n\nKoniec tu.",
		"ile-to-trwa":   "Sposób: Czas\nBLIK: 2 dni\n\nUwaga!",
		"ile-to-trwa-2": "drugie",
		"nie-ma":        "",
	} {
		if got := markdown.Plain(article, anchor); got != want {
			t.Errorf("%q: %q\nwant %q", anchor, got, want)
		}
	}
	if got := markdown.Plain("## Kod\n\n```\na <b> c\n```\n", "kod"); got != "a <b> c" {
		t.Errorf("code: %q", got)
	}
	if got := markdown.Plain(strings.Repeat("słowo ", 50_000), ""); len(got) > 2*markdown.MaxRead {
		t.Errorf("%d bytes", len(got))
	}
}
