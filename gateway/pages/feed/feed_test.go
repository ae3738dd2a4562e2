package feed

import (
	"encoding/xml"
	"fmt"
	"strings"
	"testing"
	"time"
)

// parsed is a document as any reader of XML takes it.
type parsed struct {
	XMLName  xml.Name
	URLs     []parsedURL `xml:"url"`
	Sitemaps []parsedURL `xml:"sitemap"`
	ID       string      `xml:"id"`
	Updated  string      `xml:"updated"`
	Entries  []struct {
		ID      string `xml:"id"`
		Title   string `xml:"title"`
		Summary string `xml:"summary"`
		Content struct {
			Type string `xml:"type,attr"`
			Text string `xml:",chardata"`
		} `xml:"content"`
		Updated string `xml:"updated"`
	} `xml:"entry"`
}

type parsedURL struct {
	Loc     string `xml:"loc"`
	LastMod string `xml:"lastmod"`
	Links   []struct {
		Rel  string `xml:"rel,attr"`
		Lang string `xml:"hreflang,attr"`
		Href string `xml:"href,attr"`
	} `xml:"http://www.w3.org/1999/xhtml link"`
}

func read(t *testing.T, body []byte) parsed {
	t.Helper()
	var p parsed
	if err := xml.Unmarshal(body, &p); err != nil {
		t.Fatalf("%v in %.300s", err, body)
	}
	return p
}

var noon = time.Date(2026, 11, 12, 12, 0, 0, 0, time.UTC)

func TestSitemapNamesPagesAndTheirLanguages(t *testing.T) {
	t.Parallel()
	body, ok, err := Sitemap("https://x.example/sitemap.xml", []Page{
		{Address: "https://x.example/help/pl?section=a&page=2", Changed: noon, Others: []Alternate{{"pl", "https://x.example/help/pl"}, {"en", "https://x.example/help/en"}}},
		{Address: "https://x.example/help/en"},
	}, 0)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	p := read(t, body)
	if p.XMLName.Local != "urlset" || p.XMLName.Space != sitemaps || len(p.URLs) != 2 {
		t.Fatalf("%+v", p)
	}
	first := p.URLs[0]
	if first.Loc != "https://x.example/help/pl?section=a&page=2" || first.LastMod != "2026-11-12T12:00:00Z" || len(first.Links) != 2 || first.Links[1].Lang != "en" || first.Links[1].Rel != "alternate" {
		t.Errorf("%+v", first)
	}
	if p.URLs[1].LastMod != "" {
		t.Error("a page that nobody knows the age of has one")
	}
	for _, n := range []int{-1, 1, 2} {
		if _, ok, _ := Sitemap("s", []Page{{Address: "a"}}, n); ok {
			t.Errorf("file %d of one is there", n)
		}
	}
}

func TestALargeSitemapIsSplit(t *testing.T) {
	t.Parallel()
	pages := make([]Page, 2*MaxAddresses+1)
	for i := range pages {
		pages[i] = Page{Address: fmt.Sprintf("https://x.example/%d", i), Changed: noon.Add(time.Duration(i) * time.Second)}
	}
	body, ok, err := Sitemap("https://x.example/sitemap.xml", pages, 0)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	index := read(t, body)
	if index.XMLName.Local != "sitemapindex" || len(index.Sitemaps) != 3 || index.Sitemaps[2].Loc != "https://x.example/sitemap.xml?page=3" {
		t.Fatalf("%+v", index)
	}
	seen := 0
	for n := 1; n <= 3; n++ {
		body, ok, err := Sitemap("https://x.example/sitemap.xml", pages, n)
		if err != nil || !ok {
			t.Fatal(n, ok, err)
		}
		part := read(t, body)
		if len(part.URLs) == 0 || len(part.URLs) > MaxAddresses || part.URLs[0].Loc != pages[seen].Address {
			t.Errorf("file %d begins with %+v of %d", n, part.URLs[0], len(part.URLs))
		}
		seen += len(part.URLs)
	}
	if seen != len(pages) {
		t.Errorf("%d of %d pages are named", seen, len(pages))
	}
	if _, ok, _ := Sitemap("s", pages, 4); ok {
		t.Error("a fourth file is there")
	}
}

func TestAtomEscapesAndKeepsItsNames(t *testing.T) {
	t.Parallel()
	evil := `<b>&"]]>` + "\x01"
	f := Feed{Language: "pl", Title: evil, Author: evil, Self: "https://x.example/feed.atom", Home: "https://x.example/", Changed: noon,
		Entries: []Entry{{ID: "urn:uuid:1", Title: evil, Summary: evil, HTML: "<p>a & b</p>", Address: "https://x.example/a", Section: evil, Published: noon, Changed: noon.Add(time.Hour)},
			{ID: "urn:uuid:2", Title: "x", Address: "https://x.example/b", Changed: noon.Add(2 * time.Hour)}}}
	body, err := Atom(f)
	if err != nil {
		t.Fatal(err)
	}
	p := read(t, body)
	if p.XMLName.Local != "feed" || p.XMLName.Space != "http://www.w3.org/2005/Atom" || p.ID != f.Self || p.Updated != "2026-11-12T14:00:00Z" || len(p.Entries) != 2 {
		t.Fatalf("%+v", p)
	}
	e := p.Entries[0]
	if e.ID != "urn:uuid:1" || !strings.HasPrefix(e.Title, `<b>&"]]>`) || e.Content.Type != "html" || e.Content.Text != "<p>a & b</p>" || e.Updated != "2026-11-12T13:00:00Z" {
		t.Errorf("%+v", e)
	}
	if strings.Contains(string(body), "<published></published>") || strings.Contains(string(body), "<b>") {
		t.Errorf("%s", body)
	}
	f.Entries = nil
	if body, err = Atom(f); err != nil || read(t, body).Updated != "2026-11-12T12:00:00Z" {
		t.Errorf("a feed of nothing: %v %s", err, body)
	}
}
