// Package search is the Help Centre's memory: it keeps an index of the articles true to the
// store and finds those that answer a question, while people type and afterwards.
package search

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"centrala"
)

// Index is an engine that finds articles. An article that Put returned for is found by the
// next Search. All methods may be called concurrently.
type Index interface {
	// Name is how the engine calls itself in answers: "bleve".
	Name() string
	// Put indexes articles, each in place of its earlier version.
	Put(ctx context.Context, articles []centrala.Article) error
	// Remove takes articles out; unknown ones are no error.
	Remove(ctx context.Context, ids []centrala.ArticleID) error
	// Search finds at most q.Limit articles, the best first. Nothing found is no error.
	Search(ctx context.Context, q centrala.Query) ([]centrala.Suggestion, error)
	// Versions tells which articles are indexed, with their UpdatedAt in microseconds.
	Versions(ctx context.Context) (map[centrala.ArticleID]int64, error)
}

// Articles is what the Help Centre asks of the store.
type Articles interface {
	Articles(ctx context.Context, f centrala.ArticleFilter) ([]centrala.Article, error)
	ArticleByID(ctx context.Context, id centrala.ArticleID) (centrala.Article, error)
}

// MaxQuery is how many bytes of a question are looked at; what people paste is longer.
const MaxQuery = 1000

// HelpCentre suggests articles and keeps its index in step with them.
type HelpCentre struct {
	index    Index
	articles Articles
	log      *slog.Logger

	mu    sync.Mutex                   // one change of the index at a time
	put   map[centrala.ArticleID]int64 // which version was indexed since the start, in microseconds
	wrote time.Time                    // when Handle last changed the index

	behind atomic.Pointer[behind] // nil: the last Sync found or made the index right
}

// behind is since when and why the index cannot be made right.
type behind struct {
	since time.Time
	why   error
}

// rush is how soon after one change another one means that there are many: an import. Then all
// that differs is indexed together, which takes the disk's time once and not for each.
const rush = time.Second

// New is a Help Centre over an index. Sync must be called before the first question.
func New(index Index, articles Articles, log *slog.Logger) *HelpCentre {
	return &HelpCentre{index: index, articles: articles, log: log, put: map[centrala.ArticleID]int64{}}
}

// Engine is the name of the engine that answers.
func (h *HelpCentre) Engine() string { return h.index.Name() }

// Suggest finds the articles that answer a question best; none for who only says good morning.
func (h *HelpCentre) Suggest(ctx context.Context, q centrala.Query) ([]centrala.Suggestion, error) {
	q.Text = Matter(centrala.Clip(q.Text, MaxQuery), q.Prefix)
	if q.Text == "" {
		return []centrala.Suggestion{}, nil
	}
	if q.Limit <= 0 || q.Limit > 50 {
		q.Limit = 8
	}
	found, err := h.index.Search(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("search the articles: %w", err)
	}
	if found == nil {
		found = []centrala.Suggestion{}
	}
	return found, nil
}

// Handle brings one changed article into the index, as it is in the store now.
func (h *HelpCentre) Handle(ctx context.Context, e centrala.Event) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	a, err := h.articles.ArticleByID(ctx, e.Data.Article)
	if centrala.CodeOf(err) == centrala.NotFound {
		delete(h.put, e.Data.Article)
		return h.index.Remove(ctx, []centrala.ArticleID{e.Data.Article})
	}
	if err != nil {
		return fmt.Errorf("read the article: %w", err)
	}
	if h.put[a.ID] == a.UpdatedAt.UnixMicro() {
		return nil
	}
	rushed := time.Since(h.wrote) < rush
	defer func() { h.wrote = time.Now() }()
	if rushed {
		return h.sync(ctx)
	}
	return h.add(ctx, []centrala.Article{a})
}

// add indexes articles and remembers it.
func (h *HelpCentre) add(ctx context.Context, articles []centrala.Article) error {
	if err := h.index.Put(ctx, articles); err != nil {
		return fmt.Errorf("index articles: %w", err)
	}
	for _, a := range articles {
		h.put[a.ID] = a.UpdatedAt.UnixMicro()
	}
	return nil
}

// Sync makes the index what the store says: it adds what is missing or older, and removes
// what is gone. It is cheap when nothing differs.
func (h *HelpCentre) Sync(ctx context.Context) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	err := h.sync(ctx)
	if was := h.behind.Load(); err != nil && was == nil {
		h.behind.Store(&behind{time.Now(), err})
	} else if err == nil {
		h.behind.Store(nil)
	}
	return err
}

// Ready says why the index is not what the articles are, nil when the last Sync made it so.
func (h *HelpCentre) Ready() error {
	if b := h.behind.Load(); b != nil {
		return fmt.Errorf("the index is behind the articles since %s: %w", b.since.UTC().Format(time.RFC3339), b.why)
	}
	return nil
}

func (h *HelpCentre) sync(ctx context.Context) error {
	articles, err := h.articles.Articles(ctx, centrala.ArticleFilter{})
	if err != nil {
		return fmt.Errorf("read the articles: %w", err)
	}
	indexed, err := h.index.Versions(ctx)
	if err != nil {
		return fmt.Errorf("read what is indexed: %w", err)
	}
	var changed []centrala.Article
	for _, a := range articles {
		if v, ok := indexed[a.ID]; !ok || v != a.UpdatedAt.UnixMicro() {
			changed = append(changed, a)
		}
		delete(indexed, a.ID)
	}
	var gone []centrala.ArticleID
	for id := range indexed {
		gone = append(gone, id)
	}
	if len(changed) == 0 && len(gone) == 0 {
		return nil
	}
	h.log.Info("index follows the articles", "changed", len(changed), "removed", len(gone))
	const batch = 100
	for len(changed) > 0 {
		n := min(batch, len(changed))
		if err := h.add(ctx, changed[:n]); err != nil {
			return err
		}
		changed = changed[n:]
	}
	if len(gone) > 0 {
		return h.index.Remove(ctx, gone)
	}
	return nil
}
