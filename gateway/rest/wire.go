package rest

import (
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"centrala"
	"centrala/auth"
)

// Conversation is what the team sees of a conversation; the socket's conversation frame has
// the same fields.
type Conversation struct {
	ID           centrala.ConversationID  `json:"id"`
	Ref          string                   `json:"ref" doc:"Short, for people: #20417."`
	Inbox        centrala.InboxID         `json:"inbox"`
	Channel      centrala.Channel         `json:"channel"`
	Side         *centrala.Side           `json:"side"`
	Status       centrala.Status          `json:"status" enum:"waiting,open,snoozed,resolved"`
	Turn         centrala.Turn            `json:"turn" enum:"agent,customer"`
	Subject      string                   `json:"subject"`
	Contact      Person                   `json:"contact"`
	Team         *centrala.TeamID         `json:"team"`
	Assignee     *Face                    `json:"assignee"`
	Priority     int                      `json:"priority" doc:"0 normal, 1 high, 2 urgent."`
	Tags         []string                 `json:"tags"`
	Complaint    bool                     `json:"complaint"`
	Spam         bool                     `json:"spam,omitempty"`
	LastSeq      int64                    `json:"last_seq"`
	LastMessage  *LastMessage             `json:"last_message,omitempty"`
	Unread       int                      `json:"unread"`
	Read         Read                     `json:"read"`
	OpenedAt     time.Time                `json:"opened_at"`
	Due          *time.Time               `json:"due" doc:"When the next answer is promised."`
	SnoozedUntil *time.Time               `json:"snoozed_until,omitempty"`
	ResolvedAt   *time.Time               `json:"resolved_at,omitempty"`
	Reason       string                   `json:"reason,omitempty" doc:"Why this agent, or why still waiting."`
	Previous     *centrala.ConversationID `json:"previous,omitempty"`
	MergedInto   *centrala.ConversationID `json:"merged_into,omitempty"`
	Mentions     []centrala.Mention       `json:"mentions,omitempty" doc:"Whom notes mention, in which, and whether they have read it."`
	Participants []centrala.Participant   `json:"participants,omitempty" doc:"Who else reads along by mail."`
	Window       *centrala.Window         `json:"window,omitempty" doc:"Until when the customer may be answered on this channel; without it, always."`
	Matters      []centrala.Matter        `json:"matters,omitempty" doc:"Orders, offers, issues and calls that the vendor says it is about."`
	Version      int64                    `json:"version"`
}

// Person is a contact inside a conversation.
type Person struct {
	ID       centrala.ContactID `json:"id"`
	Name     *string            `json:"name"`
	Verified bool               `json:"verified"`
}

// Face is an agent as others see them; customers see no id.
type Face struct {
	ID   centrala.AgentID `json:"id,omitzero"`
	Name string           `json:"name"`
}

// LastMessage is the latest public words, at most 200 characters.
type LastMessage struct {
	Seq    int64           `json:"seq"`
	Author centrala.Author `json:"author"`
	Text   string          `json:"text"`
	At     time.Time       `json:"at"`
}

// Read is how far both ends have read.
type Read struct {
	Customer int64 `json:"customer"`
	Agent    int64 `json:"agent"`
}

// CustomersView is what a customer sees of their own conversation.
type CustomersView struct {
	ID       centrala.ConversationID `json:"id"`
	Status   centrala.Status         `json:"status"`
	Assignee *Face                   `json:"assignee"`
	Team     *string                 `json:"team" doc:"Its name."`
	Queue    *Place                  `json:"queue"`
	Online   bool                    `json:"online"`
	LastSeq  int64                   `json:"last_seq"`
	Read     Read                    `json:"read"`
	OpenedAt time.Time               `json:"opened_at"`
}

// Place is where a waiting customer is in the queue; 1 is next.
type Place struct {
	Position int `json:"position"`
}

// EitherView is a conversation as its reader may see it.
type EitherView struct {
	team     *Conversation
	customer *CustomersView
}

// MarshalJSON implements json.Marshaler.
func (e EitherView) MarshalJSON() ([]byte, error) {
	if e.customer != nil {
		return json.Marshal(e.customer)
	}
	return json.Marshal(e.team)
}

// Schema implements huma.SchemaProvider.
func (EitherView) Schema(r huma.Registry) *huma.Schema {
	return &huma.Schema{OneOf: []*huma.Schema{
		r.Schema(reflect.TypeFor[Conversation](), true, ""), r.Schema(reflect.TypeFor[CustomersView](), true, ""),
	}}
}

