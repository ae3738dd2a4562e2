package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"centrala"
)

func followUpCases() []testCase {
	return []testCase{
		{"follow-up/each score opens what it should", followUpOpened},
		{"follow-up/one for a survey, however many answers come", followUpOnce},
		{"follow-up/moves forward, with a note and a reason", followUpMoves},
		{"follow-up/is seen and moved only within the scope", followUpScope},
		{"follow-up/is given to somebody", followUpOwner},
	}
}

// unhappy is the follow-up of a new conversation whose customer gave score.
func (h *house) unhappy(t *testing.T, side centrala.Side, score int) centrala.FollowUp {
	t.Helper()
	s := h.asked(t, h.matter(t, side))
	_, f, err := h.AnswerSurvey(t.Context(), s.ID, 0, score, "Źle")
	need(t, err)
	if f == nil {
		t.Fatalf("a score of %d opened no follow-up", score)
	}
	return *f
}

func followUpOpened(t *testing.T, h *house) {
	ctx := t.Context()
	for score := range 11 {
		c := h.matter(t, centrala.Buyer)
		s := h.asked(t, c)
		_, f, err := h.AnswerSurvey(ctx, s.ID, 0, score, "Słowa")
		need(t, err)
		if (f != nil) != (score <= 6) {
			t.Fatalf("score %d: follow-up %+v", score, f)
		}
		if f == nil {
			continue
		}
		due := 24 * time.Hour
		if score <= 3 {
			due = 4 * time.Hour
		}
		same(t, fmt.Sprint("score ", score), *f, centrala.FollowUp{ID: f.ID, Survey: s.ID, Conversation: c.ID, Contact: c.Contact, ContactName: "Ewa",
			Side: centrala.Buyer, Team: c.Team, Score: score, Comment: "Słowa", State: "new", OpenedAt: f.OpenedAt, Due: f.OpenedAt.Add(due)})
		now, err := h.Conversation(ctx, centrala.Everything(), c.ID)
		need(t, err)
		events := h.happened(t, centrala.SurveyAnswered, centrala.FollowUpOpened)
		answered, opened := events[len(events)-2], events[len(events)-1]
		same(t, "events", []any{answered.Type, answered.N, opened.Type, opened.N, opened.Data.FollowUp, *opened.Data.Score, opened.Side},
			[]any{centrala.SurveyAnswered, now.LastN - 1, centrala.FollowUpOpened, now.LastN, f.ID, score, centrala.Buyer})
	}
}

func followUpOnce(t *testing.T, h *house) {
	ctx := t.Context()
	s := h.asked(t, h.matter(t, centrala.Buyer))
	_, first, err := h.AnswerSurvey(ctx, s.ID, 0, 6, "")
	need(t, err)
	atOnce(t, 30, "", func(i int) error {
		_, f, err := h.AnswerSurvey(context.Background(), s.ID, 0, i%7, fmt.Sprint("raz ", i))
		if f != nil {
			t.Errorf("a second follow-up %s was opened", f.ID)
		}
		return err
	})
	list, err := h.FollowUps(ctx, centrala.Everything(), "new")
	need(t, err)
	same(t, "follow-ups", []any{len(list), list[0].ID, len(h.happened(t, centrala.FollowUpOpened))}, []any{1, first.ID, 1})
	if !list[0].Due.Before(first.Due.Add(-19 * time.Hour)) {
		t.Fatalf("due at %v, want sooner than %v after a worse answer", list[0].Due, first.Due)
	}
	due := list[0].Due
	_, f, err := h.AnswerSurvey(ctx, s.ID, 0, 9, "Już dobrze")
	need(t, err)
	list, err = h.FollowUps(ctx, centrala.Everything(), "")
	need(t, err)
	same(t, "after a better answer", []any{f, len(list), list[0].State, list[0].Score, list[0].Comment, list[0].Due},
		[]any{nil, 1, "new", 9, "Już dobrze", due})
}

