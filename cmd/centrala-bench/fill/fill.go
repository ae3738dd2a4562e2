// Package fill gives a house a past: it copies, in the database of a server that does not run,
// one finished conversation as often as is asked. Millions of messages through the protocol
// would take hours. The copies are rows as the server wrote them, with other keys and earlier
// times.
package fill

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	_ "github.com/jackc/pgx/v5/stdlib" // PostgreSQL
	_ "modernc.org/sqlite"             // SQLite
)

// apart is how far copies of a row lie apart: identifiers begin with the milliseconds and end
// with 22 bits beneath, and times are microseconds.
const (
	apartMillis = 30_000
	apartID     = apartMillis << 22
	apartTime   = apartMillis * 1000
	chunk       = 5000 // conversations a transaction
)

// changes is how a copy's column is made of the original's: i is the number of the copy. Keys
// rise from the oldest copy to the youngest, as those that clients make do.
var changes = map[string]map[string]string{
	"contact":      {"id": "id - i * %[1]d"},
	"conversation": {"id": "id - i * %[1]d", "contact": "contact - i * %[1]d", "number": "100000000 + i"},
	"event":        {"id": "id - i * %[1]d", "conversation": "conversation - i * %[1]d", "key": "CASE WHEN key IS NULL THEN NULL ELSE 'copy-' || (1000000000 - i) || '-' || seq END"},
}

// tables in the order of their copying.
var tables = []string{"contact", "conversation", "event"}

// Copy adds copies of a resolved conversation of the house whose database that is
// (sqlite:PATH or postgres://…) until at least n more messages are there, and gives how many
// it made. The conversation is the first that is resolved. Progress may be nil.
func Copy(ctx context.Context, database string, n int, progress func(done int)) (made int, err error) {
	driver, address := "pgx", database
	if path, ok := strings.CutPrefix(database, "sqlite:"); ok {
		driver, address = "sqlite", "file:"+path+"?_pragma=synchronous(OFF)&_pragma=cache_size(-262144)"
	}
	db, err := sql.Open(driver, address)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)
	var original, contact, each, before int64
	if err := db.QueryRowContext(ctx, "SELECT id, contact FROM conversation WHERE status = 'resolved' AND number < 100000000 ORDER BY id LIMIT 1").Scan(&original, &contact); err != nil {
		return 0, fmt.Errorf("find a resolved conversation to copy: %w", err)
	}
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM event WHERE conversation = $1 AND text <> ''", original).Scan(&each); err != nil {
		return 0, err
	}
	if each == 0 {
		return 0, errors.New("the conversation to copy has no messages")
	}
	if err := db.QueryRowContext(ctx, "SELECT coalesce(max(number), 100000000) - 100000000 FROM conversation WHERE number > 100000000").Scan(&before); err != nil {
		return 0, err
	}
	copies := (int64(n) + each - 1) / each
	statements := map[string]string{}
	for _, table := range tables {
		if statements[table], err = statement(ctx, db, table); err != nil {
			return 0, err
		}
	}
	// From the oldest copy to the youngest, so that rows append to the tables and their indexes.
	for upto := copies; upto > 0; upto -= chunk {
		from := max(upto-chunk, 0) + 1
		if err := copyChunk(ctx, db, statements, map[string]int64{"contact": contact, "conversation": original, "event": original}, before+from, before+upto); err != nil {
			return made, err
		}
		made += int((upto - from + 1) * each)
		if progress != nil {
			progress(made)
		}
	}
	return made, nil
}

// copyChunk makes the copies from one number to another in one transaction.
func copyChunk(ctx context.Context, db *sql.DB, statements map[string]string, of map[string]int64, from, upto int64) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	for _, table := range tables {
		if _, err := tx.ExecContext(ctx, statements[table], of[table], from, upto); err != nil {
			return errors.Join(fmt.Errorf("copy %s: %w", table, err), tx.Rollback())
		}
	}
	return tx.Commit()
}

// statement copies the rows of a table that belong to $1, for the numbers $2 to $3.
func statement(ctx context.Context, db *sql.DB, table string) (string, error) {
	rows, err := db.QueryContext(ctx, "SELECT * FROM "+table+" LIMIT 0")
	if err != nil {
		return "", err
	}
	columns, err := rows.Columns()
	if err = errors.Join(err, rows.Close(), rows.Err()); err != nil {
		return "", err
	}
	var values []string
	for _, c := range columns {
		switch change, ok := changes[table][c]; {
		case ok && strings.Contains(change, "%"):
			values = append(values, fmt.Sprintf(change, apartID))
		case ok:
			values = append(values, change)
		case c == "at" || strings.HasSuffix(c, "_at"):
			values = append(values, fmt.Sprintf("CASE WHEN %[1]s > 0 THEN %[1]s - i * %[2]d ELSE %[1]s END", c, apartTime))
		default:
			values = append(values, c)
		}
	}
	key := "id"
	if table == "event" {
		key = "conversation"
	}
	return fmt.Sprintf(`WITH RECURSIVE numbers(i) AS (SELECT CAST($3 AS bigint) UNION ALL SELECT i - 1 FROM numbers WHERE i > CAST($2 AS bigint))
		INSERT INTO %[1]s (%[2]s) SELECT %[3]s FROM numbers CROSS JOIN %[1]s WHERE %[4]s = CAST($1 AS bigint) ORDER BY i DESC, id`,
		table, strings.Join(columns, ", "), strings.Join(values, ", "), key), nil
}
