package feed

import (
	"encoding/xml"
	"time"
)

// Feed is what is new in one language; addresses are whole.
type Feed struct {
	Language, Title, Author string
	Self, Home              string
	Changed                 time.Time // of a feed without entries
	Entries                 []Entry   // the newest first
}

// Entry is an article in a feed.
type Entry struct {
	ID                 string // the same for ever, wherever the article moves
	Title, Summary     string // plain text
	HTML               string // the article, with whole addresses
	Address            string
	Section            string
	Published, Changed time.Time
}

type atomFeed struct {
	XMLName xml.Name    `xml:"feed"`
	NS      string      `xml:"xmlns,attr"`
	Lang    string      `xml:"xml:lang,attr"`
	ID      string      `xml:"id"`
	Title   string      `xml:"title"`
	Updated string      `xml:"updated"`
	Links   []atomLink  `xml:"link"`
	Author  atomAuthor  `xml:"author"`
	Entries []atomEntry `xml:"entry"`
}

type atomLink struct {
	Rel  string `xml:"rel,attr"`
	Type string `xml:"type,attr"`
	Href string `xml:"href,attr"`
}

type atomAuthor struct {
	Name string `xml:"name"`
}

type atomText struct {
	Type string `xml:"type,attr"`
	Text string `xml:",chardata"`
}

type atomCategory struct {
	Term string `xml:"term,attr"`
}

type atomEntry struct {
	ID        string        `xml:"id"`
	Title     string        `xml:"title"`
	Link      atomLink      `xml:"link"`
	Published string        `xml:"published,omitempty"`
	Updated   string        `xml:"updated"`
	Category  *atomCategory `xml:"category"`
	Summary   string        `xml:"summary,omitempty"`
	Content   *atomText     `xml:"content"`
}

// Atom writes a feed (RFC 4287). Its own name is its address.
func Atom(f Feed) ([]byte, error) {
	changed := f.Changed
	out := atomFeed{NS: "http://www.w3.org/2005/Atom", Lang: f.Language, ID: f.Self, Title: f.Title, Author: atomAuthor{f.Author},
		Links: []atomLink{{"self", "application/atom+xml", f.Self}, {"alternate", "text/html", f.Home}}}
	for i, e := range f.Entries {
		if i == 0 || e.Changed.After(changed) {
			changed = e.Changed
		}
		a := atomEntry{ID: e.ID, Title: e.Title, Link: atomLink{"alternate", "text/html", e.Address}, Published: stamp(e.Published), Updated: stamp(e.Changed), Summary: e.Summary}
		if e.Section != "" {
			a.Category = &atomCategory{e.Section}
		}
		if e.HTML != "" {
			a.Content = &atomText{"html", e.HTML}
		}
		out.Entries = append(out.Entries, a)
	}
	out.Updated = stamp(changed)
	return document(out)
}
