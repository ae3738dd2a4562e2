package pages

import (
	"bytes"
	"cmp"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"centrala"
	"centrala/gateway/pages/catalogue"
	"centrala/gateway/pages/feed"
	"centrala/markdown/shown"
)

// inFeed is how many articles a feed holds.
const inFeed = 30

// robots says what is nobody's to list, and where the list of pages is.
func (p *pages) robots(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("User-agent: *\nDisallow: /s/\nDisallow: /console\nDisallow: /widget/\nDisallow: /v1/\nDisallow: /help/search?*q=\n\nSitemap: " + p.root(r) + "/sitemap.xml\n"))
	return nil
}

// sitemap lists the Help Centre's pages: the home, sides and sections in each language, and every
// article that everybody may read.
func (p *pages) sitemap(w http.ResponseWriter, r *http.Request) error {
	c, since, err := p.catalogue(r.Context())
	if err != nil {
		return err
	}
	n := 0
	if asked := r.URL.Query().Get("page"); asked != "" {
		if n, err = strconv.Atoi(asked); err != nil || n < 1 {
			return centrala.Errorf(centrala.NotFound, "There is no such part of the sitemap.")
		}
	}
	root := p.root(r)
	body, ok, err := feed.Sitemap(root+"/sitemap.xml", mapOf(c, root), n)
	if err != nil {
		return err
	}
	if !ok {
		return centrala.Errorf(centrala.NotFound, "There is no such part of the sitemap.")
	}
	w.Header().Set("Content-Type", "application/xml; charset=utf-8")
	unchanged(w, r, since, body)
	return nil
}

// mapOf lists pages with their languages.
func mapOf(c *catalogue.Catalogue, root string) []feed.Page {
	var out []feed.Page
	latest := map[string]time.Time{}
	bySection := map[string]map[string]time.Time{} // id of the section, locale
	for _, a := range c.Public() {
		if a.UpdatedAt.After(latest[a.Locale]) {
			latest[a.Locale] = a.UpdatedAt
		}
		id := c.Of(a, a.Locale).ID
		if a.Section == "" {
			continue
		}
		if bySection[id] == nil {
			bySection[id] = map[string]time.Time{}
		}
		if a.UpdatedAt.After(bySection[id][a.Locale]) {
			bySection[id][a.Locale] = a.UpdatedAt
		}
	}
	spread := func(changed map[string]time.Time, address func(l string) string) {
		var others []feed.Alternate
		var locales []string
		for l := range changed {
			locales = append(locales, l)
		}
		slices.Sort(locales)
		if len(locales) > 1 {
			for _, l := range locales {
				others = append(others, feed.Alternate{Language: l, Address: root + address(l)})
			}
		}
		for _, l := range locales {
			out = append(out, feed.Page{Address: root + address(l), Changed: changed[l], Others: others})
		}
	}
	spread(latest, func(l string) string { return "/help/" + l })
	for _, s := range centrala.Sides() {
		spread(latest, func(l string) string { return "/help/" + l + "?side=" + string(s) })
	}
	ids := make([]string, 0, len(bySection))
	for id := range bySection {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		spread(bySection[id], func(l string) string { return "/help/" + l + "?section=" + url.QueryEscape(id) })
	}
	for _, a := range c.Public() {
		page := feed.Page{Address: root + a.URL(), Changed: a.UpdatedAt}
		if all := c.Translations(a.Topic); len(all) > 1 {
			for _, t := range all {
				page.Others = append(page.Others, feed.Alternate{Language: t.Locale, Address: root + t.URL()})
			}
		}
		out = append(out, page)
	}
	return out
}

// atom is the feed of a language: what changed last, whole.
func (p *pages) atom(w http.ResponseWriter, r *http.Request) error {
	c, since, err := p.catalogue(r.Context())
	if err != nil {
		return err
	}
	locale, speak, err := p.shelfLocale(r, c)
	if err != nil {
		return err
	}
	root := p.root(r)
	f := feed.Feed{Language: locale, Title: speak.NewsOfHelp(p.Brand), Author: p.Brand, Self: root + "/help/" + locale + "/feed.atom", Home: root + "/help/" + locale, Changed: since}
	own := slices.DeleteFunc(slices.Clone(c.Public()), func(a centrala.Article) bool { return a.Locale != locale })
	slices.SortStableFunc(own, func(a, b centrala.Article) int {
		return cmp.Or(b.UpdatedAt.Compare(a.UpdatedAt), cmp.Compare(b.ID, a.ID))
	})
	for _, short := range own[:min(inFeed, len(own))] {
		a, err := p.Articles.Article(r.Context(), short.Locale, short.Slug)
		if centrala.CodeOf(err) == centrala.NotFound || err == nil && len(a.Readers) > 0 {
			continue // since a moment ago
		}
		if err != nil {
			return err
		}
		page, err := shown.Of(a.Body)
		if err != nil {
			return err
		}
		text, err := page.Whole()
		if err != nil {
			return err
		}
		f.Entries = append(f.Entries, feed.Entry{ID: stableID(a.ID), Title: a.Title, Summary: a.Summary, HTML: whole(string(text), root), Address: root + a.URL(),
			Section: c.Of(a, locale).Name, Published: a.PublishedAt, Changed: a.UpdatedAt})
	}
	body, err := feed.Atom(f)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/atom+xml; charset=utf-8")
	w.Header().Set("Content-Language", locale)
	unchanged(w, r, since, body)
	return nil
}

// articleNames is the space of names that articles' stable ones are made in.
var articleNames = uuid.MustParse("3b1f3b0e-6f0c-5b0a-9f55-6a1a4b6f2a3d")

// stableID is an article's name in a feed: the same wherever the article or the site moves.
func stableID(id centrala.ArticleID) string {
	return uuid.NewSHA1(articleNames, []byte(id.String())).URN()
}

// local finds addresses below the site's root in HTML that we made.
var local = regexp.MustCompile(`((?:href|src)=")/([^/])`)

// whole makes addresses below the site's root whole: who reads a feed is elsewhere.
func whole(html, root string) string {
	return string(bytes.TrimSpace(local.ReplaceAll([]byte(html), []byte("${1}"+root+"/${2}"))))
}
