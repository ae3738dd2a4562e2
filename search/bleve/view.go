package bleve

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	index "github.com/blevesearch/bleve_index_api"

	"centrala"
)

// view is an index at one moment.
type view struct {
	reader index.IndexReader
	opened time.Time
	known  *known
	masks  sync.Map // audience to mask

	mu   sync.Mutex
	refs int // who reads, and the generation as long as it is the view of now
}

// known is what questions have learnt of an index. It holds as long as nothing is written, however
// segments are merged meanwhile.
type known struct {
	mu     sync.RWMutex
	counts map[string]int // by field and term
	words  map[wish][]string
}

// What is remembered at most: what people ask for is without end.
const (
	maxCounts = 1 << 17
	maxWishes = 1 << 13
)

// wish is words that were asked for.
type wish struct{ how, locale, what string }

func (k *known) count(key string) (int, bool) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	n, ok := k.counts[key]
	return n, ok
}

func (k *known) counted(key string, n int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.counts == nil || len(k.counts) >= maxCounts {
		k.counts = map[string]int{}
	}
	k.counts[key] = n
}

func (k *known) granted(w wish) ([]string, bool) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	words, ok := k.words[w]
	return words, ok
}

func (k *known) grant(w wish, words []string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.words == nil || len(k.words) >= maxWishes {
		k.words = map[wish][]string{}
	}
	k.words[w] = words
}

// fresh is how long a view is kept although nothing was written: segments that were merged since
// are held in memory by it.
const fresh = 5 * time.Second

// view is the index as it is now; done must be called.
func (g *generation) view() (*view, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.now == nil || time.Since(g.now.opened) > fresh {
		var k *known
		if g.now != nil {
			k = g.now.known
		}
		if err := g.open(k); err != nil {
			return nil, err
		}
	}
	g.now.mu.Lock()
	defer g.now.mu.Unlock()
	g.now.refs++
	return g.now, nil
}

// renew makes what was written seen.
func (g *generation) renew() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.open(nil)
}

func (g *generation) open(k *known) error {
	r, err := g.raw.Reader()
	if err != nil {
		return fmt.Errorf("read the index: %w", err)
	}
	if k == nil {
		k = &known{}
	}
	was := g.now
	g.now = &view{reader: r, opened: time.Now(), known: k, refs: 1}
	if was != nil {
		return was.release()
	}
	return nil
}

func (v *view) release() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.refs--; v.refs == 0 {
		return v.reader.Close()
	}
	return nil
}

// done ends the use of a view. That its segments cannot be let go costs memory, and no answer.
func (v *view) done() { _ = v.release() }

// each calls f with the numbers of the passages that have a term.
func (v *view) each(field, term string, f func(n uint64) error) (err error) {
	r, err := v.reader.TermFieldReader(context.Background(), []byte(term), field, false, false, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	var d index.TermFieldDoc
	for {
		found, err := r.Next(&d)
		if err != nil || found == nil {
			return err
		}
		if err := f(found.ID.Value()); err != nil {
			return err
		}
	}
}

// count is how many passages have a term.
func (v *view) count(field, term string) (int, error) {
	key := field + term
	if n, ok := v.known.count(key); ok {
		return n, nil
	}
	r, err := v.reader.TermFieldReader(context.Background(), []byte(term), field, false, false, false)
	if err != nil {
		return 0, err
	}
	n := int(r.Count())
	v.known.counted(key, n)
	return n, r.Close()
}

// dictionary gives the terms of a field that begin so.
func (v *view) dictionary(field, prefix string, f func(term string) error) (err error) {
	d, err := v.reader.FieldDictPrefix(field, []byte(prefix))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	for {
		e, err := d.Next()
		if err != nil || e == nil {
			return err
		}
		if err := f(e.Term); err != nil {
			return err
		}
	}
}

// mask is a set of passages, by their number.
type mask []uint64

func (m *mask) set(n uint64) {
	for uint64(len(*m)) <= n/64 {
		*m = append(*m, 0)
	}
	(*m)[n/64] |= 1 << (n % 64)
}

func (m mask) has(n uint64) bool { return n/64 < uint64(len(m)) && m[n/64]&(1<<(n%64)) != 0 }

// audience is who asks, as far as it decides what they may be told of.
type audience struct {
	side  centrala.Side
	asker centrala.Asker
}

// allowed are the passages that an audience may be told of.
func (v *view) allowed(a audience) (mask, error) {
	if a.asker != centrala.Inside && (a.asker != centrala.Proved || !a.side.Valid()) {
		a.asker = centrala.Everybody
	}
	if m, ok := v.masks.Load(a); ok {
		return m.(mask), nil
	}
	gather := func(field string, of ...string) (mask, error) {
		var m mask
		for _, term := range of {
			if err := v.each(field, term, func(n uint64) error { m.set(n); return nil }); err != nil {
				return nil, err
			}
		}
		return m, nil
	}
	every := []string{all}
	for _, s := range centrala.Sides() {
		every = append(every, string(s))
	}
	offered, readers := every, every
	if a.side != centrala.NoSide {
		offered = []string{all, string(a.side)}
	}
	switch a.asker {
	case centrala.Everybody:
		readers = []string{all}
	case centrala.Proved:
		readers = []string{all, string(a.side)}
	case centrala.Inside:
	}
	m, err := gather(fieldSide, offered...)
	if err != nil {
		return nil, err
	}
	may, err := gather(fieldReader, readers...)
	if err != nil {
		return nil, err
	}
	for i := range m {
		if i < len(may) {
			m[i] &= may[i]
		} else {
			m[i] = 0
		}
	}
	if a.side == centrala.NoSide || a.side.Valid() {
		v.masks.Store(a, m)
	}
	return m, nil
}
