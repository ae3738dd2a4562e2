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
)

// deeds is a log that keeps leases, can be away, and can hang.
type deeds struct {
	mu    sync.Mutex
	held  map[centrala.InboxID]deed
	terms map[centrala.InboxID]map[int64]string // holders
	ends  map[centrala.InboxID]time.Time
	away  map[string]bool          // for these holders
	hangs map[string]chan struct{} // for these, until it is closed
	moved []string                 // whose cursors were moved
	said  map[string][]string      // how the lines do, as these holders say
}

type deed struct {
	holder string
	term   int64
}

// holderOf is who held a lease in a term.
func (d *deeds) holderOf(inbox centrala.InboxID, term int64) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.terms[inbox][term]
}

func (d *deeds) reach(holder string) error {
	d.mu.Lock()
	hangs := d.hangs[holder]
	d.mu.Unlock()
	if hangs != nil {
		<-hangs
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.away[holder] {
		return centrala.Errorf(centrala.Unavailable, "away")
	}
	return nil
}

func (d *deeds) TakeLease(_ context.Context, inbox centrala.InboxID, holder string, long time.Duration) (int64, error) {
	if err := d.reach(holder); err != nil {
		return 0, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	was := d.held[inbox]
	if was.holder != "" && was.holder != holder && time.Now().Before(d.ends[inbox]) {
		return 0, centrala.Errorf(centrala.Conflict, "held by %s", was.holder)
	}
	if d.held == nil {
		d.held, d.ends, d.terms = map[centrala.InboxID]deed{}, map[centrala.InboxID]time.Time{}, map[centrala.InboxID]map[int64]string{}
	}
	if d.terms[inbox] == nil {
		d.terms[inbox] = map[int64]string{}
	}
	d.held[inbox] = deed{holder, was.term + 1}
	d.terms[inbox][was.term+1] = holder
	d.ends[inbox] = time.Now().Add(long)
	return was.term + 1, nil
}

func (d *deeds) RenewLease(_ context.Context, inbox centrala.InboxID, term int64, long time.Duration, health string) error {
	if err := d.reach(d.holderOf(inbox, term)); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.held[inbox].term != term || time.Now().After(d.ends[inbox]) {
		return centrala.Errorf(centrala.Conflict, "lost")
	}
	d.ends[inbox] = time.Now().Add(long)
	if health != "" {
		if d.said == nil {
			d.said = map[string][]string{}
		}
		d.said[d.held[inbox].holder] = append(d.said[d.held[inbox].holder], health)
	}
	return nil
}

func (d *deeds) ReleaseLease(_ context.Context, inbox centrala.InboxID, term int64) error {
	if err := d.reach(d.holderOf(inbox, term)); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.held[inbox].term == term {
		d.ends[inbox] = time.Time{}
	}
	return nil
}

// Receive moves a cursor, as the log does: under the lease that is held only.
func (d *deeds) Receive(_ context.Context, in centrala.Inbound) (centrala.Receipt, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	l := d.held[in.Inbox]
	if l.term != in.Cursor.Term || time.Now().After(d.ends[in.Inbox]) {
		return centrala.Receipt{}, centrala.Errorf(centrala.Unavailable, "lost")
	}
	d.moved = append(d.moved, l.holder)
	return centrala.Receipt{}, nil
}

func (d *deeds) ReceiveAll(ctx context.Context, ins []centrala.Inbound) ([]centrala.Receipt, error) {
	for _, in := range ins {
		if _, err := d.Receive(ctx, in); err != nil {
			return nil, err
		}
	}
	return make([]centrala.Receipt, len(ins)), nil
}

func (d *deeds) Cursor(context.Context, centrala.InboxID, string) (centrala.Cursor, error) {
	return centrala.Cursor{}, nil
}

func (d *deeds) set(f func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f()
}

// post is one mailbox as several nodes poll it.
type post struct {
	mu      sync.Mutex
	polling map[string]int
	most    int
}

// poller is a node's Listener: it polls each second until its intake refuses it.
type poller struct {
	node string
	at   *post
	stop error
}

func (p *poller) Kind() centrala.Channel { return "pigeon" }

func (p *poller) Listen(ctx context.Context, in centrala.Inbox, to channels.Intake) error {
	if p.stop != nil {
		return p.stop
	}
	p.at.note(p.node, 1)
	defer p.at.note(p.node, -1)
	for {
		if _, err := to.Cursor(ctx, in.ID, ""); err != nil {
			return err
		}
		if _, err := to.Receive(ctx, centrala.Inbound{Inbox: in.ID, Cursor: &centrala.Cursor{Inbox: in.ID}}); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Second):
		}
	}
}

func (p *post) note(node string, by int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.polling[node] += by
	all := 0
	for _, n := range p.polling {
		all += n
	}
	p.most = max(p.most, all)
}

func (p *post) who() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := ""
	for node, n := range p.polling {
		for range n {
			all += node
		}
	}
	return all
}

type nodes struct {
	log  *deeds
	post *post
	ends map[string]func()
	all  map[string]*channels.Exchange
}

