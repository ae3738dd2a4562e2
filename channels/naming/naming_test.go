package naming_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"centrala"
	"centrala/channels"
	"centrala/channels/naming"
)

// vendor is a line that knows everybody's name after some failures.
type vendor struct {
	mu    sync.Mutex
	fails []error
	asked []time.Duration // since the beginning
	began time.Time
}

func (*vendor) Kind() centrala.Channel { return "pigeon" }

func (*vendor) Read(centrala.Inbox, centrala.Hook) (centrala.Reading, error) {
	return centrala.Reading{}, nil
}

func (v *vendor) Name(_ context.Context, _ centrala.Inbox, address string) (string, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.asked = append(v.asked, time.Since(v.began))
	if len(v.fails) > 0 {
		err := v.fails[0]
		v.fails = v.fails[1:]
		return "", err
	}
	return "Pani " + address, nil
}

func (v *vendor) calls() []time.Duration {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.asked)
}

// shelf has people without names.
type shelf struct {
	mu   sync.Mutex
	due  map[string]time.Time
	rows map[string]centrala.Named
	term int64
}

func (s *shelf) DueNames(_ context.Context, _ centrala.InboxID, limit int) ([]centrala.Unnamed, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []centrala.Unnamed
	for a, at := range s.due {
		if !at.After(time.Now()) && len(out) < limit {
			out = append(out, centrala.Unnamed{Inbox: 1, Address: a, Tries: s.rows[a].Tries})
		}
	}
	return out, nil
}

func (s *shelf) KeepName(_ context.Context, n centrala.Named) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.term = n.Term
	if n.Next.IsZero() {
		delete(s.due, n.Address)
	} else {
		s.due[n.Address] = n.Next
		n.Tries++
	}
	s.rows[n.Address] = n
	return nil
}

func (s *shelf) row(address string) (n centrala.Named, waits bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, waits = s.due[address]
	return s.rows[address], waits
}

// ask has names asked for while during goes on.
func ask(t *testing.T, v *vendor, s *shelf, board *channels.Board, during func(wake chan struct{})) {
	t.Helper()
	v.began = time.Now()
	wake := make(chan struct{}, 1)
	a := &naming.Asker{Shelf: s, Board: board, Log: slog.New(slog.DiscardHandler)}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	held := channels.Held{Wake: wake, Term: 7, Sound: func() error { return nil }}
	go func() { done <- a.Work(ctx, centrala.Inbox{ID: 1}, v, held) }()
	during(wake)
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("it ended with %v", err)
	}
}

func people(names ...string) *shelf {
	s := &shelf{due: map[string]time.Time{}, rows: map[string]centrala.Named{}}
	for _, n := range names {
		s.due[n] = time.Now()
	}
	return s
}

// A name is asked for when somebody came, under the lease, and once.
func TestNameIsAskedForOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v, s := &vendor{}, people()
		ask(t, v, s, &channels.Board{}, func(wake chan struct{}) {
			synctest.Wait()
			s.mu.Lock()
			s.due["ola"] = time.Now()
			s.mu.Unlock()
			wake <- struct{}{}
			synctest.Wait()
			if n, waits := s.row("ola"); n.Name != "Pani ola" || waits || n.Term != 7 {
				t.Errorf("%+v, waits %t", n, waits)
			}
			time.Sleep(24 * time.Hour)
		})
		if got := v.calls(); len(got) != 1 {
			t.Errorf("asked at %v", got)
		}
	})
}

// What fails is asked for again, later each time, and at last when the person writes again; what is
// refused is not.
func TestFailedNamesAreAskedForAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		away := errors.New("503")
		v, s := &vendor{fails: []error{away, &channels.Later{For: 24 * time.Hour, Err: away}, away}}, people("ola")
		ask(t, v, s, &channels.Board{}, func(chan struct{}) { time.Sleep(48 * time.Hour) })
		if n, waits := s.row("ola"); n.Name != "Pani ola" || waits || len(v.calls()) != 4 {
			t.Errorf("%+v, waits %t, asked at %v", n, waits, v.calls())
		}
		if at := v.calls(); at[1] < time.Minute || at[2] < 24*time.Hour || at[3] < at[2]+4*time.Minute {
			t.Errorf("asked at %v", at)
		}

		v, s = &vendor{fails: []error{&centrala.Rejected{Reason: "not allowed"}}}, people("jan")
		ask(t, v, s, &channels.Board{}, func(chan struct{}) { time.Sleep(48 * time.Hour) })
		if n, waits := s.row("jan"); n.Name != "" || n.Spent || waits || len(v.calls()) != 1 {
			t.Errorf("refused: %+v, waits %t, asked at %v", n, waits, v.calls())
		}

		v, s = &vendor{fails: slices.Repeat([]error{away}, 100)}, people("ewa")
		ask(t, v, s, &channels.Board{}, func(chan struct{}) { time.Sleep(48 * time.Hour) })
		if n, waits := s.row("ewa"); !n.Spent || waits || len(v.calls()) != 8 {
			t.Errorf("given up: %+v, waits %t, asked %d times", n, waits, len(v.calls()))
		}
	})
}

// Names leave the messages what the vendor allows, and are no reason to be shut out.
func TestNamesComeLast(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v, s := &vendor{}, people("a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l")
		ask(t, v, s, &channels.Board{}, func(chan struct{}) { time.Sleep(time.Minute) })
		if at := v.calls(); len(at) != 12 || at[11] < 3*time.Second {
			t.Errorf("asked at %v", at)
		}

		v, s = &vendor{}, people("a", "b", "c")
		limited := &channels.Board{}
		limited.Limit(1, channels.Out, time.Now().Add(time.Hour))
		ask(t, v, s, limited, func(wake chan struct{}) {
			time.Sleep(30 * time.Minute)
			wake <- struct{}{}
			time.Sleep(29 * time.Minute)
			if at := v.calls(); len(at) > 0 {
				t.Errorf("asked at %v while the vendor wants nothing", at)
			}
			time.Sleep(2 * time.Minute)
		})
		if at := v.calls(); len(at) != 3 {
			t.Errorf("asked at %v", at)
		}

		v, s = &vendor{}, people("a", "b", "c")
		used := &channels.Board{}
		used.Usage(1, channels.Out, 90)
		ask(t, v, s, used, func(chan struct{}) { time.Sleep(150 * time.Second) })
		if at := v.calls(); len(at) != 3 || at[1] < time.Minute || at[2] < 2*time.Minute {
			t.Errorf("asked at %v while much is used", at)
		}

		v, s = &vendor{fails: []error{&channels.Busy{For: time.Hour, Err: errors.New("429")}, &channels.Stopped{Reason: "token"}}}, people("ola")
		ask(t, v, s, &channels.Board{}, func(chan struct{}) { time.Sleep(2 * time.Hour) })
		at := v.calls()
		if n, _ := s.row("ola"); n.Name != "Pani ola" || n.Tries != 0 || len(at) != 3 || at[1] < time.Hour || at[2] < at[1]+15*time.Minute {
			t.Errorf("%+v, asked at %v", n, at)
		}
	})
}
