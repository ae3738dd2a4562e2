package gateway

import (
	"context"
	"crypto/rand"
	"strings"

	"centrala"
	"centrala/auth"
	"centrala/gateway/floor"
	"centrala/gateway/frames"
	"centrala/gateway/socket"
)

// Welcome lists this many conversations, the latest.
const welcomeList = 20

// hello signs the socket in. Until it has, nothing else is answered.
func (s *session) hello(env frames.Envelope, body []byte) {
	if s.who.Load() != nil {
		s.refuse(env.Ref, centrala.Errorf(centrala.Conflict, "This socket has said hello already."))
		return
	}
	s.greeting.Store(true)
	defer s.greeting.Store(false)
	f, err := frames.Decode[frames.Hello](body)
	if err != nil {
		s.refuse(env.Ref, err)
		return
	}
	list, err := f.Points(MaxResume)
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
	asks := f.ResumeEvents != "" || len(list) > 0 && p.Kind != auth.Visitor
	if err == nil && asks && !auth.Can(*p, auth.ReadConversations) {
		err = centrala.Errorf(centrala.Forbidden, "This is resumed by agents and programs that may read conversations.")
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
	if err := s.welcome(env.Ref, p); err != nil {
		s.abandon(err)
		return
	}
	if len(list) > 0 || f.ResumeEvents != "" {
		s.sock.Run(func() { s.replay(p, list, f.ResumeEvents, f.ResumeEvents != "") })
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
	ctx, done, err := s.g.turn()
	if err != nil {
		s.restart()
		return nil, false
	}
	p, err := s.g.cfg.Guard.Identify(ctx, token)
	done()
	if why := auth.Reason(err); why != "" {
		s.hangUp(err, ref, closeToken, why)
		return nil, false
	}
	if err == nil {
		err = s.originOK(&p)
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
func (s *session) originOK(p *auth.Principal) error {
	if s.origin == "" || s.origin == ownOrigin {
		return nil
	}
	refusal := centrala.Errorf(centrala.Forbidden, "This site may not connect to the inbox.")
	if p.Visitor == nil {
		return refusal
	}
	ctx, cancel := s.g.call()
	defer cancel()
	in, err := s.g.doors.Door(ctx, p.Visitor.Inbox)
	if err != nil {
		return err
	}
	if in == nil || !floor.Allows(in.Origins, s.origin) {
		return refusal
	}
	return nil
}

// enter makes the socket live: from here on it is brought what is committed, which waits until
// the welcome is written.
func (s *session) enter(ref string, p *auth.Principal) bool {
	if !s.sock.Hold() {
		return false // it was ended meanwhile
	}
	if p.Kind != auth.Visitor {
		s.lanes = socket.NewLanes[centrala.ConversationID](lanes)
	}
	s.who.Store(p)
	s.g.gate.Leave(s.address)
	most := VisitorSockets
	if s.g.cfg.NoLimits {
		most = 0
	}
	if s.g.hub.Join(s, most) {
		return true
	}
	s.sock.Release()
	s.hangUp(&centrala.Error{Code: centrala.TooMany, Message: "A visitor has at most 10 sockets; close other tabs."}, ref, closeRate, "too many sockets")
	return false
}

// welcome answers the hello and lets everything behind it go.
func (s *session) welcome(ref string, p *auth.Principal) error {
	defer s.sock.Release()
	ctx, done, err := s.g.turn()
	if err != nil {
		return err
	}
	var w any
	if p.Kind == auth.Visitor {
		w, err = s.welcomeVisitor(ctx, ref, p)
	} else {
		w, err = s.g.welcomeStaff(ctx, ref, p)
	}
	done()
	if err != nil {
		return err
	}
	frame := s.g.encode(w)
	if frame == nil {
		return errUnencoded
	}
	return s.sock.Send(frame, 1)
}

func sessionName() string { return "s_" + strings.ToLower(rand.Text()[:16]) }

func (s *session) welcomeVisitor(ctx context.Context, ref string, p *auth.Principal) (frames.VisitorWelcome, error) {
	g, v := s.g, p.Visitor
	in, err := g.doors.Door(ctx, v.Inbox)
	if err != nil {
		return frames.VisitorWelcome{}, err
	}
	w := frames.VisitorWelcome{Type: "welcome", Ref: ref, Session: sessionName(), Conversations: []frames.Talk{}, Surveys: []frames.Survey{}}
	w.Token, _ = g.cfg.Guard.Rotate(*p)
	who, err := g.cfg.House.Contact(ctx, p.Scope, v.Contact)
	if centrala.CodeOf(err) == centrala.NotFound {
		who, err = auth.ContactOf(*v), nil // the row comes with the first message
	}
	if err != nil {
		return w, err
	}
	w.Me = frames.Contact{ID: v.Contact, Verified: who.Verified || v.Claims.Subject != "", Name: frames.OrNull(who.Name), Email: frames.OrNull(who.Email), Side: frames.OrNull(who.Side)}
	items, _, err := g.cfg.Lists.Conversations(ctx, p.Scope, centrala.Filter{Limit: welcomeList})
	if err != nil {
		return w, err
	}
	for i := range items {
		g.hub.Know(&items[i])
		t, err := g.talkNow(ctx, p, &items[i])
		if err != nil {
			return w, err
		}
		w.Conversations = append(w.Conversations, t)
		if w.Bot == nil {
			if w.Bot, err = g.botAsks(ctx, &items[i]); err != nil {
				return w, err
			}
		}
	}
	pending, err := g.cfg.Surveys.Surveys(ctx, v.Contact, v.Inbox)
	if err != nil {
		return w, err
	}
	for i := range pending {
		s.ask(&pending[i])
		w.Surveys = append(w.Surveys, g.question("", &pending[i]))
	}
	team := centrala.TeamID(0)
	if in != nil {
		team = in.Team
	}
	w.Online, w.ETA = g.lines.Online(team), g.queue.outlook(g, team)
	return w, nil
}

// welcomeStaff is the welcome of an agent or a program. Who may not read conversations is shown
// neither them nor who is on the line.
func (g *Gateway) welcomeStaff(ctx context.Context, ref string, p *auth.Principal) (frames.StaffWelcome, error) {
	w := frames.StaffWelcome{Type: "welcome", Ref: ref, Session: sessionName(), Conversations: []frames.Conversation{}, Surveys: []frames.Survey{}}
	if err := g.refreshLines(ctx); err != nil {
		return w, err
	}
	w.Me = frames.Agent{ID: p.ID, Name: p.Author().Name, Role: p.Role()}
	if a := p.Agent; a != nil {
		line := g.lines.Of(a.ID)
		w.Me.Email, w.Me.Status, w.Me.Load, w.Me.Capacity = a.Email, line.Status, &line.Load, &a.Capacity
	}
	w.Online = g.lines.Online(0)
	if !auth.Can(*p, auth.ReadConversations) {
		return w, nil
	}
	items, _, err := g.cfg.Lists.Conversations(ctx, p.Scope, centrala.Filter{Limit: welcomeList})
	if err != nil {
		return w, err
	}
	for i := range items {
		w.Conversations = append(w.Conversations, frames.ForStaff("", &items[i]))
	}
	return w, g.preload(ctx)
}

// preload tells the hub, once, of all conversations that are not over, so that it can say to
// whom one of them is gone when it moves.
func (g *Gateway) preload(ctx context.Context) error {
	g.loading.Lock()
	defer g.loading.Unlock()
	if g.loaded {
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
				g.hub.Know(&items[i])
			}
			if f.Cursor = next; next == "" {
				break
			}
		}
	}
	g.loaded = true
	return nil
}

// recheck asks again whose token the socket has. One that no longer counts ends it; a role or
// team that has changed takes effect.
func (s *session) recheck() {
	ctx, cancel := s.g.call()
	defer cancel()
	p, err := s.g.cfg.Guard.Identify(ctx, s.token)
	if why := auth.Reason(err); why != "" {
		s.sock.End(closeToken, why)
		return
	}
	if err != nil {
		s.g.log.Warn("check a token again", "principal", s.who.Load().ID, "err", err) // asked again later
		return
	}
	was := s.who.Load()
	if was.Visitor == nil && !was.Scope.Same(p.Scope) {
		s.who.Store(&p)
		s.sock.Push(s.g.encode(frames.Stale{Type: "stale"}))
	}
}
