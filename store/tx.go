package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
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

// stmt prepares a query once for the writer's connection.
func (tx *Tx) stmt(query string) (*sql.Stmt, error) {
	if s := tx.w.stmts[query]; s != nil {
		return s, nil
	}
	s, err := tx.w.conn.PrepareContext(context.Background(), query)
	if err != nil {
		tx.failed = err
		return nil, fmt.Errorf("prepare %.60q: %w", query, err)
	}
	tx.w.stmts[query] = s
	return s, nil
}

// exec writes and returns how many rows it touched.
func (tx *Tx) exec(query string, args ...any) (int64, error) {
	tx.w.recent.forget()
	return tx.keep(query, args...)
}

// row reads one row; sql.ErrNoRows when there is none. With an INSERT or UPDATE … RETURNING
// it writes too, and the caller says so with wrote.
func (tx *Tx) row(query string, args []any, dest ...any) error {
	if !reads(query) {
		tx.w.recent.forget()
	}
	s, err := tx.stmt(query)
	if err != nil {
		return err
	}
	err = s.QueryRowContext(context.Background(), args...).Scan(dest...)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		tx.failed = err
	}
	return err
}

// wrote notes that a RETURNING query has changed rows.
func (tx *Tx) wrote() { tx.dirty = true }

// QueryContext lets the read side's queries run inside the transaction.
func (tx *Tx) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if !reads(query) {
		tx.w.recent.forget()
	}
	s, err := tx.stmt(query)
	if err != nil {
		return nil, err
	}
	rows, err := s.QueryContext(ctx, args...)
	if err != nil {
		tx.failed = err
	}
	return rows, err
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
