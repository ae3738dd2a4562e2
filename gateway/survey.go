package gateway

import (
	"encoding/json"
	"strconv"
	"time"

	"centrala"
)

// survey is the question as a frame, or, with no kind, as an item of the welcome.
func (g *Gateway) survey(kind string, sv *centrala.Survey) surveyFrame {
	question := ""
	if g.cfg.Question != nil {
		question = g.cfg.Question(sv.Locale)
	}
	return surveyFrame{Type: kind, Survey: sv.ID, Conversation: sv.Conversation, Kind: "nps", Question: question,
		Scale: [2]int{0, 10}, Locale: sv.Locale, Expires: sv.ExpiresAt}
}

// rate is survey.answer.
func (s *session) rate(env envelope, body []byte) error {
	f, err := decode[answerIn](body)
	if err != nil {
		return err
	}
	id, err := parse[centrala.SurveyID]("survey", f.Survey)
	if err != nil {
		return err
	}
	score, err := scoreOf(f.Score)
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
	s.ack(env.Ref, ackFrame{})
	return nil
}

// scoreOf is an integer from 0 to 10 and nothing else.
func scoreOf(raw json.RawMessage) (int, error) {
	n, err := strconv.Atoi(string(raw))
	if err != nil || n < 0 || n > 10 || raw[0] == '+' {
		return 0, centrala.InvalidField("score", "A score is an integer from 0 to 10.")
	}
	return n, nil
}

// asked remembers that a conversation's customer has been asked, to take it back when the
// conversation goes on.
func (h *hub) asked(id centrala.ConversationID, survey centrala.SurveyID) {
	h.shard(id).post(job{do: func(sh *shard) { sh.topic(id).survey = survey }})
}

// particular is what some events tell beside their entry and the conversation's state.
func (h *hub) particular(t *topic, e *centrala.Event, c *centrala.Conversation) {
	switch e.Type {
	case centrala.DeliveryUpdated:
		h.tellStaff(c, "", h.g.encode(deliveryFrame{Type: "delivery", Conversation: c.ID, Seq: e.Data.Seq, State: e.Data.State,
			At: e.At, Reason: e.Data.Reason}))
	case centrala.SurveySent:
		t.survey = e.Data.Survey
		h.ask(e.Data.Survey, c)
	case centrala.SurveyAnswered:
		h.unask(t, e.Data.Survey, c)
	case centrala.ConversationReopened:
		h.unask(t, t.survey, c)
		h.g.floor.dirty.Store(true)
	case centrala.ConversationAssigned:
		if e.Data.From == 0 {
			h.g.queue.served(c, e.At)
		}
		h.g.floor.dirty.Store(true)
	case centrala.ConversationResolved:
		if c.Spam {
			h.doubt(c.Contact)
		}
		h.g.floor.dirty.Store(true)
	case centrala.ConversationUnassigned, centrala.ConversationTransferred, centrala.ConversationSnoozed:
		h.g.floor.dirty.Store(true)
	}
}

// ask shows the question to a customer who is connected.
func (h *hub) ask(id centrala.SurveyID, c *centrala.Conversation) {
	if len(h.audience(c.Contact, c.Inbox)) == 0 {
		return
	}
	contact, inbox := c.Contact, c.Inbox
	h.g.tasks.Go(func() {
		ctx, cancel := h.g.call()
		defer cancel()
		sv, err := h.g.cfg.Surveys.SurveyByID(ctx, id)
		if err != nil {
			h.g.log.Warn("read a survey", "survey", id, "err", err) // the next welcome has it, or the mail
			return
		}
		if sv.Score != nil || sv.Cancelled || !sv.ExpiresAt.After(time.Now()) {
			return
		}
		frame := h.g.encode(h.g.survey("survey", &sv))
		for _, s := range h.audience(contact, inbox) {
			s.push(frame)
		}
	})
}

// unask takes the question back from all sockets but the one that answered it.
func (h *hub) unask(t *topic, id centrala.SurveyID, c *centrala.Conversation) {
	if id == 0 {
		return
	}
	t.survey = 0
	frame := h.g.encode(surveyClosedFrame{Type: "survey.closed", Survey: id, Conversation: c.ID})
	for _, s := range h.audience(c.Contact, c.Inbox) {
		s.mu.Lock()
		answered := s.rated == id
		s.mu.Unlock()
		if !answered {
			s.push(frame)
		}
	}
}

// outside handles events that belong to no conversation.
func (h *hub) outside(e *centrala.Event) {
	switch e.Type {
	case centrala.AgentPresence:
		h.g.floor.dirty.Store(true)
	case centrala.AgentChanged:
		h.g.floor.dirty.Store(true)
		for _, s := range *h.staff.Load() {
			if a := s.who.Load().Agent; a != nil && a.ID == e.Data.Agent {
				s.doubt.Store(true)
			}
		}
	case centrala.ContactErased:
		h.doubt(e.Data.Contact)
	case centrala.ContactMerged:
		for _, s := range h.audience(e.Data.Other, e.Data.Inbox) {
			s.restart() // their conversations are somebody else's now: they come back with the newer token
		}
	}
}

// doubt has the tokens of a contact's sockets checked.
func (h *hub) doubt(contact centrala.ContactID) {
	for _, s := range h.customers(contact) {
		s.doubt.Store(true)
	}
}
