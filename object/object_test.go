package object

import (
	"encoding/json"
	"math"
	"testing"
	"time"
)

// Every text is quoted as encoding/json quotes it.
func FuzzString(f *testing.F) {
	for _, s := range []string{"", "Dzień dobry", "\"<b>&\\", "\x00\x1f\x7f\n\t", "\u2028\u2029", "\xff\xc3", "\ufffd \U0001f600"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		want, err := json.Marshal(struct {
			A string `json:"a"`
			B string `json:"b,omitempty"`
		}{s, s})
		if err != nil {
			t.Fatal(err)
		}
		o := Begin(nil)
		o.String("a", s)
		o.Some("b", s)
		if got, err := o.End(); err != nil || string(got) != string(want) {
			t.Errorf("%s, %v, want %s", got, err, want)
		}
	})
}

type id int64

func (id) AppendText(b []byte) ([]byte, error) { return append(b, "id_7"...), nil }

func TestObject(t *testing.T) {
	t.Parallel()
	o := Begin([]byte("x"))
	o.Open("in")
	o.Open("empty")
	o.Close()
	Put(&o, "id", id(7))
	Put(&o, "none", id(0))
	o.Close()
	o.Int("int", -3)
	o.Positive("zero", 0)
	o.If("if", false)
	o.If("yes", true)
	o.Bool("no", false)
	o.Time("at", time.Date(2026, 11, 28, 9, 30, 0, 5000, time.UTC))
	o.Any("any", []string{"a", "<"})
	const want = `x{"in":{"empty":{},"id":"id_7","none":null},"int":-3,"yes":true,"no":false,"at":"2026-11-28T09:30:00.000005Z","any":["a","\u003c"]}`
	if got, err := o.End(); err != nil || string(got) != want {
		t.Errorf("%s, %v", got, err)
	}
	broken := Begin(nil)
	broken.Any("any", math.NaN())
	broken.Any("other", 1)
	if _, err := broken.End(); err == nil {
		t.Error("what cannot be encoded is no error")
	}
}
