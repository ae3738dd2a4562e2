// Package search is the Help Centre's memory: it keeps an index of the articles true to the
// store and finds those that answer a question, while people type and afterwards.
package search

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"centrala"
	"centrala/markdown"
)

// Finder is what answers questions. All methods may be called concurrently.
type Finder interface {
	// Name is how the engine calls itself in answers: "bleve".
	Name() string
	// Search finds at most q.Limit articles, the best first, each with its passage that says
	// most. Whom a passage may be told of (Side and Asker) is part of the search. It does not
	// look at q.Weak. Nothing found is no error.
	Search(ctx context.Context, q centrala.Query) ([]centrala.Suggestion, error)
	// Learn replaces what is known of some locales' words; the next Search knows it.
	Learn(ctx context.Context, lists []centrala.WordList) error
}

// Index is an engine that finds articles, and takes them: sections as Passages makes them. An
// article that Put returned for is found by the next Search.
type Index interface {
	Finder
	// Put indexes articles, each in place of its earlier version.
	Put(ctx context.Context, articles []centrala.Article) error
	// Remove takes articles out; unknown ones are no error.
	Remove(ctx context.Context, ids []centrala.ArticleID) error
	// Versions tells which articles are indexed, with their UpdatedAt in microseconds.
	Versions(ctx context.Context) (map[centrala.ArticleID]int64, error)
	// Rebuild makes an index of these articles alone beside the old one, and puts it in its
	// place at once. What is put or removed meanwhile is not lost. An error among the articles,
	// or on the way, leaves the old index.
	Rebuild(ctx context.Context, articles iter.Seq2[centrala.Article, error]) error
}

// Articles is what the Help Centre asks of the store.
type Articles interface {
	Articles(ctx context.Context, f centrala.ArticleFilter) ([]centrala.Article, error)
	ArticleByID(ctx context.Context, id centrala.ArticleID) (centrala.Article, error)
	WordLists(ctx context.Context) ([]centrala.WordList, error)
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
	knows []centrala.WordList          // what the index was taught

	behind   atomic.Pointer[behind] // nil: the last Sync found or made the index right
	compared atomic.Bool            // Sync has succeeded once
	known    atomic.Int64           // articles when it did
	progress atomic.Pointer[Progress]
	rebuilt  atomic.Pointer[behind] // when Rebuild last ended, and how
	first    *Preferred             // asked before the index; nil: none

	answered atomic.Uint64 // questions, by the own index
}

