// Package channels is how words leave and enter by every line but chat: the ports that a line
// implements as far as it can, the Courier that sends what the log says is due, and the
// Exchange that keeps the listening lines open.
package channels

import (
	"context"
	"fmt"
	"io"
	"time"

	"centrala"
)

// Channel is one kind of line. What it can do beyond having a kind it says by implementing
// Sender, Listener, Tester or Explainer too.
type Channel interface {
	Kind() centrala.Channel
}

// Sender delivers to people outside. Send is called once per attempt and returns
//
//   - nil and the vendor's id when the other side has taken the message,
//   - *Noted and the id when it has, and people should know something about it,
//   - *centrala.Rejected when it never will,
//   - *centrala.Ambiguous when nobody can know,
//   - *Stopped when the line as a whole does not let us send,
//   - *Busy when the other side wants fewer messages for a while,
//   - any other error when trying again later is safe and may help.
//
// The same out gives the same message, so that a repetition can be recognised. Send ends soon
// after ctx does. It may be called from many goroutines.
type Sender interface {
	Channel
	Send(ctx context.Context, out centrala.Outbound) (externalID string, err error)
}

// Repeater is a Sender whose other side takes a message once, however often it is sent: it
// knows it again by a key. Only on such a line is an attempt of which nobody knows how it ended
// made again by itself.
type Repeater interface {
	Sender
	Key(out centrala.Outbound) string // the same for every attempt of a delivery, and no other's
}

// Keeper is a Sender that puts what was sent where the account's owner finds it, too: the folder
// of sent mail. Keep is called once the outcome of the sending is written down. It puts nothing
// there twice.
type Keeper interface {
	Sender
	Keep(ctx context.Context, out centrala.Outbound) error
}

// Noted says that the other side has taken a message, and what people should know about that.
type Noted struct{ Reason string }

// Error implements error.
func (n *Noted) Error() string { return "taken: " + n.Reason }

// Listener fetches what people outside wrote. Listen gives every message to the intake until
// ctx ends, and heals what time can heal itself. It returns *Stopped when a person must act
// first, ctx's error at the end.
type Listener interface {
	Channel
	Listen(ctx context.Context, inbox centrala.Inbox, to Intake) error
}

// Tester tries a line without sending or fetching anything. It always returns at least one
// finding and ends when ctx does.
type Tester interface {
	Channel
	Test(ctx context.Context, inbox centrala.Inbox) []Finding
}

// Explainer tells how a raw message of its kind is read, by the same code that reads the real
// ones, and stores nothing. Whatever raw holds, it answers with an outcome.
type Explainer interface {
	Channel
	Explain(ctx context.Context, raw io.Reader) Explanation
}

// Intake is the log's door for messages from outside. Receive returns once the message, or for
// outcomes other than ingested its line in the ledger, is on disk together with the cursor.
// ReceiveAll does so with several in their order, all of them in one commit or, with an error,
// none.
type Intake interface {
	Receive(ctx context.Context, in centrala.Inbound) (centrala.Receipt, error)
	ReceiveAll(ctx context.Context, ins []centrala.Inbound) ([]centrala.Receipt, error)
	Cursor(ctx context.Context, inbox centrala.InboxID, folder string) (centrala.Cursor, error)
}

// Stopped says that a line is shut until a person acts: a refused password, a closed account.
// Reason is one sentence for them, Code the same for programs, "" when it has none.
type Stopped struct {
	Code   string
	Reason string
	Err    error
}

// Error implements error.
func (s *Stopped) Error() string {
	if s.Err == nil {
		return "stopped: " + s.Reason
	}
	return fmt.Sprintf("stopped: %s: %v", s.Reason, s.Err)
}

// Unwrap returns the cause.
func (s *Stopped) Unwrap() error { return s.Err }

// Finding is one thing that a line test found out.
type Finding struct {
	Check string            `json:"check"` // imap.connect, smtp.login …
	OK    bool              `json:"ok"`
	Text  map[string]string `json:"text"`            // locale → what is so, and what to do when not OK
	Cause string            `json:"cause,omitempty"` // the other side's own words

	Warn    bool          `json:"warn,omitempty"`    // it works, and yet somebody should look at it
	Skipped bool          `json:"skipped,omitempty"` // it could not be asked
	Took    time.Duration `json:"took,omitempty"`
	Folders []string      `json:"folders,omitempty"` // of the mailbox, to choose from
}

// Explanation is how one raw message was read. Inbound is empty only when nothing in it could
// be read at all.
type Explanation struct {
	File    string                   `json:"file"`
	Outcome centrala.Outcome         `json:"outcome"`
	Reason  string                   `json:"reason"`
	Cause   centrala.Cause           `json:"cause"`
	Inbound []ExplainedInbound       `json:"inbound"`
	Bounce  *centrala.DeliveryReport `json:"bounce,omitempty"`
	Trust   centrala.Trust           `json:"trust"` // in the sender
	Notes   []string                 `json:"notes"` // what was repaired, and what else there is to know
}

// ExplainedInbound is an Inbound as people read it in an Explanation.
type ExplainedInbound struct {
	Kind        string             `json:"kind"`
	ExternalID  string             `json:"external_id"`
	From        centrala.Address   `json:"from"`
	To          []string           `json:"to"`
	Others      []centrala.Address `json:"others"` // whom else it went to
	Subject     string             `json:"subject"`
	Text        string             `json:"text"`
	FullText    string             `json:"full_text"`
	Pieces      []ExplainedPiece   `json:"pieces"` // of the whole text, in its order
	HTML        string             `json:"html"`
	InReplyTo   []string           `json:"in_reply_to"`
	References  []string           `json:"references"`
	Threading   Threading          `json:"threading"`
	Attachments []ExplainedPart    `json:"attachments"`
	At          string             `json:"at"`
	Locale      string             `json:"locale,omitempty"`

	Channel centrala.Channel  `json:"channel,omitempty"` // of what came as a hook, and so on
	Aliases []string          `json:"aliases,omitempty"`
	Thread  string            `json:"thread,omitempty"`
	About   *centrala.About   `json:"about,omitempty"`
	Payload string            `json:"payload,omitempty"`
	Matters []centrala.Matter `json:"matters,omitempty"`
}

// Threading is by what a message finds its conversation, strongest first.
type Threading struct {
	MessageID string                  `json:"message_id"`
	Token     centrala.ConversationID `json:"token"` // of a reply address that we signed
	Keys      []string                `json:"keys"`  // ids in the order in which they are looked up
	Number    int64                   `json:"number,omitempty"`
	Subject   string                  `json:"subject"` // as it is compared
	Generic   bool                    `json:"generic"` // and says too little to be compared
}

// ExplainedPiece is some of a text: new and shown first, or history or signature and folded.
type ExplainedPiece struct {
	Kind string `json:"kind"`
	Text string `json:"text"`
}

// ExplainedPart is one file of an ExplainedInbound.
type ExplainedPart struct {
	Name   string         `json:"name"`
	Type   string         `json:"type"`
	Size   int64          `json:"size"`
	Inline bool           `json:"inline"`
	Card   *centrala.Card `json:"card,omitempty"`
}
