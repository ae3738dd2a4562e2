package email

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/emersion/go-message/textproto"

	"centrala"
	"centrala/channels"
	"centrala/channels/email/letter"
)

// origin is what is known of a mail besides its bytes.
type origin struct {
	inbox      centrala.Inbox
	externalID string // zero: the mail's own id
	received   time.Time
	size       int64 // as the server says; the bytes may be the header alone when it is too large
}

// reading is what a mail says.
type reading struct {
	in     centrala.Inbound
	bounce *channels.Bounce
}

// read reads one mail. The error is only ever the reader's or the keeper's: what is wrong with
// the mail itself is the outcome.
func (c *Channel) read(r io.Reader, o origin, keep letter.Keeper) (got reading, err error) {
	a, err := letter.Read(r, o.size > letter.MaxMail, keep)
	if err != nil {
		return got, err
	}
	a.TooBig = a.TooBig || o.size > letter.MaxMail
	in := &got.in
	*in = centrala.Inbound{Inbox: o.inbox.ID, Channel: centrala.Email, ExternalID: o.externalID, Digest: a.Digest}
	c.heading(in, a.Header, o)
	if in.MessageID == "" {
		in.MessageID = in.Digest[:32] + "@" + noDomain
	}
	if in.ExternalID == "" {
		in.ExternalID = in.MessageID
	}
	c.contents(in, a)
	got.bounce = judge(in, a, own(o.inbox, in.From.Address))
	return got, nil
}

// noDomain ends the ids that we make for mails that came without one.
const noDomain = "centrala.local"

// heading reads who wrote to whom, when, about what and in answer to what.
func (c *Channel) heading(in *centrala.Inbound, h textproto.Header, o origin) {
	for _, name := range []string{"From", "Reply-To", "Sender", "Return-Path"} {
		if list := letter.Addresses(h.Get(name)); len(list) > 0 {
			in.From = list[0]
			break
		}
	}
	if answersElsewhere(h, in.From.Address) && robots.MatchString(in.From.Address) {
		in.From = letter.Addresses(h.Get("Reply-To"))[0]
	}
	for _, name := range []string{"To", "Cc"} {
		for _, value := range h.Values(name) {
			for _, a := range letter.Addresses(value) {
				if !slices.Contains(in.To, a.Address) {
					in.To = append(in.To, a.Address)
				}
			}
		}
	}
	for _, to := range slices.Concat(in.To, h.Values("Delivered-To"), h.Values("X-Original-To"), h.Values("Envelope-To")) {
		for _, a := range letter.Addresses(to) {
			if in.ReplyTo == 0 {
				in.ReplyTo = c.tokens.conversation(a.Address)
			}
		}
	}
	in.Subject = centrala.Clip(letter.Text(h, "Subject"), 998)
	in.MessageID = letter.MessageID(h)
	in.InReplyTo, in.References = letter.IDs(h, "In-Reply-To"), letter.IDs(h, "References")
	in.At = letter.Date(h, o.received)
}

// contents is what people read of it.
func (c *Channel) contents(in *centrala.Inbound, a *letter.Letter) {
	in.Attachments = a.Files
	if a.HTML != "" {
		in.HTML = strings.TrimSpace(c.policy.Sanitize(a.HTML))
	}
	in.FullText = a.Text
	in.Text = clipText(letter.ShownFirst(a.Text))
	if in.Text == "" && len(in.Attachments) == 0 {
		in.Text = in.Subject // many write their whole question there
	}
	if strings.ContainsAny(in.Text+in.Subject, "ąćęłńśźżĄĆĘŁŃŚŹŻ") {
		in.Locale = "pl"
	}
}

// clipText cuts what is shown first to the length of a message; the whole is kept beside it.
func clipText(s string) string {
	if utf8.RuneCountInString(s) <= centrala.MaxText {
		return s
	}
	return string([]rune(s)[:centrala.MaxText-1]) + "…"
}

// judge decides the outcome.
func judge(in *centrala.Inbound, a *letter.Letter, own bool) *channels.Bounce {
	set := func(o centrala.Outcome, why string) { in.Outcome, in.Reason = o, why }
	switch {
	case a.TooBig:
		set(centrala.Oversize, fmt.Sprintf("larger than %d MB", letter.MaxMail>>20))
		return nil
	case a.Broken != nil:
		set(centrala.Quarantined, a.Broken.Error())
		return nil
	}
	if b := bounceOf(a, in.From, in.Subject); b != nil {
		set(centrala.Bounce, letter.OneLine("a delivery report: "+b.Action+" "+b.Status))
		return b
	}
	why := automatic(a.Header, in.From.Address, in.Subject)
	filter := spam(a.Header)
	switch {
	case in.From.Address == "":
		set(centrala.Quarantined, "nobody is named as the sender")
	case own:
		set(centrala.Automatic, "sent from the mailbox's own address")
	case filter != "":
		set(centrala.Junk, filter)
	case why != "":
		set(centrala.Automatic, why)
	case in.Text == "" && len(in.Attachments) == 0:
		set(centrala.Quarantined, "there is nothing in it")
	default:
		set(centrala.Ingested, "a message from a person")
		if len(a.Notes) > 0 {
			in.Reason += "; " + strings.Join(a.Notes, "; ")
		}
	}
	return nil
}

// own reports whether a mail came from the inbox's own address.
func own(inbox centrala.Inbox, from string) bool {
	return inbox.Mailbox != nil && inbox.Mailbox.Address != "" && strings.EqualFold(inbox.Mailbox.Address, from)
}
