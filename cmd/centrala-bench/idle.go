package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// Idle is what visitors cost who have the chat open and say nothing.
type Idle struct {
	Sockets       int
	Connecting    time.Duration // how long it took to bring all of them in
	Before, After Memory        // After: when the window was over
	Settled       Memory        // before the window began
	Window        time.Duration
	CPU           float64 // cores during the window
	Lost          int     // sockets that did not live through it
}

// PerSocket is the growth of the resident memory a socket, in KiB.
func (i Idle) PerSocket() float64 { return float64(i.After.RSS-i.Before.RSS) / float64(i.Sockets) }

const (
	idleSettle  = 10 * time.Second
	idleWindow  = 60 * time.Second
	idleSources = 8 // loopback addresses that the sockets come from
	idleAtOnce  = 16
)

// measureIdle brings n visitors in and watches the server while they say nothing. Each has
// been welcomed, and answers the server's pings.
func measureIdle(ctx context.Context, s *Server, n int) (Idle, error) {
	if err := enoughFiles(n + 200); err != nil {
		return Idle{}, err
	}
	ctx, end := context.WithCancel(ctx)
	var alive atomic.Int64
	held, ctx := errgroup.WithContext(ctx)
	defer func() {
		end()
		_ = held.Wait() // each tells how it ended, which is no news any more
	}()
	idle := Idle{Sockets: n, Window: idleWindow}
	var err error
	if idle.Before, err = memoryOf(s.PID()); err != nil {
		return idle, err
	}
	start := time.Now()
	entering, _ := errgroup.WithContext(ctx)
	entering.SetLimit(idleAtOnce)
	for i := range n {
		entering.Go(func() error {
			sock, err := idleSocket(ctx, s.House, net.IPv4(127, 0, 0, byte(2+i%idleSources)))
			if err != nil {
				return fmt.Errorf("idle socket %d: %w", i, err)
			}
			alive.Add(1)
			held.Go(func() error {
				defer alive.Add(-1)
				for {
					if _, err := sock.Read(); err != nil {
						return nil
					}
					sock.Slim()
				}
			})
			return nil
		})
	}
	if err := entering.Wait(); err != nil {
		return idle, err
	}
	s.Leave()
	idle.Connecting = time.Since(start)
	if err := rest(ctx, idleSettle); err != nil {
		return idle, err
	}
	if idle.Settled, err = memoryOf(s.PID()); err != nil {
		return idle, err
	}
	if idle.CPU, err = coresOf(ctx, s.PID(), idleWindow); err != nil {
		return idle, err
	}
	idle.Lost = n - int(alive.Load())
	idle.After, err = memoryOf(s.PID())
	return idle, err
}

// idleSocket is one visitor who has been welcomed.
func idleSocket(ctx context.Context, h *House, from net.IP) (*Socket, error) {
	token, err := h.visitor(ctx)
	if err != nil {
		return nil, err
	}
	s, err := Dial(ctx, Door{Addr: h.Addr, Path: "/v1/socket", Protocol: "centrala.v1", Local: from, Buffer: 256})
	if err != nil {
		return nil, err
	}
	if err := errors.Join(s.Within(patience), say(s, map[string]any{"type": "hello", "token": token})); err != nil {
		return nil, err
	}
	if _, err := await(s, "welcome"); err != nil {
		return nil, err
	}
	s.Slim()
	return s, s.conn.SetDeadline(time.Time{})
}

// coresOf is how many cores a process keeps busy during a while from now.
func coresOf(ctx context.Context, pid int, during time.Duration) (float64, error) {
	before, err := cpuOf(pid)
	if err != nil {
		return 0, err
	}
	start := time.Now()
	if err := rest(ctx, during); err != nil {
		return 0, err
	}
	after, err := cpuOf(pid)
	return float64(after-before) / float64(time.Since(start)), err
}

// rest waits, unless ctx ends first.
func rest(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