func followUpMoves(t *testing.T, h *house) {
	ctx := t.Context()
	f := h.unhappy(t, centrala.Buyer, 1)
	by := centrala.Author{Kind: centrala.ByAgent, ID: h.ania.ID.String(), Name: "Ania"}
	move := func(state, note, reason string) (centrala.FollowUp, error) {
		return h.UpdateFollowUp(ctx, centrala.Everything(), f.ID, state, note, reason, by)
	}
	_, err := move("contacted", "", "")
	refused(t, err, centrala.Invalid, "note")
	_, err = move("lost", "x", "")
	refused(t, err, centrala.Invalid, "state")
	_, err = move("closed", "x", "whatever")
	refused(t, err, centrala.Invalid, "reason")
	_, err = move("", "\xff", "")
	refused(t, err, centrala.Invalid, "note")
	same(t, "after refusals", h.raw(t, `SELECT state FROM follow_up`), "new")

	got, err := move("", "Do sprawdzenia", "")
	need(t, err)
	same(t, "a note alone", []any{got.State, got.Note, got.Owner}, []any{"new", "Do sprawdzenia", centrala.AgentID(0)})
	got, err = move("contacted", "Telefon o 9:00", "")
	need(t, err)
	same(t, "contacted", []any{got.State, got.Note, got.Owner, got.OwnerName, got.ClosedAt}, []any{"contacted", "Telefon o 9:00", h.ania.ID, "Ania", nil})
	_, err = move("new", "", "")
	refused(t, err, centrala.Conflict, "state")
	_, err = move("closed", "", "")
	refused(t, err, centrala.Invalid, "reason")
	got, err = move("closed", "", "compensated")
	need(t, err)
	if got.ClosedAt == nil || got.State != "closed" || got.Reason != "compensated" || got.Note != "Telefon o 9:00" {
		t.Fatalf("got %+v, want it closed", got)
	}
	_, err = move("contacted", "", "")
	refused(t, err, centrala.Conflict, "state")
	_, err = h.OwnFollowUp(ctx, centrala.Everything(), f.ID, h.piotr.ID)
	refused(t, err, centrala.Conflict)
	closed := h.happened(t, centrala.FollowUpClosed)
	same(t, "events", []any{len(closed), closed[0].Data.FollowUp, closed[0].Data.State, closed[0].Conversation}, []any{1, f.ID, "compensated", f.Conversation})

	count := func(state string) int {
		t.Helper()
		list, err := h.FollowUps(ctx, centrala.Everything(), state)
		need(t, err)
		return len(list)
	}
	same(t, "lists", []int{count("new"), count("closed"), count("")}, []int{0, 1, 1})
	h.clock.move(8 * 24 * time.Hour)
	same(t, "lists a week later", []int{count("closed"), count("")}, []int{1, 0})
	_, err = h.FollowUps(ctx, centrala.Everything(), "lost")
	refused(t, err, centrala.Invalid, "state")
}

func followUpScope(t *testing.T, h *house) {
	ctx := t.Context()
	buyer, seller := h.unhappy(t, centrala.Buyer, 1), h.unhappy(t, centrala.Seller, 5)
	h.do(t, seller.Conversation, centrala.Transfer{Team: h.other.ID})
	owned, err := h.OwnFollowUp(ctx, centrala.Everything(), seller.ID, h.piotr.ID)
	need(t, err)
	same(t, "owner", owned.OwnerName, "Piotr")
	for name, c := range map[string]struct {
		scope centrala.Scope
		want  []centrala.FollowUpID
	}{
		"all":          {centrala.Everything(), []centrala.FollowUpID{buyer.ID, seller.ID}},
		"nobody":       {centrala.Scope{}, nil},
		"buyers' side": {centrala.Scope{Sides: []centrala.Side{centrala.Buyer}}, []centrala.FollowUpID{buyer.ID}},
		"agent":        {centrala.Scope{Agent: h.ania.ID, Teams: []centrala.TeamID{h.team.ID}}, []centrala.FollowUpID{buyer.ID}},
		"owner":        {centrala.Scope{Agent: h.piotr.ID}, []centrala.FollowUpID{seller.ID}},
		"customer":     {centrala.Scope{Contact: buyer.Contact}, nil},
	} {
		list, err := h.FollowUps(ctx, c.scope, "")
		need(t, err)
		var ids []centrala.FollowUpID
		for _, f := range list {
			ids = append(ids, f.ID)
		}
		same(t, name, ids, c.want)
		for _, f := range []centrala.FollowUp{buyer, seller} {
			_, err := h.UpdateFollowUp(ctx, c.scope, f.ID, "", "Notatka", "", centrala.Author{Kind: centrala.BySystem})
			if may := fmt.Sprint(c.want); (err == nil) != (len(ids) == 2 || may == fmt.Sprint([]centrala.FollowUpID{f.ID})) {
				t.Errorf("%s changing %s: %v", name, f.ID, err)
			}
			if err != nil {
				refused(t, err, centrala.NotFound)
			}
		}
	}
}

func followUpOwner(t *testing.T, h *house) {
	ctx := t.Context()
	f := h.unhappy(t, centrala.Buyer, 3)
	f, err := h.OwnFollowUp(ctx, centrala.Everything(), f.ID, h.piotr.ID)
	need(t, err)
	f, err = h.UpdateFollowUp(ctx, centrala.Everything(), f.ID, "contacted", "Zrobione", "", centrala.Author{Kind: centrala.ByAgent, ID: h.ania.ID.String()})
	need(t, err)
	same(t, "owner", f.Owner, h.piotr.ID)
	f, err = h.OwnFollowUp(ctx, centrala.Everything(), f.ID, 0)
	need(t, err)
	same(t, "nobody", []any{f.Owner, f.OwnerName}, []any{centrala.AgentID(0), ""})
	_, err = h.OwnFollowUp(ctx, centrala.Everything(), f.ID, 42)
	refused(t, err, centrala.NotFound)
	_, err = h.OwnFollowUp(ctx, centrala.Everything(), 42, h.ania.ID)
	refused(t, err, centrala.NotFound)
}
