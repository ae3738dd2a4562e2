package bleve

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"

	"github.com/blevesearch/bleve/v2/index/scorch"
	"github.com/blevesearch/bleve/v2/index/scorch/mergeplan"

	"centrala"
)

// together is how many articles a rebuild writes at a time.
const together = 200

// Rebuild implements search.Index. The new index is written beside the old one, which answers
// meanwhile and takes changes; those are made up for before it takes over. Whoever still reads
// the old one finishes; then its folder goes.
func (e *Engine) Rebuild(ctx context.Context, articles iter.Seq2[centrala.Article, error]) error {
	e.building.Lock()
	defer e.building.Unlock()
	e.write.Lock()
	e.missed = map[centrala.ArticleID]*centrala.Article{}
	path := filepath.Join(e.dir, following(e.cur.name()))
	e.write.Unlock()
	next, err := e.build(ctx, path, articles)
	e.write.Lock()
	defer e.write.Unlock()
	missed := e.missed
	e.missed = nil
	if err == nil {
		err = next.makeUp(missed)
	}
	if err == nil {
		err = settle(e.dir, next.name())
	}
	if err != nil {
		if next != nil {
			err = errors.Join(err, next.close())
		}
		return errors.Join(fmt.Errorf("rebuild the index: %w", err), os.RemoveAll(path))
	}
	e.mu.Lock()
	old := e.cur
	e.cur = next
	e.mu.Unlock()
	if err := errors.Join(old.close(), os.RemoveAll(old.path)); err != nil {
		return fmt.Errorf("remove the index before: %w", err)
	}
	return nil
}

// build writes all articles into a new folder.
func (e *Engine) build(ctx context.Context, path string, articles iter.Seq2[centrala.Article, error]) (*generation, error) {
	if err := os.RemoveAll(path); err != nil {
		return nil, err
	}
	next, err := makeGeneration(path)
	if err != nil {
		return nil, err
	}
	some := make([]centrala.Article, 0, together)
	flush := func() error {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		err := next.change(some, nil)
		some = some[:0]
		return err
	}
	for a, err := range articles {
		if err != nil {
			return next, err
		}
		if some = append(some, a); len(some) == together {
			if err := flush(); err != nil {
				return next, err
			}
		}
	}
	if err := flush(); err != nil {
		return next, err
	}
	// One segment is searched several times as fast as the dozen that were written.
	if m, ok := next.raw.(*scorch.Scorch); ok {
		if err := m.ForceMerge(ctx, &mergeplan.SingleSegmentMergePlanOptions); err != nil {
			return next, err
		}
	}
	return next, next.renew()
}

// makeUp brings in what changed while the index was written.
func (g *generation) makeUp(missed map[centrala.ArticleID]*centrala.Article) error {
	var changed []centrala.Article
	var gone []centrala.ArticleID
	for id, a := range missed {
		if a == nil {
			gone = append(gone, id)
		} else {
			changed = append(changed, *a)
		}
	}
	if len(missed) == 0 {
		return nil
	}
	return g.change(changed, gone)
}
