package pages

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"centrala"
	"centrala/auth"
	"centrala/gateway/pages/catalogue"
	"centrala/words"
)

// maxQuery is how much of a question is looked for, in characters; found how many are shown, and
// while somebody types.
const (
	maxQuery   = 300
	found      = 12
	whileTyped = 5
)

// searchView is what a search found.
type searchView struct {
	Query string
	Found []hit
	Sides []sideView
	Side  centrala.Side
	Write string // the form, with what was asked carried over
}

// hit is an article that a search found, as pages and scripts show it.
type hit struct {
	ID      centrala.ArticleID `json:"id"`
	Title   string             `json:"title"`
	Heading string             `json:"heading,omitempty"` // of the section that says most
	Snippet string             `json:"snippet"`
	URL     string             `json:"url"`
	Lang    string             `json:"lang,omitempty"` // when it is another language than the reader's
	Side    centrala.Side      `json:"side,omitempty"` // when it is for one alone
	Letter  string             `json:"letter,omitempty"`
	Name    string             `json:"name,omitempty"` // the side's
}

// search answers with a page; who accepts JSON, a script while somebody types, gets the same hits.
func (p *pages) search(w http.ResponseWriter, r *http.Request) error {
	w.Header().Add("Vary", "Accept")
	c, since, err := p.catalogue(r.Context())
	if err != nil {
		return err
	}
	locale, speak, err := p.shelfLocale(r, c)
	if err != nil {
		return err
	}
	q := centrala.Query{Text: question(r.URL.Query().Get("q")), Locale: locale, Limit: found, Weak: true}
	if s := centrala.Side(r.URL.Query().Get("side")); s.Valid() {
		q.Side = s
	}
	if scripted(r) {
		return p.typed(w, r, c, q)
	}
	v := searchView{Query: q.Text, Side: q.Side}
	if v.Query != "" {
		if v.Found, err = p.find(r.Context(), c, q); err != nil {
			return err
		}
	}
	address := func(l string, s centrala.Side) string {
		q := url.Values{"lang": {l}}
		if v.Query != "" {
			q.Set("q", v.Query)
		}
		if s != centrala.NoSide {
			q.Set("side", string(s))
		}
		return "/help/search?" + q.Encode()
	}
	for _, s := range centrala.Sides() {
		one := sideOf(speak, s)
		one.Href = address(locale, s)
		if s == v.Side { // chosen already: once more takes it back
			one.Href = address(locale, centrala.NoSide)
		}
		v.Sides = append(v.Sides, one)
	}
	write := url.Values{"lang": {speak.Locale()}, "text": {v.Query}}
	if v.Side != centrala.NoSide {
		write.Set("side", string(v.Side))
	}
	v.Write = "/contact?" + write.Encode()
	page := view{W: speak, Locale: locale, Title: speak.SearchResults(), Query: v.Query, Data: v, Root: p.root(r), About: speak.HelpAbout(p.Brand), Since: since}
	if v.Query != "" {
		page.Title, page.Robots = speak.ResultsFor(v.Query), "noindex"
	} else {
		page.Canonical = page.Root + "/help/search?lang=" + locale
	}
	page.Languages = languages(c, locale, func(l string) string { return address(l, v.Side) })
	err = p.shelve(w, r, "search", page)
	if v.Query != "" {
		p.ask(r.Context(), centrala.Question{Text: v.Query, Locale: locale, Side: v.Side, Place: centrala.AtHelp, Visitor: p.stranger(r)})
	}
	return err
}

// scripted reports whether a script of ours asks, which wants no page.
func scripted(r *http.Request) bool {
	return strings.HasPrefix(r.Header.Get("Accept"), "application/json")
}

// find searches all articles, those of the chosen side first. A language in which nothing is found
// is asked for in the next ones.
func (p *pages) find(ctx context.Context, c *catalogue.Catalogue, q centrala.Query) ([]hit, error) {
	var out []hit
	own := q.Locale
	add := func(q centrala.Query) error {
		all, err := p.Suggester.Suggest(ctx, q)
		for _, s := range all {
			a := c.ByID(s.ID)
			if a == nil || len(out) >= q.Limit || slices.ContainsFunc(out, func(h hit) bool { return h.ID == s.ID }) {
				continue // taken out, or made private, a moment ago; or there already
			}
			out = append(out, hitOf(s, *a, own))
		}
		return err
	}
	for _, l := range slices.Compact(append([]string{own}, p.order(own)...)) {
		q.Locale = l
		if err := add(q); err != nil {
			return nil, err
		}
		if side := q.Side; side != centrala.NoSide {
			q.Side = centrala.NoSide
			if err := add(q); err != nil {
				return nil, err
			}
			q.Side = side
		}
		if len(out) > 0 {
			break
		}
	}
	return out, nil
}

// hitOf is a suggestion as readers of a language see it.
func hitOf(s centrala.Suggestion, a centrala.Article, locale string) hit {
	h := hit{ID: s.ID, Title: s.Title, Heading: s.Heading, Snippet: s.Snippet, URL: s.URL}
	if a.Locale != locale {
		h.Lang = a.Locale
	}
	if len(a.Sides) == 1 {
		one := sideOf(words.For(locale), a.Sides[0])
		h.Side, h.Letter, h.Name = one.Side, one.Letter, one.Title
	}
	return h
}

// typed answers a script while somebody types: the last word may be unfinished.
func (p *pages) typed(w http.ResponseWriter, r *http.Request, c *catalogue.Catalogue, q centrala.Query) error {
	w.Header().Set("Cache-Control", "no-store")
	if _, wait, ok := p.asks.Take(auth.LimitKey(p.Site.Addr(r))); !ok {
		p.tooMany(w, wait)
		w.WriteHeader(http.StatusTooManyRequests)
		return nil
	}
	hits := []hit{}
	if q.Text != "" {
		q.Limit, q.Prefix = whileTyped, true
		all, err := p.find(r.Context(), c, q)
		if err != nil {
			return err
		}
		hits = append(hits, all...)
	}
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(map[string]any{"items": hits})
}
