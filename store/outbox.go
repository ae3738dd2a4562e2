package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"centrala/store/column"

	"centrala"
	"centrala/store/engine"
)

// Unpublished reads events that are not yet marked as being on the stream and are older than
// a while, in the order of each conversation: what a crash, or a slow stream, left behind.
func (db *DB) Unpublished(ctx context.Context, olderThan time.Duration, limit int) ([]centrala.Event, error) {
	rows, err := entries(ctx, db.ro, `SELECT `+messageColumns+` FROM outbox o JOIN event e ON e.id = o.event
		WHERE o.at <= $1 ORDER BY o.event LIMIT $2`, column.Micros(db.now().Add(-olderThan)), limit)
	if err != nil {
		return nil, err
	}
	events := make([]centrala.Event, len(rows))
	for i, r := range rows {
		events[i] = r.event
	}
	return events, nil
}

// maxMarks is how many publish marks may wait for a commit.
const maxMarks = 1 << 16

// Published marks events as being on the stream. It never blocks: the marks ride in a coming
// commit, and a crash before it only means that the events are published again. While the
// writer hangs, marks that find no room are counted and forgotten: the sweep makes them again.
func (db *DB) Published(ids []centrala.EventID) {
	db.marks.Lock()
	defer db.marks.Unlock()
	fit := ids[:min(len(ids), maxMarks-len(db.marks.published))]
	db.marks.published = append(db.marks.published, fit...)
	db.stats.forgotten.Add(uint64(len(ids) - len(fit)))
}

// marks take events out of the outbox.
func marks(ids []centrala.EventID) []engine.Statement {
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = int64(id)
	}
	return markRows.Statements(args)
}

// Bury keeps an event that a group's handler gave up on.
func (db *DB) Bury(ctx context.Context, d centrala.DeadLetter) error {
	b, err := json.Marshal(d.Event)
	if err != nil {
		return fmt.Errorf("dead letter: %w", err)
	}
	return db.write(ctx, func(tx *Tx) error {
		_, err := tx.Exec(`INSERT INTO dead_letter (id, grp, event, error, attempts, at) VALUES ($1, $2, $3, $4, $5, $6)`,
			tx.NewID(), d.Group, string(b), short(d.Error, 1000), d.Attempts, column.Micros(tx.now))
		return wrap(err, "keep the dead letter")
	})
}

// DeadLetters lists what was buried, the latest first, at most 500.
func (db *DB) DeadLetters(ctx context.Context) ([]centrala.DeadLetter, error) {
	rows, err := db.ro.QueryContext(ctx, `SELECT id, grp, event, error, attempts, at FROM dead_letter ORDER BY id DESC LIMIT 500`)
	if err != nil {
		return nil, fmt.Errorf("read dead letters: %w", err)
	}
	defer rows.Close()
	out := []centrala.DeadLetter{}
	for rows.Next() {
		var (
			d centrala.DeadLetter
			b []byte
		)
		if err := rows.Scan(&d.ID, &d.Group, &b, &d.Error, &d.Attempts, column.Instant(&d.At)); err != nil {
			return nil, fmt.Errorf("read dead letters: %w", err)
		}
		if err := json.Unmarshal(b, &d.Event); err != nil {
			return nil, fmt.Errorf("dead letter %d: %w", d.ID, err)
		}
		out = append(out, d)
	}
	return out, wrap(rows.Err(), "read dead letters")
}

// Exhume takes a dead letter out, for its event to be handled once more.
func (db *DB) Exhume(ctx context.Context, id int64) (centrala.DeadLetter, error) {
	var d centrala.DeadLetter
	err := db.write(ctx, func(tx *Tx) error {
		var b []byte
		err := tx.Row(`DELETE FROM dead_letter WHERE id = $1 RETURNING id, grp, event, error, attempts, at`, []any{id},
			&d.ID, &d.Group, &b, &d.Error, &d.Attempts, column.Instant(&d.At))
		if err != nil {
			return absent(err, "There is no such dead letter.")
		}
		tx.wrote()
		return json.Unmarshal(b, &d.Event)
	})
	return d, err
}
