package stream

import (
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"

	"centrala"
)

// What may wait for the live handlers before events are dropped and a gap is told.
const (
	liveEvents = 1 << 16
	liveBytes  = 32 << 20
)

// liveSubject carries what a node has committed and cannot put on the stream yet, because
// something older must come first there. Nothing is stored for it.
const liveSubject = "live.centrala"

// live shows events to the sockets of this node. Where other nodes publish too it is a plain
// subscription to everything: nothing is stored for it, nothing comes again. On a stream inside
// the process there is nobody else, and what no socket has seen is shown as it is published.
type live struct {
	node     string
	log      *slog.Logger
	handlers []func(centrala.Event)
	gaps     []func()
	limit    int // events that may wait

	showing sync.Mutex // held while the handlers run

	dropped int       // of the subscription, as far as told
	owed    bool      // a gap is to be told
	told    time.Time // when the last was

	seen, lost atomic.Uint64
}

func (l *live) subscribe(c *nats.Conn) error {
	if len(l.handlers) == 0 {
		return nil
	}
	sub, err := c.Subscribe(allSubjects, l.receive)
	if err != nil {
		return err
	}
	if err := sub.SetPendingLimits(l.limit, liveBytes); err != nil {
		return fmt.Errorf("limit what waits: %w", err)
	}
	if _, err := c.Subscribe(liveSubject, l.hear); err != nil { // what is dropped of it comes by the stream
		return err
	}
	return nil
}

// gap tells that events may have been missed.
func (l *live) gap() {
	for _, f := range l.gaps {
		f()
	}
}

// receive shows an event of another node and looks whether any were dropped. It runs on one
// goroutine.
func (l *live) receive(m *nats.Msg) {
	l.hear(m)
	l.behind(m.Sub)
}

// hear shows an event of another node.
func (l *live) hear(m *nats.Msg) {
	if l.node == m.Header.Get(metaNode) {
		return
	}
	e, err := decode(m.Data)
	if err != nil {
		l.log.Warn("a live event cannot be read", "subject", m.Subject, "error", err)
		return
	}
	e.Trace = m.Header.Get(metaTrace)
	l.show(e)
}

// show brings events to the handlers, one call after another.
func (l *live) show(events ...centrala.Event) {
	if len(l.handlers) == 0 {
		return
	}
	l.showing.Lock()
	defer l.showing.Unlock()
	l.seen.Add(uint64(len(events)))
	for _, e := range events {
		for _, h := range l.handlers {
			h(e)
		}
	}
}

// behind tells of a gap when the subscription dropped events: at once when everything before
// the drop has been handled, and each second while it never is. Events are only dropped while
// others wait, so one of those always comes by here after the last drop.
func (l *live) behind(s *nats.Subscription) {
	n, err := s.Dropped()
	if err != nil {
		return // closed
	}
	if n != l.dropped {
		l.lost.Add(uint64(n - l.dropped))
		l.dropped, l.owed = n, true
	}
	if !l.owed {
		return
	}
	waiting, _, err := s.Pending()
	if err != nil || waiting > 1 && time.Since(l.told) < time.Second { // 1: this event itself
		return
	}
	l.owed, l.told = false, time.Now()
	l.log.Warn("live events came faster than they were handled; some were dropped", "dropped", n)
	l.gap()
}
