// Package frames is the words of the socket: every frame of docs/protocol.md, section 2, and
// the objects in them. web/protocol.json lists the same for the clients, and a test holds the
// two against each other.
package frames

import (
	"encoding/json"
	"time"

	"centrala"
)

// MaxRef is the longest ref in bytes; it is echoed, never stored.
const MaxRef = 64

// Envelope is what every client frame has.
type Envelope struct {
	Type string `json:"type"`
	Ref  string `json:"ref"`

	send *Send // of a message.send that was read already
}

// The frames that clients send (docs/protocol.md, section 2). web/protocol.json lists them too,
// and a test compares the two.
type (
	Hello struct {
		Token        string        `json:"token,omitempty"`
		Resume       []ResumePoint `json:"resume,omitempty"`
		ResumeEvents string        `json:"resume_events,omitempty"`
		Watch        *Watching     `json:"watch,omitempty"`
		Ref          string        `json:"ref,omitempty"`
	}
	ResumePoint struct {
		Conversation string `json:"conversation"`
		After        int64  `json:"after"`
	}
	Watching struct {
		Filter   *Filter `json:"filter,omitempty"`
		Messages bool    `json:"messages,omitempty"`
	}
	Filter struct {
		Status   string `json:"status,omitempty"`
		Side     string `json:"side,omitempty"`
		Team     string `json:"team,omitempty"`
		Assignee string `json:"assignee,omitempty"`
	}
	Ping struct {
		Ref string `json:"ref"`
	}
	Send struct {
		Ref          string   `json:"ref"`
		Key          string   `json:"key"`
		Conversation string   `json:"conversation,omitempty"`
		Text         string   `json:"text"`
		Attachments  []string `json:"attachments,omitempty"`
		Note         bool     `json:"note,omitempty"`
		Mentions     []string `json:"mentions,omitempty"`
		Claim        *bool    `json:"claim,omitempty"`

		Via      string             `json:"via,omitempty"`     // agents and programs, and so on
		Answers  int64              `json:"answers,omitempty"` // seq
		Template *centrala.Template `json:"template,omitempty"`
	}
	TypingMark struct {
		Conversation string `json:"conversation"`
		On           bool   `json:"on"`
	}
	Seen struct { // received and read
		Conversation string `json:"conversation"`
		Upto         int64  `json:"upto"`
	}
	HistoryQuery struct {
		Ref          string `json:"ref"`
		Conversation string `json:"conversation"`
		Before       *int64 `json:"before,omitempty"`
		After        *int64 `json:"after,omitempty"`
		Limit        int    `json:"limit,omitempty"`
	}
	Suggest struct {
		Ref          string `json:"ref"`
		Text         string `json:"text"`
		Conversation string `json:"conversation,omitempty"`
		Side         string `json:"side,omitempty"`
	}
	Feedback struct {
		Ref          string `json:"ref"`
		Article      string `json:"article"`
		Conversation string `json:"conversation,omitempty"`
		Kind         string `json:"kind"`
	}
	SurveyAnswer struct {
		Ref     string          `json:"ref"`
		Survey  string          `json:"survey"`
		Score   json.RawMessage `json:"score"`
		Comment string          `json:"comment,omitempty"`
	}
	End struct {
		Ref          string `json:"ref"`
		Conversation string `json:"conversation"`
	}
	ContactSet struct {
		Ref   string  `json:"ref"`
		Email *string `json:"email,omitempty"`
		Name  *string `json:"name,omitempty"`
		Side  *string `json:"side,omitempty"`
	}
	PresenceSet struct {
		Status string `json:"status"`
		Ref    string `json:"ref,omitempty"`
	}
	View struct {
		Conversation *string `json:"conversation"`
	}
	Watch struct {
		Ref      string `json:"ref"`
		Filter   Filter `json:"filter"`
		Messages bool   `json:"messages,omitempty"`
	}
)

