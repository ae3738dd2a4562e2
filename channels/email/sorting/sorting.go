// Package sorting decides what a letter is: a person's words, a program's, a mail server's
// report or junk; why; and how far its sender may be believed. Its decisions are made of the
// letter alone and what Known says, so the same letter is sorted the same way again.
package sorting

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"centrala"
	"centrala/channels/email/letter"
)

// The codes of the causes. Detail is the header's value, the address or the number that decided;
// where several headers say the same, also the header's name.
const (
	Person        = "person"
	NoMessageID   = "no-message-id" // a person's; we gave it an id of our own
	AutoSubmitted = "auto-submitted"
	Precedence    = "precedence"
	List          = "list"
	Suppress      = "suppress"
	NullPath      = "null-path"
	RobotAddress  = "robot-address"
	Absence       = "absence-subject"
	Report        = "report"
	LoopMark      = "loop-header"
	OwnAddress    = "own-address"
	SpamFlag      = "spam-flag"
	TooBig        = "too-big"
	Unreadable    = "unreadable"
	NoHeader      = "no-header"
	NoSender      = "no-sender"
	Empty         = "empty"
	DMARC         = "dmarc"
	BounceFailed  = "bounce-failed"
	BounceDelayed = "bounce-delayed"
	BounceOther   = "bounce-other"
)

// Known is what is known of a letter beside its bytes.
type Known struct {
	Mailbox   string    // the inbox's own address; "": unknown
	Authority string    // under which our own mail server writes what it found out; "": nobody is believed
	Received  time.Time // when the server got it; zero: when it says that it was written
}

// Judge sorts a letter whose heading and contents are in in: it sets the outcome with its
// reason and cause, what a report says, and the trust in the sender. notes are what else there
// is to tell: other recipients of a report.
func Judge(in *centrala.Inbound, a *letter.Letter, k Known) (notes []string) {
	set := func(o centrala.Outcome, code, detail, why string) {
		detail = centrala.Clip(letter.OneLine(strings.ToValidUTF8(detail, "\ufffd")), 200)
		in.Outcome, in.Cause, in.Reason = o, centrala.Cause{Code: code, Detail: detail}, letter.OneLine(strings.ToValidUTF8(why, "\ufffd"))
	}
	policy := ""
	in.Trust, policy = trust(a.Header, in.From, k.Authority)
	switch {
	case a.TooBig:
		limit := fmt.Sprintf("%d MB", letter.MaxMail>>20)
		set(centrala.Oversize, TooBig, limit, "larger than "+limit)
		return nil
	case errors.Is(a.Broken, letter.ErrNoHeader):
		set(centrala.Quarantined, NoHeader, "", a.Broken.Error())
		return nil
	case a.Broken != nil:
		set(centrala.Quarantined, Unreadable, a.Broken.Error(), a.Broken.Error())
		return nil
	}
	if in.Trust.Verdict == centrala.Contradict && (policy == "quarantine" || policy == "reject") {
		set(centrala.Quarantined, DMARC, domainOf(in.From.Address)+" p="+policy, "our mail server says that the sender is not who it claims to be (dmarc=fail, p="+policy+")")
		return nil
	}
	if b, more := bounceOf(a, in.From, in.Subject); b != nil {
		in.Report = b
		set(centrala.Bounce, bounceCode(b.Action), b.Status, letter.OneLine("a delivery report: "+b.Action+" "+b.Status))
		return more
	}
	cause, why := automatic(a.Header, in.From.Address, in.Subject, when(in.At, k.Received))
	filter := spam(a.Header)
	switch {
	case in.From.Address == "":
		set(centrala.Quarantined, NoSender, "", "nobody is named as the sender")
	case Own(k.Mailbox, in.From.Address):
		set(centrala.Automatic, OwnAddress, in.From.Address, "sent from the mailbox's own address")
	case filter != "":
		name, _, _ := strings.Cut(filter, ":")
		set(centrala.Junk, SpamFlag, filter, "the header "+name)
	case why != "":
		set(centrala.Automatic, cause.Code, cause.Detail, why)
	case in.Text == "" && len(in.Attachments) == 0:
		set(centrala.Quarantined, Empty, "", "there is nothing in it")
	default:
		code, detail := Person, ""
		if letter.MessageID(a.Header) == "" {
			code, detail = NoMessageID, in.MessageID
		}
		set(centrala.Ingested, code, detail, "a message from a person")
		if len(a.Notes) > 0 {
			in.Reason += "; " + strings.Join(a.Notes, "; ")
		}
	}
	return nil
}

func bounceCode(action string) string {
	switch action {
	case "failed":
		return BounceFailed
	case "delayed":
		return BounceDelayed
	}
	return BounceOther
}

// when is the time to compare with the mails that a letter answers.
func when(written, received time.Time) time.Time {
	if received.IsZero() {
		return written
	}
	return received
}

// Own reports whether an address is the mailbox's own, or one of the aliases "box+anything@"
// that answers are asked for at.
func Own(mailbox, from string) bool {
	local, domain, _ := strings.Cut(strings.ToLower(mailbox), "@")
	theirs, at, _ := strings.Cut(strings.ToLower(from), "@")
	return local != "" && domain == at && (theirs == local || strings.HasPrefix(theirs, local+"+"))
}

func domainOf(address string) string {
	return strings.ToLower(address[strings.LastIndexByte(address, '@')+1:])
}
