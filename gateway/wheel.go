package gateway

import (
	"sync"
	"time"

	"github.com/coder/websocket"

	"centrala/auth"
)

// tick is how often the wheel looks at every socket; spokes is how many ticks a turn has, so
// that each socket is pinged once a turn and never many at once.
const (
	tick   = 500 * time.Millisecond
	spokes = int(PingEvery / tick)
)

// wheel holds all sockets, spread over the spokes. It costs no timer for any of them.
type wheel struct {
	mu     sync.Mutex
	spokes [spokes][]*session
	next   int
	count  int
}

func newWheel() *wheel { return &wheel{} }

func (w *wheel) add(s *session) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s.place = w.next
	w.spokes[s.place] = append(w.spokes[s.place], s)
	w.next = (w.next + 1) % spokes
	w.count++
}

func (w *wheel) remove(s *session) {
	w.mu.Lock()
	defer w.mu.Unlock()
	spoke := w.spokes[s.place]
	for i := range spoke {
		if spoke[i] == s {
			last := len(spoke) - 1
			spoke[i], spoke[last] = spoke[last], nil
			w.spokes[s.place] = spoke[:last]
			w.count--
			return
		}
	}
}

func (w *wheel) len() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.count
}

// all is every socket at this moment.
func (w *wheel) all() []*session {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := make([]*session, 0, w.count)
	for _, spoke := range w.spokes {
		out = append(out, spoke...)
	}
	return out
}

// turn is the wheel's goroutine.
func (g *Gateway) turn() {
	t := time.NewTicker(tick)
	defer t.Stop()
	var act []*session
	for at := 0; ; at = (at + 1) % spokes {
		select {
		case <-g.ctx.Done():
			return
		case now := <-t.C:
			act = g.wheel.look(act[:0], at, now)
			for _, s := range act {
				s.attend(now, s.place == at)
			}
			clear(act)
			g.hub.typed(now)
		}
	}
}

// look gathers the sockets that something must be done about: those of the spoke, and all that
// stall, have not said hello in time or are in doubt.
func (w *wheel) look(act []*session, at int, now time.Time) []*session {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, spoke := range w.spokes {
		for _, s := range spoke {
			if i == at || s.wire.stalled(now) || s.silent(now) || s.doubt.Load() || s.who.Load() == nil && now.Sub(s.born) > HelloWithin {
				act = append(act, s)
			}
		}
	}
	return act
}

// attend does what is due for one socket; due tells that its spoke has come round.
func (s *session) attend(now time.Time, due bool) {
	p := s.who.Load()
	switch {
	case s.wire.stalled(now):
		s.stall()
		return
	case s.silent(now):
		s.end(websocket.StatusGoingAway, "silent") // for the record: such a peer hears nothing
		return
	case p == nil && now.Sub(s.born) > HelloWithin:
		s.end(closeToken, auth.Bad)
		return
	case p != nil && (s.doubt.Swap(false) || !p.Expires.IsZero() && now.After(p.Expires)):
		s.g.tasks.Go(s.recheck)
	}
	if !due {
		return
	}
	s.push(pingFrame())
	s.beats++
	s.forget()
	if p != nil && s.beats%s.recheckEvery(p) == 0 {
		s.g.tasks.Go(s.recheck)
	}
}

// recheckEvery is after how many pings it is asked again whether the token counts: agents and
// programs, who can be signed out from elsewhere, each 50 s, visitors each five minutes.
func (s *session) recheckEvery(p *auth.Principal) int {
	if p.Kind == auth.Visitor {
		return 12
	}
	return 2
}

// silent reports whether the peer has given no sign of life for SilentFor.
func (s *session) silent(now time.Time) bool {
	return now.UnixNano()-s.heard.Load() > int64(SilentFor)
}
