package load

import (
	"slices"
	"time"

	"centrala/cmd/centrala-bench/stats"
)

// A Bout is one run of the closed loop.
type Bout struct {
	Rate      float64          // round trips a second in the window
	ToAgent   *stats.Latencies // from just before the visitor's send to the agent's frame
	ToVisitor *stats.Latencies // from just before the agent's send to the visitor's frame
	Round     *stats.Latencies // both, with both acknowledgements
	Made      int              // round trips in all, those outside the window too
	CPU       time.Duration    // of the server, for all that were made
	Driver    time.Duration    // of this process
}

// Tempo is the median of several bouts: each quantile is taken in its bout first.
type Tempo struct {
	Rate                       float64
	ToAgent50, ToAgent99       time.Duration
	ToVisitor50, ToVisitor99   time.Duration
	Round50, Round99           time.Duration // the whole round trip
	RoundTrips                 int           // that were counted, in all bouts
	SlowestRate, FastestRate   float64
	SlowestAgent, SlowestReply time.Duration
	CPU, Driver                time.Duration // processor time a round trip: the server's and this process's
}

// Summary of bouts.
func Summary(bouts []Bout) Tempo {
	var rates []float64
	var a50, a99, v50, v99, r50, r99 []time.Duration
	var t Tempo
	var cpu, driver time.Duration
	made := 0
	for _, b := range bouts {
		cpu, driver, made = cpu+b.CPU, driver+b.Driver, made+b.Made
		rates = append(rates, b.Rate)
		a50, a99 = append(a50, b.ToAgent.Quantile(0.5)), append(a99, b.ToAgent.Quantile(0.99))
		v50, v99 = append(v50, b.ToVisitor.Quantile(0.5)), append(v99, b.ToVisitor.Quantile(0.99))
		r50, r99 = append(r50, b.Round.Quantile(0.5)), append(r99, b.Round.Quantile(0.99))
		t.RoundTrips += int(b.ToAgent.Count())
		t.SlowestAgent = max(t.SlowestAgent, b.ToAgent.Max())
		t.SlowestReply = max(t.SlowestReply, b.ToVisitor.Max())
	}
	if len(bouts) == 0 {
		return t
	}
	t.CPU, t.Driver = cpu/time.Duration(max(made, 1)), driver/time.Duration(max(made, 1))
	t.Rate, t.SlowestRate, t.FastestRate = stats.Median(rates), slices.Min(rates), slices.Max(rates)
	t.ToAgent50, t.ToAgent99, t.ToVisitor50, t.ToVisitor99 = stats.Median(a50), stats.Median(a99), stats.Median(v50), stats.Median(v99)
	t.Round50, t.Round99 = stats.Median(r50), stats.Median(r99)
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
