package rest

import (
	"bytes"
	"context"
	"slices"
	"time"

	"centrala"
	"centrala/auth"
	"centrala/deflection"
)

// Measures are what the Help Centre was worth, and what was looked for in it.
type Measures interface {
	Deflected(ctx context.Context, from, to time.Time, sides []centrala.Side) (deflection.Report, error)
	Help(ctx context.Context, id centrala.ArticleID, days int) (deflection.Help, error)
	Looked(ctx context.Context, since time.Time, locale string, sides []centrala.Side) ([]deflection.Asked, int, error)
	Said(ctx context.Context, scope centrala.Scope, in []centrala.ConversationID) ([]deflection.Said, error)
}

func (s *server) deflectionRoutes() {
	add(s, get("/v1/reports/deflection", "What the Help Centre was worth: who was shown articles, and who wrote all the same", auth.ReadReports), s.deflected)
	add(s, get("/v1/reports/deflection.csv", "The same as a table", auth.ReadReports).with(asType("text/csv")), s.deflectedCSV)
	add(s, get("/v1/manuscripts/{id}/help", "What an article was worth, and each of its versions", auth.WriteArticles), s.manuscriptHelp)
	add(s, get("/v1/questions", "What was looked for and not found, as articles to write", auth.ReadReports), s.listQuestions)
}

// sidesOf are the sides whose figures the caller reads, beside what is of no side; nil: all.
func sidesOf(c caller, want centrala.Side) ([]centrala.Side, error) {
	own := c.Scope.Sides
	if c.Agent != nil {
		own = c.Agent.Sides
	}
	switch {
	case want == centrala.NoSide && c.Scope.All:
		return nil, nil
	case want == centrala.NoSide:
		return append(slices.Clone(own), centrala.NoSide), nil
	case c.Scope.All, slices.Contains(own, want):
		return []centrala.Side{want}, nil
	}
	return nil, centrala.InvalidField("side", "This side is not yours to look at; leave side out.")
}

func (s *server) deflectionOf(ctx context.Context, c caller, in *period) (deflection.Report, error) {
	from, to, err := in.bounds(s.Now())
	if err != nil {
		return deflection.Report{}, err
	}
	sides, err := sidesOf(c, in.Side)
	if err != nil {
		return deflection.Report{}, err
	}
	return s.Measures.Deflected(ctx, from, to, sides)
}

func (s *server) deflected(ctx context.Context, c caller, in *period) (*answer[deflection.Report], error) {
	r, err := s.deflectionOf(ctx, c, in)
	return ok(r), err
}

func (s *server) deflectedCSV(ctx context.Context, c caller, in *period) (*text, error) {
	r, err := s.deflectionOf(ctx, c, in)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := s.Table(&b, r, c.locale()); err != nil {
		return nil, err
	}
	return &text{Type: "text/csv; charset=utf-8", Disposition: `attachment; filename="centrala-help.csv"`, Body: b.Bytes()}, nil
}

type helpQuery struct {
	ID   articleRef `path:"id"`
	Days int        `query:"days" minimum:"1" maximum:"3660" doc:"30 when left out."`
}

func (s *server) manuscriptHelp(ctx context.Context, _ caller, in *helpQuery) (*answer[deflection.Help], error) {
	if _, err := s.Manuscripts.Manuscript(ctx, in.ID.ID); err != nil {
		return nil, err
	}
	days := in.Days
	if days == 0 {
		days = 30
	}
	h, err := s.Measures.Help(ctx, in.ID.ID, days)
	return ok(h), err
}
