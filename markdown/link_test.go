package markdown_test

import (
	"slices"
	"strings"
	"testing"

	"centrala/markdown"
)

func TestLinks(t *testing.T) {
	t.Parallel()
	got := markdown.Links("# A [b](/help/pl/b)\n\nText\nand [c *d*](../c#e \"title\"),\n![x](files/a/x.png)\n\n    [no](code)\n\n| a | b |\n| - | - |\n| 1 | [t](/t) |\n\n`[no](code)` <https://e.test/> [r][1]\n\n[1]: </a b>\n")
	want := []markdown.Link{{"/help/pl/b", 1, false}, {"../c#e", 4, false}, {"files/a/x.png", 5, true}, {"/t", 11, false}, {"https://e.test/", 13, false}, {"/a b", 13, false}}
	if !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	markdown.Links(strings.Repeat("[", 1<<20)) // comes back
}
