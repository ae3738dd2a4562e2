package stream

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"centrala"
)

// state says where what is offered to a lane goes.
type state int

const (
	// held: offers queue up and wait; only what the sweep hands over is published. A lane
	// starts like this, because an earlier event of the same conversation may be in the log,
	// unpublished since a crash.
	held state = iota
	// flowing: offers queue up and are published in order.
	flowing
	// spilled: the queue was full. It is published to its end, and offers are left to the
	// sweep, since a later one must not overtake one that did not fit. Once the queue is
	// empty the sweep holds the lane, publishes all that is unmarked and lets it flow again.
	spilled
)

// atOnce is how many events a lane has in flight, each of another conversation.
const atOnce = 64

// lane publishes the events of a sixteenth of the conversations, in commit order. It has at
// most one event of a conversation in flight and repeats a failed one before it goes on, so
// that nothing overtakes.
type lane struct {
	n   int
	bus *Bus

	mu      sync.Mutex
	state   state
	queue   []centrala.Event // offered, in commit order
	hints   []centrala.Event // offered while they could not be published, for the other nodes' sockets
	swept   []centrala.Event // from the sweep; published before the queue
	done    chan struct{}    // closed when swept is published
	busy    bool             // a chunk is in flight
	ending  bool
	wake    chan struct{}
	seen    map[centrala.ConversationID]struct{} // scratch of chunk
	flight  []centrala.Event                     // what chunk returned last
	room    []centrala.Event                     // where an empty queue begins
	failure time.Time                            // since when publishing fails

	published, duplicates, spills atomic.Uint64
}

func newLane(n int, b *Bus) *lane {
	return &lane{n: n, bus: b, wake: make(chan struct{}, 1), seen: map[centrala.ConversationID]struct{}{},
		room: make([]centrala.Event, 0, 8)}
}

// offer queues e or leaves it to the sweep. It never blocks.
func (l *lane) offer(e centrala.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.state != spilled && len(l.queue) >= l.bus.cfg.Limits.LaneQueue {
		if l.state == held {
			l.queue = nil // what waits here may follow what the sweep has not found yet
		}
		l.state = spilled // the sweep tells the log
	}
	if l.state != flowing && l.bus.srv == nil && len(l.hints) < l.bus.cfg.Limits.LaneQueue {
		l.hints = append(l.hints, e)
		l.poke()
	}
	if l.state == spilled {
		l.spills.Add(1)
		return
	}
	l.queue = append(l.queue, e)
	l.poke()
}

// hint tells the sockets of other nodes what this node has committed and the stream will carry
// later. A hint that is lost costs nothing but time.
func (l *lane) hint() {
	l.mu.Lock()
	events := l.hints
	l.hints = nil
	l.mu.Unlock()
	for _, e := range events {
		m, err := encode(e, l.bus.cfg.Node)
		if err == nil {
			m.Subject = liveSubject
			err = l.bus.pub.PublishMsg(m)
		}
		if err != nil {
			l.bus.log.Debug("an event was not told ahead of the stream", "event", e.ID, "error", err)
		}
	}
}

func (l *lane) poke() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// hold stops a spilled lane that has published its queue, so that the sweep can catch up while
// offers queue behind it. It reports whether the lane is held now.
func (l *lane) hold() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.state == spilled && !l.busy && len(l.queue) == 0 && len(l.swept) == 0 {
		l.state = held
	}
	return l.state == held
}

// spill gives up holding: the sweep did not find everything this time.
func (l *lane) spill() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.state == held {
		l.spills.Add(uint64(len(l.queue)))
		l.queue, l.state = nil, spilled
	}
}

// release lets a held lane flow and reports whether it does.
func (l *lane) release() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.state == held {
		l.state = flowing
		l.poke()
	}
	return l.state == flowing
}

// full reports whether offers are left to the sweep.
func (l *lane) full() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state == spilled
}

// sweep publishes events before those that are queued and waits until they are stored. When it
// cannot, what is left of them is given up.
func (l *lane) sweep(ctx context.Context, events []centrala.Event) error {
	done := make(chan struct{})
	l.mu.Lock()
	l.swept, l.done = events, done
	l.poke()
	l.mu.Unlock()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.swept, l.done = nil, nil
	return fmt.Errorf("lane %d: %w", l.n, ctx.Err())
}

// drain has run end when the queue is published. A lane that is held ends at once: its events
// are unmarked, and the next sweep of any node takes them in order.
func (l *lane) drain() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ending = true
	l.poke()
}

func (l *lane) failing() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failure.IsZero() {
		return 0
	}
	return time.Since(l.failure)
}

func (l *lane) depth() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.queue) + len(l.swept)
}

