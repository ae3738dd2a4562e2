package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"centrala"
	"centrala/store/engine"
)

// asJSON keeps what v points to as JSON text in one column, in both directions. A value that
// was left out stays as v had it.
func asJSON(v any) jsonColumn { return jsonColumn{v} }

type jsonColumn struct{ v any }

// Value implements driver.Valuer.
func (c jsonColumn) Value() (driver.Value, error) {
	b, err := json.Marshal(c.v)
	if err != nil {
		return nil, fmt.Errorf("column: %w", err)
	}
	return string(b), nil
}

// Scan implements sql.Scanner.
func (c jsonColumn) Scan(src any) error {
	switch src := src.(type) {
	case string:
		return json.Unmarshal([]byte(src), c.v)
	case []byte:
		return json.Unmarshal(src, c.v)
	default:
		return fmt.Errorf("column: %T is not text", src)
	}
}

// some is the list itself, or an empty one that is not nil: clients read [] and never null.
func some[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// all reads every row of a query; fields says where a row's columns go.
func all[T any](ctx context.Context, q querier, fields func(*T) []any, query string, args ...any) ([]T, error) {
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

// one reads the first row of a query; sql.ErrNoRows when there is none.
func one[T any](ctx context.Context, q querier, fields func(*T) []any, query string, args ...any) (T, error) {
	items, err := all(ctx, q, fields, query, args...)
	if err == nil && len(items) == 0 {
		err = sql.ErrNoRows
	}
	if err != nil {
		var none T
		return none, err
	}
	return items[0], nil
}

// missing makes sql.ErrNoRows the refusal that what, by its wire id, does not exist. Other
// errors say what was being read.
func missing(err error, what, id string) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrNoRows):
		return &centrala.Error{Code: centrala.NotFound, Field: what, Message: fmt.Sprintf("There is no %s %s.", what, id)}
	default:
		return fmt.Errorf("read the %s: %w", what, err)
	}
}

// taken makes a broken promise of uniqueness the refusal of one field.
func taken(err error, field, message string) error {
	if err != nil && engine.Duplicate(err) {
		return &centrala.Error{Code: centrala.Conflict, Field: field, Message: message, Err: err}
	}
	return err
}

// storable reports whether both engines can keep s: UTF-8 without NUL.
func storable(s string) bool { return utf8.ValidString(s) && !strings.Contains(s, "\x00") }

// checkWords refuses texts that cannot be kept; their lengths are the caller's business.
func checkWords(field string, texts ...string) error {
	for _, s := range texts {
		if !storable(s) {
			return centrala.InvalidField(field, "The %s is not valid UTF-8.", field)
		}
	}
	return nil
}

// checkName refuses a name that is blank or longer than n characters.
func checkName(field, name string, n int) error {
	if err := checkWords(field, name); err != nil {
		return err
	}
	if strings.TrimSpace(name) == "" {
		return centrala.InvalidField(field, "The %s is empty.", field)
	}
	if utf8.RuneCountInString(name) > n {
		return centrala.InvalidField(field, "The %s has more than %d characters.", field, n)
	}
	return nil
}

// checkSlug refuses what cannot stand in an address as it is.
func checkSlug(slug, also string, n int) error {
	for i, r := range slug {
		letter := 'a' <= r && r <= 'z' || '0' <= r && r <= '9'
		if !letter && (i == 0 || !strings.ContainsRune(also, r)) {
			return centrala.InvalidField("slug", "The slug %.80q may hold a to z, 0 to 9 and %q, and begins with a letter or digit.", slug, also)
		}
	}
	if slug == "" || len(slug) > n {
		return centrala.InvalidField("slug", "The slug has 1 to %d characters.", n)
	}
	return nil
}

// checkSides refuses what is not a side.
func checkSides(sides ...centrala.Side) error {
	for _, s := range sides {
		if !s.Valid() {
			return centrala.InvalidField("sides", "%.20q is not a side.", s)
		}
	}
	return nil
}
