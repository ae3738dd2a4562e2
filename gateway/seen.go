package gateway

import (
	"time"

	"centrala"
	"centrala/auth"
	"centrala/gateway/floor"
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
		m := floor.Mark[*auth.Principal]{Conversation: id, Person: p.ID, Who: p, Received: f.Upto}
		if read {
			m.Read = f.Upto
		}
		s.g.marks.Note(m)
	}
	s.ack(env.Ref, frames.Ack{})
	return nil
}

// storeMark stores how far somebody has come and tells the others.
func (g *Gateway) storeMark(m floor.Mark[*auth.Principal]) error {
	ctx, cancel := g.call()
	defer cancel()
	id, by := m.Conversation, m.Who.Author()
	err := g.cfg.Log.Seen(ctx, m.Who.Scope, id, by, m.Received, m.Read)
	if centrala.CodeOf(err) == centrala.NotFound {
		return nil // it left their sight meanwhile
	}
	var c centrala.Conversation
	if err == nil {
		c, err = g.cfg.Lists.Conversation(ctx, centrala.Everything(), id)
	}
	if err != nil {
		g.log.Warn("store a read mark", "conversation", id, "err", err)
		return err
	}
	p := hub.Progress{Conversation: id, Person: m.Person, By: by, Read: min(m.Read, c.LastSeq), At: time.Now().UTC()}
	if m.Who.Kind == auth.Visitor {
		p.Received = min(m.Received, c.LastSeq)
	}
	g.hub.Progressed(p, &c)
	return nil
}
