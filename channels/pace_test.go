package channels_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"centrala"
	"centrala/channels"
	"centrala/channels/channelstest"
)

// dovecote is a line whose other sides bear only so much.
type dovecote struct {
	pace channels.Pace
	send func(ctx context.Context, out centrala.Outbound) error

	mu   sync.Mutex
	open map[string]int
	most map[string]int // at the same time, by domain
	at   map[string][]time.Time
	sent []centrala.DeliveryID
	said map[centrala.ConversationID][]string // when it is made
	kind centrala.Channel
}

func (p *dovecote) Kind() centrala.Channel { return cmp.Or(p.kind, "pigeon") }

func (p *dovecote) Pace(centrala.Inbox) channels.Pace { return p.pace }

func (p *dovecote) Send(ctx context.Context, out centrala.Outbound) (string, error) {
	name := out.To.Domain()
	p.mu.Lock()
	p.open[name]++
	p.most[name] = max(p.most[name], p.open[name])
	p.at[name] = append(p.at[name], time.Now())
	p.mu.Unlock()
	err := p.send(ctx, out)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open[name]--
	if err == nil {
		p.sent = append(p.sent, out.Delivery)
		if p.said != nil {
			p.said[out.Conversation] = append(p.said[out.Conversation], out.Text)
		}
	}
	return "x", err
}

func (p *dovecote) count(name string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.at[name])
}

// list is what was sent so far.
func (p *dovecote) list() []centrala.DeliveryID {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.sent)
}

// deliver runs a Courier over the ledger for as long as during takes.
func deliver(t *testing.T, l *channelstest.Ledger, p *dovecote, workers int, during func()) {
	t.Helper()
	p.open, p.most, p.at = map[string]int{}, map[string]int{}, map[string][]time.Time{}
	c := channels.NewCourier(channels.CourierConfig{Log: l, Doors: doors{{ID: 1, Channel: "pigeon", Enabled: true}}, Senders: []channels.Sender{p},
		Board: &channels.Board{}, Logger: slog.New(slog.DiscardHandler), Workers: workers})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	during()
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("Run ended with %v", err)
	}
}

// To one domain there is one mail a second and two at the same time; the others do not wait for
// it, although its mails are the oldest.
func TestDomainsDoNotWaitForEachOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &channelstest.Ledger{}
		for n := int64(1); n <= 100; n++ {
			l.Add(n, n, "a@big.test")
		}
		for n := int64(101); n <= 110; n++ {
			l.Add(n, n, fmt.Sprintf("a@small%d.test", n))
		}
		p := &dovecote{pace: channels.Pace{Connections: 2, Every: time.Second}, send: func(context.Context, centrala.Outbound) error {
			time.Sleep(1500 * time.Millisecond) // in the bubble's time
			return nil
		}}
		deliver(t, l, p, 4, func() {
			time.Sleep(12 * time.Second)
			for n := 101; n <= 110; n++ {
				if p.count(fmt.Sprintf("small%d.test", n)) != 1 {
					t.Errorf("after 12 s nothing was sent to small%d.test", n)
				}
			}
			time.Sleep(3 * time.Minute)
		})
		if p.count("big.test") != 100 || p.most["big.test"] > 2 {
			t.Errorf("big.test has got %d, %d at the same time", p.count("big.test"), p.most["big.test"])
		}
		for i, at := range p.at["big.test"][1:] {
			if d := at.Sub(p.at["big.test"][i]); d < time.Second {
				t.Errorf("mail %d came %v after the one before", i+1, d)
			}
		}
		for n := centrala.DeliveryID(1); n <= 110; n++ {
			if row := l.Row(n); row.State != centrala.DeliveryHandedOver || row.Attempts != 1 {
				t.Errorf("delivery %d is %s after %d attempts: a wait is no attempt", n, row.State, row.Attempts)
			}
		}
	})
}

// A domain that says that it gets too much is left alone, longer each time, with one mail to try
// it by; everybody else gets theirs meanwhile.
func TestBusyDomainPauses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &channelstest.Ledger{}
		for n := int64(1); n <= 20; n++ {
			l.Add(n, n, "a@busy.test")
		}
		for n := int64(21); n <= 30; n++ {
			l.Add(n, n, fmt.Sprintf("a@free%d.test", n))
		}
		began := time.Now()
		p := &dovecote{pace: channels.Pace{Connections: 2, Every: time.Second}, send: func(_ context.Context, out centrala.Outbound) error {
			if out.To.Domain() == "busy.test" && time.Since(began) < 20*time.Minute {
				return &channels.Busy{Domain: "busy.test", Err: errors.New("450 rate limit")}
			}
			return nil
		}}
		deliver(t, l, p, 2, func() {
			time.Sleep(50 * time.Second)
			if n := p.count("busy.test"); n != 1 || len(p.list()) != 10 {
				t.Errorf("in the first pause: tried %d times, %d others sent", n, len(p.list()))
			}
			time.Sleep(19 * time.Minute)
			if n := p.count("busy.test"); n != 3 { // at 0, 1 and 6 minutes
				t.Errorf("in 20 minutes it was tried %d times", n)
			}
			time.Sleep(5 * time.Minute)
		})
		if len(p.list()) != 30 {
			t.Errorf("%d of 30 sent when it was free again", len(p.list()))
		}
	})
}

