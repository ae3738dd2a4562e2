package main

import (
	"slices"
	"testing"
	"time"
)

func TestQuantile(t *testing.T) {
	t.Parallel()
	hundred := make(Samples, 100)
	for i := range hundred {
		hundred[i] = time.Duration(100 - i) // unsorted
	}
	for _, c := range []struct {
		samples Samples
		q       float64
		want    time.Duration
	}{
		{nil, 0.5, 0},
		{Samples{7}, 0, 7}, {Samples{7}, 0.99, 7}, {Samples{7}, 1, 7},
		{Samples{3, 1, 2}, 0.5, 2},
		{Samples{4, 1, 3, 2}, 0.5, 2},
		{hundred, 0.5, 50}, {hundred, 0.99, 99}, {hundred, 0.991, 100}, {hundred, 1, 100}, {hundred, 0, 1},
	} {
		if got := slices.Clone(c.samples).Quantile(c.q); got != c.want {
			t.Errorf("the %g quantile of %d samples is %d, want %d", c.q, len(c.samples), got, c.want)
		}
	}
}

func TestMedian(t *testing.T) {
	t.Parallel()
	values := []float64{9, 1, 5}
	if got := Median(values); got != 5 || values[0] != 9 {
		t.Errorf("median %g of %v", got, values)
	}
	if got := Median([]int{4, 2, 3, 1}); got != 2 {
		t.Errorf("median of four is %d", got)
	}
	if got := Median([]int(nil)); got != 0 {
		t.Errorf("median of none is %d", got)
	}
}

func TestSummary(t *testing.T) {
	t.Parallel()
	if got := Summary(nil); got != (Tempo{}) {
		t.Errorf("nothing measured is %+v", got)
	}
	got := Summary([]Bout{
		{Rate: 10, ToAgent: Samples{1, 2, 100}, ToVisitor: Samples{5}, Made: 4, CPU: 40, Driver: 10},
		{Rate: 30, ToAgent: Samples{4, 4, 4}, ToVisitor: Samples{6}, Made: 3, CPU: 20},
		{Rate: 20, ToAgent: Samples{3, 3, 300}, ToVisitor: Samples{70}, Made: 3, CPU: 40},
	})
	want := Tempo{Rate: 20, SlowestRate: 10, FastestRate: 30, ToAgent50: 3, ToAgent99: 100, ToVisitor50: 6, ToVisitor99: 6,
		RoundTrips: 9, SlowestAgent: 300, SlowestReply: 70, CPU: 10, Driver: 1}
	if got != want {
		t.Errorf("summary %+v, want %+v", got, want)
	}
}

func TestCeiling(t *testing.T) {
	t.Parallel()
	if got := (Tempo{CPU: 400 * time.Microsecond, Driver: 100 * time.Microsecond}).Ceiling(2); got != 4000 {
		t.Errorf("two cores do %g, want 4000", got)
	}
	if got := (Tempo{}).Ceiling(2); got != 0 {
		t.Errorf("not measured is %g", got)
	}
}
