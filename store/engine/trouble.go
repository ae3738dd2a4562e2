package engine

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	modernc "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Trouble says what an engine's error means for the writer.
type Trouble int

const (
	Refused Trouble = iota // this operation cannot be done
	Again                  // somebody was in the way: do it once more
	Full                   // no room, or no connection: senders wait, readers go on
	Broken                 // the disk failed: nothing can be vouched for any more
)

// TroubleOf tells what is wrong from the driver's error. What one node wrote first, and this one
// tried too, is there to be seen when it is done once more.
func TroubleOf(err error) Trouble {
	var se *modernc.Error
	if errors.As(err, &se) {
		switch se.Code() & 0xff {
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
			return Again
		case sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOMEM:
			return Full
		case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_READONLY:
			return Broken
		}
		return Refused
	}
	var pe *pgconn.PgError
	if errors.As(err, &pe) {
		switch {
		case pe.Code == "40001", pe.Code == "40P01":
			return Again
		case pe.Code == "23505" && (pe.ConstraintName == "event_key" || pe.ConstraintName == "conversation_one_chat"):
			return Again
		case strings.HasPrefix(pe.Code, "53"), strings.HasPrefix(pe.Code, "57"), strings.HasPrefix(pe.Code, "08"), pe.Code == "25006":
			return Full
		}
		return Refused
	}
	var ne net.Error
	if errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.As(err, &ne) || pgconn.Timeout(err) {
		return Full
	}
	return Refused
}

// ReadOnly reports whether err is a server's that takes no writes: a standby, or one that was a
// primary.
func ReadOnly(err error) bool {
	var pe *pgconn.PgError
	return errors.As(err, &pe) && pe.Code == "25006"
}

// Duplicate reports whether err is a broken promise of uniqueness.
func Duplicate(err error) bool {
	var se *modernc.Error
	if errors.As(err, &se) {
		return se.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || se.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
	}
	var pe *pgconn.PgError
	return errors.As(err, &pe) && pe.Code == "23505"
}
