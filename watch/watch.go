// Package watch is how the rooms tell what takes how long, without knowing who listens: counts
// by size that Prometheus reads, and the spans of a trace that follows a message from frame to
// frame. It stands on the standard library alone.
package watch

import (
	"context"
	"math"
	"sync/atomic"
	"time"
)

// Histogram counts observations by size. The zero value counts nothing; make one with Sizes
// or Seconds. Observe is safe for concurrent use and allocates nothing.
type Histogram struct {
	bounds []float64 // upper, ascending; the last bucket has none
	counts []atomic.Uint64
	sum    atomic.Uint64 // the bits of a float64
}

// Sizes is a histogram for numbers of things, up to 1, 2, 4 … and largest.
func Sizes(largest int) *Histogram {
	var bounds []float64
	for n := 1; n <= largest; n *= 2 {
		bounds = append(bounds, float64(n))
	}
	return newHistogram(bounds)
}

// Seconds is a histogram for lengths of time from half a millisecond to ten seconds.
func Seconds() *Histogram {
	return newHistogram([]float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10})
}

func newHistogram(bounds []float64) *Histogram {
	return &Histogram{bounds: bounds, counts: make([]atomic.Uint64, len(bounds)+1)}
}

// Observe counts v.
func (h *Histogram) Observe(v float64) {
	i := 0
	for i < len(h.bounds) && v > h.bounds[i] {
		i++
	}
	h.counts[i].Add(1)
	for {
		old := h.sum.Load()
		if h.sum.CompareAndSwap(old, math.Float64bits(math.Float64frombits(old)+v)) {
			return
		}
	}
}

// Since counts the seconds that have gone since start.
func (h *Histogram) Since(start time.Time) { h.Observe(time.Since(start).Seconds()) }

// Distribution is a histogram at a moment: how many were at most each bound, how many there
// were, and their sum.
type Distribution struct {
	Count   uint64
	Sum     float64
	AtMost  map[float64]uint64
	Largest float64 // the last bound
}

// Read returns what was counted so far.
func (h *Histogram) Read() Distribution {
	d := Distribution{AtMost: make(map[float64]uint64, len(h.bounds)), Sum: math.Float64frombits(h.sum.Load())}
	for i, b := range h.bounds {
		d.Count += h.counts[i].Load()
		d.AtMost[b], d.Largest = d.Count, b
	}
	d.Count += h.counts[len(h.bounds)].Load()
	return d
}

// Span is one piece of a message's way.
type Span struct {
	Parent     string // W3C traceparent of what it belongs to
	Name       string
	From, To   time.Time
	Err        error
	Attributes map[string]string // identifiers, never words
}

// Tracer takes spans. A nil Tracer is off, and a message without a traceparent is not traced:
// then nothing is measured.
type Tracer interface {
	// Begin opens the first span of a way at this moment. The traceparent is "" when the way is
	// not to be traced; end must be called all the same.
	Begin(name string) (traceparent string, end func(err error, attributes map[string]string))
	// Note writes down a span that is over.
	Note(Span)
}

type key struct{}

// With returns a context for what belongs to a trace.
func With(ctx context.Context, traceparent string) context.Context {
	if traceparent == "" {
		return ctx
	}
	return context.WithValue(ctx, key{}, traceparent)
}

// Trace is the traceparent of what ctx belongs to, "" when it is not traced.
func Trace(ctx context.Context) string {
	s, _ := ctx.Value(key{}).(string)
	return s
}
