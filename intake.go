package centrala

import "time"

// Outcome is what became of one raw message that a channel fetched. Every one of them ends
// in exactly one outcome.
type Outcome string

// The outcomes.
const (
	Ingested    Outcome = "ingested"
	Duplicate   Outcome = "duplicate"
	Automatic   Outcome = "automatic"
	Bounce      Outcome = "bounce"
	Junk        Outcome = "spam"
	Oversize    Outcome = "oversize"
	Quarantined Outcome = "quarantined"
	Ignored     Outcome = "ignored" // of a hook only: nothing in it means anything to us
)

// Outcomes are all of them, the good one first.
func Outcomes() []Outcome {
	return []Outcome{Ingested, Automatic, Junk, Duplicate, Bounce, Oversize, Quarantined}
}

// Cause is why a message came to its outcome, for programs: a code, and the one detail that
// belongs to it (a header, an address, a number). People read it in their own language.
type Cause struct {
	Code   string `json:"code"`
	Detail string `json:"detail,omitempty"`
}

// Entry is one line of the book of fetched messages: every message that was fetched has one.
type Entry struct {
	ID           EntryID         `json:"id"`
	Inbox        InboxID         `json:"inbox"`
	ExternalID   string          `json:"external_id"`
	Folder       string          `json:"folder,omitempty"`
	UID          uint32          `json:"uid,omitempty"`
	Outcome      Outcome         `json:"outcome"`
	Reason       string          `json:"reason"`
	Cause        Cause           `json:"cause"`
	From         Address         `json:"from"`
	To           string          `json:"to"`
	Subject      string          `json:"subject"`
	MessageID    string          `json:"message_id,omitempty"`
	Size         int64           `json:"size"`
	Raw          string          `json:"-"`
	HasRaw       bool            `json:"has_raw"`
	Written      time.Time       `json:"written_at,omitzero"` // as the mail says
	At           time.Time       `json:"at"`                  // when it was fetched and stored
	Conversation ConversationID  `json:"conversation,omitzero"`
	Number       int64           `json:"number,omitempty"`  // of that conversation
	Seq          int64           `json:"seq,omitempty"`     // of the message in it
	Delivery     DeliveryID      `json:"delivery,omitzero"` // of ours that it is about
	Link         string          `json:"link,omitempty"`    // by what it found its conversation: new, token, reference, number, subject, agent
	Parser       int             `json:"parser"`
	Trust        Trust           `json:"trust"`
	Report       *DeliveryReport `json:"report,omitempty"`
	DecidedBy    AgentID         `json:"decided_by,omitzero"` // who changed the outcome by hand
	DecidedAt    time.Time       `json:"decided_at,omitzero"`
}

// Trust is what our own mail server, and nobody else, found out about a sender (RFC 8601).
// The zero Trust: nothing is known.
type Trust struct {
	Verdict   Verdict `json:"verdict,omitempty"`
	By        string  `json:"by,omitempty"` // the server that says so
	SPF       string  `json:"spf,omitempty"`
	DKIM      string  `json:"dkim,omitempty"`
	DMARC     string  `json:"dmarc,omitempty"`
	Pretended string  `json:"pretended,omitempty"` // another address that the sender's name shows
}

// Verdict is how far a sender's address may be believed.
type Verdict string

// The verdicts.
const (
	Unchecked  Verdict = ""
	Confirmed  Verdict = "confirmed"
	Unproven   Verdict = "unproven"
	Contradict Verdict = "contradicted"
)

// SenderTrust is what readers of a mail are told of its sender; nil when nothing is known.
type SenderTrust struct {
	Verdict   Verdict `json:"verdict,omitempty"`
	Pretended bool    `json:"pretended,omitempty"` // their name shows another address than theirs
}

// Shown is what readers are told of it.
func (t Trust) Shown() *SenderTrust {
	s := SenderTrust{t.Verdict, t.Pretended != ""}
	if s == (SenderTrust{}) {
		return nil
	}
	return &s
}

// DeliveryReport is what a bounce says about one of our messages (RFC 3464).
type DeliveryReport struct {
	Action            string `json:"action"` // failed, delayed, delivered, relayed, expanded
	Status            string `json:"status"` // 5.1.1, or "" when the report does not say
	Recipient         string `json:"recipient"`
	OriginalMessageID string `json:"original_message_id"`
}

// Card is an invitation as people read it.
type Card struct {
	Method    string `json:"method,omitempty"` // REQUEST, CANCEL, REPLY, PUBLISH
	Summary   string `json:"summary"`
	Start     string `json:"start,omitempty"` // RFC 3339, or a date for a whole day
	End       string `json:"end,omitempty"`
	Location  string `json:"location,omitempty"`
	Organizer string `json:"organizer,omitempty"`
}

// EntryFilter narrows the book. Zero fields do not narrow.
type EntryFilter struct {
	Inbox   InboxID
	Outcome Outcome
	From    time.Time // fetched at or after
	Before  time.Time // fetched before
	Text    string    // parts of words of the sender, the subject, the id or the reason; the conversation's number

	Conversation ConversationID // the entry of one message of the log: of this conversation …
	Seq          int64          // … and with this seq

	Cursor string
	Limit  int
}

// Decision is what a person makes of an entry of the book.
type Decision struct {
	Verdict  Ruling
	By       Author
	Agent    AgentID // who it is, zero for a program
	In       Inbound // the mail as the current parser reads it; for spam it is not needed
	Previous Outcome // what the entry was when they decided, "" for whatever it is
}

// Ruling is the kind of a decision.
type Ruling string

// The rulings: into the log in spite of its outcome, to the spam, read with the current parser.
const (
	Release Ruling = "release"
	Discard Ruling = "spam"
	Reread  Ruling = "reread"
)

// Codes of causes that the book itself gives.
const (
	CauseReleased = "released"
	CauseByHand   = "by-hand"
)

// Acquaintance is what the log knows about the sender of an entry.
type Acquaintance struct {
	Wrote        int            `json:"wrote"`                 // mails of this address that were taken before
	Answers      bool           `json:"answers"`               // it answers a mail of ours
	Conversation ConversationID `json:"conversation,omitzero"` // where it belongs by what it answers
	Number       int64          `json:"number,omitempty"`
}
