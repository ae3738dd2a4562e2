package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"centrala/store/column"

	"centrala"
)

// subjectsTried is how many of a contact's latest conversations a subject is compared with.
const subjectsTried = 20

// search looks for the conversation that an inbound message continues.
type search struct {
	tx       *Tx
	in       centrala.Inbound
	contact  centrala.Contact
	door     inboxRow
	c        *conversation // what it found
	link     centrala.Link
	stranger bool
	previous centrala.ConversationID // what it would have continued, had it not been over for so long
}

// thread finds the conversation that an inbound message continues, or begins one. What
// counts as continuing is decided by centrala.Inbound.Thread; here is only the looking up.
func (tx *Tx) thread(in centrala.Inbound, contact centrala.Contact) (c *conversation, stranger bool, link centrala.Link, err error) {
	s := search{tx: tx, in: in, contact: contact}
	if s.door, err = tx.door(in.Inbox); err != nil {
		return nil, false, centrala.NoLink, err
	}
	if err := s.look(); err != nil || s.c != nil {
		return s.c, s.stranger, s.link, err
	}
	contact.Side = firstSide(in.Side, contact.Side)
	c, err = tx.begin(centrala.Post{Author: centrala.Author{Kind: centrala.ByCustomer, ID: contact.ID.String(), Name: contact.Name},
		Inbox: in.Inbox, Channel: in.Channel, Contact: &contact, Subject: short(in.Subject, 200)}, s.previous)
	return c, false, centrala.NoLink, err
}

// look tries the links from the strongest to the weakest and stops at the first that holds.
func (s *search) look() error {
	if s.in.ReplyTo != 0 {
		if err := s.try(centrala.ByToken, s.in.ReplyTo); err != nil || s.c != nil {
			return err
		}
	}
	for _, key := range s.in.ThreadKeys() {
		if err := s.reference(key); err != nil || s.c != nil {
			return err
		}
	}
	if n, ok := centrala.ConversationNumber(s.in.Subject); ok {
		if err := s.all(centrala.ByNumber, `SELECT id FROM conversation WHERE number = $1`, n); err != nil || s.c != nil {
			return err
		}
	}
	if s.in.Channel != centrala.Email || centrala.GenericSubject(s.in.Subject) {
		return nil
	}
	return s.all(centrala.BySubject, `SELECT c.id FROM conversation c WHERE `+cameAs("c", "$1")+` AND c.inbox = $2 AND c.updated_at > $3 ORDER BY c.updated_at DESC LIMIT $4`,
		s.contact.ID, s.in.Inbox, column.Micros(s.tx.now.Add(-centrala.SubjectWindow)), subjectsTried)
}

// reference tries what is known under a message id: first what came or went through the same
// inbox, since one mail may be in two conversations of two teams. An id of ours tells by itself
// what it belongs to; where the log has lost the mail that had it, only the contact is believed.
func (s *search) reference(key string) error {
	err := s.all(centrala.ByReference, `SELECT conversation FROM mail WHERE message_id = $1
		ORDER BY CASE WHEN inbox = $2 THEN 0 ELSE 1 END, event`, key, s.in.Inbox)
	if err != nil || s.c != nil {
		return err
	}
	id, _, ok := centrala.OwnID(key)
	if !ok {
		return nil
	}
	if err := s.try(centrala.ByReference, id); err != nil {
		return err
	}
	if s.c != nil && s.stranger {
		s.c, s.stranger, s.link = nil, false, centrala.NoLink
	}
	return nil
}

// all tries the conversations that a query finds, in order.
func (s *search) all(by centrala.Link, query string, args ...any) error {
	ids, err := column.All(context.Background(), s.tx, func(id *centrala.ConversationID) []any { return []any{id} }, query, args...)
	if err != nil {
		return fmt.Errorf("look for the conversation: %w", err)
	}
	for _, id := range ids {
		if err := s.try(by, id); err != nil || s.c != nil {
			return err
		}
	}
	return nil
}

// try holds one conversation against the message.
func (s *search) try(by centrala.Link, id centrala.ConversationID) error {
	found, err := s.tx.byID(id)
	if err == nil && found.MergedInto != 0 {
		found, err = s.tx.byID(found.MergedInto)
	}
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	if home, err := s.home(found); err != nil || !home {
		return err
	}
	known := found.Visitor() == s.contact.ID
	if by == centrala.ByToken || by == centrala.ByReference {
		person, err := s.tx.person(s.contact)
		if err != nil {
			return err
		}
		known = known || found.Contact == person.ID || found.Participates(s.in.From.Address)
	}
	t := s.in.Thread(found.Conversation, by, known, s.tx.now)
	if t.Join {
		s.c, s.stranger, s.link = found, t.Stranger, by
	} else if t.Follow && s.previous == 0 {
		s.previous = found.ID
	}
	return nil
}

// home reports whether a conversation may go on through the message's inbox: it began there, the
// same people answer at both doors, its team has the inbox by now, or we have written to the
// customer from there. What is another team's stays theirs, whatever a mail names.
func (s *search) home(c *conversation) (bool, error) {
	if c.Inbox == s.in.Inbox || c.Team != 0 && c.Team == s.door.Team {
		return true, nil
	}
	if c.Inbox != 0 {
		began, err := s.tx.door(c.Inbox)
		if err != nil || began.Together(s.door.Inbox) {
			return err == nil, err
		}
	}
	var n int
	err := s.tx.Row(`SELECT count(*) FROM delivery WHERE conversation = $1 AND inbox = $2`, []any{c.ID, s.in.Inbox}, &n)
	return n > 0, wrap(err, "look where the conversation was answered")
}

