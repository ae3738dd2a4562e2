package gateway

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"

	"centrala"
	"centrala/auth"
)

// Welcome lists this many conversations, the latest.
const welcomeList = 20

type (
	visitorWelcome struct {
		Type          string        `json:"type"`
		Session       string        `json:"session"`
		Token         string        `json:"token,omitempty"`
		Me            contactOut    `json:"me"`
		Conversations []talk        `json:"conversations"`
		Surveys       []surveyFrame `json:"surveys"`
		Online        bool          `json:"online"`
		ETA           *[2]int       `json:"eta_s"`
	}
	staffWelcome struct {
		Type          string         `json:"type"`
		Session       string         `json:"session"`
		Token         string         `json:"token,omitempty"`
		Me            agentOut       `json:"me"`
		Conversations []conversation `json:"conversations"`
		Surveys       []surveyFrame  `json:"surveys"`
		Online        bool           `json:"online"`
		ETA           *[2]int        `json:"eta_s"`
	}
	contactOut struct {
		ID       centrala.ContactID `json:"id"`
		Side     *centrala.Side     `json:"side"`
		Name     *string            `json:"name"`
		Verified bool               `json:"verified"`
		Email    *string            `json:"email,omitempty"`
	}
	agentOut struct {
		ID       string                  `json:"id"`
		Name     string                  `json:"name"`
		Email    string                  `json:"email,omitempty"`
		Role     centrala.Role           `json:"role,omitempty"`
		Status   centrala.PresenceStatus `json:"status,omitempty"`
		Capacity int                     `json:"capacity,omitempty"`
		Load     int                     `json:"load"`
	}
)

// hello signs the socket in. Until it has, nothing else is answered.
func (s *session) hello(env envelope, body []byte) {
	if s.who.Load() != nil {
		s.refuse(env.Ref, centrala.Errorf(centrala.Conflict, "This socket has said hello already."))
		return
	}
	f, err := decode[helloFrame](body)
	if err != nil {
		s.refuse(env.Ref, err)
		return
	}
	list, err := points(f.Resume)
	if err != nil {
		s.refuse(env.Ref, err)
		return
	}
	token := strings.Clone(f.Token)
	if token == "" {
		token = s.cookie
	}
	p, ok := s.identify(env.Ref, token)
	if !ok {
		return
	}
	look, err := watchOf(p, f.Watch)
	if err == nil && f.ResumeEvents != "" && !auth.Can(*p, auth.ReadConversations) {
		err = centrala.Errorf(centrala.Forbidden, "Events are resumed by agents and programs.")
	}
	if err != nil {
		s.refuse(env.Ref, err)
		return
	}
	s.eyes.Store(look)
	s.prepare(list, f.ResumeEvents != "")
	if !s.enter(env.Ref, p) {
		return
	}
	if err := s.welcome(p); err != nil {
		s.abandon(err)
		return
	}
	if len(list) > 0 || f.ResumeEvents != "" {
		s.g.run(func() { s.replay(p, list, f.ResumeEvents, f.ResumeEvents != "") })
	}
	if p.Kind != auth.Visitor {
		s.arrive(p)
	}
}

// identify finds out whose token it is and whether it may be used from here. It has hung up
// when it is not ok.
func (s *session) identify(ref, token string) (*auth.Principal, bool) {
	if token == "" {
		s.hangUp(centrala.Errorf(centrala.Unauthorized, "A token is needed."), ref, closeToken, auth.Bad)
		return nil, false
	}
	ctx, cancel := s.g.call()
	defer cancel()
	p, err := s.g.cfg.Guard.Identify(ctx, token)
	if why := auth.Reason(err); why != "" {
		s.hangUp(err, ref, closeToken, why)
		return nil, false
	}
	if err == nil {
		err = s.originOK(ctx, &p)
	}
	if centrala.CodeOf(err) == centrala.Forbidden {
		s.hangUp(err, ref, closeOrigin, "origin")
		return nil, false
	}
	if err != nil { // the store cannot be asked: that says nothing about the token
		s.refuse(ref, err)
		s.restart()
		return nil, false
	}
	s.token = token
	return &p, true
}

// originOK refuses, as Forbidden, a browser that shows a page from where this principal must
// not come: visitors' pages are ours or their inbox's, everybody else's are ours.
func (s *session) originOK(ctx context.Context, p *auth.Principal) error {
	if s.origin == "" || s.origin == ownOrigin {
		return nil
	}
	refusal := centrala.Errorf(centrala.Forbidden, "This site may not connect to the inbox.")
	if p.Visitor == nil {
		return refusal
	}
	in, err := s.g.house.inbox(ctx, p.Visitor.Inbox)
	if err != nil {
		return err
	}
	if !originOK(s.origin, in) {
		return refusal
	}
	return nil
}

// enter makes the socket live: from here on it is brought what is committed, which waits until
// the welcome is written.
func (s *session) enter(ref string, p *auth.Principal) bool {
	if !s.hold() {
		return false // it was ended meanwhile
	}
	if p.Kind != auth.Visitor {
		s.lanes = newLanes()
	}
	s.who.Store(p)
	s.g.gate.leave(s.address)
	if s.g.hub.join(s, p) {
		return true
	}
	s.release()
	s.hangUp(&centrala.Error{Code: centrala.TooMany, Message: "A visitor has at most 10 sockets; close other tabs."}, ref, closeRate, "too many sockets")
	return false
}

