package store

import (
	"encoding/json"
	"fmt"
	"time"
)

// instant scans a time kept as microseconds, 0 for none.
type instant struct{ t *time.Time }

// Scan implements sql.Scanner.
func (i instant) Scan(v any) error {
	n, ok := v.(int64)
	if !ok {
		return fmt.Errorf("time: %T is not a number", v)
	}
	*i.t = fromMicros(n)
	return nil
}

// list scans a JSON list; ” and '[]' are nil.
type list[T any] struct{ to *[]T }

// Scan implements sql.Scanner.
func (l list[T]) Scan(v any) error {
	var b []byte
	switch v := v.(type) {
	case string:
		b = []byte(v)
	case []byte:
		b = v
	default:
		return fmt.Errorf("list: %T is not text", v)
	}
	*l.to = nil
	if len(b) == 0 || string(b) == "[]" || string(b) == "null" {
		return nil
	}
	return json.Unmarshal(b, l.to)
}
