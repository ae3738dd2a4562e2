package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"centrala"
)

func articleCases() []testCase {
	return []testCase{
		{"article/one for a locale and slug, however often it is imported", articleSaved},
		{"article/imported by many at once", articleRace},
		{"article/lists", articleLists},
		{"article/what is wrong is refused and named", articleRefused},
		{"article/moves and goes", articleMoves},
	}
}

func article(slug string) centrala.Article {
	return centrala.Article{Locale: "pl", Source: "demo", Content: centrala.Content{Slug: slug, Title: "Gdzie jest moja paczka", Summary: "Jak sprawdzić", Body: "# Paczka\n\n'; DROP TABLE article; --", Sides: []centrala.Side{centrala.Buyer}, Tags: []string{"dostawa", "%"}, Section: "dostawa", Popular: 3}}
}

func articleSaved(t *testing.T, h *house) {
	ctx := t.Context()
	first, err := h.SaveArticle(ctx, article("paczka"))
	need(t, err)
	h.clock.move(time.Hour)
	again, err := h.SaveArticle(ctx, article("paczka"))
	need(t, err)
	same(t, "the same again", again, first)
	same(t, "events of one article saved twice alike", len(h.happened(t, centrala.ArticleSaved)), 1)

	changed := article("paczka")
	changed.Body, changed.Tags = "Inaczej", nil
	saved, err := h.SaveArticle(ctx, changed)
	need(t, err)
	if saved.ID != first.ID || !saved.UpdatedAt.After(first.UpdatedAt) {
		t.Fatalf("got %+v, want a later version of %s", saved, first.ID)
	}
	read, err := h.Article(ctx, "pl", "paczka")
	need(t, err)
	same(t, "read", read, saved)
	read, err = h.ArticleByID(ctx, first.ID)
	need(t, err)
	same(t, "read by id", read, saved)
	events := h.happened(t, centrala.ArticleSaved)
	same(t, "events", []any{len(events), events[1].Data.Article}, []any{2, first.ID})

	for _, place := range [][2]string{{"en", "paczka"}, {"pl", "x"}, {"pl", "\x00"}, {"\xff", "paczka"}} {
		_, err = h.Article(ctx, place[0], place[1])
		refused(t, err, centrala.NotFound)
	}
	_, err = h.ArticleByID(ctx, 42)
	refused(t, err, centrala.NotFound)
}

func articleRace(t *testing.T, h *house) {
	worked := atOnce(t, 40, centrala.Conflict, func(i int) error {
		a := article("wspolna")
		a.Body = fmt.Sprint("Wersja ", i%4)
		_, err := h.SaveArticle(context.Background(), a)
		return err
	})
	all, err := h.Articles(t.Context(), centrala.ArticleFilter{})
	need(t, err)
	same(t, "articles", []int{len(all), worked}, []int{1, 40})
}

func articleLists(t *testing.T, h *house) {
	ctx := t.Context()
	for _, a := range []struct {
		locale, slug, section string
		sides                 []centrala.Side
	}{
		{"pl", "b", "dostawa", []centrala.Side{centrala.Buyer}},
		{"pl", "s", "sprzedaz", []centrala.Side{centrala.Seller}},
		{"pl", "all", "dostawa", nil},
		{"en", "bs", "dostawa", []centrala.Side{centrala.Buyer, centrala.Seller}},
	} {
		_, err := h.SaveArticle(ctx, centrala.Article{Locale: a.locale, Content: centrala.Content{Slug: a.slug, Title: "T " + a.slug, Section: a.section, Sides: a.sides}})
		need(t, err)
	}
	for _, c := range []struct {
		filter centrala.ArticleFilter
		want   string
	}{
		{centrala.ArticleFilter{}, "[bs all b s]"},
		{centrala.ArticleFilter{Locale: "pl"}, "[all b s]"},
		{centrala.ArticleFilter{Side: centrala.Seller}, "[bs all s]"},
		{centrala.ArticleFilter{Locale: "pl", Side: centrala.Buyer, Section: "dostawa"}, "[all b]"},
		{centrala.ArticleFilter{Side: centrala.Advertiser}, "[all]"},
		{centrala.ArticleFilter{Section: "brak"}, "[]"},
	} {
		list, err := h.Articles(ctx, c.filter)
		need(t, err)
		slugs := make([]string, len(list))
		for i, a := range list {
			slugs[i] = a.Slug
			if a.Sides == nil || a.Tags == nil {
				t.Errorf("%s has nil lists", a.Slug)
			}
		}
		same(t, fmt.Sprintf("%+v", c.filter), slugs, c.want)
	}
	_, err := h.Articles(ctx, centrala.ArticleFilter{Side: `%`})
	refused(t, err, centrala.Invalid)
}

func articleRefused(t *testing.T, h *house) {
	for field, spoil := range map[string]func(*centrala.Article){
		"locale":  func(a *centrala.Article) { a.Locale = "" },
		"slug":    func(a *centrala.Article) { a.Slug = "../etc" },
		"title":   func(a *centrala.Article) { a.Title = " " },
		"sides":   func(a *centrala.Article) { a.Sides = []centrala.Side{"courier"} },
		"article": func(a *centrala.Article) { a.Body = "\x00" },
	} {
		a := article("dobry")
		spoil(&a)
		_, err := h.SaveArticle(t.Context(), a)
		refused(t, err, centrala.Invalid, field)
	}
	a := article("dobry")
	a.ID = 42
	_, err := h.SaveArticle(t.Context(), a)
	refused(t, err, centrala.NotFound)
}

func articleMoves(t *testing.T, h *house) {
	ctx := t.Context()
	a, err := h.SaveArticle(ctx, article("stary"))
	need(t, err)
	b, err := h.SaveArticle(ctx, article("zajety"))
	need(t, err)
	a.Slug = "zajety"
	_, err = h.SaveArticle(ctx, a)
	refused(t, err, centrala.Conflict, "slug")
	a.Slug = "nowy"
	_, err = h.SaveArticle(ctx, a)
	need(t, err)
	if moved, err := h.Article(ctx, "pl", "stary"); err != nil || moved.Slug != "nowy" {
		t.Fatalf("at its old address stands %+v, %v", moved, err)
	}
	need(t, h.RemoveArticle(ctx, b.ID))
	refused(t, h.RemoveArticle(ctx, b.ID), centrala.NotFound)
	removed := h.happened(t, centrala.ArticleRemoved)
	same(t, "events", []any{len(removed), removed[0].Data.Article}, []any{1, b.ID})
}
