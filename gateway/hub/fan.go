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

// fan brings one entry to everybody who may read it. was is the face before it: whoever just
// lost the conversation is still told how.
func (h *Hub[R]) fan(was Face, c *centrala.Conversation, m *centrala.Message) {
	e := &Entry{Message: m, encode: h.encode}
	for _, s := range h.Audience(c.Contact, c.Inbox) {
		s.Deliver(e)
	}
	staff := h.Staff()
	if len(staff) == 0 {
		return
	}
	var before *centrala.Conversation
	if was.Status != "" && !was.Is(FaceOf(c)) {
		before = was.As(c.ID)
	}
	for _, s := range staff {
		_, reads := s.Follows(c)
		reads = reads || e.Addresses(s.Who().AgentID())
		if !reads && before != nil && s.Who().Scope.Sees(c) {
			_, reads = s.Follows(before)
		}
		if reads {
			s.Deliver(e)
		}
	}
}

// state tells everybody who follows a conversation how it is now, and those who did follow it
// that it is gone.
func (h *Hub[R]) state(sh *shard[R], t *topic, c *centrala.Conversation) {
	was := t.Face
	sh.turn(t, FaceOf(c))
	if was.Status == "" || was.Status != c.Status || was.Assignee != c.Assignee || was.Team != c.Team {
		h.told.Moved(c)
	}
	staff := h.Staff()
	if len(staff) == 0 {
		return
	}
	var (
		frame, gone []byte
		before      *centrala.Conversation
	)
	if was.Status != "" && !was.Is(t.Face) {
		before = was.As(c.ID)
	}
	for _, s := range staff {
		if rows, _ := s.Follows(c); rows {
			if frame == nil {
				frame = h.encode.Row(c)
			}
			s.Row(c.ID, frame)
			continue
		}
		if before == nil {
			continue
		}
		if rows, _ := s.Follows(before); rows {
			if gone == nil {
				gone = h.encode.Gone(c.ID)
			}
			s.Push(gone)
		}
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
