// Package hub brings what is committed to everybody who listens: each entry of a conversation
// once, in ascending seq, to every socket that may read it.
//
// The commits of this node are handed over as they are; events of other nodes carry only
// identifiers, and what they tell is read from the log. So is every seq that was missed on
// the way. Conversations are spread over shards; everything of one conversation happens on
// its shard's goroutine.
package hub

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"centrala"
	"centrala/auth"
)

// Reader is a socket that has said hello. Its methods do not block.
type Reader interface {
	comparable
	// Who is on the other end.
	Who() *auth.Principal
	// Follows reports whether an agent or a program is told of a conversation's changes, and
	// whether they get its entries.
	Follows(c *centrala.Conversation) (rows, words bool)
	// Deliver brings one entry.
	Deliver(e *Entry)
	// Row brings the conversation's present state as a frame.
	Row(id centrala.ConversationID, frame []byte)
	// Push brings any other frame.
	Push(frame []byte)
}

// Log is where the hub reads what was not handed over.
type Log interface {
	Tail(ctx context.Context, scope centrala.Scope, id centrala.ConversationID, after int64, limit int) ([]centrala.Message, centrala.Conversation, error)
	Conversation(ctx context.Context, scope centrala.Scope, id centrala.ConversationID) (centrala.Conversation, error)
}

// Listener is told on the shard's goroutine, which it must not hold up.
type Listener interface {
	// Outside is an event that belongs to no conversation. It may come twice.
	Outside(e *centrala.Event)
	// Happened is an event of a conversation, after its entry was shown.
	Happened(e *centrala.Event, c *centrala.Conversation)
	// Moved is a conversation that has another status, agent or team than before.
	Moved(c *centrala.Conversation)
	// Ended is a principal whose tokens may not count any more.
	Ended(principal string)
}

// Encoder makes frames; nil for what it cannot encode.
type Encoder interface {
	Entry(p *auth.Principal, m *centrala.Message) []byte
	Row(c *centrala.Conversation) []byte
	Gone(id centrala.ConversationID) []byte
	Frame(v any) []byte // any other
}

// Hub is made by New.
type Hub[R Reader] struct {
	log     Log
	encode  Encoder
	told    Listener
	logger  *slog.Logger
	ctx     context.Context // of Run
	shards  []*shard[R]
	high    atomic.Int64 // the highest event that was handed over
	lost    atomic.Int64 // commits and events that found no room
	typists typists
	views   views[R]
	peers   Peers

	mu       sync.RWMutex
	people   map[centrala.ContactID][]R // customers; slices are replaced, never changed
	visitors int
	staff    atomic.Pointer[[]R] // agents and programs; replaced, never changed
}

// shard is the conversations of some lanes.
type shard[R Reader] struct {
	mu   sync.Mutex
	near []centrala.Commit // of this node; they go before whatever waits in far
	far  []job[R]
	gap  bool // something found no room since far was taken last
	wake chan struct{}

	topicsMu sync.Mutex // for readers on other goroutines; only the shard's own writes
	topics   map[centrala.ConversationID]*topic
	lately   map[centrala.ConversationID]*centrala.Conversation // as read for events of other nodes
	swept    time.Time
}

// job is one thing for a shard to do, in order: an event of any node, or something to be done
// after all before it.
type job[R Reader] struct {
	event *centrala.Event
	do    func(*shard[R])
}

const (
	shards = 4
	// keepTopic is how long a resolved conversation that nobody is connected for is remembered.
	keepTopic = 15 * time.Minute
	// most is how many commits, and how many events, wait for a shard. What finds no room is read
	// from the log, as after a gap: the shard compares what it has shown.
	most = 1 << 14
	// keepLately is how many conversations a shard remembers as it read them: enough for a burst
	// of events to be read once.
	keepLately = 1024
	// patience bounds one question to the log.
	patience = 15 * time.Second
)

