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

// telex is a line whose other side takes a message once, by its key.
type telex struct {
	mu  sync.Mutex
	got map[string]channelstest.Letter
}

func (x *telex) Kind() centrala.Channel { return "telex" }

func (x *telex) Key(out centrala.Outbound) string { return "telex-" + out.Delivery.String() }

func (x *telex) Send(ctx context.Context, out centrala.Outbound) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	key := x.Key(out)
	if _, known := x.got[key]; !known {
		x.got[key] = channelstest.Letter{ID: key, Text: out.Text}
	}
	return key, nil
}

func (x *telex) letters(testing.TB) []channelstest.Letter {
	x.mu.Lock()
	defer x.mu.Unlock()
	var all []channelstest.Letter
	for _, l := range x.got {
		all = append(all, l)
	}
	return all
}

func TestRepeaterPassesTheSuite(t *testing.T) {
	t.Parallel()
	channelstest.Run(t, func(testing.TB) channelstest.Line {
		x := &telex{got: map[string]channelstest.Letter{}}
		return channelstest.Line{Channel: x, Got: x.letters, Inbox: centrala.Inbox{ID: 7, Channel: "telex"}, Someone: centrala.Address{Address: "123"}}
	})
}

// nobodyKnows is a telex whose first answer is lost on the way.
type nobodyKnows struct {
	*telex
	mu    sync.Mutex
	tries int
}

func (n *nobodyKnows) Send(ctx context.Context, out centrala.Outbound) (string, error) {
	key, err := n.telex.Send(ctx, out)
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.tries++; n.tries == 1 {
		return "", &centrala.Ambiguous{Err: errors.New("cut off")}
	}
	return key, err
}

// A doubt is no end where a repeat is harmless: the attempt is made again, and the other side
// has the message once.
func TestDoubtIsTriedAgainByARepeater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &channelstest.Ledger{}
		l.Add(1, 1, "123")
		x := &nobodyKnows{telex: &telex{got: map[string]channelstest.Letter{}}}
		c := channels.NewCourier(channels.CourierConfig{Log: l, Doors: doors{{ID: 1, Channel: "telex", Enabled: true}},
			Senders: []channels.Sender{x}, Board: &channels.Board{}, Logger: slog.New(slog.DiscardHandler)})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- c.Run(ctx) }()
		synctest.Wait()
		if got := l.Row(1); got.State != centrala.DeliveryQueued || got.Reason != "cut off" {
			t.Errorf("after the first attempt: %+v", got)
		}
		time.Sleep(2 * time.Minute)
		if got := l.Row(1); got.State != centrala.DeliveryHandedOver || got.Attempts != 2 || len(x.letters(t)) != 1 {
			t.Errorf("after the second attempt: %+v, got %d times", got, len(x.letters(t)))
		}
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Run ended with %v", err)
		}
	})
}
