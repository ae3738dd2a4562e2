package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"centrala/cmd/centrala-bench/host"
	"centrala/cmd/centrala-bench/load"
)

// A Bench measures one server binary, part by part.
type Bench struct {
	Server   string // path of the binary
	Dir      string // an empty folder for what the servers keep
	Only     []string
	Place    Place
	Nodes    int           // in the parts that a number of nodes makes sense for
	Window   time.Duration // of each of the three counted runs of a closed loop
	Step     time.Duration // of each rate of the open loop, and of the fan-out
	Rates    []float64     // of the open loop, upwards
	Sockets  int           // idle ones
	Storm    int           // sockets that are cut
	Backlog  int           // messages committed and not published
	Mails    int           // in a mailbox that is read
	Open     []int         // conversations that are open
	Messages []int         // that are stored
	Log      io.Writer

	results Results
	relay   map[int]load.Tempo // by visitors
	folders int
}

// A part is something that --only can name.
type part struct {
	name, what string
	takes      time.Duration // about
	run        func(*Bench, context.Context) error
}

// parts in the order of the work.
func parts() []part {
	return []part{
		{"talk", "closed loop at 1, 50 and 500 visitors, through a null relay and through centrala: round trips/s, latencies, messages an fsync", 75 * time.Second, (*Bench).runTalk},
		{"open", "open loop of 200 visitors who wait for nobody, at rising rates: latency from the due time, and the highest rate that holds", 90 * time.Second, (*Bench).runOpen},
		{"fan", "one visitor writes while 500 sockets of an agent view the conversation: deliveries/s", 15 * time.Second, (*Bench).runFan},
		{"start", "start to /readyz, and the memory half a minute later", 35 * time.Second, (*Bench).runStart},
		{"bytes", "what opening the chat loads", 5 * time.Second, (*Bench).runBytes},
		{"away", "what coming back costs after ten seconds away", 15 * time.Second, (*Bench).runAway},
		{"idle", "memory and processor time of 8 000 idle sockets", 80 * time.Second, (*Bench).runIdle},
		{"storm", "10 000 sockets cut at once: until all have resumed, and the server's memory", 105 * time.Second, (*Bench).runStorm},
		{"backlog", "100 000 messages committed while the stream is away, then a restart: until they are published, and what Live costs meanwhile", 75 * time.Second, (*Bench).runBacklog},
		{"mail", "mails one by one, one with 50 MB of files, and a mailbox of 10 000 while people chat: time, memory, and what the chat pays", 2 * time.Minute, (*Bench).runMail},
		{"hooks", "1 000 signed webhooks a second, and 1 000 messages in one: accepted, latency to the 200, and until all are messages", 45 * time.Second, (*Bench).runHooks},
		{"conversations", "a round trip and the memory at 100, 1 000 and 10 000 open conversations", 90 * time.Second, (*Bench).runConversations},
		{"messages", "a round trip and the memory with none, 1 million and 10 million stored messages", 4 * time.Minute, (*Bench).runMessages},
		{"nodes", "throughput at 1, 2 and 3 nodes; only where the place is shared", 75 * time.Second, (*Bench).runNodes},
	}
}

// about is how long the parts take that names lists; nil is all.
func about(names []string) (all time.Duration) {
	for _, p := range parts() {
		if len(names) == 0 || slices.Contains(names, p.name) {
			all += p.takes
		}
	}
	return all
}

func (b *Bench) say(format string, args ...any) { fmt.Fprintf(b.Log, format+"\n", args...) }

func (b *Bench) add(figures ...Figure) { b.results.Figures = append(b.results.Figures, figures...) }

// Run measures. On an error the results so far come with it.
func (b *Bench) Run(ctx context.Context) (*Results, error) {
	b.relay = map[int]load.Tempo{}
	b.say("about %s …", about(b.Only))
	for _, p := range parts() {
		if len(b.Only) > 0 && !slices.Contains(b.Only, p.name) {
			continue
		}
		begun := time.Now()
		if err := p.run(b, ctx); err != nil {
			return &b.results, fmt.Errorf("%s: %w", p.name, err)
		}
		b.say("%s: done in %s", p.name, time.Since(begun).Round(time.Second))
	}
	return &b.results, nil
}

// with runs f against fresh nodes over a folder of their own, which is removed.
func (b *Bench) with(ctx context.Context, n int, f func(context.Context, *Installation) error) error {
	return b.at(ctx, b.Place, n, f)
}

func (b *Bench) at(ctx context.Context, p Place, n int, f func(context.Context, *Installation) error) (err error) {
	b.folders++
	dir := filepath.Join(b.Dir, fmt.Sprintf("%d", b.folders))
	i, err := install(ctx, b.Server, dir, p, n)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, i.Close(), os.RemoveAll(dir)) }()
	return f(ctx, i)
}

// calm is with, once the nodes have done what they do by themselves.
func (b *Bench) calm(ctx context.Context, n int, f func(context.Context, *load.Site) error) error {
	return b.with(ctx, n, func(ctx context.Context, i *Installation) error {
		if err := i.Calm(ctx); err != nil {
			return err
		}
		return f(ctx, i.Site())
	})
}

// pace of the closed loops: three bouts each.
func (b *Bench) pace(servers ...int) load.Pace {
	return load.Pace{Warm: time.Second, Window: b.Window, Bouts: 3, Servers: servers}
}

// least is what is asked of a throughput; with a database or a stream of their own a quarter of it.
func (b *Bench) least(v float64) Bounds {
	if b.Place.Embedded() {
		return atLeast(v)
	}
	return atLeast(v / 4)
}

// most is what is asked of a latency; nothing with a database or a stream of their own.
func (b *Bench) most(v float64) Bounds {
	if b.Place.Embedded() {
		return atMost(v)
	}
	return Bounds{}
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
	if err := os.Chmod(path, 0o711); err != nil { // PostgreSQL, started by root, is somebody else and has to pass through
		return "", nil, err
	}
	return path, func() error { return os.RemoveAll(path) }, nil
}

// rest waits, unless ctx ends first.
func rest(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func mebibytes(kib int) float64 { return float64(kib) / 1024 }

// memory is how a note tells of one.
func memory(m host.Memory) string { return fmt.Sprintf("%.1f MiB", mebibytes(m.RSS)) }
