package socket

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

// Tick is how often the wheel looks at every socket; spokes is how many ticks a turn has, so
// that each socket is pinged once a turn and never many at once.
const (
	Tick   = 500 * time.Millisecond
	spokes = int(PingEvery / Tick)
)

// Wheel holds all sockets, spread over the spokes.
type Wheel struct {
	log            *slog.Logger
	live           sync.WaitGroup // readers and writers
	bodies, chunks sync.Pool

	opened, in, out, bytes atomic.Int64

	mu     sync.Mutex
	shut   bool
	end    func(Owner) // set by Close
	spokes [spokes][]*Socket
	next   int
	count  int
	closes map[int]int64
}

var errClosed = errors.New("no more sockets are opened")

// NewWheel makes a wheel. Somebody has to Turn it.
func NewWheel(log *slog.Logger) *Wheel {
	w := &Wheel{log: log, closes: map[int]int64{}}
	w.bodies.New = func() any { b := make([]byte, 0, 4<<10); return &b }
	w.chunks.New = func() any { b := make([]byte, 0, chunk); return &b }
	return w
}

func (w *Wheel) run(f func()) { w.live.Go(f) }

// Run runs f as a part of a socket's life: Close waits for it. The socket must be live.
func (s *Socket) Run(f func()) { s.wheel.run(f) }

// begin counts a socket that is about to be opened, unless the wheel is closed.
func (w *Wheel) begin() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.shut {
		w.live.Add(1)
	}
	return !w.shut
}

func (w *Wheel) add(s *Socket) {
	w.mu.Lock()
	s.place = w.next
	w.spokes[s.place] = append(w.spokes[s.place], s)
	w.next = (w.next + 1) % spokes
	w.count++
	end := w.end
	w.mu.Unlock()
	if end != nil { // it was on its way in when the wheel was closed
		end(s.owner)
	}
}

func (w *Wheel) remove(s *Socket) {
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

// Len is how many sockets there are.
func (w *Wheel) Len() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.count
}

// Each calls f with every owner there is at this moment.
func (w *Wheel) Each(f func(Owner)) {
	w.mu.Lock()
	all := make([]*Socket, 0, w.count)
	for _, spoke := range w.spokes {
		all = append(all, spoke...)
	}
	w.mu.Unlock()
	for _, s := range all {
		f(s.owner)
	}
}

// Turn turns the wheel until ctx ends.
func (w *Wheel) Turn(ctx context.Context) {
	t := time.NewTicker(Tick)
	defer t.Stop()
	var (
		act  []*Socket
		tide tide
	)
	for at := 0; ; at = (at + 1) % spokes {
		select {
		case <-ctx.Done():
			return
		case now := <-t.C:
			act = w.look(act[:0], at, now)
			for _, s := range act {
				s.attend(now, s.place == at)
			}
			clear(act)
			if opened := w.opened.Load(); tide.ebbs(2*opened - int64(w.Len())) { // what opened and is gone moved twice
				debug.FreeOSMemory()
			}
		}
	}
}

// look gathers the sockets that something must be done about: those of the spoke, and all that
// stall, are silent or whose owner is restless.
func (w *Wheel) look(act []*Socket, at int, now time.Time) []*Socket {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, spoke := range w.spokes {
		for _, s := range spoke {
			if i == at || s.wire.stalled(now) || s.silent(now) || s.owner.Restless(now) {
				act = append(act, s)
			}
		}
	}
	return act
}

// attend does what is due for one socket; due tells that its spoke has come round.
func (s *Socket) attend(now time.Time, due bool) {
	switch {
	case s.wire.stalled(now):
		s.finish(TooSlow, "nothing was read for two seconds", true)
		return
	case s.silent(now):
		s.End(websocket.StatusGoingAway, "silent") // for the record: such a peer hears nothing
		return
	}
	if due {
		s.turns++
		s.Push(pingFrame())
	}
	if due || s.owner.Restless(now) {
		s.owner.Attend(now, s.turns)
	}
}

// Close lets no more sockets in, has end called for every owner, and waits until all are gone,
// or until ctx ends: then it cuts them.
func (w *Wheel) Close(ctx context.Context, end func(Owner)) error {
	w.mu.Lock()
	w.shut, w.end = true, end
	w.mu.Unlock()
	w.Each(end)
	done := make(chan struct{})
	go func() {
		w.live.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	w.mu.Lock()
	var rest []*Socket
	for _, spoke := range w.spokes {
		rest = append(rest, spoke...)
	}
	w.mu.Unlock()
	for _, s := range rest {
		if err := s.conn.CloseNow(); err != nil {
			w.log.Debug("cut a socket", "err", err)
		}
	}
	<-done // each ends now that its connection is closed
	return fmt.Errorf("close the sockets: %w", context.Cause(ctx))
}

func (w *Wheel) closed(code websocket.StatusCode) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closes[int(code)]++
}

// Stats are what is open now, and totals since the start. Closed counts sockets by close code,
// 1005 for those whose peer left.
type Stats struct {
	Sockets                               int
	Opened, FramesIn, FramesOut, BytesOut int64
	Closed                                map[int]int64
}

// Stats reads the figures.
func (w *Wheel) Stats() Stats {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := Stats{Sockets: w.count, Opened: w.opened.Load(), FramesIn: w.in.Load(), FramesOut: w.out.Load(),
		BytesOut: w.bytes.Load(), Closed: map[int]int64{}}
	for code, n := range w.closes {
		out.Closed[code] = n
	}
	return out
}
