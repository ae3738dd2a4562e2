package channels_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"centrala"
	"centrala/channels"
)

// ledger is a log in memory that keeps the promises of Deliveries.
type ledger struct {
	mu    sync.Mutex
	rows  []*row
	away  int // calls of Settle that fail first
	trace []string
}

type row struct {
	out   centrala.Outbound
	state centrala.DeliveryState
	next  time.Time
	why   string
}

func (l *ledger) add(conversation, id int64, to string) {
	l.rows = append(l.rows, &row{state: centrala.DeliveryQueued, out: centrala.Outbound{
		Delivery: centrala.DeliveryID(id), Conversation: centrala.ConversationID(conversation), To: centrala.Address{Address: to}}})
}

func (l *ledger) LeaseDeliveries(_ context.Context, _ centrala.InboxID, _ time.Duration, limit int) ([]centrala.Outbound, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var outs []centrala.Outbound
	busy := make(map[centrala.ConversationID]bool)
	for _, r := range l.rows {
		open := r.state == centrala.DeliveryQueued || r.state == centrala.DeliveryLeased || r.state == centrala.DeliveryHandingOver
		if r.state == centrala.DeliveryQueued && !r.next.After(time.Now()) && !busy[r.out.Conversation] && len(outs) < limit {
			r.state, r.out.Attempt = centrala.DeliveryLeased, r.out.Attempt+1
			outs = append(outs, r.out)
		}
		busy[r.out.Conversation] = busy[r.out.Conversation] || open
	}
	return outs, nil
}

func (l *ledger) row(id centrala.DeliveryID) *row {
	return l.rows[slices.IndexFunc(l.rows, func(r *row) bool { return r.out.Delivery == id })]
}

func (l *ledger) HandOver(_ context.Context, id centrala.DeliveryID) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.row(id)
	if r.state != centrala.DeliveryLeased {
		return centrala.Errorf(centrala.Conflict, "not leased")
	}
	r.state = centrala.DeliveryHandingOver
	return nil
}

func (l *ledger) Settle(_ context.Context, id centrala.DeliveryID, s centrala.Settlement) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.away > 0 {
		l.away--
		return centrala.Errorf(centrala.Unavailable, "The disk is full.")
	}
	r := l.row(id)
	r.state, r.next, r.why = s.State, s.Next, s.Reason
	l.trace = append(l.trace, fmt.Sprintf("%d %s", int64(id), s.State))
	return nil
}

func (l *ledger) state(id centrala.DeliveryID) centrala.DeliveryState {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.row(id).state
}

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
func courier(t *testing.T, l *ledger, p *phone) (c *channels.Courier, board *channels.Board, end func()) {
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
		l := &ledger{}
		for n := int64(1); n <= 40; n++ {
			l.add(n%4, n, "a")
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
		l := &ledger{}
		l.add(1, 1, "later")
		l.add(1, 2, "ok")
		l.add(2, 3, "never")
		l.add(2, 4, "ok")
		l.add(3, 5, "unknown")
		l.add(4, 6, "panic")
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
			if got := l.state(id); got != want {
				t.Errorf("delivery %d is %s, want %s", id, got, want)
			}
		}
		if why := l.row(3).why; why != "550 no such user" {
			t.Errorf("the reason is %q", why)
		}
		time.Sleep(7 * time.Minute) // 1 and 5 minutes later
		if l.state(1) != centrala.DeliveryHandedOver || l.state(2) != centrala.DeliveryHandedOver || l.row(1).out.Attempt != 3 {
			t.Errorf("after the retries: %s after %d attempts, %s", l.state(1), l.row(1).out.Attempt, l.state(2))
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
		l := &ledger{}
		for n := int64(1); n <= 30; n++ {
			l.add(n, n, "a")
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
		l := &ledger{}
		p := &phone{send: func(context.Context, centrala.Outbound) error { return nil }}
		c, _, end := courier(t, l, p)
		defer end()
		synctest.Wait()
		for n, inbox := range []centrala.InboxID{1, 0} {
			l.mu.Lock()
			l.add(9, int64(n+1), "a")
			l.mu.Unlock()
			if err := c.Handle(t.Context(), centrala.Event{Type: centrala.DeliveryUpdated, Data: centrala.Facts{Inbox: inbox, State: "queued"}}); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if len(p.list()) != n+1 {
				t.Errorf("%d sent without a wait, want %d", len(p.list()), n+1)
			}
		}
		l.mu.Lock()
		l.add(9, 3, "a")
		l.mu.Unlock()
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
		l := &ledger{away: 3}
		for n := int64(1); n <= 5; n++ {
			l.add(n, n, "a")
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
		if l.state(1) != centrala.DeliveryHandedOver || l.state(2) != centrala.DeliveryUnknown {
			t.Errorf("under way were: %s, %s", l.state(1), l.state(2))
		}
		for id := centrala.DeliveryID(3); id <= 5; id++ {
			if l.state(id) != centrala.DeliveryQueued {
				t.Errorf("delivery %d is %s", id, l.state(id))
			}
		}
	})
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
