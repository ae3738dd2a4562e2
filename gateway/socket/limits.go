package socket

import (
	"sync"
	"time"
)

// The limits of one socket.
const (
	// MaxFrame is the largest client frame in bytes: a text of 16 000 characters fits in with
	// room to spare, and one socket cannot make the server hold more. Beyond it: close 1009.
	MaxFrame = 64 << 10

	// MaxQueue is how many bytes may wait for a socket before it is closed with TooSlow: what a
	// phone on a bad line takes within seconds, and little enough for thousands of sockets.
	MaxQueue = 256 << 10

	// MaxStall is how long a socket that has something waiting may take nothing at all.
	MaxStall = 2 * time.Second

	// linger is how long a stalled socket may take to swallow the frame it is in the middle of
	// and the close frame behind it, before it is cut.
	linger = 5 * time.Second

	// PingEvery and SilentFor keep proxies from closing idle sockets, and find dead ones.
	PingEvery = 25 * time.Second
	SilentFor = 60 * time.Second
)

// Bucket is a token bucket. It belongs to one goroutine; the zero Bucket is full.
type Bucket struct {
	used float64 // tokens taken and not yet grown again
	at   time.Time
}

// Take takes one token of a bucket of size burst that grows by rate a second; when there is
// none it tells how long until there is.
func (b *Bucket) Take(now time.Time, rate, burst float64) (wait time.Duration, ok bool) {
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

// Full reports whether the bucket has grown back entirely but for the last token.
func (b *Bucket) Full() bool { return b.used <= 1 }

// Gate counts the sockets of each address that are not known yet.
type Gate struct {
	mu    sync.Mutex
	count map[string]int
}

// Enter lets a socket in, unless its address has most already; 0 is no limit.
func (g *Gate) Enter(address string, most int) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if most > 0 && g.count[address] >= most {
		return false
	}
	if g.count == nil {
		g.count = map[string]int{}
	}
	g.count[address]++
	return true
}

// Leave takes one socket off the address's count.
func (g *Gate) Leave(address string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.count[address]--; g.count[address] <= 0 {
		delete(g.count, address)
	}
}
