package markdown

import (
	"bytes"
	"sort"

	"github.com/yuin/goldmark/ast"
)

// Link is where an article sends its readers, or what it shows them from there.
type Link struct {
	To    string // the address, without Markdown's escapes
	Line  int    // of the article, from 1
	Image bool
}

// Links lists an article's links and pictures in their order. What stands in code is none.
func Links(article string) []Link {
	doc := Read(article)
	source := doc.Source
	var ends []int // of lines
	for i, c := range source {
		if c == '\n' {
			ends = append(ends, i)
		}
	}
	var out []Link
	at := 0 // the last place in the source that is known
	add := func(to []byte, n ast.Node, image bool) {
		if start, ok := begins(n); ok {
			at = start
		}
		out = append(out, Link{To: string(bytes.TrimSpace(to)), Line: sort.SearchInts(ends, at) + 1, Image: image})
	}
	// The walker only returns the callback's errors, and the callback has none.
	_ = ast.Walk(doc.Root, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		if n.Type() == ast.TypeBlock && n.Lines() != nil && n.Lines().Len() > 0 {
			at = n.Lines().At(0).Start
		}
		switch n := n.(type) {
		case *ast.Text:
			at = n.Segment.Start
		case *ast.Link:
			add(n.Destination, n, false)
		case *ast.Image:
			add(n.Destination, n, true)
		case *ast.AutoLink:
			add(n.URL(source), n, false)
		}
		return ast.WalkContinue, nil
	})
	return out
}

// begins is where the first words inside a node stand.
func begins(n ast.Node) (int, bool) {
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if t, ok := c.(*ast.Text); ok {
			return t.Segment.Start, true
		}
		if start, ok := begins(c); ok {
			return start, true
		}
	}
	return 0, false
}
