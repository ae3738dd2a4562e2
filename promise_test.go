package centrala

import (
	"testing"
	"time"
)

// Of every promise it is said once that its last third has begun and once that it is over;
// who answers in between stops the clock, and the next question has a clock of its own.
func TestRing(t *testing.T) {
	t.Parallel()
	c := Begin(1, Inbox{ID: 1, Channel: Chat, Team: 1}, Contact{ID: 1}, Buyer, noon)
	do := func(cmd Command, after time.Duration) string {
		t.Helper()
		next, steps, err := c.Apply(cmd, noon.Add(after))
		if err != nil {
			t.Fatal(err)
		}
		c = next
		return events(steps)
	}
	const minute = time.Minute
	for _, tt := range []struct {
		cmd   Command
		after time.Duration
		want  string
	}{
		{Receive{}, 0, "received"},
		{Ring{}, 6*minute + 39*time.Second, ""},
		{Ring{}, 6*minute + 40*time.Second, "(warned)"},
		{Ring{}, 7 * minute, ""},
		{Receive{}, 8 * minute, "received"}, // the clock goes on
		{Ring{}, 10 * minute, "(breached)"},
		{Ring{}, 11 * minute, ""},
		{Transfer{Team: 2}, 12 * minute, "transferred (queued)"},
		{Ring{}, 13 * minute, ""},
		{Reply{Agent: 7, Human: true}, 14 * minute, "assigned sent"},
		{Ring{}, 60 * minute, ""},
		{Receive{}, 61 * minute, "received"},
		{Ring{}, 90 * minute, "(breached)"}, // too late for a warning
		{Ring{}, 91 * minute, ""},
		{Resolve{}, 92 * minute, "resolved"},
		{Ring{}, 120 * minute, ""},
	} {
		if got := do(tt.cmd, tt.after); got != tt.want {
			t.Errorf("%T after %v: %q, want %q", tt.cmd, tt.after, got, tt.want)
		}
	}
}
