package store

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"time"

	"centrala/store/engine"
)

// clockEvery is how often the database is asked what time it is.
const clockEvery = 10 * time.Second

// clock is the database's clock as a node knows it: what it was when it was last asked, and how
// long ago that is. All nodes of one database have the same one, to within the time that a
// question takes, and steps of a node's own clock do not move it.
type clock struct {
	ask func(ctx context.Context) (time.Time, error)

	mu    sync.Mutex
	was   time.Time // the database's
	asked time.Time // this node's, with the reading that never steps
}

// databaseClock asks through a pool of connections.
func databaseClock(from *sql.DB) *clock {
	return &clock{ask: func(ctx context.Context) (time.Time, error) {
		var now int64
		err := from.QueryRowContext(ctx, `SELECT `+engine.Postgres.Clock()).Scan(&now)
		return time.UnixMicro(now), err
	}}
}

// asks is how often it is asked each time: the quickest answer is the nearest, and the first one
// may have waited for a connection.
const asks = 3

// set asks what time it is.
func (c *clock) set(ctx context.Context) error {
	var (
		was, asked time.Time
		took       time.Duration
	)
	for i := range asks {
		before := time.Now()
		now, err := c.ask(ctx)
		if err != nil {
			return fmt.Errorf("ask the database what time it is: %w", err)
		}
		if d := time.Since(before); i == 0 || d < took {
			was, asked, took = now, before.Add(d/2), d
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.was, c.asked = was, asked
	return nil
}

// now is the time of the database.
func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.was.Add(time.Since(c.asked))
}

// follow asks again and again. While the database cannot be asked, time goes on as it did.
func (c *clock) follow(ctx context.Context) {
	t := time.NewTicker(clockEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		one, cancel := context.WithTimeout(ctx, clockEvery/2)
		_ = c.set(one) // the writer and /readyz say when the database is away
		cancel()
	}
}

// Now is the time by which this database is written: its own where it is a server, so that all
// nodes have one, else this machine's.
func (db *DB) Now() time.Time { return db.now() }
