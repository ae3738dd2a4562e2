package channels

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"centrala"
)

// pool sends what is due in one inbox. It leases only what may leave at once, so that nothing
// that must wait is in its hands.
type pool struct {
	c       *Courier
	inbox   centrala.Inbox
	sender  Sender
	wake    chan struct{}
	pace    Pace
	paced   bool
	account Bucket        // of the inbox; used by run alone
	flying  atomic.Int64  // attempts under way
	landed  chan struct{} // rung when one ends
	refused atomic.Int64  // attempts in a row that the line as a whole refused
	crowded atomic.Int64  // or wanted fewer of
	quiet   atomic.Int64  // unix nanoseconds: until then nothing is sent
}

func newPool(c *Courier, inbox centrala.Inbox, sender Sender, wake chan struct{}) *pool {
	p := &pool{c: c, inbox: inbox, sender: sender, wake: wake, landed: make(chan struct{}, 1)}
	if s, ok := sender.(Paced); ok {
		p.pace, p.paced = s.Pace(inbox), true
	}
	if n := p.pace.PerMinute; n > 0 {
		p.account = Bucket{Every: time.Minute / time.Duration(n), Burst: 1}
	}
	return p
}

func (p *pool) lease() time.Duration { return 5*p.c.c.Timeout + p.c.c.Grace }

func (p *pool) log() *slog.Logger {
	return p.c.c.Logger.With("inbox", p.inbox.ID.String(), "channel", string(p.inbox.Channel))
}

// run sends until ctx ends, and returns when what is under way has landed.
func (p *pool) run(ctx context.Context) {
	var flights sync.WaitGroup
	defer flights.Wait()
	for ctx.Err() == nil {
		wait := p.fill(ctx, &flights)
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		case <-p.landed:
		case <-p.wakeUnlessRefused():
		}
	}
}

// wakeUnlessRefused is silent while the line refuses us: new messages do not make it better,
// and many refused logins lock an account.
func (p *pool) wakeUnlessRefused() <-chan struct{} {
	if p.refused.Load() > 0 {
		return nil
	}
	return p.wake
}

// room is how many attempts may begin now, or how long to wait until one may. A line that
// refused us is tried with one message.
func (p *pool) room(now time.Time) (n int, wait time.Duration) {
	n = p.c.c.Workers - int(p.flying.Load())
	if p.refused.Load()+p.crowded.Load() > 0 {
		n = 1 - int(p.flying.Load())
	}
	if until := time.Unix(0, p.quiet.Load()); until.After(now) {
		return 0, until.Sub(now)
	}
	if p.account.Every > 0 {
		if at := p.account.Ready(now); at.After(now) {
			return 0, at.Sub(now)
		}
		n = min(n, 1)
	}
	return n, p.c.c.Every
}

// fill begins as many attempts as may begin, and says after what time to look again unless one
// ends or something comes.
func (p *pool) fill(ctx context.Context, flights *sync.WaitGroup) (wait time.Duration) {
	now := time.Now()
	n, wait := p.room(now)
	if n <= 0 {
		return wait
	}
	ask := centrala.Lease{Inbox: p.inbox.ID, For: p.lease(), Limit: n, Repeatable: repeatable(p.sender), Echo: echo(p.sender), Apart: p.paced}
	if p.paced {
		ask.Except, _ = p.c.gate.shut(p.pace, now, 0)
	}
	lctx, end := p.patient(ctx, p.c.c.Timeout) // what is leased when the program is told to end goes back at once
	outs, err := p.c.c.Log.LeaseDeliveries(lctx, ask)
	end()
	if err != nil && ctx.Err() == nil {
		p.log().Error("deliveries could not be leased", "err", err)
	}
	for _, out := range outs {
		p.flying.Add(1)
		if p.account.Every > 0 {
			p.account.Take(now)
		}
		flights.Go(func() {
			defer p.land()
			p.fly(ctx, out)
		})
	}
	if err == nil && p.paced && len(outs) > 0 && len(outs) < n {
		return 0 // there may be more for the same domains
	}
	if _, wait = p.room(time.Now()); p.paced {
		_, wait = p.c.gate.shut(p.pace, time.Now(), wait)
	}
	return wait
}

func (p *pool) land() {
	p.flying.Add(-1)
	select {
	case p.landed <- struct{}{}:
	default:
	}
}

// fly takes one delivery through the gate and sends it. One whose turn does not come goes back.
func (p *pool) fly(ctx context.Context, out centrala.Outbound) {
	name := out.To.Domain()
	if !p.enter(ctx, name) {
		p.giveBack(ctx, out)
		return
	}
	s, ok := p.attempt(ctx, out)
	if p.paced {
		p.c.gate.leave(name, ok && s.State == centrala.DeliveryHandedOver)
	}
	if !ok || s.State != centrala.DeliveryHandedOver {
		return
	}
	if k, is := p.sender.(Keeper); is {
		p.keep(ctx, out, k)
	}
}

