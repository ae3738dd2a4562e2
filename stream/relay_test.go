package stream_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"centrala"
	"centrala/stream"
)

// What a crash left unpublished is published by whoever sweeps, in order and before what the
// same conversations say next.
func TestSweepAfterCrash(t *testing.T) {
	t.Parallel()
	l, y := newLog(t), newTally()
	c := make([]*customer, 20)
	for i := range c {
		c[i] = l.customer()
		c[i].say(t) // nobody is told
		c[i].say(t)
	}
	bus := start(t, l, stream.Config{Dir: t.TempDir()}, func(b *stream.Bus) { b.Work("all", nil, y.handle) })
	for i := range c {
		c[i].say(t) // offered at once
	}
	want := l.all(t)
	y.await(t, "all events are handled", want, bus)
	if v := y.against(want); v != (verdict{}) {
		t.Errorf("of %d events: %+v", len(want), v)
	}
	eventually(t, "everything is marked", func() bool { return l.unmarked(t) == 0 })

	// The same while it runs: another program writes to the log and has no stream.
	l.bus.Store(nil)
	c[0].say(t)
	l.bus.Store(bus)
	want = l.all(t)
	before := time.Now()
	eventually(t, "the sweep finds it", func() bool { return len(y.seen()) >= len(want) })
	if d := time.Since(before); d > 5*time.Second {
		t.Errorf("it took %s", d)
	}
	stats, err := bus.Stats(t.Context())
	must(t, err)
	if stats.Swept == 0 {
		t.Error("the sweep is not counted")
	}
}

// A lane that is full leaves events to the sweep, and all that follow them, until it has caught
// up: nothing is lost, nothing overtakes.
func TestFullLane(t *testing.T) {
	t.Parallel()
	l, y := newLog(t), newTally()
	bus := open(t, stream.Config{Dir: t.TempDir(), Graveyard: l, Limits: stream.Limits{LaneQueue: 5}})
	bus.Relay(l)
	bus.Work("all", nil, y.handle)
	l.bus.Store(bus)
	var talking sync.WaitGroup
	talking.Go(func() { l.chatter(t, 60, 30) }) // faster than a queue of five
	eventually(t, "a lane is full", func() bool {
		stats, _ := bus.Stats(t.Context())
		return slices.ContainsFunc(stats.Lanes[:], func(l stream.LaneStats) bool { return l.Spilled > 0 })
	})
	must(t, bus.Start(t.Context()))
	talking.Wait()
	want := l.all(t)
	y.await(t, "all events are handled", want, bus)
	if v := y.against(want); v != (verdict{}) {
		t.Errorf("of %d events: %+v", len(want), v)
	}
	eventually(t, "lanes flow by themselves again", func() bool { return !bus.Held() })
	swept := func() uint64 { s, _ := bus.Stats(t.Context()); return s.Swept }
	before := swept()
	id := l.customer().say(t)
	eventually(t, "the next event is handled", func() bool {
		seen := y.seen()
		for _, e := range seen[len(want):] {
			if e.ID == id {
				return true
			}
		}
		return false
	})
	if n := swept(); n != before {
		t.Errorf("%d events went by the sweep still", n-before)
	}
}

// The stream goes away and comes back while people write: lanes fill and repeat, sweeps run
// beside them, and still every event arrives once and in order.
func TestStreamAway(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	srv := startServerAt(t, -1, dir)
	address := srv.Addr().String()
	l, y := newLog(t), newTally()
	bus := start(t, l, stream.Config{URL: "nats://" + address, Limits: stream.Limits{LaneQueue: 20}},
		func(b *stream.Bus) { b.Work("all", nil, y.handle) })
	must(t, bus.Ready())
	var talking sync.WaitGroup
	var stop atomic.Bool
	defer talking.Wait()
	defer stop.Store(true)
	for range 20 {
		c := l.customer()
		talking.Go(func() {
			pace := time.NewTicker(20 * time.Millisecond)
			defer pace.Stop()
			for !stop.Load() {
				c.say(t)
				<-pace.C
			}
		})
	}
	eventually(t, "they write", func() bool { return len(y.seen()) > 100 })
	srv.Shutdown()
	srv.WaitForShutdown()
	eventually(t, "it is noticed", func() bool { return bus.Ready() != nil })
	eventually(t, "rows are older than a sweep wants, and lanes are full", func() bool {
		rows, err := l.Unpublished(t.Context(), 3*time.Second, 1)
		must(t, err)
		s, _ := bus.Stats(t.Context())
		return len(rows) > 0 && slices.ContainsFunc(s.Lanes[:], func(l stream.LaneStats) bool { return l.Spilled > 0 })
	})
	startServerAt(t, port(t, address), dir)
	eventually(t, "the stream is back", func() bool { return bus.Ready() == nil })
	before := len(y.seen())
	eventually(t, "events flow again", func() bool { return len(y.seen()) > before+100 })
	stop.Store(true)
	talking.Wait()
	want := l.all(t)
	y.await(t, "all events are handled", want, bus)
	if v := y.against(want); v.inverted != 0 || v.doubled > stream.Strands { // unacknowledged when it went away
		t.Errorf("of %d events: %+v", len(want), v)
	}
	eventually(t, "everything is marked", func() bool { return l.unmarked(t) == 0 })
}

