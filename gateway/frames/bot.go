package frames

import (
	"time"

	"centrala"
)

// What the answer bot asks, and what a customer presses. Step is offer, before anything is shown, or
// quote: whether what was quoted is enough.
type (
	BotAnswer struct {
		Ref          string `json:"ref"`
		Conversation string `json:"conversation"`
		Step         string `json:"step"`
		Yes          bool   `json:"yes"`
	}
	BotQuestion struct {
		Type         string                  `json:"type,omitempty"`
		Conversation centrala.ConversationID `json:"conversation"`
		Step         string                  `json:"step"`
		Until        time.Time               `json:"until"`
		Title        string                  `json:"title,omitempty"` // of a quotation: its source
		URL          string                  `json:"url,omitempty"`
	}
	BotClosed struct {
		Type         string                  `json:"type"`
		Conversation centrala.ConversationID `json:"conversation"`
	}
)

// Move is what a button says.
func (f BotAnswer) Move() (centrala.BotMove, error) {
	switch {
	case f.Step == "offer" && f.Yes:
		return centrala.BotAgree, nil
	case f.Step == "offer":
		return centrala.BotDecline, nil
	case f.Step == "quote" && f.Yes:
		return centrala.BotSolve, nil
	case f.Step == "quote":
		return centrala.BotUnsolved, nil
	}
	return "", centrala.InvalidField("step", "A step is offer or quote.")
}

// BotAsks is an open turn as a question.
func BotAsks(t centrala.BotTurn) *BotQuestion {
	q := &BotQuestion{Conversation: t.Conversation, Step: "offer", Until: t.Until}
	if t.State == centrala.BotQuoted {
		q.Step, q.Title, q.URL = "quote", t.Title, t.URL
	}
	return q
}
