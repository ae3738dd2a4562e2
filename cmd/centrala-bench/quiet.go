package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"centrala/cmd/centrala-bench/host"
	"centrala/cmd/centrala-bench/load"
	"centrala/cmd/centrala-bench/stats"
)

const (
	laterStarts = 5
	memoryAfter = 30 * time.Second
)

// runStart times starts, and looks at the memory of the last when it has been quiet for a while.
func (b *Bench) runStart(ctx context.Context) error {
	b.say("first start, and %d later ones …", laterStarts)
	return b.with(ctx, 1, func(ctx context.Context, i *Installation) error {
		n := i.Nodes[0]
		f := figure("start to /readyz, first ever", millis(n.Took), "ms").judge(b.most(1000))
		f.Note = "an empty folder is furnished with the demonstration: its accounts and all its articles"
		b.add(f)
		var later []time.Duration
		for range laterStarts {
			if err := i.Stop(); err != nil {
				return err
			}
			if err := i.Start(ctx); err != nil {
				return err
			}
			later = append(later, n.Took)
		}
		f = figure("start to /readyz, later", millis(stats.Median(later)), "ms").judge(b.most(300))
		f.Note = fmt.Sprintf("median of %d, %.0f to %.0f ms", laterStarts, millis(slices.Min(later)), millis(slices.Max(later)))
		b.add(f)
		b.say("memory after %s …", memoryAfter)
		if err := rest(ctx, 10*time.Second); err != nil {
			return err
		}
		cores, err := host.CoresOf(ctx, n.PID(), memoryAfter-10*time.Second)
		if err != nil {
			return err
		}
		m, err := host.MemoryOf(n.PID())
		if err != nil {
			return err
		}
		f = figure("memory 30 s after a start", mebibytes(m.RSS), "MiB").judge(atMost(90))
		f.Note = fmt.Sprintf("resident: %.1f MiB of its own and %.1f MiB of files, the program itself among them; proportional (PSS) %.1f MiB; %.3f cores while nobody is there",
			mebibytes(m.Anon), mebibytes(m.File), mebibytes(m.PSS), cores)
		b.add(f)
		return nil
	})
}

const (
	idleSettle = 10 * time.Second
	idleWindow = 60 * time.Second
)

func (b *Bench) runIdle(ctx context.Context) error {
	return b.calm(ctx, 1, func(ctx context.Context, site *load.Site) error {
		b.say("%d idle sockets, %s …", b.Sockets, idleSettle+idleWindow)
		i, err := load.Sit(ctx, site, b.Sockets, idleSettle, idleWindow)
		if err != nil {
			return err
		}
		if i.Lost > 0 {
			return fmt.Errorf("%d of %d idle sockets were lost", i.Lost, i.Sockets)
		}
		kb := figure(fmt.Sprintf("memory an idle visitor socket, at %d", i.Sockets), i.PerSocket(), "KiB").judge(atMost(24))
		kb.Note = fmt.Sprintf("RSS %s → %s (PSS %.1f → %.1f; %.1f at the window's start); all were in after %.1f s",
			memory(i.Before), memory(i.After), mebibytes(i.Before.PSS), mebibytes(i.After.PSS), mebibytes(i.Settled.RSS), i.Connecting.Seconds())
		b.add(kb, figure("CPU of all idle sockets, whole server", i.CPU, "cores").judge(atMost(0.05)))
		return nil
	})
}

func (b *Bench) runBytes(ctx context.Context) error {
	b.say("bytes to open the chat …")
	return b.with(ctx, 1, func(ctx context.Context, i *Installation) error {
		c, err := load.Weigh(ctx, i.Site().Front())
		if err != nil {
			return err
		}
		loader := figure("loader, gzip -9", float64(c.Loader.Packed), "bytes").judge(atMost(3000))
		loader.Note = fmt.Sprintf("%d as sent", c.Loader.Sent)
		app := figure("chat opened: document and all it loads, gzip -9", float64(c.App.Packed), "bytes").judge(atMost(45000))
		app.Note = fmt.Sprintf("%d files, %s bytes as sent; parts loaded when needed: %d more, %d bytes as sent", c.App.Files, thousands(int64(c.App.Sent)), c.Later.Files, c.Later.Sent)
		b.add(loader, app)
		return nil
	})
}

func (b *Bench) runAway(ctx context.Context) error {
	b.say("%d messages missed in %s away …", load.AwayReplies, load.AwayFor)
	return b.with(ctx, b.Nodes, func(ctx context.Context, i *Installation) error {
		a, err := load.ComeBack(ctx, i.Site())
		if err != nil {
			return err
		}
		f := figure(fmt.Sprintf("%d messages missed in %.0f s away", load.AwayReplies, load.AwayFor.Seconds()), float64(a.Bytes), "bytes").judge(atMost(8 << 10))
		f.Note = fmt.Sprintf("on the socket from hello to resumed; all %d once and in order, %.1f ms after connecting; %d of the bytes are welcome", a.Missed, millis(a.Took), a.Welcome)
		b.add(f)
		return nil
	})
}