// Two nodes relay one log; one dies with events offered to it and unpublished. The other's
// sweep publishes them, and both publishing the same makes nothing come twice.
func TestNodeKilledWhileRelaying(t *testing.T) {
	t.Parallel()
	url := startServer(t).ClientURL()
	l, y := newLog(t), newTally()
	dying := start(t, l, stream.Config{URL: url}, nil)
	survivor := open(t, stream.Config{URL: url, Graveyard: l})
	survivor.Relay(l)
	survivor.Work("all", nil, y.handle)
	must(t, survivor.Start(t.Context()))
	var talking sync.WaitGroup
	talking.Go(func() { l.chatter(t, 30, 15) })
	eventually(t, "they write", func() bool { return len(y.seen()) > 100 })
	dying.Kill()
	talking.Wait() // into a dead bus
	want := l.all(t)
	y.await(t, "all events are handled", want, survivor)
	if v := y.against(want); v != (verdict{}) {
		t.Errorf("of %d events: %+v", len(want), v)
	}
}

// The same event twice within the window is stored once.
func TestDoublesAreStoredOnce(t *testing.T) {
	t.Parallel()
	var source settled
	bus := open(t, stream.Config{Dir: t.TempDir(), Graveyard: noGrave{}})
	bus.Relay(&source)
	y := newTally()
	bus.Work("all", nil, y.handle)
	must(t, bus.Start(t.Context()))
	events := newTraffic(1)
	first, last := events.next(), events.next()
	bus.Offer([]centrala.Event{first, first, first, last})
	eventually(t, "the last is handled", func() bool { s := y.seen(); return len(s) > 0 && s[len(s)-1].ID == last.ID })
	if n := len(y.seen()); n != 2 {
		t.Errorf("%d events handled, want 2", n)
	}
	stats, err := bus.Stats(t.Context())
	must(t, err)
	if s := stats.Lanes[first.Lane()]; s.Published != 4 || s.Duplicates != 2 || source.marked.Load() != 4 {
		t.Errorf("stats %+v, %d marked", s, source.marked.Load())
	}
	c, err := bus.StreamConfig()
	must(t, err)
	if c.Duplicates != 2*time.Minute || c.MaxAge != 72*time.Hour || c.MaxBytes != 2<<30 || c.Replicas != 1 || len(c.Subjects) != 1 {
		t.Errorf("stream %+v", c)
	}
}

// An event that can never be published is buried; the lane goes on.
func TestUnpublishable(t *testing.T) {
	t.Parallel()
	l, y := newLog(t), newTally()
	bus := start(t, l, stream.Config{Dir: t.TempDir()}, func(b *stream.Bus) { b.Work("all", nil, y.handle) })
	events := newTraffic(1)
	bad, huge, good := events.next(), events.next(), events.next()
	bad.Type = "message.*"
	huge.Data.Reason = strings.Repeat("x", 1100<<10)
	bus.Offer([]centrala.Event{bad, huge, good})
	eventually(t, "the lane goes on", func() bool { s := y.seen(); return len(s) == 1 && s[0].ID == good.ID })
	letters, err := l.DeadLetters(t.Context())
	must(t, err)
	if len(letters) != 2 || letters[0].Group != "relay" {
		t.Errorf("%d dead letters", len(letters))
	}
}

// Offer returns at once whatever the stream does.
func TestOfferNeverBlocks(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	bus := open(t, stream.Config{URL: srv.ClientURL(), Limits: stream.Limits{LaneQueue: 100}})
	bus.Relay(&settled{})
	must(t, bus.Start(t.Context()))
	eventually(t, "lanes flow", func() bool { return !bus.Held() })
	srv.Shutdown()
	events := newTraffic(100)
	start := time.Now()
	for range 20_000 {
		bus.Offer([]centrala.Event{events.next()})
	}
	if d := time.Since(start); d > time.Second {
		t.Errorf("20000 offers took %s", d)
	}
	stats, err := bus.Stats(t.Context())
	if err == nil {
		t.Log("the lag is known although the stream is away")
	}
	queued := 0
	for _, s := range stats.Lanes {
		queued += s.Queued
		if s.Queued > 100 {
			t.Errorf("%d events wait in one lane", s.Queued)
		}
	}
	if queued == 0 || stats.Connected {
		t.Errorf("%d events wait, connected %v", queued, stats.Connected)
	}
}

// Two events of one conversation are never in flight together: if the first failed, the second
// would overtake it.
func TestFlights(t *testing.T) {
	t.Parallel()
	var events []centrala.Event
	for i, c := range []centrala.ConversationID{1, 2, 1, 3, 3, 0, 0, 2} {
		events = append(events, centrala.Event{ID: centrala.EventID(i), Conversation: c})
	}
	for i := range 100 {
		events = append(events, centrala.Event{ID: centrala.EventID(8 + i), Conversation: centrala.ConversationID(10 + i)})
	}
	var sizes []int
	next := centrala.EventID(0)
	for _, flight := range stream.Flights(events) {
		sizes = append(sizes, len(flight))
		for _, e := range flight {
			if e.ID != next {
				t.Fatalf("event %d flies, want %d", e.ID, next)
			}
			next++
		}
	}
	if fmt.Sprint(sizes) != "[2 2 2 64 38]" {
		t.Errorf("flights of %v", sizes)
	}
}
