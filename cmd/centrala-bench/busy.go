package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os/exec"
	"runtime"
	"time"

	"centrala/cmd/centrala-bench/chart"
	"centrala/cmd/centrala-bench/host"
	"centrala/cmd/centrala-bench/load"
)

// crowds are the numbers of visitors in the closed loops.
var crowds = []int{1, 50, 500}

// runRelay measures the null relay at each crowd.
func (b *Bench) runRelay(ctx context.Context) (err error) {
	r, err := startRelay()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Stop()) }()
	if len(b.Place.Servers) > 0 {
		if err := host.Pin(r.PID, b.Place.Servers...); err != nil {
			return err
		}
	}
	for _, n := range crowds {
		b.say("null relay, %s …", visitors(n))
		bouts, err := load.ThroughRelay(ctx, r.Addr, n, b.pace(r.PID))
		if err != nil {
			return err
		}
		t := load.Summary(bouts)
		b.relay[n] = t
		f := figure(fmt.Sprintf("null relay, %s: round trips", visitors(n)), t.Rate, "/s")
		f.Note = fmt.Sprintf("visitor → agent p50 %.3f ms, p99 %.3f ms; agent → visitor p50 %.3f ms, p99 %.3f ms; %.0f µs of the relay's processor time each; not durable, nothing acknowledged",
			millis(t.ToAgent50), millis(t.ToAgent99), millis(t.ToVisitor50), millis(t.ToVisitor99), micros(t.CPU))
		b.add(f)
	}
	return nil
}

// runTalk is the closed loop, after that through the relay in the same run.
func (b *Bench) runTalk(ctx context.Context) error {
	if err := b.runRelay(ctx); err != nil {
		return fmt.Errorf("null relay: %w", err)
	}
	durable, bare := chart.Series{Name: "centrala, durable"}, chart.Series{Name: "null relay"}
	err := b.calm(ctx, b.Nodes, func(ctx context.Context, site *load.Site) error {
		for _, n := range crowds {
			b.say("durable round trips, %s …", visitors(n))
			commits, err := commitsOf(ctx, site)
			if err != nil {
				return err
			}
			bouts, err := load.Talk(ctx, site, n, b.pace(site.Servers...))
			if err != nil {
				return err
			}
			t := load.Summary(bouts)
			b.add(b.talkFigures(n, t, b.relay[n])...)
			durable.Points = append(durable.Points, chart.Point{X: float64(n), Y: t.Rate})
			bare.Points = append(bare.Points, chart.Point{X: float64(n), Y: b.relay[n].Rate})
			after, err := commitsOf(ctx, site)
			if err != nil {
				return err
			}
			made := 0
			for _, bout := range bouts {
				made += bout.Made
			}
			if n == crowds[len(crowds)-1] {
				if err := b.runSyncs(ctx, site, n, 2*made, after-commits); err != nil {
					return err
				}
			}
		}
		return nil
	})
	b.results.chart("throughput", chart.Chart{Title: "Round trips a second, closed loop", X: chart.Axis{Label: "visitors", Log: true},
		Y: chart.Axis{Label: "round trips a second", Log: true}, Series: []chart.Series{durable, bare}})
	return err
}

// commitsOf counts the group commits of all nodes so far.
func commitsOf(ctx context.Context, site *load.Site) (all float64, err error) {
	for _, h := range site.Nodes {
		n, err := h.Metric(ctx, "centrala_store_commits_total")
		if err != nil {
			return 0, err
		}
		all += n
	}
	return all, nil
}

const straced = 3 * time.Second

