package load

import (
	"context"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"centrala/cmd/centrala-bench/host"
	"centrala/cmd/centrala-bench/wire"
)

// Idle is what visitors cost who have the chat open and say nothing.
type Idle struct {
	Sockets       int
	Connecting    time.Duration // how long it took to bring all of them in
	Before, After host.Memory   // After: when the window was over
	Settled       host.Memory   // before the window began
	Window        time.Duration
	CPU           float64 // cores during the window
	Lost          int     // sockets that did not live through it
}

// PerSocket is the growth of the resident memory a socket, in KiB.
func (i Idle) PerSocket() float64 { return float64(i.After.RSS-i.Before.RSS) / float64(i.Sockets) }

const sources = 8 // loopback addresses that many sockets come from, as one has 28 000 ports

// Sit brings n visitors in, lets them settle, and watches the server for a window while they
// say nothing. Each has been welcomed, and answers the server's pings.
func Sit(ctx context.Context, site *Site, n int, settle, window time.Duration) (Idle, error) {
	if err := host.EnoughFiles(n + 200); err != nil {
		return Idle{}, err
	}
	ctx, end := context.WithCancel(ctx)
	var alive atomic.Int64
	held, ctx := errgroup.WithContext(ctx)
	defer func() {
		end()
		_ = held.Wait() // each tells how it ended, which is no news any more
	}()
	idle := Idle{Sockets: n, Window: window}
	var err error
	if idle.Before, err = host.MemoryOf(site.Servers[0]); err != nil {
		return idle, err
	}
	start := time.Now()
	entering, _ := errgroup.WithContext(ctx)
	entering.SetLimit(atOnce)
	for i := range n {
		entering.Go(func() error {
			sock, err := idleSocket(ctx, site.Front(), source(i))
			if err != nil {
				return fmt.Errorf("idle socket %d: %w", i, err)
			}
			alive.Add(1)
			held.Go(func() error {
				defer alive.Add(-1)
				_ = sit(sock) // how it ends is no news
				return nil
			})
			return nil
		})
	}
	if err := entering.Wait(); err != nil {
		return idle, err
	}
	site.Front().Leave()
	idle.Connecting = time.Since(start)
	if err := rest(ctx, settle); err != nil {
		return idle, err
	}
	if idle.Settled, err = host.MemoryOf(site.Servers[0]); err != nil {
		return idle, err
	}
	if idle.CPU, err = host.CoresOf(ctx, site.Servers[0], window); err != nil {
		return idle, err
	}
	idle.Lost = n - int(alive.Load())
	idle.After, err = host.MemoryOf(site.Servers[0])
	return idle, err
}

// source is the loopback address that socket i comes from.
func source(i int) net.IP { return net.IPv4(127, 0, 0, byte(2+i%sources)) }

// idleSocket is one visitor who has been welcomed.
func idleSocket(ctx context.Context, h *wire.House, from net.IP) (*wire.Socket, error) {
	token, err := h.Visitor(ctx)
	if err != nil {
		return nil, err
	}
	s, err := h.Enter(ctx, wire.Door{Local: from, Buffer: 256}, token, nil)
	if err != nil {
		return nil, err
	}
	if err := s.Within(patience); err != nil {
		return nil, err
	}
	if _, err := wire.Await(s, "welcome"); err != nil {
		return nil, err
	}
	s.Slim()
	return s, s.Within(0)
}
