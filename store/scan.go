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

// object scans a JSON object; ” leaves it as it is.
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
