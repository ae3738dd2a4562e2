// Package feed writes the Help Centre for programs: a sitemap for those who list pages, and an Atom
// feed for those who follow what is new.
package feed

import (
	"encoding/xml"
	"fmt"
	"strconv"
	"time"
)

// MaxAddresses is how many pages one sitemap may name (sitemaps.org).
const MaxAddresses = 50_000

// Page is a page of the site; addresses are whole.
type Page struct {
	Address string
	Changed time.Time
	Others  []Alternate // the same page in each of its languages, its own too; none when there is one
}

// Alternate is a page's address in a language.
type Alternate struct{ Language, Address string }

type urlset struct {
	XMLName xml.Name `xml:"urlset"`
	NS      string   `xml:"xmlns,attr"`
	XHTML   string   `xml:"xmlns:xhtml,attr"`
	URLs    []mapped `xml:"url"`
}

type mapped struct {
	Loc     string      `xml:"loc"`
	LastMod string      `xml:"lastmod,omitempty"`
	Links   []xhtmlLink `xml:"xhtml:link"`
}

type xhtmlLink struct {
	Rel      string `xml:"rel,attr"`
	HrefLang string `xml:"hreflang,attr"`
	Href     string `xml:"href,attr"`
}

type sitemapindex struct {
	XMLName  xml.Name `xml:"sitemapindex"`
	NS       string   `xml:"xmlns,attr"`
	Sitemaps []mapped `xml:"sitemap"`
}

const sitemaps = "http://www.sitemaps.org/schemas/sitemap/0.9"

// Sitemap is the nth file of a site's pages, from 1; n = 0 is the file that is asked for first: all
// pages, or where there are too many for one, the list of the files. self is that file's address.
// ok is false when there is no such file.
func Sitemap(self string, pages []Page, n int) (body []byte, ok bool, err error) {
	files := max(1, (len(pages)+MaxAddresses-1)/MaxAddresses)
	if n < 0 || n > files || n > 0 && files == 1 {
		return nil, false, nil
	}
	if n == 0 && files > 1 {
		index := sitemapindex{NS: sitemaps}
		for i := range files {
			index.Sitemaps = append(index.Sitemaps, mapped{Loc: self + "?page=" + strconv.Itoa(i+1), LastMod: latest(part(pages, i))})
		}
		body, err = document(index)
		return body, true, err
	}
	set := urlset{NS: sitemaps, XHTML: "http://www.w3.org/1999/xhtml"}
	for _, p := range part(pages, max(0, n-1)) {
		u := mapped{Loc: p.Address, LastMod: stamp(p.Changed)}
		for _, o := range p.Others {
			u.Links = append(u.Links, xhtmlLink{"alternate", o.Language, o.Address})
		}
		set.URLs = append(set.URLs, u)
	}
	body, err = document(set)
	return body, true, err
}

// part is what the ith file names, from 0.
func part(pages []Page, i int) []Page {
	return pages[min(len(pages), i*MaxAddresses):min(len(pages), (i+1)*MaxAddresses)]
}

func latest(pages []Page) string {
	var at time.Time
	for _, p := range pages {
		if p.Changed.After(at) {
			at = p.Changed
		}
	}
	return stamp(at)
}

// stamp writes a time as both formats want it; "" of none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// document is a whole XML file.
func document(v any) ([]byte, error) {
	b, err := xml.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("write XML: %w", err)
	}
	return append([]byte(xml.Header), b...), nil
}
