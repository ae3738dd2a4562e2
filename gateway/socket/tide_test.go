package socket

import "testing"

// Memory is given back once after a storm, when it is over, and not for sockets that come and go
// one by one.
func TestTide(t *testing.T) {
	t.Parallel()
	var (
		now   tide
		moves int64
		given int
	)
	pass := func(ticks int, each int64) int {
		given = 0
		for range ticks {
			moves += each
			if now.ebbs(moves) {
				given++
			}
		}
		return given
	}
	for _, step := range []struct {
		what  string
		ticks int
		each  int64
		want  int
	}{
		{"nothing", 100, 0, 0},
		{"a storm", 20, 500, 0},
		{"the calm begins", calm - 1, few, 0},
		{"it lasts", 1, 0, 1},
		{"nothing more", 200, 0, 0},
		{"a few", 30, 1, 0},
		{"two gusts", 1, storm, 0},
		{"with a pause", calm / 2, 0, 0},
		{"the second", 1, storm, 0},
		{"calm", calm, 0, 1},
	} {
		if n := pass(step.ticks, step.each); n != step.want {
			t.Errorf("%s: given back %d times, want %d", step.what, n, step.want)
		}
	}
}
