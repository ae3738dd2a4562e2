package email

import (
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/emersion/go-message/textproto"

	"centrala"
	"centrala/channels/email/letter"
	"centrala/channels/email/quote"
	"centrala/channels/email/sorting"
	"centrala/words"
)

// origin is what is known of a mail besides its bytes.
type origin struct {
	inbox      centrala.Inbox
	externalID string // zero: the mail's own id
	received   time.Time
	size       int64 // as the server says; the bytes may be the header alone when it is too large
}

// reading is what a mail says, and what it took to read it.
type reading struct {
	in    centrala.Inbound
	notes []string // repairs, and what a report says of other recipients
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
	known := sorting.Known{Received: o.received}
	if box := o.inbox.Mailbox; box != nil {
		known.Mailbox, known.Authority = box.Address, box.Authority
	}
	more := sorting.Judge(in, a, known)
	got.notes = append(a.Notes, more...)
	c.others(in, a.Header, known.Mailbox)
	if in.Outcome == centrala.Bounce {
		c.returned(in, a)
	}
	in.Size, in.Parser, in.Policy = o.size, Parser, letter.PolicyVersion
	return got, nil
}

// others are whom a mail went to besides us and its sender.
func (c *Channel) others(in *centrala.Inbound, h textproto.Header, mailbox string) {
	for _, name := range []string{"To", "Cc"} {
		for _, value := range h.Values(name) {
			for _, a := range letter.Addresses(value) {
				same := func(b centrala.Address) bool { return strings.EqualFold(a.Address, b.Address) }
				if len(in.Others) < maxOthers && !same(in.From) && !sorting.Own(mailbox, a.Address) && c.tokens.conversation(a.Address) == 0 &&
					!slices.ContainsFunc(in.Others, same) {
					in.Others = append(in.Others, a)
				}
			}
		}
	}
}

// maxOthers is how many people may take part in a conversation by one mail.
const maxOthers = 100

// returned ties a report to the mail of ours that it is about: by its id, and by the signed
// address that its answers were asked for at.
func (c *Channel) returned(in *centrala.Inbound, a *letter.Letter) {
	if id := in.Report.OriginalMessageID; id != "" && !slices.Contains(in.References, id) {
		in.References = append(in.References, id)
	}
	for _, at := range sorting.ReplyAddresses(a) {
		if in.ReplyTo == 0 {
			in.ReplyTo = c.tokens.conversation(at)
		}
	}
}

// Parser changes whenever mails are read in another way, so that what an older version read can
// be told, and read again.
const Parser = 3

// LoopHeader marks the mails that this program writes by itself.
const LoopHeader = sorting.LoopHeader

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
	if sorting.AnswersElsewhere(h, in.From.Address) && sorting.IsRobot(in.From.Address) {
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
	in.Text = clipText(quote.ShownFirst(a.Text))
	if a.Sealed != letter.Open && (strings.TrimSpace(a.Text) == "" || strings.Contains(a.Text, "-----BEGIN PGP MESSAGE-----")) {
		in.Text = sealed(a.Sealed)
	}
	if in.Text == "" && len(in.Attachments) == 0 {
		in.Text = in.Subject // many write their whole question there
	}
	if strings.ContainsAny(in.Text+in.Subject, "ąćęłńśźżĄĆĘŁŃŚŹŻ") {
		in.Locale = "pl"
	}
}

// sealed stands in place of a text that only its recipient can read, in every language: nobody
// knows yet which of the team will see it.
func sealed(by letter.Sealed) string {
	var all []string
	for _, locale := range words.Locales() {
		all = append(all, words.For(locale).Sealed(string(by)))
	}
	return strings.Join(all, "\n\n")
}

// clipText cuts what is shown first to the length of a message; the whole is kept beside it.
func clipText(s string) string {
	if utf8.RuneCountInString(s) <= centrala.MaxText {
		return s
	}
	return string([]rune(s)[:centrala.MaxText-1]) + "…"
}
