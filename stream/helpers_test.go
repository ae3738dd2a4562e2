package stream_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"centrala"
	"centrala/store"
	"centrala/stream"
)

const patience = time.Minute // two cores may be shared by many tests

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// eventually waits until ok.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	if !until(ok) {
		t.Fatalf("waited %s in vain: %s", patience, what)
	}
}

// until waits for ok and reports false when that is in vain.
func until(ok func() bool) bool {
	deadline := time.After(patience)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			return false
		}
	}
	return true
}

// open opens a bus that closes with the test. Node and log are filled in.
func open(t testing.TB, c stream.Config) *stream.Bus {
	t.Helper()
	if c.Node == "" {
		c.Node = "node-" + filepath.Base(t.TempDir())
	}
	if c.Log == nil {
		c.Log = slog.New(slog.NewTextHandler(verbose(), nil)).With("test", t.Name(), "node", c.Node)
	}
	bus, err := stream.Open(t.Context(), c)
	must(t, err)
	t.Cleanup(func() {
		if err := bus.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return bus
}

func verbose() io.Writer {
	if os.Getenv("STREAM_TEST_LOG") != "" {
		return os.Stderr
	}
	return io.Discard
}

// startServer starts a NATS server that listens on a port of its own.
func startServer(t testing.TB) *server.Server {
	t.Helper()
	return startServerAt(t, -1, t.TempDir())
}

func startServerAt(t testing.TB, port int, dir string) *server.Server {
	t.Helper()
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: port, JetStream: true, StoreDir: dir, NoLog: true, NoSigs: true})
	must(t, err)
	s.Start()
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("the server did not start")
	}
	t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	return s
}

// port is the number in an address, for a server to come back to.
func port(t testing.TB, address string) int {
	t.Helper()
	_, digits, err := net.SplitHostPort(address)
	must(t, err)
	n, err := strconv.Atoi(digits)
	must(t, err)
	return n
}

// log is a real log, on SQLite, whose commits go to a bus when one is attached.
type log struct {
	*store.DB
	inbox centrala.InboxID
	bus   atomic.Pointer[stream.Bus]
	keys  atomic.Int64
}

