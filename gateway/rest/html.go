package rest

import (
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"centrala"
)

// forbidden are the elements that may do something, load something by themselves, or change
// what the rest of the document means. They go with all that is in them.
func forbidden(a atom.Atom, name string) bool {
	switch a {
	case atom.Script, atom.Iframe, atom.Frame, atom.Frameset, atom.Object, atom.Embed, atom.Applet, atom.Form, atom.Input,
		atom.Button, atom.Textarea, atom.Select, atom.Meta, atom.Link, atom.Base, atom.Svg, atom.Math, atom.Template, atom.Noscript,
		atom.Audio, atom.Video, atom.Source, atom.Track, atom.Title, atom.Dialog:
		return true
	}
	return a == 0 && strings.ContainsAny(name, "-:") // custom elements, foreign names
}

// inert is the HTML of a mail as it may be shown: it was sanitised when it came in, and what
// could do anything is taken out once more here. Pictures that came with the mail get
// addresses that are good for c; remote ones a place to stand in, or with images an address of
// ours that is good for c.
func (s *server) inert(c caller, raw string, files []centrala.Attachment, images bool) string {
	body := &html.Node{Type: html.ElementNode, DataAtom: atom.Body, Data: "body"}
	nodes, err := html.ParseFragment(strings.NewReader(raw), body)
	if err != nil {
		return html.EscapeString(raw) // a reader that fails, on a string: cannot happen
	}
	cids := make(map[string]string, len(files))
	for _, f := range files {
		if f.CID != "" && f.State == centrala.FileHere {
			cids[strings.Trim(f.CID, "<>")] = s.Guard.FileURL(c.Principal, f.ID)
		}
	}
	var b strings.Builder
	for _, n := range nodes {
		if n.Type == html.CommentNode || n.Type == html.ElementNode && forbidden(n.DataAtom, n.Data) {
			continue
		}
		disarm(n, addresses{cids: cids, remote: func(address string) string {
			if !images {
				return ""
			}
			return s.Guard.PictureURL(c.Principal, address)
		}})
		if err := html.Render(&b, n); err != nil {
			return html.EscapeString(raw) // a node that cannot be written: shown as its source
		}
	}
	return b.String()
}

// addresses are what the pictures of a mail become: those inside it, and those elsewhere ("":
// not loaded).
type addresses struct {
	cids   map[string]string
	remote func(address string) string
}

func disarm(n *html.Node, to addresses) {
	if n.Type == html.ElementNode {
		if n.DataAtom == atom.Img && stand(n, to) {
			return
		}
		attrs := n.Attr[:0]
		for _, a := range n.Attr {
			if keep(&a, to) {
				attrs = append(attrs, a)
			}
		}
		n.Attr = attrs
		if n.DataAtom == atom.A {
			n.Attr = append(n.Attr, html.Attribute{Key: "rel", Val: "noopener noreferrer nofollow"})
		}
	}
	for child := n.FirstChild; child != nil; {
		next := child.NextSibling
		if child.Type == html.CommentNode || child.Type == html.ElementNode && forbidden(child.DataAtom, child.Data) {
			n.RemoveChild(child)
		} else {
			disarm(child, to)
		}
		child = next
	}
}

// remote is the address of a picture that is not in the mail, "" for any other.
func remote(src string) string {
	src = strings.TrimPrefix(strings.TrimSpace(src), "remote:")
	if scheme(src, "http", "https") {
		return src
	}
	return ""
}

// stand puts a place where a remote picture would be that is not loaded: its words in a frame.
// One too small to be seen is only there to tell the sender that the mail was read: it is never
// loaded, and has no place. It reports whether it did.
func stand(n *html.Node, to addresses) bool {
	var address, alt string
	seen := true
	for _, a := range n.Attr {
		switch strings.ToLower(a.Key) {
		case "src":
			address = remote(a.Val)
		case "alt":
			alt = strings.TrimSpace(a.Val)
		case "width", "height":
			seen = seen && len(a.Val) > 1
		}
	}
	if address == "" || seen && to.remote(address) != "" {
		return false
	}
	n.DataAtom, n.Data, n.Attr, n.FirstChild, n.LastChild = atom.Span, "span", nil, nil, nil
	if seen {
		n.Attr = []html.Attribute{{Key: "class", Val: "blocked"}}
		n.AppendChild(&html.Node{Type: html.TextNode, Data: strings.TrimSpace("▨ " + alt)})
	}
	return true
}

// keep reports whether an attribute stays; the address of a picture inside the mail is changed
// to ours.
func keep(a *html.Attribute, to addresses) bool {
	key := strings.ToLower(a.Key)
	switch {
	case strings.HasPrefix(key, "on"), a.Namespace != "":
		return false
	case slices.Contains([]string{"srcdoc", "srcset", "formaction", "action", "ping", "background", "rel", "target", "id", "name", "style", "class", "poster", "data", "lowsrc", "dynsrc", "longdesc", "cite", "usemap"}, key):
		return false
	case key == "href":
		return scheme(a.Val, "http", "https", "mailto", "tel")
	case key == "src":
		if cid, ok := strings.CutPrefix(strings.TrimSpace(a.Val), "cid:"); ok {
			if plain, err := url.PathUnescape(cid); err == nil {
				cid = plain
			}
			a.Val = to.cids[cid]
			return a.Val != ""
		}
		if a.Val = remote(a.Val); a.Val != "" {
			a.Val = to.remote(a.Val)
		}
		return a.Val != ""
	}
	return true
}

func scheme(address string, allowed ...string) bool {
	u, err := url.Parse(strings.TrimSpace(address))
	return err == nil && slices.Contains(allowed, strings.ToLower(u.Scheme))
}
