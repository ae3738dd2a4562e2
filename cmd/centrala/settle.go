package main

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"reflect"
	"sync"
	"time"

	"centrala"
	"centrala/channels"
)

// How often it is looked whether there is something to arrange without being told, how long a
// vendor may take, and how long after a refusal it is asked again at most.
const (
	settleEvery  = time.Minute
	settleWithin = time.Minute
	settleAtMost = time.Hour
)

// settling arranges with vendors what inboxes need, whenever one was made, changed or switched
// off, until it succeeds; what comes of it is on the board. Each node does so with what it sees:
// to arrange the same thing twice does no harm.
type settling struct {
	doors    channels.Doors
	settlers []channels.Settler
	hook     func(centrala.Inbox) string
	board    *channels.Board
	log      *slog.Logger
	look     chan struct{}
	seen     map[centrala.InboxID]*settled
}

// settled is how far one inbox is arranged.
type settled struct {
	inbox    centrala.Inbox
	done     bool
	failures int
	next     time.Time
}

func (p *Program) newSettling() *settling {
	return &settling{doors: p.db, settlers: able[channels.Settler](p.lines), hook: p.hookOf, board: p.board, log: p.log,
		look: make(chan struct{}, 1), seen: map[centrala.InboxID]*settled{}}
}

// Look asks for a look at the inboxes now. It never blocks.
func (s *settling) Look() {
	select {
	case s.look <- struct{}{}:
	default:
	}
}

// Run works until ctx ends.
func (s *settling) Run(ctx context.Context) error {
	for {
		wait := settleEvery
		inboxes, err := s.doors.Inboxes(ctx)
		if err == nil {
			wait = s.round(ctx, inboxes, time.Now())
		} else if ctx.Err() == nil {
			s.log.Error("inboxes could not be read", "err", err)
		}
		t := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			t.Stop()
			return ctx.Err()
		case <-s.look:
		case <-t.C:
		}
		t.Stop()
	}
}

// round arranges what is due, each inbox beside the others, and says when something is due next.
func (s *settling) round(ctx context.Context, inboxes []centrala.Inbox, now time.Time) time.Duration {
	var calls sync.WaitGroup
	there := map[centrala.InboxID]bool{}
	for _, in := range inboxes {
		settler := s.settler(in.Channel)
		if settler == nil {
			continue
		}
		there[in.ID] = true
		st := s.seen[in.ID]
		if st == nil || !reflect.DeepEqual(st.inbox, in) {
			st = &settled{inbox: in}
			s.seen[in.ID] = st
		}
		if st.done || now.Before(st.next) {
			continue
		}
		calls.Go(func() { s.settle(ctx, settler, st) })
	}
	calls.Wait()
	wait := settleEvery
	for id, st := range s.seen {
		if !there[id] {
			delete(s.seen, id)
			s.board.Forget(id, channels.Arranged)
		} else if !st.done {
			wait = min(wait, max(time.Until(st.next), time.Millisecond))
		}
	}
	return wait
}

func (s *settling) settle(ctx context.Context, by channels.Settler, st *settled) {
	in := st.inbox
	sctx, cancel := context.WithTimeout(ctx, settleWithin)
	defer cancel()
	err := channels.Guarded(func() error { return by.Settle(sctx, in, s.hook(in)) })
	switch {
	case ctx.Err() != nil:
		return
	case err == nil && in.Enabled:
		s.board.Note(in.ID, channels.Arranged, channels.Working, nil, time.Now())
	case err == nil:
		s.board.Forget(in.ID, channels.Arranged)
	default:
		st.failures++
		wait := channels.Backoff(st.failures, settleAtMost, rand.Float64())
		st.next = time.Now().Add(wait)
		s.board.Note(in.ID, channels.Arranged, channels.Failing, err, time.Now())
		s.log.Warn("what an inbox needs could not be arranged with its vendor", "inbox", in.ID.String(), "channel", string(in.Channel), "again_in", wait, "err", err)
		return
	}
	st.done = true
}

// leave has the vendor of a removed inbox told once that nobody listens any more. That it was not
// told only costs posts that nobody takes.
func (s *settling) leave(ctx context.Context, in centrala.Inbox) error {
	settler := s.settler(in.Channel)
	if settler == nil {
		return nil
	}
	in.Enabled = false
	ctx, cancel := context.WithTimeout(ctx, settleWithin/4)
	defer cancel()
	if err := channels.Guarded(func() error { return settler.Settle(ctx, in, s.hook(in)) }); err != nil {
		return fmt.Errorf("tell the vendor of a removed inbox: %w", err)
	}
	return nil
}

func (s *settling) settler(kind centrala.Channel) channels.Settler {
	for _, l := range s.settlers {
		if l.Kind() == kind {
			return l
		}
	}
	return nil
}

// hookOf is where an inbox's vendor posts to.
func (p *Program) hookOf(in centrala.Inbox) string {
	return p.site.Base.JoinPath("hooks", in.ID.String()).String()
}