// welcome writes the welcome and lets everything behind it go.
func (s *session) welcome(p *auth.Principal) error {
	defer s.release()
	ctx, cancel := s.g.call()
	defer cancel()
	var (
		w   any
		err error
	)
	if p.Kind == auth.Visitor {
		w, err = s.g.welcomeVisitor(ctx, p)
	} else {
		w, err = s.g.welcomeStaff(ctx, p)
	}
	if err != nil {
		return err
	}
	frame := s.g.encode(w)
	if frame == nil {
		return errors.New("the welcome could not be encoded")
	}
	s.g.stats.out.Add(1)
	return s.wire.send(frame)
}

func sessionName() string { return "s_" + strings.ToLower(rand.Text()[:16]) }

func (g *Gateway) welcomeVisitor(ctx context.Context, p *auth.Principal) (visitorWelcome, error) {
	v := p.Visitor
	w := visitorWelcome{Type: "welcome", Session: sessionName(), Conversations: []talk{}, Surveys: []surveyFrame{}}
	w.Token, _ = g.cfg.Guard.Rotate(*p)
	who, err := g.cfg.House.Contact(ctx, p.Scope, v.Contact)
	if centrala.CodeOf(err) == centrala.NotFound {
		who, err = auth.ContactOf(*v), nil // the row comes with the first message
	}
	if err != nil {
		return w, err
	}
	w.Me = contactOut{ID: v.Contact, Verified: who.Verified || v.Claims.Subject != "", Name: orNull(who.Name), Email: orNull(who.Email), Side: orNull(who.Side)}
	items, _, err := g.cfg.Lists.Conversations(ctx, p.Scope, centrala.Filter{Limit: welcomeList})
	if err != nil {
		return w, err
	}
	for i := range items {
		g.hub.know(&items[i])
		t, err := g.talkNow(ctx, p, &items[i])
		if err != nil {
			return w, err
		}
		w.Conversations = append(w.Conversations, t)
	}
	pending, err := g.cfg.Surveys.Surveys(ctx, v.Contact, v.Inbox)
	if err != nil {
		return w, err
	}
	for i := range pending {
		g.hub.asked(pending[i].Conversation, pending[i].ID)
		w.Surveys = append(w.Surveys, g.survey("", &pending[i]))
	}
	team := centrala.TeamID(0)
	if in, err := g.house.inbox(ctx, v.Inbox); err != nil {
		return w, err
	} else if in != nil {
		team = in.Team
	}
	w.Online, w.ETA = g.floor.online(team), g.queue.outlook(team)
	return w, nil
}

func (g *Gateway) welcomeStaff(ctx context.Context, p *auth.Principal) (staffWelcome, error) {
	w := staffWelcome{Type: "welcome", Session: sessionName(), Conversations: []conversation{}, Surveys: []surveyFrame{}}
	if err := g.floor.refresh(ctx, g); err != nil {
		return w, err
	}
	w.Me = agentOut{ID: p.ID, Name: p.Author().Name, Role: p.Role()}
	if a := p.Agent; a != nil {
		line := g.floor.line(a.ID)
		w.Me.Email, w.Me.Status, w.Me.Load, w.Me.Capacity = a.Email, line.Status, line.Load, a.Capacity
	}
	items, _, err := g.cfg.Lists.Conversations(ctx, p.Scope, centrala.Filter{Limit: welcomeList})
	if err != nil {
		return w, err
	}
	for i := range items {
		w.Conversations = append(w.Conversations, staffTalk("", &items[i]))
	}
	w.Online = g.floor.online(0)
	return w, g.preload(ctx)
}

// preload tells the hub, once, of all conversations that are not over, so that it can say to
// whom one of them is gone when it moves.
func (g *Gateway) preload(ctx context.Context) error {
	g.hub.loading.Lock()
	defer g.hub.loading.Unlock()
	if g.hub.loaded {
		return nil
	}
	for _, status := range []centrala.Status{centrala.Waiting, centrala.Open, centrala.Snoozed} {
		f := centrala.Filter{Status: status, Limit: 200}
		for {
			items, next, err := g.cfg.Lists.Conversations(ctx, centrala.Everything(), f)
			if err != nil {
				return err
			}
			for i := range items {
				g.hub.know(&items[i])
			}
			if f.Cursor = next; next == "" {
				break
			}
		}
	}
	g.hub.loaded = true
	return nil
}

// recheck asks again whose token the socket has. One that no longer counts ends it; a role or
// team that has changed takes effect.
func (s *session) recheck() {
	ctx, cancel := s.g.call()
	defer cancel()
	p, err := s.g.cfg.Guard.Identify(ctx, s.token)
	if why := auth.Reason(err); why != "" {
		s.end(closeToken, why)
		return
	}
	if err != nil {
		s.g.log.Warn("check a token again", "principal", s.who.Load().ID, "err", err) // asked again later
		return
	}
	was := s.who.Load()
	if was.Visitor == nil && !sameScope(was.Scope, p.Scope) {
		s.who.Store(&p)
		s.push(s.g.encode(staleFrame{Type: "stale"}))
	}
}

// orNull is null for what is empty.
func orNull[T ~string](v T) *T {
	if v == "" {
		return nil
	}
	return &v
}
