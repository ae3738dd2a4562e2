package allegro

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"centrala"
	"centrala/channels"
)

// parser is the version of what reads hooks. A hook that an older one could not read may be
// replayed.
const parser = 1

// How threads of the vendor are named; see centrala.MeasureOf.
const (
	threadMark = "thr:"
	issueMark  = "iss:"
)

// gone is what somebody is called whose account is no more, in the vendor's own words.
const gone = "konto usunięte"

// advisor stands before the words of the vendor's own people and programs in an issue: they are
// neither the buyer's nor ours.
const advisor = "Allegro"

// reading is one Read under way.
type reading struct {
	inbox centrala.Inbox
	out   centrala.Reading
}

// Read implements channels.Reader. It knows the forms in which this package keeps messages and
// issues, and the vendor's pages of threads, messages, issues and chats.
func (c *Channel) Read(inbox centrala.Inbox, h centrala.Hook) (centrala.Reading, error) {
	r := &reading{inbox: inbox, out: centrala.Reading{Parser: parser}}
	var b body
	dec := json.NewDecoder(bytes.NewReader(h.Body))
	if err := dec.Decode(&b); err != nil {
		return r.out, &channels.Fault{Code: "json", Err: fmt.Errorf("it is no JSON of the vendor: %w", bareJSON(err))}
	}
	switch {
	case b.Issue != nil:
		r.out.What = "issue"
		r.issue(b.Issue, b.Chat)
	case b.Message != nil:
		r.out.What = "message"
		r.message(b.Message, b.Thread)
	case b.Messages != nil:
		r.out.What = "page of messages"
		for _, raw := range b.Messages {
			r.message(raw, nil)
		}
	case b.Issues != nil:
		r.out.What = "page of issues"
		for _, raw := range b.Issues {
			r.issue(raw, nil)
		}
	case b.Chat != nil:
		r.out.What = "chat of an issue"
		for _, m := range r.chat(b.Chat) {
			r.said(issue{}, m)
		}
	case b.Threads != nil:
		r.out.What = "page of threads"
		for range b.Threads {
			r.skip("thread")
		}
	default:
		return r.out, &channels.Fault{Code: "shape", Err: errors.New("it is neither a page of the vendor's nor what was kept of one")}
	}
	return r.out, nil
}

// bareJSON is an error without the words that were being read.
func bareJSON(err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Errorf("at byte %d", syntax.Offset)
	case errors.As(err, &kind):
		return fmt.Errorf("a %s where none belongs, at byte %d", kind.Value, kind.Offset)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("it ends too early")
	}
	return errors.New("it is of another form")
}

func (r *reading) skip(what string) { r.out.Skipped = append(r.out.Skipped, what) }

func (r *reading) bad(what string, err error) {
	r.out.Bad = append(r.out.Bad, centrala.Cause{Code: "unreadable", Detail: what + ": " + err.Error()})
}

// inbound is what all things of this line have in common.
func (r *reading) inbound(kind centrala.InboundKind, from centrala.Address, at time.Time) centrala.Inbound {
	in := centrala.Inbound{Kind: kind, Inbox: r.inbox.ID, Channel: centrala.Allegro, Outcome: centrala.Ingested, From: from, Side: centrala.Buyer,
		Locale: "pl", At: at, Parser: parser, Cause: centrala.Cause{Code: "read"}, Reason: "a message of the message centre"}
	if a := r.inbox.Account; a != nil {
		in.To = []string{cmp.Or(a.Name, a.ID)}
	}
	return in
}

