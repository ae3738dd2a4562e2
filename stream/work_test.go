package stream_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"centrala"
	"centrala/stream"
)

// start opens and starts a bus over a log whose commits it gets.
func start(t testing.TB, l *log, c stream.Config, register func(*stream.Bus)) *stream.Bus {
	t.Helper()
	c.Graveyard = l
	bus := open(t, c)
	bus.Relay(l)
	if register != nil {
		register(bus)
	}
	l.bus.Store(bus)
	must(t, bus.Start(t.Context()))
	return bus
}

func TestWorkSeesEverythingInOrder(t *testing.T) {
	t.Parallel()
	l := newLog(t)
	all, some := newTally(), newTally()
	start(t, l, stream.Config{Dir: t.TempDir()}, func(b *stream.Bus) {
		b.Work("all", nil, all.handle)
		b.Work("some", []centrala.EventType{centrala.ConversationOpened}, some.handle)
	})
	l.chatter(t, 40, 15)
	want := l.all(t)
	eventually(t, "all events are handled", func() bool { return len(all.seen()) >= len(want) })
	if v := all.against(want); v != (verdict{}) {
		t.Errorf("of %d events: %+v", len(want), v)
	}
	eventually(t, "the openings are handled", func() bool { return len(some.seen()) >= 40 })
	for _, e := range some.seen() {
		if e.Type != centrala.ConversationOpened {
			t.Errorf("a group that asked for openings got %s", e.Type)
		}
	}
	eventually(t, "everything is marked", func() bool { return l.unmarked(t) == 0 })
	for i, e := range all.seen()[:10] { // what arrives is what was committed
		for _, w := range want {
			if w.ID == e.ID && (w.Type != e.Type || w.N != e.N || w.Seq != e.Seq || !w.At.Truncate(time.Microsecond).Equal(e.At.Truncate(time.Microsecond)) || w.Conversation != e.Conversation || w.Side != e.Side || w.Channel != e.Channel) {
				t.Errorf("event %d came as %+v, was %+v", i, e, w)
			}
		}
	}
}

// One node dies, the other goes on: nothing is missing or out of order. What the dead one had
// in hand may come twice, one event a strand at most.
func TestNodeKilledAmongWorkers(t *testing.T) {
	t.Parallel()
	url := startServer(t).ClientURL()
	l, y := newLog(t), newTally()
	work := func(b *stream.Bus) { b.Work("all", nil, y.handle) }
	start(t, l, stream.Config{URL: url}, work)
	var inHand atomic.Int64
	hold := make(chan struct{})
	other := open(t, stream.Config{URL: url, Graveyard: l})
	other.Work("all", nil, func(ctx context.Context, e centrala.Event) error {
		if len(y.seen()) > 300 {
			inHand.Add(1)
			<-hold // dies with this in hand, before or after the work: nobody can tell
			return errors.New("dead")
		}
		return y.handle(ctx, e)
	})
	must(t, other.Start(t.Context()))
	var talking sync.WaitGroup
	talking.Go(func() { l.chatter(t, 40, 20) })
	eventually(t, "the second node is in the middle of it", func() bool { return inHand.Load() > 0 })
	other.Kill()
	close(hold)
	talking.Wait()
	want := l.all(t)
	y.await(t, "all events are handled", want)
	if v := y.against(want); v.inverted != 0 || v.doubled > stream.Strands {
		t.Errorf("of %d events: %+v", len(want), v)
	}
}

// One node stops politely: nothing is missed or doubled, and nobody waits for the time after
// which an unacknowledged event would come again.
func TestNodeStoppedPolitely(t *testing.T) {
	url := startServer(t).ClientURL() // not parallel: it measures
	l, y := newLog(t), newTally()
	var slowest atomic.Int64
	handle := func(ctx context.Context, e centrala.Event) error {
		if e.Type == centrala.MessageReceived {
			slowest.Store(max(slowest.Load(), int64(time.Since(e.At))))
		}
		return y.handle(ctx, e)
	}
	start(t, l, stream.Config{URL: url}, func(b *stream.Bus) { b.Work("all", nil, handle) })
	var usual time.Duration // the slowest of a round in which nobody stops: machines differ
	for round := range 4 {
		other := open(t, stream.Config{URL: url, Graveyard: l})
		other.Work("all", nil, handle)
		must(t, other.Start(t.Context()))
		var talking sync.WaitGroup
		before := len(y.seen())
		talking.Go(func() { l.chatter(t, 20, 12) })
		if round == 0 {
			talking.Wait()
			eventually(t, "the first round is handled", func() bool { return len(y.seen()) >= len(l.all(t)) })
			usual = time.Duration(slowest.Load())
		}
		eventually(t, "they are in the middle of it", func() bool { return len(y.seen()) > before+60 })
		must(t, other.Close())
		if err := other.Ready(); err == nil {
			t.Error("a closed bus is ready")
		}
		talking.Wait()
	}
	want := l.all(t)
	y.await(t, "all events are handled", want)
	if v := y.against(want); v != (verdict{}) {
		t.Errorf("of %d events: %+v", len(want), v)
	}
	if d := time.Duration(slowest.Load()); d > 4500*time.Millisecond+5*usual {
		t.Errorf("one event waited %s, usually %s at most", d, usual)
	}
}

