package channelstest

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"centrala"
	"centrala/channels"
)

// mortal is a sender that dies once, after the other side has the message and before anybody
// could write that down.
type mortal struct {
	channels.Sender
	died atomic.Bool
}

// Send implements channels.Sender.
func (m *mortal) Send(ctx context.Context, out centrala.Outbound) (string, error) {
	id, err := m.Sender.Send(ctx, out)
	if err == nil && m.died.CompareAndSwap(false, true) {
		runtime.Goexit()
	}
	return id, err
}

// repeater is a mortal of a line that knows messages again.
type repeater struct {
	*mortal
	key func(centrala.Outbound) string
}

// Key implements channels.Repeater.
func (r repeater) Key(out centrala.Outbound) string { return r.key(out) }

type oneDoor struct{ inbox centrala.Inbox }

// Inboxes implements channels.Doors.
func (d oneDoor) Inboxes(context.Context) ([]centrala.Inbox, error) {
	return []centrala.Inbox{d.inbox}, nil
}

// dies holds a line to what a crash in the middle of sending may cost: a doubt that is shown,
// or, where the other side knows the message again, nothing.
func dies(t *testing.T, l Line) {
	s := l.sender(t)
	m := &mortal{Sender: s}
	sender, again := channels.Sender(m), false
	if r, ok := s.(channels.Repeater); ok {
		sender, again = repeater{m, r.Key}, true
		a, b := l.outbound(l.Someone), l.outbound(l.Someone)
		b.Attempt = 2
		if r.Key(a) == "" || r.Key(a) != r.Key(b) {
			t.Errorf("the key of a delivery is %q and then %q", r.Key(a), r.Key(b))
		}
		if b.Delivery++; r.Key(a) == r.Key(b) {
			t.Error("two deliveries have one key")
		}
	}
	ledger := &Ledger{}
	out := l.outbound(l.Someone)
	ledger.Put(out)
	inbox := l.Inbox
	inbox.Enabled, inbox.Channel = true, l.Channel.Kind()
	c := channels.NewCourier(channels.CourierConfig{Log: ledger, Doors: oneDoor{inbox}, Senders: []channels.Sender{sender},
		Board: &channels.Board{}, Logger: slog.New(slog.DiscardHandler), Every: 20 * time.Millisecond})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	defer func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("the courier ended with %v", err)
		}
	}()
	Eventually(t, "the sender died with the message out", func() bool { return m.died.Load() && len(l.Got(t)) == 1 })
	if state := ledger.State(out.Delivery); state != centrala.DeliveryHandingOver {
		t.Fatalf("the delivery is %s", state)
	}
	ledger.Lapse()
	want := centrala.DeliveryUnknown
	if again {
		want = centrala.DeliveryHandedOver
	}
	Eventually(t, "the delivery is "+string(want), func() bool { return ledger.State(out.Delivery) == want })
	if n, got := ledger.Row(out.Delivery).Attempts, len(l.Got(t)); got != 1 || n > 1 != again {
		t.Errorf("it was got %d times after %d attempts", got, n)
	}
}
