package centrala

import "time"

// Band is the group of an answer on the 0–10 scale.
type Band string

// Scores of 9 and 10 promote, 7 and 8 are passive, 0 to 6 detract.
const (
	Promoter  Band = "promoter"
	Passive   Band = "passive"
	Detractor Band = "detractor"
)

// BandOf is the band of a score from 0 to 10.
func BandOf(score int) Band {
	switch {
	case score >= 9:
		return Promoter
	case score >= 7:
		return Passive
	default:
		return Detractor
	}
}

// Survey is one invitation to say how it was, and its answer.
type Survey struct {
	ID           SurveyID
	Conversation ConversationID
	Contact      ContactID
	Agent        AgentID // who answered last
	Team         TeamID
	Side         Side
	Channel      Channel
	Locale       string
	TokenHash    []byte // of the address in the mail; the token itself is not kept
	CreatedAt    time.Time
	MailAt       time.Time // when it goes out by mail unless answered before
	SentAt       time.Time
	ExpiresAt    time.Time
	Cancelled    bool
	Score        *int
	Comment      string
	AnsweredAt   time.Time
}

// AnswerWindow is how long after the first answer a second one replaces it.
const AnswerWindow = 24 * time.Hour

// FollowUp is the closing of the loop with somebody who was not content.
type FollowUp struct {
	ID           FollowUpID     `json:"id"`
	Survey       SurveyID       `json:"survey"`
	Conversation ConversationID `json:"conversation"`
	Contact      ContactID      `json:"contact"`
	ContactName  string         `json:"contact_name"`
	Side         Side           `json:"side"`
	Team         TeamID         `json:"team"`
	Owner        AgentID        `json:"owner"`
	OwnerName    string         `json:"owner_name,omitempty"`
	Score        int            `json:"score"`
	Comment      string         `json:"comment,omitempty"`
	State        string         `json:"state"` // new, contacted, closed
	Note         string         `json:"note,omitempty"`
	Reason       string         `json:"reason,omitempty"` // why it is closed
	Due          time.Time      `json:"due"`
	OpenedAt     time.Time      `json:"opened_at"`
	ClosedAt     *time.Time     `json:"closed_at,omitempty"`
}

// SurveyCounts is what answers add up to; survey.Score makes the figures of it.
type SurveyCounts struct {
	Asked, Promoters, Passives, Detractors int
	Scores                                 [11]int
}

// SurveyResult is what SurveyCounts mean. NPS, SE and the interval are points from -100 to
// 100, unrounded, and null as long as nobody has answered: no data is not zero.
type SurveyResult struct {
	Asked      int     `json:"asked"`
	N          int     `json:"n"`    // answers
	Rate       float64 `json:"rate"` // answers per question asked, 0 to 1
	Promoters  int     `json:"promoters"`
	Passives   int     `json:"passives"`
	Detractors int     `json:"detractors"`
	Scores     [11]int `json:"scores"`

	NPS *float64 `json:"nps"`
	SE  *float64 `json:"se"`
	// Low and High are the ends of the 95 % interval, by the adjusted form when Adjusted, and
	// AdjustedNPS is the middle of that form.
	Low         *float64 `json:"ci_low"`
	High        *float64 `json:"ci_high"`
	Adjusted    bool     `json:"adjusted"`
	AdjustedNPS *float64 `json:"adjusted_nps"`
}
