package main

import (
	"context"
	"fmt"
	"time"

	"centrala/cmd/centrala-bench/chart"
	"centrala/cmd/centrala-bench/fill"
	"centrala/cmd/centrala-bench/host"
	"centrala/cmd/centrala-bench/load"
)

var lull = load.Lull{Before: 5 * time.Second, After: 30 * time.Second}

// runStorm cuts everybody off at once.
func (b *Bench) runStorm(ctx context.Context) error {
	return b.calm(ctx, b.Nodes, func(ctx context.Context, site *load.Site) error {
		b.say("%d customers come in, are cut off, and come back …", b.Storm)
		s, err := load.Reconnect(ctx, site, b.Storm, lull)
		if err != nil {
			return err
		}
		took := figure(fmt.Sprintf("%d sockets cut at once, all resumed", s.Sockets), s.Took.Seconds(), "s").judge(atMost(10))
		took.Note = fmt.Sprintf("each with a conversation; cut by resets, back by the protocol's backoff with full jitter (its waiting is in the figure); p50 %.2f s, p99 %.2f s; %d connections were tried; %d of them were written to meanwhile; nobody missed anything; %.1f s of the server's and %.1f s of the driver's processor time; coming in had taken %.0f s",
			s.Each.Quantile(0.5).Seconds(), s.Each.Quantile(0.99).Seconds(), s.Tries, s.Written, s.CPU.Seconds(), s.Driver.Seconds(), s.Entering.Seconds())
		grown := figure(fmt.Sprintf("memory %.0f s after that, over before", lull.After.Seconds()), 100*(float64(s.After.RSS)/float64(s.Before.RSS)-1), "%").judge(atMost(20))
		grown.Note = fmt.Sprintf("RSS %s before, %s at most, %s after", memory(s.Before), memory(s.Peak), memory(s.After))
		b.add(took, grown)
		return nil
	})
}

const (
	pilers      = 50  // visitors who write the backlog
	backlogRate = 200 // messages/s that are said while it is published
)

// runBacklog lets messages be committed while the stream is away, ends the server, and starts
// both again.
func (b *Bench) runBacklog(ctx context.Context) error {
	p := b.Place
	p.NATS, p.Stream = true, "" // one that we can stop
	nodes := 1
	if p.Shared() {
		nodes = max(2, b.Nodes) // people on different nodes hear each other by Live alone
	}
	return b.at(ctx, p, nodes, func(ctx context.Context, i *Installation) error {
		if err := i.Calm(ctx); err != nil {
			return err
		}
		b.say("%d messages while the stream is away …", b.Backlog)
		begun := time.Now()
		if err := load.Pile(ctx, i.Site(), pilers, b.Backlog, i.nats.Stop); err != nil {
			return err
		}
		wrote := time.Since(begun)
		for _, n := range i.Nodes {
			if err := n.Kill(); err != nil {
				return err
			}
		}
		b.say("and published, after a restart …")
		if err := i.nats.Start(ctx, 0); err != nil {
			return err
		}
		since := time.Now()
		if err := i.Start(ctx); err != nil {
			return err
		}
		d, err := load.Empty(ctx, i.Site(), since, backlogRate)
		if err != nil {
			return err
		}
		f := figure(fmt.Sprintf("backlog of %s events published after a restart", thousands(int64(b.Backlog))), d.Took.Seconds(), "s").judge(atMost(30))
		f.Note = fmt.Sprintf("from the start of the process until centrala_outbox holds no more than what is being said; committed by %d visitors in %.0f s while NATS was stopped, then kill -9; %s were unpublished when the metric was first read",
			pilers, wrote.Seconds(), thousands(d.Backlog))
		live := figure("visitor → agent p99 meanwhile", millis(d.Live.Delivery.Quantile(0.99)), "ms").judge(atMost(250))
		live.Note = fmt.Sprintf("open loop of %d messages/s on %d node(s), %d messages, from the due time; slowest %.0f ms; everything delivered and acknowledged: %v", backlogRate, nodes, d.Live.Sent, millis(d.Live.Delivery.Max()), d.Live.Complete())
		b.add(f, live)
		return d.Live.Broke
	})
}

// growth is a table and two charts of how the cost of a chat grows with something.
type growth struct {
	name, of string
	table    Table
	p99, rss chart.Series
}

func newGrowth(name, of string) *growth {
	return &growth{name: name, of: of, table: Table{Title: "One chat round trip and " + of,
		Columns: []string{of, "round trip p50 ms", "round trip p99 ms", "visitor → agent p99 ms", "server µs each", "RSS MiB", "of its own MiB"}},
		p99: chart.Series{Name: "p99"}, rss: chart.Series{Name: "RSS"}}
}

