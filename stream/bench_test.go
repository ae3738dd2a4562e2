package stream_test

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"centrala"
	"centrala/stream"
)

// settled is an outbox with nothing left in it: what a benchmark offers comes from nowhere.
type settled struct {
	marked atomic.Int64
	mu     sync.Mutex
	more   sync.Cond
}

func (s *settled) Unpublished(context.Context, time.Duration, int) ([]centrala.Event, error) {
	return nil, nil
}

func (s *settled) Published(ids []centrala.EventID) {
	s.marked.Add(int64(len(ids)))
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.more.L != nil {
		s.more.Broadcast()
	}
}

// within waits until n events are published.
func (s *settled) within(n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.more.L = &s.mu
	for s.marked.Load() < n {
		s.more.Wait()
	}
}

func (s *settled) LastEvent(context.Context) (centrala.EventID, error) {
	return 0, nil
}
func (s *settled) Since(context.Context, centrala.Scope, centrala.EventID, int) ([]centrala.Commit, error) {
	return nil, nil
}

// traffic makes events of some conversations in turn, each numbered in its conversation.
type traffic struct {
	ids           centrala.IDs
	conversations []centrala.ConversationID
	n             int
}

func newTraffic(conversations int) *traffic {
	t := &traffic{conversations: make([]centrala.ConversationID, conversations)}
	for i := range t.conversations {
		t.conversations[i] = centrala.ConversationID(t.ids.Next(time.Now()))
	}
	return t
}

func (t *traffic) next() centrala.Event {
	e := centrala.Event{ID: centrala.EventID(t.ids.Next(time.Now())), Type: centrala.MessageReceived, At: time.Now(),
		Conversation: t.conversations[t.n%len(t.conversations)], N: int64(t.n/len(t.conversations) + 1), Seq: int64(t.n),
		Side: centrala.Buyer, Channel: centrala.Chat}
	t.n++
	return e
}

func processor() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func openForBench(b *testing.B, source stream.Outbox) *stream.Bus {
	bus, err := stream.Open(b.Context(), stream.Config{Dir: b.TempDir(), Node: "bench", Graveyard: noGrave{}})
	if err != nil {
		b.Fatal(err)
	}
	bus.Relay(source)
	b.Cleanup(func() {
		if err := bus.Close(); err != nil {
			b.Error(err)
		}
	})
	return bus
}

type noGrave struct{}

func (noGrave) Bury(_ context.Context, d centrala.DeadLetter) error { panic(d.Error) }

// BenchmarkPublish is how fast offered events are stored on the embedded stream, by 500
// conversations at once; the processor time is the server's too.
func BenchmarkPublish(b *testing.B) {
	var source settled
	bus := openForBench(b, &source)
	if err := bus.Start(b.Context()); err != nil {
		b.Fatal(err)
	}
	events := newTraffic(500)
	b.ReportAllocs()
	b.ResetTimer()
	cpu := processor()
	for i := range b.N {
		source.within(int64(i) - 8000) // queues stay half full
		bus.Offer([]centrala.Event{events.next()})
	}
	source.within(int64(b.N))
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
	b.ReportMetric(float64((processor()-cpu).Microseconds())/float64(b.N), "cpu-µs/op")
}

// BenchmarkOfferToWork is the time from Offer to a handler, one event at a time.
func BenchmarkOfferToWork(b *testing.B) {
	bus := openForBench(b, &settled{})
	arrived := make(chan struct{}, 1)
	for _, g := range []string{"routing", "search", "survey"} {
		bus.Work(g, []centrala.EventType{centrala.MessageReceived}, func(context.Context, centrala.Event) error {
			if g == "routing" {
				arrived <- struct{}{}
			}
			return nil
		})
	}
	if err := bus.Start(b.Context()); err != nil {
		b.Fatal(err)
	}
	events := newTraffic(50)
	took := make([]time.Duration, 0, b.N)
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		start := time.Now()
		bus.Offer([]centrala.Event{events.next()})
		<-arrived
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
}

// BenchmarkWork is how many events a second five groups handle, each all of them.
func BenchmarkWork(b *testing.B) {
	var source settled
	bus := openForBench(b, &source)
	var handled sync.WaitGroup
	for _, g := range []string{"a", "b", "c", "d", "e"} {
		handled.Add(b.N)
		bus.Work(g, []centrala.EventType{centrala.MessageReceived}, func(context.Context, centrala.Event) error {
			handled.Done()
			return nil
		})
	}
	if err := bus.Start(b.Context()); err != nil {
		b.Fatal(err)
	}
	events := newTraffic(500)
	b.ResetTimer()
	cpu := processor()
	for i := range b.N {
		source.within(int64(i) - 8000)
		bus.Offer([]centrala.Event{events.next()})
	}
	handled.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
	b.ReportMetric(float64((processor()-cpu).Microseconds())/float64(b.N), "cpu-µs/op")
}
