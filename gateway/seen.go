package gateway

import (
	"sync"
	"time"

	"centrala"
	"centrala/auth"
	"centrala/gateway/frames"
	"centrala/gateway/hub"
)

// types is typing: the others in the conversation are told, and told that it is over when it
// is not renewed.
func (s *session) types(env frames.Envelope, body []byte) error {
	f, err := frames.Decode[frames.TypingMark](body)
	if err != nil {
		return err
	}
	id, err := frames.ConversationID(f.Conversation)
	if err != nil {
		return err
	}
	where, err := s.sees(id)
	if err != nil {
		return err
	}
	s.g.hub.Types(s, id, where, f.On)
	s.ack(env.Ref, frames.Ack{})
	return nil
}

// marks are how far people have received and read, gathered so that each is stored at most
// once a second.
type marks struct {
	mu   sync.Mutex
	next map[markKey]*mark
}

type markKey struct {
	conversation centrala.ConversationID
	person       string
}

type mark struct {
	who            *auth.Principal
	received, read int64
}

func newMarks() *marks { return &marks{next: map[markKey]*mark{}} }

func (s *session) received(env frames.Envelope, body []byte) error { return s.seen(env, body, false) }
func (s *session) readUpto(env frames.Envelope, body []byte) error { return s.seen(env, body, true) }

// seen notes a received or read mark; the clerk stores it and tells the others.
func (s *session) seen(env frames.Envelope, body []byte, read bool) error {
	f, err := frames.Decode[frames.Seen](body)
	if err != nil {
		return err
	}
	id, err := frames.ConversationID(f.Conversation)
	if err != nil {
		return err
	}
	if f.Upto < 0 {
		return centrala.InvalidField("upto", "A place in a conversation is not negative.")
	}
	if _, err := s.sees(id); err != nil {
		return err
	}
	p := s.who.Load()
	if read || p.Kind == auth.Visitor { // what staff has received is nobody's business
		s.g.marks.note(markKey{id, p.ID}, p, f.Upto, read)
	}
	s.ack(env.Ref, frames.Ack{})
	return nil
}

func (k *marks) note(key markKey, p *auth.Principal, upto int64, read bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	m := k.next[key]
	if m == nil {
		m = &mark{who: p}
		k.next[key] = m
	}
	m.received = max(m.received, upto)
	if read {
		m.read = max(m.read, upto)
	}
}

// flush stores what was noted and tells the others.
func (k *marks) flush(g *Gateway) {
	k.mu.Lock()
	next := k.next
	if len(next) > 0 {
		k.next = map[markKey]*mark{}
	}
	k.mu.Unlock()
	var (
		all  sync.WaitGroup
		room = make(chan struct{}, 16) // side by side they share commits
	)
	for key, m := range next {
		room <- struct{}{}
		all.Go(func() {
			defer func() { <-room }()
			if err := g.storeMark(key, m); err != nil {
				g.log.Warn("store a read mark", "conversation", key.conversation, "err", err)
				k.note(key, m.who, m.received, false)
				k.note(key, m.who, m.read, true)
			}
		})
	}
	all.Wait()
}

func (g *Gateway) storeMark(key markKey, m *mark) error {
	ctx, cancel := g.call()
	defer cancel()
	id, by := key.conversation, m.who.Author()
	err := g.cfg.Log.Seen(ctx, m.who.Scope, id, by, m.received, m.read)
	if centrala.CodeOf(err) == centrala.NotFound {
		return nil // it left their sight meanwhile
	}
	if err != nil {
		return err
	}
	c, err := g.cfg.Lists.Conversation(ctx, centrala.Everything(), id)
	if err != nil {
		return err
	}
	received, read := min(m.received, c.LastSeq), min(m.read, c.LastSeq)
	if m.who.Kind == auth.Visitor && received > 0 {
		state := string(centrala.Delivered)
		if read >= received {
			state = string(centrala.DeliveryRead)
		}
		g.hub.TellStaff(&c, key.person, g.encode(frames.Delivery{Type: "delivery", Conversation: id, Seq: received, State: state, At: time.Now().UTC()}))
	}
	if read > 0 {
		g.hub.TellOthers(id, hub.FaceOf(&c), key.person, g.encode(frames.Read{Type: "read", Conversation: id, Author: by, Upto: read}))
		g.hub.Refresh(id)
	}
	return nil
}