// New makes a hub. It takes everything from the start and shows it once it runs. Without peers
// it is the only one.
func New[R Reader](ctx context.Context, log Log, peers Peers, encode Encoder, told Listener, logger *slog.Logger) *Hub[R] {
	h := &Hub[R]{log: log, peers: peers, encode: encode, told: told, logger: logger, ctx: ctx, people: map[centrala.ContactID][]R{}}
	h.typists.marks = map[typist]typingMark{}
	h.views.here, h.views.away = map[R]centrala.ConversationID{}, map[centrala.ConversationID]map[string]view{}
	h.staff.Store(&[]R{})
	for range shards {
		h.shards = append(h.shards, &shard[R]{wake: make(chan struct{}, 1), topics: map[centrala.ConversationID]*topic{},
			lately: map[centrala.ConversationID]*centrala.Conversation{}})
	}
	return h
}

// Run works until the hub's context ends.
func (h *Hub[R]) Run() {
	var all sync.WaitGroup
	for _, sh := range h.shards {
		all.Go(func() { h.work(sh) })
	}
	all.Wait()
}

func (h *Hub[R]) shard(id centrala.ConversationID) *shard[R] {
	return h.shards[centrala.Event{Conversation: id}.Lane()%shards]
}

// post gives the shard something to do; it does not block.
func (h *Hub[R]) post(sh *shard[R], j job[R]) {
	sh.mu.Lock()
	if j.do == nil && len(sh.far) >= most {
		sh.gap = true
		h.lost.Add(1)
	} else {
		sh.far = append(sh.far, j)
	}
	sh.mu.Unlock()
	sh.poke()
}

func (sh *shard[R]) poke() {
	select {
	case sh.wake <- struct{}{}:
	default:
	}
}

// Committed hands over what lies on this node's disk, in commit order. One goroutine calls it;
// it does not block.
func (h *Hub[R]) Committed(commits []centrala.Commit) {
	var touched [shards]bool
	for i := range commits {
		e := &commits[i].Event
		if int64(e.ID) > h.high.Load() {
			h.high.Store(int64(e.ID))
		}
		n := e.Lane() % shards
		sh := h.shards[n]
		sh.mu.Lock()
		if len(sh.near) >= most {
			sh.gap = true
			h.lost.Add(1)
		} else {
			sh.near = append(sh.near, commits[i])
		}
		sh.mu.Unlock()
		touched[n] = true
	}
	for n, sh := range h.shards {
		if touched[n] {
			sh.poke()
		}
	}
}

// High is the highest event that was handed over, 0 before the first.
func (h *Hub[R]) High() centrala.EventID { return centrala.EventID(h.high.Load()) }

// Handle takes an event of any node. What was shown already is dropped.
func (h *Hub[R]) Handle(e centrala.Event) { h.post(h.shard(e.Conversation), job[R]{event: &e}) }

// Gap compares everything that is shown with the log.
func (h *Hub[R]) Gap() { h.everywhere(h.compare, func() {}) }

// After calls f when everything that was handed over before has been shown.
func (h *Hub[R]) After(f func()) { h.everywhere(func(*shard[R]) {}, f) }

func (h *Hub[R]) everywhere(f func(*shard[R]), done func()) {
	left := new(atomic.Int32)
	left.Store(shards)
	for _, sh := range h.shards {
		h.post(sh, job[R]{do: func(sh *shard[R]) {
			f(sh)
			if left.Add(-1) == 0 {
				done()
			}
		}})
	}
}

// work is a shard's goroutine.
func (h *Hub[R]) work(sh *shard[R]) {
	var (
		commits []centrala.Commit
		jobs    []job[R]
	)
	for {
		select {
		case <-h.ctx.Done():
			return
		case <-sh.wake:
		}
		commits = h.own(sh, commits)
		sh.mu.Lock()
		gap := sh.gap
		jobs, sh.far, sh.gap = sh.far, jobs, false
		sh.mu.Unlock()
		for i := range jobs {
			commits = h.own(sh, commits) // nobody here waits for what other nodes have to tell
			if j := &jobs[i]; j.do != nil {
				j.do(sh)
			} else {
				h.remote(sh, *j.event)
			}
		}
		jobs = emptied(jobs)
		if gap {
			h.logger.Warn("more was committed than could be shown; what is shown is compared with the log")
			h.compare(sh)
		}
		h.sweep(sh, time.Now())
	}
}

