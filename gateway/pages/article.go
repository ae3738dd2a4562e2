package pages

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"centrala"
	"centrala/gateway/pages/catalogue"
	"centrala/markdown/shown"
	"centrala/words"
)

// articleView is one article.
type articleView struct {
	centrala.Article
	shown.Page
	Shown    string // its language, when the page is of another
	NotIn    string // what says so
	Side     *sideView
	Path     []link // to it, without it
	Date     string
	ISODate  string
	Stale    bool       // it says what its original no longer does
	Original string     // where that stands
	Files    []fileView // that the text does not show
	Related  []link
	Asked    string // what its reader looked for before
	Verdict  string // solved or unsolved, when its reader has said so
	Write    string // the form, with what is known carried over
}

// fileView is a file beside an article.
type fileView struct{ Name, URL, Size string }

// files are those of an article that its text neither shows nor leads to.
func (p *pages) files(ctx context.Context, w words.Words, a centrala.Article) ([]fileView, error) {
	if p.Enclosed == nil {
		return nil, nil
	}
	all, err := p.Enclosed(ctx, a.ID)
	if err != nil {
		return nil, err
	}
	var out []fileView
	for _, f := range all {
		if !strings.Contains(a.Body, f.URL) {
			out = append(out, fileView{f.Name, f.URL, w.FileSize(f.Size)})
		}
	}
	return out, nil
}

func (p *pages) article(w http.ResponseWriter, r *http.Request) error {
	c, since, err := p.catalogue(r.Context())
	if err != nil {
		return err
	}
	locale, speak, err := p.shelfLocale(r, c)
	if err != nil {
		return err
	}
	a, to, err := p.at(r.Context(), c, locale, r.PathValue("slug"))
	if err != nil {
		return err
	}
	if to != "" {
		status := http.StatusMovedPermanently // it stood there once
		if a.ID == 0 {
			status = http.StatusFound // another article may stand there one day
		}
		http.Redirect(w, r, to, status)
		return nil
	}
	h := w.Header()
	h.Add("Vary", "Cookie")
	v := view{W: speak, Locale: locale, Title: a.Title, About: a.Summary, Kind: "article", Root: p.root(r), Since: since, Feed: "/help/" + locale + "/feed.atom"}
	one := articleView{Article: a, Date: speak.Date(a.UpdatedAt), ISODate: a.UpdatedAt.UTC().Format("2006-01-02"), Verdict: verdictOf(r, a.ID), Asked: p.lookedFor(r)}
	if one.Page, err = shown.Of(a.Body); err != nil {
		return err
	}
	if one.Files, err = p.files(r.Context(), speak, a); err != nil {
		return err
	}
	if len(a.Sides) == 1 {
		s := sideIn(speak, locale, a.Sides[0])
		one.Side = &s
	}
	if a.Locale != locale {
		one.Shown, one.NotIn = a.Locale, speak.NotIn(languageName(locale), languageName(a.Locale))
	}
	if one.Stale = c.Stale(a); one.Stale {
		one.Original = c.ByID(a.Topic).URL()
	}
	one.Path = pathTo(v, one.Side, c.Of(a, locale))
	one.Related = p.related(r.Context(), c, a, locale)
	one.Write = unhelped(speak, one.Side, a, one.Asked)
	p.standsArticle(&v, c, a)
	v.Data, v.Graph = one, graphOfArticle(v, a, p.Brand, append(slices.Clone(one.Path), link{Href: a.URL(), Text: a.Title}))
	return p.shelve(w, r, "article", v)
}

