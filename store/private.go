package store

import (
	"database/sql"
	"errors"
	"fmt"
	"time"

	"centrala/store/column"

	"centrala"
)

// privately is the way of an answer to a comment by a message that nobody else reads: to the writer of
// the comment that is named, else of the latest of a customer's that still stands. The vendor takes one
// for each comment, for as long as people may answer.
func (tx *Tx) privately(c *conversation, w *way) error {
	var at int64
	err := tx.Row(`SELECT m.message_id, e.at FROM mail m JOIN event e ON e.id = m.event WHERE m.conversation = $1 AND m.ours = 0 AND m.inbox = $2
		AND e.type = 'message.received' AND e.body & $3 = 0 AND ($4 = '' OR m.message_id = $4) ORDER BY m.event DESC LIMIT 1`,
		[]any{c.ID, c.Inbox, wasUnsent, w.answers}, &w.answers, &at)
	if errors.Is(err, sql.ErrNoRows) {
		return centrala.InvalidField("via", "There is no comment that can be answered in private.")
	}
	if err != nil {
		return fmt.Errorf("look for the comment: %w", err)
	}
	if tx.now.After(column.Time(at).Add(centrala.HumanWindow)) {
		return &centrala.Error{Code: centrala.Closed, Field: "window", Message: "The time within which this comment may be answered in private is over."}
	}
	var n int
	err = tx.Row(`SELECT count(*) FROM delivery WHERE conversation = $1 AND channel = $2 AND answers = $3 AND state NOT IN ('failed', 'bounced')`,
		[]any{c.ID, string(centrala.Messenger), w.answers}, &n)
	if err == nil && n > 0 {
		return &centrala.Error{Code: centrala.Conflict, Field: "via", Message: "This comment was answered in private already."}
	}
	return wrap(err, "look for a private answer")
}

// met notes by what address somebody whose comment was answered in private is known there: what they
// write there is theirs, and follows their comment.
func (tx *Tx) met(id centrala.DeliveryID, in centrala.Inbound, door inboxRow) error {
	var (
		channel, own centrala.Channel
		author, name string
	)
	err := tx.Row(`SELECT d.channel, c.channel, coalesce((SELECT e.author_id FROM mail m JOIN event e ON e.id = m.event
		WHERE m.message_id = d.answers AND m.inbox = d.inbox AND m.conversation = d.conversation AND e.author_kind = 'customer' ORDER BY m.event DESC LIMIT 1), '')
		FROM delivery d JOIN conversation c ON c.id = d.conversation WHERE d.id = $1`, []any{id}, &channel, &own, &author)
	if err != nil {
		return fmt.Errorf("read whom the answer was for: %w", err)
	}
	var contact centrala.ContactID
	if channel == own || own != centrala.Facebook || in.From.Address == "" || contact.UnmarshalText([]byte(author)) != nil {
		return nil
	}
	if err := tx.Row(`SELECT name FROM contact WHERE id = $1`, []any{contact}, &name); err != nil {
		return absent(wrap(err, "read the contact"), "There is no such contact.")
	}
	_, err = tx.keep(`INSERT INTO identity (channel, account, address, contact, inbox, name, lost, at, ask_at) VALUES ($1, $2, $3, $4, $5, $6, 0, $7, 0)
		ON CONFLICT DO NOTHING`, channel, door.account(), in.From.Address, contact, in.Inbox, name, column.Micros(tx.now))
	return wrap(err, "note who it is")
}

// followed is the conversation below a post that somebody's private words follow, zero when there is
// none.
func (tx *Tx) followed(in centrala.Inbound, contact centrala.ContactID) (centrala.ConversationID, error) {
	if in.Channel != centrala.Messenger {
		return 0, nil
	}
	var id centrala.ConversationID
	err := tx.Row(`SELECT d.conversation FROM delivery d JOIN mail m ON m.message_id = d.answers AND m.inbox = d.inbox AND m.conversation = d.conversation
		JOIN event e ON e.id = m.event JOIN conversation c ON c.id = d.conversation
		WHERE c.inbox = $1 AND c.channel = 'facebook' AND d.channel = 'messenger' AND e.author_id = $2 AND d.made_at > $3 ORDER BY d.id DESC LIMIT 1`,
		[]any{in.Inbox, contact.String(), column.Micros(tx.now.Add(-30 * 24 * time.Hour))}, &id)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return id, wrap(err, "look for what it follows")
}
