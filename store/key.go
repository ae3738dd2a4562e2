package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"centrala/store/column"

	"centrala"
)

const keyColumns = `SELECT id, name, scopes, sides, created_at, used_at, revoked_at FROM api_key`

type keyRow struct {
	centrala.APIKey
	used, revoked time.Time
}

func (k *keyRow) fields() []any {
	return []any{&k.ID, &k.Name, column.JSON(&k.Scopes), column.JSON(&k.Sides), column.Instant(&k.Created), column.Instant(&k.used), column.Instant(&k.revoked)}
}

func (k *keyRow) key() centrala.APIKey {
	k.Used, k.Revoked = maybe(k.used), maybe(k.revoked)
	return k.APIKey
}

// maybe is nil for no time.
func maybe(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// Keys lists all API keys in the order they were made, revoked ones included.
func (db *DB) Keys(ctx context.Context) ([]centrala.APIKey, error) {
	rows, err := column.All(ctx, db.ro, (*keyRow).fields, keyColumns+` ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("read the keys: %w", err)
	}
	keys := make([]centrala.APIKey, 0, len(rows))
	for i := range rows {
		keys = append(keys, rows[i].key())
	}
	return keys, nil
}

// AddKey lets a program in by a secret of which only the hash is kept. The hash is unique.
func (db *DB) AddKey(ctx context.Context, k centrala.APIKey, hash []byte) (centrala.APIKey, error) {
	k.Name, k.Scopes, k.Sides = strings.TrimSpace(k.Name), column.Some(k.Scopes), column.Some(k.Sides)
	if err := column.CheckName("name", k.Name, 100); err != nil {
		return k, err
	}
	if err := column.CheckSides(k.Sides...); err != nil {
		return k, err
	}
	for _, s := range k.Scopes {
		if !slices.Contains(centrala.KeyScopes(), s) {
			return k, centrala.InvalidField("scopes", "%.40q is not a scope.", s)
		}
	}
	if len(hash) == 0 {
		return k, errors.New("add a key: it has no hash")
	}
	err := db.write(ctx, func(tx *Tx) error {
		k.ID, k.Created, k.Used, k.Revoked = centrala.KeyID(tx.NewID()), column.Time(column.Micros(tx.now)), nil, nil
		_, err := tx.Exec(`INSERT INTO api_key (id, name, hash, scopes, sides, created_at) VALUES ($1, $2, $3, $4, $5, $6)`,
			k.ID, k.Name, hash, column.JSON(&k.Scopes), column.JSON(&k.Sides), column.Micros(k.Created))
		return column.Taken(wrap(err, "add the key"), "secret", "There is such a key already.")
	})
	return k, err
}

// KeyByHash reads the key whose secret hashes to hash, also a revoked one; NotFound when there
// is none. The use of one that still counts is noted at most once a minute.
func (db *DB) KeyByHash(ctx context.Context, hash []byte) (centrala.APIKey, error) {
	row, err := column.One(ctx, db.ro, (*keyRow).fields, keyColumns+` WHERE hash = $1`, hash)
	if err != nil {
		return centrala.APIKey{}, column.Missing(err, "key", "of this secret")
	}
	if now := db.now(); row.revoked.IsZero() && now.Sub(row.used) >= touchEvery {
		db.touch(ctx, `UPDATE api_key SET used_at = $2 WHERE id = $1 AND used_at < $2`, row.ID, now)
	}
	return row.key(), nil
}

// RevokeKey makes a key void from now on; NotFound when there is none. The first time counts.
func (db *DB) RevokeKey(ctx context.Context, id centrala.KeyID) error {
	return db.write(ctx, func(tx *Tx) error {
		n, err := tx.Exec(`UPDATE api_key SET revoked_at = CASE WHEN revoked_at = 0 THEN $2 ELSE revoked_at END WHERE id = $1`, id, column.Micros(tx.now))
		if err == nil && n == 0 {
			err = errNone
		}
		return column.Missing(err, "key", id.String())
	})
}
