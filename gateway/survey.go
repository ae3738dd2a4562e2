package gateway

import (
	"centrala"
	"centrala/gateway/frames"
)

// question is a survey as a frame, or, with no kind, as an item of the welcome.
func (g *Gateway) question(kind string, sv *centrala.Survey) frames.Survey {
	text := ""
	if g.cfg.Question != nil {
		text = g.cfg.Question(sv.Locale)
	}
	return frames.Survey{Type: kind, Survey: sv.ID, Conversation: sv.Conversation, Kind: "nps", Question: text,
		Scale: [2]int{0, 10}, Locale: sv.Locale, Expires: sv.ExpiresAt}
}

// rate is survey.answer.
func (s *session) rate(env frames.Envelope, body []byte) error {
	f, err := frames.Decode[frames.SurveyAnswer](body)
	if err != nil {
		return err
	}
	id, err := frames.ID[centrala.SurveyID]("survey", f.Survey)
	if err != nil {
		return err
	}
	score, err := f.Points()
	if err != nil {
		return err
	}
	if err := centrala.CheckText("comment", f.Comment); err != nil {
		return err
	}
	s.mu.Lock()
	s.rated = id
	s.mu.Unlock()
	ctx, cancel := s.g.call()
	defer cancel()
	if _, _, err := s.g.cfg.Surveys.AnswerSurvey(ctx, id, s.who.Load().Visitor.Contact, score, f.Comment); err != nil {
		return err
	}
	s.ack(env.Ref, frames.Ack{})
	return nil
}

// ask remembers what the socket was asked, so that it can be taken back.
func (s *session) ask(sv *centrala.Survey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked, s.survey = sv.Conversation, sv.ID
}

// ask shows the question to a customer who is connected.
func (g *Gateway) ask(id centrala.SurveyID, c *centrala.Conversation) {
	if len(g.hub.Audience(c.Visitor(), c.Inbox)) == 0 {
		return
	}
	contact, inbox := c.Visitor(), c.Inbox
	g.tasks.Go(func() {
		ctx, cancel := g.call()
		defer cancel()
		sv, err := g.cfg.Surveys.SurveyByID(ctx, id)
		if err != nil {
			g.log.Warn("read a survey", "survey", id, "err", err) // the next welcome has it, or the mail
			return
		}
		if sv.Score != nil || sv.Cancelled || !sv.ExpiresAt.After(g.cfg.Now()) {
			return
		}
		frame := g.encode(g.question("survey", &sv))
		for _, s := range g.hub.Audience(contact, inbox) {
			s.ask(&sv)
			s.sock.Push(frame)
		}
	})
}

// unask takes the question back from all sockets but the one that answered it. A zero id is
// whatever they were asked about the conversation.
func (g *Gateway) unask(id centrala.SurveyID, c *centrala.Conversation) {
	for _, s := range g.hub.Audience(c.Visitor(), c.Inbox) {
		s.mu.Lock()
		closed, answered := id, s.rated
		if closed == 0 && s.asked == c.ID {
			closed = s.survey
		}
		if closed == s.survey {
			s.asked, s.survey = 0, 0
		}
		s.mu.Unlock()
		if closed != 0 && closed != answered {
			s.sock.Push(g.encode(frames.SurveyClosed{Type: "survey.closed", Survey: closed, Conversation: c.ID}))
		}
	}
}

// listener hears from the hub what is more than an entry and a state.
type listener struct{ *Gateway }

// Happened is an event of a conversation.
func (g listener) Happened(e *centrala.Event, c *centrala.Conversation) {
	switch e.Type {
	case centrala.DeliveryUpdated:
		g.hub.TellStaff(c, "", g.encode(frames.Delivery{Type: "delivery", Conversation: c.ID, Seq: e.Data.Seq, State: e.Data.State,
			At: e.At, Reason: e.Data.Reason, Cause: string(e.Data.Cause), Via: e.Data.Channel}))
	case centrala.SurveySent:
		g.ask(e.Data.Survey, c)
	case centrala.BotTurned:
		g.botTurned(c)
	case centrala.SurveyAnswered:
		g.unask(e.Data.Survey, c)
	case centrala.ConversationReopened:
		g.unask(0, c)
		g.lines.Touch()
	case centrala.ConversationAssigned:
		if e.Data.From == 0 {
			g.queue.served(g.Gateway, c, e.At)
		}
		g.lines.Touch()
	case centrala.ConversationResolved:
		if c.Spam {
			g.suspect(c.Visitor())
		}
		g.lines.Touch()
	case centrala.ConversationMerged:
		g.hub.Refresh(e.Data.Into) // who was mentioned in the one sees the other now
	case centrala.ConversationUnassigned, centrala.ConversationTransferred, centrala.ConversationSnoozed:
		g.lines.Touch()
	}
}

// Moved is a conversation with another status, agent or team.
func (g listener) Moved(c *centrala.Conversation) { g.queue.changed(g.Gateway, c) }

// Outside is an event that belongs to no conversation.
func (g listener) Outside(e *centrala.Event) {
	switch e.Type {
	case centrala.AgentPresence:
		g.lines.Touch()
	case centrala.AgentChanged:
		g.lines.Touch()
		for _, s := range g.hub.Staff() {
			if a := s.who.Load().Agent; a != nil && a.ID == e.Data.Agent {
				s.doubt.Store(true)
			}
		}
	case centrala.ContactErased:
		g.suspect(e.Data.Contact)
	case centrala.ContactMerged:
		for _, s := range g.hub.Audience(e.Data.Other, e.Data.Inbox) {
			s.restart() // their conversations are somebody else's now: they come back with the newer token
		}
	}
}

// suspect has the tokens of a contact's sockets checked.
func (g *Gateway) suspect(contact centrala.ContactID) {
	for _, s := range g.hub.Customers(contact) {
		s.doubt.Store(true)
	}
}
