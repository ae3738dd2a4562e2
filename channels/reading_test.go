package channels_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"gocloud.dev/blob/memblob"

	"centrala"
	"centrala/channels"
)

// rack is a Shelf that keeps hooks in order, and says how it was read.
type rack struct {
	mu      sync.Mutex
	hooks   []centrala.Hook
	reads   []centrala.HookRead // those that were taken, in order
	commits [][]centrala.HookID
	refuse  func([]centrala.HookRead) error
}

func (r *rack) put(bodies ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, b := range bodies {
		r.hooks = append(r.hooks, centrala.Hook{ID: centrala.HookID(len(r.hooks) + 1), Inbox: 1, Outcome: centrala.HookNew, At: time.Now(), Body: []byte(b)})
	}
}

func (r *rack) KeepHooks(context.Context, []centrala.Hook, *centrala.Mark) error { return nil }

func (r *rack) Mark(context.Context, centrala.InboxID, string) (string, error) { return "", nil }

func (r *rack) UnreadHooks(_ context.Context, _ centrala.InboxID, limit int) ([]centrala.Hook, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []centrala.Hook
	for _, h := range r.hooks {
		if h.Outcome == centrala.HookNew && len(out) < limit {
			out = append(out, h)
		}
	}
	return out, nil
}

func (r *rack) ReadHooks(_ context.Context, reads []centrala.HookRead) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.refuse != nil {
		if err := r.refuse(reads); err != nil {
			return err
		}
	}
	var ids []centrala.HookID
	for _, read := range reads {
		h := &r.hooks[read.Hook-1]
		if h.Outcome != centrala.HookNew {
			return fmt.Errorf("hook %d is read twice", read.Hook)
		}
		h.Outcome = centrala.HookTaken
		if read.Failed != nil {
			h.Outcome = centrala.HookUnread
		}
		r.reads, ids = append(r.reads, read), append(ids, read.Hook)
	}
	r.commits = append(r.commits, ids)
	return nil
}

// story is what was taken so far: bodies in their order, and causes of what was not.
func (r *rack) story() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var told []string
	for _, read := range r.reads {
		switch {
		case read.Failed != nil:
			told = append(told, read.Failed.Code)
		default:
			told = append(told, string(r.hooks[read.Hook-1].Body))
		}
	}
	return strings.Join(told, " ")
}

// pigeons is a Reader that panics at what it does not like, and a Fetcher.
type pigeons struct {
	fetch func(centrala.Media) (centrala.Part, error)
}

func (pigeons) Kind() centrala.Channel { return "pigeon" }

func (pigeons) Read(_ centrala.Inbox, h centrala.Hook) (centrala.Reading, error) {
	switch body := string(h.Body); {
	case body == "panic":
		panic("no such field")
	case body == "odd":
		return centrala.Reading{}, &channels.Fault{Code: "odd", Err: errors.New("an odd one")}
	case strings.HasPrefix(body, "many"):
		return centrala.Reading{Items: make([]centrala.Inbound, 200)}, nil
	default:
		return centrala.Reading{Items: []centrala.Inbound{{Text: body}}}, nil
	}
}

func (p pigeons) Fetch(_ context.Context, _ centrala.Inbox, m centrala.Media) (centrala.Part, error) {
	return p.fetch(m)
}

func reading(r *rack, board *channels.Board, wake <-chan struct{}) channels.Reading {
	return channels.Reading{Inbox: centrala.Inbox{ID: 1}, Reader: pigeons{}, Shelf: r, Board: board, Log: slog.New(slog.DiscardHandler), Wake: wake, Every: time.Minute}
}

// A hook that no parser can read, or at which it panics, is left with its cause and keeps no other
// back; the order is that in which they came, also over a new start.
func TestHooksAreReadInOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, board, wake := &rack{}, &channels.Board{}, make(chan struct{}, 1)
		r.put("a", "panic", "b", "odd", "c")
		for _, more := range []string{"d", "e"} {
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { done <- reading(r, board, wake).Run(ctx) }()
			synctest.Wait()
			r.put(more)
			wake <- struct{}{}
			synctest.Wait()
			cancel()
			if err := <-done; !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
		}
		if got := r.story(); got != "a parser b odd c d e" {
			t.Errorf("read %q", got)
		}
		if h, _ := board.Line(1, channels.In); h.State != channels.Working || h.Behind != 0 {
			t.Errorf("the line is %+v", h)
		}
	})
}

