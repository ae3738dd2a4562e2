package gateway

import (
	"slices"

	"centrala"
	"centrala/auth"
)

// eyes is what a staff socket looks at. It is replaced, never changed.
type eyes struct {
	view     centrala.ConversationID
	watching bool
	messages bool
	filter   centrala.Filter
}

// follows reports whether the socket is told of a conversation's changes, and whether it gets
// its messages too: those of its own agent and of the one it views, and what it watches.
func (s *session) follows(c *centrala.Conversation) (rows, words bool) {
	p, e := s.who.Load(), s.eyes.Load()
	if !p.Scope.Sees(c) {
		return false, false
	}
	if p.Agent != nil && c.Assignee == p.Agent.ID || e.view == c.ID {
		return true, true
	}
	match := e.watching && e.filter.Matches(c)
	return match, match && e.messages
}

// may reports whether the socket may see a conversation at all.
func (s *session) may(c *centrala.Conversation) bool { return s.who.Load().Scope.Sees(c) }

// watchOf is what a hello's watch asks for.
func watchOf(p *auth.Principal, w *watchWish) (*eyes, error) {
	if w == nil {
		return &eyes{}, nil
	}
	if !auth.Can(*p, auth.ReadConversations) {
		return nil, centrala.Errorf(centrala.Forbidden, "Only agents and programs watch.")
	}
	f := filterWish{}
	if w.Filter != nil {
		f = *w.Filter
	}
	return lookAt(p, f, w.Messages)
}

func lookAt(p *auth.Principal, f filterWish, messages bool) (*eyes, error) {
	e := &eyes{watching: true, messages: messages}
	if messages && !auth.Can(*p, auth.WatchMessages) {
		return nil, &centrala.Error{Code: centrala.Forbidden, Field: "messages", Message: "Only supervisors and programs watch messages."}
	}
	switch s := centrala.Status(f.Status); s {
	case "", centrala.Waiting, centrala.Open, centrala.Snoozed, centrala.Resolved:
		e.filter.Status = s
	default:
		return nil, centrala.InvalidField("status", "A status is waiting, open, snoozed or resolved.")
	}
	if e.filter.Side = centrala.Side(f.Side); f.Side != "" && !e.filter.Side.Valid() {
		return nil, centrala.InvalidField("side", "A side is buyer, seller or advertiser.")
	}
	var err error
	if f.Team != "" {
		if e.filter.Team, err = parse[centrala.TeamID]("team", f.Team); err != nil {
			return nil, err
		}
	}
	if f.Assignee != "" {
		e.filter.Assignee, err = parse[centrala.AgentID]("assignee", f.Assignee)
	}
	return e, err
}

// watch replaces what the socket watches. Everything after the cursor that it is answered with
// is shown live.
func (s *session) watch(env envelope, body []byte) error {
	f, err := decode[watchIn](body)
	if err != nil {
		return err
	}
	e, err := lookAt(s.who.Load(), f.Filter, f.Messages)
	if err != nil {
		return err
	}
	e.view = s.eyes.Load().view
	s.eyes.Store(e)
	at, err := s.g.present()
	if err != nil {
		return err
	}
	s.ack(env.Ref, ackFrame{})
	s.g.hub.everywhere(nil, func() { s.push(s.g.encode(cursorFrame{Type: "cursor", Value: s.g.cursorAt(at)})) })
	return nil
}

// view says which conversation the agent has open, or none.
func (s *session) view(env envelope, body []byte) error {
	f, err := decode[viewIn](body)
	if err != nil {
		return err
	}
	e := *s.eyes.Load()
	was := e.view
	e.view = 0
	if f.Conversation != nil && *f.Conversation != "" {
		if e.view, err = conversationID(*f.Conversation); err != nil {
			return err
		}
		if _, err := s.sees(e.view); err != nil {
			return err
		}
	}
	s.eyes.Store(&e)
	if was != 0 && was != e.view {
		s.g.hub.viewers(was)
	}
	if e.view != 0 {
		s.g.hub.viewers(e.view)
	}
	s.ack(env.Ref, ackFrame{})
	return nil
}

// sees is the face of a conversation that the socket may see; NotFound for all others.
func (s *session) sees(id centrala.ConversationID) (face, error) {
	p := s.who.Load()
	if f, ok := s.g.hub.face(id); ok {
		if !p.Scope.Sees(f.as(id)) {
			return face{}, &centrala.Error{Code: centrala.NotFound, Field: "conversation", Message: "There is no conversation " + id.String() + "."}
		}
		return f, nil
	}
	ctx, cancel := s.g.call()
	defer cancel()
	c, err := s.g.cfg.Lists.Conversation(ctx, p.Scope, id)
	if err != nil {
		return face{}, err
	}
	s.g.hub.know(&c)
	return faceOf(&c), nil
}

// viewers tells everybody who views a conversation which agents do.
func (h *hub) viewers(id centrala.ConversationID) {
	var (
		there []*session
		out   = viewersFrame{Type: "viewers", Conversation: id, Agents: []faceOut{}}
	)
	for _, s := range *h.staff.Load() {
		if s.eyes.Load().view != id {
			continue
		}
		there = append(there, s)
		p := s.who.Load()
		known := slices.ContainsFunc(out.Agents, func(f faceOut) bool { return f.ID == p.ID })
		if p.Agent != nil && !known {
			out.Agents = append(out.Agents, faceOut{ID: p.ID, Name: p.Agent.Name})
		}
	}
	frame := h.g.encode(out)
	for _, s := range there {
		s.push(frame)
	}
}

// present is a place in the log that everything after will be shown live.
func (g *Gateway) present() (centrala.EventID, error) {
	at := centrala.EventID(g.hub.high.Load())
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

// sameScope reports whether two scopes see the same.
func sameScope(a, b centrala.Scope) bool {
	return a.All == b.All && a.Agent == b.Agent && a.Contact == b.Contact && a.Inbox == b.Inbox &&
		slices.Equal(a.Sides, b.Sides) && slices.Equal(a.Teams, b.Teams)
}
