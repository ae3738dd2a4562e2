package stream

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"centrala"
)

const (
	sweepEvery = time.Second
	sweepAge   = 2 * time.Second  // younger events are on their way by themselves
	sweepLimit = 8192             // events at once, beside those whose marks are on their way
	sweepTime  = 10 * time.Second // well within the window in which doubles are removed
	lostTail   = time.Minute      // what an unclean stop may have cost an embedded stream
)

// relay sweeps: it hands the lanes what is in the log and was not published, by a node that
// crashed, by a lane that was full, or by a program that writes to the log and has no stream.
//
// A sweep cannot make events of one conversation overtake each other on a node. What it finds
// is complete from the oldest on, it goes through the lane's only publisher before the lane's
// queue, and whatever both hold is stored once, by its id.
type relay struct {
	bus    *Bus
	source Outbox
	stop   context.CancelFunc
	ctx    context.Context
	page   int // events at once

	full map[int]bool                   // lanes known to be spilled, for the log
	mine map[centrala.EventID]time.Time // swept, stored at, and still unmarked in the last answer

	swept   atomic.Uint64
	failing bool
}

func newRelay(b *Bus, o Outbox) *relay {
	r := &relay{bus: b, source: o, page: sweepLimit, full: map[int]bool{}, mine: map[centrala.EventID]time.Time{}}
	r.ctx, r.stop = context.WithCancel(b.ctx)
	return r
}

// run sweeps until it is stopped. The first sweep is a whole one: lanes are held until then.
func (r *relay) run() {
	t := time.NewTimer(0)
	defer t.Stop()
	recovered := r.bus.srv == nil || r.bus.srv.recovered.Load()
	for {
		select {
		case <-t.C:
		case <-r.ctx.Done():
			return
		}
		var more bool
		err := r.recover(&recovered)
		if err == nil {
			more, err = r.sweep()
		}
		r.report(err)
		if more {
			t.Reset(0)
		} else {
			t.Reset(sweepEvery)
		}
	}
}

// report logs when sweeping begins to fail and when it works again.
func (r *relay) report(err error) {
	switch failed := err != nil && r.ctx.Err() == nil; {
	case failed && !r.failing:
		r.bus.log.Warn("the sweep of unpublished events failed; trying again", "error", err)
		r.failing = true
	case err == nil && r.failing:
		r.bus.log.Info("the sweep of unpublished events works again")
		r.failing = false
	}
}

// sweep publishes what it finds unmarked and reports whether there is more to do at once.
func (r *relay) sweep() (more bool, err error) {
	if !r.bus.pub.IsConnected() {
		return false, nil // nothing can be published; the lanes say so
	}
	ctx, cancel := context.WithTimeout(r.ctx, sweepTime)
	defer cancel()
	held := r.hold()
	age := sweepAge
	if len(held) > 0 {
		age = 0
	}
	rows, whole, err := r.unmarked(ctx, age)
	if err != nil {
		r.letGo(held, false)
		return false, err
	}
	fresh := r.fresh(rows, held)
	err = r.publish(ctx, fresh, r.mine)
	r.letGo(held, whole && err == nil)
	return err == nil && !whole && len(fresh) > 0, err
}

// unmarked reads what is not known to be published, the oldest first, and reports whether that
// is all there is. What this relay has stored stays unmarked until the next commit; a page is as
// much longer, or there might be nothing new in it.
func (r *relay) unmarked(ctx context.Context, age time.Duration) (rows []centrala.Event, whole bool, err error) {
	limit := r.page + len(r.mine)
	rows, err = r.source.Unpublished(ctx, age, limit)
	if err != nil {
		return nil, false, fmt.Errorf("read unpublished events: %w", err)
	}
	return rows, len(rows) < limit, nil
}

// hold returns the lanes that wait for this sweep.
func (r *relay) hold() map[int]bool {
	held := map[int]bool{}
	for _, l := range r.bus.lanes {
		if l.full() && !r.full[l.n] {
			r.full[l.n] = true
			r.bus.log.Warn("stream lane was full; its events go by the sweep until it has caught up", "lane", l.n)
		}
		if l.hold() {
			held[l.n] = true
		}
	}
	return held
}

