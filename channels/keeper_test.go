package channels_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"centrala"
	"centrala/channels"
	"centrala/channels/channelstest"
)

// clerk is a phone that keeps copies.
type clerk struct {
	*phone
	ledger *channelstest.Ledger

	mu     sync.Mutex
	copies []centrala.DeliveryState // of the delivery when its copy was asked for
	fails  bool
}

func (c *clerk) Keep(_ context.Context, out centrala.Outbound) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.copies = append(c.copies, c.ledger.State(out.Delivery))
	if c.fails {
		return errors.New("the folder is full")
	}
	return nil
}

// A copy is put aside when the outcome is written down. That it fails is told on the line and
// makes no second sending; what is only noted about a delivery is its reason.
func TestCopyAfterTheOutcome(t *testing.T) {
	t.Parallel()
	for _, fails := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			l := &channelstest.Ledger{}
			l.Add(1, 1, "a")
			l.Add(2, 2, "never")
			l.Add(3, 3, "noted")
			c := &clerk{ledger: l, fails: fails, phone: &phone{}}
			c.send = func(_ context.Context, out centrala.Outbound) error {
				switch out.To.Address {
				case "never":
					return &centrala.Rejected{Reason: "550"}
				case "noted":
					return &channels.Noted{Reason: "refused for ewa@example.test"}
				}
				return nil
			}
			board := &channels.Board{}
			courier := channels.NewCourier(channels.CourierConfig{Log: l, Doors: doors{{ID: 1, Channel: "pigeon", Enabled: true}},
				Senders: []channels.Sender{c}, Board: board, Logger: slog.New(slog.DiscardHandler)})
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { done <- courier.Run(ctx) }()
			time.Sleep(3 * time.Hour)
			cancel()
			<-done
			if len(c.copies) != 2 || c.copies[0] != centrala.DeliveryHandedOver || c.copies[1] != centrala.DeliveryHandedOver {
				t.Errorf("copies were asked for when the deliveries were %v", c.copies)
			}
			if row := l.Row(1); row.State != centrala.DeliveryHandedOver || row.Attempts != 1 {
				t.Errorf("the delivery is %s after %d attempts", row.State, row.Attempts)
			}
			if row := l.Row(3); row.State != centrala.DeliveryHandedOver || row.Reason != "refused for ewa@example.test" {
				t.Errorf("the noted delivery is %+v", row)
			}
			if h, _ := board.Line(1, channels.Out); h.State != channels.Working || (h.Warning != "") != fails {
				t.Errorf("the line's health is %+v", h)
			}
		})
	}
}
