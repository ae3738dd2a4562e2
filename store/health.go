package store

import (
	"context"
	"fmt"
	"time"

	"centrala/store/engine"

	"centrala/store/column"

	"centrala"
	"centrala/watch"
)

// Ready says why the store cannot be written or read, nil when it can.
func (db *DB) Ready(ctx context.Context) error {
	if fault := db.fault.Load(); fault != nil {
		return fmt.Errorf("the database cannot be written: %w", *fault)
	}
	if since := db.stats.since.Load(); since != 0 {
		if d := time.Since(time.Unix(0, since)); d > patience/2 {
			return fmt.Errorf("the database cannot be written: a commit has been running for %s", d.Round(time.Second))
		}
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if err := db.ro.PingContext(ctx); err != nil {
		return fmt.Errorf("the database cannot be read: %w", err)
	}
	return nil
}

// Clock says that the clock was set back: what was made since then has the time from before,
// and what is due by the clock comes late by that much. Order is not touched.
func (db *DB) Clock() error {
	if ahead := db.Ahead(db.now()); ahead > time.Minute {
		return fmt.Errorf("the clock was set back by %s", ahead.Round(time.Second))
	}
	return nil
}

// Stats is what the metrics tell of the store.
type Stats struct {
	Transactions, Operations, Replays uint64
	Queue, Room                       int    // operations that wait for the next commit, and how many may
	Fuses                             uint64 // that blew
	Refused                           uint64 // operations that the writer did not take in time
	Marks                             int    // publish marks that wait for the next commit
	Forgotten                         uint64 // marks that found no room
	Batch, Commit                     watch.Distribution
	Outbox                            int64
	OldestUnpublished                 time.Duration // 0 when there is none
	DeadLetters                       int64
	Deliveries                        map[centrala.DeliveryState]int64 // those that are not over
	OldestDue                         time.Duration                    // of the deliveries that could be sent now
	Engine                            string
}

// Stats reads the counters, and asks the database for what it keeps.
func (db *DB) Stats(ctx context.Context) (Stats, error) {
	s := Stats{Transactions: db.stats.transactions.Load(), Operations: db.stats.operations.Load(), Replays: db.stats.replays.Load(),
		Refused: db.stats.refused.Load(), Forgotten: db.stats.forgotten.Load(), Fuses: db.stats.fuses.Load(), Batch: db.stats.batch.Read(), Commit: db.stats.commit.Read(),
		Queue: len(db.ops), Room: cap(db.ops), Engine: db.dialect.String(), Deliveries: map[centrala.DeliveryState]int64{}}
	db.marks.Lock()
	s.Marks = len(db.marks.published)
	db.marks.Unlock()
	now := db.now()
	var oldest, due int64
	if err := db.ro.QueryRowContext(ctx, `SELECT count(*), coalesce(min(at), 0), (SELECT count(*) FROM dead_letter) FROM outbox`).
		Scan(&s.Outbox, &oldest, &s.DeadLetters); err != nil {
		return s, fmt.Errorf("count the outbox: %w", err)
	}
	s.OldestUnpublished = age(now, oldest)
	rows, err := db.ro.QueryContext(ctx, `SELECT state, count(*), coalesce(min(CASE WHEN next_at <= $1 THEN next_at END), 0) FROM delivery
		WHERE state IN ('queued', 'leased', 'handing_over') GROUP BY state`, column.Micros(now))
	if err != nil {
		return s, fmt.Errorf("count deliveries: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var (
			state centrala.DeliveryState
			n, at int64
		)
		if err := rows.Scan(&state, &n, &at); err != nil {
			return s, fmt.Errorf("count deliveries: %w", err)
		}
		if s.Deliveries[state] = n; at != 0 && (due == 0 || at < due) {
			due = at
		}
	}
	s.OldestDue = age(now, due)
	return s, wrap(rows.Err(), "count deliveries")
}

// age is how long ago a time of the database was, 0 for none.
func age(now time.Time, at int64) time.Duration {
	if at == 0 {
		return 0
	}
	return max(now.Sub(column.Time(at)), 0)
}

// Backup writes a consistent copy of a SQLite database to a new file while work goes on. For
// PostgreSQL pg_dump is the tool, and the error says so.
func (db *DB) Backup(ctx context.Context, path string) error {
	if db.dialect == engine.Postgres {
		return centrala.Errorf(centrala.Invalid, "a PostgreSQL database is backed up with pg_dump")
	}
	if _, err := db.rw.ExecContext(ctx, `VACUUM INTO $1`, path); err != nil {
		return fmt.Errorf("copy the database: %w", err)
	}
	return nil
}
