// Package stats keeps measured durations and says what they were.
package stats

import (
	"cmp"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Latencies are measured durations in a histogram of three significant digits, so that a
// quantile is at most a thousandth too high, however many there are. Any goroutine may use it.
type Latencies struct {
	mu      sync.Mutex
	h       *hdrhistogram.Histogram
	slowest time.Duration
}

const (
	shortest = time.Microsecond // what is shorter counts as this
	longest  = 2 * time.Minute  // what is longer counts as this, but for Max
)

// NewLatencies holds none.
func NewLatencies() *Latencies {
	return &Latencies{h: hdrhistogram.New(int64(shortest), int64(longest), 3)}
}

// Record adds one.
func (l *Latencies) Record(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.slowest = max(l.slowest, d)
	_ = l.h.RecordValue(int64(min(max(d, shortest), longest))) // refuses nothing between the two
}

// Count is how many there are.
func (l *Latencies) Count() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.h.TotalCount()
}

// Max is the slowest, exactly.
func (l *Latencies) Max() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.slowest
}

// Quantile is a duration that at least the share q (0–1) of all does not exceed (nearest rank,
// to three digits); 0 when there are none.
func (l *Latencies) Quantile(q float64) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.h.TotalCount() == 0 {
		return 0
	}
	return min(time.Duration(l.h.ValueAtQuantile(100*q)), l.slowest)
}

// Median is the middle of values, of an even number the lower of the two; the zero value
// without any. values stay as they are.
func Median[T cmp.Ordered](values []T) T {
	if len(values) == 0 {
		var none T
		return none
	}
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	return sorted[int(math.Ceil(float64(len(sorted))/2))-1]
}
