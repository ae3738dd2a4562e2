package catalogue

import (
	"cmp"
	"slices"
	"strings"

	"centrala"
)

// Category is sections under one heading.
type Category struct {
	ID, Name string // both "" of sections that are in none
	Sections []Section
}

// Section is articles under one heading.
type Section struct {
	ID, Name    string // Name "" of articles that are in none
	Articles    []Entry
	Foreign     bool     // what other languages alone have, of whatever section
	Category    string   // its name, "" in none
	CategoryID  string   // how addresses name it
	Languages   []string // in which there is something of it
	key, parent string
}

// Offered are the articles of a language that are offered to a side, and those for everybody; the
// own language first, then by rank and title.
func (c *Catalogue) Offered(locale string, side centrala.Side) []Entry {
	return slices.DeleteFunc(slices.Clone(c.of(locale)), func(e Entry) bool {
		return side != centrala.NoSide && len(e.Sides) > 0 && !slices.Contains(e.Sides, side)
	})
}

// of is every topic in a language; one that no article is in has them all in others.
func (c *Catalogue) of(locale string) []Entry {
	if known, ok := c.shown[locale]; ok {
		return known
	}
	return c.list(locale)
}

// Shelves are the articles of a side by category and section, in the order of the shelves. What
// only other languages have, of sections that this one has no articles and no name for, stands in
// one last section.
func (c *Catalogue) Shelves(locale string, side centrala.Side) []Category {
	byKey := map[string]*Section{}
	var foreign Section
	offered := c.Offered(locale, side) // those of the language come first
	for _, e := range offered {
		s := byKey[e.Section]
		if s == nil && e.Lang != "" && c.shelves[centrala.SectionShelf][e.Section].Names[locale] == "" {
			foreign.Foreign, foreign.Articles = true, append(foreign.Articles, e)
			continue
		}
		if s == nil {
			made := c.section(locale, e.Section)
			s = &made
			byKey[e.Section] = s
		}
		s.Articles = append(s.Articles, e)
	}
	byCategory := map[string]*Category{}
	for _, s := range byKey {
		parent := s.parent
		if shelf := c.shelves[centrala.CategoryShelf][parent]; side != centrala.NoSide && len(shelf.Sides) > 0 && !slices.Contains(shelf.Sides, side) {
			parent = "" // it stands on the home of others; what is in it is offered here all the same
		}
		if byCategory[parent] == nil {
			name, id := c.category(locale, parent)
			byCategory[parent] = &Category{ID: id, Name: name}
		}
		byCategory[parent].Sections = append(byCategory[parent].Sections, *s)
	}
	out := c.inOrder(byCategory)
	if foreign.Foreign {
		if n := len(out); n == 0 || out[n-1].ID != "" {
			out = append(out, Category{})
		}
		last := &out[len(out)-1]
		last.Sections = append(last.Sections, foreign)
	}
	return out
}

// inOrder sorts categories and what is in them; what is in none comes last, and of it what is in no
// section.
func (c *Catalogue) inOrder(by map[string]*Category) []Category {
	keys := make([]string, 0, len(by))
	for key := range by {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b string) int {
		return cmp.Or(empty(a)-empty(b), cmp.Compare(c.categories[a].position, c.categories[b].position), strings.Compare(a, b))
	})
	var out []Category
	for _, key := range keys {
		sections := by[key].Sections
		slices.SortFunc(sections, func(a, b Section) int {
			return cmp.Or(empty(a.key)-empty(b.key), cmp.Compare(c.sections[a.key].position, c.sections[b.key].position), strings.Compare(centrala.Fold(a.Name), centrala.Fold(b.Name)), strings.Compare(a.key, b.key))
		})
		out = append(out, *by[key])
	}
	return out
}

func empty(s string) int {
	if s == "" {
		return 1
	}
	return 0
}

// section is a section without its articles, as a language calls it.
func (c *Catalogue) section(locale, key string) Section {
	shelf, named := c.shelves[centrala.SectionShelf][key]
	s := Section{key: key, parent: shelf.Parent, Name: key, ID: c.sections[key].id}
	if named {
		s.Name = c.name(shelf, locale)
	}
	if _, ok := c.shelves[centrala.CategoryShelf][shelf.Parent]; !ok {
		s.parent = ""
	}
	s.Category, s.CategoryID = c.category(locale, s.parent)
	return s
}

func (c *Catalogue) category(locale, key string) (name, id string) {
	shelf, ok := c.shelves[centrala.CategoryShelf][key]
	if !ok {
		return "", ""
	}
	return c.name(shelf, locale), c.categories[key].id
}

// name is what a shelf is called in a language, or in the next best.
func (c *Catalogue) name(s centrala.Shelf, locale string) string {
	for _, l := range append([]string{locale}, c.order(locale)...) {
		if n := s.Names[l]; n != "" {
			return n
		}
	}
	return s.Key
}

// Section is one section by the name that addresses have for it, with all of its articles.
func (c *Catalogue) Section(locale, id string) (Section, bool) {
	for key, p := range c.sections {
		if p.id != id || key == "" {
			continue
		}
		s := c.section(locale, key)
		for _, e := range c.of(locale) {
			if e.Section == key {
				s.Articles = append(s.Articles, e)
			}
		}
		for _, a := range c.all {
			if a.Section == key && !slices.Contains(s.Languages, a.Locale) {
				s.Languages = append(s.Languages, a.Locale)
			}
		}
		return s, len(s.Articles) > 0
	}
	return Section{}, false
}

// Of is the section that an article stands in, without its articles.
func (c *Catalogue) Of(a centrala.Article, locale string) Section {
	return c.section(locale, a.Section)
}

// Category is one category by the name that addresses have for it, with all of its sections.
func (c *Catalogue) Category(locale, id string) (Category, bool) {
	for _, category := range c.Shelves(locale, centrala.NoSide) {
		if category.ID == id && id != "" {
			return category, true
		}
	}
	return Category{}, false
}
