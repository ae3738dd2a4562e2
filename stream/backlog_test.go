package stream_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"centrala"
	"centrala/stream"
)

// gated is a log whose unpublished events are only shown once the gate is open.
type gated struct {
	*log
	gate chan struct{}
}

func (g gated) Unpublished(ctx context.Context, olderThan time.Duration, limit int) ([]centrala.Event, error) {
	select {
	case <-g.gate:
		return g.log.Unpublished(ctx, olderThan, limit)
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// While what a crash left behind is being published, what is committed meanwhile waits on the
// stream, as it must, but not for the sockets of the other nodes.
func TestLiveDoesNotWaitForBacklog(t *testing.T) {
	t.Parallel()
	url := startServer(t).ClientURL()
	l, y, live := newLog(t), newTally(), newTally()
	c := make([]*customer, 20)
	for i := range c {
		c[i] = l.customer()
		c[i].say(t) // nobody is told
	}
	watching := open(t, stream.Config{URL: url, Graveyard: l})
	watching.Live(live.add)
	watching.Work("all", nil, y.handle)
	must(t, watching.Start(t.Context()))
	source := gated{l, make(chan struct{})}
	bus := open(t, stream.Config{URL: url, Graveyard: l, Limits: stream.Limits{LaneQueue: 5}})
	bus.Relay(source)
	l.bus.Store(bus)
	must(t, bus.Start(t.Context()))
	var fresh []centrala.EventID
	for range 3 {
		for i := range c {
			fresh = append(fresh, c[i].say(t))
			eventually(t, "the other node hears of it", func() bool {
				s := live.seen()
				return len(s) > 0 && s[len(s)-1].ID == fresh[len(fresh)-1]
			})
		}
	}
	if n := len(y.seen()); n != 0 {
		t.Errorf("%d events were published before what is older", n)
	}
	close(source.gate)
	want := l.all(t)
	y.await(t, "all events are handled", want, bus, watching)
	if v := y.against(want); v != (verdict{}) {
		t.Errorf("of %d events: %+v", len(want), v)
	}
}

// A backlog of several pages is published whole and each conversation in its order, while people
// go on writing into the same conversations.
func TestBacklogOfManyPages(t *testing.T) {
	t.Parallel()
	l, y := newLog(t), newTally()
	l.chatter(t, 40, 10)
	bus := open(t, stream.Config{Dir: t.TempDir(), Graveyard: l, Limits: stream.Limits{LaneQueue: 10}})
	bus.Relay(l)
	bus.SetPage(50)
	bus.Work("all", nil, y.handle)
	l.bus.Store(bus)
	var talking sync.WaitGroup
	talking.Go(func() { l.chatter(t, 20, 10) })
	must(t, bus.Start(t.Context()))
	talking.Wait()
	want := l.all(t)
	y.await(t, "all events are handled", want, bus)
	if v := y.against(want); v != (verdict{}) {
		t.Errorf("of %d events: %+v", len(want), v)
	}
	eventually(t, "lanes flow", func() bool { return !bus.Held() })
	eventually(t, "everything is marked", func() bool { return l.unmarked(t) == 0 })
}

// BenchmarkBacklog is how fast a node publishes 100 000 events that a crash has left behind, and
// how long the sockets of another node wait meanwhile for what is committed anew.
func BenchmarkBacklog(b *testing.B) {
	const backlog, customers = 100_000, 500
	for _, embedded := range []bool{true, false} {
		name := "cluster"
		if embedded {
			name = "embedded"
		}
		b.Run(name, func(b *testing.B) {
			for range b.N {
				l := newLog(b)
				l.chatter(b, customers, backlog/customers)
				c := stream.Config{Dir: b.TempDir(), Graveyard: l}
				live := &stopwatch{at: map[centrala.EventID]time.Time{}}
				if !embedded {
					c.Dir, c.URL = "", startServer(b).ClientURL()
					watching := open(b, c)
					watching.Live(live.stop)
					must(b, watching.Start(b.Context()))
				}
				bus := open(b, c)
				bus.Relay(l)
				l.bus.Store(bus)
				ctx, cancel := context.WithCancel(b.Context())
				var talking sync.WaitGroup
				talking.Go(func() { live.run(ctx, b, l.customer()) })
				start, cpu := time.Now(), processor()
				must(b, bus.Start(b.Context()))
				eventually(b, "the backlog is published", func() bool {
					s, err := bus.Stats(ctx)
					must(b, err)
					return s.Swept >= backlog && !bus.Held()
				})
				took := time.Since(start)
				cancel()
				talking.Wait()
				b.ReportMetric(took.Seconds(), "s")
				b.ReportMetric(float64((processor()-cpu).Microseconds())/backlog, "cpu-µs/event")
				if !embedded {
					b.ReportMetric(float64(live.quantile(b, 0.99).Microseconds())/1000, "live-p99-ms")
				}
			}
		})
	}
}

// stopwatch times events from before their commit until somebody hears of them.
type stopwatch struct {
	mu   sync.Mutex
	at   map[centrala.EventID]time.Time // heard before it was known when it began
	took []time.Duration
	said int
}

// run says something every few milliseconds.
func (w *stopwatch) run(ctx context.Context, t testing.TB, c *customer) {
	pace := time.NewTicker(5 * time.Millisecond)
	defer pace.Stop()
	for ctx.Err() == nil {
		start := time.Now()
		id := c.say(t)
		w.mu.Lock()
		w.said++
		if heard, ok := w.at[id]; ok {
			w.took = append(w.took, heard.Sub(start))
			delete(w.at, id)
		} else {
			w.at[id] = start
		}
		w.mu.Unlock()
		<-pace.C
	}
}

func (w *stopwatch) stop(e centrala.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if start, ok := w.at[e.ID]; ok {
		w.took = append(w.took, time.Since(start))
		delete(w.at, e.ID)
	} else if e.Seq > 0 {
		w.at[e.ID] = time.Now()
	}
}

func (w *stopwatch) quantile(t testing.TB, q float64) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.took) < w.said/2 {
		t.Fatalf("%d of %d were heard", len(w.took), w.said)
	}
	slices.Sort(w.took)
	return w.took[int(float64(len(w.took)-1)*q)]
}
