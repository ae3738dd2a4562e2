package centrala

import (
	"cmp"
	"strings"
	"time"
)

// BounceCause is why a mail came back, as a code; people read it in their own language.
type BounceCause string

// The causes, by the status codes of RFC 3463.
const (
	MailboxFull    BounceCause = "mailbox-full"
	UnknownAddress BounceCause = "unknown-address"
	ClosedMailbox  BounceCause = "closed-mailbox"
	TooLarge       BounceCause = "too-large"
	RefusedAsSpam  BounceCause = "refused-as-spam"
	NoServer       BounceCause = "no-server"
	Refused        BounceCause = "refused"
)

// The causes of channels that are no mail.
const (
	OutsideWindow BounceCause = "outside-window" // the vendor lets nobody write to the person any more
	Unreachable   BounceCause = "unreachable"    // they have blocked us, or are not there
	BadTemplate   BounceCause = "bad-template"   // it is not approved, or its blanks are wrong
	BadFile       BounceCause = "bad-file"       // too large, or of a kind that the vendor does not take
	NotOpen       BounceCause = "not-open"       // the vendor has closed the conversation
)

// What an address has to do until mail to it is given up: be refused for good once, or come
// back SoftBounces times within SoftWindow.
const (
	SoftBounces = 3
	SoftWindow  = 7 * 24 * time.Hour
)

// Final reports whether the mail that the report is about will not arrive any more. A server
// that says so has given up, also after failures that might have passed (4.x.x).
func (r DeliveryReport) Final() bool { return cmp.Or(r.Action, "failed") == "failed" }

// Told reports whether the report says that something went wrong at all.
func (r DeliveryReport) Told() bool { return r.Final() || r.Action == "delayed" }

// Hard reports whether the address itself is at fault, for good: writing to it again is of no
// use. A full mailbox, a letter too large or taken for spam are no fault of the address.
func (r DeliveryReport) Hard() bool {
	if !r.Final() || !strings.HasPrefix(r.Status, "5.") {
		return false
	}
	return r.Cause().Lasting()
}

// Sentence is the cause and the report's own code in English words; the console knows them and
// says them in the reader's language.
func (r DeliveryReport) Sentence() string {
	why := map[BounceCause]string{
		MailboxFull: "the mailbox is full", UnknownAddress: "there is no such address", ClosedMailbox: "the mailbox is closed", TooLarge: "the mail is too large",
		RefusedAsSpam: "the mail was taken for spam", NoServer: "no server takes mail for the address", Refused: "the mail was refused",
	}[r.Cause()]
	if !r.Final() {
		why = "the mail is delayed"
	}
	if r.Status != "" {
		why += " (" + r.Status + ")"
	}
	return why
}

// Lasting reports whether writing again is of no use.
func (c BounceCause) Lasting() bool {
	return c == UnknownAddress || c == ClosedMailbox || c == NoServer || c == Refused
}

// Cause is why the mail came back, as far as the status says.
func (r DeliveryReport) Cause() BounceCause {
	_, detail, _ := strings.Cut(r.Status, ".")
	switch subject, _, _ := strings.Cut(detail, "."); {
	case detail == "2.2":
		return MailboxFull
	case detail == "2.1" || detail == "1.6":
		return ClosedMailbox
	case detail == "2.3" || detail == "3.4":
		return TooLarge
	case detail == "1.2" || detail == "4.4" || detail == "4.1":
		return NoServer
	case subject == "1":
		return UnknownAddress
	case subject == "7":
		return RefusedAsSpam
	}
	return Refused
}

// returned: what came back is the team's business again. A resolved conversation is not taken
// up by it, since nobody asked anything: the owner finds it among what names them.
func (c *Conversation) returned(cmd Return, now time.Time) []Step {
	steps := c.wake()
	if c.Status != Resolved && c.Turn != AgentsTurn {
		c.promise(now)
	}
	steps = append(steps, Step{DeliveryReturned, true, Facts{Kind: "returned", Delivery: cmd.Delivery, Seq: cmd.Of, State: string(DeliveryBounced),
		Cause: cmd.Cause, Reason: cmd.Reason}})
	if owner := cmp.Or(c.Assignee, c.LastAssignee); owner != 0 {
		c.Mention([]AgentID{owner}, c.LastSeq+int64(len(steps)))
	}
	return steps
}
