package shown

import (
	"bytes"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/util"
	"golang.org/x/net/idna"

	"centrala/markdown"
)

// files is where the pictures of articles are; no other is shown.
const files = "/help/files/"

// civil keeps of links those that lead to a page, a letter or a telephone, and of pictures our own.
// What is not kept leaves its words. A link elsewhere tells that place nothing of us, and one whose
// words name another place than it leads to says that place.
func civil(doc markdown.Doc) {
	var found []ast.Node
	_ = ast.Walk(doc.Root, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // the walker never fails
		switch n.(type) {
		case *ast.Image, *ast.Link, *ast.AutoLink:
			if !entering { // the inner ones first
				found = append(found, n)
			}
		}
		return ast.WalkContinue, nil
	})
	for _, n := range found {
		switch n := n.(type) {
		case *ast.Image:
			if !ours(address(n.Destination)) {
				unwrap(n)
				continue
			}
			n.SetAttributeString("loading", []byte("lazy"))
		case *ast.Link:
			d := address(n.Destination)
			if !leads(d) {
				unwrap(n)
				continue
			}
			elsewhere(n, d, markdown.Text(n, doc.Source))
		case *ast.AutoLink:
			d := string(n.URL(doc.Source))
			if n.AutoLinkType == ast.AutoLinkURL && !leads(d) {
				n.Parent().ReplaceChild(n.Parent(), n, ast.NewString(util.EscapeHTML(n.Label(doc.Source))))
				continue
			}
			elsewhere(n, d, string(n.Label(doc.Source)))
		}
	}
}

// ours reports whether an address is that of a picture of ours, by way of nowhere else.
func ours(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Scheme == "" && u.Host == "" && strings.HasPrefix(u.Path, files) && path.Clean(u.Path) == u.Path && !strings.Contains(u.Path, `\`)
}

// unwrap leaves what is in a node in its place.
func unwrap(n ast.Node) {
	parent := n.Parent()
	for c := n.FirstChild(); c != nil; c = n.FirstChild() {
		parent.InsertBefore(parent, n, c)
	}
	parent.RemoveChild(parent, n)
}

// address is a link's destination as the page will have it.
func address(destination []byte) string {
	return string(util.ResolveEntityNames(util.ResolveNumericReferences(util.UnescapePunctuations(bytes.Clone(destination)))))
}

// leads reports whether an address is one that a link may have. Browsers skip what they cannot read
// in the name of a scheme; here such a name is none of those known.
func leads(address string) bool {
	i := strings.IndexAny(address, ":/?#")
	if i < 0 || address[i] != ':' {
		return true
	}
	return slices.Contains([]string{"http", "https", "mailto", "tel"}, strings.ToLower(address[:i]))
}

// elsewhere gives a link to another site its manners.
func elsewhere(n ast.Node, address, says string) {
	u, err := url.Parse(strings.ReplaceAll(address, `\`, "/")) // as browsers do
	if err != nil || u.Host == "" {
		return
	}
	n.SetAttributeString("rel", []byte("noopener noreferrer"))
	host := ascii(u.Hostname())
	named := hostIn.FindString(strings.ToLower(says))
	if named != "" && !same(ascii(named), host) || foreign(u.Hostname()) {
		n.Parent().InsertAfter(n.Parent(), n, ast.NewString(util.EscapeHTML([]byte(" ("+host+")"))))
	}
}

// hostIn finds the name of a site in the words of a link.
var hostIn = regexp.MustCompile(`(?:[\pL\pN][\pL\pM\pN-]*\.)+[\pL][\pL\pM-]+`)

func ascii(host string) string {
	if a, err := idna.ToASCII(strings.ToLower(host)); err == nil {
		return a
	}
	return strings.ToLower(host)
}

// same reports whether who names one site means the other.
func same(named, host string) bool {
	return strings.TrimPrefix(named, "www.") == strings.TrimPrefix(host, "www.") || strings.HasSuffix(host, "."+named)
}

// foreign reports whether a site's name has letters of other scripts than the Latin one, which may
// look alike.
func foreign(host string) bool {
	if u, err := idna.ToUnicode(host); err == nil {
		host = u
	}
	return strings.ContainsFunc(host, func(r rune) bool { return unicode.IsLetter(r) && !unicode.Is(unicode.Latin, r) })
}
