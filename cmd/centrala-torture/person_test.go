package main

import (
	"testing"

	"centrala/cmd/centrala-torture/law"
)

// A person to whom a resume brought only the newest asks for the rest, again when that is refused
// for now, and is back only when all of it is there.
func TestTruncatedReplayIsFilled(t *testing.T) {
	t.Parallel()
	p := newPerson(&law.Record{}, &law.Reader{Name: "ania"}, "", "")
	p.Catch("c_1")
	p.head()
	p.hello()
	p.welcomed()
	p.arrive(frame{Conversation: "c_1", Seq: 3, Message: []byte(`{"text":"trzy"}`)})
	p.replayed(frame{Conversation: "c_1", Seq: 3, Truncated: true})
	asks := func(when string) {
		t.Helper()
		if _, ask := p.head(); len(ask) != 1 || ask["c_1"] != 0 {
			t.Fatalf("%s is asked for: %v", when, ask)
		}
		if p.Resumed() != 0 {
			t.Fatalf("%s: back before everything is there", when)
		}
	}
	asks("the rest of a replay")
	p.refused(t.Context(), frame{Ref: historyOf + "c_1", Code: "unavailable"})
	asks("what was refused for now")
	p.page(frame{Conversation: "c_1", Messages: []entry{{Seq: 1, Text: "raz"}, {Seq: 2, Text: "dwa"}}})
	if seq, _ := p.Whole("c_1"); seq != 3 || p.Resumed() != 1 {
		t.Fatalf("whole up to %d, back %d times", seq, p.Resumed())
	}
}
