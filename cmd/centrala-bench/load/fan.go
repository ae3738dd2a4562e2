package load

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"centrala/cmd/centrala-bench/host"
	"centrala/cmd/centrala-bench/stats"
	"centrala/cmd/centrala-bench/wire"
)

// Fan is one conversation before many eyes.
type Fan struct {
	Sockets     int
	Messages    int64            // that reached everybody
	Rate        float64          // deliveries a second
	Each        *stats.Latencies // from just before the visitor's send to each of the frames
	CPU, Driver time.Duration    // processor time
}

// fanAhead is how many messages may be on their way to somebody. The visitor writes no faster
// than everybody reads, as otherwise whoever is behind would be closed, as the protocol says.
const fanAhead = 32

// A fan is the state of one run.
type fan struct {
	board   *Board
	sockets int64
	sent    [fanAhead]atomic.Int64 // when, by number modulo
	seen    [fanAhead]atomic.Int64 // by how many sockets
	room    chan struct{}          // has a token for each message that may still be sent
	all     atomic.Int64           // messages that everybody has
	each    *stats.Latencies
}

// Spread lets one visitor write while so many sockets of an agent view the conversation, for a
// while. Every socket has to get every message once and in order.
func Spread(ctx context.Context, site *Site, sockets int, during time.Duration) (Fan, error) {
	result := Fan{Sockets: sockets, Each: stats.NewLatencies()}
	nobodyAnswers := func(*talk, []byte, int64) error { return nil }
	err := atWork(ctx, site, toCarry(1), nobodyAnswers, func(ctx context.Context, s *Shift) error {
		ctx, end := context.WithCancel(ctx) // ends every socket
		defer end()
		crowd, err := s.visitors(ctx, 1)
		if err != nil {
			return err
		}
		v := crowd[0]
		f := &fan{board: s.board, sockets: int64(sockets), room: make(chan struct{}, fanAhead), each: result.Each}
		for range fanAhead {
			f.room <- struct{}{}
		}
		g, ctx := errgroup.WithContext(ctx)
		g.Go(func() error {
			defer end()
			if err := f.gather(ctx, g, site, v, sockets); err != nil {
				return err
			}
			cpu, driver, err := Pace{Servers: site.Servers}.used()
			if err != nil {
				return err
			}
			start := time.Now()
			if err := f.write(ctx, v, during); err != nil {
				return err
			}
			took := time.Since(start)
			result.CPU, result.Driver, err = Pace{Servers: site.Servers}.used()
			result.CPU, result.Driver = result.CPU-cpu, result.Driver-driver
			result.Messages = f.all.Load()
			result.Rate = float64(result.Messages) * float64(sockets) / took.Seconds()
			return err
		})
		return g.Wait()
	})
	return result, err
}

// gather opens the sockets of an agent who does not hold the conversation, each of which views
// it, and lets them read.
func (f *fan) gather(ctx context.Context, g *errgroup.Group, site *Site, v *Visitor, sockets int) error {
	if err := host.EnoughFiles(sockets + 200); err != nil {
		return err
	}
	emails, err := staff(ctx, site.Back(), 2)
	if err != nil {
		return err
	}
	var token string
	for _, email := range emails {
		t, id, err := site.Back().Login(ctx, email, password)
		if err != nil {
			return err
		}
		if id != v.talk.holder {
			token = t
		}
	}
	coming, _ := errgroup.WithContext(ctx)
	coming.SetLimit(atOnce)
	for range sockets {
		coming.Go(func() error {
			sock, err := site.Back().Open(ctx, token, nil)
			if err != nil {
				return err
			}
			// The frames of a socket are taken in their order: whoever is answered views.
			err = errors.Join(sock.Within(4*patience),
				wire.Say(sock, map[string]any{"type": "view", "conversation": v.talk.id}),
				wire.Say(sock, map[string]any{"type": "ping", "ref": "seen"}))
			if err == nil {
				_, err = wire.Await(sock, "pong")
			}
			if err != nil {
				return err
			}
			g.Go(func() error { return f.watch(ctx, sock) })
			return nil
		})
	}
	g.Go(func() error { return f.acknowledged(ctx, v) })
	return coming.Wait()
}

// watch is one of the sockets.
func (f *fan) watch(ctx context.Context, sock *wire.Socket) error {
	for next := int64(1); ; {
		b, err := sock.Read()
		now := f.board.clock()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("one who views: %w", err)
		}
		g, err := wire.Look(b)
		if err != nil {
			return err
		}
		n, ok := wire.Numbered(b, question)
		if g.Type != "message" || !ok {
			continue
		}
		if n != next {
			return fmt.Errorf("one who views got message %d where %d was expected", n, next)
		}
		next++
		f.each.Record(time.Duration(now - f.sent[n%fanAhead].Load()))
		if f.seen[n%fanAhead].Add(1) == f.sockets {
			f.all.Add(1)
			f.room <- struct{}{}
		}
	}
}

// acknowledged reads what the visitor is told.
func (f *fan) acknowledged(ctx context.Context, v *Visitor) error {
	for {
		b, err := v.sock.Read()
		if ctx.Err() != nil {
			return nil
		}
		if err == nil {
			_, err = wire.Look(b)
		}
		if err != nil {
			return fmt.Errorf("the visitor who writes to all: %w", err)
		}
	}
}

// write sends as fast as everybody reads, and waits until they have it all.
func (f *fan) write(ctx context.Context, v *Visitor, during time.Duration) error {
	take := func() error {
		select {
		case <-f.room:
			return nil
		case <-time.After(patience):
			return fmt.Errorf("a message has not reached everybody after %s", patience)
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	end := time.Now().Add(during)
	for n := int64(1); time.Now().Before(end); n++ {
		if err := take(); err != nil {
			return err
		}
		f.seen[n%fanAhead].Store(0)
		f.sent[n%fanAhead].Store(f.board.clock())
		out, err := wire.AppendSend(v.out[:0], "m", v.talk.id, string(question)+strconv.FormatInt(n, 10)+padding)
		if err == nil {
			v.out = out
			err = v.sock.Write(out)
		}
		if err != nil {
			return err
		}
	}
	for range fanAhead {
		if err := take(); err != nil {
			return err
		}
	}
	return nil
}
