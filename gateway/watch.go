package gateway

import (
	"centrala"
	"centrala/auth"
	"centrala/gateway/frames"
	"centrala/gateway/hub"
)

// eyes is what a staff socket looks at. It is replaced, never changed.
type eyes struct {
	view     centrala.ConversationID
	watching bool
	messages bool
	filter   centrala.Filter
}

// Follows reports whether the socket is told of a conversation's changes, and whether it gets
// its messages too: of its own agent's conversations and of the one it views, and of what it
// watches. What mentions the agent changes before their eyes whatever they watch.
func (s *session) Follows(c *centrala.Conversation) (rows, words bool) {
	p, e := s.who.Load(), s.eyes.Load()
	if !p.Scope.Sees(c) {
		return false, false
	}
	if p.Agent != nil && c.Assignee == p.Agent.ID || e.view == c.ID {
		return true, true
	}
	match := e.watching && e.filter.Matches(c)
	return match || c.Mentioned(p.AgentID()), match && e.messages
}

// watchOf is what a hello's watch asks for.
func watchOf(p *auth.Principal, w *frames.Watching) (*eyes, error) {
	if w == nil {
		return &eyes{}, nil
	}
	if !auth.Can(*p, auth.ReadConversations) {
		return nil, centrala.Errorf(centrala.Forbidden, "Only agents and programs watch.")
	}
	f := frames.Filter{}
	if w.Filter != nil {
		f = *w.Filter
	}
	return lookAt(p, f, w.Messages)
}

func lookAt(p *auth.Principal, f frames.Filter, messages bool) (*eyes, error) {
	e := &eyes{watching: true, messages: messages}
	if messages && !auth.Can(*p, auth.WatchMessages) {
		return nil, &centrala.Error{Code: centrala.Forbidden, Field: "messages", Message: "Only supervisors and programs watch messages."}
	}
	var err error
	e.filter, err = f.Parse()
	return e, err
}

// watch replaces what the socket watches. Everything after the cursor that it is answered with
// is shown live.
func (s *session) watch(env frames.Envelope, body []byte) error {
	f, err := frames.Decode[frames.Watch](body)
	if err != nil {
		return err
	}
	e, err := lookAt(s.who.Load(), f.Filter, f.Messages)
	if err != nil {
		return err
	}
	e.view = s.eyes.Load().view
	s.eyes.Store(e)
	at, err := s.g.presently()
	if err != nil {
		return err
	}
	s.ack(env.Ref, frames.Ack{})
	s.g.hub.After(func() { s.sock.Push(s.g.encode(frames.Cursor{Type: "cursor", Value: s.g.cursorAt(at)})) })
	return nil
}

// view says which conversation the agent has open, or none.
func (s *session) view(env frames.Envelope, body []byte) error {
	f, err := frames.Decode[frames.View](body)
	if err != nil {
		return err
	}
	e := *s.eyes.Load()
	e.view = 0
	if f.Conversation != nil && *f.Conversation != "" {
		if e.view, err = frames.ConversationID(*f.Conversation); err != nil {
			return err
		}
		if _, err := s.sees(e.view); err != nil {
			return err
		}
	}
	s.eyes.Store(&e)
	s.g.hub.Look(s, e.view)
	s.ack(env.Ref, frames.Ack{})
	return nil
}

// sees is the face of a conversation that the socket may see; NotFound for all others.
func (s *session) sees(id centrala.ConversationID) (hub.Face, error) {
	p := s.who.Load()
	if f, ok := s.g.hub.Face(id); ok {
		if !p.Scope.Sees(f.As(id)) {
			return hub.Face{}, &centrala.Error{Code: centrala.NotFound, Field: "conversation", Message: "There is no conversation " + id.String() + "."}
		}
		return f, nil
	}
	ctx, cancel := s.g.call()
	defer cancel()
	c, err := s.g.cfg.Lists.Conversation(ctx, p.Scope, id)
	if err != nil {
		return hub.Face{}, err
	}
	s.g.hub.Know(&c)
	return hub.FaceOf(&c), nil
}

// presently is a place in the log that everything after will be shown live.
func (g *Gateway) presently() (centrala.EventID, error) {
	at := g.hub.High()
	if at == 0 || g.cfg.Cluster {
		ctx, cancel := g.call()
		defer cancel()
		last, err := g.cfg.Lists.LastEvent(ctx)
		if err != nil {
			return 0, err
		}
		at = max(at, last)
	}
	return g.settled(at), nil
}
