package catalogue

import (
	"slices"
	"strings"
	"testing"

	"centrala"
)

// shelfOf is a Help Centre whose first language is Polish: an article in three languages, one in
// Polish alone, one in German alone.
func shelfOf(change ...func([]centrala.Article) []centrala.Article) *Catalogue {
	all := []centrala.Article{
		{ID: 1, Topic: 1, Locale: "pl", Version: 3, Content: centrala.Content{Slug: "zwrot", Title: "Zwrot", Section: "zwroty", Popular: 2, Sides: []centrala.Side{centrala.Buyer}, Related: []centrala.ArticleID{4, 2, 1}}},
		{ID: 2, Topic: 1, Locale: "en", Version: 1, Basis: 3, Content: centrala.Content{Slug: "return", Title: "Return", Section: "zwroty", Sides: []centrala.Side{centrala.Buyer}}},
		{ID: 3, Topic: 1, Locale: "de", Version: 1, Basis: 2, Content: centrala.Content{Slug: "rueckgabe", Title: "Rückgabe", Section: "zwroty"}},
		{ID: 4, Topic: 4, Locale: "pl", Version: 1, Content: centrala.Content{Slug: "blik", Title: "BLIK", Section: "płatności", Popular: 1}},
		{ID: 5, Topic: 5, Locale: "de", Version: 1, Content: centrala.Content{Slug: "zoll", Title: "Zoll", Section: "Versand"}},
	}
	for _, f := range change {
		all = f(all)
	}
	return New(all, []centrala.Shelf{
		{Kind: centrala.SectionShelf, Key: "zwroty", Parent: "pieniadze", Names: map[string]string{"pl": "Zwroty", "en": "Returns"}, Position: 2},
		{Kind: centrala.SectionShelf, Key: "płatności", Parent: "pieniadze", Names: map[string]string{"pl": "Płatności"}, Position: 1},
		{Kind: centrala.CategoryShelf, Key: "pieniadze", Names: map[string]string{"pl": "Pieniądze", "en": "Money"}},
	}, func(l string) []string {
		if l == "pl" {
			return []string{"pl", "pl"}
		}
		return []string{"en", "pl"}
	})
}

func titles(entries []Entry) string {
	var out []string
	for _, e := range entries {
		t := e.Title
		if e.Lang != "" {
			t += "@" + e.Lang
		}
		out = append(out, t)
	}
	return strings.Join(out, " ")
}

func TestEachTopicIsShownOnceInTheBestLanguage(t *testing.T) {
	t.Parallel()
	c := shelfOf()
	for locale, want := range map[string]string{
		"pl": "BLIK Zwrot Zoll@de",
		"en": "Return BLIK@pl Zoll@de",
		"de": "Rückgabe Zoll BLIK@pl",
		"uk": "BLIK@pl Return@en Zoll@de", // nothing of its own: English words around it, so English first
	} {
		if got := titles(c.Offered(locale, centrala.NoSide)); got != want {
			t.Errorf("%s: %s, want %s", locale, got, want)
		}
	}
	if got := titles(c.Offered("pl", centrala.Seller)); got != "BLIK Zoll@de" {
		t.Errorf("a seller is offered %s", got)
	}
	if e := c.Offered("en", centrala.NoSide)[1]; e.Href != "/help/en/blik" {
		t.Errorf("a Polish article on an English list stands at %s", e.Href)
	}
}

func TestWhatASlugMeans(t *testing.T) {
	t.Parallel()
	c := shelfOf()
	for _, want := range []struct{ locale, slug, found string }{
		{"pl", "zwrot", "pl/zwrot"}, {"en", "zwrot", "en/return"}, {"de", "return", "de/rueckgabe"}, {"en", "blik", "pl/blik"}, {"uk", "zwrot", "en/return"}, {"pl", "zoll", "de/zoll"}, {"pl", "nic", ""},
	} {
		got := ""
		if a := c.Named(want.locale, want.slug); a != nil {
			got = a.Locale + "/" + a.Slug
		}
		if got != want.found {
			t.Errorf("%s in %s is %q, want %q", want.slug, want.locale, got, want.found)
		}
	}
}

