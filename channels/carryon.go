package channels

import (
	"context"
	"log/slog"
	"time"

	"centrala"
)

// Unread is what a Carrier asks of the log: the chats with answers that the customer has not
// seen for a while and an address to send them to, and to make a delivery of those answers.
type Unread interface {
	Unseen(ctx context.Context, olderThan time.Duration, limit int) ([]centrala.ConversationID, error)
	CarryOn(ctx context.Context, conversation centrala.ConversationID) error
}

// CarrierConfig is what a Carrier works with. Zero durations take their defaults.
type CarrierConfig struct {
	Log    Unread
	Logger *slog.Logger
	After  time.Duration // unseen for this long, default 5 min
	Every  time.Duration // between sweeps, default 30 s
}

// Carrier carries chats on by e-mail: answers that a customer has not seen follow them there,
// once, into the same conversation. The Courier sends what it makes.
type Carrier struct{ c CarrierConfig }

// NewCarrier makes a Carrier; Run starts it.
func NewCarrier(c CarrierConfig) *Carrier {
	if c.After == 0 {
		c.After = 5 * time.Minute
	}
	if c.Every == 0 {
		c.Every = 30 * time.Second
	}
	return &Carrier{c}
}

// Run sweeps until ctx ends.
func (c *Carrier) Run(ctx context.Context) error {
	for {
		if err := c.Sweep(ctx); err != nil && ctx.Err() == nil {
			c.c.Logger.Error("unseen answers could not be carried on", "err", err)
		}
		if !pause(ctx, c.c.Every) {
			return ctx.Err()
		}
	}
}

// Sweep carries on every chat that is due. A chat that cannot be is logged and does not keep
// the others back.
func (c *Carrier) Sweep(ctx context.Context) error {
	const limit = 100
	for {
		due, err := c.c.Log.Unseen(ctx, c.c.After, limit)
		if err != nil {
			return err
		}
		done := 0
		for _, id := range due {
			if err := c.c.Log.CarryOn(ctx, id); err != nil {
				c.c.Logger.Warn("chat not carried on", "conversation", id.String(), "err", err)
				continue
			}
			done++
		}
		if len(due) < limit || done == 0 {
			return nil
		}
	}
}
