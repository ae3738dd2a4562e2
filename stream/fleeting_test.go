package stream_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"centrala/stream"
)

// ears note what was heard.
type ears struct {
	mu  sync.Mutex
	all []string
}

func (e *ears) hear(node string, data []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.all = append(e.all, node+": "+string(data))
}

func (e *ears) heard() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.all)
}

// What a node says is heard by all others, in order, about its topic; not by itself, and nothing
// of it is on the stream.
func TestFleeting(t *testing.T) {
	t.Parallel()
	url := startServer(t).ClientURL()
	var own, other, third, elsewhere ears
	listen := func(name string, e *ears) *stream.Bus {
		b := open(t, stream.Config{URL: url, Node: name})
		b.Hear("edge", e.hear)
		b.Hear("doors", elsewhere.hear)
		must(t, b.Start(t.Context()))
		return b
	}
	a, _, _ := listen("a", &own), listen("b", &other), listen("c", &third)
	var want []string
	for n := range 100 {
		a.Say("edge", fmt.Appendf(nil, "%d", n))
		want = append(want, fmt.Sprintf("a: %d", n))
	}
	for name, e := range map[string]*ears{"b": &other, "c": &third} {
		eventually(t, name+" hears all", func() bool { return len(e.heard()) == len(want) })
		if got := e.heard(); !slices.Equal(got, want) {
			t.Errorf("%s heard %v", name, got)
		}
	}
	if got := append(own.heard(), elsewhere.heard()...); len(got) != 0 {
		t.Errorf("heard by who said it, or about something else: %v", got)
	}
	if held := a.Messages(t); held != 0 {
		t.Errorf("%d of it are on the stream", held)
	}
	stats, err := a.Stats(t.Context())
	must(t, err)
	if stats.Said != 100 || stats.Heard != 0 || stats.Dropped != 0 {
		t.Errorf("%+v", stats)
	}
}

// While nothing can be said it is dropped and counted, and nobody waits.
func TestFleetingIsDropped(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	b := open(t, stream.Config{URL: srv.ClientURL()})
	must(t, b.Start(t.Context()))
	srv.Shutdown()
	srv.WaitForShutdown()
	eventually(t, "the loss is noticed", func() bool { return b.Ready() != nil })
	const many = 10_000
	for range many {
		b.Say("edge", []byte("typing"))
	}
	dropped := func() uint64 {
		stats, _ := b.Stats(t.Context()) // the lag cannot be asked
		return stats.Dropped + stats.Said
	}
	eventually(t, "all of it is dropped", func() bool { return dropped() == many })
	if stats, _ := b.Stats(t.Context()); stats.Said != 0 {
		t.Errorf("%d were said to nobody", stats.Said)
	}
}

// A topic is a word of the subject, and nothing else.
func TestFleetingTopics(t *testing.T) {
	t.Parallel()
	b := open(t, stream.Config{URL: startServer(t).ClientURL()})
	b.Hear("a.>", func(string, []byte) {})
	if err := b.Start(t.Context()); err == nil {
		t.Error("a topic with a wildcard is taken")
	}
}
