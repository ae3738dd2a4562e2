package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"centrala/store/column"

	"centrala"
)

// told is what became of one thing that a hook told.
type told struct {
	conversation centrala.ConversationID // that it is in, zero when it is in none
	seq          int64                   // of the message that it became
	message      bool                    // it became one, now
	repeated     bool                    // it was told before
	waits        bool                    // it is about something that is not here yet
}

// item takes one thing that a hook told into the log. The same thing again changes nothing,
// whatever came in between. What is about a message that is not here yet waits for it.
func (tx *Tx) item(in centrala.Inbound) (told, error) {
	door, err := tx.door(in.Inbox)
	if err != nil {
		return told{}, err
	}
	if door.Channel == "" {
		return told{}, &centrala.Error{Code: centrala.NotFound, Field: "inbox", Message: "There is no such inbox."}
	}
	in.Channel = cmp.Or(in.Channel, door.Channel)
	if in.At.IsZero() || in.At.After(tx.now) {
		in.At = tx.now
	}
	in.At = in.At.UTC().Truncate(time.Microsecond)
	if in.About == nil {
		in.About = &centrala.About{}
	}
	switch in.Kind {
	case "", centrala.KindMessage, centrala.KindPostback, centrala.KindComment:
		return tx.utter(in, door)
	case centrala.KindEcho:
		return tx.echo(in, door)
	case centrala.KindEdit:
		return tx.revise(in, door)
	case centrala.KindUnsend:
		return tx.unsend(in, door)
	case centrala.KindReaction:
		return tx.react(in, door)
	case centrala.KindDelivery, centrala.KindRead:
		return tx.receipt(in)
	case centrala.KindMatter:
		return tx.matter(in)
	case centrala.KindReach:
		return tx.reach(in, door)
	}
	return told{}, centrala.InvalidField("kind", "%.40q is no kind of a thing.", in.Kind)
}

// utter takes a customer's words.
func (tx *Tx) utter(in centrala.Inbound, door inboxRow) (told, error) {
	if in.Outcome != "" && in.Outcome != centrala.Ingested {
		return told{}, nil // a program's words: the book of hooks has them
	}
	known, err := tx.known(in.Inbox, in.ExternalID, in.MessageID)
	if err != nil || known.event != 0 {
		return told{conversation: known.conversation, seq: known.seq, repeated: true}, err
	}
	contact, err := tx.whoWrote(in, door)
	if err != nil || contact.Blocked {
		return told{}, err
	}
	c, err := tx.talk(in, contact, door)
	if err != nil {
		return told{}, err
	}
	answered, err := tx.known(in.Inbox, in.About.ID)
	if err != nil {
		return told{}, err
	}
	files, err := tx.parts(in.Inbox, in.Attachments, c.ID)
	if err != nil {
		return told{}, err
	}
	w := words{by: byContact(contact, in), text: clipText(in.Text), full: in.FullText, html: in.HTML, policy: in.Policy, raw: in.Raw, files: files, channel: in.Channel, pressed: in.Kind == centrala.KindPostback}
	if w.full == "" && len(w.text) < len(in.Text) {
		w.full = in.Text
	}
	if answered.conversation == c.ID {
		w.answers = answered.seq
	}
	c.hear(in)
	if err := tx.about(c, in.Matters); err != nil {
		return told{}, err
	}
	r, err := tx.say(c, centrala.Receive{Text: in.Text}, w)
	if err != nil {
		return told{}, err
	}
	if err := tx.callIt(in.Inbox, c.ID, r.Event, in.ExternalID, in.MessageID); err != nil {
		return told{}, err
	}
	return told{conversation: c.ID, seq: r.Seq, message: true}, nil
}

// byContact is somebody outside as an author. Where nothing but an id is known of them they have no
// name.
func byContact(k centrala.Contact, in centrala.Inbound) centrala.Author {
	by := centrala.Author{Kind: centrala.ByCustomer, ID: k.ID.String(), Name: cmp.Or(k.Name, in.From.Name)}
	if by.Name == "" && !in.Channel.Opaque() {
		by.Name = in.From.Address
	}
	return by
}

