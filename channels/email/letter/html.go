package letter

import (
	"net/url"
	"regexp"
	"strings"

	"github.com/microcosm-cc/bluemonday"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// PolicyVersion changes whenever the policy does, so that what was cleaned under an older one
// can be told.
const PolicyVersion = 2

// RemotePicture begins the address of a picture that is not in the mail, instead of the address
// itself: no reader loads it until somebody turns it back, on purpose.
const RemotePicture = "remote:"

// NewPolicy is what is left of HTML from outside: text with its structure, links that tell the
// other side nothing, and pictures that came with the mail itself. No style, no forms; of remote
// pictures only what RemotePicture leaves. What it made it leaves as it is. It is safe for
// concurrent use.
func NewPolicy() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "div", "span", "b", "strong", "i", "em", "u", "s", "sub", "sup", "ul", "ol", "li", "blockquote",
		"pre", "code", "hr", "h1", "h2", "h3", "h4", "table", "thead", "tbody", "tfoot", "tr", "th", "td", "caption")
	p.AllowStandardURLs()
	p.AllowURLSchemes("http", "https", "mailto", "tel", "cid", "remote")
	p.AllowRelativeURLs(false)
	p.AllowAttrs("href").Matching(regexp.MustCompile(`^(?i:https?|mailto|tel):`)).OnElements("a")
	p.AllowAttrs("src").Matching(regexp.MustCompile(`^\s*(?i:cid:|(remote:)?https?://)[^\s<>"]+\s*$`)).OnElements("img")
	p.AllowAttrs("width", "height").Matching(regexp.MustCompile(`^[0-9]{1,4}$`)).OnElements("img")
	p.RewriteSrc(func(u *url.URL) {
		if u.Scheme == "http" || u.Scheme == "https" {
			*u = url.URL{Scheme: strings.TrimSuffix(RemotePicture, ":"), Opaque: u.String()}
		}
	})
	p.AllowAttrs("alt").Matching(bluemonday.Paragraph).OnElements("img")
	p.AllowAttrs("colspan", "rowspan").Matching(regexp.MustCompile(`^[0-9]{1,3}$`)).OnElements("td", "th")
	p.RequireNoFollowOnLinks(true)
	p.RequireNoReferrerOnLinks(true)
	p.AddTargetBlankToFullyQualifiedLinks(true)
	p.SkipElementsContent("title", "template", "textarea", "select", "button", "svg", "math", "xml")
	return p
}

func escapeHTML(s string) string { return html.EscapeString(s) }

// outlookRule is the line that Outlook puts above what it quotes.
const outlookRule = "________________________________"

// maxHTMLDepth is how deep tags may be nested before the rest is read as flat text.
const maxHTMLDepth = 200

// htmlText is HTML as plain text. What the usual mailers mark as quoted comes out with "> " in
// front, or below a separator, so that it is folded like a quote in plain text.
func htmlText(s string) string {
	t := &texter{}
	doc := html.NewTokenizer(strings.NewReader(s))
	for {
		switch doc.Next() {
		case html.ErrorToken:
			return t.String()
		case html.TextToken:
			t.words(string(doc.Text()))
		case html.StartTagToken:
			t.open(doc.Token(), false)
		case html.SelfClosingTagToken:
			t.open(doc.Token(), true)
		case html.EndTagToken:
			t.close(doc.Token().DataAtom)
		}
	}
}

type texter struct {
	out    strings.Builder
	stack  []element
	quotes int       // how many open elements quote
	skip   atom.Atom // inside an element whose text is not shown
	pre    int
	line   strings.Builder
	blank  int // line ends written since the last words
}

type element struct {
	tag   atom.Atom
	quote bool
}

func (t *texter) words(s string) {
	if t.skip != 0 {
		return
	}
	s = html.UnescapeString(s)
	if t.pre > 0 {
		for i, l := range strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n") {
			if i > 0 {
				t.newline(false)
			}
			t.line.WriteString(l)
		}
		return
	}
	s = strings.Map(func(r rune) rune {
		switch r {
		case '\n', '\r', '\t', '\u00a0':
			return ' '
		case '\u200b', '\u00ad', '\ufeff', '\u200c':
			return -1
		}
		return r
	}, s)
	for i, f := range strings.Fields(s) {
		if i > 0 || s[0] == ' ' {
			t.space()
		}
		t.line.WriteString(f)
	}
	if s != "" && s[len(s)-1] == ' ' {
		t.space()
	}
}

