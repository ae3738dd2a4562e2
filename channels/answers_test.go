package channels_test

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"centrala"
	"centrala/channels"
	"centrala/channels/channelstest"
)

// One that must wait waits alone, as long as it was told to.
func TestLaterHoldsUpOneAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &channelstest.Ledger{}
		l.Add(1, 1, "slow")
		l.Add(1, 2, "slow too")
		l.Add(2, 3, "other")
		began, tries, second := time.Now(), 0, time.Duration(0)
		p := &phone{send: func(_ context.Context, out centrala.Outbound) error {
			if out.Delivery == 1 {
				if tries++; tries == 1 {
					return &channels.Later{For: 6 * time.Hour, Err: errors.New("pair rate")}
				}
				second = time.Since(began)
			}
			return nil
		}}
		_, board, end := courier(t, l, p)
		time.Sleep(time.Minute)
		if l.State(3) != centrala.DeliveryHandedOver || l.State(1) != centrala.DeliveryQueued || l.State(2) != centrala.DeliveryQueued {
			t.Errorf("%s %s %s", l.State(1), l.State(2), l.State(3))
		}
		if h, ok := board.Line(1, channels.Out); !ok || h.State != channels.Working {
			t.Errorf("the line is %+v", h)
		}
		time.Sleep(7 * time.Hour)
		end()
		if l.State(1) != centrala.DeliveryHandedOver || second < 6*time.Hour || second > 6*time.Hour+time.Minute {
			t.Errorf("%s after %v", l.State(1), second)
		}
	})
}

// The other side says how long it is busy.
func TestBusyAsLongAsToldTo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &channelstest.Ledger{}
		l.Add(1, 1, "a")
		l.Add(2, 2, "b")
		began := time.Now()
		var last atomic.Int64
		p := &phone{send: func(context.Context, centrala.Outbound) error {
			at := time.Since(began)
			if last.Store(int64(at)); at < time.Minute {
				return &channels.Busy{For: 37 * time.Minute, Err: errors.New("429")}
			}
			return nil
		}}
		_, _, end := courier(t, l, p)
		time.Sleep(36 * time.Minute)
		if at := time.Duration(last.Load()); at > time.Minute {
			t.Errorf("called after %v", at)
		}
		time.Sleep(5 * time.Minute)
		end()
		if l.State(1) != centrala.DeliveryHandedOver || l.State(2) != centrala.DeliveryHandedOver {
			t.Errorf("%s %s", l.State(1), l.State(2))
		}
	})
}

// A shut window and a named refusal are causes, and the first is no call.
func TestCausesAreKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &channelstest.Ledger{}
		past := centrala.Window{Until: time.Now().Add(-48 * time.Hour), Extended: time.Now().Add(time.Hour), Template: true}
		put := func(id int64, out centrala.Outbound) {
			out.Delivery, out.Conversation = centrala.DeliveryID(id), centrala.ConversationID(id)
			l.Put(out)
		}
		put(1, centrala.Outbound{Window: past, Author: centrala.Author{Kind: centrala.ByBot}})
		put(2, centrala.Outbound{Window: past, Author: centrala.Author{Kind: centrala.ByAgent}})
		put(3, centrala.Outbound{Window: past, Template: &centrala.Template{Name: "hello"}})
		put(4, centrala.Outbound{To: centrala.Address{Address: "gone"}})
		p := &phone{send: func(_ context.Context, out centrala.Outbound) error {
			if out.To.Address == "gone" {
				return &centrala.Rejected{Reason: "blocked", Cause: centrala.Unreachable}
			}
			return nil
		}}
		_, _, end := courier(t, l, p)
		time.Sleep(time.Minute)
		end()
		if sent := p.list(); len(sent) != 2 {
			t.Errorf("sent %v", sent)
		}
		if a, b := l.Row(1), l.Row(4); a.State != centrala.DeliveryFailed || a.Cause != centrala.OutsideWindow || b.Cause != centrala.Unreachable {
			t.Errorf("%+v, %+v", a, b)
		}
	})
}

// echoing is a phone whose other side tells what it took.
type echoing struct{ *phone }

func (echoing) EchoWithin() time.Duration { return time.Minute }

// asking is a phone that can be asked.
type asking struct {
	*phone
	has   bool
	asked int
}

func (a *asking) Sent(context.Context, centrala.Outbound) (string, bool, error) {
	a.asked++
	return "x", a.has, nil
}

func run(t *testing.T, l *channelstest.Ledger, s channels.Sender, during func()) {
	t.Helper()
	c := channels.NewCourier(channels.CourierConfig{Log: l, Doors: doors{{ID: 1, Channel: "pigeon", Enabled: true}}, Senders: []channels.Sender{s}, Board: &channels.Board{}, Logger: slog.New(slog.DiscardHandler)})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	during()
	cancel()
	<-done
}

// What nobody knows of waits for its echo, in front of what follows, and is made again without.
func TestEchoIsWaitedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &channelstest.Ledger{}
		l.Add(1, 1, "told")
		l.Add(2, 2, "not told")
		l.Add(2, 3, "behind it")
		tries := map[centrala.DeliveryID]int{}
		p := &phone{send: func(_ context.Context, out centrala.Outbound) error {
			if tries[out.Delivery]++; out.Delivery < 3 && tries[out.Delivery] == 1 {
				return &centrala.Ambiguous{Err: errors.New("timeout")}
			}
			return nil
		}}
		run(t, l, echoing{p}, func() {
			time.Sleep(20 * time.Second)
			if l.State(2) != centrala.DeliveryUnknown || l.State(3) != centrala.DeliveryQueued {
				t.Errorf("%s, behind it %s", l.State(2), l.State(3))
			}
			l.Tell(1, centrala.DeliveryHandedOver)
			time.Sleep(3 * time.Minute)
		})
		if tries[1] != 1 || tries[2] != 2 || tries[3] != 1 || l.State(2) != centrala.DeliveryHandedOver || l.State(3) != centrala.DeliveryHandedOver {
			t.Errorf("%v: %s, %s", tries, l.State(2), l.State(3))
		}
	})
}

// Who can be asked is asked before a message is sent that may be there.
func TestAskedBeforeItIsSentAgain(t *testing.T) {
	t.Parallel()
	for _, has := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			l := &channelstest.Ledger{}
			l.Add(1, 1, "a")
			l.Add(2, 2, "refused first")
			calls := map[centrala.DeliveryID]int{}
			a := &asking{has: has}
			a.phone = &phone{send: func(_ context.Context, out centrala.Outbound) error {
				switch calls[out.Delivery]++; {
				case calls[out.Delivery] > 1:
					return nil
				case out.Delivery == 1:
					return &centrala.Ambiguous{Err: errors.New("timeout")}
				}
				return errors.New("503")
			}}
			run(t, l, a, func() { time.Sleep(5 * time.Minute) })
			want := map[bool]int{true: 1, false: 2}[has]
			if a.asked != 1 || calls[1] != want || calls[2] != 2 || l.State(1) != centrala.DeliveryHandedOver || l.State(2) != centrala.DeliveryHandedOver {
				t.Errorf("has it: %t; asked %d times, calls %v, %s %s", has, a.asked, calls, l.State(1), l.State(2))
			}
		})
	}
}
