package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"centrala/store/column"

	"centrala"
)

// revised is a message that somebody changes.
type revised struct {
	vendorRef
	text, extra string
	body        int64
	by          centrala.Author
}

// toRevise finds the message that a thing is about, and who changes it: who wrote it.
func (tx *Tx) toRevise(in centrala.Inbound) (r revised, err error) {
	if r.vendorRef, err = tx.known(in.Inbox, in.About.ID); err != nil || r.event == 0 {
		return r, err
	}
	err = tx.Row(`SELECT text, extra, body, author_kind, author_id, author_name FROM event WHERE id = $1`, []any{r.event},
		&r.text, &r.extra, &r.body, &r.by.Kind, &r.by.ID, &r.by.Name)
	return r, wrap(err, "read the message")
}

// revise gives a message the words that its writer has changed it to. The highest version wins,
// whenever it comes; what it said before is kept.
func (tx *Tx) revise(in centrala.Inbound, _ inboxRow) (told, error) {
	r, err := tx.toRevise(in)
	if err != nil {
		return told{}, err
	}
	if r.event == 0 {
		return tx.early(in, in.About.ID)
	}
	done := told{conversation: r.conversation, seq: r.seq, repeated: true}
	version := in.About.Version
	if version == 0 { // the vendor counts none: the later is the higher
		version = column.Micros(in.At)
	}
	var last int64
	if err := tx.peek(`SELECT coalesce(max(version), 0) FROM edition WHERE event = $1`, []any{r.event}, &last); err != nil {
		return told{}, fmt.Errorf("read the editions: %w", err)
	}
	if version <= last || r.body&wasUnsent != 0 {
		return done, nil
	}
	if _, err := tx.keep(`INSERT INTO edition (event, version, text, at) VALUES ($1, $2, $3, $4)`, r.event, version, r.text, column.Micros(tx.now)); err != nil {
		return told{}, fmt.Errorf("keep the earlier words: %w", err)
	}
	text := clipText(in.Text)
	if text == r.text {
		return done, nil
	}
	body := r.body&^3 | wasEdited
	if len(text) < len(in.Text) {
		body |= 2
	}
	if r.body&3 != 0 || body&2 != 0 {
		full := ""
		if body&2 != 0 {
			full = in.Text
		}
		if _, err := tx.keep(`INSERT INTO body (event, full_text, html, raw, policy) VALUES ($1, $2, '', '', 0) ON CONFLICT (event)
			DO UPDATE SET full_text = excluded.full_text, html = ''`, r.event, full); err != nil {
			return told{}, fmt.Errorf("edit the whole message: %w", err)
		}
	}
	if err := tx.amend(`UPDATE event SET text = $2, body = $3 WHERE id = $1`, r.event, text, body); err != nil {
		return told{}, fmt.Errorf("edit the message: %w", err)
	}
	now := centrala.Message{Text: text, HasMore: body&2 != 0}
	if err := (column.List(&now.Attachments)).Scan(r.extra); err != nil {
		return told{}, fmt.Errorf("read the message's files: %w", err)
	}
	done.repeated = false
	return done, tx.reword(r, centrala.Facts{Kind: "edit", Seq: r.seq}, now)
}

// reword tells what a message has become.
func (tx *Tx) reword(r revised, what centrala.Facts, now centrala.Message) error {
	c, err := tx.byID(r.conversation)
	if err != nil {
		return wrap(err, "read the conversation")
	}
	if c.LastText.Seq == r.seq {
		c.LastText.Text = short(now.Text, 200)
	}
	if _, err := tx.record(c, centrala.Step{Type: centrala.MessageChanged, Timeline: true, Data: what}, words{by: r.by}); err != nil {
		return err
	}
	if what.Kind == "edit" {
		editOf(tx.commits[len(tx.commits)-1].Message, now)
	}
	c.UpdatedAt = tx.now
	tx.update(c)
	tx.settle(c)
	return nil
}

// unsend takes back a message: its words and files are gone, and so is what it said before. Its place
// in the timeline stays.
func (tx *Tx) unsend(in centrala.Inbound, _ inboxRow) (told, error) {
	r, err := tx.toRevise(in)
	if err != nil {
		return told{}, err
	}
	if r.event == 0 {
		return tx.early(in, in.About.ID)
	}
	done := told{conversation: r.conversation, seq: r.seq, repeated: true}
	if r.body&wasUnsent != 0 {
		return done, nil
	}
	files, err := attachmentsOf(context.Background(), tx, r.event)
	if err != nil {
		return told{}, err
	}
	for _, f := range files {
		switch {
		case f.Blob != "":
			tx.dropped = append(tx.dropped, f.Blob)
		case f.State == centrala.FileFetching: // it may have come already and not be noted yet
			tx.dropped = append(tx.dropped, centrala.MediaBlob(f.ID))
		}
	}
	for _, q := range []string{`DELETE FROM attachment WHERE event = $1`, `DELETE FROM body WHERE event = $1`, `DELETE FROM edition WHERE event = $1`} {
		if _, err := tx.keep(q, r.event); err != nil {
			return told{}, fmt.Errorf("take the message back: %w", err)
		}
	}
	if err := tx.amend(`UPDATE event SET text = '', extra = '', body = $2 WHERE id = $1`, r.event, r.body&hasReactions|wasUnsent); err != nil {
		return told{}, fmt.Errorf("take the message back: %w", err)
	}
	if err := tx.reword(r, centrala.Facts{Kind: "unsend", Seq: r.seq}, centrala.Message{}); err != nil {
		return told{}, err
	}
	done.repeated = false
	by := r.by
	by.Name = "" // an audit line outlives the contact's name
	return done, errors.Join(tx.audit(centrala.AuditEntry{By: by, Action: "message.unsent", Subject: r.conversation.String(), Detail: strconv.FormatInt(r.seq, 10)}))
}

// Earlier is what a message said before it was edited, the first first, each once and without what it
// says now. Of one that was taken back there is nothing. The caller has seen that the reader may see it.
func (db *DB) Earlier(ctx context.Context, m centrala.Message) ([]string, error) {
	if m.Unsent {
		return nil, nil
	}
	all, err := column.All(ctx, db.ro, func(s *string) []any { return []any{s} }, `SELECT text FROM edition WHERE event = $1 ORDER BY version`, m.ID)
	if err != nil {
		return nil, fmt.Errorf("read what a message said before: %w", err)
	}
	var out []string
	for _, text := range all {
		if text != "" && text != m.Text && !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return out, nil
}