// Progress is how far a rebuild is.
type Progress struct {
	Since    time.Time
	Done, Of int // articles
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

// Answered is how many questions the own index has answered.
func (h *HelpCentre) Answered() uint64 { return h.answered.Load() }

// Suggest finds the articles that answer a question: those that surely do, and with q.Weak also
// others. None for who only says good morning.
func (h *HelpCentre) Suggest(ctx context.Context, q centrala.Query) ([]centrala.Suggestion, error) {
	found, _, err := h.Ask(ctx, q)
	return found, err
}

// Ask is Suggest that tells which engine answered.
func (h *HelpCentre) Ask(ctx context.Context, q centrala.Query) (found []centrala.Suggestion, engine string, err error) {
	q.Text = Matter(centrala.Clip(q.Text, MaxQuery), q.Prefix)
	if q.Text == "" {
		return []centrala.Suggestion{}, h.Engine(), nil
	}
	if q.Limit <= 0 || q.Limit > 50 {
		q.Limit = 8
	}
	engine, ok := h.index.Name(), false
	if h.first != nil {
		if found, ok = h.first.ask(ctx, q); ok {
			engine = h.first.help.Engine()
		}
	}
	if !ok {
		if found, err = h.index.Search(ctx, q); err != nil {
			return nil, engine, fmt.Errorf("search the articles: %w", err)
		}
		h.answered.Add(1)
	}
	if !q.Weak {
		found = slices.DeleteFunc(found, func(s centrala.Suggestion) bool { return s.Score < Sure })
	}
	if found == nil {
		found = []centrala.Suggestion{}
	}
	if q.Asker == centrala.Inside {
		return found, engine, h.inside(ctx, found)
	}
	return found, engine, nil
}

// MaxPassage is how many bytes of a section an agent is given to write on.
const MaxPassage = 2000

// inside adds what agents are told of: who may read the article, and what its section says.
func (h *HelpCentre) inside(ctx context.Context, found []centrala.Suggestion) error {
	for i := range found {
		s := &found[i]
		a, err := h.articles.ArticleByID(ctx, s.ID)
		if centrala.CodeOf(err) == centrala.NotFound { // removed a moment ago
			continue
		}
		if err != nil {
			return fmt.Errorf("read the article: %w", err)
		}
		_, anchor, _ := strings.Cut(s.URL, "#")
		s.Readers, s.Passage = a.Readers, Shorten(markdown.Plain(a.Body, anchor), MaxPassage)
	}
	return nil
}

// Handle brings one changed article into the index, or a changed word list, as it is in the store
// now.
func (h *HelpCentre) Handle(ctx context.Context, e centrala.Event) (err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	defer func() { h.fell(err) }()
	if e.Type == centrala.ArticleWords {
		return h.learn(ctx)
	}
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

// learn teaches the index the word lists of the store, unless it knows them.
func (h *HelpCentre) learn(ctx context.Context) error {
	lists, err := h.articles.WordLists(ctx)
	if err != nil {
		return fmt.Errorf("read the word lists: %w", err)
	}
	if reflect.DeepEqual(lists, h.knows) {
		return nil
	}
	if err := h.index.Learn(ctx, lists); err != nil {
		return fmt.Errorf("teach the index: %w", err)
	}
	h.knows = lists
	return nil
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
	if h.fell(err); err == nil {
		h.behind.Store(nil)
		h.compared.Store(true)
	}
	return err
}

// fell notes that the index could not be made right.
func (h *HelpCentre) fell(err error) {
	if err == nil {
		return
	}
	since := time.Now()
	if was := h.behind.Load(); was != nil {
		since = was.since
	}
	h.behind.Store(&behind{since, err})
}

// current says why the index may not be what the articles are; also before it was first compared.
func (h *HelpCentre) current() error {
	if err := h.Ready(); err != nil || h.compared.Load() {
		return err
	}
	return errNotRead
}

// Progress is how far a rebuild is, nil when none runs.
func (h *HelpCentre) Progress() *Progress {
	if p := h.progress.Load(); p != nil {
		now := *p
		return &now
	}
	return nil
}

// Rebuilt is when Rebuild last ended and how; never: the zero time.
func (h *HelpCentre) Rebuilt() (at time.Time, err error) {
	if r := h.rebuilt.Load(); r != nil {
		return r.since, r.why
	}
	return time.Time{}, nil
}

// Known is how many articles were in the index when it was last compared with them.
func (h *HelpCentre) Known() int { return int(h.known.Load()) }

// Ready says why the index is not what the articles are, nil when the last Sync made it so.
func (h *HelpCentre) Ready() error {
	if b := h.behind.Load(); b != nil {
		return fmt.Errorf("the index is behind the articles since %s: %w", b.since.UTC().Format(time.RFC3339), b.why)
	}
	return nil
}

// Rebuild makes the index anew from the store, while the old one answers and follows changes.
func (h *HelpCentre) Rebuild(ctx context.Context) (err error) {
	defer func() { h.rebuilt.Store(&behind{time.Now(), err}) }()
	articles, err := h.articles.Articles(ctx, centrala.ArticleFilter{})
	if err != nil {
		return fmt.Errorf("read the articles: %w", err)
	}
	if err := h.rebuild(ctx, articles); err != nil {
		return err
	}
	return h.Sync(ctx) // what changed after the articles were read and before the index knew
}

func (h *HelpCentre) rebuild(ctx context.Context, articles []centrala.Article) error {
	began := time.Now()
	defer h.progress.Store(nil)
	err := h.index.Rebuild(ctx, func(yield func(centrala.Article, error) bool) {
		for i, a := range articles {
			h.progress.Store(&Progress{began, i, len(articles)})
			if !yield(a, nil) {
				return
			}
		}
	})
	if err != nil {
		return err
	}
	h.log.Info("index made anew", "engine", h.Engine(), "articles", len(articles), "took", time.Since(began).Round(time.Millisecond))
	return nil
}

func (h *HelpCentre) sync(ctx context.Context) (err error) {
	if err := h.learn(ctx); err != nil {
		return err
	}
	articles, err := h.articles.Articles(ctx, centrala.ArticleFilter{})
	if err != nil {
		return fmt.Errorf("read the articles: %w", err)
	}
	defer func(n int) {
		if err == nil {
			h.known.Store(int64(n))
		}
	}(len(articles))
	indexed, err := h.index.Versions(ctx)
	if err != nil {
		return fmt.Errorf("read what is indexed: %w", err)
	}
	if len(indexed) == 0 {
		if len(articles) == 0 {
			return nil
		}
		return h.rebuild(ctx, articles)
	}
	changed, gone, err := h.differ(ctx, articles, indexed)
	if err != nil || len(changed) == 0 && len(gone) == 0 {
		return err
	}
	h.log.Info("index follows the articles", "engine", h.Engine(), "changed", len(changed), "removed", len(gone))
	if len(gone) > 0 {
		if err := h.index.Remove(ctx, gone); err != nil {
			return fmt.Errorf("take articles out of the index: %w", err)
		}
	}
	const batch = 100
	for some := range slices.Chunk(changed, batch) {
		if err := h.add(ctx, some); err != nil {
			return err
		}
	}
	return nil
}

// differ says which articles are to be put, and which to be taken out before. Whatever the index
// has of a later time than these articles is looked up again: several may share an index, and
// another's change came in between; or else the articles were set back.
func (h *HelpCentre) differ(ctx context.Context, articles []centrala.Article, indexed map[centrala.ArticleID]int64) (changed []centrala.Article, gone []centrala.ArticleID, err error) {
	for _, a := range articles {
		v, ok := indexed[a.ID]
		if ok && v <= a.UpdatedAt.UnixMicro() || !ok {
			delete(indexed, a.ID)
		}
		if !ok || v < a.UpdatedAt.UnixMicro() {
			changed = append(changed, a)
		}
	}
	for id, v := range indexed {
		a, err := h.articles.ArticleByID(ctx, id)
		switch {
		case centrala.CodeOf(err) == centrala.NotFound:
			gone = append(gone, id)
		case err != nil:
			return nil, nil, fmt.Errorf("read the article: %w", err)
		case a.UpdatedAt.UnixMicro() != v:
			gone, changed = append(gone, id), append(changed, a)
		}
	}
	return changed, gone, nil
}
