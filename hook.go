package centrala

import "time"

// Hook is one post of a vendor's webhook, or one thing that a poller fetched, as it came: it is
// kept, sealed, before anybody reads it, and read from there. Every hook ends in one outcome.
type Hook struct {
	ID      HookID      `json:"id"`
	Inbox   InboxID     `json:"inbox"`
	Channel Channel     `json:"channel"`
	At      time.Time   `json:"at"`             // when it came
	Key     string      `json:"key,omitempty"`  // the vendor's id of it, unique per inbox; "": the same bytes are the same hook
	What    string      `json:"what,omitempty"` // in the vendor's words: "page / messages"; never anybody else's
	Outcome HookOutcome `json:"outcome"`
	Cause   Cause       `json:"cause,omitzero"`
	Size    int64       `json:"size"`
	HasBody bool        `json:"has_body"` // the raw body is still kept
	Body    []byte      `json:"-"`
	Digest  string      `json:"-"` // of the body
	Parser  int         `json:"parser,omitempty"`
	Tries   int         `json:"tries,omitempty"` // readings that failed
	ReadAt  time.Time   `json:"read_at,omitzero"`

	Items        int            `json:"items"`                 // things that it tells; of a forged one, how many posts it stands for
	Messages     int            `json:"messages"`              // of which are messages that are in the log by it
	Conversation ConversationID `json:"conversation,omitzero"` // of the first thing that is in one
	Number       int64          `json:"number,omitempty"`      // of that conversation
	Seq          int64          `json:"seq,omitempty"`         // of the first message in it
	Address      string         `json:"address,omitempty"`     // of a forged one: the network address it came from, cut to its prefix
}

// Replayable reports whether the hook may be read again: its body is kept, and it is neither
// forged nor a repetition.
func (h Hook) Replayable() bool {
	return h.HasBody && (h.Outcome == HookUnread || h.Outcome == HookNothing || h.Outcome == HookTaken)
}

// HookOutcome is what became of a hook.
type HookOutcome string

// The outcomes. Of an unread one what could be read was taken, and the rest waits for a parser
// that can: it may be replayed.
const (
	HookNew      HookOutcome = "new"
	HookTaken    HookOutcome = "taken"
	HookNothing  HookOutcome = "nothing" // nothing comes of it: kinds that are not known, or mean nothing to us
	HookRepeated HookOutcome = "repeated"
	HookUnread   HookOutcome = "unread"
	HookForged   HookOutcome = "forged" // a bad signature: refused, its body is not kept
)

// HookOutcomes are all of them, in the order of the page.
func HookOutcomes() []HookOutcome {
	return []HookOutcome{HookTaken, HookNothing, HookRepeated, HookUnread, HookForged, HookNew}
}

// Reading is what a hook tells, as the parser of its channel read it.
type Reading struct {
	Parser  int       // the parser's version
	What    string    // see Hook.What
	Items   []Inbound // in the vendor's order
	Skipped []string  // kinds that are not known, or of which nothing comes
	Bad     []Cause   // things in it that could not be read; the others are in Items
}

// HookRead is a reading on its way into the log. With Failed nothing at all could be read. Term
// is that of the lease under which it was read.
type HookRead struct {
	Hook    HookID
	Reading Reading
	Failed  *Cause
	Term    int64
}

// Mark is how far a poller has come, in its own words. It moves together with what was fetched.
type Mark struct {
	Inbox InboxID
	Name  string // an account may be read in several places
	Value string
	Term  int64 // of the lease under which it moves; 0: nobody else polls
}

// HookPreview is what would come of hooks that are read again.
type HookPreview struct {
	Hooks         int `json:"hooks"`         // that can be: their bodies are kept
	Conversations int `json:"conversations"` // that something would come into
	Reopened      int `json:"reopened"`      // of which are resolved now
	Messages      int `json:"messages"`
	Repeated      int `json:"repeated"` // things that are known already
}

// HookFilter narrows the book of hooks. Zero fields do not narrow.
type HookFilter struct {
	Inbox   InboxID
	Channel Channel
	Outcome HookOutcome
	From    time.Time
	Before  time.Time
	Text    string // part of What, Key, the cause, the conversation's number
	Cursor  string
	Limit   int
}

// Media is a file of a message from outside that its vendor still has.
type Media struct {
	ID     AttachmentID
	Inbox  InboxID
	Handle string
	Name   string
	Type   string
	Tries  int // that failed
}

// MediaBlob is where a file is put that was fetched.
func MediaBlob(id AttachmentID) string { return "media/" + id.String() }

// Fetched is how an attempt to fetch a Media ended: the file, or why not. With Next it is tried
// again then; without, it is lost.
type Fetched struct {
	ID    AttachmentID
	Part  *Part // Name, Type, Size, Blob
	Cause Cause
	Next  time.Time
	Term  int64
}

// Unnamed is somebody of whom a vendor has told without a name.
type Unnamed struct {
	Inbox   InboxID
	Account string // ours at the vendor
	Channel Channel
	Address string
	Tries   int // that failed
}

// Named is how an attempt to learn a name ended: the name, or with Next that the vendor is asked again
// then. Neither: it does not tell, and is asked no more; Spent: it could not be asked, and is when
// they write again.
type Named struct {
	Unnamed
	Name  string
	Next  time.Time
	Spent bool
	Term  int64
}

// TeamRead is how far the team has read a conversation at a vendor's: up to Upto, and up to After
// before.
type TeamRead struct {
	Conversation ConversationID
	After, Upto  int64
}

// Heard is the latest message of a customer's in some of a conversation, as its vendor knows it.
type Heard struct {
	Inbox        InboxID
	Channel      Channel
	Thread, Peer string // the vendor's names of the conversation and of whom it is with
	ID           string // of the message; "" when there is none
}

// Codes of causes of hooks that do not come from a parser.
const (
	CauseRead     = "read"     // Detail counts the things by kind: "message 1, delivery 3"
	CauseNothing  = "nothing"  // Detail names the kinds that were skipped
	CauseReplayed = "replayed" // it waits to be read again; Detail is the outcome that it had
	CauseErased   = "erased"   // its body went with a person who was erased
)
