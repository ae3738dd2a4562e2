package column

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"centrala"
	"centrala/store/engine"
)

// Querier is a place to read from: the pool of readers, or a transaction.
type Querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// All reads every row of a query; fields says where a row's columns go.
func All[T any](ctx context.Context, q Querier, fields func(*T) []any, query string, args ...any) ([]T, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	items := []T{}
	for rows.Next() {
		var item T
		if err := rows.Scan(fields(&item)...); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		items = append(items, item)
	}
	return items, errors.Join(rows.Err(), rows.Close())
}

// One reads the first row of a query; sql.ErrNoRows when there is none.
func One[T any](ctx context.Context, q Querier, fields func(*T) []any, query string, args ...any) (T, error) {
	items, err := All(ctx, q, fields, query, args...)
	if err == nil && len(items) == 0 {
		err = sql.ErrNoRows
	}
	if err != nil {
		var none T
		return none, err
	}
	return items[0], nil
}

// Missing makes sql.ErrNoRows the refusal that what, by its wire id, does not exist. Other errors
// say what was being read.
func Missing(err error, what, id string) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrNoRows):
		return &centrala.Error{Code: centrala.NotFound, Field: what, Message: fmt.Sprintf("There is no %s %s.", what, id)}
	default:
		return fmt.Errorf("read the %s: %w", what, err)
	}
}

// Taken makes a broken promise of uniqueness the refusal of one field.
func Taken(err error, field, message string) error {
	if err != nil && engine.Duplicate(err) {
		return &centrala.Error{Code: centrala.Conflict, Field: field, Message: message, Err: err}
	}
	return err
}
