// Package engine is one connection of a database as its only writer uses it: every statement is
// prepared once, and what brings no rows back goes out together.
package engine

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// Conn belongs to one goroutine. It uses no contexts: a transaction is never cut in the middle.
type Conn struct {
	conn     *sql.Conn
	stmts    map[string]*sql.Stmt
	pipeline bool // PostgreSQL: a list of statements is one way over the network
}

// Connect takes a connection of db, a PostgreSQL database or else SQLite, until Close.
func Connect(db *sql.DB, postgres bool) (*Conn, error) {
	conn, err := db.Conn(context.Background())
	if err != nil {
		return nil, err
	}
	return &Conn{conn: conn, stmts: map[string]*sql.Stmt{}, pipeline: postgres}, nil
}

// Close gives the connection back.
func (c *Conn) Close() error {
	var errs []error
	for _, s := range c.stmts {
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, c.conn.Close())...)
}

// Abandon ends the connection itself, so that Close does not keep it for others.
func (c *Conn) Abandon() {
	_ = c.conn.Raw(func(any) error { return driver.ErrBadConn }) // which is what it answers
}

// stmt prepares a query once.
func (c *Conn) stmt(query string) (*sql.Stmt, error) {
	if s := c.stmts[query]; s != nil {
		return s, nil
	}
	text := query
	if !c.pipeline {
		text = nameless(query)
	}
	s, err := c.conn.PrepareContext(context.Background(), text)
	if err != nil {
		return nil, fmt.Errorf("prepare %.60q: %w", query, err)
	}
	c.stmts[query] = s
	return s, nil
}

// Exec writes and returns how many rows it touched.
func (c *Conn) Exec(query string, args ...any) (int64, error) {
	s, err := c.stmt(query)
	if err != nil {
		return 0, err
	}
	r, err := s.ExecContext(context.Background(), args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// Row reads one row; sql.ErrNoRows when there is none.
func (c *Conn) Row(query string, args []any, dest ...any) error {
	s, err := c.stmt(query)
	if err != nil {
		return err
	}
	return s.QueryRowContext(context.Background(), args...).Scan(dest...)
}

// Query reads rows, which must be closed before anything else is asked.
func (c *Conn) Query(query string, args ...any) (*sql.Rows, error) {
	s, err := c.stmt(query)
	if err != nil {
		return nil, err
	}
	return s.QueryContext(context.Background(), args...)
}

// Statement is something to be done that brings no rows back. Its arguments are int64, string or
// nil: PostgreSQL gets them as they are.
type Statement struct {
	Query string
	Args  []any
}

// Commit ends a transaction as the last of a list of statements.
var Commit = Statement{Query: "COMMIT"}

// Send does a list of statements in order, and none after one that failed. If Commit was among
// them and there is no error, the transaction is on disk.
func (c *Conn) Send(list []Statement) error {
	if c.pipeline && len(list) > 0 {
		return c.conn.Raw(func(driver any) error { return together(driver.(*stdlib.Conn).Conn(), list) })
	}
	for _, s := range list {
		if _, err := c.Exec(s.Query, s.Args...); err != nil {
			return err
		}
	}
	return nil
}

// together sends a list of statements in one go and waits for all their results.
func together(conn *pgx.Conn, list []Statement) error {
	b := &pgx.Batch{}
	for _, s := range list {
		b.Queue(s.Query, s.Args...)
	}
	results := conn.SendBatch(context.Background(), b)
	for _, s := range list {
		tag, err := results.Exec()
		if err == nil && s.Query == Commit.Query && tag.String() != Commit.Query {
			err = fmt.Errorf("the transaction ended with %s", tag) // it had failed before
		}
		if err != nil {
			return errors.Join(err, results.Close())
		}
	}
	return results.Close()
}

// nameless is the query with ? in place of $1, $2, … where they stand in this order, each once;
// others stay as they are. SQLite takes $1 for a name, and whoever binds it looks it up among all
// names of the statement.
func nameless(query string) string {
	var b strings.Builder
	rest := query
	for n := 1; ; n++ {
		before, after, found := strings.Cut(rest, "$")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		digits := len(after) - len(strings.TrimLeft(after, "0123456789"))
		if after[:digits] != strconv.Itoa(n) {
			return query
		}
		b.WriteByte('?')
		rest = after[digits:]
	}
}
