package centrala

import (
	"encoding/json"
	"time"
)

// AuthorKind says who speaks.
type AuthorKind string

// The kinds of author.
const (
	ByCustomer AuthorKind = "customer"
	ByAgent    AuthorKind = "agent"
	ByBot      AuthorKind = "bot"
	BySystem   AuthorKind = "system"
)

// Author is who wrote a message or moved a conversation. ID is the wire form of an AgentID,
// ContactID or KeyID, or a fixed name for the system's own parts.
type Author struct {
	Kind AuthorKind `json:"kind"`
	ID   string     `json:"id,omitempty"`
	Name string     `json:"name,omitempty"`
}

// MaxText is the longest text of one message, in characters (Unicode code points).
const MaxText = 16_000

// Message is one entry of a conversation's timeline. Once it has a Seq it never changes,
// except that erasing takes its words away; what readers must learn later is a new entry
// with a Change.
type Message struct {
	ID           EventID
	Conversation ConversationID
	Seq          int64 // 1, 2, 3 … per conversation, without holes
	Author       Author
	Channel      Channel
	Text         string // what is shown first
	HasHTML      bool   // an HTML form exists and is fetched on its own
	Policy       int    // the version of the rules that its HTML was cleaned by, told with the HTML only
	HasMore      bool   // the full text is longer than Text (a folded quote or signature)
	Attachments  []Attachment
	Note         bool         // for the team only
	Mentions     []AgentID    // of a note: the colleagues that it names
	Trust        *SenderTrust // of a mail
	Answers      int64        // seq of the message that it answers in particular, 0: none
	System       *Facts       // a move of the conversation instead of words
	Change       *Change
	Reactions    []Reaction // to it, by now
	Edited       bool       // it said something else before
	Unsent       bool       // its writer took it back; its words are gone
	Pressed      bool       // it is a button that was pressed; Text is what is on it
	At           time.Time
	Sender, Key  string // who sent it under which idempotency key; Key is shown to that sender only
}

// wireMessage is the shape of a message in frames and REST answers.
type wireMessage struct {
	ID          string       `json:"id"`
	Author      Author       `json:"author"`
	Text        string       `json:"text"`
	Cut         bool         `json:"cut,omitempty"`
	HasHTML     bool         `json:"has_html,omitempty"`
	HasMore     bool         `json:"has_more,omitempty"`
	Attachments []Attachment `json:"attachments,omitempty"`
	Note        bool         `json:"note,omitempty"`
	Mentions    []AgentID    `json:"mentions,omitempty"`
	Trust       *SenderTrust `json:"trust,omitempty"`
	Answers     int64        `json:"answers,omitempty"`
	System      *Facts       `json:"system,omitempty"`
	Change      *Change      `json:"change,omitempty"`
	Reactions   []Reaction   `json:"reactions,omitempty"`
	Edited      bool         `json:"edited,omitempty"`
	Unsent      bool         `json:"unsent,omitempty"`
	Pressed     bool         `json:"pressed,omitempty"`
	Channel     Channel      `json:"channel"`
	At          time.Time    `json:"at"`
	Key         string       `json:"key,omitempty"`
}

// MaxFrameText is how many bytes of a text travel in a frame; a longer one is cut there and
// fetched whole from the REST resource of the message.
const MaxFrameText = 32 << 10

// MarshalJSON writes the message as readers meet it. Seq and conversation stand beside it in
// a frame and are not part of it. The caller clears Key for everyone but the sender.
func (m Message) MarshalJSON() ([]byte, error) {
	w := wireMessage{
		ID: MessageRef(m.ID), Author: m.Author, Text: m.Text, HasHTML: m.HasHTML, HasMore: m.HasMore,
		Attachments: m.Attachments, Note: m.Note, Mentions: m.Mentions, Trust: m.Trust, Answers: m.Answers, System: m.System, Change: m.Change, Reactions: m.Reactions, Edited: m.Edited, Unsent: m.Unsent, Pressed: m.Pressed,
		Channel: m.Channel, At: m.At, Key: m.Key,
	}
	if len(w.Text) > MaxFrameText {
		w.Text, w.Cut = Clip(w.Text, MaxFrameText), true
	}
	return json.Marshal(w)
}

// MessageRef is the public name of the message that an event carries.
func MessageRef(id EventID) string {
	return "m_" + id.String()[len("ev_"):]
}

// Clip cuts s to at most n bytes without splitting a character.
func Clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}

// Hidden reports whether a customer learns of this entry only that its seq exists: notes,
// and moves that are the team's own business.
func (m Message) Hidden() bool {
	if m.Note {
		return true
	}
	return m.System != nil && !m.System.public()
}