// The frames that the server sends.
type (
	Pong struct {
		Type string    `json:"type"`
		Ref  string    `json:"ref"`
		At   time.Time `json:"at"`
	}
	Ack struct {
		Type         string                  `json:"type"`
		Ref          string                  `json:"ref"`
		Conversation centrala.ConversationID `json:"conversation,omitzero"`
		Message      string                  `json:"message,omitempty"`
		Seq          int64                   `json:"seq,omitempty"`
		At           *time.Time              `json:"at,omitempty"`
	}
	Error struct {
		Type       string        `json:"type"`
		Ref        string        `json:"ref,omitempty"`
		Code       centrala.Code `json:"code"`
		Message    string        `json:"message"`
		Field      string        `json:"field,omitempty"`
		Retry      bool          `json:"retry"`
		RetryAfter int64         `json:"retry_after_ms,omitempty"`
	}
	Message struct {
		Type         string                  `json:"type"`
		Conversation centrala.ConversationID `json:"conversation"`
		Seq          int64                   `json:"seq"`
		Message      *centrala.Message       `json:"message,omitempty"`
		Hidden       bool                    `json:"hidden,omitempty"`
	}
	Typing struct {
		Type         string                  `json:"type"`
		Conversation centrala.ConversationID `json:"conversation"`
		Author       centrala.Author         `json:"author"`
		On           bool                    `json:"on"`
	}
	Delivery struct {
		Type         string                  `json:"type"`
		Conversation centrala.ConversationID `json:"conversation"`
		Seq          int64                   `json:"seq"`
		State        string                  `json:"state"`
		At           time.Time               `json:"at"`
		Reason       string                  `json:"reason,omitempty"`
		Cause        string                  `json:"cause,omitempty"`
		Via          centrala.Channel        `json:"via,omitempty"`
	}
	Read struct {
		Type         string                  `json:"type"`
		Conversation centrala.ConversationID `json:"conversation"`
		Author       centrala.Author         `json:"author"`
		Upto         int64                   `json:"upto"`
	}
	History struct {
		Type         string                  `json:"type"`
		Ref          string                  `json:"ref"`
		Conversation centrala.ConversationID `json:"conversation"`
		Messages     []json.RawMessage       `json:"messages"`
		More         bool                    `json:"more"`
	}
	Suggestions struct {
		Type     string                `json:"type"`
		Ref      string                `json:"ref"`
		Query    string                `json:"query"`
		Articles []centrala.Suggestion `json:"articles"`
	}
	Resumed struct {
		Type         string                  `json:"type"`
		Conversation string                  `json:"conversation"`
		From         int64                   `json:"from,omitempty"`
		Seq          int64                   `json:"seq,omitempty"`
		Truncated    bool                    `json:"truncated,omitempty"`
		Gone         bool                    `json:"gone,omitempty"`
		Moved        centrala.ConversationID `json:"moved,omitzero"`
	}
	Survey struct {
		Type         string                  `json:"type,omitempty"`
		Survey       centrala.SurveyID       `json:"survey"`
		Conversation centrala.ConversationID `json:"conversation"`
		Kind         string                  `json:"kind"`
		Question     string                  `json:"question"`
		Scale        [2]int                  `json:"scale"`
		Locale       string                  `json:"locale"`
		Expires      time.Time               `json:"expires_at"`
	}
	SurveyClosed struct {
		Type         string                  `json:"type"`
		Survey       centrala.SurveyID       `json:"survey"`
		Conversation centrala.ConversationID `json:"conversation,omitzero"`
	}
	Presence struct {
		Type     string                  `json:"type"`
		Agent    centrala.AgentID        `json:"agent"`
		Status   centrala.PresenceStatus `json:"status"`
		Load     int                     `json:"load"`
		Capacity int                     `json:"capacity"`
	}
	Viewers struct {
		Type         string                  `json:"type"`
		Conversation centrala.ConversationID `json:"conversation"`
		Agents       []Face                  `json:"agents"`
	}
	Cursor struct {
		Type  string `json:"type"`
		Value string `json:"value"`
	}
	CaughtUp struct {
		Type   string `json:"type"`
		Cursor string `json:"cursor"`
	}
	Stale struct {
		Type   string `json:"type"`
		Cursor string `json:"cursor,omitempty"`
	}
	Gone struct {
		Type string                  `json:"type"`
		ID   centrala.ConversationID `json:"id"`
		Gone bool                    `json:"gone"`
	}
)