// Several hooks are one commit until they tell too much for one.
func TestHooksInPieces(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &rack{}
		r.put("a", "b", "many1", "many2", "c", "d")
		ctx, cancel := context.WithCancel(t.Context())
		go func() { _ = reading(r, &channels.Board{}, nil).Run(ctx) }()
		synctest.Wait()
		cancel()
		synctest.Wait()
		if got := fmt.Sprint(len(r.commits), len(r.commits[0]), len(r.commits[1])); got != "2 3 3" {
			t.Errorf("commits %v", r.commits)
		}
	})
}

// A log that refuses one hook takes the others, each of them once; one that is away is asked again.
func TestHookThatTheLogRefuses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, away := &rack{}, 3
		r.put("a", "poison", "b")
		r.refuse = func(reads []centrala.HookRead) error {
			if away > 0 {
				away--
				return centrala.Errorf(centrala.Unavailable, "away")
			}
			for _, read := range reads {
				if len(read.Reading.Items) > 0 && read.Reading.Items[0].Text == "poison" {
					return centrala.Errorf(centrala.Invalid, "not this")
				}
			}
			return nil
		}
		board := &channels.Board{}
		ctx, cancel := context.WithCancel(t.Context())
		go func() { _ = reading(r, board, nil).Run(ctx) }()
		time.Sleep(500 * time.Millisecond)
		if h, _ := board.Line(1, channels.In); h.State != channels.Failing || r.story() != "" {
			t.Errorf("while the log is away: %+v, %q", h, r.story())
		}
		time.Sleep(time.Minute)
		cancel()
		synctest.Wait()
		if got := r.story(); got != "a log b" {
			t.Errorf("read %q", got)
		}
	})
}

// tray is a MediaShelf.
type tray struct {
	mu   sync.Mutex
	due  map[centrala.AttachmentID]centrala.Media
	next map[centrala.AttachmentID]time.Time
	kept []centrala.Fetched
	gone bool // whose they are was erased
}

func (s *tray) DueMedia(_ context.Context, _ centrala.InboxID, limit int) ([]centrala.Media, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []centrala.Media
	for id, m := range s.due {
		if !time.Now().Before(s.next[id]) && len(out) < limit {
			out = append(out, m)
		}
	}
	return out, nil
}

func (s *tray) KeepMedia(_ context.Context, f centrala.Fetched) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept = append(s.kept, f)
	m := s.due[f.ID]
	if s.gone {
		delete(s.due, f.ID)
		return centrala.Errorf(centrala.NotFound, "gone")
	}
	if m.Tries++; f.Next.IsZero() {
		delete(s.due, f.ID)
		return nil
	}
	s.due[f.ID], s.next[f.ID] = m, f.Next
	return nil
}