// run publishes until the bus closes.
func (l *lane) run() {
	p := &publisher{conn: l.bus.pub, jets: l.bus.jets, closed: l.bus.ctx.Done()}
	for {
		l.hint()
		events, swept, ok := l.chunk()
		if !ok {
			return
		}
		if len(events) == 0 {
			select {
			case <-l.wake:
				continue
			case <-l.bus.ctx.Done():
				return
			}
		}
		if !l.publish(p, events, swept) {
			return
		}
		l.mu.Lock()
		l.busy = false
		if swept && l.done != nil && len(l.swept) == 0 {
			close(l.done)
			l.done = nil
		}
		l.mu.Unlock()
	}
}

// chunk takes the events that may be in flight together: the first ones, up to the second of
// any conversation. ok is false when there is nothing left to wait for.
func (l *lane) chunk() (events []centrala.Event, swept, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	from := &l.queue
	switch {
	case len(l.swept) > 0:
		from, swept = &l.swept, true
	case l.state == held || len(l.queue) == 0:
		return nil, false, !l.ending
	}
	clear(l.seen)
	n := 0
	for n < len(*from) && n < atOnce {
		c := (*from)[n].Conversation
		if _, twice := l.seen[c]; twice {
			break
		}
		l.seen[c] = struct{}{}
		n++
	}
	l.flight = append(l.flight[:0], (*from)[:n]...)
	*from = (*from)[n:]
	if len(l.queue) == 0 {
		l.queue = l.room[:0] // the same few kilobytes again and again
	}
	l.busy = true
	return l.flight, swept, true
}

// publish stores events and marks them, trying for as long as it takes. It reports false when
// the bus closed first.
func (l *lane) publish(p *publisher, events []centrala.Event, swept bool) bool {
	node := l.bus.cfg.Node
	if swept {
		node = "" // committed by whichever node: nobody's sockets are known to have seen it
	}
	parcels, ids := l.pack(events, node)
	wait := 50 * time.Millisecond
	for {
		p.send(parcels)
		parcels, ids = l.settle(parcels, ids)
		l.mark(ids)
		ids = nil
		if len(parcels) == 0 {
			if swept && l.bus.srv != nil {
				l.bus.live.show(events...)
			}
			return true
		}
		select {
		case <-time.After(wait):
		case <-l.bus.ctx.Done():
			return false
		}
		wait = min(2*wait, 2*time.Second)
	}
}

// pack makes parcels of events. One that can never be sent is buried; its id is returned, to
// be marked with the rest.
func (l *lane) pack(events []centrala.Event, node string) ([]parcel, []centrala.EventID) {
	parcels := make([]parcel, 0, len(events))
	ids := make([]centrala.EventID, 0, len(events))
	for _, e := range events {
		m, err := encode(e, node)
		if err != nil {
			if l.bury(e, err) {
				ids = append(ids, e.ID)
			}
			continue
		}
		parcels = append(parcels, parcel{message: m, event: e})
	}
	return parcels, ids
}

// settle returns what has to be sent again, and the ids that are done with.
func (l *lane) settle(parcels []parcel, ids []centrala.EventID) ([]parcel, []centrala.EventID) {
	var again []parcel
	var cause error
	for _, s := range parcels {
		switch {
		case s.err == nil:
			l.published.Add(1)
			l.bus.stored.Since(s.event.ID.Made())
			l.bus.note(s.event, "publish", s.event.At, nil)
			if s.duplicate {
				l.duplicates.Add(1)
			}
			ids = append(ids, s.event.ID)
		case hopeless(s.err):
			if l.bury(s.event, s.err) {
				ids = append(ids, s.event.ID)
			}
		default:
			cause = s.err
			s.err = nil
			again = append(again, s)
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case cause == nil && !l.failure.IsZero():
		l.bus.log.Info("stream lane publishes again", "lane", l.n, "after", time.Since(l.failure).Round(time.Millisecond))
		l.failure = time.Time{}
	case cause != nil && l.failure.IsZero():
		l.bus.log.Warn("stream lane cannot publish; trying again", "lane", l.n, "error", cause)
		l.failure = time.Now()
	}
	return again, ids
}

func (l *lane) mark(ids []centrala.EventID) {
	if len(ids) > 0 {
		l.bus.relay.source.Published(ids)
	}
}

// bury writes down an event that no stream would take. The lane waits until that is done, since
// afterwards the event is marked; it reports false when the bus closed first.
func (l *lane) bury(e centrala.Event, cause error) bool {
	l.bus.log.Error("an event cannot be published", "event", e.ID, "type", e.Type, "error", cause)
	if l.bus.cfg.Graveyard == nil {
		return true
	}
	d := centrala.DeadLetter{Group: "relay", Event: e, Error: cause.Error(), Attempts: 1, At: time.Now().UTC()}
	for {
		ctx, cancel := context.WithTimeout(l.bus.ctx, sweepTime)
		err := l.bus.cfg.Graveyard.Bury(ctx, d)
		cancel()
		if err == nil {
			return true
		}
		l.bus.log.Error("a dead letter could not be written; trying again", "event", e.ID, "group", d.Group, "error", err)
		if within(l.bus.ctx.Done(), time.Second) {
			return false
		}
	}
}