func TestShelvesStandInTheirOrder(t *testing.T) {
	t.Parallel()
	c := shelfOf()
	say := func(all []Category) string {
		var b strings.Builder
		for _, category := range all {
			b.WriteString("[" + category.Name + "]")
			for _, s := range category.Sections {
				b.WriteString(" " + s.Name + "(" + titles(s.Articles) + ")")
			}
		}
		return b.String()
	}
	for _, want := range []struct {
		locale string
		side   centrala.Side
		shelf  string
	}{
		{"pl", centrala.NoSide, "[Pieniądze] Płatności(BLIK) Zwroty(Zwrot)[] (Zoll@de)"},
		{"pl", centrala.Seller, "[Pieniądze] Płatności(BLIK)[] (Zoll@de)"},
		{"en", centrala.NoSide, "[Money] Returns(Return)[] (BLIK@pl Zoll@de)"},
		{"de", centrala.NoSide, "[Money] Returns(Rückgabe)[] Versand(Zoll) (BLIK@pl)"},
	} {
		if got := say(c.Shelves(want.locale, want.side)); got != want.shelf {
			t.Errorf("%s, %s: %s, want %s", want.locale, want.side, got, want.shelf)
		}
	}
	s, ok := c.Section("en", "zwroty")
	if !ok || s.Name != "Returns" || s.Category != "Money" || titles(s.Articles) != "Return" || !slices.Equal(s.Languages, []string{"pl", "en", "de"}) {
		t.Errorf("%+v", s)
	}
	if _, ok := c.Section("pl", "nic"); ok {
		t.Error("a section of nothing is there")
	}
	if one, ok := c.Category("pl", "pieniadze"); !ok || len(one.Sections) != 2 {
		t.Errorf("%+v", one)
	}
	if _, ok := c.Category("pl", ""); ok {
		t.Error("a category without a name is there")
	}
}

// A category that stands on others' home takes nothing away from who is offered what is in it.
func TestACategoryOfOthers(t *testing.T) {
	t.Parallel()
	c := New([]centrala.Article{{ID: 1, Topic: 1, Locale: "pl", Content: centrala.Content{Slug: "a", Title: "A", Section: "s1"}}},
		[]centrala.Shelf{{Kind: centrala.SectionShelf, Key: "s1", Parent: "c1"}, {Kind: centrala.CategoryShelf, Key: "c1", Sides: []centrala.Side{centrala.Seller}}},
		func(string) []string { return nil })
	if got := c.Shelves("pl", centrala.Buyer); len(got) != 1 || got[0].Name != "" || len(got[0].Sections) != 1 {
		t.Errorf("%+v", got)
	}
	if got := c.Shelves("pl", centrala.Seller); len(got) != 1 || got[0].Name != "c1" {
		t.Errorf("%+v", got)
	}
}

func TestStaleAndRelated(t *testing.T) {
	t.Parallel()
	c := shelfOf()
	if c.Stale(*c.ByID(1)) || c.Stale(*c.ByID(2)) || !c.Stale(*c.ByID(3)) {
		t.Error("only the German translation is behind its original")
	}
	if got := titles(c.Related(*c.ByID(1), "pl", 3)); got != "BLIK" { // itself in any language is not related
		t.Errorf("related: %s", got)
	}
	if got := titles(c.Related(*c.ByID(1), "en", 3)); got != "BLIK@pl" {
		t.Errorf("related in English: %s", got)
	}
}

// Names without a letter of ours, and names that are alike, have addresses of their own.
func TestAddressesOfSectionsDiffer(t *testing.T) {
	t.Parallel()
	c := New([]centrala.Article{
		{ID: 1, Topic: 1, Locale: "uk", Content: centrala.Content{Slug: "a", Title: "A", Section: "Повернення"}},
		{ID: 2, Topic: 2, Locale: "uk", Content: centrala.Content{Slug: "b", Title: "B", Section: "Оплата"}},
		{ID: 3, Topic: 3, Locale: "uk", Content: centrala.Content{Slug: "c", Title: "C", Section: "Zwroty"}},
		{ID: 4, Topic: 4, Locale: "uk", Content: centrala.Content{Slug: "d", Title: "D", Section: "zwroty"}},
	}, nil, func(string) []string { return nil })
	seen := map[string]bool{}
	for _, a := range c.Public() {
		s := c.Of(a, "uk")
		back, ok := c.Section("uk", s.ID)
		if seen[s.ID] || !ok || back.Name != a.Section || len(back.Articles) != 1 {
			t.Errorf("%s stands at %s, where %+v is", a.Section, s.ID, back)
		}
		seen[s.ID] = true
	}
}
