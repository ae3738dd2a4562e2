// Package markdown is how articles are written: what is a section of one, under which anchor a
// page shows it, and what it says without its marks. Pages and the index read articles alike.
package markdown

import (
	"strconv"
	"strings"

	"github.com/yuin/goldmark/ast"

	"centrala"
)

// Anchor makes a name part of an address: "Gdy termin minął" is "gdy-termin-minal".
func Anchor(name string) string {
	id := centrala.Slug(name, 80)
	if id == "" || id == "main" { // main is the page's own
		return "s"
	}
	return id
}

// Anchors gives the headings of one article their anchors, in order of their appearance. The
// zero value is ready.
type Anchors struct{ seen map[string]int }

// Of makes the next heading's: its Anchor, and of a second one alike "gdy-termin-minal-2".
func (a *Anchors) Of(heading string) string {
	id := Anchor(heading)
	if a.seen == nil {
		a.seen = map[string]int{}
	}
	if a.seen[id]++; a.seen[id] > 1 {
		id += "-" + strconv.Itoa(a.seen[id])
	}
	return id
}

// Text is what a node inside a block says, without its marks.
func Text(n ast.Node, source []byte) string {
	var b strings.Builder
	write(&b, n, source)
	return strings.TrimSpace(b.String())
}

// Section is what stands below one heading, or before the first.
type Section struct {
	Heading string // "" before the first
	Anchor  string // without "#"; "" before the first
	Text    string // paragraphs, list items and table cells, each on its own line
}

// What is found of an article. What is past it is shown to readers, and not found by its words.
const (
	MaxText     = 64 << 10 // bytes of one section's text
	MaxSections = 400      // what follows belongs to the last one
)

// Sections cuts an article at its headings. The first section is what stands before them, also
// when that is nothing.
func Sections(article string) []Section {
	doc := Read(article)
	out := []Section{{}}
	var anchors Anchors
	var b strings.Builder
	finish := func() { out[len(out)-1].Text = strings.TrimSpace(centrala.Clip(b.String(), MaxText)) }
	for n := doc.Root.FirstChild(); n != nil; n = n.NextSibling() {
		h, ok := n.(*ast.Heading)
		if !ok || len(out) == MaxSections {
			if b.Len() < MaxText {
				write(&b, n, doc.Source)
			}
			continue
		}
		finish()
		b.Reset()
		title := Text(h, doc.Source)
		out = append(out, Section{Heading: title, Anchor: anchors.Of(title)})
	}
	finish()
	return out
}

// write adds what a node says.
func write(b *strings.Builder, n ast.Node, source []byte) {
	ended := true // the last byte written ends a line
	add := func(s []byte) {
		if len(s) > 0 {
			b.Write(s)
			ended = s[len(s)-1] == '\n'
		}
	}
	// The walker only returns the callback's errors, and the callback has none.
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch n := n.(type) {
		case *ast.Text:
			if entering {
				add(n.Segment.Value(source))
				if n.SoftLineBreak() || n.HardLineBreak() {
					add([]byte{' '})
				}
			}
		case *ast.String:
			if entering {
				add(n.Value)
			}
		case *ast.FencedCodeBlock, *ast.CodeBlock:
			if entering {
				for i := range n.Lines().Len() {
					line := n.Lines().At(i)
					add(line.Value(source))
				}
			}
		default:
			if !entering && n.Type() == ast.TypeBlock && !ended {
				add([]byte{'\n'})
			}
		}
		return ast.WalkContinue, nil
	})
}
