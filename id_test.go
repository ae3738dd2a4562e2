package centrala

import (
	"testing"
	"time"
)

func TestIDs(t *testing.T) {
	t.Parallel()
	var g IDs
	last := int64(0)
	for i := range 10_000 {
		id := g.Next(noon.Add(-time.Duration(i%7) * time.Second)) // a clock that steps back
		if id <= last {
			t.Fatalf("%d after %d", id, last)
		}
		last = id
		c := ConversationID(id)
		back, err := ParseID[conversationKind](c.String())
		if err != nil || back != c {
			t.Fatalf("%s: %v, %v", c, back, err)
		}
	}
	for _, s := range []string{"", "c_", "c_0", "a_0000000000001", "c_zzzzzzzzzzzzz", "c_000000000000u", "c_0000000000000", "c_00000000000001"} {
		if id, err := ParseID[conversationKind](s); err == nil {
			t.Errorf("%q is read as %d", s, id)
		}
	}
}

// An identifier knows when it was made, and lies between those of the moments around it.
func TestMade(t *testing.T) {
	t.Parallel()
	for _, at := range []time.Time{time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), noon.Add(123 * time.Millisecond), time.Date(2060, 10, 1, 0, 0, 0, 0, time.UTC)} {
		var g IDs
		id := ConversationID(g.Next(at))
		if !id.Made().Equal(at) {
			t.Errorf("made at %v says %v", at, id.Made())
		}
		if id >= 1<<62 {
			t.Errorf("%d lies where identifiers are that no clock made", id)
		}
		if n := int64(id); n < FirstID(at) || n >= FirstID(at.Add(time.Millisecond)) {
			t.Errorf("%d is not between %d and %d", n, FirstID(at), FirstID(at.Add(time.Millisecond)))
		}
		if back, err := ParseID[conversationKind](id.String()); err != nil || back != id {
			t.Errorf("%s: %v, %v", id, back, err)
		}
	}
	if n := FirstID(time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC)); n != 0 {
		t.Errorf("a clock before its time gives %d", n)
	}
}

func TestAheadOfAClockThatWasSetBack(t *testing.T) {
	t.Parallel()
	var g IDs
	if d := g.Ahead(noon); d != 0 {
		t.Errorf("before the first: %v", d)
	}
	g.Next(noon)
	for back, want := range map[time.Duration]time.Duration{0: 0, -time.Hour: time.Hour, time.Hour: 0} {
		if d := g.Ahead(noon.Add(back)); d != want {
			t.Errorf("%v later: ahead by %v, want %v", back, d, want)
		}
	}
}