func newNodes(t *testing.T, names string, stop error) *nodes {
	t.Helper()
	n := &nodes{log: &deeds{away: map[string]bool{}, hangs: map[string]chan struct{}{}},
		post: &post{polling: map[string]int{}}, ends: map[string]func(){}, all: map[string]*channels.Exchange{}}
	boxes := &changing{}
	boxes.set(centrala.Inbox{ID: 1, Name: "box", Channel: "pigeon", Enabled: true})
	for _, r := range names {
		name := string(r)
		x := channels.NewExchange(channels.ExchangeConfig{Doors: boxes, Intake: n.log, Leases: n.log, Node: name, Board: &channels.Board{},
			Listeners: []channels.Listener{&poller{name, n.post, stop}}, Log: slog.New(slog.DiscardHandler), Released: func() {
				for _, other := range n.all {
					other.Look()
				}
			}})
		n.all[name] = x
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			if err := x.Run(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("%s ended with %v", name, err)
			}
		}()
		n.ends[name] = func() { cancel(); <-done }
		synctest.Wait() // the first one begins
	}
	return n
}

func (n *nodes) end() {
	for _, end := range n.ends {
		end()
	}
}

// A line is listened to by one node. When it ends politely another one goes on at once; when it
// loses the log it stops before its lease has ended, and another one goes on soon after that.
func TestLeases(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]struct {
		lose, mend func(*nodes)
		within     time.Duration
	}{
		"ends":  {func(n *nodes) { n.ends["a"]() }, func(*nodes) {}, 0},
		"away":  {func(n *nodes) { n.log.set(func() { n.log.away["a"] = true }) }, func(n *nodes) { n.log.set(func() { n.log.away["a"] = false }) }, 19 * time.Second},
		"hangs": {func(n *nodes) { n.log.set(func() { n.log.hangs["a"] = make(chan struct{}) }) }, func(n *nodes) { n.log.set(func() { close(n.log.hangs["a"]); delete(n.log.hangs, "a") }) }, 19 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := newNodes(t, "abc", nil)
				time.Sleep(time.Hour + time.Second/2)
				if got := n.post.who(); got != "a" {
					t.Fatalf("%q listens", got)
				}
				fault.lose(n)
				time.Sleep(fault.within)
				synctest.Wait()
				if got := n.post.who(); got != "b" && got != "c" {
					t.Errorf("%q listens %s later", got, fault.within)
				}
				fault.mend(n)
				time.Sleep(time.Minute)
				if got := n.post.who(); len(got) != 1 {
					t.Errorf("%q listens when the log is back", got)
				}
				if n.post.most != 1 {
					t.Errorf("%d listened at a time", n.post.most)
				}
				n.end()
				if got := n.post.who(); got != "" {
					t.Errorf("%q listens after the end", got)
				}
			})
		})
	}
}

// stuck polls again without looking at its context, as a process does that was frozen in the
// middle and goes on.
type stuck struct {
	frozen chan struct{}
	said   chan error
}

func (s *stuck) Kind() centrala.Channel { return "pigeon" }

func (s *stuck) Listen(ctx context.Context, in centrala.Inbox, to channels.Intake) error {
	<-s.frozen
	_, err := to.Cursor(context.WithoutCancel(ctx), in.ID, "")
	s.said <- err
	_, err = to.Receive(context.WithoutCancel(ctx), centrala.Inbound{Inbox: in.ID, Cursor: &centrala.Cursor{Inbox: in.ID}})
	s.said <- err
	<-ctx.Done()
	return ctx.Err()
}

// Who went on after its lease had ended is told so before it has done anything.
func TestLeaseIsNoticedBeforeActing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log := &deeds{away: map[string]bool{}}
		line := &stuck{make(chan struct{}), make(chan error, 1)}
		boxes := &changing{}
		boxes.set(centrala.Inbox{ID: 1, Name: "box", Channel: "pigeon", Enabled: true})
		x := channels.NewExchange(channels.ExchangeConfig{Doors: boxes, Intake: log, Leases: log, Node: "a", Listeners: []channels.Listener{line},
			Log: slog.New(slog.DiscardHandler)})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- x.Run(ctx) }()
		synctest.Wait()
		log.set(func() { log.away["a"] = true })
		time.Sleep(8 * time.Second) // half of the lease, and a little
		close(line.frozen)
		for range 2 { // how far it has read, and a message
			if err := <-line.said; centrala.CodeOf(err) != centrala.Unavailable {
				t.Errorf("it was told %v", err)
			}
		}
		if len(log.moved) != 0 {
			t.Errorf("a cursor was moved by %v", log.moved)
		}
		cancel()
		<-done
	})
}

// A line that stopped until somebody acts is not tried by every other node in turn.
func TestStoppedLineKeepsItsLease(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNodes(t, "ab", &channels.Stopped{Reason: "The password is wrong."})
		time.Sleep(time.Hour)
		n.log.set(func() {
			if l := n.log.held[1]; l.holder != "a" || l.term != 1 {
				t.Errorf("the lease is %+v", l)
			}
		})
		n.end()
	})
}
