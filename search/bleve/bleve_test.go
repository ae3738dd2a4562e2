package bleve_test

import (
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"centrala"
	"centrala/search"
	"centrala/search/bleve"
	"centrala/search/searchtest"
)

func open(t testing.TB) *bleve.Engine {
	t.Helper()
	e, err := bleve.Open(filepath.Join(t.TempDir(), "index"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

func TestEngine(t *testing.T) {
	t.Parallel()
	searchtest.Run(t, func(t testing.TB) search.Index { return open(t) })
}

func BenchmarkSearch(b *testing.B) {
	e := open(b)
	if err := e.Put(b.Context(), searchtest.Articles()); err != nil {
		b.Fatal(err)
	}
	h := search.New(e, nil, slog.New(slog.DiscardHandler))
	for b.Loop() {
		if _, err := h.Suggest(b.Context(), centrala.Query{Text: "kiedy wrócą pieniądze za zamów", Locale: "pl", Prefix: true}); err != nil {
			b.Fatal(err)
		}
	}
}

// An index that somebody else has open is left alone: no waiting without end, no new one.
func TestIndexInUse(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "index")
	first, err := bleve.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	a := centrala.Article{ID: 7, Locale: "pl", Slug: "zwrot", Title: "Zwrot towaru"}
	if err := first.Put(t.Context(), []centrala.Article{a}); err != nil {
		t.Fatal(err)
	}
	if second, err := bleve.Open(dir); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Fatalf("opened twice: %v, %v", second, err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := bleve.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if found, err := again.Search(t.Context(), centrala.Query{Text: "zwrotu", Locale: "pl", Limit: 3}); err != nil || len(found) != 1 {
		t.Fatalf("it holds %v, %v", found, err)
	}
}
