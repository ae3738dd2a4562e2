package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	modernc "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"centrala"
)

// dialect is what differs between the two engines; the texts of the queries do not.
type dialect int

const (
	sqlite dialect = iota
	postgres
)

func (d dialect) String() string {
	if d == postgres {
		return "postgres"
	}
	return "sqlite"
}

// begin opens a transaction that will write.
func (d dialect) begin() string {
	if d == postgres {
		return "BEGIN"
	}
	return "BEGIN IMMEDIATE"
}

// forUpdate locks the rows that a query reads until the transaction ends. SQLite has one
// writer and needs no more.
func (d dialect) forUpdate(table string) string {
	if d == postgres {
		return " FOR UPDATE OF " + table
	}
	return ""
}

// skipLocked takes rows that nobody else has taken.
func (d dialect) skipLocked() string {
	if d == postgres {
		return " FOR UPDATE SKIP LOCKED"
	}
	return ""
}

// trouble says what an engine's error means for the writer.
type trouble int

const (
	refused trouble = iota // this operation cannot be done
	again                  // somebody was in the way: do it once more
	full                   // no room, or no connection: senders wait, readers go on
	broken                 // the disk failed: nothing can be vouched for any more
)

func troubleOf(err error) trouble {
	var se *modernc.Error
	if errors.As(err, &se) {
		switch se.Code() & 0xff {
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
			return again
		case sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOMEM:
			return full
		case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_READONLY:
			return broken
		}
		return refused
	}
	var pe *pgconn.PgError
	if errors.As(err, &pe) {
		switch {
		case pe.Code == "40001", pe.Code == "40P01":
			return again
		case pe.Code == "23505" && (pe.ConstraintName == "event_key" || pe.ConstraintName == oneChat):
			return again // another node was first; what it wrote is seen now
		case strings.HasPrefix(pe.Code, "53"), strings.HasPrefix(pe.Code, "57"), strings.HasPrefix(pe.Code, "08"), pe.Code == "25006":
			return full
		}
		return refused
	}
	var ne net.Error
	if errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.As(err, &ne) || pgconn.Timeout(err) {
		return full
	}
	return refused
}

// duplicate reports whether err is a broken promise of uniqueness.
func duplicate(err error) bool {
	var se *modernc.Error
	if errors.As(err, &se) {
		return se.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || se.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
	}
	var pe *pgconn.PgError
	return errors.As(err, &pe) && pe.Code == "23505"
}

// oneChat is the index that holds a contact to one unresolved chat in an inbox.
const oneChat = "conversation_one_chat"

// secondChat makes the refusal of what would give somebody a second one.
func secondChat(err error) error {
	if duplicate(err) && (strings.Contains(err.Error(), oneChat) || strings.Contains(err.Error(), "conversation.contact, conversation.inbox")) {
		return centrala.Errorf(centrala.Conflict, "The customer has another chat by now that is not over.")
	}
	return err
}

// keeper moves the write-ahead log into the database beside the writer: a little every
// second, and all of it when the log has grown long.
func (db *DB) keeper(ctx context.Context) {
	defer db.done.Done()
	if db.dialect != sqlite {
		return
	}
	const long = 64 << 20 / 4096 // pages
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	var seen uint64
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if n := db.stats.transactions.Load(); n == seen {
			continue
		} else {
			seen = n
		}
		pages, err := db.checkpoint(ctx, "PASSIVE")
		if err == nil && pages > long {
			_, err = db.checkpoint(ctx, "TRUNCATE")
		}
		if err != nil && ctx.Err() == nil {
			db.log.Warn("checkpoint", "err", err)
			if troubleOf(err) == broken {
				db.fail(fmt.Errorf("checkpoint: %w", err))
			}
		}
	}
}

// checkpoint returns how many pages the write-ahead log holds.
func (db *DB) checkpoint(ctx context.Context, mode string) (int, error) {
	var busy, pages, moved int
	err := db.rw.QueryRowContext(ctx, "PRAGMA wal_checkpoint("+mode+")").Scan(&busy, &pages, &moved)
	return pages, err
}

// join is the aggregate that puts numbers into one text with commas.
func (d dialect) join(column string) string {
	if d == postgres {
		return "string_agg(CAST(" + column + " AS text), ',')"
	}
	return "group_concat(" + column + ")"
}
