package load

import (
	"context"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"centrala/cmd/centrala-bench/wire"
)

// Pile lets visitors come in while no agent is there, calls away, which takes the stream away,
// and has them write n messages, each as soon as their last is acknowledged. All of them are
// committed, and none can be published. At last they end their conversations, so that after the
// restart no agent is shown all of it.
func Pile(ctx context.Context, site *Site, visitors, n int, away func() error) error {
	ctx, end := context.WithCancel(ctx) // ends every socket
	defer end()
	s := &Shift{site: site, board: NewBoard()}
	crowd, err := s.bring(ctx, visitors, s.begin)
	if err != nil {
		return err
	}
	if err := away(); err != nil {
		return err
	}
	var begun atomic.Int64
	var g errgroup.Group
	for _, v := range crowd {
		g.Go(func() error {
			for i := begun.Add(1); i <= int64(n); i = begun.Add(1) {
				if err := v.put(strconv.FormatInt(i, 10)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return dismiss(crowd)
}

// put sends message number and waits for its acknowledgement.
func (v *Visitor) put(number string) (err error) {
	if v.out, err = wire.AppendSend(v.out[:0], number, v.talk.id, string(piled)+number+padding); err != nil {
		return err
	}
	if err := v.sock.Within(patience); err != nil {
		return err
	}
	if err := v.sock.Write(v.out); err != nil {
		return err
	}
	for {
		b, err := v.sock.Read()
		if err != nil {
			return fmt.Errorf("wait for the acknowledgement of message %s: %w", number, err)
		}
		if g, err := wire.Look(b); err != nil || g.Type == "ack" && g.Ref == number {
			return err
		}
	}
}

// A Drain is how a backlog leaves after a restart, while people talk.
type Drain struct {
	Backlog int64         // events that were not published when somebody first looked
	Took    time.Duration // from since until there were none
	Live    *Step         // what was said meanwhile
}

const (
	outbox     = "centrala_outbox"
	drainLimit = 3 * time.Minute
)

// Empty waits until nothing is left of a backlog, and meanwhile lets visitors talk at a rate.
func Empty(ctx context.Context, site *Site, since time.Time, rate float64) (Drain, error) {
	first, err := site.Front().Metric(ctx, outbox)
	if err != nil {
		return Drain{}, err
	}
	d := Drain{Backlog: int64(first)}
	done := make(chan struct{})
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer close(done)
		for time.Since(since) < drainLimit {
			// What is being said right now is unpublished for a moment too.
			left, err := site.Front().Metric(ctx, outbox)
			if err != nil {
				return err
			}
			if left <= rate/4 {
				d.Took = time.Since(since)
				return nil
			}
			if err := rest(ctx, 100*time.Millisecond); err != nil {
				return err
			}
		}
		return fmt.Errorf("the backlog is still there after %s", drainLimit)
	})
	g.Go(func() (err error) {
		d.Live, err = Open(ctx, site, Plan{Visitors: 50, Rate: rate, Window: drainLimit, Until: done})
		return err
	})
	return d, g.Wait()
}