// message reads a message of a thread.
func (r *reading) message(raw, rawThread json.RawMessage) {
	var m message
	if err := json.Unmarshal(raw, &m); err != nil {
		r.bad("message", bareJSON(err))
		return
	}
	var t thread
	if rawThread != nil {
		if err := json.Unmarshal(rawThread, &t); err != nil {
			t = thread{} // it is the message that matters
		}
	}
	if m.Thread != nil {
		t.ID = cmp.Or(m.Thread.ID, t.ID)
	}
	if m.ID == "" {
		r.bad("message", errors.New("it has no id"))
		return
	}
	theirs := m.Author != nil && bool(m.Author.IsInterlocutor)
	login := t.login()
	if theirs {
		login = cmp.Or(string(m.Author.Login), login)
	}
	in := r.inbound(centrala.KindMessage, person(login, threadMark+string(t.ID)), m.Created.Time)
	if t.ID != "" {
		in.ThreadID = threadMark + string(t.ID)
	}
	in.ExternalID, in.Subject, in.Text = string(m.ID), clip(string(m.Subject), 200), plain(string(m.Text))
	if m.Additional != nil && m.Additional.VIN != "" {
		in.Text = strings.TrimSpace(in.Text + "\n\nVIN: " + string(m.Additional.VIN))
	}
	in.FullText, in.Digest = in.Text, digest(in, m.Attachments)
	in.Matters = r.related(m)
	for n, a := range m.Attachments {
		in.Attachments = append(in.Attachments, part(a, handle{Message: string(m.ID), N: n, ID: a.id(), At: m.Created.Unix()}))
	}
	if in.Text == "" && len(in.Attachments) == 0 {
		r.skip(strings.TrimSpace("message without words " + string(m.Status)))
		return
	}
	if theirs {
		r.out.Items = append(r.out.Items, in)
		return
	}
	r.echo(in)
	if m.Status == "BLOCKED" {
		told := r.inbound(centrala.KindDelivery, in.From, m.Created.Time)
		told.ThreadID = in.ThreadID
		told.About = &centrala.About{ID: in.ExternalID, State: centrala.DeliveryFailed, Reason: "Allegro has blocked this message", Cause: centrala.Refused}
		r.out.Items = append(r.out.Items, told)
	}
}

// echo tells of our own words.
func (r *reading) echo(in centrala.Inbound) {
	in.Kind, in.Reason = centrala.KindEcho, "an answer of the seller's"
	in.About = &centrala.About{ID: in.ExternalID, State: centrala.DeliveryHandedOver}
	r.out.Items = append(r.out.Items, in)
}

// related are the offer and order that a message names.
func (r *reading) related(m message) []centrala.Matter {
	if m.RelatesTo == nil {
		return nil
	}
	return r.trade(m.RelatesTo.Order, m.RelatesTo.Offer)
}

func (r *reading) trade(order, offer *named) []centrala.Matter {
	var out []centrala.Matter
	if order != nil && order.ID != "" {
		out = append(out, centrala.Matter{Kind: "order", ID: string(order.ID)})
	}
	if offer != nil && offer.ID != "" {
		at := offers
		if a := r.inbox.Account; a != nil && a.Sandbox {
			at = sandboxOffers
		}
		m := centrala.Matter{Kind: "offer", ID: string(offer.ID)}
		if !strings.ContainsFunc(m.ID, func(c rune) bool { return c < '0' || c > '9' }) {
			m.URL = at + m.ID
		}
		out = append(out, m)
	}
	return out
}

// issue reads an issue with what was said in it.
func (r *reading) issue(raw json.RawMessage, rawChat []json.RawMessage) {
	var i issue
	if err := json.Unmarshal(raw, &i); err != nil {
		r.bad("issue", bareJSON(err))
		return
	}
	if i.ID == "" {
		r.bad("issue", errors.New("it has no id"))
		return
	}
	chat := r.chat(rawChat)
	if len(chat) == 0 && i.Chat.Count == 0 {
		r.opened(i)
	}
	for _, m := range chat {
		r.said(i, m)
	}
	in := r.inbound(centrala.KindMatter, person(i.login(), issueMark+string(i.ID)), cmp.Or(i.lastSaid(), i.Opened.Time))
	in.ThreadID, in.Matters, in.Reason = issueMark+string(i.ID), r.matters(i), "the state of an issue"
	r.out.Items = append(r.out.Items, in)
}

// opened tells of an issue in which nobody has said anything: somebody must see it all the same.
func (r *reading) opened(i issue) {
	text := string(i.Subject)
	if i.Reason != nil {
		text = cmp.Or(string(i.Reason.Description), text, string(i.Reason.Type))
	}
	in := r.inbound(centrala.KindMessage, person(i.login(), issueMark+string(i.ID)), i.Opened.Time)
	in.ExternalID, in.ThreadID, in.Subject = issueMark+string(i.ID)+":opened", issueMark+string(i.ID), title(i)
	in.Text = cmp.Or(plain(text), title(i), "ISSUE "+string(i.ID))
	in.FullText, in.Digest, in.Matters = in.Text, digest(in, nil), r.matters(i)
	for n, a := range i.Attachments {
		in.Attachments = append(in.Attachments, part(a, handle{Issue: true, N: n, ID: a.id(), At: i.Opened.Unix()}))
	}
	r.out.Items = append(r.out.Items, in)
}

