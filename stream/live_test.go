package stream_test

import (
	"sync/atomic"
	"testing"

	"centrala"
	"centrala/stream"
)

func TestLive(t *testing.T) {
	t.Parallel()
	url := startServer(t).ClientURL()
	l, own, other := newLog(t), newTally(), newTally()
	committing := start(t, l, stream.Config{URL: url}, func(b *stream.Bus) { b.Live(own.add) })
	watching := open(t, stream.Config{URL: url, Graveyard: l})
	watching.Live(other.add)
	watching.OnGap(func() { t.Error("a gap") })
	must(t, watching.Start(t.Context()))
	eventually(t, "lanes flow", func() bool { return !committing.Held() })
	seed := len(own.seen()) // the inbox of the log was saved before anybody listened

	stats, err := committing.Stats(t.Context())
	must(t, err)
	before := stats.Swept
	l.chatter(t, 20, 10)
	want := l.all(t)
	other.await(t, "the other node sees all", want, committing)
	v, shown := other.against(want), len(own.seen())-seed
	stats, err = committing.Stats(t.Context())
	must(t, err)
	swept := int(stats.Swept - before) // where a commit takes seconds the sweep is faster, and tells everybody
	if v.missing != 0 || v.inverted != 0 || v.doubled > swept {
		t.Errorf("%+v, of which %d by the sweep", v, swept)
	}
	if shown > swept {
		t.Errorf("a node saw %d of its own events, of which %d by the sweep", shown, swept)
	}

	// What a sweep publishes no node's sockets have seen: all are told.
	l.bus.Store(nil)
	id := l.customer().say(t)
	for name, y := range map[string]*tally{"own": own, "other": other} {
		eventually(t, name+" sees what was swept", func() bool {
			for _, e := range y.seen() {
				if e.ID == id {
					return true
				}
			}
			return false
		})
	}
}

// A node that lost its connection is told once events flow again.
func TestGapAfterDisconnect(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	srv := startServerAt(t, -1, dir)
	address := srv.Addr().String()
	bus := open(t, stream.Config{URL: "nats://" + address})
	var gaps atomic.Int64
	bus.Live(func(centrala.Event) {})
	bus.OnGap(func() { gaps.Add(1) })
	must(t, bus.Start(t.Context()))
	srv.Shutdown()
	srv.WaitForShutdown()
	eventually(t, "the loss is noticed", func() bool { return bus.Ready() != nil })
	if gaps.Load() != 0 {
		t.Error("a gap was told while nothing flows")
	}
	startServerAt(t, port(t, address), dir)
	eventually(t, "the gap is told", func() bool { return gaps.Load() > 0 })
	eventually(t, "the bus is ready", func() bool { return bus.Ready() == nil })
}

// A node that is too slow loses events, and is told so after the last loss.
func TestGapWhenSlow(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	talking := open(t, stream.Config{URL: srv.ClientURL()})
	var source settled
	talking.Relay(&source)
	must(t, talking.Start(t.Context()))
	slow := open(t, stream.Config{URL: srv.ClientURL()})
	slow.SetLiveLimit(100)
	var gaps, lostAtGap atomic.Int64
	unblock := make(chan struct{})
	slow.Live(func(centrala.Event) {
		<-unblock
	})
	slow.OnGap(func() {
		gaps.Add(1)
		stats, _ := slow.Stats(t.Context())
		lostAtGap.Store(int64(stats.LiveLost))
	})
	must(t, slow.Start(t.Context()))
	events := newTraffic(50)
	const many = 2000
	for range many {
		talking.Offer([]centrala.Event{events.next()})
	}
	eventually(t, "all are published", func() bool { return source.marked.Load() == many })
	eventually(t, "all have come to the slow one", func() bool { return slow.LiveArrived() >= many })
	close(unblock)
	eventually(t, "the gap is told", func() bool { return gaps.Load() > 0 })
	stats, _ := slow.Stats(t.Context())
	eventually(t, "what waited is handled", func() bool {
		stats, _ = slow.Stats(t.Context())
		return stats.LiveSeen+stats.LiveLost == many
	})
	if stats.LiveLost == 0 {
		t.Error("nothing was lost")
	}
	eventually(t, "the gap was told after the last loss", func() bool { return lostAtGap.Load() == int64(stats.LiveLost) })
}
