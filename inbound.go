package centrala

import (
	"io"
	"strings"
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

	// Agents' answers only.
	Via      Channel   // another way out than the conversation's own: Email, or Messenger for a comment that is answered in private
	Answers  int64     // seq of the message that it answers in particular
	Template *Template // of WhatsApp; Text is how it reads
}

// MostNamed is how many articles an acknowledgement names.
const MostNamed = 3

// Receipt is the answer to a post: where it is in the log. Repeated tells that the log had it
// already and this is the first answer again.
type Receipt struct {
	Conversation ConversationID       `json:"conversation"`
	Message      string               `json:"message"`
	Seq          int64                `json:"seq"`
	At           time.Time            `json:"at"`
	Event        EventID              `json:"-"`
	Repeated     bool                 `json:"-"`
	Offered      [MostNamed]ArticleID `json:"-"` // the articles that its acknowledgement names, or would if they were not held back; 0: no more
}

// Address is a person's address on a channel, with the name they go by there.
type Address struct {
	Name    string `json:"name"`
	Address string `json:"address"`
}

// Domain is the part of an address behind its first @, in lower case; "" when there is none.
func (a Address) Domain() string {
	_, domain, _ := strings.Cut(strings.ToLower(strings.TrimSpace(a.Address)), "@")
	return domain
}

// Inbound is a message from outside as an adapter read it: the vendor's facts, before anyone
// decides which conversation it belongs to.
type Inbound struct {
	Kind       InboundKind // "": a message
	Inbox      InboxID
	Channel    Channel
	ExternalID string // the vendor's id, unique per inbox; "" when the vendor gives none
	Outcome    Outcome
	Reason     string   // why this outcome, in English words
	Cause      Cause    // the same for programs and other languages
	From       Address  // the person outside; of an echo, whom our words went to
	Aliases    []string // further addresses of the same person in the same account, each as good as the first
	To         []string
	Others     []Address // whom else it went to, besides ourselves
	Subject    string
	Text       string // what is shown first
	FullText   string
	HTML       string // sanitised, or empty
	Policy     int    // the version of the rules by which it was
	Side       Side   // when the door or the writer says it
	Locale     string
	Visitor    string // who wrote it, on a page of ours: the id under which they were shown articles; "" unknown
	Phone      string
	Email      string // where From.Address is none: what else the door says of the person
	Proven     Proven // what of that the door vouches for

	MessageID  string // threading key without angle brackets, "" when there is none
	InReplyTo  []string
	References []string
	ReplyTo    ConversationID // from a verified reply token

	// Digest is a hash of what the sender wrote, without what servers on the way added. The
	// same MessageID with the same Digest in one inbox is the same message come twice.
	Digest string

	// ThreadID is the vendor's own name of the conversation, where it has conversations; "": whatever
	// a person writes to the account is one conversation at a time.
	ThreadID string
	About    *About   // of kinds that are about an earlier message, and of messages that answer one
	Payload  string   // of a button that was pressed
	Matters  []Matter // what the conversation is about, as the vendor says; it replaces those of the same kind and id

	// Articles may answer it, the surest first; everybody may read them. Held says that whoever
	// wrote is shown none. An acknowledgement outside hours names them, if the inbox does that.
	Articles []Suggestion
	Held     bool

	Attachments []Part
	At          time.Time // when it was written, as far as the vendor says

	// Cursor, when set, moves in the same transaction that stores the message.
	Cursor *Cursor
	// Raw names the stored raw form in the blob store, "" when there is none; Size is its bytes
	// as the other side counts them, Parser the version of what read it.
	Raw    string
	Size   int64
	Parser int

	// Entry is the line that the message has in the book already, when it is decided on anew;
	// zero for one that comes in now. Nobody is written to because of an old mail.
	Entry EntryID

	Trust  Trust           // what our own mail server found out about the sender
	Report *DeliveryReport // what a bounce says
}

// Proven tells which of a person's addresses somebody other than the person says are theirs.
type Proven struct{ Email, Phone bool }

// Part is a file that came with an inbound message. Open may be called more than once.
type Part struct {
	Name   string
	Type   string
	Size   int64
	Inline bool
	CID    string
	Open   func() (io.ReadCloser, error) `json:"-"`
	Blob   string                        // where Courier or intake put it
	Handle string                        // by which the channel fetches it later from its vendor; it may be a secret. With it there is no Blob yet
	Card   *Card                         // of an invitation
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
	Cc           []Address // the conversation's participants
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
	Reply        bool   // Automatic, and an answer to somebody's own mail: it leaves with an empty sender
	Unsubscribe  string // https address for List-Unsubscribe, surveys only

	Channel  Channel   // by which it leaves
	Portion  int       // which of the portions of the answer this is, from 0; see Portions
	ThreadID string    // the vendor's name of the conversation
	Answers  string    // the vendor's id of the message that it answers, "" when none in particular
	Aliases  []string  // further addresses of whom it is for
	Window   Window    // within which it may be sent, as it is now
	Doubtful bool      // an earlier attempt may have been taken
	Template *Template // sent instead of free words; Text is how it reads
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
	Articles     []ArticleID    `json:"-"`                     // that it names, or would if they were not held back
	Reply        bool           `json:"reply,omitempty"`       // it answers somebody's own mail (RFC 3834: auto-replied)
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
