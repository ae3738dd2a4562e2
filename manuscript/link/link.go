// Package link follows the links of the Help Centre's articles. Those to its own pages are held
// against what readers see; those to elsewhere are asked for, when somebody wants that.
package link

import (
	"fmt"
	"io"
	"net/url"
	"path"
	"slices"
	"strings"
	"text/tabwriter"

	"centrala"
	"centrala/markdown"
)

// Book is what links are held against.
type Book struct {
	articles []centrala.Article
	at       map[string]*centrala.Article // by locale/slug
	once     map[string]*centrala.Article // by where they stood
	anchors  map[centrala.ArticleID]map[string]bool
	locales  map[string]bool
	files    map[string]bool // by identifier; nil: they are not known
	host     string
}

// New is a book of all that readers see. base is the site's own address, if it is known. files are
// the identifiers of what is attached; nil when nobody knows them. The site speaks some languages
// and shows no article in others.
func New(articles []centrala.Article, redirects []centrala.Redirect, files map[string]bool, base string, languages ...string) *Book {
	b := &Book{articles: articles, at: map[string]*centrala.Article{}, once: map[string]*centrala.Article{}, anchors: map[centrala.ArticleID]map[string]bool{}, locales: map[string]bool{}, files: files}
	byID := map[centrala.ArticleID]*centrala.Article{}
	for i := range articles {
		a := &articles[i]
		b.at[a.Locale+"/"+a.Slug], byID[a.ID] = a, a
	}
	for _, l := range languages {
		b.locales[l] = true
	}
	for _, r := range redirects {
		if a := byID[r.Article]; a != nil {
			b.once[r.Locale+"/"+r.Slug] = a
		}
	}
	if u, err := url.Parse(base); err == nil {
		b.host = u.Host
	}
	return b
}

// Len is how many articles the book has.
func (b *Book) Len() int { return len(b.articles) }

// Outside is an address elsewhere, and the links that lead there.
type Outside struct {
	Address string
	Links   []centrala.LinkFault // as they would be at fault
}

// Check follows every link within the Help Centre. It says which are at fault, by article and
// line, and which lead outside.
func (b *Book) Check() (faults []centrala.LinkFault, outside []Outside) {
	index := map[string]int{}
	for i := range b.articles {
		a := &b.articles[i]
		for _, l := range markdown.Links(a.Body) {
			f := centrala.LinkFault{Article: a.ID, Title: a.Title, URL: a.URL(), Line: l.Line, Link: l.To}
			address := b.follow(a, l, &f)
			switch {
			case f.Fault != "":
				faults = append(faults, f)
			case address != "":
				n, known := index[address]
				if !known {
					n = len(outside)
					index[address], outside = n, append(outside, Outside{Address: address})
				}
				outside[n].Links = append(outside[n].Links, f)
			}
		}
	}
	return faults, outside
}

// follow fills in what is wrong with a link of a, or gives the address when it leads outside.
func (b *Book) follow(a *centrala.Article, l markdown.Link, f *centrala.LinkFault) (outside string) {
	u, err := url.Parse(l.To)
	switch {
	case err != nil || l.To == "":
		f.Fault, f.Detail = "page", "not an address"
		return ""
	case u.Scheme == "mailto" || u.Scheme == "tel" || u.Scheme == "sms":
		return ""
	case u.Scheme != "" && u.Scheme != "http" && u.Scheme != "https":
		f.Fault, f.Detail = "scheme", u.Scheme
		return ""
	case l.Image && (u.Host != "" && u.Host != b.host || !strings.HasPrefix((&url.URL{Path: a.URL()}).ResolveReference(u).Path, "/help/files/")):
		f.Fault = "picture"
		return ""
	case u.Host != "" && u.Host != b.host:
		if u.Scheme == "" {
			u.Scheme = "https"
		}
		u.Fragment = ""
		return u.String()
	}
	to := (&url.URL{Path: a.URL()}).ResolveReference(u)
	if u.Host == "" && u.Path == "" && u.RawQuery == "" {
		to.Path = a.URL()
	}
	b.within(a, path.Clean(to.Path), to.Fragment, f)
	return ""
}

// within follows an address of the site itself. What is neither help nor the form is another
// program's, if it is anybody's.
func (b *Book) within(a *centrala.Article, at, anchor string, f *centrala.LinkFault) {
	rest, help := strings.CutPrefix(at, "/help/")
	parts := strings.Split(rest, "/")
	switch {
	case !help:
		return
	case parts[0] == "search" || strings.HasSuffix(at, ".xml") || strings.HasSuffix(at, ".atom"):
		return
	case parts[0] == "files":
		if b.files != nil && (len(parts) != 3 || !b.files[parts[1]]) {
			f.Fault = "file"
		}
		return
	case !b.locales[parts[0]]:
		f.Fault = "page"
		return
	case len(parts) == 1:
		return // a language's home
	}
	to := b.at[rest]
	if to == nil {
		if to = b.once[rest]; to == nil {
			if f.Fault = "article"; len(parts) > 2 {
				f.Fault = "page"
			}
			return
		}
		f.Fault, f.Detail = "moved", to.URL()
	}
	switch {
	case len(to.Readers) > 0 && (len(a.Readers) == 0 || slices.ContainsFunc(a.Readers, func(s centrala.Side) bool { return !slices.Contains(to.Readers, s) })):
		f.Fault, f.Detail = "readers", to.URL()
	case anchor != "" && anchor != "main" && !b.heading(to, anchor):
		f.Fault, f.Detail = "anchor", to.URL()
	}
}

// heading reports whether an article has a heading of this anchor.
func (b *Book) heading(a *centrala.Article, anchor string) bool {
	known := b.anchors[a.ID]
	if known == nil {
		known = map[string]bool{}
		for _, s := range markdown.Sections(a.Body) {
			known[s.Anchor] = true
		}
		b.anchors[a.ID] = known
	}
	return known[anchor]
}

// Say is what is wrong with a link, and what to do, for who reads a terminal.
func Say(f centrala.LinkFault) string {
	switch f.Fault {
	case "article":
		return "there is no such article: link to another one, or publish it"
	case "anchor":
		return f.Detail + " has no such heading: look which ones it has"
	case "file":
		return "no such file is attached to anything: attach it again"
	case "picture":
		return "pages only show pictures that are attached to articles: attach it"
	case "readers":
		return f.Detail + " may not be read by everybody who reads this article"
	case "scheme":
		return f.Detail + " addresses are taken out of the page: use http, https, mailto or tel"
	case "moved":
		return "it moved to " + f.Detail
	case "outside":
		return f.Detail
	case "doubt":
		return f.Detail + ", which may mean only that it does not talk to programs: look yourself"
	}
	if f.Detail != "" {
		return "it is " + f.Detail
	}
	return "the Help Centre has no such page"
}

// Write lists what is at fault for who reads a terminal, and tells how many links are broken.
func Write(w io.Writer, faults []centrala.LinkFault) (broken int, err error) {
	Sort(faults)
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	for _, f := range faults {
		if f.Broken() {
			broken++
		}
		if _, err := fmt.Fprintf(t, "%s:%d\t%s\t%s\n", f.URL, f.Line, f.Link, Say(f)); err != nil {
			return broken, err
		}
	}
	return broken, t.Flush()
}
