package load

import (
	"testing"
	"time"

	"centrala/cmd/centrala-bench/stats"
)

func latencies(millis ...int) *stats.Latencies {
	l := stats.NewLatencies()
	for _, ms := range millis {
		l.Record(time.Duration(ms) * time.Millisecond)
	}
	return l
}

func TestSummary(t *testing.T) {
	t.Parallel()
	if got := Summary(nil); got != (Tempo{}) {
		t.Errorf("nothing measured is %+v", got)
	}
	const ms = time.Millisecond
	got := Summary([]Bout{
		{Rate: 10, ToAgent: latencies(1, 2, 100), ToVisitor: latencies(5), Round: latencies(7), Made: 4, CPU: 40, Driver: 10},
		{Rate: 30, ToAgent: latencies(4, 4, 4), ToVisitor: latencies(6), Round: latencies(8), Made: 3, CPU: 20},
		{Rate: 20, ToAgent: latencies(3, 3, 300), ToVisitor: latencies(70), Round: latencies(9), Made: 3, CPU: 40},
	})
	if got.Rate != 20 || got.SlowestRate != 10 || got.FastestRate != 30 || got.RoundTrips != 9 || got.CPU != 10 || got.Driver != 1 {
		t.Errorf("summary %+v", got)
	}
	for name, c := range map[string]struct{ got, want time.Duration }{
		"to agent p50": {got.ToAgent50, 3 * ms}, "to agent p99": {got.ToAgent99, 100 * ms},
		"to visitor p50": {got.ToVisitor50, 6 * ms}, "to visitor p99": {got.ToVisitor99, 6 * ms},
		"round p50": {got.Round50, 8 * ms}, "round p99": {got.Round99, 8 * ms},
		"slowest to agent": {got.SlowestAgent, 300 * ms}, "slowest to visitor": {got.SlowestReply, 70 * ms},
	} {
		if c.got < c.want || c.got > c.want+c.want/1000 {
			t.Errorf("%s is %s, want %s", name, c.got, c.want)
		}
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