// runSyncs tells how well a crowd shared its commits, and has strace look whether a commit is an
// fsync.
func (b *Bench) runSyncs(ctx context.Context, site *load.Site, n, messages int, commits float64) error {
	f := figure(fmt.Sprintf("acknowledged messages an fsync, %s", visitors(n)), float64(messages)/max(commits, 1), "").judge(atLeast(20))
	f.Note = fmt.Sprintf("%s messages in %s group commits by centrala_store_commits_total, coming and going included; each commit is one fsync", thousands(int64(messages)), thousands(int64(commits)))
	defer func() { b.add(f) }()
	if _, err := exec.LookPath("strace"); err != nil || len(site.Servers) > 1 || !site.Embedded {
		f.Note += ", which was not looked at (strace counts for one node with SQLite)"
		return nil
	}
	b.say("fsyncs, by strace …")
	var before, after float64
	var syncs int
	counting := make(chan error, 1)
	pace := load.Pace{Warm: time.Second, Window: straced + 3*time.Second, Bouts: 1, Servers: site.Servers}
	go func() {
		counting <- func() (err error) {
			if err = rest(ctx, 2*time.Second); err != nil { // until people talk
				return err
			}
			if before, err = commitsOf(ctx, site); err != nil {
				return err
			}
			if syncs, err = host.CountSyncs(ctx, site.Servers[0], straced, b.Dir); err != nil {
				return err
			}
			after, err = commitsOf(ctx, site)
			return err
		}()
	}()
	_, err := load.Talk(ctx, site, n, pace)
	if e := <-counting; e != nil {
		f.Note += fmt.Sprintf("; strace could not say (%v)", e)
	} else {
		f.Note += fmt.Sprintf("; strace counted %d fsyncs and fdatasyncs, those of the stream too, while the metric counted %.0f commits in a run of its own", syncs, after-before)
	}
	return err
}

func visitors(n int) string {
	if n == 1 {
		return "1 visitor"
	}
	return fmt.Sprintf("%d visitors", n)
}

// asked of the closed loop at each crowd: round trips a second, share of the relay in percent, p99 in ms.
var asked = map[int]struct{ rate, share, p50, p99 float64 }{1: {p50: 1.2, p99: 4}, 50: {3500, 14, 0, 20}, 500: {3500, 14, 0, 170}}

// talkFigures are the lines of n visitors; relay is what the bare relay did with as many.
func (b *Bench) talkFigures(n int, t, relay load.Tempo) []Figure {
	of, want := visitors(n), asked[n]
	rate := figure("durable round trips, "+of, t.Rate, "/s").judge(b.least(want.rate))
	rate.Note = fmt.Sprintf("closed loop, two acknowledged and fsynced messages each; %d counted in three runs of %.0f to %.0f/s; processor time each %.0f µs of the server (relay: %.0f) and %.0f µs of the driver, with which %d free cores could do %s/s",
		t.RoundTrips, t.SlowestRate, t.FastestRate, micros(t.CPU), micros(relay.CPU), micros(t.Driver), runtime.NumCPU(), thousands(int64(t.Ceiling(runtime.NumCPU()))))
	share := figure("share of the null relay, "+of, 100*t.Rate/relay.Rate, "%").judge(b.least(want.share))
	latency := func(name string, d, bare time.Duration, most float64) Figure {
		f := figure(name+", "+of, millis(d), "ms").judge(b.most(most))
		f.Share = fmt.Sprintf("× %.1f", float64(d)/float64(bare))
		return f
	}
	p99 := latency("visitor → agent p99", t.ToAgent99, relay.ToAgent99, want.p99)
	p99.Note = fmt.Sprintf("slowest of all %.1f ms; agent → visitor %.1f ms", millis(t.SlowestAgent), millis(t.SlowestReply))
	return []Figure{rate, share,
		latency("visitor → agent p50", t.ToAgent50, relay.ToAgent50, want.p50), p99,
		latency("agent → visitor p50", t.ToVisitor50, relay.ToVisitor50, want.p50),
		latency("agent → visitor p99", t.ToVisitor99, relay.ToVisitor99, 0)}
}

const (
	openVisitors = 200
	openLimit    = 250 * time.Millisecond // for the p99
	openWarm     = 2 * time.Second
)

