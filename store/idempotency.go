package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"centrala/store/column"

	"centrala"
)

// How long the answer to a request with an Idempotency-Key is kept, and how long one that is
// being worked on keeps others out: whoever took it may have died.
const (
	idempotencyKept = 48 * time.Hour
	idempotencyBusy = time.Minute
)

// Idempotent takes the key of a request, or finds the answer that it got the first time:
// found, with the stored answer and its status. Without found the caller now does the work
// and ends with Remember, or with Forget when nothing was done. The same key with another
// body is a Conflict for 48 hours, and so, with RetryAfter, is one that is still being worked
// on, for a minute.
func (db *DB) Idempotent(ctx context.Context, principal, route, key string, body []byte) (stored []byte, status int, found bool, err error) {
	if err := centrala.CheckKey(key); err != nil || !column.Storable(key) {
		return nil, 0, false, &centrala.Error{Code: centrala.Invalid, Field: "Idempotency-Key", Message: "An idempotency key has 1 to 64 printable bytes.", Err: err}
	}
	sum := sha256.Sum256(body)
	err = db.write(ctx, func(tx *Tx) error {
		stored, status, found = nil, 0, false
		if _, err := tx.Exec(`DELETE FROM idempotency WHERE at < $1`, column.Micros(tx.now.Add(-idempotencyKept))); err != nil {
			return fmt.Errorf("clear away old keys: %w", err)
		}
		n, err := tx.Exec(`INSERT INTO idempotency (principal, route, key, body_hash, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
			principal, route, key, sum[:], column.Micros(tx.now))
		if err != nil || n == 1 {
			return wrap(err, "take the key")
		}
		stored, status, err = tx.earlier(principal, route, key, sum[:])
		found = err == nil && status != 0
		return err
	})
	return stored, status, found, err
}

// earlier reads what became of a key that was taken before; status 0 when it is ours now.
func (tx *Tx) earlier(principal, route, key string, sum []byte) (stored []byte, status int, err error) {
	var (
		hash []byte
		at   time.Time
	)
	err = tx.Row(`SELECT body_hash, status, answer, at FROM idempotency WHERE principal = $1 AND route = $2 AND key = $3`+
		tx.w.db.dialect.ForUpdate("idempotency"), []any{principal, route, key}, &hash, &status, &stored, column.Instant(&at))
	switch {
	case errors.Is(err, sql.ErrNoRows): // forgotten this moment, on another node
		return nil, 0, &centrala.Error{Code: centrala.Unavailable, Message: "Try again.", RetryAfter: time.Second}
	case err != nil:
		return nil, 0, fmt.Errorf("read the key: %w", err)
	case !bytes.Equal(hash, sum):
		return nil, 0, &centrala.Error{Code: centrala.Conflict, Field: "Idempotency-Key", Message: "This key was used for another request."}
	case status != 0:
		return stored, status, nil
	case tx.now.Sub(at) < idempotencyBusy:
		return nil, 0, &centrala.Error{Code: centrala.Conflict, Field: "Idempotency-Key", RetryAfter: time.Second,
			Message: "The first request with this key is still being worked on."}
	}
	_, err = tx.Exec(`UPDATE idempotency SET at = $4 WHERE principal = $1 AND route = $2 AND key = $3`, principal, route, key, column.Micros(tx.now))
	return nil, 0, wrap(err, "take the key over")
}

// Remember keeps the answer to the request whose key was taken with Idempotent. The first
// answer counts.
func (db *DB) Remember(ctx context.Context, principal, route, key string, status int, answer []byte) error {
	return db.write(ctx, func(tx *Tx) error {
		_, err := tx.Exec(`UPDATE idempotency SET status = $4, answer = $5 WHERE principal = $1 AND route = $2 AND key = $3 AND status = 0`,
			principal, route, key, status, answer)
		return wrap(err, "remember the answer")
	})
}

// Forget gives back a key that was taken with Idempotent and came to nothing, so that the
// request may be sent again.
func (db *DB) Forget(ctx context.Context, principal, route, key string) error {
	return db.write(ctx, func(tx *Tx) error {
		_, err := tx.Exec(`DELETE FROM idempotency WHERE principal = $1 AND route = $2 AND key = $3 AND status = 0`, principal, route, key)
		return wrap(err, "forget the key")
	})
}
