package bleve_test

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"centrala"
	"centrala/search"
	"centrala/search/bleve"
	"centrala/search/searchtest"
)

var quiet = slog.New(slog.DiscardHandler)

func open(t testing.TB) *bleve.Engine {
	t.Helper()
	e, err := bleve.Open(filepath.Join(t.TempDir(), "index"), quiet)
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
	first, err := bleve.Open(dir, quiet)
	if err != nil {
		t.Fatal(err)
	}
	a := centrala.Article{ID: 7, Locale: "pl", Content: centrala.Content{Slug: "zwrot", Title: "Zwrot towaru"}}
	if err := first.Put(t.Context(), []centrala.Article{a}); err != nil {
		t.Fatal(err)
	}
	if second, err := bleve.Open(dir, quiet); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Fatalf("opened twice: %v, %v", second, err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := bleve.Open(dir, quiet)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if found, err := again.Search(t.Context(), centrala.Query{Text: "zwrotu", Locale: "pl", Limit: 3}); err != nil || len(found) != 1 {
		t.Fatalf("it holds %v, %v", found, err)
	}
}

// What another version left is replaced, and the log says so; so is a rebuild that was cut short.
func TestIndexOfAnotherVersion(t *testing.T) {
	t.Parallel()
	for what, leave := range map[string]func(t *testing.T, dir string){
		"an index as it was before": func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, "index_meta.json"), "{}")
			write(t, filepath.Join(dir, "store", "root.bolt"), "x")
		},
		"a torn one": func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, "current"), "4\n")
			write(t, filepath.Join(dir, "4", "index_meta.json"), "{")
		},
		"a name that leads elsewhere": func(t *testing.T, dir string) { write(t, filepath.Join(dir, "current"), "../../etc\n") },
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "index")
			leave(t, dir)
			var log strings.Builder
			e, err := bleve.Open(dir, slog.New(slog.NewTextHandler(&log, nil)))
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			if !strings.Contains(log.String(), "made anew") {
				t.Errorf("the log says %q", log.String())
			}
			if err := e.Put(t.Context(), searchtest.Articles()); err != nil {
				t.Fatal(err)
			}
			entries, err := os.ReadDir(dir)
			if err != nil || len(entries) != 2 {
				t.Errorf("the folder holds %v, %v", entries, err)
			}
		})
	}
}

// A rebuild that was cut short leaves the index before it, which opens without a word.
func TestRebuildCutShort(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "index")
	e, err := bleve.Open(dir, quiet)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(e.Put(t.Context(), searchtest.Articles()), e.Close()); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "2", "store", "root.bolt"), "half")
	var log strings.Builder
	if e, err = bleve.Open(dir, slog.New(slog.NewTextHandler(&log, nil))); err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if got, err := e.Versions(t.Context()); err != nil || len(got) != len(searchtest.Articles()) || log.Len() > 0 {
		t.Errorf("%d articles, %v; the log says %q", len(got), err, log.String())
	}
	if _, err := os.Stat(filepath.Join(dir, "2")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what is left of the rebuild: %v", err)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
		t.Fatal(err)
	}
}