// A handler that fails is tried three times in place; then there is a dead letter that can be
// read and replayed, and the conversation goes on.
func TestDeadLetter(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func() error{
		"error": func() error { return errors.New("no such table: poison") },
		"panic": func() error { panic("poison") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, y := newLog(t), newTally()
			var poison atomic.Int64
			var cured atomic.Bool
			var tries []time.Time
			bus := start(t, l, stream.Config{Dir: t.TempDir()}, func(b *stream.Bus) {
				b.Work("careful", []centrala.EventType{centrala.MessageReceived}, func(ctx context.Context, e centrala.Event) error {
					if deadline, ok := ctx.Deadline(); !ok || time.Until(deadline) > 2*time.Second {
						t.Error("a handler has no deadline within two seconds")
					}
					if e.Seq == 2 && !cured.Load() {
						poison.Store(int64(e.ID))
						tries = append(tries, time.Now())
						return fail()
					}
					return y.handle(ctx, e)
				})
			})
			c := l.customer()
			for range 4 {
				c.say(t)
			}
			eventually(t, "the lane goes on", func() bool { return len(y.seen()) == 3 })
			letters, err := l.DeadLetters(t.Context())
			must(t, err)
			if len(letters) != 1 {
				t.Fatalf("%d dead letters, want 1", len(letters))
			}
			d := letters[0]
			if d.Group != "careful" || d.Attempts != 3 || int64(d.Event.ID) != poison.Load() || d.Event.Conversation != c.id || !strings.Contains(d.Error, "poison") {
				t.Errorf("dead letter %+v", d)
			}
			if len(tries) != 3 || tries[1].Sub(tries[0]) < 50*time.Millisecond || tries[2].Sub(tries[1]) < 200*time.Millisecond {
				t.Errorf("tried at %v", tries)
			}
			stats, err := bus.Stats(t.Context())
			must(t, err)
			if g := stats.Groups["careful"]; g.Handled != 3 || g.Retried != 2 || g.Buried != 1 || g.Lag != 0 {
				t.Errorf("stats %+v", g)
			}

			cured.Store(true)
			d, err = l.Exhume(t.Context(), d.ID)
			must(t, err)
			must(t, bus.Replay(t.Context(), d.Group, d.Event))
			if seen := y.seen(); len(seen) != 4 || seen[3].ID != d.Event.ID {
				t.Errorf("after the replay: %v", seen)
			}
			if err := bus.Replay(t.Context(), "nobody", d.Event); centrala.CodeOf(err) != centrala.NotFound {
				t.Errorf("replay to no group: %v", err)
			}
		})
	}
}

// graves is a graveyard that can be out of order, like the database it stands on.
type graves struct {
	*log
	broken atomic.Bool
}

func (g *graves) Bury(ctx context.Context, d centrala.DeadLetter) error {
	if g.broken.Load() {
		return errors.New("database is gone")
	}
	return g.log.Bury(ctx, d)
}

// While the database is away neither handlers nor dead letters work: the event is kept, and
// handled when it is back. Nobody finds a pile of dead letters then.
func TestDatabaseAway(t *testing.T) {
	t.Parallel()
	g := &graves{log: newLog(t)}
	y := newTally()
	g.broken.Store(true)
	var failed atomic.Int64
	bus := open(t, stream.Config{Dir: t.TempDir(), Graveyard: g})
	bus.Relay(g.log)
	g.bus.Store(bus)
	bus.Work("all", nil, func(ctx context.Context, e centrala.Event) error {
		if g.broken.Load() {
			failed.Add(1)
			return errors.New("database is gone")
		}
		return y.handle(ctx, e)
	})
	must(t, bus.Start(t.Context()))
	g.chatter(t, 3, 3)
	eventually(t, "handlers have failed for longer than three tries", func() bool { return failed.Load() > 6*stream.Strands })
	g.broken.Store(false)
	want := g.all(t)
	y.await(t, "all events are handled", want, bus)
	if v := y.against(want); v != (verdict{}) {
		t.Errorf("%+v", v)
	}
	letters, err := g.DeadLetters(t.Context())
	must(t, err)
	if len(letters) != 0 {
		t.Errorf("%d dead letters", len(letters))
	}
}

