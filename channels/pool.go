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

// pool sends what is due in one inbox.
type pool struct {
	c       *Courier
	inbox   centrala.Inbox
	sender  Sender
	wake    chan struct{}
	refused atomic.Int64 // attempts in a row that the line as a whole refused
}

// batch is how many deliveries a pool leases at a time; they fit into one lease even when
// every attempt takes its whole timeout.
func (p *pool) batch() int { return 4 * p.c.c.Workers }

func (p *pool) lease() time.Duration { return 5*p.c.c.Timeout + p.c.c.Grace }

func (p *pool) log() *slog.Logger {
	return p.c.c.Logger.With("inbox", p.inbox.ID.String(), "channel", string(p.inbox.Channel))
}

func (p *pool) run(ctx context.Context) {
	for ctx.Err() == nil {
		wait := p.c.c.Every
		n, err := p.round(ctx)
		switch {
		case err != nil && ctx.Err() == nil:
			p.log().Error("deliveries could not be leased", "err", err)
		case p.refused.Load() > 0:
			wait = max(Backoff(int(p.refused.Load())+4, 30*time.Minute, 0.5+rand.Float64()/2), wait)
		case n > 0: // one at a time of each conversation: the next may be due now
			continue
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
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

// round leases once and sends what it got, each conversation in order, several conversations
// at a time. n is how many it got; with an error these were still sent.
func (p *pool) round(ctx context.Context) (n int, err error) {
	until := time.Now().Add(p.lease())
	outs, err := p.c.c.Log.LeaseDeliveries(ctx, centrala.Lease{Inbox: p.inbox.ID, For: p.lease(), Limit: p.batch(), Repeatable: repeatable(p.sender)})
	var order []centrala.ConversationID
	lanes := make(map[centrala.ConversationID][]centrala.Outbound)
	for _, out := range outs {
		if lanes[out.Conversation] == nil {
			order = append(order, out.Conversation)
		}
		lanes[out.Conversation] = append(lanes[out.Conversation], out)
	}
	var wg sync.WaitGroup
	places := make(chan struct{}, p.c.c.Workers)
	for _, conversation := range order {
		places <- struct{}{}
		wg.Go(func() {
			defer func() { <-places }()
			p.lane(ctx, lanes[conversation], until)
		})
	}
	wg.Wait()
	return len(outs), err
}

// lane sends the deliveries of one conversation. Once one of them must wait, so do the rest;
// what is not begun when ctx or the lease ends goes back at once or by itself.
func (p *pool) lane(ctx context.Context, outs []centrala.Outbound, until time.Time) {
	for i, out := range outs {
		switch {
		case ctx.Err() != nil:
			p.putBack(ctx, outs[i:], p.c.c.Now(), "the program was ending")
			return
		case time.Now().Add(p.c.c.Timeout + p.c.c.Grace).After(until):
			return
		}
		s, ok := p.attempt(ctx, out)
		if !ok {
			return
		}
		if s.State == centrala.DeliveryQueued {
			p.putBack(ctx, outs[i+1:], s.Next, "waits for an earlier message")
			return
		}
	}
}

func (p *pool) putBack(ctx context.Context, outs []centrala.Outbound, next time.Time, why string) {
	for _, out := range outs {
		p.settle(ctx, out, centrala.Settlement{State: centrala.DeliveryQueued, Reason: why, Next: next})
	}
}

// attempt sends one delivery and writes down how it ended. ok is false when it was not ours
// to send.
func (p *pool) attempt(ctx context.Context, out centrala.Outbound) (s centrala.Settlement, ok bool) {
	if err := p.c.c.Log.HandOver(ctx, out.Delivery, out.Attempt); err != nil {
		if ctx.Err() == nil {
			p.log().Warn("delivery not begun", "delivery", out.Delivery.String(), "err", err)
		}
		return s, false
	}
	sctx, end := p.patient(ctx, p.c.c.Timeout)
	defer end()
	var external string
	err := guarded(func() (err error) {
		external, err = p.sender.Send(sctx, out)
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
	p.note(out, s, err)
	p.settle(ctx, out, s)
	return s, true
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
		rejected  *centrala.Rejected
		ambiguous *centrala.Ambiguous
	)
	switch {
	case err == nil:
		return centrala.Settlement{State: centrala.DeliveryHandedOver, ExternalID: external}
	case errors.As(err, &rejected):
		return centrala.Settlement{State: centrala.DeliveryFailed, Reason: rejected.Reason}
	case errors.As(err, &ambiguous):
		return centrala.Settlement{State: centrala.DeliveryUnknown, Reason: ambiguous.Err.Error()}
	}
	next, ok := NextAttempt(out.Attempt, now)
	if !ok {
		return centrala.Settlement{State: centrala.DeliveryFailed, Reason: fmt.Sprintf("given up after %v: %v", GiveUpAfter, err)}
	}
	return centrala.Settlement{State: centrala.DeliveryQueued, Reason: err.Error(), Next: next}
}

func (p *pool) note(out centrala.Outbound, s centrala.Settlement, err error) {
	log := p.log().With("delivery", out.Delivery.String(), "conversation", out.Conversation.String(), "attempt", out.Attempt)
	var stopped *Stopped
	switch {
	case errors.As(err, &stopped):
		p.refused.Add(1)
		p.c.c.Board.Note(p.inbox.ID, Out, Halted, err, time.Now())
		log.Error("sending stopped until somebody acts", "err", err)
		return
	case err == nil:
		p.c.c.Board.Note(p.inbox.ID, Out, Working, nil, time.Now())
		log.Info("delivery handed over")
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

func repeatable(s Sender) bool {
	_, ok := s.(Repeater)
	return ok
}
