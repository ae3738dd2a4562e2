package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"centrala/store/column"

	"centrala"
)

// SaveAttachment notes an upload that belongs to owner until a message takes it.
func (db *DB) SaveAttachment(ctx context.Context, owner string, f centrala.Attachment) (centrala.Attachment, error) {
	if err := db.KeepFiles(); err != nil {
		return f, err
	}
	err := db.write(ctx, func(tx *Tx) error {
		f.ID = centrala.AttachmentID(tx.NewID())
		return tx.saveAttachment(owner, f, 0, 0)
	})
	return f, err
}

// KeepFiles has the files that a commit will name outlive a loss of power as the commit does.
func (db *DB) KeepFiles() error {
	if db.files == nil {
		return nil
	}
	if err := db.files(); err != nil {
		return &centrala.Error{Code: centrala.Unavailable, Message: "The files could not be kept.", Err: err}
	}
	return nil
}

func (tx *Tx) saveAttachment(owner string, f centrala.Attachment, event centrala.EventID, c centrala.ConversationID) error {
	card, err := cardOf(f.Card)
	if err != nil {
		return err
	}
	_, err = tx.keep(`INSERT INTO attachment (id, owner, event, conversation, name, type, size, blob, inline, cid, at, card)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`, f.ID, owner, event, c, f.Name, f.Type, f.Size, f.Blob, column.Flag(f.Inline), f.CID, column.Micros(tx.now), card)
	return wrap(err, "note the attachment")
}

// jsonList is how a list is kept beside an event, "" for an empty one.
func jsonList[T any](items []T) (string, error) {
	if len(items) == 0 {
		return "", nil
	}
	b, err := json.Marshal(items)
	return string(b), wrap(err, "attachments")
}

// cardOf is how an invitation is kept, "" for none.
func cardOf(c *centrala.Card) (string, error) {
	if c == nil {
		return "", nil
	}
	b, err := json.Marshal(c)
	return string(b), wrap(err, "the invitation's card")
}

// Attachment reads an attachment that scope may see with its message, or that owner uploaded
// and has not sent yet.
func (db *DB) Attachment(ctx context.Context, scope centrala.Scope, owner string, id centrala.AttachmentID) (centrala.Attachment, error) {
	var f centrala.Attachment
	args := []any{id, owner}
	where := scopeWhere(scope, &args)
	hidden := ""
	if scope.Customer() {
		hidden = ` AND e.type <> 'message.noted'`
	}
	err := db.ro.QueryRowContext(ctx, `SELECT f.id, f.name, f.type, f.size, f.blob, f.inline, f.cid, f.state FROM attachment f
		LEFT JOIN conversation c ON c.id = f.conversation LEFT JOIN event e ON e.id = f.event
		WHERE f.id = $1 AND ((f.event = 0 AND f.owner = $2) OR (f.event <> 0 AND `+where+hidden+`))`, args...).
		Scan(&f.ID, &f.Name, &f.Type, &f.Size, &f.Blob, &f.Inline, &f.CID, &f.State)
	return f, absent(err, "There is no such attachment.")
}

// AttachmentsOf lists the files of one message, also those shown inside its HTML.
func (db *DB) AttachmentsOf(ctx context.Context, event centrala.EventID) ([]centrala.Attachment, error) {
	return attachmentsOf(ctx, db.ro, event)
}

func attachmentsOf(ctx context.Context, q column.Querier, event centrala.EventID) ([]centrala.Attachment, error) {
	rows, err := q.QueryContext(ctx, `SELECT id, name, type, size, blob, inline, cid, card, state, CASE WHEN state = 'lost' THEN cause ELSE '' END
		FROM attachment WHERE event = $1 ORDER BY id`, event)
	if err != nil {
		return nil, fmt.Errorf("list attachments: %w", err)
	}
	defer rows.Close()
	var out []centrala.Attachment
	for rows.Next() {
		var f centrala.Attachment
		if err := rows.Scan(&f.ID, &f.Name, &f.Type, &f.Size, &f.Blob, &f.Inline, &f.CID, column.Object(&f.Card), &f.State, &f.Cause); err != nil {
			return nil, fmt.Errorf("list attachments: %w", err)
		}
		f.Cause, _, _ = strings.Cut(f.Cause, " ") // its code; what follows is for operators
		out = append(out, f)
	}
	return out, wrap(rows.Err(), "list attachments")
}
