package storetest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"centrala"
)

func surveyCases() []testCase {
	return []testCase{
		{"survey/a conversation is asked about once at a time", surveyOnce},
		{"survey/an answer replaces the one before for a day", surveyAnswers},
		{"survey/is closed when taken back, too old or another's", surveyClosed},
		{"survey/a bad answer changes nothing", surveyBad},
		{"survey/a comment comes after the score", surveyComment},
		{"survey/pending ones are the contact's in this inbox", surveyPending},
		{"survey/mail goes out once, to who may be asked", surveyMail},
		{"survey/its mail is claimed and queued in one", surveyQueued},
		{"survey/erasing somebody takes their words, the scores stay", surveyErased},
		{"survey/when somebody was last asked", surveyLastAsked},
		{"survey/unsubscribing takes back and is kept", surveyUnsubscribe},
		{"survey/counts are of the reader's scope and the period", surveyCounts},
	}
}

func surveyOnce(t *testing.T, h *house) {
	ctx := t.Context()
	c := h.matter(t, centrala.Buyer)
	worked := atOnce(t, 50, centrala.Conflict, func(int) error {
		_, err := h.Invite(context.Background(), centrala.Survey{Conversation: c.ID, Channel: c.Channel, ExpiresAt: h.clock.now().Add(time.Hour)})
		return err
	})
	same(t, "questions", worked, 1)
	sent := h.happened(t, centrala.SurveySent)
	now, err := h.Conversation(ctx, centrala.Everything(), c.ID)
	need(t, err)
	same(t, "event", []any{len(sent), sent[0].Conversation, sent[0].N, now.LastSeq}, []any{1, c.ID, now.LastN, c.LastSeq})
	s, err := h.SurveyByID(ctx, sent[0].Data.Survey)
	need(t, err)
	same(t, "whom", []any{s.Contact, s.Score == nil, s.Cancelled}, []any{c.Contact, true, false})

	need(t, h.CancelSurveys(ctx, c.ID))
	second := h.asked(t, c)
	_, _, err = h.AnswerSurvey(ctx, second.ID, 0, 9, "")
	need(t, err)
	h.asked(t, c) // an answered one is in nobody's way
	_, err = h.Invite(ctx, centrala.Survey{Conversation: 42, Channel: centrala.Chat, ExpiresAt: h.clock.now()})
	refused(t, err, centrala.NotFound)
	_, err = h.Invite(ctx, centrala.Survey{Conversation: c.ID, Channel: centrala.Chat})
	refused(t, err, centrala.Invalid, "expires_at")
}

func surveyAnswers(t *testing.T, h *house) {
	ctx := t.Context()
	c := h.matter(t, centrala.Buyer)
	s := h.asked(t, c)
	answer := func(score int, comment string) centrala.Survey {
		t.Helper()
		got, _, err := h.AnswerSurvey(ctx, s.ID, c.Contact, score, comment)
		need(t, err)
		read, err := h.SurveyByID(ctx, s.ID)
		need(t, err)
		same(t, "read", []any{*read.Score, read.Comment, read.AnsweredAt}, []any{*got.Score, got.Comment, got.AnsweredAt})
		return read
	}
	answer(9, " Dobrze ")
	h.clock.move(23 * time.Hour)
	got := answer(10, "")
	same(t, "replaced, the words kept", []any{*got.Score, got.Comment}, []any{10, "Dobrze"})
	answer(10, "") // a resend
	answer(0, "Jednak źle")
	h.clock.move(2 * time.Hour) // a day after the first, not after the latest
	_, _, err := h.AnswerSurvey(ctx, s.ID, c.Contact, 10, "")
	refused(t, err, centrala.Closed)
	_, err = h.CommentSurvey(ctx, s.ID, c.Contact, "x")
	refused(t, err, centrala.Closed)
	need(t, h.CancelSurveys(ctx, c.ID))
	got, err = h.SurveyByID(ctx, s.ID)
	need(t, err)
	same(t, "it stays", []any{*got.Score, got.Comment, got.Cancelled}, []any{0, "Jednak źle", false})
	same(t, "answers kept", h.raw(t, `SELECT count(*) FROM survey_answer`), "3")
	var scores []int
	for _, e := range h.happened(t, centrala.SurveyAnswered) {
		same(t, "event", []any{e.Conversation, e.Data.Survey}, []any{c.ID, s.ID})
		scores = append(scores, *e.Data.Score)
	}
	same(t, "scores told", scores, []int{9, 10, 0})
}

