package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"
)

// A Bench measures one server binary, part by part.
type Bench struct {
	Server  string // path of the binary
	Dir     string // an empty folder for what the servers keep
	Only    string // the name of the one part to measure; "" is all
	Window  time.Duration
	Sockets int // idle ones
	Log     io.Writer

	figures []Figure
	relay   map[int]Tempo // by visitors
}

// parts are the names for --only, in the order of the work.
var parts = []string{"relay", "talk", "start", "bytes", "away", "idle"}

func (b *Bench) wants(names ...string) bool { return b.Only == "" || slices.Contains(names, b.Only) }

func (b *Bench) say(format string, args ...any) { fmt.Fprintf(b.Log, format+"\n", args...) }

// Run measures and gives the figures in the order of the table. On an error the figures so far
// come with it.
func (b *Bench) Run(ctx context.Context) ([]Figure, error) {
	err := b.run(ctx)
	return b.figures, err
}

func (b *Bench) run(ctx context.Context) error {
	b.relay = map[int]Tempo{}
	if b.wants("relay", "talk") {
		if err := b.runRelay(ctx); err != nil {
			return fmt.Errorf("null relay: %w", err)
		}
	}
	if b.wants("talk") {
		if err := b.with(ctx, "talk", b.runTalk); err != nil {
			return fmt.Errorf("round trips: %w", err)
		}
	}
	if b.wants("start") {
		if err := b.runStart(ctx); err != nil {
			return fmt.Errorf("start: %w", err)
		}
	}
	if b.wants("start", "bytes", "away", "idle") {
		return b.with(ctx, "start", b.runQuiet)
	}
	return nil
}

// with runs f against a fresh process over a data folder of that name.
func (b *Bench) with(ctx context.Context, folder string, f func(context.Context, *Server) error) (err error) {
	s, err := startServer(ctx, b.Server, filepath.Join(b.Dir, folder))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Stop()) }()
	return f(ctx, s)
}

// pace of the closed loops: three bouts each.
func (b *Bench) pace(pid int) Pace {
	return Pace{Warm: time.Second, Window: b.Window, Bouts: 3, Server: pid}
}

// crowds are the numbers of visitors in the closed loops.
var crowds = []int{1, 50}

func (b *Bench) runRelay(ctx context.Context) (err error) {
	r, err := startRelay()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Stop()) }()
	for _, n := range crowds {
		b.say("null relay, %s …", visitors(n))
		bouts, err := measureRelay(ctx, r.Addr, n, b.pace(r.PID))
		if err != nil {
			return err
		}
		t := Summary(bouts)
		b.relay[n] = t
		f := figure(fmt.Sprintf("null relay, %s: round trips", visitors(n)), t.Rate, "/s")
		f.Note = fmt.Sprintf("visitor → agent p50 %.3f ms, p99 %.3f ms; agent → visitor p50 %.3f ms, p99 %.3f ms; %.0f µs of the relay's processor time each; not durable, nothing acknowledged",
			millis(t.ToAgent50), millis(t.ToAgent99), millis(t.ToVisitor50), millis(t.ToVisitor99), micros(t.CPU))
		b.figures = append(b.figures, f)
	}
	return nil
}

func (b *Bench) runTalk(ctx context.Context, s *Server) error {
	if err := s.Calm(ctx); err != nil {
		return err
	}
	for _, n := range crowds {
		b.say("durable round trips, %s …", visitors(n))
		bouts, err := measureTalk(ctx, s.House, n, b.pace(s.PID()))
		if err != nil {
			return err
		}
		b.figures = append(b.figures, talkFigures(n, Summary(bouts), b.relay[n])...)
	}
	return nil
}

func visitors(n int) string {
	if n == 1 {
		return "1 visitor"
	}
	return fmt.Sprintf("%d visitors", n)
}

// talkFigures are the lines of n visitors; relay is what the bare relay did with as many.
func talkFigures(n int, t, relay Tempo) []Figure {
	of := visitors(n)
	rate := figure("durable round trips, "+of, t.Rate, "/s")
	rate.Share = fmt.Sprintf("%.1f %%", 100*t.Rate/relay.Rate)
	rate.Note = fmt.Sprintf("closed loop, two acknowledged and fsynced messages each; %d counted in three runs of %.0f to %.0f/s; processor time each %.0f µs of the server (relay: %.0f) and %.0f µs of the driver, with which %d free cores could do %s/s",
		t.RoundTrips, t.SlowestRate, t.FastestRate, micros(t.CPU), micros(relay.CPU), micros(t.Driver), runtime.NumCPU(), thousands(int64(t.Ceiling(runtime.NumCPU()))))
	latency := func(name string, d, bare time.Duration, most float64) Figure {
		f := figure(name+", "+of, millis(d), "ms").judge(atMost(most))
		f.Share = fmt.Sprintf("× %.1f", float64(d)/float64(bare))
		return f
	}
	if n == 1 {
		return []Figure{rate,
			latency("visitor → agent p50", t.ToAgent50, relay.ToAgent50, 1.2),
			latency("visitor → agent p99", t.ToAgent99, relay.ToAgent99, 4),
			latency("agent → visitor p50", t.ToVisitor50, relay.ToVisitor50, 1.2),
			latency("agent → visitor p99", t.ToVisitor99, relay.ToVisitor99, 0)}
	}
	slowest := latency("visitor → agent p99", t.ToAgent99, relay.ToAgent99, 25)
	slowest.Note = fmt.Sprintf("slowest of all %.1f ms; agent → visitor %.1f ms", millis(t.SlowestAgent), millis(t.SlowestReply))
	return []Figure{rate.judge(atLeast(2500)),
		latency("visitor → agent p50", t.ToAgent50, relay.ToAgent50, 0), slowest,
		latency("agent → visitor p50", t.ToVisitor50, relay.ToVisitor50, 0),
		latency("agent → visitor p99", t.ToVisitor99, relay.ToVisitor99, 0)}
}

