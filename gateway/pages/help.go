package pages

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"centrala"
	"centrala/markdown"
	"centrala/markdown/shown"
	"centrala/words"
)

// onHome is how many articles each side shows on the Help Centre's home, related how many
// others stand beside an article.
const (
	onHome  = 4
	related = 3
)

// sideView is a side with its form, letter and names.
type sideView struct {
	Side                      centrala.Side
	Icon, Letter, Title, Name string
	Href                      string
	Articles                  []centrala.Article
	Count                     int
}

func sideOf(w words.Words, s centrala.Side) sideView {
	icons := map[centrala.Side]string{centrala.Buyer: "cart", centrala.Seller: "store", centrala.Advertiser: "horn"}
	return sideView{Side: s, Icon: icons[s], Letter: w.SideLetter(string(s)), Title: w.SideTitle(string(s)), Name: w.Side(string(s)),
		Href: "/help/" + w.Locale() + "?side=" + string(s)}
}

// homeView is the Help Centre's home; sectionsView one side of it.
type homeView struct {
	Sides []sideView
	Ways  []widgetChannel
	Chat  string // the widget's slug, "" without one
	Empty bool
}

type sectionsView struct {
	Side     sideView
	Sections []section
}

type section struct {
	ID, Name string
	Articles []centrala.Article
}

// home is the Help Centre in the reader's language, or in the one of the address.
func (p *pages) home(w http.ResponseWriter, r *http.Request) error {
	if l := r.PathValue("locale"); l != "" && !known(l) {
		return centrala.Errorf(centrala.NotFound, "There is no Help Centre in this language.")
	}
	speak := p.words(r)
	if s := centrala.Side(r.URL.Query().Get("side")); s.Valid() {
		return p.side(w, r, speak, s)
	}
	all, err := p.Articles.Articles(r.Context(), centrala.ArticleFilter{Public: true, Locale: speak.Locale()})
	if err != nil {
		return err
	}
	h := homeView{Empty: len(all) == 0}
	for _, s := range centrala.Sides() {
		v := sideOf(speak, s)
		mine := slices.Collect(func(yield func(centrala.Article) bool) {
			for _, a := range all {
				if (len(a.Sides) == 0 || slices.Contains(a.Sides, s)) && !yield(a) {
					return
				}
			}
		})
		v.Count, v.Articles = len(mine), mostWanted(mine)
		h.Sides = append(h.Sides, v)
	}
	if h.Ways, err = p.otherWays(r.Context(), speak); err != nil {
		return err
	}
	if h.Chat, err = p.chat(r.Context()); err != nil {
		return err
	}
	return p.show(w, http.StatusOK, "home", view{W: speak, Title: speak.HelpCentre(), Data: h, Other: switched(speak, "/help/"+other(speak).Locale())})
}

// mostWanted are the articles for a home list: those with a rank in its order, then others.
func mostWanted(all []centrala.Article) []centrala.Article {
	rank := func(a centrala.Article) int {
		if a.Popular == 0 {
			return 1 << 30
		}
		return a.Popular
	}
	sorted := slices.Clone(all)
	slices.SortStableFunc(sorted, func(a, b centrala.Article) int { return cmp.Compare(rank(a), rank(b)) })
	return sorted[:min(onHome, len(sorted))]
}

// side is everything for one side, by section.
func (p *pages) side(w http.ResponseWriter, r *http.Request, speak words.Words, s centrala.Side) error {
	all, err := p.Articles.Articles(r.Context(), centrala.ArticleFilter{Public: true, Locale: speak.Locale(), Side: s})
	if err != nil {
		return err
	}
	v := sectionsView{Side: sideOf(speak, s)}
	v.Side.Count = len(all)
	for _, a := range all {
		if n := len(v.Sections); n == 0 || v.Sections[n-1].Name != a.Section {
			v.Sections = append(v.Sections, section{ID: markdown.Anchor(a.Section), Name: a.Section})
		}
		last := &v.Sections[len(v.Sections)-1]
		last.Articles = append(last.Articles, a)
	}
	return p.show(w, http.StatusOK, "sections", view{W: speak, Title: v.Side.Title, Data: v,
		Other: switched(speak, sideOf(other(speak), s).Href)})
}

// articleView is one article.
type articleView struct {
	centrala.Article
	shown.Page
	Side    *sideView // when it is for one side
	Section string    // its anchor on the side's page
	Date    string
	Related []link
	Thanks  bool // the reader has said that it helped
}