// chat reads what was said in an issue, the oldest first, each once.
func (r *reading) chat(raw []json.RawMessage) []chatMessage {
	var out []chatMessage
	for _, b := range raw {
		var m chatMessage
		switch err := json.Unmarshal(b, &m); {
		case err != nil:
			r.bad("message of an issue", bareJSON(err))
		case m.ID == "":
			r.bad("message of an issue", errors.New("it has no id"))
		case !slices.ContainsFunc(out, func(o chatMessage) bool { return o.ID == m.ID }):
			out = append(out, m)
		}
	}
	slices.SortStableFunc(out, func(a, b chatMessage) int { return a.Created.Compare(b.Created.Time) })
	return out
}

// said reads a message of an issue.
func (r *reading) said(i issue, m chatMessage) {
	login := i.login()
	if m.role() == "BUYER" {
		login = cmp.Or(string(m.Author.Login), login)
	}
	in := r.inbound(centrala.KindMessage, person(login, issueMark+string(i.ID)), m.Created.Time)
	if i.ID != "" {
		in.ThreadID, in.Subject, in.Matters = issueMark+string(i.ID), title(i), r.matters(i)
	}
	in.Reason = "a message of an issue"
	in.ExternalID, in.Text = issueMark+string(m.ID), plain(string(m.Text))
	for n, a := range m.Attachments {
		in.Attachments = append(in.Attachments, part(a, handle{Issue: true, N: n, ID: a.id(), At: m.Created.Unix()}))
	}
	if in.Text == "" && len(in.Attachments) == 0 {
		r.skip("message of an issue without words")
		return
	}
	if role := m.role(); role != "BUYER" && role != "SELLER" {
		in.Text = strings.TrimSpace(advisor + " (" + cmp.Or(role, "?") + "): " + in.Text)
	}
	in.FullText, in.Digest = in.Text, digest(in, m.Attachments)
	if m.role() == "SELLER" {
		r.echo(in)
		return
	}
	r.out.Items = append(r.out.Items, in)
}

// matters are an issue, its order and its offer. Their words are the vendor's.
func (r *reading) matters(i issue) []centrala.Matter {
	what := title(i)
	for _, e := range i.Expectations {
		what += " · " + string(e.Name)
		if e.Refund != nil && e.Refund.Amount != "" {
			what += " " + string(e.Refund.Amount) + " " + string(e.Refund.Currency)
		}
	}
	if i.State.ReturnRequired {
		what += " · RETURN_REQUIRED"
	}
	out := r.trade(i.CheckoutForm, i.Offer)
	return append(out, centrala.Matter{Kind: "issue", ID: string(i.ID), Title: clip(what, 200), Status: string(i.State.Status), Due: i.due()})
}

// title is what an issue is called: "CLAIM 17/2026".
func title(i issue) string {
	return clip(strings.Join(strings.Fields(string(i.Type)+" "+string(i.Reference)+" "+string(i.Subject)), " "), 200)
}

// person is who goes by a login; where the account is gone, whoever it was in this thread.
func person(login, thread string) centrala.Address {
	if login = strings.TrimSpace(clip(login, 200)); login == "" {
		return centrala.Address{Name: gone, Address: thread}
	}
	return centrala.Address{Name: login, Address: login}
}

// plain is a text with the ends of its lines as everywhere.
func plain(s string) string {
	return strings.TrimSpace(strings.ToValidUTF8(strings.NewReplacer("\r\n", "\n", "\r", "\n", "\x00", "").Replace(s), "\uFFFD"))
}

// digest is of what was written: the vendor's id of it and the words.
func digest(in centrala.Inbound, files []attachment) string {
	h := sha256.New()
	h.Write([]byte(in.ExternalID + "\x00" + in.Text))
	for _, f := range files {
		h.Write([]byte("\x00" + string(f.Name)))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// handle is by what a file is fetched later. Files of issues have no message of their own to ask
// about, and no status.
type handle struct {
	Issue   bool   `json:"i,omitempty"`
	Message string `json:"m,omitempty"`
	N       int    `json:"n"`
	ID      string `json:"a,omitempty"`
	At      int64  `json:"t"` // when it was sent, Unix seconds
}

func part(a attachment, h handle) centrala.Part {
	b, err := json.Marshal(h)
	if err != nil {
		panic(err) // of strings and numbers
	}
	return centrala.Part{Name: clip(string(a.Name), 200), Type: clip(string(a.Type), 100), Handle: string(b)}
}

// Explain implements channels.Explainer.
func (c *Channel) Explain(_ context.Context, raw io.Reader) channels.Explanation {
	return channels.ExplainHook(c, centrala.Inbox{Channel: centrala.Allegro}, raw)
}
