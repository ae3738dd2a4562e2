package markdown_test

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"centrala/markdown"
)

func TestSections(t *testing.T) {
	t.Parallel()
	got := markdown.Sections("Na *początek*.\n\n## Gdy termin minął\n\nJeden\ndwa.\n\n| a | b |\n|---|---|\n| `c` | d |\n\n> ## nie nagłówek\n\n## Gdy termin minął\n### `main`\n## 🤷\n\n    kod\n")
	want := []markdown.Section{
		{Text: "Na początek."},
		{"Gdy termin minął", "gdy-termin-minal", "Jeden dwa.\na\nb\nc\nd\nnie nagłówek"},
		{"Gdy termin minął", "gdy-termin-minal-2", ""},
		{"main", "s", ""},
		{"🤷", "s-2", "kod"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("sections:\n%q\nwant\n%q", got, want)
	}
	if got := markdown.Sections(""); !slices.Equal(got, []markdown.Section{{}}) {
		t.Errorf("of nothing: %q", got)
	}
}

// A book for an article costs what its bound says, and is cut between letters.
func TestSectionsAreBounded(t *testing.T) {
	t.Parallel()
	for what, article := range map[string]string{
		"one long section": strings.Repeat("zażółć gęślą jaźń ", 5<<20/27),
		"many headings":    strings.Repeat("## Nagłówek\n\ntekst\n\n", 5<<20/20),
		"65 000 words":     "## Słowa\n\n" + strings.Repeat("słowo ", 65_000),
		"deep quotes":      strings.Repeat("> ", 100_000) + "x",
		"brackets":         strings.Repeat("[", 1<<20),
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			sections := markdown.Sections(article)
			if len(sections) > markdown.MaxSections {
				t.Errorf("%d sections", len(sections))
			}
			for _, s := range sections {
				if len(s.Text) > markdown.MaxText || !utf8.ValidString(s.Text) {
					t.Errorf("%d bytes in %q, valid: %v", len(s.Text), s.Heading, utf8.ValidString(s.Text))
				}
			}
			t.Logf("%d bytes in %v", len(article), time.Since(began))
		})
	}
}