// Three tries of two seconds are longer than the stream waits for an acknowledgement, and so
// is a handler that ignores its deadline: the event stays where it is all the same.
func TestSlowHandlerKeepsItsEvent(t *testing.T) {
	t.Parallel()
	for name, handle := range map[string]func(context.Context, chan struct{}) error{
		"uses its time": func(ctx context.Context, _ chan struct{}) error { <-ctx.Done(); return ctx.Err() },
		"ignores it":    func(_ context.Context, long chan struct{}) error { <-long; return nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := startServer(t).ClientURL()
			l := newLog(t)
			long := make(chan struct{})
			time.AfterFunc(7*time.Second, func() { close(long) })
			var running, together, calls, finished atomic.Int64
			work := func(b *stream.Bus) {
				b.Work("slow", []centrala.EventType{centrala.MessageReceived}, func(ctx context.Context, e centrala.Event) error {
					defer running.Add(-1)
					together.Store(max(together.Load(), running.Add(1)))
					if calls.Add(1); e.Seq > 1 {
						finished.Add(1)
						return nil
					}
					return handle(ctx, long)
				})
			}
			start(t, l, stream.Config{URL: url}, work)
			other := open(t, stream.Config{URL: url, Graveyard: l})
			work(other)
			must(t, other.Start(t.Context()))
			c := l.customer()
			c.say(t)
			c.say(t)
			eventually(t, "the second message is handled", func() bool { return finished.Load() == 1 })
			want := map[string]int64{"uses its time": 4, "ignores it": 2}[name]
			if together.Load() != 1 || calls.Load() != want {
				t.Errorf("%d calls, %d at a time; want %d, one at a time", calls.Load(), together.Load(), want)
			}
		})
	}
}

// What is not an event is buried, not waited for.
func TestForeignMessage(t *testing.T) {
	t.Parallel()
	l, y := newLog(t), newTally()
	bus := start(t, l, stream.Config{Dir: t.TempDir()}, func(b *stream.Bus) { b.Work("all", nil, y.handle) })
	c := l.customer()
	c.say(t)
	lane := centrala.Event{Conversation: c.id}.Lane()
	must(t, bus.Foreign(stream.Subject(lane, "message.received"), map[string][]string{"type": {"a", "b"}}, "{"))
	must(t, bus.Foreign(stream.Subject(lane, "message.received"), nil, `{"id":null,"type":"message.received"}`))
	c.say(t)
	want := l.all(t)
	y.await(t, "the lane goes on", want, bus)
	letters, err := l.DeadLetters(t.Context())
	must(t, err)
	if len(letters) != 2 || !strings.Contains(letters[0].Error, "decode event") {
		t.Errorf("dead letters %+v", letters)
	}
}

func TestGroupsAreChecked(t *testing.T) {
	t.Parallel()
	nothing := func(context.Context, centrala.Event) error { return nil }
	for name, register := range map[string]func(*stream.Bus){
		"name": func(b *stream.Bus) { b.Work("Routing.1", nil, nothing) },
		"both": func(b *stream.Bus) { b.Work("a", nil, nothing); b.Work("a", nil, nothing) },
	} {
		bus := open(t, stream.Config{Dir: t.TempDir(), Graveyard: noGrave{}})
		register(bus)
		if err := bus.Start(t.Context()); err == nil {
			t.Errorf("%s: started", name)
		}
	}
	bus := open(t, stream.Config{Dir: t.TempDir()})
	bus.Work("a", nil, nothing)
	if err := bus.Start(t.Context()); err == nil {
		t.Error("work without a graveyard started")
	}
}

// A group that asks for other types than before gets those; its place in the stream is kept.
func TestGroupChangesItsTypes(t *testing.T) {
	t.Parallel()
	l, y, dir := newLog(t), newTally(), t.TempDir()
	bus := start(t, l, stream.Config{Dir: dir}, func(b *stream.Bus) {
		b.Work("g", []centrala.EventType{centrala.ConversationOpened}, y.handle)
	})
	c := l.customer()
	c.say(t)
	eventually(t, "the opening is handled", func() bool { return len(y.seen()) == 1 })
	must(t, bus.Close())
	start(t, l, stream.Config{Dir: dir}, func(b *stream.Bus) {
		b.Work("g", []centrala.EventType{centrala.MessageReceived}, y.handle)
	})
	id := c.say(t)
	eventually(t, "the message is handled", func() bool { seen := y.seen(); return seen[len(seen)-1].ID == id })
	for _, e := range y.seen()[1:] {
		if e.Type != centrala.MessageReceived {
			t.Errorf("saw %s again", e.Type)
		}
	}
}