// ForCustomer is the entry without what only the team may read: the reason of an assignment
// and the sender's key.
func (m Message) ForCustomer() Message {
	m.Trust = nil
	if m.System != nil {
		s := *m.System
		s.Reason, s.Reasons, s.Note, s.Team, s.TeamName, s.State = "", nil, "", 0, "", ""
		m.System = &s
	}
	return m
}

// Change tells that an earlier entry is no longer what it was. The message of an edit has the
// present has_html, has_more and attachments of the entry that it is about.
type Change struct {
	Of   int64  `json:"of"`
	Kind string `json:"kind"`           // edit, unsend, reaction, file, erase
	Text string `json:"text,omitempty"` // what it says now; of a reaction the emoji, "" when it was taken back
}

// Reaction is an emoji that somebody put on a message; each has one at most.
type Reaction struct {
	By    string `json:"by"` // "customer", or the wire form of an AgentID
	Emoji string `json:"emoji"`
}

// Attachment is a file in a message. URL is filled at the edge: signed for one reader, 1 h.
type Attachment struct {
	ID     AttachmentID `json:"id"`
	Name   string       `json:"name"`
	Type   string       `json:"type"`
	Size   int64        `json:"size"`
	URL    string       `json:"url,omitempty"`
	Card   *Card        `json:"card,omitempty"`  // of an invitation
	State  FileState    `json:"state,omitempty"` // of a file that a vendor has; "": it can be opened
	Cause  string       `json:"cause,omitempty"` // why it is lost: too-large, bad-file, given-up, otherwise gone
	Blob   string       `json:"-"`               // key in the blob store
	Inline bool         `json:"-"`               // shown inside the HTML by its content id
	CID    string       `json:"-"`
}

// FileState is where a file of a message from outside is.
type FileState string

// The states. A file that is lost was not there any more, too large, or of a kind that is not
// taken.
const (
	FileHere     FileState = ""
	FileFetching FileState = "fetching"
	FileLost     FileState = "lost"
)

// Facts are the particulars of an event: which agent, which team, why. The same value is the
// "system" part of a timeline entry and the "data" of the event on the stream. It holds
// identifiers, names of staff and reasons made by the program, never a customer's words.
type Facts struct {
	Kind      string     `json:"kind,omitempty"` // the event type's last word: assigned, resolved …
	Agent     AgentID    `json:"agent,omitzero"`
	AgentName string     `json:"agent_name,omitempty"`
	From      AgentID    `json:"from,omitzero"`
	Team      TeamID     `json:"team,omitzero"`
	TeamName  string     `json:"team_name,omitempty"`
	Side      Side       `json:"side,omitempty"`
	Reason    string     `json:"reason,omitempty"` // one sentence
	Reasons   []string   `json:"reasons,omitempty"`
	Note      string     `json:"note,omitempty"`
	Until     *time.Time `json:"until,omitempty"`
	Tags      []string   `json:"tags,omitempty"`
	Priority  *int       `json:"priority,omitempty"`
	On        *bool      `json:"on,omitempty"`

	Into     ConversationID `json:"into,omitzero"`
	Contact  ContactID      `json:"contact,omitzero"`
	Other    ContactID      `json:"other,omitzero"`
	Delivery DeliveryID     `json:"delivery,omitzero"`
	Seq      int64          `json:"of,omitempty"`
	State    string         `json:"state,omitempty"`
	Survey   SurveyID       `json:"survey,omitzero"`
	Score    *int           `json:"score,omitempty"`
	FollowUp FollowUpID     `json:"follow_up,omitzero"`
	Article  ArticleID      `json:"article,omitzero"`
	Articles []ArticleID    `json:"articles,omitempty"`
	Mentions []AgentID      `json:"mentions,omitempty"`
	Inbox    InboxID        `json:"inbox,omitzero"`

	Merger  MergerID `json:"merger,omitzero"` // of two contacts that became one
	Channel Channel  `json:"via,omitempty"`   // by which the other one wrote, or an answer left

	InboxName string       `json:"inbox_name,omitempty"`
	Number    int64        `json:"number,omitempty"` // of the other conversation
	Cause     BounceCause  `json:"cause,omitempty"`
	Trust     *SenderTrust `json:"trust,omitempty"`

	Title string `json:"title,omitempty"` // of an article
}

// public reports whether customers may see that this move happened.
func (f Facts) public() bool {
	switch f.Kind {
	case "assigned", "resolved", "reopened", "ended", "merged":
		return true
	}
	return false
}