func surveyClosed(t *testing.T, h *house) {
	ctx := t.Context()
	c := h.matter(t, centrala.Buyer)
	s := h.asked(t, c)
	_, _, err := h.AnswerSurvey(ctx, s.ID, h.NewContactID(), 9, "")
	refused(t, err, centrala.NotFound)
	_, _, err = h.AnswerSurvey(ctx, 42, 0, 9, "")
	refused(t, err, centrala.NotFound)
	need(t, h.CancelSurveys(ctx, c.ID))
	_, _, err = h.AnswerSurvey(ctx, s.ID, c.Contact, 9, "")
	refused(t, err, centrala.Closed)
	s = h.asked(t, c)
	h.clock.move(30 * 24 * time.Hour)
	_, _, err = h.AnswerSurvey(ctx, s.ID, c.Contact, 9, "")
	refused(t, err, centrala.Closed)
	same(t, "answers", len(h.happened(t, centrala.SurveyAnswered)), 0)
}

func surveyBad(t *testing.T, h *house) {
	ctx := t.Context()
	s := h.asked(t, h.matter(t, centrala.Buyer))
	for _, score := range []int{-1, 11, 1 << 40} {
		_, _, err := h.AnswerSurvey(ctx, s.ID, 0, score, "")
		refused(t, err, centrala.Invalid, "score")
	}
	_, _, err := h.AnswerSurvey(ctx, s.ID, 0, 3, strings.Repeat("ż", centrala.MaxText+1))
	refused(t, err, centrala.TooLong, "comment")
	_, _, err = h.AnswerSurvey(ctx, s.ID, 0, 3, "\x00")
	refused(t, err, centrala.Invalid, "comment")
	s, err = h.SurveyByID(ctx, s.ID)
	need(t, err)
	if s.Score != nil || len(h.happened(t, centrala.SurveyAnswered, centrala.FollowUpOpened)) != 0 {
		t.Fatalf("a refused answer left %+v", s)
	}
}

func surveyComment(t *testing.T, h *house) {
	ctx := t.Context()
	c := h.matter(t, centrala.Buyer)
	s := h.asked(t, c)
	_, err := h.CommentSurvey(ctx, s.ID, c.Contact, "Za długo")
	refused(t, err, centrala.Conflict)
	_, _, err = h.AnswerSurvey(ctx, s.ID, c.Contact, 2, "")
	need(t, err)
	got, err := h.CommentSurvey(ctx, s.ID, c.Contact, "Za długo")
	need(t, err)
	same(t, "answer", []any{*got.Score, got.Comment}, []any{2, "Za długo"})
	list, err := h.FollowUps(ctx, centrala.Everything(), "")
	need(t, err)
	same(t, "the follow-up shows it", []any{len(list), list[0].Comment}, []any{1, "Za długo"})
}

func surveyPending(t *testing.T, h *house) {
	ctx := t.Context()
	c := h.matter(t, centrala.Buyer)
	s := h.asked(t, c)
	h.asked(t, h.matter(t, centrala.Buyer)) // somebody else's
	pending := func(inbox centrala.InboxID) []centrala.SurveyID {
		t.Helper()
		list, err := h.Surveys(ctx, c.Contact, inbox)
		need(t, err)
		ids := []centrala.SurveyID{}
		for _, s := range list {
			ids = append(ids, s.ID)
		}
		return ids
	}
	same(t, "here", pending(h.widget.ID), []centrala.SurveyID{s.ID})
	same(t, "in another inbox", pending(h.mailbox.ID), []centrala.SurveyID{})
	_, _, err := h.AnswerSurvey(ctx, s.ID, 0, 8, "")
	need(t, err)
	same(t, "after the answer", pending(h.widget.ID), []centrala.SurveyID{})
	h.asked(t, c)
	h.clock.move(31 * 24 * time.Hour)
	same(t, "after its end", pending(h.widget.ID), []centrala.SurveyID{})
}

