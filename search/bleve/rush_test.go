package bleve_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"

	"centrala"
	"centrala/search"
	"centrala/search/bleve"
	"centrala/store"
	"centrala/store/library"
	"centrala/store/storetest"
)

// counted is an index that counts how often it is written.
type counted struct {
	*bleve.Engine
	puts int
}

func (c *counted) Put(ctx context.Context, articles []centrala.Article) error {
	c.puts++
	return c.Engine.Put(ctx, articles)
}

// An import's events are indexed together, not one by one; a change after it and a removal are
// followed all the same.
func TestManyChangesAreIndexedTogether(t *testing.T) {
	t.Parallel()
	db, err := store.Open(t.Context(), storetest.SQLite(t), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	lib := library.New(db)
	t.Cleanup(func() { _ = db.Close() })
	index := &counted{Engine: open(t)}
	help := search.New(index, lib, slog.New(slog.DiscardHandler))
	const many = 150
	var saved []centrala.Article
	for i := range many {
		a, err := lib.SaveArticle(t.Context(), centrala.Article{Locale: "pl", Content: centrala.Content{Slug: fmt.Sprintf("a%d", i), Title: fmt.Sprintf("Zwrot zakupu numer%d", i), Body: "Treść."}})
		if err != nil {
			t.Fatal(err)
		}
		saved = append(saved, a)
	}
	follow := func(a centrala.Article, kind centrala.EventType) {
		t.Helper()
		if err := help.Handle(t.Context(), centrala.Event{Type: kind, Data: centrala.Facts{Article: a.ID}}); err != nil {
			t.Fatal(err)
		}
	}
	for _, a := range saved {
		follow(a, centrala.ArticleSaved)
	}
	if index.puts > 10 {
		t.Errorf("%d articles were indexed with %d writes", many, index.puts)
	}
	found := func(text string) int {
		t.Helper()
		hits, err := help.Suggest(t.Context(), centrala.Query{Text: text, Locale: "pl", Limit: 50})
		if err != nil {
			t.Fatal(err)
		}
		return len(hits)
	}
	for _, i := range []int{0, 1, 77, many - 1} {
		if found(fmt.Sprintf("numer%d", i)) == 0 {
			t.Errorf("article %d is not found", i)
		}
	}
	last := saved[many-1]
	last.Title = "Wypożyczalnia rowerów"
	if last, err = lib.SaveArticle(t.Context(), last); err != nil {
		t.Fatal(err)
	}
	follow(last, centrala.ArticleSaved)
	if found("rowery") != 1 {
		t.Error("a change after the import is not found")
	}
	if err := lib.RemoveArticle(t.Context(), last.ID); err != nil {
		t.Fatal(err)
	}
	follow(last, centrala.ArticleRemoved)
	if found("rowery") != 0 {
		t.Error("what was removed is still found")
	}
}