// blank is a log with nothing in it. To make one takes longer than most of what is done with it.
var blank = sync.OnceValues(func() (file []byte, err error) {
	dir, err := os.MkdirTemp("", "centrala-log-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "log.db")
	db, err := store.Open(context.Background(), "sqlite:"+path, store.Options{})
	if err != nil {
		return nil, err
	}
	if err := db.Close(); err != nil {
		return nil, err
	}
	if rest, err := os.Stat(path + "-wal"); err == nil && rest.Size() > 0 {
		return nil, errors.New("a closed log is not one file")
	}
	return os.ReadFile(path)
})

func newLog(t testing.TB) *log {
	t.Helper()
	file, err := blank()
	must(t, err)
	path := filepath.Join(t.TempDir(), "log.db")
	must(t, os.WriteFile(path, file, 0o600))
	db, err := store.Open(context.Background(), "sqlite:"+path, store.Options{})
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	l := &log{DB: db}
	db.OnCommit(func(commits []centrala.Commit) {
		bus := l.bus.Load()
		if bus == nil {
			return // as if the program had crashed right here
		}
		events := make([]centrala.Event, len(commits))
		for i, c := range commits {
			events[i] = c.Event
		}
		bus.Offer(events)
	})
	in, err := db.SaveInbox(t.Context(), centrala.Inbox{Slug: "web", Name: "web", Channel: centrala.Chat, Enabled: true})
	must(t, err)
	l.inbox = in.ID
	return l
}

// customer writes into one conversation.
type customer struct {
	log *log
	k   centrala.Contact
	id  centrala.ConversationID
}

func (l *log) customer() *customer {
	return &customer{log: l, k: centrala.Contact{ID: l.NewContactID(), Name: "Marta"}}
}

// say appends a message and returns its event.
func (c *customer) say(t testing.TB) centrala.EventID {
	t.Helper()
	r, err := c.log.Append(context.Background(), centrala.Post{
		Sender: "v_" + c.k.ID.String(), Key: fmt.Sprintf("%016x", c.log.keys.Add(1)),
		Author: centrala.Author{Kind: centrala.ByCustomer, ID: c.k.ID.String(), Name: c.k.Name},
		Inbox:  c.log.inbox, Channel: centrala.Chat, Contact: &c.k, Text: "Dzień dobry",
		Scope: centrala.Scope{Contact: c.k.ID, Inbox: c.log.inbox},
	})
	if err != nil {
		t.Error(err)
		return 0
	}
	c.id = r.Conversation
	return r.Event
}

// chatter has customers write a number of messages each, all at once.
func (l *log) chatter(t testing.TB, customers, messages int) {
	t.Helper()
	var wait sync.WaitGroup
	for range customers {
		c := l.customer()
		wait.Go(func() {
			for range messages {
				c.say(t)
			}
		})
	}
	wait.Wait()
}

// all is every event of the log outside or inside conversations, ascending.
func (l *log) all(t testing.TB) []centrala.Event {
	t.Helper()
	var all []centrala.Event
	for after := centrala.EventID(0); ; {
		page, err := l.Since(t.Context(), centrala.Everything(), after, 1000)
		must(t, err)
		if len(page) == 0 {
			return all
		}
		for _, c := range page {
			all = append(all, c.Event)
			after = c.Event.ID
		}
	}
}

// unmarked is how many events are not known to be on the stream.
func (l *log) unmarked(t testing.TB) int {
	t.Helper()
	rows, err := l.Unpublished(t.Context(), 0, 100_000)
	must(t, err)
	return len(rows)
}

// tally notes what handlers saw, in the order in which they saw it.
type tally struct {
	mu     sync.Mutex
	events []centrala.Event
	came   map[centrala.EventID]bool
}

func newTally() *tally { return &tally{came: map[centrala.EventID]bool{}} }

func (y *tally) handle(_ context.Context, e centrala.Event) error {
	y.add(e)
	return nil
}

func (y *tally) add(e centrala.Event) {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.events = append(y.events, e)
	y.came[e.ID] = true
}

// missing is what of want nobody has handled.
func (y *tally) missing(want []centrala.Event) (missing []centrala.Event) {
	y.mu.Lock()
	defer y.mu.Unlock()
	for _, e := range want {
		if !y.came[e.ID] {
			missing = append(missing, e)
		}
	}
	return missing
}

// await waits until all of want is handled, and else says what is not and where it got stuck.
func (y *tally) await(t testing.TB, what string, want []centrala.Event, buses ...*stream.Bus) {
	t.Helper()
	missing := want
	if until(func() bool { missing = y.missing(missing); return len(missing) == 0 }) {
		return
	}
	var where strings.Builder
	fmt.Fprintf(&where, "%d of %d events are missing:\n", len(missing), len(want))
	for _, e := range missing[:min(len(missing), 20)] {
		fmt.Fprintf(&where, "  %s %s, number %d of conversation %s, made %s ago: lane %d, consumer %d\n", e.ID, e.Type, e.N,
			e.Conversation, time.Since(e.ID.Made()).Round(time.Millisecond), e.Lane(), e.Lane()%stream.Strands)
	}
	for _, b := range buses {
		where.WriteString(b.Where())
	}
	t.Fatalf("waited %s in vain: %s; %s", patience, what, &where)
}

func (y *tally) seen() []centrala.Event {
	y.mu.Lock()
	defer y.mu.Unlock()
	return slices.Clone(y.events)
}

// verdict compares what was seen with what is in the log.
type verdict struct{ missing, doubled, inverted int }

func (y *tally) against(want []centrala.Event) verdict { return judge(y.seen(), want) }

func judge(seen, want []centrala.Event) (v verdict) {
	times := map[centrala.EventID]int{}
	last := map[centrala.ConversationID]int64{}
	for _, e := range seen {
		times[e.ID]++
		if times[e.ID] > 1 {
			v.doubled++
			continue
		}
		if e.Conversation != 0 && e.N < last[e.Conversation] {
			v.inverted++
		}
		last[e.Conversation] = max(last[e.Conversation], e.N)
	}
	for _, e := range want {
		if times[e.ID] == 0 {
			v.missing++
		}
	}
	return v
}
