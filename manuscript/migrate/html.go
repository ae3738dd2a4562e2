package migrate

import (
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/JohannesKaufmann/html-to-markdown/v2/converter"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/base"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/commonmark"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/table"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"centrala/markdown"
)

// What one article may have. The converter's time grows with the square of the brackets.
const (
	MaxHTML     = 4 << 20 // bytes
	maxBrackets = 20_000
)

var convert = sync.OnceValue(func() *converter.Converter {
	return converter.NewConverter(converter.WithPlugins(
		base.NewBasePlugin(),
		commonmark.NewCommonmarkPlugin(commonmark.WithListEndComment(false)),
		table.NewTablePlugin(table.WithHeaderPromotion(true), table.WithSkipEmptyRows(true), table.WithCellPaddingBehavior(table.CellPaddingBehaviorMinimal)),
	))
})

// markdownOf is an article's HTML as Markdown. follow says where a link leads now; picture is told
// of every picture.
func markdownOf(body string, follow func(string) string, picture func()) (string, error) {
	if len(body) > MaxHTML {
		return "", fmt.Errorf("it has more than %d MB", MaxHTML>>20)
	}
	if n := strings.Count(body, "["); n > maxBrackets {
		return "", fmt.Errorf("it has %d square brackets, and %d at most are read", n, maxBrackets)
	}
	doc, err := html.Parse(strings.NewReader(body))
	if err != nil {
		return "", fmt.Errorf("HTML: %w", err)
	}
	c := cleaner{follow: follow, picture: picture, anchors: map[string]string{}}
	c.headings(doc, &markdown.Anchors{})
	c.clean(doc, false)
	out, err := convert().ConvertNode(doc)
	if err != nil {
		return "", fmt.Errorf("write the article as Markdown: %w", err)
	}
	return strings.TrimSpace(string(out)) + "\n", nil
}

type cleaner struct {
	follow  func(string) string
	picture func()
	anchors map[string]string // of headings, by their ids in HTML
}

// headings learns which anchors the page will give to headings that links name by their ids.
func (c *cleaner) headings(n *html.Node, anchors *markdown.Anchors) {
	if n.Type == html.ElementNode && len(n.Data) == 2 && n.Data[0] == 'h' && n.Data[1] >= '1' && n.Data[1] <= '6' {
		words := strings.Join(strings.Fields(said(n)), " ")
		if words != "" {
			anchor := anchors.Of(words)
			c.learn(n, anchor)
		}
		return
	}
	for child := n.FirstChild; child != nil; child = child.NextSibling {
		c.headings(child, anchors)
	}
}

func (c *cleaner) learn(n *html.Node, anchor string) {
	for _, a := range n.Attr {
		if a.Key == "id" || a.Key == "name" {
			c.anchors[a.Val] = anchor
		}
	}
	for child := n.FirstChild; child != nil; child = child.NextSibling {
		c.learn(child, anchor)
	}
}

func said(n *html.Node) string {
	if n.Type == html.TextNode {
		return n.Data
	}
	var b strings.Builder
	for child := n.FirstChild; child != nil; child = child.NextSibling {
		b.WriteString(said(child))
	}
	return b.String()
}

const maxSpan = 20 // cells that one may take the place of

// clean takes out what no reader sees, has links lead where they lead now, and makes table cells
// one line, as Markdown needs them.
func (c *cleaner) clean(n *html.Node, inCell bool) {
	for child := n.FirstChild; child != nil; {
		next := child.NextSibling
		if child.Type == html.CommentNode {
			n.RemoveChild(child)
			child = next
			continue
		}
		c.clean(child, inCell || child.DataAtom == atom.Td || child.DataAtom == atom.Th)
		switch child.DataAtom {
		case atom.Script, atom.Style, atom.Noscript, atom.Template, atom.Object, atom.Embed, atom.Input, atom.Button, atom.Select, atom.Textarea:
			n.RemoveChild(child)
		case atom.Iframe, atom.Video, atom.Audio:
			c.outside(n, child)
		case atom.A:
			c.link(child)
		case atom.Img:
			c.picture()
		case atom.Td, atom.Th:
			span(child)
		case atom.Br:
			if inCell {
				n.InsertBefore(&html.Node{Type: html.TextNode, Data: " "}, child)
				n.RemoveChild(child)
			}
		case atom.P, atom.Div, atom.Ul, atom.Ol, atom.Li, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
			if inCell {
				unwrap(n, child)
			}
		}
		child = next
	}
}

// outside puts a link in the place of what is shown from elsewhere.
func (c *cleaner) outside(parent, n *html.Node) {
	src := ""
	for _, a := range n.Attr {
		if a.Key == "src" {
			src = a.Val
		}
	}
	if strings.HasPrefix(src, "//") {
		src = "https:" + src
	}
	if src != "" {
		a := &html.Node{Type: html.ElementNode, Data: "a", DataAtom: atom.A, Attr: []html.Attribute{{Key: "href", Val: src}}}
		a.AppendChild(&html.Node{Type: html.TextNode, Data: src})
		p := &html.Node{Type: html.ElementNode, Data: "p", DataAtom: atom.P}
		p.AppendChild(a)
		parent.InsertBefore(p, n)
	}
	parent.RemoveChild(n)
}

func (c *cleaner) link(n *html.Node) {
	for i, a := range n.Attr {
		if a.Key != "href" {
			continue
		}
		if id, ok := strings.CutPrefix(a.Val, "#"); ok && c.anchors[id] != "" {
			n.Attr[i].Val = "#" + c.anchors[id]
		} else {
			n.Attr[i].Val = c.follow(strings.TrimSpace(a.Val))
		}
	}
}

// span takes away that a cell is wider than any table.
func span(n *html.Node) {
	kept := n.Attr[:0]
	for _, a := range n.Attr {
		if a.Key == "colspan" || a.Key == "rowspan" {
			if size, err := strconv.Atoi(a.Val); err != nil || size < 1 || size > maxSpan {
				continue
			}
		}
		kept = append(kept, a)
	}
	n.Attr = kept
}

// unwrap puts what is in a block in its place, with a space before and behind.
func unwrap(parent, n *html.Node) {
	space := func(s string) { parent.InsertBefore(&html.Node{Type: html.TextNode, Data: s}, n) }
	if n.DataAtom == atom.Li {
		space(" • ")
	} else {
		space(" ")
	}
	for child := n.FirstChild; child != nil; {
		next := child.NextSibling
		n.RemoveChild(child)
		parent.InsertBefore(child, n)
		child = next
	}
	space(" ")
	parent.RemoveChild(n)
}
