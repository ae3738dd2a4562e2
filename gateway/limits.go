package gateway

import (
	"sync"
	"time"

	"centrala"
)

// The limits of the socket. Those that protect against too much (not those of the frames'
// form) are switched off by Config.NoLimits for load tests.
const (
	// MaxFrame is the largest client frame in bytes: a text of MaxText characters fits in with
	// room to spare, and one socket cannot make the server hold more. Beyond it: close 1009.
	MaxFrame = 64 << 10

	// MaxServerFrame is the largest server frame in bytes; history pages end before it.
	MaxServerFrame = 256 << 10

	// MaxQueue is how many bytes may wait for a socket before it is closed with 4008: what a
	// phone on a bad line takes within seconds, and little enough for thousands of sockets.
	MaxQueue = 256 << 10

	// MaxStall is how long a socket that has something waiting may take nothing at all.
	MaxStall = 2 * time.Second

	// linger is how long a stalled socket may take to swallow the frame it is in the middle of
	// and the close frame behind it, before it is cut.
	linger = 5 * time.Second

	// HelloWithin is how soon a new socket must say who it is: one round trip on the worst line.
	HelloWithin = 5 * time.Second

	// PingEvery and SilentFor keep proxies from closing idle sockets, and find dead ones.
	PingEvery = 25 * time.Second
	SilentFor = 60 * time.Second

	// VisitorSockets is how many sockets one visitor may have: tabs of one browser, generously.
	VisitorSockets = 10

	// AddressSockets is how many sockets one address may have that have not said hello: offices
	// and phone networks share addresses, a flood of half-open sockets comes from one.
	AddressSockets = 50

	// FrameRate and FrameBurst are a socket's frames a second and at once: a fast typist with a
	// busy page sends five. MaxExcess refusals in a row end the socket with 4029.
	FrameRate  = 20
	FrameBurst = 60
	MaxExcess  = 200

	// MessageRate is a socket's messages a second, and at once: people write slower, and an
	// outbox that is sent after a long absence waits for each answer.
	MessageRate = 5

	// MaxRef is the longest ref in bytes; it is echoed, never stored.
	MaxRef = 64

	// MaxResume is how many conversations one hello may resume.
	MaxResume = 50

	// MaxReplay is how many missed messages of a conversation are replayed; of more, the newest.
	MaxReplay = 500

	// MaxHistory is how many entries one history answer holds; DefaultHistory when none is asked.
	MaxHistory     = 100
	DefaultHistory = 50

	// MaxCatchUp is how many events resume_events replays; beyond it lists are loaded faster anew.
	MaxCatchUp = 20_000

	// CursorKept is how old a cursor may be, the time that the stream keeps its events.
	CursorKept = 72 * time.Hour

	// TypingFor is how long a typing mark lasts without being renewed.
	TypingFor = 6 * time.Second

	// QueueEvery is how often a waiting customer is told their place while it only changes.
	QueueEvery = 10 * time.Second

	// MinSamples is how many waits must have been seen before a time is estimated.
	MinSamples = 20

	// lanes is how many messages of one agent's socket may be on their way to the disk at once,
	// each to another conversation.
	lanes = 64
)

// bucket is a token bucket. It belongs to one goroutine; the zero bucket is full.
type bucket struct {
	used float64 // tokens taken and not yet grown again
	at   time.Time
}

// take takes one token of a bucket of size burst that grows by rate a second; when there is
// none it tells how long until there is.
func (b *bucket) take(now time.Time, rate, burst float64) (wait time.Duration, ok bool) {
	if !b.at.IsZero() {
		b.used = max(0, b.used-now.Sub(b.at).Seconds()*rate)
	}
	b.at = now
	if b.used+1 > burst+1e-9 {
		return time.Duration((b.used + 1 - burst) / rate * float64(time.Second)), false
	}
	b.used++
	return 0, true
}

// full reports whether the bucket has grown back entirely.
func (b *bucket) full() bool { return b.used <= 1 }

// gate counts the sockets of each address that have not said hello, and lets nobody in once
// it is closed.
type gate struct {
	mu     sync.Mutex
	closed bool
	count  map[string]int
}

// enter lets a socket in and counts it in live, too.
func (g *gate) enter(address string, most int, live *sync.WaitGroup) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed || most > 0 && g.count[address] >= most {
		return false
	}
	g.count[address]++
	live.Add(1)
	return true
}

func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
}

func (g *gate) shut() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.closed
}

func (g *gate) leave(address string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.count[address]--; g.count[address] <= 0 {
		delete(g.count, address)
	}
}

// pace refuses a frame that comes too soon after others; last tells that the socket has had
// enough refusals.
func (s *session) pace(kind string, now time.Time) (refusal *centrala.Error, last bool) {
	if s.g.cfg.NoLimits {
		return nil, false
	}
	wait, ok := s.frames.take(now, FrameRate, FrameBurst)
	if !ok {
		s.excess++
		return &centrala.Error{Code: centrala.RateLimited, RetryAfter: wait,
			Message: "Too many frames; at most 20 a second are taken."}, s.excess > MaxExcess
	}
	if s.frames.full() {
		s.excess = 0
	}
	if kind != "message.send" {
		return nil, false
	}
	if wait, ok = s.messages.take(now, MessageRate, MessageRate); !ok {
		return &centrala.Error{Code: centrala.RateLimited, RetryAfter: wait,
			Message: "Too many messages; at most 5 a second are taken."}, false
	}
	return nil, false
}
