package main

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// Samples are measured durations, every one of them.
type Samples []time.Duration

// Quantile is the smallest sample that at least the share q (0–1) of all samples does not
// exceed (nearest rank); 0 without samples. It sorts s.
func (s Samples) Quantile(q float64) time.Duration {
	if len(s) == 0 {
		return 0
	}
	slices.Sort(s)
	return s[rank(q, len(s))]
}

func rank(q float64, n int) int {
	return min(max(int(math.Ceil(q*float64(n)))-1, 0), n-1)
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
	return sorted[rank(0.5, len(sorted))]
}

// A Bout is one run of the closed loop.
type Bout struct {
	Rate      float64       // round trips a second in the window
	ToAgent   Samples       // from just before the visitor's send to the agent's frame
	ToVisitor Samples       // from just before the agent's send to the visitor's frame
	Made      int           // round trips in all, those outside the window too
	CPU       time.Duration // of the server, for all that were made
	Driver    time.Duration // of this process
}

// Tempo is the median of several bouts: each quantile is taken in its bout first.
type Tempo struct {
	Rate                       float64
	ToAgent50, ToAgent99       time.Duration
	ToVisitor50, ToVisitor99   time.Duration
	RoundTrips                 int // that were counted, in all bouts
	SlowestRate, FastestRate   float64
	SlowestAgent, SlowestReply time.Duration
	CPU, Driver                time.Duration // processor time a round trip: the server's and this process's
}

// Summary of bouts.
func Summary(bouts []Bout) Tempo {
	var rates []float64
	var a50, a99, v50, v99 []time.Duration
	var t Tempo
	var cpu, driver time.Duration
	made := 0
	for _, b := range bouts {
		cpu, driver, made = cpu+b.CPU, driver+b.Driver, made+b.Made
		rates = append(rates, b.Rate)
		a50, a99 = append(a50, b.ToAgent.Quantile(0.5)), append(a99, b.ToAgent.Quantile(0.99))
		v50, v99 = append(v50, b.ToVisitor.Quantile(0.5)), append(v99, b.ToVisitor.Quantile(0.99))
		t.RoundTrips += len(b.ToAgent)
		t.SlowestAgent = max(t.SlowestAgent, b.ToAgent.Quantile(1))
		t.SlowestReply = max(t.SlowestReply, b.ToVisitor.Quantile(1))
	}
	if len(bouts) == 0 {
		return t
	}
	t.CPU, t.Driver = cpu/time.Duration(max(made, 1)), driver/time.Duration(max(made, 1))
	t.Rate, t.SlowestRate, t.FastestRate = Median(rates), slices.Min(rates), slices.Max(rates)
	t.ToAgent50, t.ToAgent99, t.ToVisitor50, t.ToVisitor99 = Median(a50), Median(a99), Median(v50), Median(v99)
	return t
}

// Ceiling is how many round trips a second so many cores could do that had nothing else to do
// and never waited: what server and driver together leave room for.
func (t Tempo) Ceiling(cores int) float64 {
	if t.CPU+t.Driver == 0 {
		return 0
	}
	return float64(cores) * float64(time.Second) / float64(t.CPU+t.Driver)
}
