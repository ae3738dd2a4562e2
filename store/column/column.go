// Package column is how values stand in the database's columns, alike on both engines: times as
// microseconds, truths as numbers, lists and objects as JSON, texts that both can keep; and how
// rows of them are read.
package column

import (
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"time"
)

// Micros is how the database keeps a time: microseconds since 1970, 0 for none.
func Micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// Time is the time of micros, in UTC.
func Time(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}

// Instant scans what Micros keeps.
func Instant(to *time.Time) sql.Scanner { return scanner("time", func(n int64) { *to = Time(n) }) }

// Flag is how the database keeps a truth.
func Flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// Truth scans what Flag keeps.
func Truth(to *bool) sql.Scanner { return scanner("truth", func(n int64) { *to = n != 0 }) }

// number scans a column of numbers.
type number struct {
	what string
	set  func(int64)
}

func scanner(what string, set func(int64)) sql.Scanner { return number{what, set} }

// Scan implements sql.Scanner.
func (n number) Scan(v any) error {
	i, ok := v.(int64)
	if !ok {
		return fmt.Errorf("%s: %T is not a number", n.what, v)
	}
	n.set(i)
	return nil
}

// Both goes into a column and comes out of it.
type Both interface {
	driver.Valuer
	sql.Scanner
}

// JSON keeps what v points to as JSON text in one column, in both directions. A value that was
// left out stays as v had it.
func JSON(v any) Both { return asJSON{v} }

type asJSON struct{ v any }

// Value implements driver.Valuer.
func (c asJSON) Value() (driver.Value, error) {
	b, err := json.Marshal(c.v)
	if err != nil {
		return nil, fmt.Errorf("column: %w", err)
	}
	return string(b), nil
}

// Scan implements sql.Scanner.
func (c asJSON) Scan(src any) error {
	b, err := text(src)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, c.v)
}

// List scans a JSON list; nothing and [] are nil.
func List[T any](to *[]T) sql.Scanner { return list[T]{to} }

type list[T any] struct{ to *[]T }

// Scan implements sql.Scanner.
func (l list[T]) Scan(v any) error {
	b, err := text(v)
	if err != nil {
		return err
	}
	*l.to = nil
	if len(b) == 0 || string(b) == "[]" || string(b) == "null" {
		return nil
	}
	return json.Unmarshal(b, l.to)
}

// Object scans a JSON object; nothing leaves it as it is.
func Object[T any](to *T) sql.Scanner { return object[T]{to} }

type object[T any] struct{ to *T }

// Scan implements sql.Scanner.
func (o object[T]) Scan(v any) error {
	b, err := text(v)
	if err != nil || len(b) == 0 {
		return err
	}
	return json.Unmarshal(b, o.to)
}

func text(v any) ([]byte, error) {
	switch v := v.(type) {
	case string:
		return []byte(v), nil
	case []byte:
		return v, nil
	}
	return nil, fmt.Errorf("JSON: %T is not text", v)
}

// Some is the list itself, or an empty one that is not nil: clients read [] and never null.
func Some[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
