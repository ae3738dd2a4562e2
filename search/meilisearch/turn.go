package meilisearch

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	client "github.com/meilisearch/meilisearch-go"
)

// Whose turn it is to rebuild is told by an index with a number: of those who make it one succeeds.
// Its holder writes into it again and again; one that nobody has written into for a while is
// given up, and the next turn has the next number.

// How often the holder shows that it lives, and after how long without it is given up.
const (
	beatEvery  = 15 * time.Second
	givenUp    = 3 * time.Minute
	fieldOwner = "owner"
)

// errTurn says that another node rebuilds.
var errTurn = errors.New("another node makes the index anew; this one waits")

// watch is what was seen of another's turn, and when by this node's clock.
type watch struct {
	mu     sync.Mutex
	number int
	beat   time.Time
	since  time.Time
}

// dead reports whether a turn has shown no life for too long.
func (w *watch) dead(number int, beat, now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.number != number || !w.beat.Equal(beat) {
		w.number, w.beat, w.since = number, beat, now
	}
	return now.Sub(w.since) >= givenUp
}

// turn is the right to rebuild.
type turn struct {
	e      *Engine
	number int
}

func (t *turn) name() string { return "b" + strconv.Itoa(t.number) }
func (t *turn) uid() string  { return t.e.turnPrefix() + strconv.Itoa(t.number) }

func (e *Engine) turnPrefix() string { return e.opt.Prefix + "__turn_" }

// standing is the turn with the highest number, nil when there is none, and all that there are.
func (e *Engine) standing(ctx context.Context) (last *client.IndexResult, number int, all []string, err error) {
	indexes, err := e.server.indexes(ctx)
	if err != nil {
		return nil, 0, nil, err
	}
	for _, i := range indexes {
		s, ok := strings.CutPrefix(i.UID, e.turnPrefix())
		n, err := strconv.Atoi(s)
		if !ok || err != nil {
			continue
		}
		all = append(all, i.UID)
		if n > number {
			last, number = i, n
		}
	}
	return last, number, all, nil
}

// takeTurn begins a rebuild, unless another node has.
func (e *Engine) takeTurn(ctx context.Context) (*turn, error) {
	last, number, earlier, err := e.standing(ctx)
	if err != nil {
		return nil, err
	}
	if last != nil && !e.turns.dead(number, last.UpdatedAt, time.Now()) {
		mine, err := e.owns(ctx, last.UID)
		if err != nil {
			return nil, err
		}
		if !mine && number != e.tried { // ours is of an earlier life, or of a rebuild that failed: this process holds one at a time
			return nil, errTurn
		}
	}
	t := &turn{e: e, number: number + 1}
	e.tried = t.number
	taken, err := e.server.create(ctx, t.uid())
	if taken {
		e.tried = 0
		return nil, errTurn
	}
	if err != nil {
		return nil, err
	}
	info, err := t.beat(ctx)
	if err == nil {
		err = e.server.done(ctx, info)
	}
	if err != nil {
		return nil, err
	}
	for _, uid := range earlier {
		if err := e.server.drop(ctx, uid); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// owns reports whether a turn is of this node.
func (e *Engine) owns(ctx context.Context, uid string) (mine bool, err error) {
	name := strconv.Quote(e.opt.Node)
	err = e.server.each(ctx, uid, nil, []string{fieldOwner}, func(h client.Hit) error {
		mine = mine || string(h[fieldOwner]) == name
		return nil
	})
	if refused(err, "index_not_found") {
		return false, nil // over by now
	}
	return mine, err
}

// beat shows that the holder lives.
func (t *turn) beat(ctx context.Context) (*client.TaskInfo, error) {
	key := fieldID
	return enqueue(ctx, "hold the turn", func(ctx context.Context) (*client.TaskInfo, error) {
		return t.e.server.Index(t.uid()).AddDocuments(ctx, []map[string]any{{fieldID: "turn", fieldOwner: t.e.opt.Node, "beat": time.Now().UnixMicro()}}, &client.DocumentOptions{PrimaryKey: &key})
	})
}

// hold keeps a turn until stop is called. The context that it gives ends when the turn is lost.
func (t *turn) hold(ctx context.Context) (held context.Context, stop func()) {
	held, lost := context.WithCancelCause(ctx)
	var beating sync.WaitGroup
	beating.Go(func() {
		tick := time.NewTicker(beatEvery)
		defer tick.Stop()
		last := time.Now()
		for {
			select {
			case <-held.Done():
				return
			case <-tick.C:
			}
			if _, err := t.beat(held); err == nil {
				last = time.Now()
			} else if time.Since(last) > givenUp/2 {
				lost(fmt.Errorf("the server does not take part any more: %w", err))
				return
			}
		}
	})
	return held, func() { lost(context.Canceled); beating.Wait() }
}

// still makes sure that nobody has given this turn up.
func (t *turn) still(ctx context.Context) error {
	_, number, _, err := t.e.standing(ctx)
	if err == nil && number != t.number {
		return errTurn
	}
	return err
}

// end gives the turn to whoever wants it next.
func (t *turn) end(ctx context.Context) error { return t.e.server.drop(ctx, t.uid()) }