func (g *growth) add(n int, t load.Tempo, m host.Memory) {
	ms := func(d time.Duration) string { return fmt.Sprintf("%.2f", millis(d)) }
	g.table.Rows = append(g.table.Rows, []string{thousands(int64(n)), ms(t.Round50), ms(t.Round99), ms(t.ToAgent99), fmt.Sprintf("%.0f", micros(t.CPU)), fmt.Sprintf("%.1f", mebibytes(m.RSS)), fmt.Sprintf("%.1f", mebibytes(m.Anon))})
	x := max(float64(n), 1)
	g.p99.Points = append(g.p99.Points, chart.Point{X: x, Y: millis(t.Round99)})
	g.rss.Points = append(g.rss.Points, chart.Point{X: x, Y: mebibytes(m.RSS)})
}

func (g *growth) into(r *Results) {
	r.Tables = append(r.Tables, g.table)
	x := chart.Axis{Label: g.of, Log: true}
	r.chart(g.name+"-latency", chart.Chart{Title: "One chat round trip, p99", X: x, Y: chart.Axis{Label: "ms"}, Series: []chart.Series{g.p99}})
	r.chart(g.name+"-memory", chart.Chart{Title: "The server's resident memory", X: x, Y: chart.Axis{Label: "MiB"}, Series: []chart.Series{g.rss}})
}

// runConversations measures one visitor more while others have conversations open.
func (b *Bench) runConversations(ctx context.Context) error {
	g := newGrowth("conversations", "open conversations")
	defer g.into(&b.results)
	return b.calm(ctx, b.Nodes, func(ctx context.Context, site *load.Site) error {
		b.say("a chat among %d open conversations …", b.Open)
		all, err := load.Grow(ctx, site, b.Open, b.pace(site.Servers...))
		for _, h := range all {
			g.add(h.Conversations, h.Tempo, h.Memory)
		}
		return err
	})
}

const copiedRounds = 10 // of the conversation that a past is made of

// runMessages measures one visitor while there is more and more of a past.
func (b *Bench) runMessages(ctx context.Context) error {
	g := newGrowth("messages", "stored messages")
	defer g.into(&b.results)
	return b.with(ctx, 1, func(ctx context.Context, i *Installation) error {
		if err := load.Converse(ctx, i.Site(), copiedRounds); err != nil {
			return err
		}
		stored := 0
		for _, n := range b.Messages {
			if n > stored {
				b.say("%s stored messages, copied …", thousands(int64(n)))
				if err := i.Stop(); err != nil {
					return err
				}
				made, err := fill.Copy(ctx, i.database, n-stored, nil)
				if err != nil {
					return err
				}
				stored += made
				if err := i.Start(ctx); err != nil {
					return err
				}
			}
			if err := i.Calm(ctx); err != nil {
				return err
			}
			b.say("a chat beside %s stored messages …", thousands(int64(stored)))
			site := i.Site()
			bouts, err := load.Talk(ctx, site, 1, b.pace(site.Servers...))
			if err != nil {
				return err
			}
			m, err := host.MemoryOf(site.Servers[0])
			if err != nil {
				return err
			}
			g.add(stored, load.Summary(bouts), m)
		}
		return nil
	})
}

// runNodes measures a crowd at 1, 2 and 3 nodes. The nodes share this machine's cores, so that
// what is seen is what a node more costs, not what it brings.
func (b *Bench) runNodes(ctx context.Context) error {
	if !b.Place.Shared() {
		b.say("several nodes: only with PostgreSQL and NATS (--with postgres,nats)")
		return nil
	}
	table := Table{Title: "Nodes on one machine, 50 visitors at the first and agents at the last", Columns: []string{"nodes", "round trips/s", "visitor → agent p50 ms", "p99 ms", "nodes' µs each", "RSS MiB of the first"}}
	line := chart.Series{Name: "visitor → agent p99"}
	for n := 1; n <= 3; n++ {
		b.say("round trips with %d nodes …", n)
		err := b.calm(ctx, n, func(ctx context.Context, site *load.Site) error {
			bouts, err := load.Talk(ctx, site, 50, b.pace(site.Servers...))
			if err != nil {
				return err
			}
			m, err := host.MemoryOf(site.Servers[0])
			if err != nil {
				return err
			}
			t := load.Summary(bouts)
			table.Rows = append(table.Rows, []string{fmt.Sprint(n), fmt.Sprintf("%.0f", t.Rate), fmt.Sprintf("%.2f", millis(t.ToAgent50)), fmt.Sprintf("%.2f", millis(t.ToAgent99)), fmt.Sprintf("%.0f", micros(t.CPU)), fmt.Sprintf("%.1f", mebibytes(m.RSS))})
			line.Points = append(line.Points, chart.Point{X: float64(n), Y: millis(t.ToAgent99)})
			return nil
		})
		if err != nil {
			return err
		}
	}
	b.results.Tables = append(b.results.Tables, table)
	b.results.chart("nodes", chart.Chart{Title: "50 visitors, closed loop, nodes on one machine", X: chart.Axis{Label: "nodes", Ticks: []chart.Tick{{At: 1, Label: "1"}, {At: 2, Label: "2"}, {At: 3, Label: "3"}}},
		Y: chart.Axis{Label: "ms"}, Series: []chart.Series{line}})
	return nil
}