func surveyMail(t *testing.T, h *house) {
	ctx := t.Context()
	due := func() []centrala.SurveyID {
		t.Helper()
		list, err := h.DueSurveys(ctx, 10)
		need(t, err)
		ids := []centrala.SurveyID{}
		for _, s := range list {
			ids = append(ids, s.ID)
		}
		return ids
	}
	nobody := h.matterOf(t, centrala.Contact{ID: h.NewContactID(), Name: "Bez adresu"})
	h.asked(t, nobody)
	var asked []centrala.Survey
	for range 4 {
		asked = append(asked, h.asked(t, h.matter(t, centrala.Buyer)))
	}
	same(t, "at once", due(), []centrala.SurveyID{})
	h.clock.move(24*time.Hour + time.Second)
	same(t, "a day later", due(), []centrala.SurveyID{asked[0].ID, asked[1].ID, asked[2].ID, asked[3].ID})
	need(t, h.CancelSurveys(ctx, asked[1].Conversation))
	_, _, err := h.AnswerSurvey(ctx, asked[2].ID, 0, 9, "")
	need(t, err)
	need(t, h.Unsubscribe(ctx, asked[3].Contact))
	same(t, "who is left", due(), []centrala.SurveyID{asked[0].ID})
	for _, s := range asked[1:] {
		refused(t, h.SentSurvey(ctx, s.ID, []byte(fmt.Sprint(s.ID))), centrala.Conflict)
	}
	worked := atOnce(t, 20, centrala.Conflict, func(int) error {
		return h.SentSurvey(context.Background(), asked[0].ID, []byte("token"))
	})
	same(t, "mails", []any{worked, due()}, []any{1, []centrala.SurveyID{}})
	s, err := h.SurveyByToken(ctx, []byte("token"))
	need(t, err)
	same(t, "by its token", []any{s.ID, s.SentAt.IsZero()}, []any{asked[0].ID, false})
	_, err = h.SurveyByToken(ctx, []byte("other"))
	refused(t, err, centrala.NotFound)
}

func surveyQueued(t *testing.T, h *house) {
	ctx := t.Context()
	c := h.matter(t, centrala.Buyer)
	s := h.asked(t, c)
	worked := atOnce(t, 20, centrala.Conflict, func(int) error {
		return h.MailSurvey(context.Background(), s.ID, []byte("token"), centrala.Notice{Subject: "Jak było?", Text: "0–10"})
	})
	out, err := h.LeaseDeliveries(ctx, centrala.Lease{Inbox: h.mailbox.ID, For: time.Minute, Limit: 10})
	need(t, err)
	same(t, "mails", []any{worked, len(out), out[0].Subject, out[0].Conversation, out[0].To.Address},
		[]any{1, 1, "Jak było?", c.ID, strings.ToLower(c.Contact.String()) + "@klient.test"})
	refused(t, h.MailSurvey(ctx, 42, []byte("other"), centrala.Notice{}), centrala.Conflict)
}

func surveyErased(t *testing.T, h *house) {
	ctx := t.Context()
	f := h.unhappy(t, centrala.Buyer, 2)
	_, err := h.UpdateFollowUp(ctx, centrala.Everything(), f.ID, "contacted", "Pani Ewa prosi o zwrot", "", centrala.Author{Kind: centrala.BySystem})
	need(t, err)
	c := h.conversation(t, f.Conversation)
	open := h.asked(t, c)
	_, err = h.Erase(ctx, c.Contact, centrala.Author{Kind: centrala.BySystem})
	need(t, err)
	list, err := h.FollowUps(ctx, centrala.Everything(), "")
	need(t, err)
	same(t, "what is left", []any{list[0].Score, list[0].Comment, list[0].Note, list[0].ContactName}, []any{2, "", "", ""})
	same(t, "earlier answers", h.raw(t, `SELECT max(comment) FROM survey_answer`), "")
	open, err = h.SurveyByID(ctx, open.ID)
	need(t, err)
	same(t, "the open question", open.Cancelled, true)
}

