package markdown

import (
	"io"
	"sync"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"

	"centrala"
)

// MaxRead is how many bytes of an article are read; nobody sees or finds what is past it.
const MaxRead = 800 << 10

// Doc is an article as it is read. Whatever it says, reading it takes time and memory in proportion
// to its length, MaxRead at most: what nests deeper, or stands closer together, than people write is
// read as plain words.
type Doc struct {
	Root   ast.Node
	Source []byte
	over   limit // the first bound that it goes over
}

// Read reads an article: tables are known, HTML is left out, and so are characters that turn the
// order of others around, or that nobody sees.
func Read(article string) Doc {
	source := []byte(centrala.Plain(centrala.Clip(article, MaxRead)))
	c := &context{Context: parser.NewContext(), over: none, references: len(source) + freeReferences}
	if len(article) > MaxRead {
		c.over = long
	}
	root := engine().Parser().Parse(text.NewReader(source), parser.WithContext(c))
	return Doc{root, source, c.over}
}

// Render writes a node of d as HTML.
func (d Doc) Render(to io.Writer, n ast.Node) error {
	return engine().Renderer().Render(to, d.Source, n)
}

// Check refuses an article of which readers would not see everything as it is written.
func Check(article string) error { return Read(article).over.err() }

var engine = sync.OnceValue(func() goldmark.Markdown {
	p := parser.NewParser(
		parser.WithBlockParsers(
			util.Prioritized(parser.NewSetextHeadingParser(), 100),
			util.Prioritized(parser.NewThematicBreakParser(), 200),
			util.Prioritized(shallow{parser.NewListParser()}, 300),
			util.Prioritized(parser.NewListItemParser(), 400),
			util.Prioritized(parser.NewCodeBlockParser(), 500),
			util.Prioritized(parser.NewATXHeadingParser(), 600),
			util.Prioritized(parser.NewFencedCodeBlockParser(), 700),
			util.Prioritized(shallow{parser.NewBlockquoteParser()}, 800),
			util.Prioritized(parser.NewHTMLBlockParser(), 900),
			util.Prioritized(parser.NewParagraphParser(), 1000),
		),
		parser.WithInlineParsers(
			util.Prioritized(fewOf{parser.NewCodeSpanParser(), codes, maxMarks}, 100),
			util.Prioritized(fewOf{parser.NewLinkParser(), links, maxLinks}, 200),
			util.Prioritized(fewOf{parser.NewAutoLinkParser(), addresses, maxLinks}, 300),
			util.Prioritized(fewOf{parser.NewRawHTMLParser(), tags, maxMarks}, 400),
			util.Prioritized(fewOf{parser.NewEmphasisParser(), emphases, maxMarks}, 500),
		),
		parser.WithParagraphTransformers(
			util.Prioritized(brief{parser.LinkReferenceParagraphTransformer}, 100),
			util.Prioritized(narrow{extension.NewTableParagraphTransformer()}, 200),
		),
		parser.WithASTTransformers(util.Prioritized(extension.NewTableASTTransformer(), 0)),
	)
	md := goldmark.New(goldmark.WithParser(p))
	md.Renderer().AddOptions(renderer.WithNodeRenderers(util.Prioritized(extension.NewTableHTMLRenderer(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute)), 500)))
	return md
})
