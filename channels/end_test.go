package channels_test

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"

	"centrala"
	"centrala/channels"
	"centrala/channels/channelstest"
)

// ending is a ledger in whose midst the program is told to end. What a caller no longer waits for is
// done all the same, as in a database that commits.
type ending struct {
	*channelstest.Ledger
	leasing, handing func()
}

func (e *ending) LeaseDeliveries(ctx context.Context, l centrala.Lease) ([]centrala.Outbound, error) {
	outs, err := e.Ledger.LeaseDeliveries(ctx, l)
	if e.leasing(); ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return outs, err
}

func (e *ending) HandOver(ctx context.Context, id centrala.DeliveryID, attempt int) error {
	if e.handing(); ctx.Err() != nil {
		return ctx.Err()
	}
	return e.Ledger.HandOver(ctx, id, attempt)
}

// What was leased when the program is told to end, and not begun, is due again at once.
func TestWhatIsNotBegunIsGivenBack(t *testing.T) {
	t.Parallel()
	for _, when := range []string{"leasing", "handing over"} {
		t.Run(when, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l := &channelstest.Ledger{}
				l.Add(1, 1, "a")
				p := &phone{send: func(context.Context, centrala.Outbound) error { return nil }}
				ctx, cancel := context.WithCancel(t.Context())
				log := &ending{l, func() {}, func() {}}
				if when == "leasing" {
					log.leasing = cancel
				} else {
					log.handing = cancel
				}
				c := channels.NewCourier(channels.CourierConfig{Log: log, Doors: doors{{ID: 1, Channel: "pigeon", Enabled: true}}, Senders: []channels.Sender{p}, Board: &channels.Board{}, Logger: slog.New(slog.DiscardHandler)})
				_ = c.Run(ctx) // it ends with ctx
				if s := l.State(1); s != centrala.DeliveryQueued || len(p.list()) != 0 {
					t.Errorf("it is %s, and %v were sent", s, p.list())
				}
			})
		})
	}
}