func (p *pages) article(w http.ResponseWriter, r *http.Request) error {
	locale := r.PathValue("locale")
	if !known(locale) {
		return centrala.Errorf(centrala.NotFound, "There is no Help Centre in this language.")
	}
	speak := words.For(locale)
	a, err := p.Articles.Article(r.Context(), locale, r.PathValue("slug"))
	if err != nil {
		return err
	}
	if len(a.Readers) > 0 { // who reads here has proved nothing
		return centrala.Errorf(centrala.NotFound, "There is no such article.")
	}
	if slug := r.PathValue("slug"); slug != a.Slug { // it stood there once
		http.Redirect(w, r, a.URL(), http.StatusMovedPermanently)
		return nil
	}
	v := articleView{Article: a, Date: speak.Date(a.UpdatedAt), Section: markdown.Anchor(a.Section), Thanks: r.URL.Query().Has("thanks")}
	if v.Page, err = shown.Of(a.Body); err != nil {
		return err
	}
	if len(a.Sides) == 1 {
		s := sideOf(speak, a.Sides[0])
		v.Side = &s
	}
	v.Related = p.related(r.Context(), a)
	translation, err := p.translation(r.Context(), a, other(speak).Locale())
	if err != nil {
		return err
	}
	return p.show(w, http.StatusOK, "article", view{W: speak, Title: a.Title, Data: v, Other: switched(speak, translation)})
}

// translation is the address of an article in another language, or of that language's home.
func (p *pages) translation(ctx context.Context, a centrala.Article, locale string) (string, error) {
	all, err := p.Articles.Articles(ctx, centrala.ArticleFilter{Public: true, Locale: locale})
	if err != nil {
		return "", err
	}
	for _, t := range all {
		if t.Translation == a.Slug || a.Translation != "" && t.Slug == a.Translation {
			return t.URL(), nil
		}
	}
	return "/help/" + locale, nil
}

// related are articles about the same: those the index finds by the title, else of the same
// section. An index that does not answer costs a list, not the page.
func (p *pages) related(ctx context.Context, a centrala.Article) []link {
	q := centrala.Query{Text: a.Title, Locale: a.Locale, Limit: related + 1, Weak: true}
	if len(a.Sides) == 1 {
		q.Side = a.Sides[0]
	}
	found, err := p.Suggester.Suggest(ctx, q)
	if err != nil {
		p.Log.Warn("related articles", "article", a.ID, "err", err)
	}
	var out []link
	add := func(slug, title, href string) {
		if slug != a.Slug && len(out) < related && !slices.ContainsFunc(out, func(l link) bool { return l.Href == href }) {
			out = append(out, link{Href: href, Text: title})
		}
	}
	for _, s := range found {
		add(s.Slug, s.Title, s.URL)
	}
	if len(out) == related || a.Section == "" {
		return out
	}
	near, err := p.Articles.Articles(ctx, centrala.ArticleFilter{Public: true, Locale: a.Locale, Section: a.Section})
	if err != nil {
		p.Log.Warn("related articles", "article", a.ID, "err", err)
	}
	for _, n := range near {
		add(n.Slug, n.Title, n.URL())
	}
	return out
}

// searchView is what a search found.
type searchView struct {
	Query string
	Found []centrala.Suggestion
	Sides []sideView
	Side  centrala.Side
	Write string // the form, with what was asked carried over
}

// maxQuery is how much of a question is looked for, in characters; found how many are shown.
const (
	maxQuery = 300
	found    = 12
)

func (p *pages) search(w http.ResponseWriter, r *http.Request) error {
	speak := p.words(r)
	v := searchView{Query: cut(strings.TrimSpace(strings.ToValidUTF8(r.URL.Query().Get("q"), "")), maxQuery)}
	if s := centrala.Side(r.URL.Query().Get("side")); s.Valid() {
		v.Side = s
	}
	if v.Query != "" {
		var err error
		v.Found, err = p.Suggester.Suggest(r.Context(), centrala.Query{Text: v.Query, Locale: speak.Locale(), Side: v.Side, Limit: found, Weak: true})
		if err != nil {
			return err
		}
	}
	address := func(l string, s centrala.Side) string {
		q := url.Values{"q": {v.Query}, "lang": {l}}
		if s != centrala.NoSide {
			q.Set("side", string(s))
		}
		return "/help/search?" + q.Encode()
	}
	for _, s := range centrala.Sides() {
		one := sideOf(speak, s)
		one.Href = address(speak.Locale(), s)
		if s == v.Side { // chosen already: once more takes it back
			one.Href = address(speak.Locale(), centrala.NoSide)
		}
		v.Sides = append(v.Sides, one)
	}
	v.Write = "/contact?" + url.Values{"lang": {speak.Locale()}, "text": {v.Query}}.Encode()
	return p.show(w, http.StatusOK, "search", view{W: speak, Title: speak.SearchResults(), Robots: "noindex", Query: v.Query, Data: v,
		Other: switched(speak, address(other(speak).Locale(), v.Side))})
}

// cut keeps the first n characters.
func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}
