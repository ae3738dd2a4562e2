// Package object writes JSON objects by hand, byte for byte as encoding/json would and at a
// fraction of the work. It is for the few that are written with every message; tests hold each
// of them against what encoding/json makes of the same value.
package object

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"
)

// Object is a JSON object being written. Each method appends a field; Some, Positive and If
// leave out what is empty, zero or false. Err is the first error.
type Object struct {
	Out []byte
	Err error
}

// Begin begins an object behind b. End ends it.
func Begin(b []byte) Object { return Object{Out: append(b, '{')} }

// End is the whole object.
func (o *Object) End() ([]byte, error) {
	o.Close()
	return o.Out, o.Err
}

// Open begins an object inside this one; what follows is in it until Close.
func (o *Object) Open(name string) { o.Out = append(o.Name(name), '{') }

// Close ends what Open began.
func (o *Object) Close() { o.Out = append(o.Out, '}') }

// Name appends the name of a field, whose value the caller appends.
func (o *Object) Name(name string) []byte {
	if o.Out[len(o.Out)-1] != '{' {
		o.Out = append(o.Out, ',')
	}
	o.Out = append(append(append(o.Out, '"'), name...), '"', ':')
	return o.Out
}

// An ID is an identifier of the vocabulary.
type ID interface {
	~int64
	AppendText(b []byte) ([]byte, error)
}

// Put appends an identifier, null for none.
func Put[T ID](o *Object, name string, id T) {
	if id == 0 {
		o.Null(name)
		return
	}
	b, err := id.AppendText(append(o.Name(name), '"'))
	o.Out = append(b, '"')
	o.Err = cmp.Or(o.Err, err)
}

// Null appends null.
func (o *Object) Null(name string) { o.Out = append(o.Name(name), "null"...) }

// String appends a text.
func (o *Object) String(name, s string) { o.Out = appendString(o.Name(name), s) }

// Some appends a text that is not empty.
func (o *Object) Some(name, s string) {
	if s != "" {
		o.String(name, s)
	}
}

// Int appends a number.
func (o *Object) Int(name string, n int64) { o.Out = strconv.AppendInt(o.Name(name), n, 10) }

// Positive appends a number that is not 0.
func (o *Object) Positive(name string, n int64) {
	if n != 0 {
		o.Int(name, n)
	}
}

// Bool appends a truth value.
func (o *Object) Bool(name string, v bool) { o.Out = strconv.AppendBool(o.Name(name), v) }

// If appends what is true.
func (o *Object) If(name string, v bool) {
	if v {
		o.Bool(name, v)
	}
}

// Time appends an instant.
func (o *Object) Time(name string, t time.Time) {
	o.Out = append(t.AppendFormat(append(o.Name(name), '"'), time.RFC3339Nano), '"')
}

// Any appends what comes too seldom to be worth its own way.
func (o *Object) Any(name string, v any) {
	b, err := json.Marshal(v)
	if err != nil && o.Err == nil {
		o.Err = fmt.Errorf("encode %s: %w", name, err)
	}
	o.Out = append(o.Name(name), b...)
}

// appendString appends a quoted text. Most texts need no escaping and are copied.
func appendString(b []byte, s string) []byte {
	for i := 0; i < len(s); {
		r, n := rune(s[i]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRuneInString(s[i:])
		}
		switch {
		case r < ' ', r == '"', r == '\\', r == '<', r == '>', r == '&', r == '\u2028', r == '\u2029', r == utf8.RuneError:
			quoted, _ := json.Marshal(s) // a string always can be
			return append(b, quoted...)
		}
		i += n
	}
	return append(append(append(b, '"'), s...), '"')
}
