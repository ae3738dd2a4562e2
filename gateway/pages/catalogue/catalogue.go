// Package catalogue says what stands where in the Help Centre: which language an article is shown
// in, which section and category it is in, and what it is related to. It decides by what it is
// given, and keeps no texts.
package catalogue

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"centrala"
	"centrala/markdown"
)

// Catalogue is everything public of one moment. It never changes, and any number may read it at
// once.
type Catalogue struct {
	order  func(locale string) []string
	all    []centrala.Article
	topics map[centrala.ArticleID]map[string]*centrala.Article // topic, locale
	byID   map[centrala.ArticleID]*centrala.Article
	bySlug map[string][]*centrala.Article

	sections, categories map[string]place // by key
	shelves              map[centrala.ShelfKind]map[string]centrala.Shelf
	shown                map[string][]Entry // by locale: every topic once
}

// place is where a shelf stands among its like, and how addresses name it.
type place struct {
	id       string
	position int
}

// Entry is an article as a list of one language shows it.
type Entry struct {
	*centrala.Article
	Lang string // the article's language, when it is another than the list's
	Href string // below the list's language
}

// New arranges articles, none of which may have readers of its own. order names the languages in
// which an article is shown to readers of another one, the best first; what is in none of them is
// shown in its own.
func New(articles []centrala.Article, shelves []centrala.Shelf, order func(locale string) []string) *Catalogue {
	c := &Catalogue{order: order, all: articles, topics: map[centrala.ArticleID]map[string]*centrala.Article{}, byID: map[centrala.ArticleID]*centrala.Article{},
		bySlug: map[string][]*centrala.Article{}, shown: map[string][]Entry{}, shelves: map[centrala.ShelfKind]map[string]centrala.Shelf{centrala.SectionShelf: {}, centrala.CategoryShelf: {}}}
	for i := range articles {
		a := &articles[i]
		if c.topics[a.Topic] == nil {
			c.topics[a.Topic] = map[string]*centrala.Article{}
		}
		c.topics[a.Topic][a.Locale], c.byID[a.ID] = a, a
		c.bySlug[a.Slug] = append(c.bySlug[a.Slug], a)
	}
	for _, s := range shelves {
		c.shelves[s.Kind][s.Key] = s
	}
	c.sections, c.categories = c.places(centrala.SectionShelf, articles), c.places(centrala.CategoryShelf, nil)
	for _, l := range c.Locales() {
		c.shown[l] = c.list(l)
	}
	return c
}

// places gives each shelf its place; a section that has no shelf stands after those that have one.
func (c *Catalogue) places(kind centrala.ShelfKind, articles []centrala.Article) map[string]place {
	keys := map[string]int{}
	for key, s := range c.shelves[kind] {
		keys[key] = s.Position
	}
	for _, a := range articles {
		if _, ok := keys[a.Section]; !ok {
			keys[a.Section] = 1 << 30
		}
	}
	sorted := make([]string, 0, len(keys))
	for key := range keys {
		sorted = append(sorted, key)
	}
	slices.Sort(sorted)
	out, taken := map[string]place{}, map[string]bool{}
	for _, key := range sorted {
		id := markdown.Anchor(key)
		if id == "s" || taken[id] { // no letter of ours in it, or like another
			sum := sha256.Sum256([]byte(key))
			id += "-" + hex.EncodeToString(sum[:4])
		}
		taken[id] = true
		out[key] = place{id, keys[key]}
	}
	return out
}

// Locales are the languages that some article is in, sorted.
func (c *Catalogue) Locales() []string {
	var out []string
	for _, a := range c.all {
		if !slices.Contains(out, a.Locale) {
			out = append(out, a.Locale)
		}
	}
	slices.Sort(out)
	return out
}

