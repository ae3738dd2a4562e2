// Package graph is how Meta writes: JSON of which the types vary, read leniently, and errors of the
// Graph API with what is done about each.
package graph

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// Text is a string that may also come as a number or a truth value; anything else is empty.
type Text string

// UnmarshalJSON implements json.Unmarshaler.
func (t *Text) UnmarshalJSON(b []byte) error {
	*t = ""
	switch {
	case len(b) == 0 || b[0] == '{' || b[0] == '[' || bytes.Equal(b, []byte("null")):
		return nil
	case b[0] == '"':
		var s string
		if err := json.Unmarshal(b, &s); err != nil {
			return err
		}
		*t = Text(s)
		return nil
	}
	*t = Text(b)
	return nil
}

// Stamp is a moment in seconds or milliseconds, as a number or a string of digits; zero when it is
// none.
type Stamp struct{ time.Time }

// UnmarshalJSON implements json.Unmarshaler.
func (s *Stamp) UnmarshalJSON(b []byte) error {
	s.Time = time.Time{}
	n, err := strconv.ParseFloat(strings.Trim(string(b), `"`), 64)
	if err != nil || n <= 0 || n > 1e14 {
		return nil // no moment is no reason to lose the rest
	}
	if n < 1e11 { // milliseconds since 1973, or seconds until 5138
		n *= 1000
	}
	s.Time = time.UnixMilli(int64(n)).UTC()
	return nil
}

// Flag is a truth value that may come as a string or a number.
type Flag bool

// UnmarshalJSON implements json.Unmarshaler.
func (f *Flag) UnmarshalJSON(b []byte) error {
	s := strings.Trim(string(b), `"`)
	*f = s == "true" || s == "1"
	return nil
}

// Number is an integer that may come as a string; zero when it is none.
type Number int64

// UnmarshalJSON implements json.Unmarshaler.
func (n *Number) UnmarshalJSON(b []byte) error {
	v, err := strconv.ParseFloat(strings.Trim(string(b), `"`), 64)
	if err != nil || v > 1e15 || v < -1e15 {
		v = 0
	}
	*n = Number(v)
	return nil
}

// List is an array of which each element is read by itself; what is no array is none.
type List []json.RawMessage

// UnmarshalJSON implements json.Unmarshaler.
func (l *List) UnmarshalJSON(b []byte) error {
	*l = nil
	if len(b) == 0 || b[0] != '[' {
		return nil
	}
	return json.Unmarshal(b, (*[]json.RawMessage)(l))
}

// Object is a value that is read as a T when it is an object, and otherwise is nothing.
type Object[T any] struct {
	Is bool
	V  T
}

// UnmarshalJSON implements json.Unmarshaler.
func (o *Object[T]) UnmarshalJSON(b []byte) error {
	var zero T
	o.Is, o.V = false, zero
	if len(b) == 0 || b[0] != '{' {
		return nil
	}
	o.Is = true
	return json.Unmarshal(b, &o.V)
}
