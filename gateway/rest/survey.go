package rest

import (
	"context"
	"slices"
	"time"

	"centrala"
	"centrala/auth"
)

// Surveys are what customers answered, and what is done about it.
type Surveys interface {
	SurveyCounts(ctx context.Context, scope centrala.Scope, from, to time.Time) (centrala.SurveyCounts, error)
	FollowUps(ctx context.Context, scope centrala.Scope, state string) ([]centrala.FollowUp, error)
	UpdateFollowUp(ctx context.Context, scope centrala.Scope, id centrala.FollowUpID, state, note, reason string, by centrala.Author) (centrala.FollowUp, error)
	OwnFollowUp(ctx context.Context, scope centrala.Scope, id centrala.FollowUpID, owner centrala.AgentID) (centrala.FollowUp, error)
}

func (s *server) surveyRoutes() {
	add(s, get("/v1/surveys/results", "The net promoter score of a period", auth.ReadSurveys), s.results)
	add(s, get("/v1/surveys/follow-ups", "Who was not content, and what is done about it", auth.ReadSurveys), s.listFollowUps)
	add(s, patch("/v1/surveys/follow-ups/{id}", "Move a follow-up on", auth.WorkFollowUps), s.patchFollowUp)
}

// Results are the figures of a period. NPS and its 95 % interval are null without answers;
// below 30 the interval is that of the adjusted form, which does not call ten equal answers
// certain.
type Results struct {
	Asked      int      `json:"asked"`
	N          int      `json:"n"`
	Promoters  int      `json:"promoters"`
	Passives   int      `json:"passives"`
	Detractors int      `json:"detractors"`
	NPS        *float64 `json:"nps" doc:"-100 to 100, null without answers."`
	Low        *float64 `json:"low" doc:"Of the 95 % interval."`
	High       *float64 `json:"high"`
	Adjusted   bool     `json:"adjusted" doc:"Under 30 answers: the interval is that of the adjusted form."`
	Scores     []int    `json:"scores" doc:"Answers from 0 to 10."`
}

type period struct {
	From time.Time     `query:"from" doc:"Left out: 30 days before to."`
	To   time.Time     `query:"to" doc:"Left out: now."`
	Days int           `query:"days" minimum:"1" maximum:"3660" doc:"Instead of from."`
	Side centrala.Side `query:"side" enum:"buyer,seller,advertiser"`
}

// bounds is the period asked for.
func (p *period) bounds(now time.Time) (from, to time.Time, err error) {
	from, to = p.From, p.To
	if to.IsZero() {
		to = now
	}
	if from.IsZero() {
		days := p.Days
		if days == 0 {
			days = 30
		}
		from = to.AddDate(0, 0, -days)
	}
	if !from.Before(to) {
		return from, to, centrala.InvalidField("from", "The period ends before it begins.")
	}
	return from.UTC(), to.UTC(), nil
}

// narrowed is the caller's scope on one side. Who sees by team cannot be narrowed to a side that
// is only a part of what their teams do.
func narrowed(c caller, sd centrala.Side) (centrala.Scope, error) {
	switch {
	case sd == centrala.NoSide:
		return c.Scope, nil
	case c.Scope.All, slices.Contains(c.Scope.Sides, sd):
		return centrala.Scope{Sides: []centrala.Side{sd}}, nil
	case c.Agent != nil && slices.Equal(c.Agent.Sides, []centrala.Side{sd}):
		return c.Scope, nil
	}
	return centrala.Scope{}, centrala.InvalidField("side", "This side is not yours alone to look at; leave side out.")
}

func (s *server) results(ctx context.Context, c caller, in *period) (*answer[Results], error) {
	from, to, err := in.bounds(s.Now())
	if err != nil {
		return nil, err
	}
	scope, err := narrowed(c, in.Side)
	if err != nil {
		return nil, err
	}
	r, err := s.resultsOf(ctx, scope, from, to)
	return ok(r), err
}

func (s *server) resultsOf(ctx context.Context, scope centrala.Scope, from, to time.Time) (Results, error) {
	n, err := s.Store.SurveyCounts(ctx, scope, from, to)
	if err != nil {
		return Results{}, err
	}
	v := s.Score(n)
	return Results{Asked: v.Asked, N: v.N, Promoters: v.Promoters, Passives: v.Passives, Detractors: v.Detractors, Scores: n.Scores[:],
		NPS: v.NPS, Low: v.Low, High: v.High, Adjusted: v.Adjusted}, nil
}

type followUpQuery struct {
	State string        `query:"state" enum:"new,contacted,closed" doc:"Left out: all that are not closed, and those closed in the last seven days."`
	Side  centrala.Side `query:"side" enum:"buyer,seller,advertiser"`
}

func (s *server) listFollowUps(ctx context.Context, c caller, q *followUpQuery) (*answer[List[centrala.FollowUp]], error) {
	items, err := s.Store.FollowUps(ctx, c.Scope, q.State)
	if err != nil {
		return nil, err
	}
	items = slices.DeleteFunc(items, func(f centrala.FollowUp) bool { return q.Side != centrala.NoSide && f.Side != q.Side })
	return page(items, ""), nil
}

type followUpChange struct {
	ID   followUpRef `path:"id"`
	Body struct {
		State  string                  `json:"state,omitempty" enum:"new,contacted,closed"`
		Note   string                  `json:"note,omitempty"`
		Reason string                  `json:"reason,omitempty" enum:"resolved,explained,compensated,unreachable,declined"`
		Owner  maybe[centrala.AgentID] `json:"owner,omitempty"`
	}
}

func (s *server) patchFollowUp(ctx context.Context, c caller, in *followUpChange) (*answer[centrala.FollowUp], error) {
	b := in.Body
	if err := centrala.CheckText("note", b.Note); err != nil {
		return nil, err
	}
	var (
		f   centrala.FollowUp
		err error
	)
	if b.Owner.set {
		if b.Owner.v != 0 {
			if _, err := s.receiver(ctx, c, b.Owner.v); err != nil {
				return nil, err
			}
		}
		if f, err = s.Store.OwnFollowUp(ctx, c.Scope, in.ID.ID, b.Owner.v); err != nil {
			return nil, err
		}
	}
	if !b.Owner.set || b.State != "" || b.Note != "" || b.Reason != "" {
		if f, err = s.Store.UpdateFollowUp(ctx, c.Scope, in.ID.ID, b.State, b.Note, b.Reason, c.Author()); err != nil {
			return nil, err
		}
	}
	return ok(f), s.audited(ctx, c, "follow_up.changed", f.ID.String(), f.State)
}
