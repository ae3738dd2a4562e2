package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"centrala"
)

// TakeLease gives a node an inbox's lease for a while, by the database's clock: when nobody
// holds it, when it has ended, or when the node of that name held it already, in an earlier
// life. term numbers its holders. Conflict while another one holds it.
func (db *DB) TakeLease(ctx context.Context, inbox centrala.InboxID, holder string, d time.Duration) (term int64, err error) {
	err = db.write(ctx, func(tx *Tx) error {
		now := tx.w.db.dialect.Clock()
		err := tx.Row(`INSERT INTO lease (inbox, holder, term, ends) VALUES ($1, $2, 1, `+now+` + $3)
			ON CONFLICT (inbox) DO UPDATE SET holder = excluded.holder, term = lease.term + 1, ends = excluded.ends, health = ''
			WHERE lease.holder = excluded.holder OR lease.ends < `+now+` RETURNING term`, []any{inbox, holder, d.Microseconds()}, &term)
		if errors.Is(err, sql.ErrNoRows) {
			return centrala.Errorf(centrala.Conflict, "Another node holds the lease.")
		}
		if err != nil {
			return fmt.Errorf("take the lease: %w", err)
		}
		tx.wrote()
		return nil
	})
	return term, err
}

// RenewLease holds a lease for a while more, and says how the holder's line does; LineHealth
// tells it to everybody. Conflict when the lease has ended or is another's: then nothing may be
// done under it any more.
func (db *DB) RenewLease(ctx context.Context, inbox centrala.InboxID, term int64, d time.Duration, health string) error {
	return db.write(ctx, func(tx *Tx) error {
		now := tx.w.db.dialect.Clock()
		n, err := tx.Exec(`UPDATE lease SET ends = `+now+` + $3, health = $4 WHERE inbox = $1 AND term = $2 AND ends >= `+now, inbox, term, d.Microseconds(), health)
		if err == nil && n == 0 {
			return lostLease(centrala.Conflict)
		}
		return wrap(err, "renew the lease")
	})
}

// LineHealth is what the holder of an inbox's lease last said of the line, "" when nobody holds
// it or nothing was said yet.
func (db *DB) LineHealth(ctx context.Context, inbox centrala.InboxID) (string, error) {
	var health string
	err := db.ro.QueryRowContext(ctx, `SELECT health FROM lease WHERE inbox = $1 AND ends >= `+db.dialect.Clock(), inbox).Scan(&health)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return health, wrap(err, "read a line's health")
}

// ReleaseLease ends a lease now, so that another node need not wait for its end. One that is
// held no more is left alone.
func (db *DB) ReleaseLease(ctx context.Context, inbox centrala.InboxID, term int64) error {
	return db.write(ctx, func(tx *Tx) error {
		_, err := tx.Exec(`UPDATE lease SET ends = 0 WHERE inbox = $1 AND term = $2`, inbox, term)
		return wrap(err, "release the lease")
	})
}

// held refuses a cursor whose lease was lost. Until the commit nobody else can take the lease.
func (tx *Tx) held(c *centrala.Cursor) error {
	if c.Term == 0 {
		return nil
	}
	d, one := tx.w.db.dialect, 0
	err := tx.Row(`SELECT 1 FROM lease WHERE inbox = $1 AND term = $2 AND ends >= `+d.Clock()+d.ForUpdate("lease"), []any{c.Inbox, c.Term}, &one)
	if errors.Is(err, sql.ErrNoRows) {
		return lostLease(centrala.Unavailable)
	}
	return wrap(err, "look at the lease")
}

func lostLease(code centrala.Code) error {
	return centrala.Errorf(code, "The lease of this mailbox has ended; another node may read it now.")
}
