package pages

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"centrala"
	"centrala/gateway/pages/catalogue"
	"centrala/words"
)

// How many articles stand where: of each side on the Help Centre's home, of a section on a shelf
// before a link to the rest, of what only other languages have, on one page of a section, and
// beside an article.
const (
	onHome    = 4
	onShelf   = 8
	ofOthers  = 24
	onSection = 60
	related   = 3
)

// sideView is a side with its form, letter and names.
type sideView struct {
	Side                      centrala.Side
	Icon, Letter, Title, Name string
	Href                      string
	Articles                  []catalogue.Entry
	Count                     int
}

func sideOf(w words.Words, s centrala.Side) sideView {
	icons := map[centrala.Side]string{centrala.Buyer: "cart", centrala.Seller: "store", centrala.Advertiser: "horn"}
	return sideView{Side: s, Icon: icons[s], Letter: w.SideLetter(string(s)), Title: w.SideTitle(string(s)), Name: w.Side(string(s)),
		Href: "/help/" + w.Locale() + "?side=" + string(s)}
}

// sideIn is a side whose page is in a language that the words may not be in.
func sideIn(w words.Words, locale string, s centrala.Side) sideView {
	v := sideOf(w, s)
	v.Href = "/help/" + locale + "?side=" + string(s)
	return v
}

// homeView is the Help Centre's home.
type homeView struct {
	Sides []sideView
	Ways  []widgetChannel
	Chat  string // the widget's slug, "" without one
	Empty bool
}

// shelfView is a side or a category, by section.
type shelfView struct {
	Side       *sideView // of a side's page
	Name       string
	Count      int
	Categories []catalogue.Category
	Most, Many int // how many articles a section shows when it has more than many, before a link to all
}

// sectionView is one page of a section.
type sectionView struct {
	catalogue.Section
	Count         int
	Page, Pages   int
	Before, After string
}

// home is the Help Centre in the reader's language, or in the one of the address: all of it, one
// side, one category or one section.
func (p *pages) home(w http.ResponseWriter, r *http.Request) error {
	c, since, err := p.catalogue(r.Context())
	if err != nil {
		return err
	}
	locale, speak, err := p.shelfLocale(r, c)
	if err != nil {
		return err
	}
	v := view{W: speak, Locale: locale, Root: p.root(r), Since: since, Kind: "website", Feed: "/help/" + locale + "/feed.atom"}
	q := r.URL.Query()
	switch side := centrala.Side(q.Get("side")); {
	case q.Has("section"):
		return p.section(w, r, c, v, q.Get("section"))
	case q.Has("category"):
		return p.category(w, r, c, v, q.Get("category"))
	case side.Valid():
		return p.side(w, r, c, v, side)
	}
	h := homeView{Empty: len(c.Public()) == 0}
	for _, s := range centrala.Sides() {
		one := sideIn(speak, locale, s)
		mine := c.Offered(locale, s)
		one.Count, one.Articles = len(mine), mine[:min(onHome, len(mine))]
		h.Sides = append(h.Sides, one)
	}
	if h.Ways, err = p.otherWays(r.Context(), speak); err != nil {
		return err
	}
	if h.Chat, err = p.chat(r.Context()); err != nil {
		return err
	}
	v.Title, v.Data, v.About = speak.HelpCentre(), h, speak.HelpAbout(p.Brand)
	v.stands(c, c.Locales(), func(l string) string { return "/help/" + l })
	v.Graph = graphOfHome(v, p.Brand)
	return p.shelve(w, r, "home", v)
}

// stands says where a page is in each language: its own address, those of the languages that it is
// in for those who list pages, and of all for its readers.
func (v *view) stands(c *catalogue.Catalogue, in []string, address func(locale string) string) {
	v.Canonical = v.Root + address(v.Locale)
	v.Languages = languages(c, v.Locale, address)
	for _, l := range in {
		v.Alternates = append(v.Alternates, link{Href: v.Root + address(l), Lang: l})
	}
	if len(v.Alternates) == 1 && in[0] == v.Locale {
		v.Alternates = nil // it is nowhere else
	}
}

// side is everything for one side, by category and section.
func (p *pages) side(w http.ResponseWriter, r *http.Request, c *catalogue.Catalogue, v view, s centrala.Side) error {
	one := sideIn(v.W, v.Locale, s)
	v.Title = one.Title
	v.stands(c, c.Locales(), func(l string) string { return "/help/" + l + "?side=" + string(s) })
	return p.shelf(w, r, v, shelfView{Side: &one, Name: one.Title, Categories: c.Shelves(v.Locale, s)})
}

// category is one category with its sections.
func (p *pages) category(w http.ResponseWriter, r *http.Request, c *catalogue.Catalogue, v view, id string) error {
	one, ok := c.Category(v.Locale, id)
	if !ok {
		return centrala.Errorf(centrala.NotFound, "There is no such category.")
	}
	v.Title = one.Name
	v.stands(c, c.Locales(), func(l string) string { return "/help/" + l + "?category=" + url.QueryEscape(id) })
	s := shelfView{Name: one.Name}
	one.Name = "" // it is the page's heading
	s.Categories = []catalogue.Category{one}
	return p.shelf(w, r, v, s)
}

