package hub

import (
	"context"
	"slices"
	"time"

	"centrala"
)

// Face is the part of a conversation that decides who sees it.
type Face struct {
	Contact  centrala.ContactID // as whom the customer came
	Inbox    centrala.InboxID
	Assignee centrala.AgentID
	Team     centrala.TeamID
	Side     centrala.Side
	Status   centrala.Status // "": not known
	Mentions []centrala.Mention
}

// FaceOf is the face of c.
func FaceOf(c *centrala.Conversation) Face {
	return Face{c.Visitor(), c.Inbox, c.Assignee, c.Team, c.Side, c.Status, c.Mentions}
}

// Is reports whether two faces are seen by the same people.
func (f Face) Is(o Face) bool {
	return f.Contact == o.Contact && f.Inbox == o.Inbox && f.Assignee == o.Assignee && f.Team == o.Team && f.Side == o.Side &&
		f.Status == o.Status && slices.Equal(f.Mentions, o.Mentions)
}

// As is a conversation with this face, for the rules that ask for one.
func (f Face) As(id centrala.ConversationID) *centrala.Conversation {
	return &centrala.Conversation{ID: id, Contact: f.Contact, Inbox: f.Inbox, Assignee: f.Assignee, Team: f.Team, Side: f.Side, Status: f.Status,
		Mentions: f.Mentions}
}

// topic is what the hub remembers of a conversation.
type topic struct {
	Face
	last    int64  // the highest seq that was shown to whoever listens; 0: none yet
	base    int64  // a seq that the log had when somebody came who listens; 0: not known
	n       int64  // the highest event number seen
	seen    uint64 // which of the 64 up to n were
	touched int64  // Unix seconds
}

// fresh notes an event's number and reports whether it is new. A node meets its own events
// twice: at the commit and on the stream.
func (t *topic) fresh(n int64) bool {
	switch back := t.n - n; {
	case n == 0:
		return true
	case back < 0:
		t.seen = t.seen<<uint64(-back) | 1
		t.n = n
		return true
	case back >= 64 || t.seen&(1<<back) != 0:
		return false
	default:
		t.seen |= 1 << back
		return true
	}
}

// from is the seq after which the log must be read to show seq next.
func (t *topic) from(seq int64) int64 {
	switch {
	case t.last > 0:
		return t.last
	case t.base > 0 && t.base < seq:
		return t.base
	default:
		return seq - 1
	}
}

// topic finds or begins the memory of a conversation. Only the shard's goroutine calls it.
func (sh *shard[R]) topic(id centrala.ConversationID) *topic {
	t := sh.topics[id]
	if t == nil {
		t = &topic{}
		sh.topicsMu.Lock()
		sh.topics[id] = t
		sh.topicsMu.Unlock()
	}
	t.touched = time.Now().Unix()
	return t
}

// Know tells the hub what the log has of a conversation, when somebody comes who will listen.
func (h *Hub[R]) Know(c *centrala.Conversation) {
	id, f, last := c.ID, FaceOf(c), c.LastSeq
	h.post(h.shard(id), job[R]{do: func(sh *shard[R]) {
		t := sh.topic(id)
		if t.Status == "" {
			sh.turn(t, f)
		}
		if t.last == 0 && t.base == 0 {
			t.base = last
		}
	}})
}

// turn gives a topic its present face.
func (sh *shard[R]) turn(t *topic, f Face) {
	if t.Is(f) {
		return
	}
	sh.topicsMu.Lock()
	t.Face = f
	sh.topicsMu.Unlock()
}

// Face is what the hub remembers of a conversation, from any goroutine.
func (h *Hub[R]) Face(id centrala.ConversationID) (Face, bool) {
	sh := h.shard(id)
	sh.topicsMu.Lock()
	defer sh.topicsMu.Unlock()
	t := sh.topics[id]
	if t == nil || t.Status == "" {
		return Face{}, false
	}
	return t.Face, true
}

