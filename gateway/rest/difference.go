package rest

import (
	"context"
	"strconv"
	"strings"

	"centrala"
	"centrala/manuscript/difference"
)

type differenceQuery struct {
	ID   articleRef `path:"id"`
	From string     `query:"from" pattern:"^(draft|[0-9]{1,9})$" doc:"A version's number, draft, or 0 for nothing; left out: what the other was begun from."`
	To   string     `query:"to" pattern:"^(draft|[0-9]{1,9})$" doc:"Left out: the draft, or without one the last version."`
}

func (s *server) getDifference(ctx context.Context, _ caller, in *differenceQuery) (*answer[difference.Difference], error) {
	m, err := s.Manuscripts.Manuscript(ctx, in.ID.ID)
	if err != nil {
		return nil, err
	}
	to := in.To
	switch {
	case to == "" && m.Draft != nil:
		to = draft
	case to == "":
		to = strconv.Itoa(m.Numbers)
	}
	from := in.From
	if from == "" {
		from = begunFrom(m, to)
	}
	was, err := s.textOf(ctx, m, "from", from)
	if err != nil {
		return nil, err
	}
	is, err := s.textOf(ctx, m, "to", to)
	if err != nil {
		return nil, err
	}
	return ok(difference.Of(was, is)), nil
}

// draft is how a draft is asked for in place of a version's number.
const draft = "draft"

// begunFrom is the version that a draft takes into account, or the one before a version.
func begunFrom(m centrala.Manuscript, to string) string {
	if to == draft && m.Draft != nil {
		return strconv.Itoa(m.Draft.Base)
	}
	n, err := strconv.Atoi(to)
	if err != nil {
		return "0"
	}
	return strconv.Itoa(max(0, n-1))
}

// textOf is what a version says, or the draft: title, summary and text.
func (s *server) textOf(ctx context.Context, m centrala.Manuscript, field, which string) (string, error) {
	var c centrala.Content
	switch n, err := strconv.Atoi(which); {
	case which == draft && m.Draft == nil:
		return "", &centrala.Error{Code: centrala.NotFound, Field: field, Message: "The article has no draft."}
	case which == draft:
		c = m.Draft.Content
	case err != nil || n == 0:
		return "", nil
	default:
		v, err := s.Versions.Version(ctx, m.ID, n)
		if err != nil {
			return "", err
		}
		c = v.Content
	}
	return strings.Join([]string{"# " + c.Title, c.Summary, c.Body}, "\n\n"), nil
}
