package asking_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"centrala/asking"
)

var noon = time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC)

func TestHoldsTheShare(t *testing.T) {
	t.Parallel()
	const people = 20_000
	for _, share := range []float64{0, 0.05, 0.2, 0.5, 0.9} {
		h := asking.HoldOut{Key: []byte("key"), Share: share}
		held := 0
		for i := range people {
			if h.Holds(fmt.Sprintf("v_%d", i), noon) {
				held++
			}
		}
		want := min(share, asking.MaxHeld)
		// Four standard deviations of a binomial share.
		if got := float64(held) / people; math.Abs(got-want) > 4*math.Sqrt(want*(1-want)/people) {
			t.Errorf("of %v are held %v", share, got)
		}
	}
}

func TestHoldsTheSameAllDayAndDrawsAnew(t *testing.T) {
	t.Parallel()
	h := asking.HoldOut{Key: []byte("key"), Share: 0.5}
	other := asking.HoldOut{Key: []byte("other"), Share: 0.5}
	morning := time.Date(2026, 11, 3, 3, 0, 0, 0, time.UTC)
	moved, otherwise := 0, 0
	for i := range 1000 {
		v := fmt.Sprintf("v_%d", i)
		first := h.Holds(v, morning)
		for _, later := range []time.Duration{time.Hour, 20 * time.Hour, 24*time.Hour - time.Second} {
			if h.Holds(v, morning.Add(later)) != first {
				t.Fatalf("%s changed after %v", v, later)
			}
		}
		if h.Holds(v, morning.Add(24*time.Hour)) != first {
			moved++
		}
		if other.Holds(v, morning) != first {
			otherwise++
		}
	}
	for what, n := range map[string]int{"the next day": moved, "another key": otherwise} {
		if n < 400 || n > 600 {
			t.Errorf("%s changed %d of 1000", what, n)
		}
	}
	if h.Holds("", morning) {
		t.Error("somebody unknown is held")
	}
}

// A larger share holds whom a smaller one held: changing it does not deal the cards anew.
func TestALargerShareHoldsMore(t *testing.T) {
	t.Parallel()
	few, many := asking.HoldOut{Key: []byte("k"), Share: 0.1}, asking.HoldOut{Key: []byte("k"), Share: 0.4}
	for i := range 1000 {
		if v := fmt.Sprint(i); few.Holds(v, noon) && !many.Holds(v, noon) {
			t.Errorf("%s was held and is not", v)
		}
	}
}

func TestEpoch(t *testing.T) {
	t.Parallel()
	at := func(s string) int64 {
		d, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return asking.Epoch(d)
	}
	if a, b := at("2026-11-03T03:00:00Z"), at("2026-11-04T02:59:59Z"); a != b {
		t.Errorf("one day is %d and %d", a, b)
	}
	if a, b := at("2026-11-04T02:59:59Z"), at("2026-11-04T03:00:00Z"); a+1 != b {
		t.Errorf("three in the night: %d, %d", a, b)
	}
	if a, b := at("1969-12-31T02:59:59Z"), at("1969-12-31T03:00:00Z"); a+1 != b {
		t.Errorf("before 1970: %d, %d", a, b)
	}
}

func TestStranger(t *testing.T) {
	t.Parallel()
	h := asking.HoldOut{Key: []byte("key")}
	a := h.Stranger("192.0.2.1", "Firefox", noon)
	for what, b := range map[string]string{
		"another address": h.Stranger("192.0.2.2", "Firefox", noon), "another browser": h.Stranger("192.0.2.1", "Chromium", noon),
		"another day": h.Stranger("192.0.2.1", "Firefox", noon.Add(24*time.Hour)), "another house": asking.HoldOut{Key: []byte("k")}.Stranger("192.0.2.1", "Firefox", noon),
	} {
		if a == b {
			t.Errorf("%s is the same person %s", what, a)
		}
	}
	if a != h.Stranger("192.0.2.1", "Firefox", noon.Add(time.Hour)) || len(a) != 28 {
		t.Errorf("an hour later somebody else, or a long name: %s", a)
	}
}
