package deflection_test

import (
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"centrala/deflection"
)

func about(a, b, by float64) bool { return math.Abs(a-b) <= by }

// The examples of Newcombe's paper (1998, table II, method 10).
func TestDifference(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b      deflection.Share
		low, high float64
	}{
		{deflection.Share{N: 56, Of: 70}, deflection.Share{N: 48, Of: 80}, 0.0524, 0.3339},
		{deflection.Share{N: 9, Of: 10}, deflection.Share{N: 3, Of: 10}, 0.1705, 0.8090},
		{deflection.Share{N: 6, Of: 7}, deflection.Share{N: 2, Of: 7}, 0.0582, 0.8062},
		{deflection.Share{N: 5, Of: 56}, deflection.Share{N: 0, Of: 29}, -0.0381, 0.1926},
		{deflection.Share{N: 0, Of: 10}, deflection.Share{N: 0, Of: 20}, -0.1611, 0.2775},
		{deflection.Share{N: 0, Of: 10}, deflection.Share{N: 0, Of: 10}, -0.2775, 0.2775},
		{deflection.Share{N: 10, Of: 10}, deflection.Share{N: 0, Of: 20}, 0.6791, 1},
		{deflection.Share{N: 10, Of: 10}, deflection.Share{N: 0, Of: 10}, 0.6075, 1},
	} {
		d, low, high := deflection.Difference(c.a, c.b)
		if !about(d, c.a.Rate()-c.b.Rate(), 1e-12) || !about(low, c.low, 5e-5) || !about(high, c.high, 5e-5) {
			t.Errorf("%v less %v is %.4f (%.4f to %.4f), not %.4f to %.4f", c.a, c.b, d, low, high, c.low, c.high)
		}
		if d2, l2, h2 := deflection.Difference(c.b, c.a); !about(d2, -d, 1e-12) || !about(l2, -high, 1e-12) || !about(h2, -low, 1e-12) {
			t.Errorf("the other way round %v and %v are not the same", c.a, c.b)
		}
	}
	if low, high := (deflection.Share{}).Wilson(); low != 0 || high != 1 {
		t.Errorf("of nothing anything may be: %v to %v", low, high)
	}
	if low, high := (deflection.Share{N: 81, Of: 263}).Wilson(); !about(low, 0.2553, 5e-5) || !about(high, 0.3662, 5e-5) { // table I there
		t.Errorf("81 of 263: %.4f to %.4f", low, high)
	}
}

// The table of docs/search.md says how many people it takes.
func TestNeeded(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/search.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, ok := strings.Cut(string(text), "<!-- needed -->\n")
	if !ok {
		t.Fatal("docs/search.md has no such table")
	}
	table, _, _ := strings.Cut(after, "\n\n")
	rows := 0
	for _, line := range strings.Split(table, "\n")[2:] {
		cells := strings.Split(strings.Trim(line, "| "), "|")
		number := func(s string) int {
			n, err := strconv.Atoi(strings.ReplaceAll(s, " ", ""))
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		for i, share := range []float64{0.05, 0.1, 0.2, 0.3, 0.5} {
			if got, want := deflection.Needed(0.2, float64(number(cells[0]))/100, share), number(cells[i+1]); got != want {
				t.Errorf("%s at %v: %d, and the table says %d", cells[0], share, got, want)
			}
		}
		rows++
	}
	if rows != 4 {
		t.Errorf("%d rows", rows)
	}
}
