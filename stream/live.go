package stream

import (
	"fmt"
	"log/slog"
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

// live is a plain subscription to everything: nothing is stored for it, nothing comes again.
type live struct {
	node     string
	log      *slog.Logger
	handlers []func(centrala.Event)
	gaps     []func()
	limit    int // events that may wait

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
	return nil
}

// gap tells that events may have been missed.
func (l *live) gap() {
	for _, f := range l.gaps {
		f()
	}
}

// receive shows an event of another node to the handlers. It runs on one goroutine.
func (l *live) receive(m *nats.Msg) {
	if l.node == m.Header.Get(metaNode) {
		l.behind(m.Sub)
		return
	}
	e, err := decode(m.Data)
	if err != nil {
		l.log.Warn("a live event cannot be read", "subject", m.Subject, "error", err)
	} else {
		l.seen.Add(1)
		e.Trace = m.Header.Get(metaTrace)
		for _, h := range l.handlers {
			h(e)
		}
	}
	l.behind(m.Sub)
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