// list is every topic once, as a reader of a language gets it: own ones first, then by rank and title.
func (c *Catalogue) list(locale string) []Entry {
	out := make([]Entry, 0, len(c.topics))
	for topic := range c.topics {
		if a := c.In(topic, locale); a != nil {
			out = append(out, entry(a, locale))
		}
	}
	titles := make(map[centrala.ArticleID]string, len(out))
	for _, e := range out {
		titles[e.ID] = centrala.Fold(e.Title)
	}
	slices.SortFunc(out, func(a, b Entry) int {
		return cmp.Or(foreign(a)-foreign(b), cmp.Compare(rank(a), rank(b)), strings.Compare(titles[a.ID], titles[b.ID]), cmp.Compare(a.ID, b.ID))
	})
	return out
}

func entry(a *centrala.Article, locale string) Entry {
	e := Entry{Article: a, Href: "/help/" + locale + "/" + a.Slug}
	if a.Locale != locale {
		e.Lang = a.Locale
	}
	return e
}

func foreign(e Entry) int {
	if e.Lang != "" {
		return 1
	}
	return 0
}

// rank is an article's place on a home list; those without one come last.
func rank(e Entry) int {
	if e.Popular == 0 {
		return 1 << 30
	}
	return e.Popular
}

// In is what a topic is shown as to readers of a language, nil when nobody may read any of it.
func (c *Catalogue) In(topic centrala.ArticleID, locale string) *centrala.Article {
	of := c.topics[topic]
	for _, l := range append([]string{locale}, c.order(locale)...) {
		if a := of[l]; a != nil {
			return a
		}
	}
	if a := c.byID[topic]; a != nil {
		return a
	}
	return first(of)
}

// first is the article of the language that sorts first.
func first(of map[string]*centrala.Article) *centrala.Article {
	var best *centrala.Article
	for _, a := range of {
		if best == nil || a.Locale < best.Locale {
			best = a
		}
	}
	return best
}

// Translations are the articles of a topic, by locale.
func (c *Catalogue) Translations(topic centrala.ArticleID) []*centrala.Article {
	var out []*centrala.Article
	for _, a := range c.topics[topic] {
		out = append(out, a)
	}
	slices.SortFunc(out, func(a, b *centrala.Article) int { return strings.Compare(a.Locale, b.Locale) })
	return out
}

// Named is the article that a slug means to readers of a language: theirs, or one of another
// language in that which they get of its topic. nil when there is none.
func (c *Catalogue) Named(locale, slug string) *centrala.Article {
	of := map[string]*centrala.Article{}
	for _, a := range c.bySlug[slug] {
		of[a.Locale] = a
	}
	for _, l := range append([]string{locale}, c.order(locale)...) {
		if a := of[l]; a != nil {
			return c.In(a.Topic, locale)
		}
	}
	if a := first(of); a != nil {
		return c.In(a.Topic, locale)
	}
	return nil
}

// ByID is a public article, nil when there is none of this name.
func (c *Catalogue) ByID(id centrala.ArticleID) *centrala.Article { return c.byID[id] }

// Shown is an article as a list of a language shows its topic.
func (c *Catalogue) Shown(id centrala.ArticleID, locale string) (Entry, bool) {
	a := c.byID[id]
	if a == nil {
		return Entry{}, false
	}
	return entry(c.In(a.Topic, locale), locale), true
}

// Stale reports whether a translation says what its original no longer does.
func (c *Catalogue) Stale(a centrala.Article) bool {
	original := c.byID[a.Topic]
	return !a.Original() && a.Basis > 0 && original != nil && original.Version > a.Basis
}

// Related are what the author named, as readers of a language get it, at most n.
func (c *Catalogue) Related(a centrala.Article, locale string, n int) []Entry {
	var out []Entry
	for _, id := range a.Related {
		e, ok := c.Shown(id, locale)
		if ok && e.Topic != a.Topic && len(out) < n && !slices.ContainsFunc(out, func(o Entry) bool { return o.ID == e.ID }) {
			out = append(out, e)
		}
	}
	return out
}

// Public are all articles, by locale, section and title.
func (c *Catalogue) Public() []centrala.Article { return c.all }
