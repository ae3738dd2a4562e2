package load

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"centrala/cmd/centrala-bench/host"
	"centrala/cmd/centrala-bench/stats"
	"centrala/cmd/centrala-bench/wire"
)

// A Plan of an open loop: visitors send at a rate that waits for nobody.
type Plan struct {
	Visitors     int
	Rate         float64 // messages a second, of all visitors
	Warm, Window time.Duration
	Until        <-chan struct{} // ends it before the window is over; may be nil
}

// A Step is what became of a Plan. Latencies are from the moment at which a message was due,
// not from when the driver came to send it, so that a server that stops for a while pays for
// everything that would have been said meanwhile (no coordinated omission).
type Step struct {
	Plan
	Sent, Acked, Delivered int64
	Delivery, Ack          *stats.Latencies // to the agent's frame, and to the visitor's acknowledgement; those due in the window
	Late                   *stats.Latencies // by which the driver itself sent later than was due
	Took                   time.Duration    // from the first message until everything had arrived
	CPU, Helpers, Driver   time.Duration    // processor time during Took
	Broke                  error            // why it could not be finished
}

// Complete is true when everything was acknowledged and delivered.
func (s *Step) Complete() bool {
	return s.Broke == nil && s.Sent > 0 && s.Acked == s.Sent && s.Delivered == s.Sent
}

// Holds is true when that was so, and 99 of 100 were there in time.
func (s *Step) Holds(limit time.Duration) bool {
	return s.Complete() && s.Delivery.Quantile(0.99) < limit && s.Ack.Quantile(0.99) < limit
}

// Each is d for one message.
func (s *Step) Each(d time.Duration) time.Duration { return d / time.Duration(max(s.Sent, 1)) }

// Cores that were busy with d.
func (s *Step) Cores(d time.Duration) float64 { return d.Seconds() / max(s.Took.Seconds(), 1e-9) }

const (
	pacers = 4 // goroutines that send; each visitor belongs to one

	// How many agents hear at least. With fewer the queue of a socket (256 KiB) would be a short
	// moment of so fast a load, and the server closes whoever lags behind by more.
	openAgents = 8
)

// An openLoop is one run of a Plan.
type openLoop struct {
	schedule
	plan  Plan
	board *Board
	start int64 // on the board's clock; written before anybody speaks
	step  Step

	sent, acked, delivered atomic.Int64
}

// Open runs a plan. An error is that it could not begin; what goes wrong later is in the Step.
func Open(ctx context.Context, site *Site, p Plan) (*Step, error) {
	l := &openLoop{schedule: schedule{p.Rate, p.Visitors}, plan: p,
		step: Step{Plan: p, Delivery: stats.NewLatencies(), Ack: stats.NewLatencies(), Late: stats.NewLatencies()}}
	begun := false
	err := atWork(ctx, site, max(openAgents, toCarry(p.Visitors)), l.hear, func(ctx context.Context, s *Shift) error {
		l.board = s.board
		crowd, err := s.visitors(ctx, p.Visitors)
		if err != nil {
			return err
		}
		begun = true
		return l.run(ctx, site, crowd)
	})
	l.step.Sent, l.step.Acked, l.step.Delivered = l.sent.Load(), l.acked.Load(), l.delivered.Load()
	if begun && ctx.Err() == nil {
		l.step.Broke = err
		return &l.step, nil
	}
	return &l.step, err
}

// hear is what the agents do: look whose turn it was, and when it was due.
func (l *openLoop) hear(t *talk, frame []byte, now int64) error {
	i, ok := wire.Numbered(frame, question)
	if !ok {
		return nil
	}
	if want := t.heard + int64(l.people); t.heard != 0 && i+1 != want {
		return fmt.Errorf("conversation %s: message %d came where %d was expected", t.id, i, want-1)
	}
	t.heard = i + 1
	l.note(l.step.Delivery, i, now)
	l.delivered.Add(1)
	return nil
}

// note records how long after its due time message i came to be, unless it was sent to warm up.
func (l *openLoop) note(to *stats.Latencies, i, now int64) {
	if due := l.due(i); due >= l.plan.Warm {
		to.Record(time.Duration(now-l.start) - due)
	}
}

