package channels

import (
	"context"
	"log/slog"
	"reflect"
	"time"

	"centrala"
)

// Deliveries is what the Courier asks of the log.
//
// LeaseDeliveries gives this process, for the time of the lease, deliveries that are due and
// that the Lease asks for: in order within a conversation, and none that an earlier unsettled one
// of the same conversation still blocks. HandOver must be on disk before the other side is called; it is a Conflict when
// the lease was lost. Settle writes down how an attempt ended, also when that comes too late to
// count.
type Deliveries interface {
	LeaseDeliveries(ctx context.Context, l centrala.Lease) ([]centrala.Outbound, error)
	HandOver(ctx context.Context, id centrala.DeliveryID, attempt int) error
	Settle(ctx context.Context, id centrala.DeliveryID, s centrala.Settlement) error
}

// CourierConfig is what a Courier works with. Zero durations and numbers take their defaults.
type CourierConfig struct {
	Log     Deliveries
	Doors   Doors
	Senders []Sender
	Board   *Board
	Logger  *slog.Logger

	Now     func() time.Time // of the log; nil: time.Now
	Every   time.Duration    // the slow sweep that finds what a wake missed, default 15 s
	Timeout time.Duration    // of one attempt, default 60 s
	Grace   time.Duration    // for attempts under way when the Courier is told to end, default 10 s
	Workers int              // attempts at the same time in one inbox, default 2
}

// Courier sends what is due: one pool for each enabled inbox whose channel sends. Within a
// conversation deliveries leave in order, and one that must wait holds up those behind it.
type Courier struct {
	c     CourierConfig
	wakes wakes
	gate  *gate
	look  chan struct{}
	pools map[centrala.InboxID]*openLine
}

// NewCourier makes a Courier; Run starts it.
func NewCourier(c CourierConfig) *Courier {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Every == 0 {
		c.Every = 15 * time.Second
	}
	if c.Timeout == 0 {
		c.Timeout = time.Minute
	}
	if c.Grace == 0 {
		c.Grace = 10 * time.Second
	}
	if c.Workers == 0 {
		c.Workers = 2
	}
	return &Courier{c: c, gate: newGate(), look: make(chan struct{}, 1), pools: make(map[centrala.InboxID]*openLine)}
}

// Handle wakes the pool of the inbox that a delivery.updated event names, or all of them when
// it names none. What to send is read from the log, never from the event.
func (c *Courier) Handle(_ context.Context, e centrala.Event) error {
	if e.Type == centrala.DeliveryUpdated && e.Data.State != "" && e.Data.State != string(centrala.DeliveryQueued) {
		return nil
	}
	if !c.wakes.ring(e.Data.Inbox) {
		c.wakes.ring(0)
		c.Look()
	}
	return nil
}

// Look asks for a look at the inboxes now, because they may have changed. It never blocks.
func (c *Courier) Look() {
	select {
	case c.look <- struct{}{}:
	default:
	}
}

// Run sends until ctx ends. Then no new attempt begins, those under way get the grace, and Run
// returns when their outcomes are written down.
func (c *Courier) Run(ctx context.Context) error {
	defer func() {
		for _, p := range c.pools {
			p.end()
		}
		for _, p := range c.pools {
			<-p.done
		}
	}()
	for {
		inboxes, err := c.c.Doors.Inboxes(ctx)
		if err == nil {
			c.match(ctx, inboxes)
		} else if ctx.Err() == nil {
			c.c.Logger.Error("inboxes could not be read", "err", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-c.look:
		case <-time.After(2 * c.c.Every):
		}
	}
}

func (c *Courier) match(ctx context.Context, inboxes []centrala.Inbox) {
	wanted := make(map[centrala.InboxID]centrala.Inbox)
	for _, in := range inboxes {
		if in.Enabled && c.sender(in.Channel) != nil {
			wanted[in.ID] = in
		}
	}
	for id, p := range c.pools {
		if in, ok := wanted[id]; ok && reflect.DeepEqual(in, p.inbox) {
			continue
		}
		p.end()
		<-p.done
		delete(c.pools, id)
		c.c.Board.Forget(id, Out)
	}
	for id, in := range wanted {
		if c.pools[id] != nil {
			continue
		}
		pctx, end := context.WithCancel(ctx)
		line := &openLine{inbox: in, end: end, done: make(chan struct{})}
		p := newPool(c, in, c.sender(in.Channel), c.wakes.add(id))
		c.pools[id] = line
		go func() {
			defer close(line.done)
			defer c.wakes.remove(id)
			p.run(pctx)
		}()
	}
}

func (c *Courier) sender(kind centrala.Channel) Sender {
	for _, s := range c.c.Senders {
		if s.Kind() == kind {
			return s
		}
	}
	return nil
}
