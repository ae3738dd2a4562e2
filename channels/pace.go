package channels

import (
	"context"
	"sync"
	"time"

	"centrala"
)

// Pace is how much a line and its other sides bear. Zero numbers are no limits.
type Pace struct {
	Connections int           // attempts at the same time to the people of one domain
	Every       time.Duration // between two messages to one domain
	PerMinute   int           // messages from one inbox
}

// Paced is a Sender on a line that bears only so much. Limits hold within this process: a house
// of several nodes that send for one inbox sends that many times as much at most.
type Paced interface {
	Sender
	Pace(inbox centrala.Inbox) Pace
}

// Busy is an answer of the other side that it is sent too much: what is for Domain waits a
// while, and with no Domain all that the inbox has. Nothing was taken. For is how long, when the
// other side says so; 0: longer each time in a row.
type Busy struct {
	Domain string
	For    time.Duration
	Err    error
}

// Error implements error.
func (b *Busy) Error() string {
	if b.Domain == "" {
		return "the server wants fewer messages: " + b.Err.Error()
	}
	return b.Domain + " wants fewer messages: " + b.Err.Error()
}

// Unwrap returns the cause.
func (b *Busy) Unwrap() error { return b.Err }

// Bucket is a token bucket: on the average one message in each interval passes, and Burst at
// once after a quiet time. With no interval everything passes. Time is the caller's.
type Bucket struct {
	Every time.Duration
	Burst int // at least 1

	filled time.Time // when it will be full again
}

// Ready is when the next message may pass: at is not before now.
func (b *Bucket) Ready(now time.Time) (at time.Time) {
	if b.Every <= 0 {
		return now
	}
	at = b.filled.Add(-time.Duration(max(b.Burst, 1)-1) * b.Every)
	if at.Before(now) {
		return now
	}
	return at
}

// Take lets a message pass at now, whether or not one may.
func (b *Bucket) Take(now time.Time) {
	if b.filled.Before(now) {
		b.filled = now
	}
	b.filled = b.filled.Add(b.Every)
}

// pauseAfter is how long a destination is left alone after the busy-th answer in a row that it
// is sent too much.
func pauseAfter(busy int) time.Duration {
	steps := [...]time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour}
	return steps[min(max(busy, 1), len(steps))-1]
}

// gate knows to which domains messages may leave. It is safe for concurrent use.
type gate struct {
	mu      sync.Mutex
	domains map[string]*domain
	changed chan struct{} // closed when something left or a pause began
}

type domain struct {
	open   int // attempts under way
	bucket Bucket
	busy   int       // answers in a row that it is sent too much
	until  time.Time // it is left alone
}

func newGate() *gate { return &gate{domains: make(map[string]*domain), changed: make(chan struct{})} }

// ready is when a domain may have its next message; never is true while that depends on one
// that is under way.
func (d *domain) ready(p Pace, now time.Time) (at time.Time, never bool) {
	if p.Connections > 0 && d.open >= p.Connections {
		return now, true
	}
	d.bucket.Every = p.Every
	at = d.bucket.Ready(now)
	if at.Before(d.until) {
		at = d.until
	}
	return at, false
}

// shut lists the domains that may have nothing now, and in how long the first of them may, at
// most limit. What it has nothing to say about any more it forgets.
func (g *gate) shut(p Pace, now time.Time, limit time.Duration) (names []string, wait time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	wait = limit
	for name, d := range g.domains {
		at, never := d.ready(p, now)
		if at.After(now) || never {
			names = append(names, name)
			if !never {
				wait = min(wait, at.Sub(now))
			}
		} else if d.open == 0 && (d.busy == 0 || now.Sub(d.until) > 4*time.Hour) && !d.bucket.filled.After(now) {
			delete(g.domains, name)
		}
	}
	return names, wait
}

// enter waits for the turn of a message to a domain and reports whether it came before ctx
// ended. Who has entered must leave. A domain that is paused meanwhile has no turn to wait for.
func (g *gate) enter(ctx context.Context, p Pace, name string) bool {
	for {
		g.mu.Lock()
		d := g.domains[name]
		if d == nil {
			d = &domain{}
			g.domains[name] = d
		}
		now := time.Now()
		at, never := d.ready(p, now)
		if !at.After(now) && !never {
			d.open++
			d.bucket.Take(now)
			g.mu.Unlock()
			return true
		}
		paused, changed := d.until.After(now), g.changed
		g.mu.Unlock()
		if paused || !turn(ctx, at.Sub(now), never, changed) {
			return false
		}
	}
}

func turn(ctx context.Context, wait time.Duration, never bool, changed <-chan struct{}) bool {
	var over <-chan time.Time
	if !never {
		t := time.NewTimer(wait)
		defer t.Stop()
		over = t.C
	}
	select {
	case <-ctx.Done():
		return false
	case <-over:
	case <-changed:
	}
	return true
}

// leave ends what began with enter. taken says that the domain had nothing against it.
func (g *gate) leave(name string, taken bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if d := g.domains[name]; d != nil {
		d.open--
		if taken {
			d.busy = 0
		}
	}
	g.tell()
}

// pause leaves a domain alone for a while, longer each time in a row, and says until when.
func (g *gate) pause(name string, now time.Time) time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	d := g.domains[name]
	if d == nil {
		d = &domain{}
		g.domains[name] = d
	}
	if !d.until.After(now) { // two that were under way are one answer
		d.busy++
		d.until = now.Add(pauseAfter(d.busy))
	}
	g.tell()
	return d.until
}

func (g *gate) tell() {
	close(g.changed)
	g.changed = make(chan struct{})
}
