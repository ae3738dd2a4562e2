package centrala

import "time"

// Status is where a conversation stands.
type Status string

// A conversation waits until an agent has it, is open while one does, sleeps while snoozed,
// and is over when resolved.
const (
	Waiting  Status = "waiting"
	Open     Status = "open"
	Snoozed  Status = "snoozed"
	Resolved Status = "resolved"
)

// Turn says whose answer is due.
type Turn string

// The turns.
const (
	AgentsTurn    Turn = "agent"
	CustomersTurn Turn = "customer"
)

// ReopenWithin is how long after its end a customer's message still reopens a conversation;
// a later one opens a new conversation that is linked to the old.
const ReopenWithin = 30 * 24 * time.Hour

// MaxTags is how many tags a conversation may carry.
const MaxTags = 20

// Conversation is one matter between a contact and the team. It always has an inbox, a
// channel and a contact; it has an assignee exactly while it is open, or snoozed by one.
type Conversation struct {
	ID           ConversationID
	Number       int64 // short, for people: "#20417"
	Inbox        InboxID
	Channel      Channel
	Side         Side
	Status       Status
	Turn         Turn
	Subject      string
	Contact      ContactID
	ContactName  string
	Verified     bool      // the contact's identity was signed by the host site
	Origin       ContactID // as whom they came, when that contact has been joined with another since; see Visitor
	Team         TeamID
	Assignee     AgentID
	AssigneeName string
	LastAssignee AgentID // who had it before; routing prefers them
	Priority     int     // 0 normal, 1 high, 2 urgent
	Tags         []string
	Complaint    bool
	Spam         bool
	Unasked      bool // ended with the wish that nobody is asked how it went
	HumanReplied bool // a person has answered publicly at least once
	Answers      int  // public replies by people
	Mentions     []Mention
	Participants []Participant // who else reads along by mail
	ThreadID     string        // the vendor's name of it, on channels that have such
	Matters      []Matter      // what it is about, as the vendor says
	Human        bool          // its account lets people answer for longer; see WindowOf

	LastSeq  int64 // the highest seq given
	LastN    int64 // the highest n given
	LastText Preview
	Unread   int // customer messages that no agent has read

	ReadByCustomer, ReadByAgent, ReceivedByCustomer int64

	OpenedAt      time.Time
	HeardAt       time.Time // when the customer last did something, by the vendor's clock; zero on channels that are no vendor's
	WaitingSince  time.Time // when the oldest unanswered customer message came; zero on the customer's turn
	QueuedAt      time.Time // place in the queue; kept over a transfer
	FirstReplyAt  time.Time
	FirstReplyDue time.Time
	Due           time.Time // when the next answer is promised; zero on the customer's turn
	Alarm         Alarm     // what has been said about that promise
	SnoozedUntil  time.Time
	ResolvedAt    time.Time
	UpdatedAt     time.Time

	Reason     string // why this agent, or why still waiting: one sentence
	Previous   ConversationID
	MergedInto ConversationID
	Version    int64 // grows with every change that is not a message
}

// Preview is the last public words of a conversation, at most 200 characters.
type Preview struct {
	Seq    int64
	Author Author
	Text   string
	At     time.Time
}

// Visitor is the contact as whom the customer came. It is Contact, until that one is found to be the
// same person as another: Contact is then the other one, and Visitor stays. What customers see goes
// by Visitor, so that joining two contacts, or telling them apart again, never shows anybody more
// or less than before.
func (c Conversation) Visitor() ContactID {
	if c.Origin != 0 {
		return c.Origin
	}
	return c.Contact
}

// Begin is a new conversation of a contact, before its first message.
func Begin(id ConversationID, in Inbox, contact Contact, side Side, now time.Time) Conversation {
	return Conversation{
		ID: id, Inbox: in.ID, Channel: in.Channel, Side: side, Status: Waiting, Turn: AgentsTurn,
		Contact: contact.ID, ContactName: contact.Name, Verified: contact.Verified, Team: in.Team,
		OpenedAt: now, QueuedAt: now, UpdatedAt: now, Version: 1,
	}
}

// Continues reports whether a customer's message that comes at now belongs to c: it is not
// over, or not over for long.
func (c Conversation) Continues(now time.Time) bool {
	return c.MergedInto == 0 && (c.Status != Resolved || now.Sub(c.ResolvedAt) < ReopenWithin)
}

// Window is until when the customer may be answered on the conversation's own channel.
func (c Conversation) Window() Window { return WindowOf(c.Channel, c.HeardAt, c.Human) }
