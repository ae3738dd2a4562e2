package gateway

import (
	"time"

	"centrala"
)

// face is the part of a conversation that decides who sees it.
type face struct {
	contact  centrala.ContactID
	inbox    centrala.InboxID
	assignee centrala.AgentID
	team     centrala.TeamID
	side     centrala.Side
	status   centrala.Status // "": not known
}

func faceOf(c *centrala.Conversation) face {
	return face{c.Contact, c.Inbox, c.Assignee, c.Team, c.Side, c.Status}
}

// as is a conversation with this face, for the rules that ask for one.
func (f face) as(id centrala.ConversationID) *centrala.Conversation {
	return &centrala.Conversation{ID: id, Contact: f.contact, Inbox: f.inbox, Assignee: f.assignee, Team: f.team, Side: f.side, Status: f.status}
}

// topic is what the hub remembers of a conversation.
type topic struct {
	face
	last    int64  // the highest seq that was shown to whoever listens; 0: none yet
	base    int64  // a seq that the log had when somebody came who listens; 0: not known
	n       int64  // the highest event number seen
	seen    uint64 // which of the 64 up to n were
	survey  centrala.SurveyID
	touched int64 // Unix seconds
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
func (sh *shard) topic(id centrala.ConversationID) *topic {
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

// know tells the hub what the log has of a conversation, when somebody comes who will listen.
func (h *hub) know(c *centrala.Conversation) {
	id, f, last := c.ID, faceOf(c), c.LastSeq
	h.shard(id).post(job{do: func(sh *shard) {
		t := sh.topic(id)
		if t.status == "" {
			sh.turn(t, f)
		}
		if t.last == 0 && t.base == 0 {
			t.base = last
		}
	}})
}

// turn gives a topic its present face.
func (sh *shard) turn(t *topic, f face) {
	if t.face == f {
		return
	}
	sh.topicsMu.Lock()
	t.face = f
	sh.topicsMu.Unlock()
}

// face is what the hub remembers of a conversation, from any goroutine.
func (h *hub) face(id centrala.ConversationID) (face, bool) {
	sh := h.shard(id)
	sh.topicsMu.Lock()
	defer sh.topicsMu.Unlock()
	t := sh.topics[id]
	if t == nil || t.status == "" {
		return face{}, false
	}
	return t.face, true
}

// local shows a commit of this node. last tells that it is the last of its operation, whose
// commits all carry the conversation as it is in the end.
func (h *hub) local(sh *shard, c *centrala.Commit, last bool) {
	e := &c.Event
	if e.Conversation == 0 || c.Conversation == nil {
		h.outside(e)
		return
	}
	t := sh.topic(e.Conversation)
	if !t.fresh(e.N) {
		return
	}
	was := t.face
	if c.Message != nil && c.Message.Seq > t.last {
		if from := t.from(c.Message.Seq); from < c.Message.Seq-1 {
			h.catchUp(sh, e.Conversation, c.Message.Seq)
		} else {
			h.fan(was, c.Conversation, c.Message)
			t.last = c.Message.Seq
		}
	}
	h.particular(t, e, c.Conversation)
	if last {
		h.state(sh, t, c.Conversation)
	}
}

// remote shows an event of any node: what it tells is read from the log.
func (h *hub) remote(sh *shard, e centrala.Event) {
	if e.Conversation == 0 {
		h.outside(&e)
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
		return
	}
	if c := h.catchUp(sh, e.Conversation, e.Seq); c != nil {
		h.particular(t, &e, c)
	}
}

// listened reports whether anybody here may want to know.
func (h *hub) listened(t *topic) bool {
	return len(*h.staff.Load()) > 0 || t.status == "" || len(h.customers(t.contact)) > 0
}

// catchUp shows everything that the log has after what was shown, at least up to seq, and the
// conversation as it is. While the log cannot be read it is tried again each second; nil then.
func (h *hub) catchUp(sh *shard, id centrala.ConversationID, seq int64) *centrala.Conversation {
	t := sh.topic(id)
	after := t.from(max(seq, 1))
	if seq == 0 && t.last == 0 {
		after = t.base
	}
	for {
		ctx, cancel := h.g.call()
		msgs, c, err := h.g.cfg.Log.Tail(ctx, centrala.Everything(), id, after, MaxReplay)
		cancel()
		if centrala.CodeOf(err) == centrala.NotFound {
			return nil
		}
		if err != nil {
			h.g.log.Warn("read the log for a live conversation", "conversation", id, "err", err)
			time.AfterFunc(time.Second, func() { sh.post(job{do: func(sh *shard) { h.catchUp(sh, id, seq) }}) })
			return nil
		}
		was := t.face
		if seq != 0 || t.last > 0 || t.base > 0 {
			for i := range msgs {
				h.fan(was, &c, &msgs[i])
				t.last = msgs[i].Seq
				after = t.last
			}
		}
		if len(msgs) < MaxReplay {
			h.state(sh, t, &c)
			return &c
		}
	}
}

// compare looks whether the log has more than was shown of the conversations that somebody
// listens to.
func (h *hub) compare(sh *shard) {
	for id, t := range sh.topics {
		if t.status == "" || max(t.last, t.base) == 0 || !h.listened(t) {
			continue
		}
		ctx, cancel := h.g.call()
		c, err := h.g.cfg.Lists.Conversation(ctx, centrala.Everything(), id)
		cancel()
		switch {
		case err != nil:
			h.g.log.Warn("compare a live conversation with the log", "conversation", id, "err", err)
		case c.LastSeq > max(t.last, t.base):
			h.catchUp(sh, id, c.LastSeq)
		case faceOf(&c) != t.face:
			h.state(sh, t, &c)
		}
	}
}

// fan brings one entry to everybody who may read it. was is the face before it: whoever just
// lost the conversation is still told how.
func (h *hub) fan(was face, c *centrala.Conversation, m *centrala.Message) {
	w := &words{g: h.g, m: m}
	for _, s := range h.audience(c.Contact, c.Inbox) {
		s.deliver(w)
	}
	staff := *h.staff.Load()
	if len(staff) == 0 {
		return
	}
	var before *centrala.Conversation
	if was.status != "" && was != faceOf(c) {
		before = was.as(c.ID)
	}
	for _, s := range staff {
		_, reads := s.follows(c)
		if !reads && before != nil && s.may(c) {
			_, reads = s.follows(before)
		}
		if reads {
			s.deliver(w)
		}
	}
}

// state tells everybody who follows a conversation how it is now, and those who did follow it
// that it is gone.
func (h *hub) state(sh *shard, t *topic, c *centrala.Conversation) {
	was := t.face
	sh.turn(t, faceOf(c))
	if was.status == "" || was.status != c.Status || was.assignee != c.Assignee || was.team != c.Team {
		h.g.queue.changed(h.g, c)
	}
	staff := *h.staff.Load()
	if len(staff) == 0 {
		return
	}
	var (
		frame, gone []byte
		before      *centrala.Conversation
	)
	if was.status != "" && was != t.face {
		before = was.as(c.ID)
	}
	for _, s := range staff {
		if rows, _ := s.follows(c); rows {
			if frame == nil {
				frame = h.g.encode(staffTalk("conversation", c))
			}
			s.row(c.ID, frame)
			continue
		}
		if before == nil {
			continue
		}
		if rows, _ := s.follows(before); rows {
			if gone == nil {
				gone = h.g.encode(goneFrame{Type: "conversation", ID: c.ID, Gone: true})
			}
			s.push(gone)
		}
	}
}

// refresh tells the staff how a conversation is now, after something that is no event.
func (h *hub) refresh(id centrala.ConversationID) {
	if len(*h.staff.Load()) == 0 {
		return
	}
	h.shard(id).post(job{do: func(sh *shard) {
		ctx, cancel := h.g.call()
		defer cancel()
		c, err := h.g.cfg.Lists.Conversation(ctx, centrala.Everything(), id)
		if err != nil {
			h.g.log.Warn("read a conversation", "conversation", id, "err", err)
			return
		}
		h.state(sh, sh.topic(id), &c)
	}})
}