// own shows the commits of this node that wait, and has the next ones wait in room. It returns
// an empty slice for the same.
func (h *Hub[R]) own(sh *shard[R], room []centrala.Commit) []centrala.Commit {
	sh.mu.Lock()
	commits := sh.near
	if len(commits) > 0 {
		sh.near = room
	}
	sh.mu.Unlock()
	if len(commits) == 0 {
		return room
	}
	for i := range commits {
		c := &commits[i]
		more := i+1 < len(commits) && c.Conversation != nil && commits[i+1].Conversation == c.Conversation
		h.local(sh, c, !more)
	}
	return emptied(commits)
}

// emptied is a slice to be filled again, unless it has grown large.
func emptied[T any](s []T) []T {
	clear(s)
	if cap(s) > 4096 {
		return nil
	}
	return s[:0]
}

// sweep forgets resolved conversations that nobody has been connected for in a while.
func (h *Hub[R]) sweep(sh *shard[R], now time.Time) {
	if now.Sub(sh.swept) < time.Minute {
		return
	}
	sh.swept = now
	sh.topicsMu.Lock()
	defer sh.topicsMu.Unlock()
	for id, t := range sh.topics {
		if t.Status == centrala.Resolved && now.Unix()-t.touched > int64(keepTopic.Seconds()) && len(h.Customers(t.Contact)) == 0 {
			delete(sh.topics, id)
		}
	}
}

// Join makes a socket live; it is false when the visitor has most sockets already, 0 being no
// limit.
func (h *Hub[R]) Join(r R, most int) bool {
	p := r.Who()
	h.mu.Lock()
	defer h.mu.Unlock()
	if p.Visitor == nil {
		staff := append(slices.Clone(*h.staff.Load()), r)
		h.staff.Store(&staff)
		return true
	}
	old := h.people[p.Visitor.Contact]
	same := 0
	for _, o := range old {
		if o.Who().ID == p.ID {
			same++
		}
	}
	if most > 0 && same >= most {
		return false
	}
	h.people[p.Visitor.Contact] = append(slices.Clip(old), r)
	h.visitors++
	return true
}

// Leave takes a socket out, and ends what it was typing and looking at.
func (h *Hub[R]) Leave(r R) {
	p := r.Who()
	h.mu.Lock()
	if p.Visitor == nil {
		rest := slices.DeleteFunc(slices.Clone(*h.staff.Load()), func(o R) bool { return o == r })
		h.staff.Store(&rest)
	} else {
		contact := p.Visitor.Contact
		rest := slices.DeleteFunc(slices.Clone(h.people[contact]), func(o R) bool { return o == r })
		h.visitors -= len(h.people[contact]) - len(rest)
		if h.people[contact] = rest; len(rest) == 0 {
			delete(h.people, contact)
		}
	}
	h.mu.Unlock()
	h.stopTyping(r)
	h.Look(r, 0)
}

// Staff are the sockets of agents and programs.
func (h *Hub[R]) Staff() []R { return *h.staff.Load() }

// Customers are the sockets of a contact.
func (h *Hub[R]) Customers(contact centrala.ContactID) []R {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.people[contact]
}

// Audience are the sockets of a contact at one inbox: those of a conversation's customer.
func (h *Hub[R]) Audience(contact centrala.ContactID, inbox centrala.InboxID) []R {
	all := h.Customers(contact)
	elsewhere := func(r R) bool { return r.Who().Visitor.Inbox != inbox }
	if !slices.ContainsFunc(all, elsewhere) {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), elsewhere)
}

// Waiting is how many commits and events wait to be shown, and how many found no room so far.
func (h *Hub[R]) Waiting() (waiting int, lost int64) {
	for _, sh := range h.shards {
		sh.mu.Lock()
		waiting += len(sh.near) + len(sh.far)
		sh.mu.Unlock()
	}
	return waiting, h.lost.Load()
}

// Counts are how many sockets and conversations the hub knows.
func (h *Hub[R]) Counts() (visitors, staff, topics int) {
	h.mu.RLock()
	visitors, staff = h.visitors, len(*h.staff.Load())
	h.mu.RUnlock()
	for _, sh := range h.shards {
		sh.topicsMu.Lock()
		topics += len(sh.topics)
		sh.topicsMu.Unlock()
	}
	return visitors, staff, topics
}
