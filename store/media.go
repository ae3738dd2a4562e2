package store

import (
	"context"
	"fmt"

	"centrala/store/column"

	"centrala"
)

// await notes that a file of a message has to be fetched from its vendor first.
func (tx *Tx) await(id centrala.AttachmentID, inbox centrala.InboxID, handle string) error {
	sealed, err := tx.w.db.sealed([]byte(handle))
	if err != nil {
		return fmt.Errorf("note where the file is: %w", err)
	}
	_, err = tx.keep(`UPDATE attachment SET state = 'fetching', inbox = $2, handle = $3, next_at = $4 WHERE id = $1`, id, inbox, sealed, column.Micros(tx.now))
	return wrap(err, "note where the file is")
}

// DueMedia lists files of an inbox's messages that are to be fetched now, those that have waited
// longest first.
func (db *DB) DueMedia(ctx context.Context, inbox centrala.InboxID, limit int) ([]centrala.Media, error) {
	type row struct {
		centrala.Media
		sealed []byte
	}
	rows, err := column.All(ctx, db.ro, func(r *row) []any { return []any{&r.ID, &r.Inbox, &r.Name, &r.Type, &r.Tries, &r.sealed} },
		`SELECT id, inbox, name, type, tries, handle FROM attachment WHERE inbox = $1 AND state = 'fetching' AND next_at <= $2 ORDER BY next_at LIMIT $3`,
		inbox, column.Micros(db.now()), limit)
	if err != nil {
		return nil, fmt.Errorf("list the files to fetch: %w", err)
	}
	var due []centrala.Media
	for _, r := range rows {
		handle, err := db.unseal(r.sealed)
		if err != nil { // without its handle it cannot be fetched; it ends as lost
			db.log.Error("the handle of a file does not open", "attachment", r.ID.String(), "err", err)
		}
		r.Handle = string(handle)
		due = append(due, r.Media)
	}
	return due, nil
}

// KeepMedia writes down how an attempt to fetch a file ended: it is there, it is tried again, or it
// is lost. Readers of the message are told of the first and the last. NotFound when the message is
// gone meanwhile, and Unavailable when the lease was lost.
func (db *DB) KeepMedia(ctx context.Context, f centrala.Fetched) error {
	if f.Part != nil {
		if err := db.KeepFiles(); err != nil {
			return err
		}
	}
	ended := false
	err := db.write(ctx, func(tx *Tx) error {
		var err error
		ended, err = tx.keepMedia(f)
		return err
	})
	switch {
	case err != nil || !ended:
		return err
	case f.Part != nil:
		db.stats.filesFetched.Add(1)
	default:
		db.stats.filesLost.Add(1)
	}
	return nil
}

func (tx *Tx) keepMedia(f centrala.Fetched) (ended bool, err error) {
	var (
		event centrala.EventID
		inbox centrala.InboxID
		state centrala.FileState
		name  string
	)
	err = tx.Row(`SELECT event, inbox, state, name FROM attachment WHERE id = $1`+tx.w.db.dialect.ForUpdate("attachment"), []any{f.ID}, &event, &inbox, &state, &name)
	if err != nil {
		return false, absent(err, "There is no such attachment.")
	}
	if err := tx.held(&centrala.Cursor{Inbox: inbox, Term: f.Term}); err != nil {
		return false, err
	}
	if state != centrala.FileFetching {
		return false, nil
	}
	cause := tidy(f.Cause.Code+" "+f.Cause.Detail, 300)
	switch {
	case f.Part != nil:
		if given := tidy(f.Part.Name, 200); given != "" {
			name = given
		}
		_, err = tx.keep(`UPDATE attachment SET state = '', handle = NULL, cause = '', name = $2, type = $3, size = $4, blob = $5 WHERE id = $1`,
			f.ID, name, tidy(f.Part.Type, 100), f.Part.Size, f.Part.Blob)
	case !f.Next.IsZero():
		_, err = tx.keep(`UPDATE attachment SET tries = tries + 1, next_at = $2, cause = $3 WHERE id = $1`, f.ID, column.Micros(f.Next), cause)
		return false, wrap(err, "put the file off")
	default:
		_, err = tx.keep(`UPDATE attachment SET state = 'lost', handle = NULL, tries = tries + 1, cause = $2 WHERE id = $1`, f.ID, cause)
	}
	if err != nil {
		return false, fmt.Errorf("note what became of the file: %w", err)
	}
	return true, tx.filesChanged(event)
}

// filesChanged tells the readers of a message what its files are now.
func (tx *Tx) filesChanged(event centrala.EventID) error {
	if event == 0 {
		return nil
	}
	var (
		in  centrala.ConversationID
		seq int64
	)
	if err := tx.Row(`SELECT conversation, seq FROM event WHERE id = $1`, []any{event}, &in, &seq); err != nil {
		return fmt.Errorf("find the file's message: %w", err)
	}
	files, err := attachmentsOf(context.Background(), tx, event)
	if err != nil {
		return err
	}
	extra, err := jsonList(files)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(`UPDATE event SET extra = $2 WHERE id = $1`, event, extra); err != nil {
		return fmt.Errorf("note the message's files: %w", err)
	}
	c, err := tx.byID(in)
	if err != nil {
		return wrap(err, "read the conversation")
	}
	step := centrala.Step{Type: centrala.MessageChanged, Timeline: true, Data: centrala.Facts{Kind: "file", Seq: seq}}
	if _, err := tx.record(c, step, words{by: system()}); err != nil {
		return err
	}
	tx.commits[len(tx.commits)-1].Message.Attachments = files
	tx.update(c)
	tx.settle(c)
	return nil
}
