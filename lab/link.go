package lab

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"time"
)

// A Link is the network between people and the server: a TCP proxy that can be made bad. People
// keep its address while the server behind it dies and comes back.
type Link struct {
	listener net.Listener
	target   func() string   // the server's address now
	ctx      context.Context // ends with the link
	end      context.CancelFunc
	mu       sync.Mutex
	weather  Weather
	changed  chan struct{} // closed when the weather changes
	held     int           // pieces of traffic that a half-open link holds back
	random   *rand.Rand
	calls    map[*call]struct{}
	open     sync.WaitGroup
}

// Weather is how bad a link is. The zero Weather is good.
type Weather struct {
	Cut     float64       // the chance that a piece of traffic ends its connection instead of passing
	Delay   time.Duration // every piece waits up to this long
	Swallow bool          // nothing passes and nothing ends: half-open, as when a cable is pulled
}

// call is one connection through the link.
type call struct{ near, far net.Conn }

func (c *call) hangUp() { _, _ = c.near.Close(), c.far.Close() } // either may be gone already

// NewLink opens a link on a free port of the loopback. Close ends it.
func NewLink(target func() string, seed uint64) (*Link, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	k := &Link{listener: l, target: target, random: rand.New(rand.NewPCG(seed, 1)), calls: map[*call]struct{}{}, changed: make(chan struct{})}
	k.ctx, k.end = context.WithCancel(context.Background())
	k.open.Go(k.accept)
	return k, nil
}

// Addr is where people connect.
func (k *Link) Addr() string { return k.listener.Addr().String() }

// Set makes the weather from now on, also for what is open. Connections that swallowed come to
// life again when it clears, as cables do.
func (k *Link) Set(w Weather) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.weather = w
	close(k.changed)
	k.changed = make(chan struct{})
}

// Held is how many pieces of traffic a half-open link holds back now.
func (k *Link) Held() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.held
}

// CutAll ends all connections at once.
func (k *Link) CutAll() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	for c := range k.calls {
		c.hangUp()
	}
	return len(k.calls)
}

// Close ends the link and everything on it, in whatever weather.
func (k *Link) Close() error {
	k.end()
	err := k.listener.Close()
	k.CutAll()
	k.open.Wait()
	return err
}

func (k *Link) accept() {
	for {
		near, err := k.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		k.open.Go(func() { k.carry(near) })
	}
}

func (k *Link) carry(near net.Conn) {
	far, err := net.DialTimeout("tcp", k.target(), time.Second)
	if err != nil {
		_ = near.Close() // nobody is there, as the caller now sees
		return
	}
	c := &call{near, far}
	k.mu.Lock()
	k.calls[c] = struct{}{}
	k.mu.Unlock()
	if k.ctx.Err() != nil { // the link was closed while this was dialled
		c.hangUp()
	}
	var both sync.WaitGroup
	both.Go(func() { k.pipe(c, far, near) })
	both.Go(func() { k.pipe(c, near, far) })
	both.Wait()
	c.hangUp()
	k.mu.Lock()
	delete(k.calls, c)
	k.mu.Unlock()
}

// pipe passes traffic one way until either end is gone. An end that has said all is passed on as
// that, so that what is still on its way, either way, arrives.
func (k *Link) pipe(c *call, to, from net.Conn) {
	buf := make([]byte, 16<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			if !k.pass() {
				break
			}
			if _, err := to.Write(buf[:n]); err != nil {
				break
			}
		}
		if tcp, ok := to.(*net.TCPConn); ok && errors.Is(err, io.EOF) {
			if tcp.CloseWrite() == nil {
				return
			}
			break
		}
		if err != nil {
			break
		}
	}
	c.hangUp()
}

// pass waits as long as the weather asks and reports whether the connection lives on.
func (k *Link) pass() bool {
	for {
		w, cut, wait, changed := k.roll()
		if !w.Swallow {
			return Rest(k.ctx, wait) == nil && !cut
		}
		k.hold(1)
		select {
		case <-changed:
		case <-k.ctx.Done():
		}
		k.hold(-1)
		if k.ctx.Err() != nil {
			return false
		}
	}
}

// roll takes the chances of the weather for one piece of traffic.
func (k *Link) roll() (w Weather, cut bool, wait time.Duration, changed <-chan struct{}) {
	k.mu.Lock()
	defer k.mu.Unlock()
	w = k.weather
	if w.Delay > 0 {
		wait = time.Duration(k.random.Int64N(int64(w.Delay)))
	}
	return w, w.Cut > 0 && k.random.Float64() < w.Cut, wait, k.changed
}

func (k *Link) hold(n int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.held += n
}
