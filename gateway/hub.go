package gateway

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"centrala"
	"centrala/auth"
)

// hub knows every socket that has said hello and brings it what is committed. Conversations
// are spread over shards; everything of one conversation happens on its shard's goroutine, in
// the order of its seq.
type hub struct {
	g      *Gateway
	shards []*shard
	high   atomic.Int64 // the highest event that was handed over

	mu       sync.RWMutex
	people   map[centrala.ContactID][]*session // customers; slices are replaced, never changed
	visitors int
	staff    atomic.Pointer[[]*session] // agents and programs; replaced, never changed

	typing typists

	loading sync.Mutex
	loaded  bool // all conversations that are not over are known
}

// shard is the conversations of some lanes.
type shard struct {
	mu   sync.Mutex
	in   []job
	wake chan struct{}

	topicsMu sync.Mutex // for readers on other goroutines; only the shard's own writes
	topics   map[centrala.ConversationID]*topic
	swept    time.Time
}

// job is one thing for a shard to do, in order: a commit of this node, an event of any node,
// or something to be done after all before it.
type job struct {
	commit centrala.Commit
	event  *centrala.Event
	do     func(*shard)
}

const (
	shardCount = 4
	// keepTopic is how long a resolved conversation that nobody is connected for is remembered.
	keepTopic = 15 * time.Minute
)

func newHub(g *Gateway) *hub {
	h := &hub{g: g, people: map[centrala.ContactID][]*session{}}
	h.typing.marks = map[typist]typingMark{}
	h.staff.Store(&[]*session{})
	for range shardCount {
		h.shards = append(h.shards, &shard{wake: make(chan struct{}, 1), topics: map[centrala.ConversationID]*topic{}})
	}
	return h
}

func (h *hub) shard(id centrala.ConversationID) *shard {
	return h.shards[centrala.Event{Conversation: id}.Lane()%shardCount]
}

// post gives the shard jobs; it does not block.
func (sh *shard) post(jobs ...job) {
	sh.mu.Lock()
	sh.in = append(sh.in, jobs...)
	sh.mu.Unlock()
	select {
	case sh.wake <- struct{}{}:
	default:
	}
}

func (h *hub) committed(commits []centrala.Commit) {
	for i := range commits {
		e := &commits[i].Event
		if int64(e.ID) > h.high.Load() {
			h.high.Store(int64(e.ID)) // one goroutine commits
		}
		h.shard(e.Conversation).post(job{commit: commits[i]})
	}
}

func (h *hub) event(e centrala.Event) { h.shard(e.Conversation).post(job{event: &e}) }

// everywhere has f done on every shard after what was handed over before, and then calls done.
func (h *hub) everywhere(f func(*shard), done func()) {
	left := new(atomic.Int32)
	left.Store(shardCount)
	for _, sh := range h.shards {
		sh.post(job{do: func(sh *shard) {
			if f != nil {
				f(sh)
			}
			if left.Add(-1) == 0 && done != nil {
				done()
			}
		}})
	}
}

func (h *hub) gap() { h.everywhere(h.compare, nil) }

// work is a shard's goroutine.
func (h *hub) work(sh *shard) {
	var jobs []job
	for {
		select {
		case <-h.g.ctx.Done():
			return
		case <-sh.wake:
		}
		sh.mu.Lock()
		jobs, sh.in = sh.in, jobs[:0]
		sh.mu.Unlock()
		for i := range jobs {
			switch j := &jobs[i]; {
			case j.do != nil:
				j.do(sh)
			case j.event != nil:
				h.remote(sh, *j.event)
			default:
				more := i+1 < len(jobs) && j.commit.Conversation != nil && jobs[i+1].commit.Conversation == j.commit.Conversation
				h.local(sh, &j.commit, !more)
			}
		}
		clear(jobs)
		if cap(jobs) > 4096 {
			jobs = nil
		}
		h.sweep(sh, time.Now())
	}
}

// sweep forgets resolved conversations that nobody has been connected for in a while.
func (h *hub) sweep(sh *shard, now time.Time) {
	if now.Sub(sh.swept) < time.Minute {
		return
	}
	sh.swept = now
	sh.topicsMu.Lock()
	defer sh.topicsMu.Unlock()
	for id, t := range sh.topics {
		if t.status == centrala.Resolved && now.Unix()-t.touched > int64(keepTopic.Seconds()) && len(h.customers(t.contact)) == 0 {
			delete(sh.topics, id)
		}
	}
}

// join makes a socket live; false when the visitor has too many.
func (h *hub) join(s *session, p *auth.Principal) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if p.Visitor == nil {
		staff := append(slices.Clone(*h.staff.Load()), s)
		h.staff.Store(&staff)
		return true
	}
	old := h.people[p.Visitor.Contact]
	same := 0
	for _, o := range old {
		if o.who.Load().ID == p.ID {
			same++
		}
	}
	if same >= VisitorSockets && !h.g.cfg.NoLimits {
		return false
	}
	h.people[p.Visitor.Contact] = append(slices.Clip(old), s)
	h.visitors++
	return true
}

func (h *hub) leave(s *session, p *auth.Principal) {
	if p.Visitor == nil {
		h.leaveStaff(s, p)
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	contact := p.Visitor.Contact
	rest := slices.DeleteFunc(slices.Clone(h.people[contact]), func(o *session) bool { return o == s })
	if len(rest) < len(h.people[contact]) {
		h.visitors--
	}
	if h.people[contact] = rest; len(rest) == 0 {
		delete(h.people, contact)
	}
}

func (h *hub) leaveStaff(s *session, p *auth.Principal) {
	h.mu.Lock()
	rest := slices.DeleteFunc(slices.Clone(*h.staff.Load()), func(o *session) bool { return o == s })
	h.staff.Store(&rest)
	h.mu.Unlock()
	if e := s.eyes.Load(); e != nil && e.view != 0 {
		h.viewers(e.view)
	}
	h.typing.drop(h, p.ID, s)
}

// customers are the sockets of a contact.
func (h *hub) customers(contact centrala.ContactID) []*session {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.people[contact]
}

// audience are the sockets of a conversation's customer, in its inbox.
func (h *hub) audience(contact centrala.ContactID, inbox centrala.InboxID) []*session {
	all := h.customers(contact)
	elsewhere := func(s *session) bool { return s.who.Load().Visitor.Inbox != inbox }
	if !slices.ContainsFunc(all, elsewhere) {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), elsewhere)
}

func (h *hub) counts() (visitors, staff, topics int) {
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