// A file comes, is tried again, is given up, or was not there; a program and what is too large are
// not taken, and a Fetcher that panics is one that failed. What nobody is left for is not kept.
func TestFilesAreFetched(t *testing.T) {
	t.Parallel()
	file := func(b []byte) (centrala.Part, error) {
		return centrala.Part{Name: "a.bin", Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }}, nil
	}
	for name, tt := range map[string]struct {
		fetch func(tries int) (centrala.Part, error)
		gone  bool
		want  string // what was written down: here, next or the code of a loss
	}{
		"there":       {fetch: func(int) (centrala.Part, error) { return file([]byte("obraz")) }, want: "here"},
		"later":       {fetch: func(n int) (centrala.Part, error) { return pick(n > 1)(file([]byte("obraz"))) }, want: "next next here"},
		"never":       {fetch: func(int) (centrala.Part, error) { return centrala.Part{}, errors.New("no") }, want: "next next next next next given-up"},
		"panics":      {fetch: func(int) (centrala.Part, error) { panic("x") }, want: "next next next next next given-up"},
		"expired":     {fetch: func(int) (centrala.Part, error) { return centrala.Part{}, &centrala.Rejected{Reason: "404"} }, want: "gone"},
		"a program":   {fetch: func(int) (centrala.Part, error) { return file([]byte("MZ...")) }, want: string(centrala.BadFile)},
		"too large":   {fetch: func(int) (centrala.Part, error) { return file(make([]byte, channels.MaxMedia+1)) }, want: string(centrala.TooLarge)},
		"of somebody": {fetch: func(int) (centrala.Part, error) { return file([]byte("obraz")) }, gone: true, want: "here"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &tray{due: map[centrala.AttachmentID]centrala.Media{7: {ID: 7, Inbox: 1, Handle: "h"}}, next: map[centrala.AttachmentID]time.Time{}, gone: tt.gone}
				files := memblob.OpenBucket(nil)
				defer files.Close()
				f := channels.Fetching{Inbox: centrala.Inbox{ID: 1}, Fetcher: pigeons{func(m centrala.Media) (centrala.Part, error) { return tt.fetch(m.Tries) }}, Shelf: s, Files: files,
					Log: slog.New(slog.DiscardHandler), Every: 5 * time.Second}
				ctx, cancel := context.WithCancel(t.Context())
				go func() { _ = f.Run(ctx) }()
				time.Sleep(10 * time.Minute)
				cancel()
				synctest.Wait()
				var told []string
				for _, k := range s.kept {
					switch {
					case k.Part != nil:
						told = append(told, "here")
					case !k.Next.IsZero():
						told = append(told, "next")
					default:
						told = append(told, k.Cause.Code)
					}
				}
				if got := strings.Join(told, " "); got != tt.want {
					t.Errorf("%q, not %q", got, tt.want)
				}
				there, err := files.Exists(t.Context(), centrala.MediaBlob(7))
				if want := slices.Contains(told, "here") && !tt.gone; err != nil || there != want {
					t.Errorf("the file is kept: %v, %v", there, err)
				}
			})
		})
	}
}

// pick is a result as it is, or an error in its place.
func pick(ok bool) func(centrala.Part, error) (centrala.Part, error) {
	return func(p centrala.Part, err error) (centrala.Part, error) {
		if !ok {
			return centrala.Part{}, errors.New("not yet")
		}
		return p, err
	}
}

// fenced is a rack that takes readings under the lease that is held only, and says whose they were.
type fenced struct {
	*rack
	at  *deeds
	who []string
}

func (f *fenced) ReadHooks(ctx context.Context, reads []centrala.HookRead) error {
	f.at.mu.Lock()
	held, ends := f.at.held[1], f.at.ends[1]
	f.at.mu.Unlock()
	if held.term != reads[0].Term || time.Now().After(ends) {
		return centrala.Errorf(centrala.Unavailable, "lost")
	}
	f.rack.mu.Lock()
	f.who = append(f.who, held.holder)
	f.rack.mu.Unlock()
	return f.rack.ReadHooks(ctx, reads)
}

// Of two nodes the one that holds the lease reads, each hook once; when it can no longer renew it,
// the other one goes on.
func TestHooksHaveOneReader(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		leases := &deeds{away: map[string]bool{}}
		shelf := &fenced{rack: &rack{}, at: leases}
		shelf.put("a")
		boxes := &changing{}
		boxes.set(centrala.Inbox{ID: 1, Channel: "pigeon", Enabled: true})
		ctx, cancel := context.WithCancel(t.Context())
		var nodes []*channels.Exchange
		var running sync.WaitGroup
		for _, node := range []string{"a", "b"} {
			x := channels.NewExchange(channels.ExchangeConfig{Doors: boxes, Leases: leases, Node: node, Readers: []channels.Reader{pigeons{}}, Shelf: shelf, Board: &channels.Board{}, Log: slog.New(slog.DiscardHandler)})
			nodes = append(nodes, x)
			running.Go(func() { _ = x.Run(ctx) })
			time.Sleep(time.Second)
		}
		if nodes[1].Came(1) || !nodes[0].Came(1) {
			t.Error("it is not the first node that reads")
		}
		shelf.put("b")
		nodes[0].Came(1)
		synctest.Wait()
		if got := shelf.story(); got != "a b" {
			t.Errorf("read %q", got)
		}
		leases.set(func() { leases.away["a"] = true })
		time.Sleep(time.Minute)
		shelf.put("c")
		time.Sleep(time.Minute)
		cancel()
		running.Wait()
		if got := shelf.story(); got != "a b c" || strings.Join(shelf.who, " ") != "a a b" {
			t.Errorf("read %q by %v", got, shelf.who)
		}
	})
}
