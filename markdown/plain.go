package markdown

import (
	"strconv"
	"strings"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
)

// Plain is one section of an article as people write in a mail: paragraphs with a line between
// them, steps with their numbers, links with their addresses. anchor is the section's, "" for what
// stands before the first heading. Without such a section it is "".
func Plain(article, anchor string) string {
	doc := Read(article)
	source := doc.Source
	var anchors Anchors
	var b strings.Builder
	here := anchor == ""
	for n := doc.Root.FirstChild(); n != nil; n = n.NextSibling() {
		if h, ok := n.(*ast.Heading); ok {
			if here {
				break
			}
			here = anchors.Of(Text(h, source)) == anchor
			continue
		}
		if here && b.Len() < MaxText {
			plain(&b, n, source, "")
		}
	}
	return strings.TrimSpace(b.String())
}

// plain writes a block behind a margin.
func plain(b *strings.Builder, n ast.Node, source []byte, margin string) {
	switch n := n.(type) {
	case *ast.List:
		at := max(n.Start, 1)
		for item := n.FirstChild(); item != nil; item = item.NextSibling() {
			mark := "- "
			if n.IsOrdered() {
				mark = strconv.Itoa(at) + ". "
				at++
			}
			var inner strings.Builder
			for c := item.FirstChild(); c != nil; c = c.NextSibling() {
				plain(&inner, c, source, "")
			}
			for i, line := range strings.Split(tight(inner.String()), "\n") {
				if i > 0 {
					mark = strings.Repeat(" ", len(mark))
				}
				b.WriteString(margin + mark + line + "\n")
			}
		}
		b.WriteString("\n")
	case *ast.Blockquote, *extast.Table:
		for c := n.FirstChild(); c != nil; c = c.NextSibling() {
			plain(b, c, source, margin)
		}
		b.WriteString("\n")
	case *extast.TableHeader, *extast.TableRow:
		row(b, n, source, margin)
	case *ast.FencedCodeBlock, *ast.CodeBlock:
		b.WriteString(margin + Text(n, source) + "\n\n")
	default:
		if s := said(n, source); s != "" {
			b.WriteString(margin + s + "\n\n")
		}
	}
}

// row writes a line of a table: its cells in one line.
func row(b *strings.Builder, n ast.Node, source []byte, margin string) {
	var cells []string
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if s := said(c, source); s != "" {
			cells = append(cells, s)
		}
	}
	b.WriteString(margin + strings.Join(cells, ": ") + "\n")
}

// tight is a list item without empty lines.
func tight(s string) string {
	var lines []string
	for line := range strings.SplitSeq(s, "\n") {
		if strings.TrimSpace(line) != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

// said is what a block says in one line, with the addresses that its links name.
func said(n ast.Node, source []byte) string {
	var b strings.Builder
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		switch c := c.(type) {
		case *ast.Link:
			words, to := Text(c, source), string(c.Destination)
			b.WriteString(words)
			if strings.Contains(to, "://") && to != words {
				b.WriteString(" (" + to + ")")
			}
		case *ast.AutoLink:
			b.Write(c.URL(source))
		case *ast.Image, *ast.RawHTML: // a picture says nothing here
		default:
			var one strings.Builder
			write(&one, c, source)
			b.WriteString(one.String())
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}
