package rest

import (
	"cmp"
	"context"
	"slices"

	"centrala"
	"centrala/auth"
	"centrala/deflection"
)

type questionQuery struct {
	Locale string        `query:"locale" maxLength:"10"`
	Side   centrala.Side `query:"side" enum:"buyer,seller,advertiser"`
	Days   int           `query:"days" minimum:"1" maximum:"400" doc:"30 when left out."`
	Limit  int           `query:"limit" minimum:"1" maximum:"100" doc:"50 when left out."`
}

func (s *server) listQuestions(ctx context.Context, c caller, q *questionQuery) (*answer[deflection.Questions], error) {
	sides, err := sidesOf(c, q.Side)
	if err != nil {
		return nil, err
	}
	out := deflection.Questions{Days: cmp.Or(q.Days, 30), Items: []deflection.QuestionView{}}
	asked, n, err := s.Measures.Looked(ctx, s.Now().AddDate(0, 0, -out.Days), q.Locale, sides)
	if err != nil {
		return nil, err
	}
	groups := deflection.Groups(asked)
	out.Asked, out.Questions = n, len(groups)
	for _, g := range groups {
		out.Searches += g.Count
	}
	groups = groups[:min(len(groups), cmp.Or(q.Limit, 50))]
	said, err := s.saidAfter(ctx, c, groups)
	if err != nil {
		return nil, err
	}
	for _, g := range groups {
		nearest, err := s.near(ctx, g.Nearest)
		if err != nil {
			return nil, err
		}
		out.Items = append(out.Items, g.View(nearest, said))
	}
	return ok(out), nil
}

// saidAfter is what agents answered after some questions, by conversation: nothing for who may read
// no conversations.
func (s *server) saidAfter(ctx context.Context, c caller, groups []deflection.Group) (map[centrala.ConversationID][]deflection.Said, error) {
	if !auth.Can(c.Principal, auth.ReadConversations) {
		return nil, nil
	}
	var ids []centrala.ConversationID
	for _, g := range groups {
		ids = append(ids, g.Latest()...)
	}
	slices.Sort(ids)
	said, err := s.Measures.Said(ctx, c.Scope, slices.Compact(ids))
	if err != nil {
		return nil, err
	}
	out := map[centrala.ConversationID][]deflection.Said{}
	for _, a := range said {
		out[a.Conversation] = append(out[a.Conversation], a)
	}
	return out, nil
}

// near is the article that a question came nearest to; nil when there is none, or no more.
func (s *server) near(ctx context.Context, id centrala.ArticleID) (*deflection.NearArticle, error) {
	if id == 0 {
		return nil, nil
	}
	a, err := s.Articles.ArticleByID(ctx, id)
	if centrala.CodeOf(err) == centrala.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &deflection.NearArticle{ID: a.ID, Title: a.Title, URL: a.URL()}, nil
}