func (t *texter) space() {
	if l := t.line.String(); l != "" && !strings.HasSuffix(l, " ") {
		t.line.WriteByte(' ')
	}
}

// newline ends the line; block tells that an empty line is only worth one line end.
func (t *texter) newline(block bool) {
	l := strings.TrimRight(t.line.String(), " ")
	t.line.Reset()
	if l == "" && (block || t.blank >= 2) {
		return
	}
	if t.quotes > 0 {
		t.out.WriteString("> ")
	}
	t.out.WriteString(l + "\n")
	t.blank++
	if l != "" {
		t.blank = 1
	}
}

func (t *texter) open(tok html.Token, selfClosing bool) {
	if t.skip != 0 {
		return
	}
	switch tok.DataAtom {
	case atom.Script, atom.Style, atom.Head, atom.Title, atom.Template, atom.Textarea, atom.Select, atom.Noscript, atom.Svg:
		if !selfClosing {
			t.skip = tok.DataAtom
		}
		return
	case atom.Br:
		t.newline(false)
		return
	case atom.Hr:
		t.newline(true)
		if attr(tok, "id") == "stopSpelling" {
			t.separator()
		}
		return
	case atom.Img:
		if alt := OneLine(attr(tok, "alt")); alt != "" && len(alt) < 100 {
			t.words(" [" + alt + "] ")
		}
		return
	case atom.Td, atom.Th:
		t.space()
		return
	}
	if id := attr(tok, "id"); id == "divRplyFwdMsg" || id == "appendonsend" {
		t.newline(true)
		t.separator()
	}
	if !isBlock(tok.DataAtom) {
		return
	}
	t.newline(true)
	if tok.DataAtom == atom.P || tok.DataAtom == atom.Blockquote || tok.DataAtom == atom.Table {
		t.gap()
	}
	if selfClosing || len(t.stack) >= maxHTMLDepth {
		return
	}
	e := element{tok.DataAtom, isQuote(tok)}
	t.stack = append(t.stack, e)
	if e.quote {
		t.quotes++
	}
	switch tok.DataAtom {
	case atom.Pre:
		t.pre++
	case atom.Li:
		t.line.WriteString("- ")
	}
}

// gap leaves one empty line.
func (t *texter) gap() {
	if t.blank == 1 {
		if t.quotes > 0 {
			t.out.WriteString(">")
		}
		t.out.WriteByte('\n')
		t.blank = 2
	}
}

func (t *texter) separator() {
	t.gap()
	t.out.WriteString(outlookRule + "\n")
	t.blank = 1
}

func (t *texter) close(tag atom.Atom) {
	if t.skip != 0 {
		if tag == t.skip {
			t.skip = 0
		}
		return
	}
	if !isBlock(tag) {
		return
	}
	t.newline(true)
	if tag == atom.P || tag == atom.Ul || tag == atom.Ol || tag == atom.Table || tag == atom.Blockquote {
		t.gap()
	}
	for i := len(t.stack) - 1; i >= 0; i-- {
		if t.stack[i].tag != tag {
			continue
		}
		for _, e := range t.stack[i:] {
			if e.quote {
				t.quotes--
			}
			if e.tag == atom.Pre {
				t.pre--
			}
		}
		t.stack = t.stack[:i]
		return
	}
}

// String is the text so far.
func (t *texter) String() string {
	t.newline(true)
	return strings.Trim(t.out.String(), "\n")
}

func isBlock(a atom.Atom) bool {
	switch a {
	case atom.P, atom.Div, atom.Li, atom.Ul, atom.Ol, atom.Blockquote, atom.Pre, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6,
		atom.Table, atom.Tr, atom.Body, atom.Section, atom.Article, atom.Header, atom.Footer, atom.Center, atom.Dl, atom.Dd, atom.Dt, atom.Address:
		return true
	}
	return false
}

// isQuote reports whether mailers mark quoted text with this element.
func isQuote(tok html.Token) bool {
	class := " " + attr(tok, "class") + " "
	return tok.DataAtom == atom.Blockquote && (attr(tok, "type") == "cite" || strings.Contains(class, " gmail_quote ")) ||
		tok.DataAtom == atom.Div && (strings.Contains(class, " gmail_quote ") || strings.Contains(class, " yahoo_quoted ") ||
			strings.Contains(class, " moz-cite-prefix ") || strings.Contains(class, " gmail_quote_container ") || strings.Contains(class, " protonmail_quote "))
}

func attr(tok html.Token, name string) string {
	for _, a := range tok.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}
