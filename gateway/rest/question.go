package rest

import (
	"cmp"
	"context"
	"slices"
	"time"

	"centrala"
	"centrala/auth"
	"centrala/deflection"
)

// What is told of each question: answers that an article could be begun with, looked for in the
// latest conversations that followed.
const (
	answersTold  = 3
	followedRead = 12
)

type questionQuery struct {
	Locale string        `query:"locale" maxLength:"10"`
	Side   centrala.Side `query:"side" enum:"buyer,seller,advertiser"`
	Days   int           `query:"days" minimum:"1" maximum:"400" doc:"30 when left out."`
	Limit  int           `query:"limit" minimum:"1" maximum:"100" doc:"50 when left out."`
}

// Questions are what was looked for and not found, most asked first.
type Questions struct {
	Days      int            `json:"days"`
	Asked     int            `json:"asked" doc:"All searches of these days."`
	Searches  int            `json:"searches" doc:"Those for a question that no article answers."`
	Questions int            `json:"questions" doc:"How many different ones; items may be fewer."`
	Items     []QuestionView `json:"items"`
}

// QuestionView is one question in all its spellings: an article to write.
type QuestionView struct {
	Text          string        `json:"text" doc:"As it was asked most often."`
	Side          centrala.Side `json:"side"`
	Locale        string        `json:"locale"`
	Count         int           `json:"count" doc:"Searches that found nothing."`
	Conversations int           `json:"conversations" doc:"That followed within a day."`
	Nearest       *NearArticle  `json:"nearest" doc:"The article that came nearest most often; null: none did."`
	Score         float64       `json:"score" doc:"Of the nearest, on average."`
	Answers       []GivenAnswer `json:"answers" doc:"What agents answered then, of conversations that the caller may read: those first that got a 9 or 10."`
}

// NearArticle is an article that does not quite answer.
type NearArticle struct {
	ID    centrala.ArticleID `json:"id"`
	Title string             `json:"title"`
	URL   string             `json:"url"`
}

// GivenAnswer is what an agent answered.
type GivenAnswer struct {
	Text         string                  `json:"text"`
	Author       string                  `json:"author"`
	At           time.Time               `json:"at"`
	Score        *int                    `json:"score" doc:"That the customer gave, 0 to 10; null: they were not asked, or did not say."`
	Conversation centrala.ConversationID `json:"conversation"`
}

func (s *server) listQuestions(ctx context.Context, c caller, q *questionQuery) (*answer[Questions], error) {
	sides, err := sidesOf(c, q.Side)
	if err != nil {
		return nil, err
	}
	out := Questions{Days: cmp.Or(q.Days, 30), Items: []QuestionView{}}
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
		v := QuestionView{Text: g.Text, Side: g.Side, Locale: g.Locale, Count: g.Count, Conversations: len(g.Conversations), Answers: []GivenAnswer{}}
		if v.Nearest, err = s.near(ctx, g.Nearest); err != nil {
			return nil, err
		}
		if v.Nearest != nil {
			v.Score = g.Score
		}
		var theirs []deflection.Said
		for _, id := range latest(g) {
			theirs = append(theirs, said[id]...)
		}
		for _, a := range deflection.Best(theirs, answersTold) {
			v.Answers = append(v.Answers, given(a))
		}
		out.Items = append(out.Items, v)
	}
	return ok(out), nil
}

// latest are the conversations after a question that are looked into.
func latest(g deflection.Group) []centrala.ConversationID {
	return g.Conversations[:min(len(g.Conversations), followedRead)]
}

// saidAfter is what agents answered after some questions, by conversation: nothing for who may read
// no conversations.
func (s *server) saidAfter(ctx context.Context, c caller, groups []deflection.Group) (map[centrala.ConversationID][]deflection.Said, error) {
	if !auth.Can(c.Principal, auth.ReadConversations) {
		return nil, nil
	}
	var ids []centrala.ConversationID
	for _, g := range groups {
		ids = append(ids, latest(g)...)
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
func (s *server) near(ctx context.Context, id centrala.ArticleID) (*NearArticle, error) {
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
	return &NearArticle{ID: a.ID, Title: a.Title, URL: a.URL()}, nil
}

func given(a deflection.Said) GivenAnswer {
	g := GivenAnswer{Text: a.Text, Author: a.Author, At: a.At.UTC(), Conversation: a.Conversation}
	if a.Score >= 0 {
		g.Score = &a.Score
	}
	return g
}
