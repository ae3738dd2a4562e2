package markdown_test

import (
	"bytes"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"

	"centrala/demo"
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

// What people write is read as any other reader of Markdown does: the bounds are far away.
func TestBoundsAreFarAway(t *testing.T) {
	t.Parallel()
	other := goldmark.New(goldmark.WithExtensions(extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute))))
	same := func(name, article string) {
		t.Helper()
		doc := markdown.Read(article)
		var got, want bytes.Buffer
		if err := errors.Join(doc.Render(&got, doc.Root), other.Convert([]byte(article), &want), markdown.Check(article)); err != nil {
			t.Fatal(name, err)
		}
		if got.String() != want.String() {
			t.Errorf("%s is read as\n%s\nnot as\n%s", name, got.String(), want.String())
		}
	}
	n := 0
	err := fs.WalkDir(demo.Articles(), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(demo.Articles(), path)
		n++
		same(path, string(b))
		return err
	})
	if err != nil || n < 10 {
		t.Fatalf("%d articles of the demonstration: %v", n, err)
	}
	for name, article := range map[string]string{
		"nested":     "> 1. - a\n>      > b\n>\n>    c\n\n- [x][r] ![y][r] <http://a.test> `c` **d *e*** \\*\n\n[r]: /help \"t\"\n",
		"eight deep": "- a\n  - b\n    - c\n      - d\n        - e\n          - f\n            - g\n              - h\n",
		"code":       "```\n" + strings.Repeat("> ", 100) + strings.Repeat("[", 300) + "\n```\n\n    " + strings.Repeat("- ", 100) + "\n",
		"rules":      strings.Repeat("-", 200) + "\n\n" + strings.Repeat("* ", 100) + "\n\na\n" + strings.Repeat("=", 200) + "\n",
		"words":      strings.Repeat("a*b*c_d `e` [f](g) ", 90),
	} {
		same(name, article)
	}
	for article, want := range map[string]string{
		strings.Repeat(">", 17) + "a": "nest 16 deep", strings.Repeat("a", markdown.MaxRead+1): "800 KB", strings.Repeat("[a](b) ", 101): "100 links",
		"[a]: /" + strings.Repeat("x", 5000) + "\n\n" + strings.Repeat("[a]\n\n", 100): "long address", strings.Repeat("|a", 1000) + "|\n" + strings.Repeat("|-", 1000) + "|\n" + strings.Repeat("|a|\n", 1000): "200000 cells",
	} {
		if err := markdown.Check(article); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20s…: %v, want %s", article, err, want)
		}
	}
}