// local shows a commit of this node. last tells that it is the last of its operation, whose
// commits all carry the conversation as it is in the end.
func (h *Hub[R]) local(sh *shard[R], c *centrala.Commit, last bool) {
	e := &c.Event
	if e.Conversation == 0 || c.Conversation == nil {
		h.told.Outside(e)
		return
	}
	t := sh.topic(e.Conversation)
	if !t.fresh(e.N) {
		return
	}
	delete(sh.lately, e.Conversation)
	was, told := t.Face, false
	if c.Message != nil && c.Message.Seq > t.last {
		if from := t.from(c.Message.Seq); from < c.Message.Seq-1 {
			h.catchUp(sh, e.Conversation, c.Message.Seq)
		} else {
			h.fan(was, c.Conversation, c.Message, last)
			t.last, told = c.Message.Seq, last
		}
	}
	h.told.Happened(e, c.Conversation)
	switch {
	case told:
		h.turn(sh, t, c.Conversation)
	case last:
		h.state(sh, t, c.Conversation)
	}
}

// remote shows an event of any node: what it tells is read from the log, unless that was read
// after it.
func (h *Hub[R]) remote(sh *shard[R], e centrala.Event) {
	if e.Conversation == 0 {
		h.told.Outside(&e)
		return
	}
	t := sh.topic(e.Conversation)
	if !t.fresh(e.N) {
		return
	}
	if !h.listened(t) {
		sh.topicsMu.Lock()
		delete(sh.topics, e.Conversation) // what it knows would be out of date from here on
		sh.topicsMu.Unlock()
		delete(sh.lately, e.Conversation)
		return
	}
	c := sh.lately[e.Conversation]
	if c == nil || e.N > c.LastN || e.Seq > t.last {
		if c = h.catchUp(sh, e.Conversation, e.Seq); c == nil {
			return
		}
		if len(sh.lately) >= keepLately {
			clear(sh.lately)
		}
		sh.lately[e.Conversation] = c
	}
	h.told.Happened(&e, c)
}

// listened reports whether anybody here may want to know.
func (h *Hub[R]) listened(t *topic) bool {
	if len(h.Staff()) > 0 {
		return true
	}
	h.mu.RLock()
	defer h.mu.RUnlock()
	if t.Status == "" { // nobody knows whose it is
		return h.visitors > 0
	}
	return len(h.people[t.Contact]) > 0
}

// page is how many entries are read from the log at once.
const page = 500

// catchUp shows everything that the log has after what was shown, if an entry seq came to be
// known, and the conversation as it is. While the log cannot be read it is tried again each
// second; nil then.
func (h *Hub[R]) catchUp(sh *shard[R], id centrala.ConversationID, seq int64) *centrala.Conversation {
	t := sh.topic(id)
	c, err := h.missed(t, id, seq)
	if err == nil {
		h.state(sh, t, c)
		return c
	}
	if centrala.CodeOf(err) != centrala.NotFound {
		h.logger.Warn("read the log for a live conversation", "conversation", id, "err", err)
		time.AfterFunc(time.Second, func() { h.post(sh, job[R]{do: func(sh *shard[R]) { h.catchUp(sh, id, seq) }}) })
	}
	return nil
}

// missed shows the entries that were not shown yet.
func (h *Hub[R]) missed(t *topic, id centrala.ConversationID, seq int64) (*centrala.Conversation, error) {
	ctx, cancel := context.WithTimeout(h.ctx, patience)
	defer cancel()
	if seq <= t.last {
		c, err := h.log.Conversation(ctx, centrala.Everything(), id)
		return &c, err
	}
	for after := t.from(seq); ; after = t.last {
		msgs, c, err := h.log.Tail(ctx, centrala.Everything(), id, after, page)
		if err != nil {
			return nil, err
		}
		for i := range msgs {
			h.fan(t.Face, &c, &msgs[i], false)
			t.last = msgs[i].Seq
		}
		if len(msgs) < page {
			return &c, nil
		}
	}
}

// compare looks whether the log has more than was shown of the conversations that somebody
// listens to.
func (h *Hub[R]) compare(sh *shard[R]) {
	for id, t := range sh.topics {
		if t.Status == "" || max(t.last, t.base) == 0 || !h.listened(t) {
			continue
		}
		ctx, cancel := context.WithTimeout(h.ctx, patience)
		c, err := h.log.Conversation(ctx, centrala.Everything(), id)
		cancel()
		switch {
		case err != nil:
			h.logger.Warn("compare a live conversation with the log", "conversation", id, "err", err)
		case c.LastSeq > max(t.last, t.base):
			h.catchUp(sh, id, c.LastSeq)
		case !t.Is(FaceOf(&c)):
			h.state(sh, t, &c)
		}
	}
}
