package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"centrala/store/column"

	"centrala"
)

// KeepTokens writes the tokens of an inbox's account over those whose refresh token was wasRefresh,
// sealed, and until when they are good; everything else about the inbox stays. Conflict when another
// refresh token is kept by now, and then nothing is written: of several nodes that renew, one does.
func (db *DB) KeepTokens(ctx context.Context, inbox centrala.InboxID, wasRefresh, token, refresh string, expires time.Time) error {
	return db.write(ctx, func(tx *Tx) error { return tx.keepTokens(inbox, &wasRefresh, token, refresh, expires) })
}

// keepTokens writes tokens over those of wasRefresh, or over whatever is kept when that is nil.
func (tx *Tx) keepTokens(inbox centrala.InboxID, wasRefresh *string, token, refresh string, expires time.Time) error {
	db := tx.w.db
	var r inboxRow
	err := tx.Row(inboxColumns+` WHERE id = $1`+db.dialect.ForUpdate("inbox"), []any{inbox}, r.fields()...)
	if err != nil {
		return column.Missing(err, "inbox", inbox.String())
	}
	if r.settings.Account == nil {
		return centrala.Errorf(centrala.Conflict, "The inbox has no account any more.")
	}
	kept, err := db.secrets(r.secrets)
	if err != nil {
		return fmt.Errorf("secrets of the inbox %s: %w", r.Slug, err)
	}
	if wasRefresh != nil && kept.Refresh != *wasRefresh {
		return centrala.Errorf(centrala.Conflict, "Another connection is kept for this inbox by now.")
	}
	kept.Token, kept.Refresh = token, refresh
	r.settings.Account.Expires = expires.UTC()
	plain, err := json.Marshal(kept)
	if err != nil {
		return fmt.Errorf("secrets: %w", err)
	}
	sealed, err := db.sealed(plain)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`UPDATE inbox SET settings = $2, secrets = $3 WHERE id = $1`, inbox, column.JSON(&r.settings), sealed)
	return wrap(err, "keep the connection")
}
