package channels_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"centrala"
	"centrala/channels"
	"centrala/channels/channelstest"
)

type doors []centrala.Inbox

func (d doors) Inboxes(context.Context) ([]centrala.Inbox, error) { return d, nil }

// phone is a Sender of a kind of its own.
type phone struct {
	mu   sync.Mutex
	sent []int64
	send func(ctx context.Context, out centrala.Outbound) error
}

func (p *phone) Kind() centrala.Channel { return "pigeon" }

func (p *phone) Send(ctx context.Context, out centrala.Outbound) (string, error) {
	if err := p.send(ctx, out); err != nil {
		return "", err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sent = append(p.sent, int64(out.Delivery))
	return "x", nil
}

func (p *phone) list() []int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.sent)
}

// courier runs one over the ledger until the returned function is called.
func courier(t *testing.T, l *channelstest.Ledger, p *phone) (c *channels.Courier, board *channels.Board, end func()) {
	t.Helper()
	board = &channels.Board{}
	c = channels.NewCourier(channels.CourierConfig{Log: l, Doors: doors{{ID: 1, Channel: "pigeon", Enabled: true}, {ID: 2, Channel: "pigeon"}, {ID: 3, Channel: centrala.Chat, Enabled: true}},
		Senders: []channels.Sender{p}, Board: board, Logger: slog.New(slog.DiscardHandler)})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	return c, board, func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Run ended with %v", err)
		}
	}
}

func TestCourierKeepsTheOrderOfAConversation(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &channelstest.Ledger{}
		for n := int64(1); n <= 40; n++ {
			l.Add(n%4, n, "a")
		}
		p := &phone{send: func(_ context.Context, out centrala.Outbound) error {
			time.Sleep(time.Duration(out.Delivery%7) * time.Millisecond) // in the bubble's time
			return nil
		}}
		_, _, end := courier(t, l, p)
		synctest.Wait()
		time.Sleep(time.Second)
		end()
		last := make(map[int64]int64)
		for _, id := range p.list() {
			if id < last[id%4] {
				t.Errorf("%d was sent after %d", id, last[id%4])
			}
			last[id%4] = id
		}
		if n := len(p.list()); n != 40 {
			t.Errorf("%d of 40 sent", n)
		}
	})
}

// What the other side says decides, and what must wait holds up only its own conversation.
func TestCourierOutcomes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &channelstest.Ledger{}
		l.Add(1, 1, "later")
		l.Add(1, 2, "ok")
		l.Add(2, 3, "never")
		l.Add(2, 4, "ok")
		l.Add(3, 5, "unknown")
		l.Add(4, 6, "panic")
		tries := 0
		p := &phone{send: func(_ context.Context, out centrala.Outbound) error {
			switch out.To.Address {
			case "later":
				if tries++; tries < 3 {
					return errors.New("busy")
				}
			case "never":
				return &centrala.Rejected{Reason: "550 no such user"}
			case "unknown":
				return &centrala.Ambiguous{Err: errors.New("cut off")}
			case "panic":
				panic("broken")
			}
			return nil
		}}
		_, board, end := courier(t, l, p)
		defer end()
		time.Sleep(30 * time.Second)
		for id, want := range map[centrala.DeliveryID]centrala.DeliveryState{
			1: centrala.DeliveryQueued, 2: centrala.DeliveryQueued, 3: centrala.DeliveryFailed, 4: centrala.DeliveryHandedOver,
			5: centrala.DeliveryUnknown, 6: centrala.DeliveryUnknown,
		} {
			if got := l.State(id); got != want {
				t.Errorf("delivery %d is %s, want %s", id, got, want)
			}
		}
		if why := l.Row(3).Reason; why != "550 no such user" {
			t.Errorf("the reason is %q", why)
		}
		time.Sleep(7 * time.Minute) // 1 and 5 minutes later
		if l.State(1) != centrala.DeliveryHandedOver || l.State(2) != centrala.DeliveryHandedOver || l.Row(1).Attempts != 3 {
			t.Errorf("after the retries: %s after %d attempts, %s", l.State(1), l.Row(1).Attempts, l.State(2))
		}
		if h, ok := board.Line(1, channels.Out); !ok || h.State != channels.Working {
			t.Errorf("the line's health is %+v", h)
		}
		if _, ok := board.Line(2, channels.Out); ok {
			t.Error("a disabled inbox has a line")
		}
	})
}

// A line that refuses us is tried seldom, however much there is to send, and again in full
// when it lets us in.
func TestCourierStopped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &channelstest.Ledger{}
		for n := int64(1); n <= 30; n++ {
			l.Add(n, n, "a")
		}
		var mu sync.Mutex
		tries, open := 0, false
		p := &phone{send: func(context.Context, centrala.Outbound) error {
			mu.Lock()
			defer mu.Unlock()
			if tries++; !open {
				return &channels.Stopped{Reason: "The password is wrong."}
			}
			return nil
		}}
		c, board, end := courier(t, l, p)
		defer end()
		for range 100 {
			time.Sleep(time.Second)
			if err := c.Handle(t.Context(), centrala.Event{Type: centrala.DeliveryUpdated, Data: centrala.Facts{Inbox: 1, State: "queued"}}); err != nil {
				t.Fatal(err)
			}
		}
		mu.Lock()
		n := tries
		open = true
		mu.Unlock()
		if n > 30 {
			t.Errorf("a line that refuses was tried %d times in 100 s", n)
		}
		if h, _ := board.Line(1, channels.Out); h.State != channels.Halted || h.LastError == "" {
			t.Errorf("the line's health is %+v", h)
		}
		time.Sleep(2 * time.Hour)
		if len(p.list()) != 30 {
			t.Errorf("%d of 30 sent after it opened", len(p.list()))
		}
	})
}

func TestCourierWakesAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &channelstest.Ledger{}
		p := &phone{send: func(context.Context, centrala.Outbound) error { return nil }}
		c, _, end := courier(t, l, p)
		defer end()
		synctest.Wait()
		for n, inbox := range []centrala.InboxID{1, 0} {
			l.Add(9, int64(n+1), "a")
			if err := c.Handle(t.Context(), centrala.Event{Type: centrala.DeliveryUpdated, Data: centrala.Facts{Inbox: inbox, State: "queued"}}); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if len(p.list()) != n+1 {
				t.Errorf("%d sent without a wait, want %d", len(p.list()), n+1)
			}
		}
		l.Add(9, 3, "a")
		time.Sleep(16 * time.Second) // nobody rang: the sweep finds it
		if len(p.list()) != 3 {
			t.Error("the sweep did not find what a wake missed")
		}
	})
}

// Told to end, the Courier lets what is under way finish and writes it down, also when the log
// is away for a moment; what is not begun stays queued.
func TestCourierEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &channelstest.Ledger{Away: 3}
		for n := int64(1); n <= 5; n++ {
			l.Add(n, n, "a")
		}
		p := &phone{send: func(ctx context.Context, out centrala.Outbound) error {
			wait := 5 * time.Second
			if out.Delivery == 2 {
				wait = time.Hour
			}
			select {
			case <-time.After(wait):
				return nil
			case <-ctx.Done():
				return &centrala.Ambiguous{Err: ctx.Err()}
			}
		}}
		_, _, end := courier(t, l, p)
		time.Sleep(time.Second)
		began := time.Now()
		end()
		if d := time.Since(began); d > 12*time.Second {
			t.Errorf("it took %v to end", d)
		}
		if l.State(1) != centrala.DeliveryHandedOver || l.State(2) != centrala.DeliveryUnknown {
			t.Errorf("under way were: %s, %s", l.State(1), l.State(2))
		}
		for id := centrala.DeliveryID(3); id <= 5; id++ {
			if l.State(id) != centrala.DeliveryQueued {
				t.Errorf("delivery %d is %s", id, l.State(id))
			}
		}
	})
}

// What is put off again and again is given up when the next try would be after two days, and says what the other side said.
func TestCourierGivesUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &channelstest.Ledger{}
		l.Add(1, 1, "later")
		began := time.Now()
		var last time.Duration
		p := &phone{send: func(context.Context, centrala.Outbound) error {
			last = time.Since(began)
			return errors.New("put off: 451 4.3.0 not now")
		}}
		_, _, end := courier(t, l, p)
		time.Sleep(45 * time.Hour)
		if state := l.State(1); state != centrala.DeliveryQueued {
			t.Errorf("after 45 hours it is %s", state)
		}
		time.Sleep(10 * time.Hour)
		end()
		if row := l.Row(1); row.State != centrala.DeliveryFailed || !strings.Contains(row.Reason, "451 4.3.0") || last < 44*time.Hour || last > channels.GiveUpAfter {
			t.Errorf("%s after %d attempts, the last after %v: %s", row.State, row.Attempts, last, row.Reason)
		}
	})
}

// What waits for a line that a person has to mend is kept for however long that takes.
func TestStoppedIsNotGivenUp(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	for err, want := range map[error]centrala.DeliveryState{
		&channels.Stopped{Reason: "connect again"}: centrala.DeliveryQueued, errors.New("451 not now"): centrala.DeliveryFailed,
	} {
		if s := channels.Settle(centrala.Outbound{Attempt: 500}, "", err, now); s.State != want || want == centrala.DeliveryQueued && s.Next.Sub(now) != 4*time.Hour {
			t.Errorf("%v: %s, again %v", err, s.State, s.Next)
		}
	}
}

func TestNextAttempt(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	for attempt, want := range map[int]time.Duration{0: time.Minute, 1: time.Minute, 2: 5 * time.Minute, 3: 15 * time.Minute, 4: time.Hour, 5: 4 * time.Hour, 9: 4 * time.Hour} {
		if next, ok := channels.NextAttempt(attempt, now); !ok || next.Sub(now) != want {
			t.Errorf("attempt %d: again in %v, %v; want %v", attempt, next.Sub(now), ok, want)
		}
	}
	var waited time.Duration
	n := 1
	for ; ; n++ {
		next, ok := channels.NextAttempt(n, now)
		if !ok {
			break
		}
		waited += next.Sub(now)
	}
	if waited > channels.GiveUpAfter || waited < channels.GiveUpAfter-5*time.Hour {
		t.Errorf("given up after %v and %d attempts", waited, n)
	}
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		failures int
		limit    time.Duration
		random   float64
		want     time.Duration
	}{
		{1, time.Hour, 0, 0}, {1, time.Hour, 1, time.Second}, {4, time.Hour, 0.5, 5 * time.Second}, {100, 5 * time.Minute, 1, 5 * time.Minute}, {0, time.Hour, 1, time.Second},
	} {
		if got := channels.Backoff(c.failures, c.limit, c.random); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}
