package stats

import (
	"sync"
	"testing"
	"time"
)

func TestQuantile(t *testing.T) {
	t.Parallel()
	all := NewLatencies()
	if all.Quantile(0.5) != 0 || all.Max() != 0 || all.Count() != 0 {
		t.Errorf("nothing recorded: p50 %s, max %s, %d", all.Quantile(0.5), all.Max(), all.Count())
	}
	for n := 10_000; n > 0; n-- {
		all.Record(time.Duration(n) * 10 * time.Microsecond)
	}
	for _, c := range []struct {
		q    float64
		want time.Duration
	}{{0.5, 50 * time.Millisecond}, {0.99, 99 * time.Millisecond}, {0.999, 99900 * time.Microsecond}, {1, 100 * time.Millisecond}} {
		if got := all.Quantile(c.q); got < c.want || got > c.want+c.want/1000+time.Microsecond {
			t.Errorf("the %g quantile is %s, want %s and at most a thousandth more", c.q, got, c.want)
		}
	}
	if all.Count() != 10_000 || all.Max() != 100*time.Millisecond {
		t.Errorf("%d, max %s", all.Count(), all.Max())
	}
}

// What lies outside the histogram still counts.
func TestExtremes(t *testing.T) {
	t.Parallel()
	l := NewLatencies()
	l.Record(-time.Second)
	l.Record(time.Hour)
	if l.Count() != 2 || l.Max() != time.Hour || l.Quantile(0.5) > 2*time.Microsecond || l.Quantile(1) < longest {
		t.Errorf("%d, max %s, p50 %s, p100 %s", l.Count(), l.Max(), l.Quantile(0.5), l.Quantile(1))
	}
}

func TestManyRecord(t *testing.T) {
	t.Parallel()
	l := NewLatencies()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 1000 {
				l.Record(time.Millisecond)
			}
		})
	}
	all.Wait()
	if l.Count() != 8000 {
		t.Errorf("%d of 8000", l.Count())
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
