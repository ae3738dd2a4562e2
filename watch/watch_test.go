package watch_test

import (
	"sync"
	"testing"

	"centrala/watch"
)

func TestHistogram(t *testing.T) {
	t.Parallel()
	h := watch.Sizes(8)
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for _, v := range []float64{1, 2, 3, 8, 9} {
				h.Observe(v)
			}
		})
	}
	wait.Wait()
	d := h.Read()
	if d.Count != 20 || d.Sum != 4*23 || d.Largest != 8 {
		t.Errorf("%d counted, sum %v, largest %v", d.Count, d.Sum, d.Largest)
	}
	for bound, want := range map[float64]uint64{1: 4, 2: 8, 4: 12, 8: 16} {
		if d.AtMost[bound] != want {
			t.Errorf("%d at most %v, want %d", d.AtMost[bound], bound, want)
		}
	}
}

func TestTraceOfAContext(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	if watch.With(ctx, "") != ctx || watch.Trace(ctx) != "" {
		t.Error("no trace is one")
	}
	if got := watch.Trace(watch.With(ctx, "00-a-b-01")); got != "00-a-b-01" {
		t.Errorf("the trace is %q", got)
	}
}
