package load

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"centrala/cmd/centrala-bench/host"
	"centrala/cmd/centrala-bench/wire"
)

// Held is what one chat costs while others are open too.
type Held struct {
	Conversations int // open, each with its customer connected and an agent who has it
	Entering      time.Duration
	Tempo         Tempo // of one visitor more
	Memory        host.Memory
}

// Grow opens more and more conversations and at each size lets one visitor talk.
func Grow(ctx context.Context, site *Site, sizes []int, p Pace) ([]Held, error) {
	most := 1
	for _, n := range sizes {
		most = max(most, n+1)
	}
	if err := host.EnoughFiles(most + 500); err != nil {
		return nil, err
	}
	var all []Held
	err := atWork(ctx, site, toCarry(most), nil, func(ctx context.Context, s *Shift) error {
		ctx, end := context.WithCancel(ctx)
		defer end()
		var sitting errgroup.Group
		defer func() { _ = sitting.Wait() }() // each tells how it ended, which is no news any more
		defer end()
		open := 0
		for _, n := range sizes {
			begun := time.Now()
			_, err := s.bring(ctx, n-open, func(ctx context.Context, token string, d wire.Door) (*Visitor, error) {
				v, err := s.enter(ctx, token, d)
				if err == nil {
					sitting.Go(func() error { return sit(v.sock) }) // whoever is silent for a minute is let go
				}
				return v, err
			})
			if err != nil {
				return err
			}
			open = n
			h := Held{Conversations: n, Entering: time.Since(begun)}
			if err := h.measure(ctx, site, s, p); err != nil {
				return err
			}
			all = append(all, h)
		}
		return nil
	})
	return all, err
}

// measure lets one visitor more talk.
func (h *Held) measure(ctx context.Context, site *Site, s *Shift, p Pace) error {
	if err := rest(ctx, 2*time.Second); err != nil {
		return err
	}
	one, err := s.visitors(ctx, 1)
	if err != nil {
		return err
	}
	bouts, err := closedLoop(ctx, one, p)
	if err != nil {
		return err
	}
	h.Tempo = Summary(bouts)
	if h.Memory, err = host.MemoryOf(site.Servers[0]); err != nil {
		return err
	}
	return dismiss(one)
}

// sit reads, which answers pings, and forgets until the socket ends.
func sit(sock *wire.Socket) error {
	for {
		if _, err := sock.Read(); err != nil {
			return err
		}
		sock.Slim()
	}
}
