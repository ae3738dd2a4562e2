package deflection

import (
	"time"

	"centrala"
)

// What is told of each question: answers that an article could be begun with, looked for in the
// latest conversations that followed.
const (
	answersTold  = 3
	followedRead = 12
)

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

// Latest are the conversations after a question that are looked into for answers.
func (g Group) Latest() []centrala.ConversationID {
	return g.Conversations[:min(len(g.Conversations), followedRead)]
}

// View is a question as it is told, with the article that came nearest, if there is one still, and
// what was said in the conversations that followed.
func (g Group) View(nearest *NearArticle, said map[centrala.ConversationID][]Said) QuestionView {
	v := QuestionView{Text: g.Text, Side: g.Side, Locale: g.Locale, Count: g.Count, Conversations: len(g.Conversations), Nearest: nearest, Answers: []GivenAnswer{}}
	if nearest != nil {
		v.Score = g.Score
	}
	var theirs []Said
	for _, id := range g.Latest() {
		theirs = append(theirs, said[id]...)
	}
	for _, a := range Best(theirs, answersTold) {
		given := GivenAnswer{Text: a.Text, Author: a.Author, At: a.At.UTC(), Conversation: a.Conversation}
		if a.Score >= 0 {
			given.Score = &a.Score
		}
		v.Answers = append(v.Answers, given)
	}
	return v
}
