package stream_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"centrala"
	"centrala/stream"
)

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(file, nil, 0o600))
	for name, c := range map[string]stream.Config{
		"nowhere":       {Node: "n"},
		"two places":    {Node: "n", Dir: t.TempDir(), URL: "nats://127.0.0.1:1"},
		"no name":       {Dir: t.TempDir()},
		"nobody there":  {Node: "n", URL: "nats://127.0.0.1:1"},
		"not a folder":  {Node: "n", Dir: filepath.Join(file, "below")},
		"no such place": {Node: "n", Dir: "/proc/nowhere"},
	} {
		if b, err := stream.Open(t.Context(), c); err == nil {
			t.Errorf("%s: opened", name)
			must(t, b.Close())
		} else if !strings.HasPrefix(err.Error(), "stream: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFolderIsTaken(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bus := open(t, stream.Config{Dir: dir})
	if _, err := stream.Open(t.Context(), stream.Config{Dir: dir, Node: "second"}); err == nil || !strings.Contains(err.Error(), "in use by another process") {
		t.Errorf("a second one: %v", err)
	}
	if err := bus.Ready(); err == nil {
		t.Error("ready before it started")
	}
	must(t, bus.Close())
	open(t, stream.Config{Dir: dir})
}

// An unclean stop may cost the stream its end, which the log has and has marked: the last minute
// is published again. After a clean stop nothing is.
func TestUncleanStop(t *testing.T) {
	t.Parallel()
	for _, clean := range []bool{false, true} {
		t.Run(fmt.Sprint("clean=", clean), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			l, before, after := newLog(t), newTally(), newTally()
			bus := start(t, l, stream.Config{Dir: dir}, func(b *stream.Bus) { b.Work("all", nil, before.handle) })
			c := make([]*customer, 10)
			for i := range c {
				c[i] = l.customer()
				c[i].say(t)
			}
			eventually(t, "everything is marked", func() bool { return l.unmarked(t) == 0 })
			l.bus.Store(nil)
			if clean {
				must(t, bus.Close())
			} else {
				bus.Kill()
			}
			must(t, os.RemoveAll(filepath.Join(dir, "jetstream"))) // the worst that can be lost
			bus = start(t, l, stream.Config{Dir: dir}, func(b *stream.Bus) { b.Work("all", nil, after.handle) })
			for i := range c {
				c[i].say(t)
			}
			want := l.all(t)
			if clean {
				want = want[len(want)-len(c):]
			}
			after.await(t, "all events are handled", want, bus)
			if v := after.against(want); v != (verdict{}) {
				t.Errorf("of %d events: %+v", len(want), v)
			}
			if n := len(after.seen()); clean && n != len(c) {
				t.Errorf("%d events came, want %d", n, len(c))
			}
			must(t, bus.Ready())
		})
	}
}

// A crash of the machine can leave a stream that is shorter than what its consumers remember to
// have handled. What comes next is handled all the same, although it takes the places of what
// was lost.
func TestStreamLostItsTail(t *testing.T) {
	t.Parallel()
	dir, kept := t.TempDir(), filepath.Join(t.TempDir(), "msgs")
	msgs := filepath.Join(dir, "jetstream", "$G", "streams", "CENTRALA", "msgs")
	l, y := newLog(t), newTally()
	c := make([]*customer, 10)
	for i := range c {
		c[i] = l.customer()
	}
	for round := range 3 {
		if round == 2 {
			must(t, os.RemoveAll(msgs))
			must(t, os.CopyFS(msgs, os.DirFS(kept)))
		}
		bus := start(t, l, stream.Config{Dir: dir}, func(b *stream.Bus) { b.Work("all", nil, y.handle) })
		for i := range c {
			c[i].say(t)
			c[i].say(t)
		}
		want := l.all(t)
		y.await(t, "all events are handled", want, bus)
		if v := y.against(want); v.inverted != 0 || round < 2 && v.doubled != 0 {
			t.Errorf("round %d, of %d events: %+v", round, len(want), v)
		}
		eventually(t, "everything is marked", func() bool { return l.unmarked(t) == 0 })
		l.bus.Store(nil)
		bus.Kill()
		if round == 0 {
			must(t, os.CopyFS(kept, os.DirFS(msgs)))
		}
	}
}

