package store

import (
	"context"
	"fmt"

	"centrala"
)

// SaveAttachment notes an upload that belongs to owner until a message takes it.
func (db *DB) SaveAttachment(ctx context.Context, owner string, f centrala.Attachment) (centrala.Attachment, error) {
	err := db.write(ctx, func(tx *Tx) error {
		f.ID = centrala.AttachmentID(tx.id())
		return tx.saveAttachment(owner, f, 0, 0)
	})
	return f, err
}

func (tx *Tx) saveAttachment(owner string, f centrala.Attachment, event centrala.EventID, c centrala.ConversationID) error {
	_, err := tx.exec(`INSERT INTO attachment (id, owner, event, conversation, name, type, size, blob, inline, cid, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`, f.ID, owner, event, c, f.Name, f.Type, f.Size, f.Blob, flag(f.Inline), f.CID, micros(tx.now))
	return wrap(err, "note the attachment")
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
	err := db.ro.QueryRowContext(ctx, `SELECT f.id, f.name, f.type, f.size, f.blob, f.inline, f.cid FROM attachment f
		LEFT JOIN conversation c ON c.id = f.conversation LEFT JOIN event e ON e.id = f.event
		WHERE f.id = $1 AND ((f.event = 0 AND f.owner = $2) OR (f.event <> 0 AND `+where+hidden+`))`, args...).
		Scan(&f.ID, &f.Name, &f.Type, &f.Size, &f.Blob, &f.Inline, &f.CID)
	return f, absent(err, "There is no such attachment.")
}

// AttachmentsOf lists the files of one message, also those shown inside its HTML.
func (db *DB) AttachmentsOf(ctx context.Context, event centrala.EventID) ([]centrala.Attachment, error) {
	rows, err := db.ro.QueryContext(ctx, `SELECT id, name, type, size, blob, inline, cid FROM attachment WHERE event = $1 ORDER BY id`, event)
	if err != nil {
		return nil, fmt.Errorf("list attachments: %w", err)
	}
	defer rows.Close()
	var out []centrala.Attachment
	for rows.Next() {
		var f centrala.Attachment
		if err := rows.Scan(&f.ID, &f.Name, &f.Type, &f.Size, &f.Blob, &f.Inline, &f.CID); err != nil {
			return nil, fmt.Errorf("list attachments: %w", err)
		}
		out = append(out, f)
	}
	return out, wrap(rows.Err(), "list attachments")
}
