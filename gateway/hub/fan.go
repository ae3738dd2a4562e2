package hub

import (
	"context"

	"centrala"
	"centrala/auth"
)

// Entry is one entry of a timeline on its way to many readers: encoded once for customers,
// once for the staff, and once more for the sender's other sockets. Only attachments need a
// frame for each reader, because their addresses are signed for one.
type Entry struct {
	*centrala.Message
	encode Encoder
	forms  [4][]byte
}

// Frame is the entry for one reader.
func (e *Entry) Frame(p *auth.Principal) []byte {
	if len(e.Attachments) > 0 {
		return e.encode.Entry(p, e.Message)
	}
	form := 0
	if p.Kind == auth.Visitor {
		form = 1
	}
	if e.Key != "" && e.Sender == p.ID {
		form += 2
	}
	if e.forms[form] == nil {
		e.forms[form] = e.encode.Entry(p, e.Message)
	}
	return e.forms[form]
}

// news is an entry of a conversation, its state, or both, on their way to the staff.
type news struct {
	c      *centrala.Conversation
	before *centrala.Conversation // as other people saw it until now; nil: as the same do
	entry  *Entry                 // nil: none
	state  bool
}

// newsOf is what becomes known of a conversation that had the face was.
func newsOf(was Face, c *centrala.Conversation) news {
	n := news{c: c}
	if was.Status != "" && !was.Is(FaceOf(c)) {
		n.before = was.As(c.ID)
	}
	return n
}

// fan brings one entry to everybody who may read it, and with it, if state is set, how the
// conversation is now to everybody who follows it. was is the face before the entry: whoever
// just lost the conversation is still told how.
func (h *Hub[R]) fan(was Face, c *centrala.Conversation, m *centrala.Message, state bool) {
	n := newsOf(was, c)
	n.entry, n.state = &Entry{Message: m, encode: h.encode}, state
	for _, s := range h.Audience(c.Visitor(), c.Inbox) {
		s.Deliver(n.entry)
	}
	h.brief(n)
}

// brief brings news to the staff: what a socket gets of an entry and of the state it gets at
// once, so that they can leave together.
func (h *Hub[R]) brief(n news) {
	var frame, gone []byte
	for _, s := range h.Staff() {
		rows, reads := s.Follows(n.c)
		did, read := false, false // follow, and read, before
		if n.before != nil && !(rows && reads) {
			did, read = s.Follows(n.before)
		}
		if n.entry != nil && (reads || n.entry.Addresses(s.Who().AgentID()) || read && s.Who().Scope.Sees(n.c)) {
			s.Deliver(n.entry)
		}
		switch {
		case !n.state:
		case rows:
			if frame == nil {
				frame = h.encode.Row(n.c)
			}
			s.Row(n.c.ID, frame)
		case did:
			if gone == nil {
				gone = h.encode.Gone(n.c.ID)
			}
			s.Push(gone)
		}
	}
}

// state tells everybody who follows a conversation how it is now, and those who did follow it
// that it is gone.
func (h *Hub[R]) state(sh *shard[R], t *topic, c *centrala.Conversation) {
	n := newsOf(t.Face, c)
	n.state = true
	h.turn(sh, t, c)
	h.brief(n)
}

// turn gives a topic its present face.
func (h *Hub[R]) turn(sh *shard[R], t *topic, c *centrala.Conversation) {
	was := t.Face
	sh.turn(t, FaceOf(c))
	if was.Status == "" || was.Status != c.Status || was.Assignee != c.Assignee || was.Team != c.Team {
		h.told.Moved(c)
	}
}

// Refresh tells the staff how a conversation is now, after something that is no event.
func (h *Hub[R]) Refresh(id centrala.ConversationID) {
	if len(h.Staff()) == 0 {
		return
	}
	h.post(h.shard(id), job[R]{do: func(sh *shard[R]) {
		ctx, cancel := context.WithTimeout(h.ctx, patience)
		defer cancel()
		c, err := h.log.Conversation(ctx, centrala.Everything(), id)
		if err != nil {
			h.logger.Warn("read a conversation", "conversation", id, "err", err)
			return
		}
		h.state(sh, sh.topic(id), &c)
	}})
}