// A line that gives the whole account too much to do is left alone as a whole.
func TestBusyLinePauses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &channelstest.Ledger{}
		for n := int64(1); n <= 10; n++ {
			l.Add(n, n, fmt.Sprintf("a@d%d.test", n))
		}
		began, tries := time.Now(), 0
		var mu sync.Mutex
		p := &dovecote{send: func(context.Context, centrala.Outbound) error {
			mu.Lock()
			defer mu.Unlock()
			if tries++; time.Since(began) < 5*time.Minute {
				return &channels.Busy{Err: errors.New("421 too many connections")}
			}
			return nil
		}}
		deliver(t, l, p, 2, func() {
			time.Sleep(4 * time.Minute)
			mu.Lock()
			if tries > 3 { // two at once, and one after a minute
				t.Errorf("tried %d times in 4 minutes", tries)
			}
			mu.Unlock()
			time.Sleep(time.Hour)
		})
		if len(p.list()) != 10 {
			t.Errorf("%d of 10 sent in the end", len(p.list()))
		}
	})
}

// The account's own limit holds for all domains together and is spread over the minute.
func TestPerMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &channelstest.Ledger{}
		for n := int64(1); n <= 90; n++ {
			l.Add(n, n, fmt.Sprintf("a@d%d.test", n))
		}
		p := &dovecote{pace: channels.Pace{PerMinute: 30}, send: func(context.Context, centrala.Outbound) error { return nil }}
		deliver(t, l, p, 4, func() {
			time.Sleep(time.Minute - time.Second)
			if n := len(p.list()); n != 30 {
				t.Errorf("%d in the first minute, want 30", n)
			}
			time.Sleep(2 * time.Minute)
		})
		if len(p.list()) != 90 {
			t.Errorf("%d of 90 in three minutes", len(p.list()))
		}
	})
}

// Within a conversation the order holds, whatever its domain may get.
func TestPaceKeepsTheOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &channelstest.Ledger{}
		for n := int64(1); n <= 30; n++ {
			l.Add(n%3, n, fmt.Sprintf("a@d%d.test", n%5))
		}
		var tries atomic.Int64
		p := &dovecote{pace: channels.Pace{Connections: 1, Every: time.Second}, send: func(_ context.Context, out centrala.Outbound) error {
			if out.Delivery == 7 {
				if tries.Add(1) < 3 {
					return &channels.Busy{Domain: out.To.Domain(), Err: errors.New("451 rate")}
				}
			}
			return nil
		}}
		deliver(t, l, p, 4, func() { time.Sleep(time.Hour) })
		last := map[centrala.DeliveryID]centrala.DeliveryID{}
		for _, id := range p.list() {
			if id < last[id%3] {
				t.Errorf("%d was sent after %d", id, last[id%3])
			}
			last[id%3] = id
		}
		if len(p.list()) != 30 {
			t.Errorf("%d of 30 sent", len(p.list()))
		}
	})
}

func TestBucket(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	b := channels.Bucket{Every: time.Second, Burst: 3}
	for n, want := range []time.Duration{0, 0, 0, time.Second, 2 * time.Second} {
		if got := b.Ready(now).Sub(now); got != want {
			t.Errorf("message %d may pass after %v, want %v", n, got, want)
		}
		b.Take(now)
	}
	if got := b.Ready(now.Add(time.Hour)).Sub(now); got != time.Hour {
		t.Errorf("after an hour: %v", got)
	}
	if b = (channels.Bucket{}); !b.Ready(now).Equal(now) {
		t.Error("without an interval somebody waits")
	}
}

// Two inboxes that write to one domain share its turns, and one that ends in the middle leaves
// none of them taken.
func TestInboxesShareADomain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &channelstest.Ledger{}
		for n := int64(1); n <= 20; n++ {
			l.Add(n, n, "a@big.test")
		}
		p := &dovecote{pace: channels.Pace{Connections: 1}, open: map[string]int{}, most: map[string]int{}, at: map[string][]time.Time{},
			send: func(context.Context, centrala.Outbound) error {
				time.Sleep(700 * time.Millisecond) // in the bubble's time
				return nil
			}}
		both := &swinging{list: doors{{ID: 1, Channel: "pigeon", Enabled: true}, {ID: 2, Channel: "pigeon", Enabled: true}}}
		c := channels.NewCourier(channels.CourierConfig{Log: l, Doors: both, Senders: []channels.Sender{p}, Board: &channels.Board{}, Logger: slog.New(slog.DiscardHandler)})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- c.Run(ctx) }()
		for range 8 { // the second inbox is switched off and on all the time
			time.Sleep(900 * time.Millisecond)
			both.flip()
			c.Look()
		}
		time.Sleep(time.Minute)
		cancel()
		<-done
		if n := len(p.list()); n != 20 || p.most["big.test"] > 1 {
			t.Errorf("%d of 20 sent, %d at the same time", n, p.most["big.test"])
		}
	})
}

// swinging is doors of which the second is open and shut by turns.
type swinging struct {
	mu   sync.Mutex
	list doors
}

func (c *swinging) Inboxes(context.Context) ([]centrala.Inbox, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.list), nil
}

func (c *swinging) flip() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list = slices.Clone(c.list)
	c.list[1].Enabled = !c.list[1].Enabled
}
