package store

import (
	"context"
	"fmt"
	"time"

	"centrala/store/engine"
)

const (
	// keptLog is how large SQLite's write-ahead log stays on the disk, in bytes: it is written
	// again from its beginning, which costs less than to give the room back and take it anew.
	keptLog = 64 << 20
	// longLog is how many pages of it are enough to begin anew.
	longLog = keptLog / 4096 / 4
)

// checkpoint moves what it can of the write-ahead log into the database, waits for nobody, and
// returns how many pages the log holds.
const checkpoint = "PRAGMA wal_checkpoint(PASSIVE)"

// keeper moves the write-ahead log into the database beside the writer, a little every second.
// The log begins anew once all of it has been moved, and beside a busy writer there is always
// more: when it has grown long the writer moves the last of it itself.
func (db *DB) keeper(ctx context.Context) {
	defer db.done.Done()
	if db.dialect != engine.SQLite {
		return
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	var seen uint64
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		n := db.stats.transactions.Load()
		if n == seen {
			continue
		}
		seen = n
		var busy, pages, moved int
		err := db.rw.QueryRowContext(ctx, checkpoint).Scan(&busy, &pages, &moved)
		db.longLog.Store(pages > longLog)
		if ctx.Err() == nil {
			db.unmoved(err)
		}
	}
}

// beginLog moves the last of a long log between two commits, so that the next one can begin it
// anew. Somebody who still reads from it makes this the next second's work, and delays nobody.
func (w *writer) beginLog() {
	if w.conn == nil || !w.db.longLog.Swap(false) {
		return
	}
	var busy, pages, moved int
	w.db.unmoved(w.conn.Row(checkpoint, nil, &busy, &pages, &moved))
}

// unmoved tells of a checkpoint that failed.
func (db *DB) unmoved(err error) {
	if err == nil {
		return
	}
	db.log.Warn("checkpoint", "err", err)
	if engine.TroubleOf(err) == engine.Broken {
		db.fail(fmt.Errorf("checkpoint: %w", err))
	}
}
