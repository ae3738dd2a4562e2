package gateway

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"centrala"
	"centrala/auth"
)

// words is one entry on its way to many readers: encoded once for customers, once for the
// staff, and once more for the sender's other sockets. Only attachments need a frame for each
// reader, because their addresses are signed for one.
type words struct {
	g     *Gateway
	m     *centrala.Message
	forms [4][]byte
}

// frame is the entry for one reader.
func (w *words) frame(p *auth.Principal) []byte {
	if len(w.m.Attachments) > 0 {
		return w.g.message(p, w.m)
	}
	form := 0
	if p.Kind == auth.Visitor {
		form = 1
	}
	if w.m.Key != "" && w.m.Sender == p.ID {
		form += 2
	}
	if w.forms[form] == nil {
		w.forms[form] = w.g.message(p, w.m)
	}
	return w.forms[form]
}

// message is the frame of an entry for one reader.
func (g *Gateway) message(p *auth.Principal, m *centrala.Message) []byte {
	f := messageFrame{Type: "message", Conversation: m.Conversation, Seq: m.Seq}
	if p.Kind == auth.Visitor && m.Hidden() {
		f.Hidden = true
	} else {
		f.Message = g.seenBy(p, m)
	}
	return g.encode(f)
}

// seenBy is an entry as a reader may see it: the key only if it is theirs, files with an
// address that is theirs.
func (g *Gateway) seenBy(p *auth.Principal, m *centrala.Message) *centrala.Message {
	out := *m
	if p.Kind == auth.Visitor {
		out = m.ForCustomer()
	}
	if m.Sender != p.ID {
		out.Key = ""
	}
	if len(m.Attachments) > 0 {
		out.Attachments = slices.Clone(m.Attachments)
		for i := range out.Attachments {
			out.Attachments[i].URL = g.cfg.Guard.FileURL(*p, out.Attachments[i].ID)
		}
	}
	return &out
}

// deliver brings an entry to the socket, unless its ack stands for it or a replay brings it.
func (s *session) deliver(w *words) {
	p := s.who.Load()
	mine := w.m.Key != "" && w.m.Sender == p.ID
	if mine {
		s.mu.Lock()
		i := slices.Index(s.own, w.m.Key)
		if i >= 0 {
			s.own = slices.Delete(s.own, i, i+1)
		}
		s.mu.Unlock()
		if i >= 0 {
			return
		}
	}
	frame := w.frame(p)
	s.mu.Lock()
	start := false
	if s.behind == nil || !s.behind.notes(w.m) {
		start = s.enqueue(frame)
	}
	s.mu.Unlock()
	if start {
		s.g.run(s.write)
	}
}

// laneSet lets an agent's messages to different conversations share a commit, while those to
// one conversation keep their order.
type laneSet struct {
	room chan struct{} // one token for each message under way
	mu   sync.Mutex
	next map[centrala.ConversationID][]func() // present: somebody is at work
}

func newLanes() *laneSet {
	return &laneSet{room: make(chan struct{}, lanes), next: map[centrala.ConversationID][]func(){}}
}

// do runs f after what came before it for the same conversation. It waits while too much is
// under way.
func (l *laneSet) do(g *Gateway, id centrala.ConversationID, f func()) {
	l.room <- struct{}{}
	l.mu.Lock()
	queue, busy := l.next[id]
	if busy {
		l.next[id] = append(queue, f)
	} else {
		l.next[id] = nil
	}
	l.mu.Unlock()
	if busy {
		return
	}
	g.run(func() {
		for f != nil {
			f()
			<-l.room
			l.mu.Lock()
			if queue := l.next[id]; len(queue) > 0 {
				f, l.next[id] = queue[0], queue[1:]
			} else {
				f = nil
				delete(l.next, id)
			}
			l.mu.Unlock()
		}
	})
}

// send is message.send.
func (s *session) send(env envelope, body []byte) error {
	f, err := decode[sendFrame](body)
	if err != nil {
		return err
	}
	p := s.who.Load()
	post, err := s.post(p, &f)
	if err != nil {
		return err
	}
	if s.lanes == nil {
		return s.append(env.Ref, p, post)
	}
	s.lanes.do(s.g, post.Conversation, func() {
		if err := s.append(env.Ref, p, post); err != nil {
			s.refuse(env.Ref, err)
		}
	})
	return nil
}

// append brings a post into the log and acknowledges it once it is on disk.
func (s *session) append(ref string, p *auth.Principal, post centrala.Post) error {
	s.mu.Lock()
	s.own = append(s.own, post.Key)
	s.mu.Unlock()
	ctx, cancel := s.g.call()
	defer cancel()
	r, err := s.g.cfg.Log.Append(ctx, post)
	if err != nil || r.Repeated {
		s.mu.Lock()
		if i := slices.Index(s.own, post.Key); i >= 0 { // no commit will come by to take it
			s.own = slices.Delete(s.own, i, i+1)
		}
		s.mu.Unlock()
	}
	if centrala.CodeOf(err) == centrala.Closed {
		s.doubt.Store(true)
	}
	if err != nil {
		return err
	}
	if p.Visitor != nil {
		s.wishes = nil
	}
	s.ack(ref, ackFrame{Conversation: r.Conversation, Message: r.Message, Seq: r.Seq, At: &r.At})
	return nil
}

