package meilisearch

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	client "github.com/meilisearch/meilisearch-go"

	"centrala"
)

// together is how many articles a rebuild hands in at a time, and ahead how many batches may wait
// at the server.
const (
	together = 100
	ahead    = 3
)

// tidyTime is how long what is left of a failed rebuild is cleaned up.
const tidyTime = 30 * time.Second

// aside is an index of each locale that a rebuild makes beside those in use.
type aside struct {
	e       *Engine
	turn    *turn
	words   map[string]*dictionary
	waiting [][]*client.TaskInfo
}

func (a *aside) uid(locale string) string { return a.e.uid(locale) + "__" + a.turn.name() }

// Rebuild implements search.Index. The new indexes are written beside those in use, which answer
// meanwhile and take changes; those are made up for, and then all take their places in one step.
// One node rebuilds at a time.
func (e *Engine) Rebuild(ctx context.Context, articles iter.Seq2[centrala.Article, error]) (err error) {
	e.building.Lock()
	defer e.building.Unlock()
	t, err := e.takeTurn(ctx)
	if err != nil {
		return fmt.Errorf("rebuild the index: %w", err)
	}
	ctx, stop := t.hold(ctx)
	defer stop()
	a := &aside{e: e, turn: t, words: map[string]*dictionary{}}
	defer func() {
		tidy, cancel := context.WithTimeout(context.WithoutCancel(ctx), tidyTime)
		defer cancel()
		err = errors.Join(err, e.leftovers(tidy, t), t.end(tidy))
	}()
	if err := e.leftovers(ctx, nil); err != nil {
		return err
	}
	e.write.Lock()
	e.missed = map[centrala.ArticleID]*centrala.Article{}
	e.write.Unlock()
	err = a.build(ctx, articles)
	e.write.Lock()
	defer e.write.Unlock()
	missed := e.missed
	e.missed = nil
	if err == nil {
		err = a.makeUp(ctx, missed)
	}
	if err == nil {
		err = a.check(ctx)
	}
	if err == nil {
		err = a.swap(ctx)
	}
	if err != nil {
		return fmt.Errorf("rebuild the index: %w", err)
	}
	return nil
}

// build writes all articles.
func (a *aside) build(ctx context.Context, articles iter.Seq2[centrala.Article, error]) error {
	var some []centrala.Article
	for article, err := range articles {
		if err != nil {
			return err
		}
		if some = append(some, article); len(some) == together {
			if err := a.write(ctx, some); err != nil {
				return err
			}
			some = nil
		}
	}
	if err := a.write(ctx, some); err != nil {
		return err
	}
	for _, tasks := range a.waiting {
		if err := a.e.server.done(ctx, tasks...); err != nil {
			return err
		}
	}
	return nil
}

func (a *aside) write(ctx context.Context, articles []centrala.Article) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	by := map[string][]written{}
	for _, article := range articles {
		w, err := write(article)
		if err != nil {
			return err
		}
		by[w.locale] = append(by[w.locale], w)
	}
	for locale, ws := range by {
		if err := a.open(ctx, locale); err != nil {
			return err
		}
		tasks, err := a.e.add(ctx, a.uid(locale), ws)
		if err != nil {
			return err
		}
		a.learn(ws, nil)
		if a.waiting = append(a.waiting, tasks); len(a.waiting) > ahead {
			if err := a.e.server.done(ctx, a.waiting[0]...); err != nil {
				return err
			}
			a.waiting = a.waiting[1:]
		}
	}
	return nil
}

// open makes a locale's index when it is not there yet.
func (a *aside) open(ctx context.Context, locale string) error {
	if a.words[locale] != nil {
		return nil
	}
	if err := a.e.ensure(ctx, a.uid(locale)); err != nil {
		return err
	}
	a.words[locale] = newDictionary(locale)
	return nil
}

func (a *aside) learn(put []written, removed []centrala.ArticleID) {
	for _, w := range put {
		for l, d := range a.words {
			if l != w.locale {
				d.set(w.id, 0, nil)
			}
		}
		a.words[w.locale].set(w.id, w.version, w.keys())
	}
	for _, id := range removed {
		for _, d := range a.words {
			d.set(id, 0, nil)
		}
	}
}

// makeUp brings in what changed while the indexes were written.
func (a *aside) makeUp(ctx context.Context, missed map[centrala.ArticleID]*centrala.Article) error {
	var gone []centrala.ArticleID
	changed := map[string][]written{}
	for id, article := range missed {
		gone = append(gone, id)
		if article == nil {
			continue
		}
		w, err := write(*article)
		if err != nil {
			return err
		}
		changed[w.locale] = append(changed[w.locale], w)
	}
	if len(missed) == 0 {
		return nil
	}
	var locales []string
	for l := range a.words {
		locales = append(locales, l)
	}
	if err := a.e.remove(ctx, a.uid, locales, gone); err != nil {
		return err
	}
	a.learn(nil, gone)
	for locale, ws := range changed {
		if err := a.open(ctx, locale); err != nil {
			return err
		}
		tasks, err := a.e.add(ctx, a.uid(locale), ws)
		if err == nil {
			err = a.e.server.done(ctx, tasks...)
		}
		if err != nil {
			return err
		}
		a.learn(ws, nil)
	}
	return nil
}

// check counts what was written.
func (a *aside) check(ctx context.Context) error {
	for locale, d := range a.words {
		some, cancel := context.WithTimeout(ctx, readTime)
		stats, err := a.e.server.Index(a.uid(locale)).GetStats(some, nil)
		cancel()
		if err != nil {
			return said("count what was written", err)
		}
		if stats.NumberOfDocuments != int64(d.passages) {
			return fmt.Errorf("the new index of %s has %d passages and not %d; it is not put in place", locale, stats.NumberOfDocuments, d.passages)
		}
	}
	return nil
}

// swap puts the new indexes in the places of those in use.
func (a *aside) swap(ctx context.Context) error {
	if err := a.turn.still(ctx); err != nil {
		return err
	}
	now, err := a.e.stamps(ctx)
	if err != nil {
		return err
	}
	for locale := range now { // one without articles any more
		if err := a.open(ctx, locale); err != nil {
			return err
		}
	}
	var pairs []*client.SwapIndexesParams
	for locale := range a.words {
		if _, there := now[locale]; !there {
			if err := a.e.ensure(ctx, a.e.uid(locale)); err != nil {
				return err
			}
		}
		pairs = append(pairs, &client.SwapIndexesParams{Indexes: []string{a.e.uid(locale), a.uid(locale)}})
	}
	if len(pairs) > 0 {
		if err := a.e.server.change(ctx, "put the new index in place", func(ctx context.Context) (*client.TaskInfo, error) {
			return a.e.server.SwapIndexes(ctx, pairs)
		}); err != nil {
			return err
		}
	}
	for _, d := range a.words {
		d.sort()
	}
	a.e.mu.Lock()
	defer a.e.mu.Unlock()
	a.e.words, a.e.known, a.e.read, a.e.stale = a.words, true, nil, false
	return nil
}

// leftovers removes the indexes that a rebuild left: those of a turn, or of all when it is nil.
func (e *Engine) leftovers(ctx context.Context, of *turn) error {
	indexes, err := e.server.indexes(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, i := range indexes {
		locale, ours := strings.CutPrefix(i.UID, e.opt.Prefix+"_")
		before, name, is := strings.Cut(locale, "__")
		if !ours || !is || before == "" || !slices.Contains([]bool{of == nil, of != nil && of.name() == name}, true) {
			continue
		}
		errs = append(errs, e.server.drop(ctx, i.UID))
	}
	return errors.Join(errs...)
}
