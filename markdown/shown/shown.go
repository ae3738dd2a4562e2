// Package shown is what readers see of an article: the same on its page, in its author's preview and
// in the widget. Whatever stands in an article, nothing of it runs, nothing is loaded from elsewhere,
// and a link says where it leads.
package shown

import (
	"bytes"
	"fmt"
	"html/template"
	"strings"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"

	"centrala/markdown"
	"centrala/words"
)

// wordsPerMinute is how fast people read; contentsFrom is how many headings make an article long,
// maxContents how many of them are named at most.
const (
	wordsPerMinute = 200
	contentsFrom   = 3
	maxContents    = 100
)

// Page is an article's Markdown as it is shown. HTML in the Markdown is left out, and so are
// addresses that run scripts.
type Page struct {
	Short    *Short // the box at the top, nil without one
	HTML     template.HTML
	Contents []Heading // of a long article
	Minutes  int       // to read it
}

// Heading is one that a table of contents names.
type Heading struct{ Href, Text string }

// Short is how an article begins with its summary: a heading "W skrócie" or "In short" and a table
// of two columns.
type Short struct {
	Heading, ID string
	Head        [2]template.HTML
	Rows        [][2]template.HTML
}

// Of makes an article's page. What is past the bounds of markdown.Read is cut, or is plain words.
func Of(article string) (Page, error) {
	doc := markdown.Read(article)
	p := Page{Minutes: max(1, (fields(doc.Source)+wordsPerMinute/2)/wordsPerMinute)}
	p.Contents = dress(doc)
	if len(p.Contents) < contentsFrom {
		p.Contents = nil
	}
	p.Contents = p.Contents[:min(len(p.Contents), maxContents)]
	var err error
	if p.Short, err = takeShort(doc); err != nil {
		return p, err
	}
	p.HTML, err = html(doc)
	return p, err
}

// Text is an article in one piece: what its page shows in a box at the top stands where it was
// written.
func Text(article string) (template.HTML, error) {
	doc := markdown.Read(article)
	dress(doc)
	return html(doc)
}

func html(doc markdown.Doc) (template.HTML, error) {
	var out bytes.Buffer
	if err := doc.Render(&out, doc.Root); err != nil {
		return "", fmt.Errorf("article's text: %w", err)
	}
	return template.HTML(out.String()), nil // goldmark escapes, and leaves raw HTML out
}

// fields counts words.
func fields(source []byte) int {
	n := 0
	for range bytes.FieldsSeq(source) {
		n++
	}
	return n
}

// dress gives headings their anchors and levels below the page's own, lists of steps their line,
// and pictures and links their manners. It returns the headings that a table of contents names.
func dress(doc markdown.Doc) []Heading {
	var contents []Heading
	var anchors markdown.Anchors
	shift := 0
	for n := doc.Root.FirstChild(); n != nil; n = n.NextSibling() {
		if h, ok := n.(*ast.Heading); ok && h.Level == 1 {
			shift = 1
		}
	}
	for n := doc.Root.FirstChild(); n != nil; n = n.NextSibling() {
		switch n := n.(type) {
		case *ast.Heading:
			n.Level = min(6, n.Level+shift)
			title := markdown.Text(n, doc.Source)
			id := anchors.Of(title)
			n.SetAttributeString("id", []byte(id))
			if n.Level == 2 {
				contents = append(contents, Heading{Href: "#" + id, Text: title})
			}
		case *ast.List:
			if n.IsOrdered() {
				n.SetAttributeString("class", []byte("steps"))
			}
		}
	}
	civil(doc)
	return contents
}

// takeShort takes the summary off the top of the document.
func takeShort(doc markdown.Doc) (*Short, error) {
	heading, ok := doc.Root.FirstChild().(*ast.Heading)
	if !ok {
		return nil, nil
	}
	title := markdown.Text(heading, doc.Source)
	if named := spaced(title); named != spaced(words.For(words.Polish).InShort()) && named != words.For(words.English).InShort() {
		return nil, nil
	}
	table, ok := heading.NextSibling().(*extast.Table)
	if !ok || len(table.Alignments) != 2 {
		return nil, nil
	}
	id, _ := heading.AttributeString("id")
	s := &Short{Heading: title, ID: string(id.([]byte))}
	for row := table.FirstChild(); row != nil; row = row.NextSibling() {
		var cells [2]template.HTML
		i := 0
		for cell := row.FirstChild(); cell != nil && i < len(cells); cell = cell.NextSibling() {
			html, err := inside(doc, cell)
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
	doc.Root.RemoveChild(doc.Root, heading)
	doc.Root.RemoveChild(doc.Root, table)
	return s, nil
}

// spaced is a text with ordinary spaces: those that do not break are a matter of looks.
func spaced(s string) string { return strings.ReplaceAll(s, "\u00a0", " ") }

// inside renders what is in a node, without the node.
func inside(doc markdown.Doc, n ast.Node) (template.HTML, error) {
	var out bytes.Buffer
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if err := doc.Render(&out, c); err != nil {
			return "", fmt.Errorf("article's summary: %w", err)
		}
	}
	return template.HTML(out.String()), nil // goldmark escapes, and leaves raw HTML out
}