const laterStarts = 5

func (b *Bench) runStart(ctx context.Context) error {
	b.say("first start, and %d later ones …", laterStarts)
	var later []time.Duration
	for n := range 1 + laterStarts {
		var took time.Duration
		err := b.with(ctx, "start", func(_ context.Context, s *Server) error {
			took = s.Took
			return nil
		})
		if err != nil {
			return err
		}
		if n > 0 {
			later = append(later, took)
			continue
		}
		f := figure("start to /readyz, first ever", millis(took), "ms").judge(atMost(1000))
		f.Note = "an empty folder is furnished with the demonstration: its accounts and all its articles"
		b.figures = append(b.figures, f)
	}
	f := figure("start to /readyz, later", millis(Median(later)), "ms").judge(atMost(300))
	f.Note = fmt.Sprintf("median of %d, %.0f to %.0f ms", laterStarts, millis(slices.Min(later)), millis(slices.Max(later)))
	b.figures = append(b.figures, f)
	return nil
}

const memoryAfter = 30 * time.Second

// runQuiet measures what a server costs that has little to do: first its memory alone, at last
// with all the idle sockets.
func (b *Bench) runQuiet(ctx context.Context, s *Server) error {
	if b.wants("start", "idle") {
		b.say("memory after %s …", memoryAfter)
		if err := rest(ctx, 10*time.Second); err != nil {
			return err
		}
		cores, err := coresOf(ctx, s.PID(), memoryAfter-10*time.Second)
		if err != nil {
			return err
		}
		m, err := memoryOf(s.PID())
		if err != nil {
			return err
		}
		f := figure("memory 30 s after a start", float64(m.RSS)/1024, "MiB").judge(atMost(90))
		f.Note = fmt.Sprintf("resident: %.1f MiB of its own and %.1f MiB of files, the program itself among them; proportional (PSS) %.1f MiB; %.3f cores while nobody is there",
			float64(m.Anon)/1024, float64(m.File)/1024, float64(m.PSS)/1024, cores)
		b.figures = append(b.figures, f)
	}
	for _, part := range []struct {
		name string
		run  func(context.Context, *Server) error
	}{{"idle", b.runIdle}, {"bytes", b.runBytes}, {"away", b.runAway}} {
		if !b.wants(part.name) {
			continue
		}
		if err := part.run(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
	}
	return nil
}

func (b *Bench) runIdle(ctx context.Context, s *Server) error {
	b.say("%d idle sockets, %s …", b.Sockets, idleSettle+idleWindow)
	i, err := measureIdle(ctx, s, b.Sockets)
	if err != nil {
		return err
	}
	if i.Lost > 0 {
		return fmt.Errorf("%d of %d idle sockets were lost", i.Lost, i.Sockets)
	}
	kb := figure(fmt.Sprintf("memory an idle visitor socket, at %d", i.Sockets), i.PerSocket(), "KiB").judge(atMost(36))
	kb.Note = fmt.Sprintf("RSS %.1f → %.1f MiB (PSS %.1f → %.1f; %.1f at the window's start); all were in after %.1f s",
		float64(i.Before.RSS)/1024, float64(i.After.RSS)/1024, float64(i.Before.PSS)/1024, float64(i.After.PSS)/1024, float64(i.Settled.RSS)/1024, i.Connecting.Seconds())
	b.figures = append(b.figures, kb, figure("CPU of all idle sockets, whole server", i.CPU, "cores").judge(atMost(0.05)))
	return nil
}

func (b *Bench) runBytes(ctx context.Context, s *Server) error {
	b.say("bytes to open the chat …")
	c, err := measureWeight(ctx, s.House)
	if err != nil {
		return err
	}
	loader := figure("loader, gzip -9", float64(c.Loader.Packed), "bytes").judge(atMost(3000))
	loader.Note = fmt.Sprintf("%d as sent", c.Loader.Sent)
	app := figure("chat opened: document and all it loads, gzip -9", float64(c.App.Packed), "bytes").judge(atMost(45000))
	app.Note = fmt.Sprintf("%d files, %s bytes as sent; parts loaded when needed: %d more, %d bytes as sent", c.App.Files, thousands(int64(c.App.Sent)), c.Later.Files, c.Later.Sent)
	b.figures = append(b.figures, loader, app)
	return nil
}

func (b *Bench) runAway(ctx context.Context, s *Server) error {
	b.say("%d messages missed in %s away …", awayReplies, awayFor)
	a, err := measureAway(ctx, s.House)
	if err != nil {
		return err
	}
	f := figure(fmt.Sprintf("%d messages missed in %.0f s away", awayReplies, awayFor.Seconds()), float64(a.Bytes), "bytes").judge(atMost(8 << 10))
	f.Note = fmt.Sprintf("on the socket from hello to resumed; all %d once and in order, %.1f ms after connecting; %d of the bytes are welcome", a.Missed, millis(a.Took), a.Welcome)
	b.figures = append(b.figures, f)
	return nil
}

// scratch makes an empty folder in dir and gives what removes it.
func scratch(dir string) (path string, remove func() error, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", nil, err
	}
	if path, err = os.MkdirTemp(dir, "bench-"); err != nil {
		return "", nil, err
	}
	if path, err = filepath.Abs(path); err != nil {
		return "", nil, err
	}
	return path, func() error { return os.RemoveAll(path) }, nil
}
