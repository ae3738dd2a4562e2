package search_test

import (
	"context"
	"iter"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"centrala"
	"centrala/search"
)

// drawer is an index that only counts what is in it.
type drawer struct {
	search.Index
	versions map[centrala.ArticleID]int64
	rebuilds int
	during   func()
	read     func() // called before the versions are read
	removed  []centrala.ArticleID

	mu     sync.Mutex
	broken error
}

func (d *drawer) breaks(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.broken = err
}

func (d *drawer) Name() string { return "drawer" }

func (d *drawer) Versions(context.Context) (map[centrala.ArticleID]int64, error) {
	if d.read != nil {
		d.read()
	}
	return maps.Clone(d.versions), nil
}

func (d *drawer) Put(_ context.Context, articles []centrala.Article) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.broken != nil {
		return d.broken
	}
	for _, a := range articles {
		d.versions[a.ID] = a.UpdatedAt.UnixMicro()
	}
	return nil
}

func (d *drawer) Remove(_ context.Context, ids []centrala.ArticleID) error {
	for _, id := range ids {
		delete(d.versions, id)
	}
	d.removed = append(d.removed, ids...)
	return nil
}

func (d *drawer) Rebuild(ctx context.Context, articles iter.Seq2[centrala.Article, error]) error {
	d.rebuilds++
	clear(d.versions)
	for a, err := range articles {
		if err != nil {
			return err
		}
		if err := d.Put(ctx, []centrala.Article{a}); err != nil {
			return err
		}
	}
	if d.during != nil {
		d.during()
	}
	return nil
}

// stock is articles that change.
type stock struct {
	mu  sync.Mutex
	all []centrala.Article
}

func (s *stock) Articles(context.Context, centrala.ArticleFilter) ([]centrala.Article, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.all), nil
}

func (s *stock) WordLists(context.Context) ([]centrala.WordList, error) { return nil, nil }

func (s *stock) ArticleByID(_ context.Context, id centrala.ArticleID) (centrala.Article, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.all {
		if a.ID == id {
			return a, nil
		}
	}
	return centrala.Article{}, centrala.Errorf(centrala.NotFound, "no article %s", id)
}

// An empty index is filled in one go; a rebuild that was asked for ends with what changed while it
// ran.
func TestRebuild(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	s := &stock{all: []centrala.Article{{ID: 1, UpdatedAt: at}, {ID: 2, UpdatedAt: at}}}
	d := &drawer{versions: map[centrala.ArticleID]int64{}}
	h := search.New(d, s, slog.New(slog.DiscardHandler))
	if err := h.Sync(t.Context()); err != nil || d.rebuilds != 1 || len(d.versions) != 2 {
		t.Fatalf("%d rebuilds, %v, %v", d.rebuilds, d.versions, err)
	}
	s.all[0].UpdatedAt, s.all[1].UpdatedAt = at.Add(time.Hour), at.Add(time.Hour)
	if err := h.Sync(t.Context()); err != nil || d.rebuilds != 1 || d.versions[2] != at.Add(time.Hour).UnixMicro() {
		t.Errorf("when all changed: %d rebuilds, %v, %v", d.rebuilds, d.versions, err)
	}
	d.during = func() {
		s.all = append(s.all[1:], centrala.Article{ID: 3, UpdatedAt: at})
		if err := h.Handle(t.Context(), centrala.Event{Data: centrala.Facts{Article: 1}}); err != nil {
			t.Error(err)
		}
	}
	if err := h.Rebuild(t.Context()); err != nil || d.rebuilds != 2 || len(d.versions) != 2 || d.versions[3] == 0 {
		t.Errorf("while it changes: %d rebuilds, %v, %v", d.rebuilds, d.versions, err)
	}
}

// An index that several share has what another node put meanwhile: it stays. What is later in the
// index than in the store, because the store was set back, is put all the same.
func TestSharedIndex(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	s := &stock{all: []centrala.Article{{ID: 1, UpdatedAt: at}, {ID: 2, UpdatedAt: at}}}
	d := &drawer{versions: map[centrala.ArticleID]int64{1: at.UnixMicro()}}
	h := search.New(d, s, slog.New(slog.DiscardHandler))
	d.read = func() { // between this node's look at the store and its look at the index
		s.all = append(s.all, centrala.Article{ID: 3, UpdatedAt: at})
		s.all[0].UpdatedAt = at.Add(time.Hour)
		d.versions[1], d.versions[3] = at.Add(time.Hour).UnixMicro(), at.UnixMicro()
	}
	if err := h.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(d.versions) != 3 || d.versions[1] != at.Add(time.Hour).UnixMicro() || d.versions[2] == 0 || len(d.removed) != 0 {
		t.Errorf("the index has %v, %v was taken out", d.versions, d.removed)
	}
	d.read = nil
	s.all[0].UpdatedAt = at
	if err := h.Sync(t.Context()); err != nil || d.versions[1] != at.UnixMicro() || !slices.Equal(d.removed, []centrala.ArticleID{1}) {
		t.Errorf("of a store that was set back the index has %v, %v was taken out, %v", d.versions, d.removed, err)
	}
}