// post is what a message.send asks the log to keep.
func (s *session) post(p *auth.Principal, f *sendFrame) (centrala.Post, error) {
	post := centrala.Post{Sender: p.ID, Key: f.Key, Author: p.Author(), Scope: p.Scope, Text: f.Text, Channel: centrala.Chat, Note: f.Note}
	if f.Conversation != "" {
		id, err := conversationID(f.Conversation)
		if err != nil {
			return post, err
		}
		post.Conversation = id
	}
	if len(f.Attachments) > centrala.MaxAttachments {
		return post, &centrala.Error{Code: centrala.TooMany, Field: "attachments",
			Message: fmt.Sprintf("A message carries at most %d attachments.", centrala.MaxAttachments)}
	}
	for _, a := range f.Attachments {
		id, err := parse[centrala.AttachmentID]("attachments", a)
		if err != nil {
			return post, err
		}
		post.Attachments = append(post.Attachments, id)
	}
	switch p.Kind {
	case auth.Visitor:
		if f.Note {
			return post, &centrala.Error{Code: centrala.Forbidden, Field: "note", Message: "Notes are the team's."}
		}
		contact := s.contact(p)
		post.Contact, post.Inbox = &contact, p.Visitor.Inbox
		if post.Author.Name == "" {
			post.Author.Name = contact.Name
		}
	case auth.Agent:
		post.Agent, post.Channel = p.Agent.ID, ""
		post.NoClaim = p.Role() != centrala.RoleAgent
		if f.Claim != nil {
			post.NoClaim = !*f.Claim
		}
	default:
		post.NoClaim, post.Channel = true, ""
	}
	if p.Kind != auth.Visitor && post.Conversation == 0 {
		return post, centrala.InvalidField("conversation", "No conversation is named.")
	}
	return post, post.Check()
}

// contact is the customer with what they have said about themselves since.
func (s *session) contact(p *auth.Principal) centrala.Contact {
	c := auth.ContactOf(*p.Visitor)
	if w := s.wishes; w != nil {
		if w.Email != nil {
			c.Email = *w.Email
		}
		if w.Name != nil {
			c.Name = *w.Name
		}
		if w.Side != nil {
			c.Side = *w.Side
		}
	}
	return c
}

// ack answers a frame that was done, if it asked for an answer.
func (s *session) ack(ref string, f ackFrame) {
	if ref == "" {
		return
	}
	f.Type, f.Ref = "ack", ref
	s.answer(s.g.encode(f))
}

// history answers with a part of a timeline.
func (s *session) history(env envelope, body []byte) error {
	f, err := decode[historyIn](body)
	if err != nil {
		return err
	}
	id, err := conversationID(f.Conversation)
	if err != nil {
		return err
	}
	if err := f.check(); err != nil {
		return err
	}
	p := s.who.Load()
	ctx, cancel := s.g.call()
	defer cancel()
	out := historyFrame{Type: "history", Ref: env.Ref, Conversation: id}
	var msgs []centrala.Message
	if f.After != nil {
		msgs, _, err = s.g.cfg.Log.Tail(ctx, p.Scope, id, *f.After, f.Limit+1)
		out.More = len(msgs) > f.Limit
		msgs = msgs[:min(len(msgs), f.Limit)]
	} else {
		page := centrala.Page{Limit: f.Limit}
		if f.Before != nil {
			page.Before = *f.Before
		}
		msgs, out.More, err = s.g.cfg.Log.Messages(ctx, p.Scope, id, page)
	}
	if err != nil {
		return err
	}
	if out.Messages, err = s.g.entries(p, msgs, f.After != nil); err != nil {
		return err
	}
	out.More = out.More || len(out.Messages) < len(msgs)
	s.answer(s.g.encode(out))
	return nil
}

// check completes and bounds what a history asks for.
func (f *historyIn) check() error {
	switch {
	case f.Limit < 0 || f.Limit > MaxHistory:
		return centrala.InvalidField("limit", "A limit is 1 to %d.", MaxHistory)
	case f.Before != nil && f.After != nil:
		return centrala.InvalidField("before", "A history goes before or after a place, not both.")
	case f.Before != nil && *f.Before < 1:
		return centrala.InvalidField("before", "A place in a conversation is at least 1.")
	case f.After != nil && *f.After < 0:
		return centrala.InvalidField("after", "A place in a conversation is not negative.")
	}
	if f.Limit == 0 {
		f.Limit = DefaultHistory
	}
	return nil
}

// entries are messages as a history holds them, in ascending seq, as many as fit into a frame:
// the first ones when reading forward, else the last.
func (g *Gateway) entries(p *auth.Principal, msgs []centrala.Message, forward bool) ([]json.RawMessage, error) {
	out := make([]json.RawMessage, 0, len(msgs))
	size := 1 << 10
	for i := range msgs {
		m := &msgs[i]
		if !forward {
			m = &msgs[len(msgs)-1-i]
		}
		e, err := g.entry(p, m)
		if err != nil {
			return nil, err
		}
		if size += len(e) + 1; size > MaxServerFrame {
			break
		}
		out = append(out, e)
	}
	if !forward {
		slices.Reverse(out)
	}
	return out, nil
}

func (g *Gateway) entry(p *auth.Principal, m *centrala.Message) (json.RawMessage, error) {
	if p.Kind == auth.Visitor && m.Hidden() {
		return fmt.Appendf(nil, `{"seq":%d,"hidden":true}`, m.Seq), nil
	}
	b, err := json.Marshal(g.seenBy(p, m))
	if err != nil {
		return nil, fmt.Errorf("encode an entry: %w", err)
	}
	return append(fmt.Appendf(nil, `{"seq":%d,`, m.Seq), b[1:]...), nil
}

// pong answers a client that asks for a sign of life.
func (s *session) pong(env envelope, _ []byte) error {
	if env.Ref == "" {
		return centrala.InvalidField("ref", "A ping has a ref.")
	}
	s.answer(s.g.encode(pongFrame{Type: "pong", Ref: env.Ref, At: time.Now().UTC()}))
	return nil
}
