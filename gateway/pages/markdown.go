package pages

import (
	"bytes"
	"fmt"
	"html/template"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"

	"centrala/markdown"
	"centrala/words"
)

// wordsPerMinute is how fast people read; tocFrom is how many headings make an article long.
const (
	wordsPerMinute = 200
	tocFrom        = 3
)

// body is an article's Markdown as a page shows it. HTML in the Markdown is left out, and so
// are addresses that run scripts.
type body struct {
	Short    *short // the box at the top, nil without one
	HTML     template.HTML
	Contents []link // of a long article
	Minutes  int
}

// short is an article that begins with its summary: a heading "W skrócie" or "In short" and a
// table of two columns.
type short struct {
	Heading, ID string
	Head        [2]template.HTML
	Rows        [][2]template.HTML
}

func render(article string) (body, error) {
	source := []byte(article)
	md := markdown.New()
	doc := md.Parser().Parse(text.NewReader(source))
	b := body{Minutes: max(1, (len(strings.Fields(article))+wordsPerMinute/2)/wordsPerMinute)}
	b.Contents = dress(doc, source)
	if len(b.Contents) < tocFrom {
		b.Contents = nil
	}
	var err error
	if b.Short, err = takeShort(md, doc, source); err != nil {
		return b, err
	}
	var out bytes.Buffer
	if err := md.Renderer().Render(&out, source, doc); err != nil {
		return b, fmt.Errorf("article's text: %w", err)
	}
	b.HTML = template.HTML(out.String()) // goldmark escapes, and leaves raw HTML out
	return b, nil
}

// dress gives headings their anchors and levels below the page's own, lists of steps their
// line, and pictures and links to elsewhere their manners. It returns the headings that a
// table of contents names.
func dress(doc ast.Node, source []byte) []link {
	var contents []link
	var anchors markdown.Anchors
	shift := 0
	for n := doc.FirstChild(); n != nil; n = n.NextSibling() {
		if h, ok := n.(*ast.Heading); ok && h.Level == 1 {
			shift = 1
		}
	}
	for n := doc.FirstChild(); n != nil; n = n.NextSibling() {
		switch n := n.(type) {
		case *ast.Heading:
			n.Level = min(6, n.Level+shift)
			title := markdown.Text(n, source)
			id := anchors.Of(title)
			n.SetAttributeString("id", []byte(id))
			if n.Level == 2 {
				contents = append(contents, link{Href: "#" + id, Text: title})
			}
		case *ast.List:
			if n.IsOrdered() {
				n.SetAttributeString("class", []byte("steps"))
			}
		}
	}
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // the walker never fails
		switch n := n.(type) {
		case *ast.Image:
			n.SetAttributeString("loading", []byte("lazy"))
		case *ast.Link:
			if d := string(n.Destination); entering && strings.Contains(d, "://") {
				n.SetAttributeString("rel", []byte("noopener noreferrer"))
			}
		}
		return ast.WalkContinue, nil
	})
	return contents
}

// takeShort takes the summary off the top of the document.
func takeShort(md goldmark.Markdown, doc ast.Node, source []byte) (*short, error) {
	heading, ok := doc.FirstChild().(*ast.Heading)
	if !ok {
		return nil, nil
	}
	title := markdown.Text(heading, source)
	if named := spaced(title); named != spaced(words.For(words.Polish).InShort()) && named != words.For(words.English).InShort() {
		return nil, nil
	}
	table, ok := heading.NextSibling().(*extast.Table)
	if !ok || len(table.Alignments) != 2 {
		return nil, nil
	}
	id, _ := heading.AttributeString("id")
	s := &short{Heading: title, ID: string(id.([]byte))}
	for row := table.FirstChild(); row != nil; row = row.NextSibling() {
		var cells [2]template.HTML
		i := 0
		for cell := row.FirstChild(); cell != nil && i < len(cells); cell = cell.NextSibling() {
			html, err := inside(md, cell, source)
			if err != nil {
				return nil, err
			}
			cells[i] = html
			i++
		}
		if _, ok := row.(*extast.TableHeader); ok {
			s.Head = cells
		} else {
			s.Rows = append(s.Rows, cells)
		}
	}
	doc.RemoveChild(doc, heading)
	doc.RemoveChild(doc, table)
	return s, nil
}

// spaced is a text with ordinary spaces: those that do not break are a matter of looks.
func spaced(s string) string { return strings.ReplaceAll(s, "\u00a0", " ") }

// inside renders what is in a node, without the node.
func inside(md goldmark.Markdown, n ast.Node, source []byte) (template.HTML, error) {
	var out bytes.Buffer
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if err := md.Renderer().Render(&out, source, c); err != nil {
			return "", fmt.Errorf("article's summary: %w", err)
		}
	}
	return template.HTML(out.String()), nil // goldmark escapes, and leaves raw HTML out
}