// On a full disk the embedded JetStream turns itself off. The bus says so, loses nothing, and
// goes on when there is room.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	l, y := newLog(t), newTally()
	bus := start(t, l, stream.Config{Dir: t.TempDir()}, func(b *stream.Bus) { b.Work("all", nil, y.handle) })
	l.chatter(t, 10, 5)
	eventually(t, "events are handled, and the stream knows it", func() bool {
		stats, err := bus.Stats(t.Context())
		return err == nil && y.against(l.all(t)).missing == 0 && stats.Groups["all"].Lag == 0
	})
	recovered := bus.RunOutOfDisk()
	l.chatter(t, 10, 5)
	eventually(t, "it turns itself on again", recovered)
	want := l.all(t)
	y.await(t, "all events are handled", want, bus)
	if v := y.against(want); v != (verdict{}) {
		t.Errorf("of %d events: %+v", len(want), v)
	}
	eventually(t, "the bus is ready", func() bool { return bus.Ready() == nil })
}

// Somebody deletes the stream: it is made again, with its consumers, and what was not
// published yet is.
func TestStreamRemoved(t *testing.T) {
	t.Parallel()
	l, y := newLog(t), newTally()
	bus := start(t, l, stream.Config{URL: startServer(t).ClientURL()}, func(b *stream.Bus) { b.Work("all", nil, y.handle) })
	l.chatter(t, 5, 5)
	eventually(t, "events are handled", func() bool { return y.against(l.all(t)).missing == 0 })
	must(t, bus.Remove())
	l.chatter(t, 5, 5)
	want := l.all(t)
	y.await(t, "all events are handled", want, bus)
	if v := y.against(want); v != (verdict{}) {
		t.Errorf("of %d events: %+v", len(want), v)
	}
}

// Consumers are made by the bus, as they have to be for the order to hold, and outlive it.
func TestConsumers(t *testing.T) {
	t.Parallel()
	url := startServer(t).ClientURL()
	bus := open(t, stream.Config{URL: url, Graveyard: noGrave{}})
	bus.Work("routing", []centrala.EventType{centrala.ConversationOpened, centrala.ConversationQueued}, nil)
	must(t, bus.Start(t.Context()))
	other := open(t, stream.Config{URL: url})
	check := func() {
		t.Helper()
		lanes := map[string]bool{}
		all := other.Consumers()
		for name, c := range all {
			if c.MaxAckPending != 1 || c.AckWait != 5*time.Second || c.DeliverGroup == "" || c.MaxDeliver != -1 {
				t.Errorf("%s: %+v", name, c)
			}
			for _, s := range c.FilterSubjects {
				lanes[s] = true
			}
		}
		if len(all) != stream.Strands || len(lanes) != 2*centrala.Lanes {
			t.Errorf("%d consumers of %d subjects", len(all), len(lanes))
		}
	}
	check()
	must(t, bus.Close())
	check()
}

// A node is up quickly and costs next to nothing while nobody writes.
func TestLight(t *testing.T) {
	dir := t.TempDir() // not parallel: it measures
	for _, kind := range []string{"cold", "again"} {
		goroutines, memory := runtime.NumGoroutine(), resident(t)
		begin := time.Now()
		bus := open(t, stream.Config{Dir: dir, Graveyard: noGrave{}})
		bus.Relay(&settled{})
		for g := range 8 {
			bus.Work(fmt.Sprint("group-", g), []centrala.EventType{centrala.MessageReceived, centrala.MessageSent},
				func(context.Context, centrala.Event) error { return nil })
		}
		must(t, bus.Start(t.Context()))
		took := time.Since(begin)
		eventually(t, "lanes flow", func() bool { return !bus.Held() })
		cpu := processor()
		<-time.After(3 * time.Second)
		used := processor() - cpu
		more, grown := runtime.NumGoroutine()-goroutines, resident(t)-memory
		t.Logf("%s: started in %s; idle for 3 s: %s of processor time, %d goroutines, %d KiB more resident", kind, took, used, more, grown)
		if took > 2*time.Second || used > 300*time.Millisecond || more > 1000 {
			t.Errorf("that is too much")
		}
		begin = time.Now()
		must(t, bus.Close())
		t.Logf("%s: closed in %s", kind, time.Since(begin))
	}
}

// resident is the memory of this process in KiB, 0 where it cannot be told.
func resident(t *testing.T) int {
	runtime.GC()
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(b), "VmRSS:")
	var kib int
	_, err = fmt.Sscan(rest, &kib)
	must(t, err)
	return kib
}
