package store

import (
	"context"
	"fmt"
	"time"

	"centrala"
)

// Ready says why the store cannot be written or read, nil when it can.
func (db *DB) Ready(ctx context.Context) error {
	if fault := db.fault.Load(); fault != nil {
		return fmt.Errorf("the database cannot be written: %w", *fault)
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if err := db.ro.PingContext(ctx); err != nil {
		return fmt.Errorf("the database cannot be read: %w", err)
	}
	return nil
}

// Stats is what the metrics tell of the store.
type Stats struct {
	Transactions, Operations, Replays uint64
	Queue                             int // operations that wait for the next commit
	Outbox                            int64
	Engine                            string
}

// Stats reads the counters.
func (db *DB) Stats(ctx context.Context) (Stats, error) {
	s := Stats{Transactions: db.stats.transactions.Load(), Operations: db.stats.operations.Load(), Replays: db.stats.replays.Load(),
		Queue: len(db.ops), Engine: db.dialect.String()}
	err := db.ro.QueryRowContext(ctx, `SELECT count(*) FROM outbox`).Scan(&s.Outbox)
	return s, wrap(err, "count the outbox")
}

// Backup writes a consistent copy of a SQLite database to a new file while work goes on. For
// PostgreSQL pg_dump is the tool, and the error says so.
func (db *DB) Backup(ctx context.Context, path string) error {
	if db.dialect == postgres {
		return centrala.Errorf(centrala.Invalid, "a PostgreSQL database is backed up with pg_dump")
	}
	if _, err := db.rw.ExecContext(ctx, `VACUUM INTO $1`, path); err != nil {
		return fmt.Errorf("copy the database: %w", err)
	}
	return nil
}