// at is the article that an address means to readers of a language, with its text; to is where it
// stands instead, without an article when the address never was its own. NotFound when there is none
// that everybody may read.
func (p *pages) at(ctx context.Context, c *catalogue.Catalogue, locale, slug string) (a centrala.Article, to string, err error) {
	a, err = p.Articles.Article(ctx, locale, slug)
	if err == nil && len(a.Readers) > 0 { // who reads here has proved nothing
		return centrala.Article{}, "", centrala.Errorf(centrala.NotFound, "There is no such article.")
	}
	if err == nil && a.Slug != slug {
		return a, a.URL(), nil
	}
	if centrala.CodeOf(err) != centrala.NotFound {
		return a, "", err
	}
	named := c.Named(locale, slug)
	if named == nil {
		return a, "", err
	}
	if here := "/help/" + locale + "/" + named.Slug; named.Locale == locale || named.Slug != slug {
		return centrala.Article{}, here, nil
	}
	if a, err = p.Articles.Article(ctx, named.Locale, named.Slug); err == nil && len(a.Readers) > 0 {
		err = centrala.Errorf(centrala.NotFound, "There is no such article.") // since a moment ago
	}
	return a, "", err
}

// standsArticle says where an article is in each language. One that is shown in another language
// than the page's is listed where it is at home.
func (p *pages) standsArticle(v *view, c *catalogue.Catalogue, a centrala.Article) {
	all := c.Translations(a.Topic)
	v.Canonical = v.Root + a.URL()
	v.Languages = languages(c, v.Locale, func(l string) string {
		for _, t := range all {
			if t.Locale == l {
				return t.URL()
			}
		}
		return "/help/" + l
	})
	if len(all) > 1 {
		for _, t := range all {
			v.Alternates = append(v.Alternates, link{Href: v.Root + t.URL(), Lang: t.Locale})
		}
	}
}

// related are articles about the same: those that its author named, else those that the index finds
// by the title, else of the same section. An index that does not answer costs a list, not the page.
func (p *pages) related(ctx context.Context, c *catalogue.Catalogue, a centrala.Article, locale string) []link {
	var out []link
	add := func(e catalogue.Entry) {
		if e.Topic != a.Topic && len(out) < related && !slices.ContainsFunc(out, func(l link) bool { return l.Href == e.Href }) {
			out = append(out, link{Href: e.Href, Text: e.Title, Lang: e.Lang})
		}
	}
	for _, e := range c.Related(a, locale, related) {
		add(e)
	}
	if len(out) == related {
		return out
	}
	q := centrala.Query{Text: a.Title, Locale: a.Locale, Limit: related + 1, Weak: true}
	if len(a.Sides) == 1 {
		q.Side = a.Sides[0]
	}
	found, err := p.Suggester.Suggest(ctx, q)
	if err != nil {
		p.Log.Warn("related articles", "article", a.ID, "err", err)
	}
	for _, s := range found {
		if e, ok := c.Shown(s.ID, locale); ok {
			add(e)
		}
	}
	if a.Section == "" || len(out) == related {
		return out
	}
	if near, ok := c.Section(locale, c.Of(a, locale).ID); ok {
		for _, e := range near.Articles {
			add(e)
		}
	}
	return out
}

// lookedFor is what somebody searched for before they came to a page, "" when they came from
// elsewhere.
func (p *pages) lookedFor(r *http.Request) string {
	from, err := url.Parse(r.Referer())
	if err != nil || from.Path != "/help/search" || !strings.EqualFold(from.Host, r.Host) {
		return ""
	}
	return question(from.Query().Get("q"))
}

// question is what somebody looks for, as much of it as counts.
func question(s string) string {
	return cut(strings.Join(strings.Fields(strings.ToValidUTF8(s, "")), " "), maxQuery)
}

// unhelped is the form for who read an article in vain: which one it was, and what they looked for.
func unhelped(w words.Words, side *sideView, a centrala.Article, asked string) string {
	text := w.Unhelped(a.Title)
	if asked != "" {
		text += "\n" + w.LookedFor(asked)
	}
	q := url.Values{"lang": {w.Locale()}, "text": {text + "\n\n"}, "article": {a.ID.String()}}
	if side != nil {
		q.Set("side", string(side.Side))
	}
	return "/contact?" + q.Encode()
}
