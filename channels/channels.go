// Package channels is how words leave and enter by every line but chat: the ports that a line
// implements as far as it can, the Courier that sends what the log says is due, and the
// Exchange that keeps the listening lines open.
package channels

import (
	"context"
	"fmt"
	"io"

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
//   - *centrala.Rejected when it never will,
//   - *centrala.Ambiguous when nobody can know,
//   - *Stopped when the line as a whole does not let us send,
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
type Intake interface {
	Receive(ctx context.Context, in centrala.Inbound) (centrala.Receipt, error)
	Cursor(ctx context.Context, inbox centrala.InboxID, folder string) (centrala.Cursor, error)
}

// Stopped says that a line is shut until a person acts: a refused password, a closed account.
// Reason is one sentence for them.
type Stopped struct {
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
}

// Explanation is how one raw message was read. Inbound is empty only when nothing in it could
// be read at all.
type Explanation struct {
	File    string             `json:"file"`
	Outcome centrala.Outcome   `json:"outcome"`
	Reason  string             `json:"reason"`
	Inbound []ExplainedInbound `json:"inbound"`
	Bounce  *Bounce            `json:"bounce,omitempty"`
}

// ExplainedInbound is an Inbound as people read it in an Explanation.
type ExplainedInbound struct {
	Kind        string           `json:"kind"`
	ExternalID  string           `json:"external_id"`
	From        centrala.Address `json:"from"`
	To          []string         `json:"to"`
	Subject     string           `json:"subject"`
	Text        string           `json:"text"`
	FullText    string           `json:"full_text"`
	HTML        string           `json:"html"`
	InReplyTo   []string         `json:"in_reply_to"`
	References  []string         `json:"references"`
	Attachments []ExplainedPart  `json:"attachments"`
	At          string           `json:"at"`
}

// ExplainedPart is one file of an ExplainedInbound.
type ExplainedPart struct {
	Name   string `json:"name"`
	Type   string `json:"type"`
	Size   int64  `json:"size"`
	Inline bool   `json:"inline"`
}

// Bounce is what a delivery report says about one of our messages.
type Bounce struct {
	Action            string `json:"action"` // failed, delayed, delivered, relayed, expanded
	Status            string `json:"status"` // 5.1.1, or "" when the report does not say
	Recipient         string `json:"recipient"`
	OriginalMessageID string `json:"original_message_id"`
}