// vendorRef is a message that a vendor names: an entry of the log, and of our own answers the delivery.
type vendorRef struct {
	event        centrala.EventID
	conversation centrala.ConversationID
	seq          int64
	delivery     centrala.DeliveryID // zero: it did not leave by us
}

// known finds what an inbox's vendor calls by one of several names; the zero one when that is
// not here.
func (tx *Tx) known(inbox centrala.InboxID, names ...string) (vendorRef, error) {
	for _, name := range names {
		if name == "" {
			continue
		}
		var (
			m    vendorRef
			id   int64
			ours bool
		)
		err := tx.peek(`SELECT event, ours, conversation FROM mail WHERE message_id = $1 AND inbox = $2 ORDER BY event LIMIT 1`, []any{name, inbox}, &id, &ours, &m.conversation)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		switch m.event = centrala.EventID(id); {
		case err != nil:
		case ours:
			m.delivery = centrala.DeliveryID(id)
			err = tx.peek(`SELECT event, seq, conversation FROM delivery WHERE id = $1`, []any{id}, &m.event, &m.seq, &m.conversation)
		default:
			err = tx.Row(`SELECT coalesce(seq, 0) FROM event WHERE id = $1`, []any{id}, &m.seq)
		}
		return m, wrap(err, "look for a message of the vendor's")
	}
	return vendorRef{}, nil
}

// callIt notes how a vendor calls a message that is here now, and takes in what came before it.
func (tx *Tx) callIt(inbox centrala.InboxID, c centrala.ConversationID, e centrala.EventID, names ...string) error {
	for i, name := range names {
		if name == "" || i > 0 && name == names[0] {
			continue
		}
		if err := tx.threadKey(name, inbox, c, e, "", false); err != nil {
			return err
		}
		if err := tx.overdue(inbox, name); err != nil {
			return err
		}
	}
	return nil
}

// named is callIt of a delivery. Mails are named by ourselves.
func (tx *Tx) named(d dispatch, external string) error {
	if external == "" || d.channel == centrala.Email {
		return nil
	}
	if err := tx.threadKey(external, d.inbox, d.conversation, centrala.EventID(d.id), "", true); err != nil {
		return err
	}
	return tx.overdue(d.inbox, external)
}

// matter takes news of what a conversation is about.
func (tx *Tx) matter(in centrala.Inbound) (told, error) {
	c, err := tx.talked(in, 0)
	if err != nil {
		return told{}, err
	}
	if c == nil {
		return tx.early(in, threadName(in.ThreadID))
	}
	version := c.Version
	if err := tx.about(c, in.Matters); err != nil {
		return told{}, err
	}
	if c.Version != version {
		tx.update(c)
		tx.settle(c)
	}
	return told{conversation: c.ID, repeated: c.Version == version}, nil
}

// about changes what a conversation is about, and says so. The caller updates the conversation.
func (tx *Tx) about(c *conversation, news []centrala.Matter) error {
	if len(news) == 0 {
		return nil
	}
	all := centrala.WithMatters(c.Matters, news)
	before, err := jsonList(c.Matters)
	if err != nil {
		return err
	}
	after, err := jsonList(all)
	if err != nil || before == after {
		return err
	}
	c.Matters = all
	c.Version++
	_, err = tx.record(c, centrala.Step{Type: centrala.ConversationTagged, Data: centrala.Facts{Kind: "matters"}}, words{by: system()})
	return err
}

// many reads several rows of what nothing that is pending will change.
func many[T any](tx *Tx, fields func(*T) []any, query string, args ...any) ([]T, error) {
	list, err := column.All(context.Background(), peeker{tx}, fields, query, args...)
	return list, tx.noted(err)
}

// peeker is Tx.peek as a querier.
type peeker struct{ tx *Tx }

// QueryContext implements querier.
func (p peeker) QueryContext(_ context.Context, query string, args ...any) (*sql.Rows, error) {
	rows, err := p.tx.w.conn.Query(query, args...)
	if err != nil {
		return nil, fmt.Errorf("read: %w", err)
	}
	return rows, nil
}
