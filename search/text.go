package search

import (
	"strings"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"
)

// Plain is the readable text of a Markdown article: paragraphs, list items, headings and
// table cells, each on its own line.
func Plain(markdown string) string {
	source := []byte(markdown)
	doc := goldmark.New(goldmark.WithExtensions(extension.Table)).Parser().Parse(text.NewReader(source))
	var b strings.Builder
	// The walker only returns the callback's errors, and the callback has none.
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch n := n.(type) {
		case *ast.Text:
			if entering {
				b.Write(n.Segment.Value(source))
				if n.SoftLineBreak() || n.HardLineBreak() {
					b.WriteByte(' ')
				}
			}
		case *ast.String:
			if entering {
				b.Write(n.Value)
			}
		case *ast.FencedCodeBlock, *ast.CodeBlock:
			if entering {
				for i := range n.Lines().Len() {
					line := n.Lines().At(i)
					b.Write(line.Value(source))
				}
			}
		default:
			if !entering && n.Type() == ast.TypeBlock && !strings.HasSuffix(b.String(), "\n") {
				b.WriteByte('\n')
			}
		}
		return ast.WalkContinue, nil
	})
	return strings.TrimSpace(b.String())
}

// Snippet is the part of a text that says most about the words looked for: the sentence with
// the most of them, cut to about n characters at a space; or the beginning, when none occurs.
func Snippet(plain string, wanted func(word string) bool, n int) string {
	best, most := "", 0
	first := ""
	for _, s := range sentences(plain) {
		if first == "" {
			first = s
		}
		hits := 0
		for w := range strings.FieldsFuncSeq(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			if wanted(w) {
				hits++
			}
		}
		if hits > most {
			best, most = s, hits
		}
	}
	if best == "" {
		best = first
	}
	return Shorten(best, n)
}

// Shorten cuts s to about n characters at a space.
func Shorten(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	cut := n
	for cut > n/2 && !unicode.IsSpace(r[cut]) {
		cut--
	}
	return strings.TrimRight(string(r[:cut]), " ,;:–-") + "…"
}

// sentences cuts at line ends and after full stops that a space follows.
func sentences(s string) []string {
	var out []string
	for line := range strings.SplitSeq(s, "\n") {
		for line != "" {
			end := strings.IndexAny(line, ".?!")
			for end >= 0 && end+1 < len(line) && line[end+1] != ' ' {
				next := strings.IndexAny(line[end+1:], ".?!")
				if next < 0 {
					end = -1
					break
				}
				end += 1 + next
			}
			if end < 0 {
				end = len(line) - 1
			}
			if t := strings.TrimSpace(line[:end+1]); t != "" {
				out = append(out, t)
			}
			line = line[end+1:]
		}
	}
	return out
}