// letGo has held lanes flow when everything was found, and else wait for another sweep.
func (r *relay) letGo(held map[int]bool, all bool) {
	for n := range held {
		if !all {
			r.bus.lanes[n].spill()
			continue
		}
		if r.bus.lanes[n].release() && r.full[n] {
			delete(r.full, n)
			r.bus.log.Info("stream lane has caught up", "lane", n)
		}
	}
}

// fresh picks from rows what has to be published now: not what this relay stored before (its
// marks are on their way, and are made again when that takes long), and not what a flowing lane
// is about to publish.
func (r *relay) fresh(rows []centrala.Event, held map[int]bool) []centrala.Event {
	var fresh []centrala.Event
	var again []centrala.EventID
	still := map[centrala.EventID]time.Time{}
	now := time.Now()
	old := idAt(now.Add(-sweepAge))
	for _, e := range rows {
		if at, ok := r.mine[e.ID]; ok {
			if now.Sub(at) > sweepAge {
				at = now
				again = append(again, e.ID)
			}
			still[e.ID] = at
		} else if held[e.Lane()] || e.ID < old {
			fresh = append(fresh, e)
		}
	}
	r.mine = still
	if len(again) > 0 {
		r.source.Published(again)
	}
	return fresh
}

// idAt is the least identifier made at t.
func idAt(t time.Time) centrala.EventID { return centrala.EventID(centrala.FirstID(t)) }

// publish hands events to their lanes, each conversation in its order but the conversations
// interleaved, so that many can be in flight, and waits until they are stored. Those that are
// come into stored, which may be nil.
func (r *relay) publish(ctx context.Context, events []centrala.Event, stored map[centrala.EventID]time.Time) error {
	slices.SortStableFunc(events, func(a, b centrala.Event) int {
		return cmp.Or(cmp.Compare(a.N, b.N), cmp.Compare(a.ID, b.ID))
	})
	var byLane [centrala.Lanes][]centrala.Event
	for _, e := range events {
		byLane[e.Lane()] = append(byLane[e.Lane()], e)
	}
	var errs [centrala.Lanes]error
	var wait sync.WaitGroup
	for n, part := range byLane {
		if len(part) > 0 {
			wait.Go(func() { errs[n] = r.bus.lanes[n].sweep(ctx, part) })
		}
	}
	wait.Wait()
	for n, part := range byLane {
		if errs[n] != nil {
			continue
		}
		if stored != nil {
			for _, e := range part {
				stored[e.ID] = time.Now()
			}
		}
		r.swept.Add(uint64(len(part)))
	}
	return errors.Join(errs[:]...)
}

// recover publishes the last minute of the log again after an unclean stop of an embedded
// stream, which writes to its disk more lazily than the log does. It runs while the lanes are
// held, the older unmarked events first.
func (r *relay) recover(done *bool) error {
	if *done || !r.bus.pub.IsConnected() {
		return nil
	}
	last, err := r.source.LastEvent(r.ctx)
	if err != nil {
		return fmt.Errorf("read the log's end: %w", err)
	}
	from := idAt(last.Made().Add(-lostTail))
	if err := r.unmarkedBefore(from); err != nil {
		return err
	}
	for after := from; after < last; {
		ctx, cancel := context.WithTimeout(r.ctx, sweepTime)
		commits, err := r.source.Since(ctx, centrala.Everything(), after, r.page)
		if err == nil {
			events := make([]centrala.Event, 0, len(commits))
			for _, c := range commits {
				events = append(events, c.Event)
				after = max(after, c.Event.ID)
			}
			err = r.publish(ctx, events, nil) // nearly all of them are marked; the rest is told apart by the stream
		}
		cancel()
		if err != nil {
			return fmt.Errorf("publish the last minute again: %w", err)
		}
		if len(commits) == 0 {
			break
		}
	}
	*done = true
	r.bus.srv.recovered.Store(true)
	return nil
}

// unmarkedBefore publishes what is unmarked and older than the last minute of the log.
func (r *relay) unmarkedBefore(from centrala.EventID) error {
	for whole := false; !whole; {
		ctx, cancel := context.WithTimeout(r.ctx, sweepTime)
		rows, all, err := r.unmarked(ctx, time.Since(from.Made()))
		if err == nil {
			fresh := r.fresh(rows, nil)
			err = r.publish(ctx, fresh, r.mine)
		}
		cancel()
		if err != nil {
			return fmt.Errorf("publish what a crash left: %w", err)
		}
		whole = all
	}
	return nil
}
