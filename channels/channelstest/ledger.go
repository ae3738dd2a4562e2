package channelstest

import (
	"context"
	"slices"
	"sync"
	"time"

	"centrala"
)

// Ledger is a log in memory that keeps the promises of channels.Deliveries. It is safe for
// concurrent use; the zero value is empty and ready.
type Ledger struct {
	Away int // calls of Settle that fail first

	mu   sync.Mutex
	rows []*post
}

type post struct {
	out   centrala.Outbound
	row   centrala.Delivery
	next  time.Time
	until time.Time // of the lease
	at    time.Time // of the last change
	doubt bool      // an attempt ended and nobody knows how
}

// Add queues a delivery to somebody.
func (l *Ledger) Add(conversation, id int64, to string) {
	l.Put(centrala.Outbound{Delivery: centrala.DeliveryID(id), Conversation: centrala.ConversationID(conversation), To: centrala.Address{Address: to}})
}

// Put queues a delivery.
func (l *Ledger) Put(out centrala.Outbound) {
	l.mu.Lock()
	defer l.mu.Unlock()
	out.Attempt = 0
	l.rows = append(l.rows, &post{out: out, row: centrala.Delivery{ID: out.Delivery, State: centrala.DeliveryQueued}})
}

// Lapse ends all leases.
func (l *Ledger) Lapse() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range l.rows {
		p.until = time.Time{}
	}
}

// LeaseDeliveries implements channels.Deliveries.
func (l *Ledger) LeaseDeliveries(_ context.Context, lease centrala.Lease) ([]centrala.Outbound, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	var outs []centrala.Outbound
	shut := make(map[string]bool)
	for _, name := range lease.Except {
		shut[name] = true
	}
	busy := make(map[centrala.ConversationID]bool)
	for _, p := range l.rows {
		if lost := p.until.Before(now); lost && p.row.State == centrala.DeliveryHandingOver && !lease.Repeatable {
			p.row.State, p.at, p.doubt = centrala.DeliveryUnknown, now, true
		} else if lost && (p.row.State == centrala.DeliveryHandingOver || p.row.State == centrala.DeliveryLeased) {
			p.row.State, p.next = centrala.DeliveryQueued, now
		}
		unheard := lease.Echo > 0 && p.row.State == centrala.DeliveryUnknown
		if unheard && p.at.Before(now.Add(-lease.Echo)) {
			p.row.State, p.next, unheard = centrala.DeliveryQueued, now, false
		}
		open := unheard || p.row.State == centrala.DeliveryQueued || p.row.State == centrala.DeliveryLeased || p.row.State == centrala.DeliveryHandingOver
		if p.row.State == centrala.DeliveryQueued && !p.next.After(now) && !busy[p.out.Conversation] && !shut[p.out.To.Domain()] && len(outs) < lease.Limit {
			shut[p.out.To.Domain()] = lease.Apart
			p.row.State, p.until = centrala.DeliveryLeased, now.Add(lease.For)
			p.row.Attempts++
			p.out.Attempt, p.out.Doubtful = p.row.Attempts, p.doubt
			outs = append(outs, p.out)
		}
		busy[p.out.Conversation] = busy[p.out.Conversation] || open
	}
	return outs, nil
}

// HandOver implements channels.Deliveries.
func (l *Ledger) HandOver(_ context.Context, id centrala.DeliveryID, attempt int) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.find(id)
	if p.row.State != centrala.DeliveryLeased || p.row.Attempts != attempt {
		return centrala.Errorf(centrala.Conflict, "not leased")
	}
	p.row.State = centrala.DeliveryHandingOver
	return nil
}

// Settle implements channels.Deliveries.
func (l *Ledger) Settle(_ context.Context, id centrala.DeliveryID, s centrala.Settlement) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.Away > 0 {
		l.Away--
		return centrala.Errorf(centrala.Unavailable, "The disk is full.")
	}
	p := l.find(id)
	if p.row.Attempts == s.Attempt && p.row.State.MayBecome(s.State) {
		p.row.State, p.next, p.row.Reason, p.row.Cause, p.at = s.State, s.Next, s.Reason, s.Cause, time.Now()
		p.doubt = p.doubt || s.State == centrala.DeliveryUnknown
	}
	return nil
}

// Tell is an echo or a receipt: the other side tells of a delivery.
func (l *Ledger) Tell(id centrala.DeliveryID, state centrala.DeliveryState) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if p := l.find(id); p.row.State.MayBecome(state) {
		p.row.State, p.at = state, time.Now()
	}
}

// State is where a delivery is.
func (l *Ledger) State(id centrala.DeliveryID) centrala.DeliveryState { return l.Row(id).State }

// Row is a delivery as the ledger has it.
func (l *Ledger) Row(id centrala.DeliveryID) centrala.Delivery {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.find(id).row
}

func (l *Ledger) find(id centrala.DeliveryID) *post {
	return l.rows[slices.IndexFunc(l.rows, func(p *post) bool { return p.out.Delivery == id })]
}