func surveyLastAsked(t *testing.T, h *house) {
	ctx := t.Context()
	c := h.matter(t, centrala.Buyer)
	last := func() time.Time {
		t.Helper()
		at, err := h.LastAsked(ctx, c.Contact)
		need(t, err)
		return at
	}
	if at := last(); !at.IsZero() {
		t.Fatalf("asked at %v, want never", at)
	}
	h.asked(t, c)
	need(t, h.CancelSurveys(ctx, c.ID))
	if at := last(); !at.IsZero() {
		t.Fatalf("asked at %v, want never: it was taken back before it went out", at)
	}
	s := h.asked(t, c)
	same(t, "asked", last(), s.CreatedAt)
	h.clock.move(25 * time.Hour)
	need(t, h.SentSurvey(ctx, s.ID, []byte("token")))
	need(t, h.CancelSurveys(ctx, c.ID))
	same(t, "asked by mail, then taken back", last(), s.CreatedAt)
}

func surveyUnsubscribe(t *testing.T, h *house) {
	ctx := t.Context()
	c := h.matter(t, centrala.Buyer)
	s := h.asked(t, c)
	need(t, h.Unsubscribe(ctx, c.Contact))
	k, err := h.Contact(ctx, centrala.Everything(), c.Contact)
	need(t, err)
	s, err = h.SurveyByID(ctx, s.ID)
	need(t, err)
	same(t, "kept and taken back", []bool{k.NoSurveys, s.Cancelled}, []bool{true, true})
	h.asked(t, c)
	h.clock.move(25 * time.Hour)
	due, err := h.DueSurveys(ctx, 10)
	need(t, err)
	same(t, "mails to somebody who wants none", len(due), 0)
	refused(t, h.Unsubscribe(ctx, 42), centrala.NotFound)
}

func surveyCounts(t *testing.T, h *house) {
	ctx := t.Context()
	from := h.clock.now()
	for i, score := range []int{10, 9, 9, 8, 7, 6, 0} {
		side := centrala.Buyer
		if i%2 == 1 {
			side = centrala.Seller
		}
		s := h.asked(t, h.matter(t, side))
		_, _, err := h.AnswerSurvey(ctx, s.ID, 0, score, "")
		need(t, err)
	}
	h.asked(t, h.matter(t, centrala.Buyer)) // no answer
	gone := h.asked(t, h.matter(t, centrala.Buyer))
	need(t, h.CancelSurveys(ctx, gone.Conversation))
	to := h.clock.now()
	h.clock.move(time.Hour)
	late := h.asked(t, h.matter(t, centrala.Buyer))
	_, _, err := h.AnswerSurvey(ctx, late.ID, 0, 10, "")
	need(t, err)
	for name, c := range map[string]struct {
		scope centrala.Scope
		want  centrala.SurveyCounts
	}{
		"all":     {centrala.Everything(), centrala.SurveyCounts{Asked: 8, Promoters: 3, Passives: 2, Detractors: 2, Scores: [11]int{0: 1, 6: 1, 7: 1, 8: 1, 9: 2, 10: 1}}},
		"sellers": {centrala.Scope{Sides: []centrala.Side{centrala.Seller}}, centrala.SurveyCounts{Asked: 3, Promoters: 1, Passives: 1, Detractors: 1, Scores: [11]int{6: 1, 8: 1, 9: 1}}},
		"nobody":  {centrala.Scope{}, centrala.SurveyCounts{}},
	} {
		got, err := h.SurveyCounts(ctx, c.scope, from, to)
		need(t, err)
		same(t, name, got, c.want)
	}
}
