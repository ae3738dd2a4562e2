package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"centrala"
)

// outbound is a leased delivery with everything that its sender needs.
func (db *DB) outbound(ctx context.Context, id centrala.DeliveryID) (centrala.Outbound, error) {
	o := centrala.Outbound{Delivery: id}
	var (
		from   int64
		inbox  centrala.InboxID
		notice string
	)
	err := db.ro.QueryRowContext(ctx, `SELECT attempts, inbox, conversation, seq, from_seq, address, message_id, notice, made_at FROM delivery WHERE id = $1`, id).
		Scan(&o.Attempt, &inbox, &o.Conversation, &o.Seq, &from, &o.To.Address, &o.MessageID, &notice, instant{&o.At})
	if err != nil {
		return o, fmt.Errorf("read the delivery: %w", err)
	}
	if o.Inbox, err = db.Inbox(ctx, inbox); err != nil {
		return o, err
	}
	c, err := db.Conversation(ctx, centrala.Everything(), o.Conversation)
	if err != nil {
		return o, err
	}
	o.Number, o.To.Name = c.Number, c.ContactName
	o.Subject = centrala.ReplySubject(c.Subject, c.Number)
	if err := db.ro.QueryRowContext(ctx, `SELECT k.locale, coalesce(t.signature, '') FROM contact k LEFT JOIN team t ON t.id = $2 WHERE k.id = $1`,
		c.Contact, c.Team).Scan(&o.Locale, &o.Signature); err != nil {
		return o, fmt.Errorf("read the contact's language: %w", err)
	}
	if notice != "" {
		return o, db.noticed(&o, notice)
	}
	if err := db.letter(ctx, &o, from); err != nil {
		return o, err
	}
	return o, db.references(ctx, &o)
}

func (db *DB) noticed(o *centrala.Outbound, notice string) error {
	var n centrala.Notice
	if err := json.Unmarshal([]byte(notice), &n); err != nil {
		return fmt.Errorf("notice of delivery %s: %w", o.Delivery, err)
	}
	o.Automatic, o.Subject, o.Text, o.HTML, o.Unsubscribe = true, n.Subject, n.Text, n.HTML, n.Unsubscribe
	if n.Locale != "" {
		o.Locale = n.Locale
	}
	if n.To.Name != "" {
		o.To.Name = n.To.Name
	}
	return nil
}

// letter puts the answers from..Seq into one text, with what the customer wrote before them.
func (db *DB) letter(ctx context.Context, o *centrala.Outbound, from int64) error {
	rows, err := entries(ctx, db.ro, `SELECT `+messageColumns+` FROM event e WHERE e.conversation = $1 AND e.seq BETWEEN $2 AND $3
		AND e.type = 'message.sent' ORDER BY e.seq`, o.Conversation, from, o.Seq)
	if err != nil {
		return err
	}
	var texts []string
	for _, r := range rows {
		texts = append(texts, r.message.Text)
		files, err := db.AttachmentsOf(ctx, r.event.ID)
		if err != nil {
			return err
		}
		o.Attachments = append(o.Attachments, files...)
		o.Author = r.message.Author
	}
	o.Text = strings.Join(texts, "\n\n")
	before, err := entries(ctx, db.ro, `SELECT `+messageColumns+` FROM event e WHERE e.conversation = $1 AND e.seq < $2
		AND e.type = 'message.received' ORDER BY e.seq DESC LIMIT 1`, o.Conversation, from)
	if err != nil {
		return err
	}
	for _, r := range before {
		o.Quoted = append(o.Quoted, r.message)
	}
	return nil
}

// references names the mails that the answer continues.
func (db *DB) references(ctx context.Context, o *centrala.Outbound) error {
	rows, err := db.ro.QueryContext(ctx, `SELECT message_id, ours FROM mail WHERE conversation = $1 AND message_id <> $2 ORDER BY event`, o.Conversation, o.MessageID)
	if err != nil {
		return fmt.Errorf("read the thread: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var (
			id   string
			ours bool
		)
		if err := rows.Scan(&id, &ours); err != nil {
			return fmt.Errorf("read the thread: %w", err)
		}
		o.References = append(o.References, id)
		if !ours {
			o.InReplyTo = id
		}
	}
	if n := len(o.References); n > MaxReferences {
		o.References = append(o.References[:1:1], o.References[n-MaxReferences+1:]...)
	}
	if o.InReplyTo == "" && len(o.References) > 0 {
		o.InReplyTo = o.References[len(o.References)-1]
	}
	return wrap(rows.Err(), "read the thread")
}