// door reads an inbox without its secrets; one that is not there is nobody's.
func (tx *Tx) door(id centrala.InboxID) (inboxRow, error) {
	if r, ok := tx.w.recent.doors[id]; ok {
		return r, nil
	}
	r := inboxRow{Inbox: centrala.Inbox{ID: id}}
	err := tx.peek(inboxColumns+` WHERE id = $1`, []any{id}, r.fields()...)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	r.Mailbox = r.settings.Mailbox
	r.Acknowledge, r.AckText, r.AckArticles = r.settings.Ack, r.settings.AckText, r.settings.AckArts
	if err == nil && r.Channel != "" {
		if tx.w.recent.doors == nil {
			tx.w.recent.doors = map[centrala.InboxID]inboxRow{}
		}
		tx.w.recent.doors[id] = r
	}
	return r, wrap(err, "read the inbox")
}

// talk finds the conversation that a person's words at a vendor's belong to, or begins one. Where the
// vendor has conversations these are ours; elsewhere a person has one at a time in an inbox. One
// that was over for long is left alone: the new one is linked to it.
func (tx *Tx) talk(in centrala.Inbound, contact centrala.Contact, door inboxRow) (*conversation, error) {
	old, err := tx.talked(in, contact.ID)
	if err != nil {
		return nil, err
	}
	if old != nil && old.Continues(tx.now) {
		return old, tx.answerAt(old, in)
	}
	c := &conversation{Conversation: centrala.Begin(centrala.ConversationID(tx.NewID()), centrala.Inbox{ID: door.ID, Channel: in.Channel, Team: door.Team},
		contact, firstSide(door.Side, in.Side, contact.Side), tx.now), peer: in.From.Address}
	c.Subject, c.ThreadID, c.Human = short(in.Subject, 200), in.ThreadID, door.human()
	if old != nil {
		c.Previous = old.ID
	} else if c.Previous, err = tx.followed(in, contact.ID); err != nil {
		return nil, err
	}
	var came centrala.ContactID // the address may be of one who was joined with the contact
	err = tx.peek(`SELECT contact FROM identity WHERE channel = $1 AND account = $2 AND address = $3`, []any{in.Channel, door.account(), in.From.Address}, &came)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("look for the person: %w", err)
	}
	if came != contact.ID {
		c.Origin = came
	}
	if err := tx.insert(c); err != nil {
		return nil, err
	}
	opened := centrala.Step{Type: centrala.ConversationOpened, Data: centrala.Facts{Kind: "opened", Contact: c.Contact, Inbox: c.Inbox, Side: c.Side}}
	if _, err = tx.record(c, opened, words{by: byContact(contact, in)}); err != nil || in.ThreadID == "" {
		return c, err
	}
	tx.update(c)
	if err := tx.overdue(in.Inbox, threadName(in.ThreadID)); err != nil {
		return nil, err
	}
	return tx.byID(c.ID)
}

// answerAt has a person who has several addresses answered where they last wrote from: from now on,
// and with what has not begun to leave. What is read late and was written before changes nothing.
func (tx *Tx) answerAt(c *conversation, in centrala.Inbound) error {
	was := c.peer
	if c.ThreadID != "" || was == in.From.Address || in.At.Before(c.HeardAt) {
		return nil
	}
	c.peer = in.From.Address
	return tx.redirect(c.ID, was, c.peer)
}

// redirect has answers that have not begun to leave go to another address of the person.
func (tx *Tx) redirect(c centrala.ConversationID, was, now string) error {
	_, err := tx.Exec(`UPDATE delivery SET address = $3 WHERE conversation = $1 AND address = $2 AND channel <> 'email' AND state = 'queued' AND attempts = 0
		AND NOT EXISTS (SELECT 1 FROM delivery o WHERE o.conversation = $1 AND o.seq = delivery.seq AND (o.state <> 'queued' OR o.attempts > 0))`, c, was, now)
	return wrap(err, "answer the person elsewhere")
}

// hear notes when the customer did something: until when they may be answered is told by what they
// did from the address at which they are.
func (c *conversation) hear(in centrala.Inbound) {
	if c.ThreadID != "" || slices.Contains(addressesOf(in), c.peer) {
		c.HeardAt = latest(c.HeardAt, in.At)
	}
}

// talked is the latest conversation that a thing belongs to: of its thread, or of the contact's
// that have none. It is nil when there is none.
func (tx *Tx) talked(in centrala.Inbound, contact centrala.ContactID) (*conversation, error) {
	var id centrala.ConversationID
	query, args := `SELECT id FROM conversation WHERE inbox = $1 AND thread = $2 AND thread <> '' ORDER BY id DESC LIMIT 1`, []any{in.Inbox, in.ThreadID}
	if in.ThreadID == "" {
		query, args = `SELECT id FROM conversation WHERE contact = $1 AND inbox = $2 AND channel = $3 AND thread = '' AND peer <> '' ORDER BY id DESC LIMIT 1`,
			[]any{contact, in.Inbox, in.Channel}
	}
	switch err := tx.peek(query, args, &id); {
	case errors.Is(err, sql.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("look for the conversation: %w", err)
	}
	return tx.current(id)
}

// threadName is by what news of a conversation wait that is not here yet.
func threadName(thread string) string { return "thread:" + thread }
