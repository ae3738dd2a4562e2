package receipts_test

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
	"centrala/channels/receipts"
)

// log has a message of a customer's at every second place of a conversation.
type log struct{ account *centrala.Account }

func (log) Heard(_ context.Context, r centrala.TeamRead) (centrala.Heard, error) {
	last := r.Upto - r.Upto%2
	if last <= r.After {
		return centrala.Heard{}, nil
	}
	return centrala.Heard{Inbox: 1, Channel: "pigeon", Thread: "thr", Peer: "peer" + r.Conversation.String(), ID: fmt.Sprint("m", last)}, nil
}

func (l log) Inbox(context.Context, centrala.InboxID) (centrala.Inbox, error) {
	return centrala.Inbox{ID: 1, Channel: "pigeon", Enabled: true, Account: l.account}, nil
}

// line is told what was read.
type line struct {
	mu    sync.Mutex
	fails []error
	told  []string
	calls int
	hangs chan struct{}
}

func (*line) Kind() centrala.Channel { return "pigeon" }

func (*line) Send(context.Context, centrala.Outbound) (string, error) { return "", nil }

func (l *line) MarkRead(_ context.Context, _ centrala.Inbox, thread, peer, last string) error {
	if l.hangs != nil {
		<-l.hangs
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls++
	if len(l.fails) > 0 {
		err := l.fails[0]
		l.fails = l.fails[1:]
		return err
	}
	l.told = append(l.told, thread+" "+peer+" "+last)
	return nil
}

func (l *line) list() ([]string, int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.told), l.calls
}

func tell(t *testing.T, l *line, a *centrala.Account, during func(*receipts.Teller)) {
	t.Helper()
	teller := receipts.New(log{a}, []channels.Receipts{l}, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- teller.Run(ctx) }()
	during(teller)
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("it ended with %v", err)
	}
}

func read(c centrala.ConversationID, after, upto int64) []centrala.TeamRead {
	return []centrala.TeamRead{{Conversation: c, After: after, Upto: upto}}
}

var marks = &centrala.Account{MarkRead: true}

// Each mark is told once, several of a moment as one; one over which a customer said nothing, and of an
// account that does not want it, is not.
func TestMarksAreToldOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &line{}
		tell(t, l, marks, func(r *receipts.Teller) {
			r.Note(read(1, 0, 2))
			r.Note(read(1, 2, 3))
			r.Note(read(2, 0, 1))
			r.Note(read(1, 3, 6))
			time.Sleep(time.Minute)
			r.Note(read(1, 6, 7)) // our own answer
			time.Sleep(time.Minute)
			r.Note(read(1, 7, 9))
			time.Sleep(time.Hour)
		})
		if told, calls := l.list(); !slices.Equal(told, []string{"thr peer" + centrala.ConversationID(1).String() + " m6", "thr peer" + centrala.ConversationID(1).String() + " m8"}) || calls != 2 {
			t.Errorf("%q in %d calls", told, calls)
		}
		quiet := &line{}
		tell(t, quiet, &centrala.Account{}, func(r *receipts.Teller) {
			r.Note(read(1, 0, 2))
			time.Sleep(time.Hour)
		})
		if told, calls := quiet.list(); calls != 0 {
			t.Errorf("%q were told though the account does not want it", told)
		}
	})
}

// What fails is told again, together with what was read meanwhile; what is refused is not, and what
// fails for long is given up.
func TestFailedMarksAreToldAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		away := errors.New("503")
		l := &line{fails: []error{away, &channels.Busy{For: time.Hour, Err: away}}}
		tell(t, l, marks, func(r *receipts.Teller) {
			r.Note(read(1, 0, 2))
			time.Sleep(10 * time.Second)
			r.Note(read(1, 2, 4))
			r.Note(read(2, 0, 4))
			time.Sleep(50 * time.Minute)
			if told, calls := l.list(); len(told) != 0 || calls != 2 {
				t.Errorf("%q were told while the vendor wants nothing, in %d calls", told, calls)
			}
			time.Sleep(2 * time.Hour)
		})
		if told, calls := l.list(); len(told) != 2 || calls != 4 {
			t.Errorf("%q in %d calls", told, calls)
		}
		for want, err := range map[int]error{1: &centrala.Rejected{Reason: "gone"}, 5: away} {
			l := &line{fails: slices.Repeat([]error{err}, 9)}
			tell(t, l, marks, func(r *receipts.Teller) {
				r.Note(read(1, 0, 2))
				time.Sleep(24 * time.Hour)
			})
			if told, calls := l.list(); len(told) != 0 || calls != want {
				t.Errorf("%v: %q, in %d calls, want %d", err, told, calls, want)
			}
		}
	})
}

// A vendor that hangs holds up nobody who notes a mark.
func TestNotingNeverWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &line{hangs: make(chan struct{})}
		tell(t, l, marks, func(r *receipts.Teller) {
			began := time.Now()
			for n := range 100 {
				r.Note(read(centrala.ConversationID(n+1), 0, 2))
				time.Sleep(100 * time.Millisecond)
			}
			if took := time.Since(began); took > 11*time.Second {
				t.Errorf("it took %v", took)
			}
			close(l.hangs)
			time.Sleep(time.Minute)
			if told, _ := l.list(); len(told) != 100 {
				t.Errorf("%d were told", len(told))
			}
		})
	})
}
