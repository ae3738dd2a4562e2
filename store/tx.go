package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"centrala/store/column"

	"centrala"
)

// Tx is the running group commit as one operation sees it. Its methods use no context: a
// transaction is never cut in the middle.
type Tx struct {
	w       *writer
	now     time.Time // the same for everything in this commit
	dirty   bool      // this operation has written
	failed  error     // the engine refused a statement
	commits []centrala.Commit
	blown   []centrala.Fuse // by this operation
	dropped []string        // blobs that nothing names any more once this operation is on disk
	reads   []centrala.TeamRead
}

// Exec writes and returns how many rows it touched.
func (tx *Tx) Exec(query string, args ...any) (int64, error) {
	if err := tx.before(query); err != nil {
		return 0, err
	}
	return tx.keep(query, args...)
}

// keep writes like exec, without a look at what is held in memory: for statements that neither
// need nor touch events, conversations, or the names of their contacts and agents.
func (tx *Tx) keep(query string, args ...any) (int64, error) {
	tx.dirty = true
	n, err := tx.w.conn.Exec(query, args...)
	return n, tx.noted(err)
}

// Beside writes like Exec, and BesideRow reads like Row, in tables that have no part in the log:
// what waits in memory stays there.
func (tx *Tx) Beside(query string, args ...any) (int64, error) { return tx.keep(query, args...) }

// BesideRow is told of at Beside.
func (tx *Tx) BesideRow(query string, args []any, dest ...any) error {
	return tx.peek(query, args, dest...)
}

// Row reads one row; sql.ErrNoRows when there is none. With an INSERT or UPDATE … RETURNING
// it writes too, and the caller says so with wrote.
func (tx *Tx) Row(query string, args []any, dest ...any) error {
	if err := tx.before(query); err != nil {
		return err
	}
	err := tx.w.conn.Row(query, args, dest...)
	if errors.Is(err, sql.ErrNoRows) {
		return err
	}
	return tx.noted(err)
}

// peek reads one row like row, of what nothing that is pending will change.
func (tx *Tx) peek(query string, args []any, dest ...any) error {
	err := tx.w.conn.Row(query, args, dest...)
	if errors.Is(err, sql.ErrNoRows) {
		return err
	}
	return tx.noted(err)
}

// amend writes what is pending and then changes entries of the log in a way that touches no
// conversation and no name, and no words that somebody has said under a key.
func (tx *Tx) amend(query string, args ...any) error {
	if err := tx.flush(); err != nil {
		return err
	}
	_, err := tx.keep(query, args...)
	return err
}

// wrote notes that a RETURNING query has changed rows.
func (tx *Tx) wrote() { tx.dirty = true }

// QueryContext lets the read side's queries run inside the transaction.
func (tx *Tx) QueryContext(_ context.Context, query string, args ...any) (*sql.Rows, error) {
	if err := tx.before(query); err != nil {
		return nil, err
	}
	rows, err := tx.w.conn.Query(query, args...)
	return rows, tx.noted(err)
}

// before lets a statement see the tables as they are to be, and forgets what it may change.
func (tx *Tx) before(query string) error {
	err := tx.flush()
	if !strings.HasPrefix(query, "SELECT") {
		tx.w.forget()
	}
	return err
}

// noted remembers that the engine refused a statement: nothing of this transaction can stay.
func (tx *Tx) noted(err error) error {
	if err != nil {
		tx.failed = err
	}
	return err
}

// NewID makes an identifier inside the transaction.
func (tx *Tx) NewID() int64 { return tx.w.db.Next(tx.now) }

// Now is the time of the commit, the same for everything in it.
func (tx *Tx) Now() time.Time { return tx.now }

// Lock is what a query ends with that reads rows of a table in order to change them.
func (tx *Tx) Lock(table string) string { return tx.w.db.dialect.ForUpdate(table) }

// Update runs an operation in the group commit and returns when it is on disk, or refused: for the
// rooms below this one, which keep what has a table and no part in a conversation. op may run
// again, from the beginning, and is never cut in the middle.
func (db *DB) Update(ctx context.Context, op func(*Tx) error) error { return db.write(ctx, op) }

// Reads is where those rooms read.
func (db *DB) Reads() column.Querier { return db.ro }
