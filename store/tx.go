package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

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
}

// exec writes and returns how many rows it touched.
func (tx *Tx) exec(query string, args ...any) (int64, error) {
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

// row reads one row; sql.ErrNoRows when there is none. With an INSERT or UPDATE … RETURNING
// it writes too, and the caller says so with wrote.
func (tx *Tx) row(query string, args []any, dest ...any) error {
	if err := tx.before(query); err != nil {
		return err
	}
	err := tx.w.conn.Row(query, args, dest...)
	if errors.Is(err, sql.ErrNoRows) {
		return err
	}
	return tx.noted(err)
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

// querier is a place to read from: the pool of readers, or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// id makes an identifier inside the transaction.
func (tx *Tx) id() int64 { return tx.w.db.Next(tx.now) }

// micros is how the database keeps a time: microseconds since 1970, 0 for none.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// fromMicros is the time of micros, in UTC.
func fromMicros(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}

// flag is how the database keeps a truth.
func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
