package centrala

import (
	"io"
	"time"
)

// Post is something that a known person says, on its way into the log: a customer's chat
// message, an agent's reply or note.
type Post struct {
	Sender string // key space: the visitor's id, or the wire form of an AgentID or KeyID
	Key    string // unique per Sender, 1 to 64 bytes; the same key gives the first receipt again
	Author Author

	// Where it goes: Conversation, or, when that is zero, the unresolved conversation of
	// Contact in Inbox, or a new one. Customers are only let into their own.
	Conversation ConversationID
	Inbox        InboxID
	Channel      Channel
	Contact      *Contact // customers: made with the first message
	Agent        AgentID  // agents: who it is, to claim with and to check the scope of
	Scope        Scope

	Text        string
	Subject     string // only for a conversation that begins with this post
	Note        bool
	NoClaim     bool
	Reason      string // one sentence: why the agent has the conversation, if this answer claims it
	Attachments []AttachmentID
	Mentions    []AgentID // notes only: colleagues who are to see it; the order and doubles mean nothing
}

// Receipt is the answer to a post: where it is in the log. Repeated tells that the log had it
// already and this is the first answer again.
type Receipt struct {
	Conversation ConversationID `json:"conversation"`
	Message      string         `json:"message"`
	Seq          int64          `json:"seq"`
	At           time.Time      `json:"at"`
	Event        EventID        `json:"-"`
	Repeated     bool           `json:"-"`
}

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
)

// Address is a person's address on a channel, with the name they go by there.
type Address struct {
	Name    string `json:"name"`
	Address string `json:"address"`
}

// Inbound is a message from outside as an adapter read it: the vendor's facts, before anyone
// decides which conversation it belongs to.
type Inbound struct {
	Inbox      InboxID
	Channel    Channel
	ExternalID string // the vendor's id, unique per inbox; "" when the vendor gives none
	Outcome    Outcome
	Reason     string // why this outcome, in words
	From       Address
	To         []string
	Subject    string
	Text       string // what is shown first
	FullText   string
	HTML       string // sanitised, or empty
	Side       Side   // when the door or the writer says it
	Locale     string
	Phone      string

	MessageID  string // threading key without angle brackets, "" when there is none
	InReplyTo  []string
	References []string
	ReplyTo    ConversationID // from a verified reply token

	// Digest is a hash of what the sender wrote, without what servers on the way added. The
	// same MessageID with the same Digest in one inbox is the same message come twice.
	Digest string

	Attachments []Part
	At          time.Time // when it was written, as far as the vendor says

	// Cursor, when set, moves in the same transaction that stores the message.
	Cursor *Cursor
	// Raw names the stored raw form in the blob store, "" when there is none.
	Raw string
}

// Part is a file that came with an inbound message. Open may be called more than once.
type Part struct {
	Name   string
	Type   string
	Size   int64
	Inline bool
	CID    string
	Open   func() (io.ReadCloser, error)
	Blob   string // where Courier or intake put it
}

// Cursor is how far a mailbox has been read: the validity of its numbers and the last one.
type Cursor struct {
	Inbox    InboxID
	Folder   string
	Validity uint32
	UID      uint32
	Term     int64 // of the lease under which it is moved; 0: nobody else reads the mailbox
}

// Outbound is a message on its way to somebody outside: what a Sender needs to know.
type Outbound struct {
	Delivery     DeliveryID
	Attempt      int
	Inbox        Inbox
	Conversation ConversationID
	Number       int64
	Seq          int64
	To           Address
	Author       Author
	Locale       string
	Subject      string
	Text         string
	Signature    string
	Attachments  []Attachment
	InReplyTo    string
	References   []string
	MessageID    string // ours, the same for every attempt
	Quoted       []Message
	At           time.Time
	Automatic    bool // made by the program, not a person: surveys, acknowledgements
	HTML         string
	Unsubscribe  string // https address for List-Unsubscribe, surveys only
}

// Notice is a mail that the program writes by itself: a survey, a transcript, an
// acknowledgement. It belongs to a conversation but is no message of it.
type Notice struct {
	Conversation ConversationID `json:"conversation"`
	To           Address        `json:"to"`
	Locale       string         `json:"locale"`
	Subject      string         `json:"subject"`
	Text         string         `json:"text"`
	HTML         string         `json:"html,omitempty"`
	Unsubscribe  string         `json:"unsubscribe,omitempty"` // https address, surveys only
}

// Logged is a conversation that happened elsewhere, on the telephone or at a counter, and is
// written down by an agent, who has it then.
type Logged struct {
	Key     string
	Channel Channel
	Side    Side
	Name    string
	Email   string
	Phone   string
	Subject string
	Text    string
	Team    TeamID
}