func conversationView(c *centrala.Conversation) Conversation {
	v := Conversation{
		ID: c.ID, Ref: fmt.Sprintf("#%d", c.Number), Inbox: c.Inbox, Channel: c.Channel, Side: orNull(c.Side), Status: c.Status,
		Turn: c.Turn, Subject: c.Subject, Contact: Person{c.Contact, orNull(c.ContactName), c.Verified}, Team: orNull(c.Team),
		Priority: c.Priority, Tags: c.Tags, Complaint: c.Complaint, Spam: c.Spam, LastSeq: c.LastSeq, Unread: c.Unread,
		Read: Read{c.ReadByCustomer, c.ReadByAgent}, OpenedAt: c.OpenedAt.UTC(), Due: instant(c.Due), SnoozedUntil: instant(c.SnoozedUntil),
		ResolvedAt: instant(c.ResolvedAt), Reason: c.Reason, Previous: orNull(c.Previous), MergedInto: orNull(c.MergedInto), Version: c.Version,
		Mentions: c.Mentions, Participants: c.Participants,
	}
	v.Matters = c.Matters
	if w := c.Window(); w != (centrala.Window{}) {
		v.Window = &w
	}
	if c.Assignee != 0 {
		v.Assignee = &Face{c.Assignee, c.AssigneeName}
	}
	if v.Tags == nil {
		v.Tags = []string{}
	}
	if c.LastText.Seq != 0 {
		v.LastMessage = &LastMessage{c.LastText.Seq, c.LastText.Author, c.LastText.Text, c.LastText.At.UTC()}
	}
	return v
}

// Entry is one entry of a timeline. Of a hidden one its reader learns only that it exists.
type Entry struct {
	Seq         int64                 `json:"seq"`
	Hidden      bool                  `json:"hidden,omitempty"`
	ID          string                `json:"id,omitempty"`
	Author      *centrala.Author      `json:"author,omitempty"`
	Text        *string               `json:"text,omitempty"`
	Cut         bool                  `json:"cut,omitempty" doc:"The text is longer; it is whole in the message's own resource."`
	HasHTML     bool                  `json:"has_html,omitempty"`
	HasMore     bool                  `json:"has_more,omitempty"`
	Attachments []centrala.Attachment `json:"attachments,omitempty"`
	Note        bool                  `json:"note,omitempty"`
	Mentions    []centrala.AgentID    `json:"mentions,omitempty" doc:"Of a note: the colleagues that it names."`
	Trust       *centrala.SenderTrust `json:"trust,omitempty" doc:"Of a mail: how far its sender may be believed."`
	Answers     int64                 `json:"answers,omitempty" doc:"The seq of the message that it answers in particular."`
	System      *centrala.Facts       `json:"system,omitempty"`
	Change      *centrala.Change      `json:"change,omitempty"`
	Reactions   []centrala.Reaction   `json:"reactions,omitempty" doc:"By \"customer\" or an agent; each has one at most."`
	Edited      bool                  `json:"edited,omitempty" doc:"It said something else before."`
	Unsent      bool                  `json:"unsent,omitempty" doc:"Its writer took it back; its words are gone."`
	Pressed     bool                  `json:"pressed,omitempty" doc:"It is a button that was pressed; the text is what is on it."`
	Channel     centrala.Channel      `json:"channel,omitempty"`
	At          *time.Time            `json:"at,omitempty"`
	Key         string                `json:"key,omitempty" doc:"Only to whoever sent it."`
}

// entry is m as c may read it, with addresses of its files that are good for c alone.
func (s *server) entry(c caller, m centrala.Message) Entry {
	if c.Scope.Customer() {
		if m.Hidden() {
			return Entry{Seq: m.Seq, Hidden: true}
		}
		m = m.ForCustomer()
	}
	e := Entry{Seq: m.Seq, ID: centrala.MessageRef(m.ID), Author: &m.Author, Text: &m.Text, HasHTML: m.HasHTML, HasMore: m.HasMore,
		Note: m.Note, Mentions: m.Mentions, Trust: m.Trust, Answers: m.Answers, System: m.System, Change: m.Change,
		Reactions: m.Reactions, Edited: m.Edited, Unsent: m.Unsent, Pressed: m.Pressed, Channel: m.Channel, At: instant(m.At)}
	if len(m.Text) > centrala.MaxFrameText {
		text := centrala.Clip(m.Text, centrala.MaxFrameText)
		e.Text, e.Cut = &text, true
	}
	if m.Sender == c.ID {
		e.Key = m.Key
	}
	for _, f := range m.Attachments {
		if f.State == centrala.FileHere {
			f.URL = s.Guard.FileURL(c.Principal, f.ID)
		}
		e.Attachments = append(e.Attachments, f)
	}
	return e
}

func (s *server) entries(c caller, msgs []centrala.Message) []Entry {
	out := make([]Entry, len(msgs))
	for i, m := range msgs {
		out[i] = s.entry(c, m)
	}
	return out
}

// isVisitor reports whether the caller is a customer.
func (c caller) isVisitor() bool { return c.Kind == auth.Visitor }