// giveBack ends the lease of a delivery that was not begun.
func (p *pool) giveBack(ctx context.Context, out centrala.Outbound) {
	p.settle(ctx, out, centrala.Settlement{State: centrala.DeliveryQueued, Reason: "its turn did not come", Next: p.c.c.Now()})
}

// enter waits for a domain's turn, which has come as a rule: only another inbox that writes to the
// same domain can have taken it since the lease. It waits no longer than the lease has room for
// an attempt.
func (p *pool) enter(ctx context.Context, name string) bool {
	if !p.paced {
		return ctx.Err() == nil
	}
	wctx, cancel := context.WithTimeout(ctx, p.lease()-p.c.c.Timeout-2*p.c.c.Grace)
	defer cancel()
	if !p.c.gate.enter(wctx, p.pace, name) {
		return false
	}
	if ctx.Err() != nil {
		p.c.gate.leave(name, false)
		return false
	}
	return true
}

// keep puts a copy of what was sent aside. What fails there changes nothing about the message.
func (p *pool) keep(ctx context.Context, out centrala.Outbound, k Keeper) {
	kctx, end := p.patient(ctx, p.c.c.Timeout)
	defer end()
	err := Guarded(func() error { return k.Keep(kctx, out) })
	p.c.c.Board.Warn(p.inbox.ID, Out, err)
	if err != nil {
		p.log().Warn("sent, but no copy was put aside", "delivery", out.Delivery.String(), "err", err)
	}
}

// attempt sends one delivery and writes down how it ended. ok is false when it was not ours
// to send.
func (p *pool) attempt(ctx context.Context, out centrala.Outbound) (s centrala.Settlement, ok bool) {
	if err := p.c.c.Log.HandOver(ctx, out.Delivery, out.Attempt); err != nil {
		if ctx.Err() == nil {
			p.log().Warn("delivery not begun", "delivery", out.Delivery.String(), "err", err)
		} else {
			p.giveBack(ctx, out)
		}
		return s, false
	}
	sctx, end := p.patient(ctx, p.c.c.Timeout)
	defer end()
	var external string
	err := Guarded(func() (err error) {
		external, err = p.send(sctx, out)
		return err
	})
	var panic *panicked
	if errors.As(err, &panic) {
		err = &centrala.Ambiguous{Err: err} // who knows how far it came
	}
	if ambiguous := (*centrala.Ambiguous)(nil); errors.As(err, &ambiguous) && repeatable(p.sender) {
		err = ambiguous.Err // taken or not, sending it again is harmless
	}
	s = Settle(out, external, err, p.c.c.Now())
	if until := p.slow(err); s.State == centrala.DeliveryQueued && s.Next.Before(until) {
		s.Next = until
	}
	p.note(out, s, err)
	p.settle(ctx, out, s)
	return s, true
}

// send calls the other side, unless the message may not be sent any more or is there already.
func (p *pool) send(ctx context.Context, out centrala.Outbound) (string, error) {
	person := out.Author.Kind == centrala.ByAgent && !out.Automatic
	if out.Window.Passes(p.c.c.Now(), person, out.Template != nil) == centrala.Shut {
		return "", &centrala.Rejected{Reason: "the time within which this person may be answered was over", Cause: centrala.OutsideWindow}
	}
	if c, ok := p.sender.(Checker); ok && out.Doubtful {
		external, found, err := c.Sent(ctx, out)
		if err != nil || found {
			return external, err
		}
	}
	return p.sender.Send(ctx, out)
}

// patient is ctx for what takes up to a limit and is better finished than left unknown: it
// outlives the end of ctx by the grace.
func (p *pool) patient(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	sctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	stop := context.AfterFunc(ctx, func() {
		t := time.AfterFunc(p.c.c.Grace, cancel)
		context.AfterFunc(sctx, func() { t.Stop() })
	})
	return sctx, func() { stop(); cancel() }
}

// Settle is what the end of an attempt at now means for the delivery.
func Settle(out centrala.Outbound, external string, err error, now time.Time) centrala.Settlement {
	var (
		noted     *Noted
		rejected  *centrala.Rejected
		ambiguous *centrala.Ambiguous
		later     *Later
		busy      *Busy
		stopped   *Stopped
	)
	switch {
	case err == nil:
		return centrala.Settlement{State: centrala.DeliveryHandedOver, ExternalID: external}
	case errors.As(err, &noted):
		return centrala.Settlement{State: centrala.DeliveryHandedOver, ExternalID: external, Reason: noted.Reason}
	case errors.As(err, &rejected):
		return centrala.Settlement{State: centrala.DeliveryFailed, Reason: rejected.Reason, Cause: rejected.Cause}
	case errors.As(err, &ambiguous):
		return centrala.Settlement{State: centrala.DeliveryUnknown, Reason: ambiguous.Err.Error()}
	}
	next, ok := NextAttempt(out.Attempt, now)
	if !ok && !errors.As(err, &stopped) { // a line that waits for a person says nothing about the message
		return centrala.Settlement{State: centrala.DeliveryFailed, Reason: fmt.Sprintf("given up after %v: %v", GiveUpAfter, err)}
	}
	switch {
	case errors.As(err, &later) && later.For > 0:
		next = now.Add(later.For)
	case errors.As(err, &busy) && busy.For > 0:
		next = now.Add(busy.For)
	}
	return centrala.Settlement{State: centrala.DeliveryQueued, Reason: err.Error(), Next: next}
}

