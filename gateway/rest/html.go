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
// addresses that are good for c.
func (s *server) inert(c caller, raw string, files []centrala.Attachment) string {
	body := &html.Node{Type: html.ElementNode, DataAtom: atom.Body, Data: "body"}
	nodes, err := html.ParseFragment(strings.NewReader(raw), body)
	if err != nil {
		return html.EscapeString(raw) // a reader that fails, on a string: cannot happen
	}
	cids := make(map[string]string, len(files))
	for _, f := range files {
		if f.CID != "" {
			cids[strings.Trim(f.CID, "<>")] = s.Guard.FileURL(c.Principal, f.ID)
		}
	}
	var b strings.Builder
	for _, n := range nodes {
		if n.Type == html.CommentNode || n.Type == html.ElementNode && forbidden(n.DataAtom, n.Data) {
			continue
		}
		disarm(n, cids)
		if err := html.Render(&b, n); err != nil {
			return html.EscapeString(raw) // a node that cannot be written: shown as its source
		}
	}
	return b.String()
}

func disarm(n *html.Node, cids map[string]string) {
	if n.Type == html.ElementNode {
		attrs := n.Attr[:0]
		for _, a := range n.Attr {
			if keep(&a, cids) {
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
			disarm(child, cids)
		}
		child = next
	}
}

// keep reports whether an attribute stays; the address of a picture inside the mail is changed
// to ours.
func keep(a *html.Attribute, cids map[string]string) bool {
	key := strings.ToLower(a.Key)
	switch {
	case strings.HasPrefix(key, "on"), a.Namespace != "":
		return false
	case slices.Contains([]string{"srcdoc", "srcset", "formaction", "action", "ping", "background", "rel", "target", "id", "name"}, key):
		return false
	case key == "href":
		return scheme(a.Val, "http", "https", "mailto", "tel")
	case key == "src":
		if cid, ok := strings.CutPrefix(strings.TrimSpace(a.Val), "cid:"); ok {
			if plain, err := url.PathUnescape(cid); err == nil {
				cid = plain
			}
			a.Val = cids[cid]
			return a.Val != ""
		}
		return scheme(a.Val, "https", "http") || strings.HasPrefix(a.Val, "data:image/") && !strings.HasPrefix(a.Val, "data:image/svg")
	}
	return true
}

func scheme(address string, allowed ...string) bool {
	u, err := url.Parse(strings.TrimSpace(address))
	return err == nil && slices.Contains(allowed, strings.ToLower(u.Scheme))
}