// run sends everything, waits until it has arrived, takes the processors' time, and ends the
// conversations.
func (l *openLoop) run(ctx context.Context, site *Site, crowd []*Visitor) (err error) {
	before, err := l.used(site)
	if err != nil {
		return err
	}
	until := l.plan.Warm + l.plan.Window
	listening, lctx := errgroup.WithContext(ctx)
	for _, v := range crowd {
		if err := v.sock.Within(until + 3*patience); err != nil {
			return err
		}
		listening.Go(func() error { return l.listen(v) })
	}
	begun := time.Now()
	l.start = l.board.clock()
	var sending sync.WaitGroup
	failed := make([]error, pacers)
	for k := range pacers {
		sending.Go(func() { failed[k] = l.send(lctx, crowd, k, l.within(until)) })
	}
	sending.Wait()
	err = errors.Join(failed...)
	for end := time.Now().Add(patience); err == nil && l.acked.Load()+l.delivered.Load() < 2*l.sent.Load(); {
		if time.Now().After(end) {
			err = fmt.Errorf("not everything has arrived %s after the last was sent", patience)
			break
		}
		err = rest(lctx, 2*time.Millisecond)
	}
	l.step.Took = time.Since(begun)
	after, e := l.used(site)
	l.step.CPU, l.step.Helpers, l.step.Driver = after[0]-before[0], max(after[1]-before[1], 0), after[2]-before[2]
	if err = errors.Join(err, e); err != nil {
		for _, v := range crowd {
			_ = v.sock.Cut() // so that nobody listens any more
		}
	} else {
		err = sayGoodbye(crowd)
	}
	return errors.Join(err, listening.Wait())
}

// used is the processor time so far: the servers', their helpers', and our own.
func (l *openLoop) used(site *Site) (t [3]time.Duration, err error) {
	var errs [3]error
	t[0], errs[0] = host.CPUOf(site.Servers...)
	t[1], errs[1] = site.helpers()
	t[2], errs[2] = host.CPUOf(os.Getpid())
	return t, errors.Join(errs[:]...)
}

// send is one pacer: it sends what is due to be said by its part of the crowd.
func (l *openLoop) send(ctx context.Context, crowd []*Visitor, k int, n int64) error {
	const nap = 500 * time.Microsecond // no shorter one: timers cost processor time too
	for i := range n {
		who := l.who(i)
		if who%pacers != k {
			continue
		}
		due := l.due(i)
		now := time.Duration(l.board.clock() - l.start)
		if now < due {
			select {
			case <-l.plan.Until:
				return nil
			default:
			}
			if err := rest(ctx, max(due-now, nap)); err != nil {
				return err
			}
			now = time.Duration(l.board.clock() - l.start)
		}
		v, number := crowd[who], strconv.FormatInt(i, 10)
		var err error
		if v.out, err = wire.AppendSend(v.out[:0], number, v.talk.id, string(question)+number+padding); err != nil {
			return err
		}
		if due >= l.plan.Warm {
			l.step.Late.Record(now - due)
		}
		l.sent.Add(1)
		if err := v.sock.Write(v.out); err != nil {
			return fmt.Errorf("send message %d: %w", i, err)
		}
	}
	return nil
}

// listen counts the acknowledgements of one visitor, until their conversation has ended.
func (l *openLoop) listen(v *Visitor) error {
	last := int64(-1)
	for {
		b, err := v.sock.Read()
		now := l.board.clock()
		if err != nil {
			return fmt.Errorf("a visitor's socket: %w", err)
		}
		g, err := wire.Look(b)
		if err != nil {
			return err
		}
		if g.Type != "ack" {
			continue
		}
		if g.Ref == goodbye {
			return v.sock.Close()
		}
		i, err := strconv.ParseInt(g.Ref, 10, 64)
		if err != nil {
			continue // not of a message
		}
		if i <= last {
			return fmt.Errorf("conversation %s: the acknowledgement of %q came after that of %d", v.talk.id, g.Ref, last)
		}
		last = i
		l.note(l.step.Ack, i, now)
		l.acked.Add(1)
	}
}
