package frames

import (
	"strconv"
	"time"

	"centrala"
)

// Conversation is what agents and programs see of a conversation.
type Conversation struct {
	Type         string                  `json:"type,omitempty"`
	ID           centrala.ConversationID `json:"id"`
	Ref          string                  `json:"ref"`
	Inbox        centrala.InboxID        `json:"inbox"`
	Channel      centrala.Channel        `json:"channel"`
	Side         *centrala.Side          `json:"side"`
	Status       centrala.Status         `json:"status"`
	Turn         centrala.Turn           `json:"turn"`
	Subject      string                  `json:"subject"`
	Contact      Person                  `json:"contact"`
	Team         centrala.TeamID         `json:"team"`
	Assignee     *Face                   `json:"assignee"`
	Priority     int                     `json:"priority"`
	Tags         []string                `json:"tags"`
	Complaint    bool                    `json:"complaint"`
	LastSeq      int64                   `json:"last_seq"`
	LastMessage  *LastMessage            `json:"last_message"`
	Unread       int                     `json:"unread"`
	Read         ReadMarks               `json:"read"`
	Opened       time.Time               `json:"opened_at"`
	Due          *time.Time              `json:"due"`
	Version      int64                   `json:"version"`
	Reason       string                  `json:"reason,omitempty"`
	Mentions     []centrala.Mention      `json:"mentions,omitempty"`
	Participants []centrala.Participant  `json:"participants,omitempty"`
	Window       centrala.Window         `json:"window,omitzero"`
	Matters      []centrala.Matter       `json:"matters,omitempty"`
}

// Talk is what customers see of theirs.
type Talk struct {
	Type     string                  `json:"type,omitempty"`
	ID       centrala.ConversationID `json:"id"`
	Status   centrala.Status         `json:"status"`
	Assignee *Face                   `json:"assignee"`
	Team     *string                 `json:"team"`
	Queue    *Place                  `json:"queue"`
	Online   bool                    `json:"online"`
	LastSeq  int64                   `json:"last_seq"`
	Unread   *int                    `json:"unread,omitempty"`
	Read     ReadMarks               `json:"read"`
	Opened   time.Time               `json:"opened_at"`
}

type (
	Person struct {
		ID       centrala.ContactID `json:"id"`
		Name     *string            `json:"name"`
		Verified bool               `json:"verified"`
	}
	Face struct {
		ID     string  `json:"id,omitempty"`
		Name   string  `json:"name"`
		Avatar *string `json:"avatar"`
	}
	ReadMarks struct {
		Customer int64 `json:"customer"`
		Agent    int64 `json:"agent"`
	}
	LastMessage struct {
		Seq    int64           `json:"seq"`
		Author centrala.Author `json:"author"`
		Text   string          `json:"text"`
		At     time.Time       `json:"at"`
	}
	Place struct {
		Position int  `json:"position"`
		Low      *int `json:"eta_low_s"`
		High     *int `json:"eta_high_s"`
	}
)

// ForStaff is the staff's object of c; kind is the frame's type, "" inside a list.
func ForStaff(kind string, c *centrala.Conversation) Conversation {
	out := Conversation{
		Type: kind, ID: c.ID, Ref: "#" + strconv.FormatInt(c.Number, 10), Inbox: c.Inbox, Channel: c.Channel, Side: OrNull(c.Side),
		Status: c.Status, Turn: c.Turn, Subject: c.Subject, Team: c.Team, Priority: c.Priority, Tags: c.Tags, Complaint: c.Complaint,
		Contact: Person{ID: c.Contact, Name: OrNull(c.ContactName), Verified: c.Verified},
		LastSeq: c.LastSeq, Unread: c.Unread, Read: ReadMarks{c.ReadByCustomer, c.ReadByAgent}, Opened: c.OpenedAt, Version: c.Version, Reason: c.Reason,
		Mentions: c.Mentions, Participants: c.Participants, Window: c.Window(), Matters: c.Matters,
	}
	if out.Tags == nil {
		out.Tags = []string{}
	}
	if c.Assignee != 0 {
		out.Assignee = &Face{ID: c.Assignee.String(), Name: c.AssigneeName}
	}
	if c.LastText.Seq != 0 {
		out.LastMessage = &LastMessage{Seq: c.LastText.Seq, Author: c.LastText.Author, Text: c.LastText.Text, At: c.LastText.At}
	}
	if !c.Due.IsZero() {
		out.Due = &c.Due
	}
	return out
}

// The welcomes, which list conversations.
type (
	VisitorWelcome struct {
		Type          string       `json:"type"`
		Ref           string       `json:"ref,omitempty"`
		Session       string       `json:"session"`
		Token         string       `json:"token,omitempty"`
		Me            Contact      `json:"me"`
		Conversations []Talk       `json:"conversations"`
		Surveys       []Survey     `json:"surveys"`
		Online        bool         `json:"online"`
		ETA           *[2]int      `json:"eta_s"`
		Bot           *BotQuestion `json:"bot,omitempty"`
	}
	StaffWelcome struct {
		Type          string         `json:"type"`
		Ref           string         `json:"ref,omitempty"`
		Session       string         `json:"session"`
		Token         string         `json:"token,omitempty"`
		Me            Agent          `json:"me"`
		Conversations []Conversation `json:"conversations"`
		Surveys       []Survey       `json:"surveys"`
		Online        bool           `json:"online"`
		ETA           *[2]int        `json:"eta_s"`
	}
	Contact struct {
		ID       centrala.ContactID `json:"id"`
		Side     *centrala.Side     `json:"side"`
		Name     *string            `json:"name"`
		Verified bool               `json:"verified"`
		Email    *string            `json:"email,omitempty"`
	}
	Agent struct {
		ID       string                  `json:"id"`
		Name     string                  `json:"name"`
		Email    string                  `json:"email,omitempty"`
		Role     centrala.Role           `json:"role,omitempty"`
		Status   centrala.PresenceStatus `json:"status,omitempty"`
		Capacity *int                    `json:"capacity,omitempty"`
		Load     *int                    `json:"load,omitempty"`
	}
)

// OrNull is null for what is empty.
func OrNull[T ~string](v T) *T {
	if v == "" {
		return nil
	}
	return &v
}

// Answered is why an agent has a conversation that they claimed by answering, in one sentence.
func Answered(a *centrala.Agent) string {
	if a.Locale == "en" {
		return "claimed by answering: " + a.Name
	}
	return "wzięcie przez odpowiedź: " + a.Name
}

// PresenceOf is an agent's line as a frame.
func PresenceOf(l centrala.Line) Presence {
	return Presence{Type: "presence", Agent: l.Agent, Status: l.Status, Load: l.Load, Capacity: l.Capacity}
}
