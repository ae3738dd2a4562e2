package channels

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"centrala"
)

// Leases say which node listens on an inbox's line; each holding has a term of its own. TakeLease
// and RenewLease are a Conflict while another node holds it. With each renewal the holder says how
// its line does (a Health as JSON), for the other nodes to read. How long a lease lasts is measured by one clock for all nodes.
type Leases interface {
	TakeLease(ctx context.Context, inbox centrala.InboxID, holder string, d time.Duration) (term int64, err error)
	RenewLease(ctx context.Context, inbox centrala.InboxID, term int64, d time.Duration, health string) error
	ReleaseLease(ctx context.Context, inbox centrala.InboxID, term int64) error
}

// leaseFor is how long a lease lasts without being renewed. It is renewed every quarter of it;
// a holder that could not for half of it stops listening, long before another one may begin.
// Those who wait for a lease ask for it every quarter.
const leaseFor = 15 * time.Second

var errLeaseLost = errors.New("the lease of the line was lost")

// tenure is one holding of a lease.
type tenure struct {
	x     *Exchange
	inbox centrala.InboxID
	term  int64
	lose  context.CancelCauseFunc

	mu      sync.Mutex
	renewed time.Time // just before the last renewal that succeeded was asked for
}

// sound reports whether the lease was renewed lately enough to act under it. A process that was
// frozen finds out here, before it does anything.
func (t *tenure) sound() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if time.Since(t.renewed) > leaseFor/2 {
		t.lose(errLeaseLost)
		return &centrala.Error{Code: centrala.Unavailable, Message: "The line's lease could not be renewed.", Err: errLeaseLost}
	}
	return nil
}

// renew holds the lease until ctx ends or it is lost. A log that hangs is no answer: the
// listening ends without waiting for it.
func (t *tenure) renew(ctx context.Context) {
	unheard := time.AfterFunc(leaseFor/2, func() { t.lose(errLeaseLost) })
	defer unheard.Stop()
	for pause(ctx, leaseFor/4) {
		asked := time.Now()
		err := t.x.c.Leases.RenewLease(ctx, t.inbox, t.term, leaseFor, t.x.health(t.inbox))
		switch {
		case err == nil:
			t.mu.Lock()
			t.renewed = asked
			t.mu.Unlock()
			unheard.Reset(leaseFor/2 - time.Since(asked))
		case centrala.CodeOf(err) == centrala.Conflict:
			t.lose(errLeaseLost)
			return
		case ctx.Err() == nil:
			t.x.c.Log.Warn("a line's lease could not be renewed", "inbox", t.inbox.String(), "err", err)
		}
	}
}

// health is how a line of this node does, as it is kept with the lease.
func (x *Exchange) health(inbox centrala.InboxID) string {
	h, ok := x.c.Board.Line(inbox, In)
	if !ok {
		return ""
	}
	told, err := json.Marshal(h)
	if err != nil {
		x.c.Log.Error("a line's health cannot be told", "err", err)
		return ""
	}
	return string(told)
}

// leased is an Intake that takes nothing in once the lease is lost: neither does it say how far
// the line was read, without which nothing is fetched, nor does the log move the cursor.
type leased struct {
	to Intake
	t  *tenure
}

// Receive implements Intake.
func (l leased) Receive(ctx context.Context, in centrala.Inbound) (centrala.Receipt, error) {
	if err := l.t.sound(); err != nil {
		return centrala.Receipt{}, err
	}
	return l.to.Receive(ctx, l.under(in))
}

// ReceiveAll implements Intake.
func (l leased) ReceiveAll(ctx context.Context, ins []centrala.Inbound) ([]centrala.Receipt, error) {
	if err := l.t.sound(); err != nil {
		return nil, err
	}
	ins = slices.Clone(ins)
	for i, in := range ins {
		ins[i] = l.under(in)
	}
	return l.to.ReceiveAll(ctx, ins)
}

// under is a message whose cursor moves under the lease.
func (l leased) under(in centrala.Inbound) centrala.Inbound {
	if in.Cursor != nil {
		under := *in.Cursor
		under.Term = l.t.term
		in.Cursor = &under
	}
	return in
}

// Cursor implements Intake.
func (l leased) Cursor(ctx context.Context, inbox centrala.InboxID, folder string) (centrala.Cursor, error) {
	if err := l.t.sound(); err != nil {
		return centrala.Cursor{}, err
	}
	return l.to.Cursor(ctx, inbox, folder)
}

// attend listens on a line whenever this node holds its lease, until ctx ends.
func (x *Exchange) attend(ctx context.Context, l *openLine) {
	log := x.c.Log.With("inbox", l.inbox.ID.String(), "channel", string(l.inbox.Channel))
	for {
		asked := time.Now()
		term, err := x.c.Leases.TakeLease(ctx, l.inbox.ID, x.c.Node, leaseFor)
		switch {
		case err == nil:
			x.hold(ctx, l.inbox, term, asked, log)
		case centrala.CodeOf(err) != centrala.Conflict && ctx.Err() == nil:
			log.Warn("a line's lease could not be asked for", "err", err)
		}
		t := time.NewTimer(leaseFor / 4)
		select {
		case <-ctx.Done():
		case <-t.C:
		case <-l.free: // a lease may have been released
		}
		t.Stop()
		if ctx.Err() != nil {
			return
		}
	}
}

// hold listens until ctx ends or the lease is lost, and gives the lease back. A line that stopped
// until somebody acts is held on to: on another node it would only be refused again.
func (x *Exchange) hold(ctx context.Context, in centrala.Inbox, term int64, asked time.Time, log *slog.Logger) {
	held, lose := context.WithCancelCause(ctx)
	defer lose(nil)
	t := &tenure{x: x, inbox: in.ID, term: term, lose: lose, renewed: asked}
	var renewing sync.WaitGroup
	renewing.Go(func() { t.renew(held) })
	log.Debug("line held", "term", term)
	x.serve(held, in, t)
	<-held.Done()
	lost := errors.Is(context.Cause(held), errLeaseLost)
	renewing.Wait()
	x.c.Board.Forget(in.ID, In)
	if lost {
		log.Warn("line given up: its lease was lost")
		return
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaseFor/4)
	defer cancel()
	if err := x.c.Leases.ReleaseLease(end, in.ID, term); err != nil {
		log.Warn("a line's lease could not be released", "err", fmt.Errorf("others wait for its end: %w", err))
		return
	}
	if x.c.Released != nil {
		x.c.Released()
	}
}