// shelf shows categories and sections under one heading.
func (p *pages) shelf(w http.ResponseWriter, r *http.Request, v view, s shelfView) error {
	s.Most, s.Many = onShelf, onShelf+2
	for i := range s.Categories {
		for j := range s.Categories[i].Sections {
			section := &s.Categories[i].Sections[j]
			s.Count += len(section.Articles)
			if section.Foreign && len(section.Articles) > ofOthers {
				section.Articles = section.Articles[:ofOthers]
			}
		}
	}
	v.Data, v.About = s, v.W.ShelfAbout(s.Name, p.Brand, s.Count)
	v.Graph = graphOfPath(v, []link{{Href: "/help/" + v.Locale, Text: v.W.Help()}, {Href: strings.TrimPrefix(v.Canonical, v.Root), Text: s.Name}})
	return p.shelve(w, r, "shelf", v)
}

// section is one section, a page at a time.
func (p *pages) section(w http.ResponseWriter, r *http.Request, c *catalogue.Catalogue, v view, id string) error {
	s, ok := c.Section(v.Locale, id)
	n := 1
	if asked := r.URL.Query().Get("page"); ok && asked != "" {
		var err error
		n, err = strconv.Atoi(asked)
		ok = err == nil && n >= 1 && (n-1)*onSection < len(s.Articles)
	}
	if !ok {
		return centrala.Errorf(centrala.NotFound, "There is no such section.")
	}
	one := sectionView{Section: s, Count: len(s.Articles), Page: n, Pages: (len(s.Articles) + onSection - 1) / onSection}
	one.Articles = s.Articles[(n-1)*onSection : min(n*onSection, len(s.Articles))]
	address := func(locale string, n int) string {
		a := "/help/" + locale + "?section=" + url.QueryEscape(id)
		if n > 1 {
			a += "&page=" + strconv.Itoa(n)
		}
		return a
	}
	if n > 1 {
		one.Before = address(v.Locale, n-1)
	}
	if n < one.Pages {
		one.After = address(v.Locale, n+1)
	}
	v.Title, v.Data, v.About = s.Name, one, v.W.ShelfAbout(s.Name, p.Brand, one.Count)
	v.stands(c, s.Languages, func(l string) string { return address(l, 1) })
	v.Canonical = v.Root + address(v.Locale, n)
	v.Graph = graphOfPath(v, append(pathTo(v, nil, catalogue.Section{Category: s.Category, CategoryID: s.CategoryID}), link{Href: address(v.Locale, 1), Text: s.Name}))
	return p.shelve(w, r, "section", v)
}

// pathTo leads from the home to a section: by a side's page when there is one, then by its category.
func pathTo(v view, side *sideView, s catalogue.Section) []link {
	home := "/help/" + v.Locale
	path := []link{{Href: home, Text: v.W.Help()}}
	if side != nil {
		path = append(path, link{Href: side.Href, Text: side.Title})
	}
	if s.Category != "" {
		path = append(path, link{Href: home + "?category=" + url.QueryEscape(s.CategoryID), Text: s.Category})
	}
	if s.Name != "" {
		path = append(path, link{Href: home + "?section=" + url.QueryEscape(s.ID), Text: s.Name})
	}
	return path
}

// lost answers for an address where nothing is, with what its words may have meant.
func (p *pages) lost(w http.ResponseWriter, r *http.Request) {
	speak := p.words(r)
	locale := speak.Locale()
	v := view{W: speak, Title: speak.PageGone(), Robots: "noindex"}
	about := said{Heading: speak.PageGone(), Text: speak.PageGoneWhy()}
	if slug := r.PathValue("slug"); slug != "" {
		ctx, cancel := context.WithTimeout(r.Context(), time.Second)
		defer cancel()
		if c, _, err := p.catalogue(ctx); err == nil && slices.Contains(c.Locales(), r.PathValue("locale")) {
			locale = r.PathValue("locale")
			speak = words.For(locale)
			about.Heading, about.Text, v.W, v.Locale, v.Title = speak.PageGone(), speak.PageGoneWhy(), speak, locale, speak.PageGone()
		}
		asked := strings.Join(strings.FieldsFunc(slug, func(r rune) bool { return r == '-' || r == '_' || r == '.' || r == '/' }), " ")
		found, err := p.Suggester.Suggest(ctx, centrala.Query{Text: cut(strings.ToValidUTF8(asked, ""), maxQuery), Locale: locale, Limit: onHome, Weak: true})
		if err != nil { // an index that does not answer costs the suggestions
			p.Log.Warn("suggestions for a wrong address", "err", err)
		}
		for _, s := range found {
			about.Maybe = append(about.Maybe, link{Href: s.URL, Text: s.Title})
		}
	}
	v.Data = about
	if err := p.show(w, http.StatusNotFound, "said", v); err != nil {
		p.Log.Error("page", "path", route(r), "err", err)
		http.Error(w, v.Title, http.StatusNotFound)
	}
}

// cut keeps the first n characters.
func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}
