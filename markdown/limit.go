package markdown

import (
	"bytes"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"

	"centrala"
)

// What people write stays far below these. The parser's time, or its memory, grows with their
// square.
const (
	maxDepth       = 16      // quotes and lists in one another
	maxLinks       = 100     // brackets that may begin a link, in one block
	maxMarks       = 1000    // of emphasis or code, in one block
	maxCells       = 200_000 // of all tables, also those that a row leaves out
	freeReferences = 100_000 // bytes that references to addresses may add to those of the text
)

// limit is a bound that an article goes over.
type limit int

const (
	none limit = iota
	long
	deep
	dense
	wide
	repeated
)

// err tells the author what to change; nil of none.
func (l limit) err() error {
	switch l {
	case long:
		return &centrala.Error{Code: centrala.TooLong, Field: "body", Message: "An article's text has 800 KB at most."}
	case deep:
		return centrala.InvalidField("body", "Quotes and lists nest %d deep at most.", maxDepth)
	case dense:
		return centrala.InvalidField("body", "One paragraph has %d links and %d lines or emphasised words at most.", maxLinks, maxMarks)
	case wide:
		return centrala.InvalidField("body", "The tables of an article have %d cells at most.", maxCells)
	case repeated:
		return centrala.InvalidField("body", "The article repeats a long address too often.")
	}
	return nil
}

// context knows of the whole article what is used up.
type context struct {
	parser.Context
	over       limit
	references int // bytes left
	cells      int // used
	tallies    [marks]tally
}

// went notes the first bound that an article goes over.
func went(over limit, pc parser.Context) {
	if c, ok := pc.(*context); ok && c.over == none {
		c.over = over
	}
}

// Reference implements parser.Context. One address used again and again makes a page many times as
// long as its article.
func (c *context) Reference(label string) (parser.Reference, bool) {
	r, ok := c.Context.Reference(label)
	if !ok {
		return r, false
	}
	if c.references -= len(r.Destination()) + len(r.Title()); c.references < 0 {
		went(repeated, c)
		return nil, false
	}
	return r, true
}

// shallow opens quotes or lists in no more than maxDepth others.
type shallow struct{ parser.BlockParser }

// Open implements parser.BlockParser.
func (s shallow) Open(parent ast.Node, reader text.Reader, pc parser.Context) (ast.Node, parser.State) {
	depth := 0
	for n := parent; n != nil && depth < maxDepth; n = n.Parent() {
		if k := n.Kind(); k == ast.KindBlockquote || k == ast.KindListItem {
			depth++
		}
	}
	line, at := reader.Position()
	n, state := s.BlockParser.Open(parent, reader, pc)
	if n == nil || depth < maxDepth {
		return n, state
	}
	went(deep, pc)
	reader.SetPosition(line, at)
	return nil, parser.NoChildren
}

// fewOf reads a kind of marks, so many in a block.
type fewOf struct {
	parser.InlineParser
	kind mark
	most int
}

// mark is a kind of marks.
type mark int

const (
	codes mark = iota
	links
	addresses
	tags
	emphases
	marks
)

// tally is how many marks a block has had.
type tally struct {
	block ast.Node
	n     int
}

// Parse implements parser.InlineParser.
func (f fewOf) Parse(parent ast.Node, block text.Reader, pc parser.Context) ast.Node {
	t := &tally{}
	if c, ok := pc.(*context); ok {
		t = &c.tallies[f.kind]
	}
	if t.block != parent {
		*t = tally{block: parent}
	}
	if block.Peek() == ']' { // ends what was counted
		return f.InlineParser.Parse(parent, block, pc)
	}
	if t.n >= f.most {
		went(dense, pc)
		return nil
	}
	n := f.InlineParser.Parse(parent, block, pc)
	if n != nil || block.Peek() != '!' {
		t.n++
	}
	return n
}

// CloseBlock implements parser.CloseBlocker.
func (f fewOf) CloseBlock(parent ast.Node, block text.Reader, pc parser.Context) {
	if c, ok := f.InlineParser.(parser.CloseBlocker); ok {
		c.CloseBlock(parent, block, pc)
	}
}

// brief looks for the addresses of references in no more than maxMarks lines together.
type brief struct{ parser.ParagraphTransformer }

// Transform implements parser.ParagraphTransformer.
func (b brief) Transform(p *ast.Paragraph, reader text.Reader, pc parser.Context) {
	first := p.Lines().At(0)
	if p.Lines().Len() > maxMarks && bytes.HasPrefix(bytes.TrimSpace(first.Value(reader.Source())), []byte("[")) {
		went(dense, pc)
		return
	}
	b.ParagraphTransformer.Transform(p, reader, pc)
}

// narrow takes a paragraph for a table unless its cells would be too many: a short row has as many
// as the head.
type narrow struct{ parser.ParagraphTransformer }

// Transform implements parser.ParagraphTransformer.
func (w narrow) Transform(p *ast.Paragraph, reader text.Reader, pc parser.Context) {
	lines, columns := p.Lines(), 0
	for i := range lines.Len() {
		at := lines.At(i)
		line := at.Value(reader.Source())
		if len(bytes.Trim(line, " \t\r\n|:-")) == 0 {
			columns = max(columns, 1+bytes.Count(line, []byte("|")))
		}
	}
	if columns == 0 {
		return
	}
	if c, ok := pc.(*context); ok {
		if c.cells+columns*lines.Len() > maxCells {
			went(wide, pc)
			return
		}
		c.cells += columns * lines.Len()
	}
	w.ParagraphTransformer.Transform(p, reader, pc)
}
