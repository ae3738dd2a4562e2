package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"centrala"
	"centrala/store/engine"
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

// clock is the database's own clock in microseconds, as an expression of a query. What several
// nodes go by must not depend on whose clock is right.
func (d dialect) clock() string {
	if d == postgres {
		return "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)"
	}
	return "CAST(unixepoch('subsec') * 1000000 AS integer)"
}

// oneChat is the index that holds a contact to one unresolved chat in an inbox.
const oneChat = "conversation_one_chat"

// secondChat makes the refusal of what would give somebody a second one.
func secondChat(err error) error {
	if engine.Duplicate(err) && (strings.Contains(err.Error(), oneChat) || strings.Contains(err.Error(), "conversation.contact, conversation.inbox")) {
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
			if engine.TroubleOf(err) == engine.Broken {
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