// runOpen goes up the rates until two in a row do not hold.
func (b *Bench) runOpen(ctx context.Context) error {
	var best *load.Step
	table := Table{Title: fmt.Sprintf("Open loop, %d visitors", openVisitors), Columns: []string{"messages/s asked", "p50 ms", "p90 ms", "p99 ms", "p99.9 ms", "max ms", "acknowledged p99 ms", "driver late p99 ms",
		"server µs each", "helpers µs each", "driver µs each", "server cores", "holds"}}
	var lines []chart.Series
	failed := 0
	err := b.calm(ctx, b.Nodes, func(ctx context.Context, site *load.Site) error {
		for _, rate := range b.Rates {
			if failed == 2 {
				return nil
			}
			b.say("open loop, %.0f messages/s …", rate)
			s, err := load.Open(ctx, site, load.Plan{Visitors: openVisitors, Rate: rate, Warm: openWarm, Window: b.Step})
			if err != nil {
				return err
			}
			table.Rows = append(table.Rows, stepRow(s))
			if s.Delivery.Count() > 0 {
				lines = append(lines, percentiles(fmt.Sprintf("%.0f/s", rate), s))
			}
			if failed++; s.Holds(openLimit) {
				best, failed = s, 0
				continue
			}
			b.say("%.0f messages/s do not hold: p99 %.0f ms, %d of %d delivered; %v", rate, millis(s.Delivery.Quantile(0.99)), s.Delivered, s.Sent, s.Broke)
		}
		return nil
	})
	f := figure("durable messages/s with p99 < 250 ms, open loop, 200 visitors", 0, "/s")
	if best != nil {
		f = figure(f.Name, best.Rate, "/s")
		f.Note = fmt.Sprintf("the highest of the rates tried; everything delivered and acknowledged; p99 %.1f ms to the agent and %.1f ms to the acknowledgement, both from the due time; %.2f cores of server and %.2f of driver",
			millis(best.Delivery.Quantile(0.99)), millis(best.Ack.Quantile(0.99)), best.Cores(best.CPU), best.Cores(best.Driver))
	}
	b.add(f.judge(b.least(7000)))
	b.results.Tables = append(b.results.Tables, table)
	b.results.chart("latency", chart.Chart{Title: "Visitor → agent, from the due time, open loop of 200 visitors", X: percentileAxis,
		Y: chart.Axis{Label: "ms", Log: true}, Series: lines})
	return err
}

// stepRow is one rate.
func stepRow(s *load.Step) []string {
	ms := func(d time.Duration) string { return fmt.Sprintf("%.1f", millis(d)) }
	holds := "yes"
	switch {
	case s.Broke != nil:
		holds = "no: it broke"
	case !s.Complete():
		holds = fmt.Sprintf("no: %d of %d came", s.Delivered, s.Sent)
	case !s.Holds(openLimit):
		holds = "no: late"
	}
	d := s.Delivery
	return []string{thousands(int64(s.Rate)), ms(d.Quantile(0.5)), ms(d.Quantile(0.9)), ms(d.Quantile(0.99)), ms(d.Quantile(0.999)), ms(d.Max()),
		ms(s.Ack.Quantile(0.99)), ms(s.Late.Quantile(0.99)), fmt.Sprintf("%.0f", micros(s.Each(s.CPU))), fmt.Sprintf("%.0f", micros(s.Each(s.Helpers))),
		fmt.Sprintf("%.0f", micros(s.Each(s.Driver))), fmt.Sprintf("%.2f", s.Cores(s.CPU)), holds}
}

// percentileAxis spreads the last percents out: 90, 99, 99.9 are equally far apart.
var percentileAxis = chart.Axis{Label: "share of the messages that were faster", Log: true,
	Ticks: []chart.Tick{{At: 1, Label: "0 %"}, {At: 2, Label: "50 %"}, {At: 10, Label: "90 %"}, {At: 100, Label: "99 %"}, {At: 1000, Label: "99.9 %"}, {At: 10000, Label: "99.99 %"}}}

// percentiles is the line of one rate.
func percentiles(name string, s *load.Step) chart.Series {
	line := chart.Series{Name: name}
	for _, q := range []float64{0, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.995, 0.999, 0.9995, 0.9999} {
		if 1-q >= 1/float64(s.Delivery.Count()) {
			line.Points = append(line.Points, chart.Point{X: math.Round(1e4/(1-q)) / 1e4, Y: max(millis(s.Delivery.Quantile(q)), 0.001)})
		}
	}
	return line
}

const fanSockets = 500

func (b *Bench) runFan(ctx context.Context) error {
	b.say("one conversation before %d sockets …", fanSockets)
	return b.calm(ctx, b.Nodes, func(ctx context.Context, site *load.Site) error {
		r, err := load.Spread(ctx, site, fanSockets, b.Step)
		if err != nil {
			return err
		}
		f := figure(fmt.Sprintf("deliveries to %d agent sockets that view one conversation", r.Sockets), r.Rate, "/s").judge(b.least(80000))
		each := time.Duration(r.Messages) * time.Duration(r.Sockets)
		f.Note = fmt.Sprintf("%d messages, each to everybody once and in order; from send to frame p50 %.1f ms, p99 %.1f ms; a delivery took %.1f µs of the server's and %.1f µs of the driver's processor time",
			r.Messages, millis(r.Each.Quantile(0.5)), millis(r.Each.Quantile(0.99)), micros(r.CPU)/float64(max(each, 1)), micros(r.Driver)/float64(max(each, 1)))
		b.add(f)
		return nil
	})
}
