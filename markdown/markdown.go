// Package markdown is how articles are written: what is a section of one, under which anchor a
// page shows it, and what it says without its marks. Pages and the index read articles alike.
package markdown

import (
	"strconv"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"

	"centrala"
)

// New reads and renders Markdown as articles have it: tables are known, HTML is left out.
func New() goldmark.Markdown { return goldmark.New(goldmark.WithExtensions(extension.Table)) }

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

// What is read of an article. What is past it is shown to readers, and not found by its words.
const (
	MaxRead     = 512 << 10 // bytes of Markdown
	MaxText     = 64 << 10  // bytes of one section's text
	MaxSections = 400       // what follows belongs to the last one
)

// Sections cuts an article at its headings. The first section is what stands before them, also
// when that is nothing.
func Sections(article string) []Section {
	source := tame(article)
	doc := New().Parser().Parse(text.NewReader(source))
	out := []Section{{}}
	var anchors Anchors
	var b strings.Builder
	finish := func() { out[len(out)-1].Text = strings.TrimSpace(centrala.Clip(b.String(), MaxText)) }
	for n := doc.FirstChild(); n != nil; n = n.NextSibling() {
		h, ok := n.(*ast.Heading)
		if !ok || len(out) == MaxSections {
			if b.Len() < MaxText {
				write(&b, n, source)
			}
			continue
		}
		finish()
		b.Reset()
		title := Text(h, source)
		out = append(out, Section{Heading: title, Anchor: anchors.Of(title)})
	}
	finish()
	return out
}

// maxMarks is how many marks may stand together: at the beginning of a line, and as brackets.
// The parser's time grows with the square of what is nested.
const maxMarks = 64

// tame is as much of an article as is read, without marks that nobody writes who writes for people.
func tame(article string) []byte {
	article = centrala.Clip(article, MaxRead)
	out := make([]byte, 0, len(article))
	margin, brackets := 0, 0 // marks since the line began, -1: past them; brackets in a row
	for i := range len(article) {
		c := article[i]
		switch {
		case c == '\n':
			margin = 0
		case margin >= 0 && strings.IndexByte(" \t>-+*", c) >= 0:
			margin++
		default:
			margin = -1
		}
		if c == '[' || c == '!' {
			brackets++
		} else {
			brackets = 0
		}
		if margin <= maxMarks && brackets <= maxMarks {
			out = append(out, c)
		}
	}
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