// slow is until when nothing more is sent to whom was sent too much, or from the inbox, zero
// when nobody complained. The log's clock counts.
func (p *pool) slow(err error) time.Time {
	var busy *Busy
	if !errors.As(err, &busy) {
		return time.Time{}
	}
	now, until := time.Now(), time.Unix(0, p.quiet.Load())
	switch {
	case busy.Domain != "":
		until = p.c.gate.pause(busy.Domain, now)
	case busy.For > 0: // the other side knows best, also when it says so again
		p.crowded.Add(1)
		if told := now.Add(busy.For); told.After(until) {
			until = told
			p.quiet.Store(until.UnixNano())
			p.c.c.Board.Limit(p.inbox.ID, Out, until)
		}
	case !until.After(now): // two that were under way are one answer
		until = now.Add(pauseAfter(int(p.crowded.Add(1))))
		p.quiet.Store(until.UnixNano())
		p.c.c.Board.Limit(p.inbox.ID, Out, until)
	}
	return p.c.c.Now().Add(until.Sub(now))
}

func (p *pool) note(out centrala.Outbound, s centrala.Settlement, err error) {
	log := p.log().With("delivery", out.Delivery.String(), "conversation", out.Conversation.String(), "attempt", out.Attempt)
	var (
		stopped *Stopped
		busy    *Busy
		later   *Later
	)
	switch {
	case errors.As(err, &stopped):
		wait := max(Backoff(int(p.refused.Add(1))+4, 30*time.Minute, 0.5+rand.Float64()/2), p.c.c.Every)
		p.quiet.Store(time.Now().Add(wait).UnixNano())
		p.c.c.Board.Note(p.inbox.ID, Out, Halted, err, time.Now())
		log.Error("sending stopped until somebody acts", "err", err)
		return
	case s.State == centrala.DeliveryHandedOver:
		p.crowded.Store(0)
		p.c.c.Board.Note(p.inbox.ID, Out, Working, nil, time.Now())
		log.Info("delivery handed over", "note", s.Reason)
	case errors.As(err, &busy) && busy.Domain != "":
		p.c.c.Board.Note(p.inbox.ID, Out, Working, err, time.Now())
		log.Warn("a domain is left alone for a while", "domain", busy.Domain, "next", s.Next, "err", err)
	case errors.As(err, &later) && s.State == centrala.DeliveryQueued:
		p.c.c.Board.Note(p.inbox.ID, Out, Working, nil, time.Now())
		log.Info("delivery waits as the vendor asks", "next", s.Next, "err", err)
	case s.State == centrala.DeliveryQueued:
		p.c.c.Board.Note(p.inbox.ID, Out, Failing, err, time.Now())
		log.Warn("delivery will be tried again", "next", s.Next, "err", err)
	default:
		log.Error("delivery ended badly", "state", string(s.State), "err", err)
	}
	p.refused.Store(0)
}

// settle writes an outcome down, trying again for as long as the log may recover: an outcome
// that is lost turns a sent message into one that nobody knows about.
func (p *pool) settle(ctx context.Context, out centrala.Outbound, s centrala.Settlement) {
	ctx, cancel := p.patient(ctx, 30*time.Second) // a program whose log failed has to end, too
	defer cancel()
	s.Attempt = out.Attempt
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		err := p.c.c.Log.Settle(ctx, out.Delivery, s)
		if err == nil {
			return
		}
		code := centrala.CodeOf(err)
		if code == centrala.NotFound || code == centrala.Conflict || !pause(ctx, wait) {
			p.log().Error("outcome of a delivery could not be written down",
				"delivery", out.Delivery.String(), "state", string(s.State), "err", err)
			return
		}
	}
}

// checkAfter is after what time a Checker is asked about an attempt of which nobody knows.
const checkAfter = 30 * time.Second

// echo is how long an attempt of which nobody knows waits until it is made again, 0 for ever.
func echo(s Sender) time.Duration {
	if e, ok := s.(Echoer); ok {
		return e.EchoWithin()
	}
	if _, ok := s.(Checker); ok {
		return checkAfter
	}
	return 0
}

func repeatable(s Sender) bool {
	_, ok := s.(Repeater)
	return ok
}
