package store

import (
	"context"
	"encoding/json"
	"fmt"

	"centrala/store/column"

	"centrala"
)

// KeepRefresh writes the refresh token of an inbox's mailbox over the one that it came of,
// sealed; everything else about the inbox stays. Conflict when another one is kept by now, and
// then nothing is written.
func (db *DB) KeepRefresh(ctx context.Context, inbox centrala.InboxID, was, is string) error {
	return db.write(ctx, func(tx *Tx) error {
		var r inboxRow
		err := tx.Row(inboxColumns+` WHERE id = $1`+db.dialect.ForUpdate("inbox"), []any{inbox}, r.fields()...)
		if err != nil {
			return column.Missing(err, "inbox", inbox.String())
		}
		if r.settings.Mailbox == nil {
			return centrala.Errorf(centrala.Conflict, "The inbox has no mailbox any more.")
		}
		kept, err := db.secrets(r.secrets)
		if err != nil {
			return fmt.Errorf("secrets of the inbox %s: %w", r.Slug, err)
		}
		if kept.Refresh != was {
			return centrala.Errorf(centrala.Conflict, "Another sign-in is kept for this inbox by now.")
		}
		kept.Refresh = is
		plain, err := json.Marshal(kept)
		if err != nil {
			return fmt.Errorf("secrets: %w", err)
		}
		sealed, err := db.sealed(plain)
		if err != nil {
			return err
		}
		_, err = tx.Exec(`UPDATE inbox SET secrets = $2 WHERE id = $1`, inbox, sealed)
		return wrap(err, "keep the sign-in")
	})
}
