package store

import (
	"context"
	"fmt"

	"centrala/store/column"

	"centrala"
)

// Decide carries out what a person makes of an entry of the book, and returns the entry as it is
// then, with the names of blobs that nothing leads to any more. It is refused with Conflict when
// the entry is no longer what they saw, is in a conversation already, has no raw mail, or its
// sender is blocked.
func (db *DB) Decide(ctx context.Context, scope centrala.Scope, id centrala.EntryID, d centrala.Decision) (e centrala.Entry, dropped []string, err error) {
	err = db.write(ctx, func(tx *Tx) error {
		dropped = nil
		if err := tx.lockEntry(id); err != nil {
			return err
		}
		l, err := db.line(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		if d.Previous != "" && d.Previous != l.Outcome {
			return centrala.Errorf(centrala.Conflict, "Somebody else has decided on this entry meanwhile.")
		}
		d.In.Inbox, d.In.Channel, d.In.ExternalID, d.In.Raw, d.In.Size, d.In.Entry, d.In.Cursor = l.Inbox, centrala.Email, l.ExternalID, l.Raw, l.Size, l.ID, nil
		if d.Verdict != centrala.Discard && l.Raw == "" {
			return &centrala.Error{Code: centrala.Conflict, Field: "raw", Message: "The raw mail is not there."}
		}
		switch d.Verdict {
		case centrala.Release:
			err = tx.letIn(scope, l, d)
		case centrala.Discard:
			err = tx.discard(scope, l, d)
		case centrala.Reread:
			dropped, err = tx.reread(scope, l, d)
		default:
			err = centrala.Errorf(centrala.Invalid, "There is no ruling %.20q.", d.Verdict)
		}
		if err != nil {
			return err
		}
		if _, err := tx.Exec(`UPDATE intake SET decided_by = $2, decided_at = $3 WHERE id = $1`, id, d.Agent, column.Micros(tx.now)); err != nil {
			return fmt.Errorf("note who decided: %w", err)
		}
		l, err = db.line(ctx, tx, centrala.Everything(), id)
		e = l.entry()
		return err
	})
	return e, dropped, err
}

// lockEntry keeps other nodes from deciding on the same entry meanwhile.
func (tx *Tx) lockEntry(id centrala.EntryID) error {
	var found centrala.EntryID
	err := tx.Row(`SELECT i.id FROM intake i WHERE i.id = $1`+tx.w.db.dialect.ForUpdate("i"), []any{id}, &found)
	return absent(err, "There is no such entry.")
}

// letIn puts a message into the log as if it had been taken. One that is there already comes
// back only from the spam.
func (tx *Tx) letIn(scope centrala.Scope, l line, d centrala.Decision) error {
	cause := centrala.Cause{Code: centrala.CauseReleased, Detail: string(l.Outcome)}
	reason := "released by hand, it was " + string(l.Outcome)
	if l.event != 0 {
		if l.Outcome != centrala.Junk {
			return &centrala.Error{Code: centrala.Conflict, Field: "conversation", Message: "This mail is in a conversation already."}
		}
		if err := tx.command(scope, l.Conversation, centrala.Reopen{}, d.By); err != nil {
			return err
		}
		return tx.relabel(l.ID, centrala.Ingested, reason, cause)
	}
	in := d.In
	in.Outcome, in.Reason, in.Cause = centrala.Ingested, reason, cause
	for _, text := range []string{in.Subject, in.From.Address, l.Reason} { // a mail of which only the header was kept
		if in.Text == "" && len(in.Attachments) == 0 {
			in.Text = text
		}
	}
	contact, err := tx.sender(in)
	if err != nil {
		return err
	}
	if contact.Blocked {
		return &centrala.Error{Code: centrala.Conflict, Field: "sender", Message: "The sender is blocked."}
	}
	in.Digest = digestOf(in)
	_, err = tx.admit(in, contact, in.Digest)
	return err
}

// discard makes an entry spam, and with it the conversation that it is in.
func (tx *Tx) discard(scope centrala.Scope, l line, d centrala.Decision) error {
	if l.event != 0 {
		if err := tx.command(scope, l.Conversation, centrala.Resolve{Spam: true}, d.By); err != nil {
			return err
		}
	}
	return tx.relabel(l.ID, centrala.Junk, "marked as spam by hand", centrala.Cause{Code: centrala.CauseByHand, Detail: string(l.Outcome)})
}

func (tx *Tx) command(scope centrala.Scope, id centrala.ConversationID, cmd centrala.Command, by centrala.Author) error {
	c, err := tx.seen(scope, id)
	if err != nil {
		return err
	}
	_, err = tx.do(c, cmd, by)
	return err
}

func (tx *Tx) relabel(id centrala.EntryID, o centrala.Outcome, reason string, cause centrala.Cause) error {
	_, err := tx.Exec(`UPDATE intake SET outcome = $2, reason = $3, cause = $4, detail = $5 WHERE id = $1`, id, string(o), reason, cause.Code, cause.Detail)
	return wrap(err, "note the decision")
}

// reread takes what the current parser made of a mail. In a conversation its words are replaced
// where they stand, and it stays there whatever the parser says; elsewhere it is received anew.
func (tx *Tx) reread(scope centrala.Scope, l line, d centrala.Decision) (dropped []string, err error) {
	in := d.In
	if l.event == 0 {
		_, err := tx.receive(in)
		return nil, err
	}
	var at centrala.ConversationID // the message's own: a merged conversation keeps its log
	var seq int64
	if err := tx.Row(`SELECT conversation, seq FROM event WHERE id = $1`, []any{l.event}, &at, &seq); err != nil {
		return nil, fmt.Errorf("find the message: %w", err)
	}
	c, err := tx.seen(scope, at)
	if err != nil {
		return nil, err
	}
	if in.Text == "" && len(in.Attachments) == 0 {
		return nil, &centrala.Error{Code: centrala.Conflict, Field: "text", Message: "The current parser finds nothing in this mail; its message stays as it is."}
	}
	dropped, err = tx.edit(c, l.event, seq, words{by: d.By, text: clipText(in.Text), full: in.FullText, html: in.HTML, raw: in.Raw, policy: in.Policy}, in.Attachments)
	if err != nil {
		return nil, err
	}
	facts, err := factsOf(in)
	if err != nil {
		return nil, err
	}
	_, err = tx.Exec(`UPDATE intake SET subject = $2, sender_name = $3, parser = $4, facts = $5 WHERE id = $1`,
		l.ID, short(in.Subject, 200), short(in.From.Name, 200), in.Parser, facts)
	return dropped, wrap(err, "note the new reading")
}
