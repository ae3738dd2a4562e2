package stream_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"centrala"
	"centrala/lab"
	"centrala/stream"
)

// startServers starts three NATS servers as processes.
func startServers(t *testing.T) *lab.NATS {
	t.Helper()
	binary, err := exec.Command("go", "tool", "-n", "nats-server").Output()
	must(t, err)
	dir, err := os.MkdirTemp("", "centrala-nats-")
	must(t, err)
	t.Cleanup(func() { must(t, os.RemoveAll(dir)) })
	n, err := lab.StartNATS(t.Context(), lab.NATSConfig{Dir: dir, Servers: 3, Binary: strings.TrimSpace(string(binary)), Log: verbose()})
	must(t, err)
	t.Cleanup(func() { must(t, n.Stop()) })
	return n
}

// peer is a node of a cluster with a log of its own: what it sees live of the other one, and
// what the group that both work in handled here.
type peer struct {
	*log
	*stream.Bus
	live *tally
	gaps atomic.Int64
}

func startPeer(t *testing.T, name, url string, work *tally) *peer {
	t.Helper()
	p := &peer{log: newLog(t), live: newTally()}
	p.Bus = start(t, p.log, stream.Config{URL: url, Node: name}, func(b *stream.Bus) {
		b.Work("all", nil, func(_ context.Context, e centrala.Event) error { work.add(e); return nil })
		b.Live(p.live.add)
		b.OnGap(func() { p.gaps.Add(1) })
	})
	eventually(t, name+"'s lanes flow", func() bool { return !p.Held() })
	return p
}

// Three copies of everything are kept. The server that a node is connected to is killed, or cut
// off from the others, while both nodes talk. The node finds another one by itself; everything is
// handled, each conversation in order, and each node sees live what the other one says afterwards.
func TestServerIsLost(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		fault func(*testing.T, *lab.NATS, int) (mend func())
	}{
		{"killed", func(t *testing.T, n *lab.NATS, i int) func() {
			must(t, n.Kill(i))
			return func() { must(t, n.Start(t.Context(), i)) }
		}},
		// The server that comes back is not waited for: what only its log has it may take back an entry
		// at a time, for minutes, and meanwhile the other two do the work.
		{"cut off", func(_ *testing.T, n *lab.NATS, i int) func() { n.Isolate(i); return func() { n.Join(i) } }},
	} {
		t.Run(c.name, func(t *testing.T) { loseServer(t, c.fault) }) // one after the other: each has three servers
	}
}

func loseServer(t *testing.T, fault func(*testing.T, *lab.NATS, int) (mend func())) {
	n, work := startServers(t), newTally()
	a, b := startPeer(t, "a", n.URL(), work), startPeer(t, "b", n.URL(), work)
	if c, err := a.StreamConfig(); err != nil || c.Replicas != 3 {
		t.Errorf("%d copies are kept, %v", c.Replicas, err)
	}
	everything := func() []centrala.Event { return append(a.all(t), b.all(t)...) }
	talk := func(when string) {
		t.Helper()
		a.chatter(t, 10, 4)
		b.chatter(t, 10, 4)
		work.await(t, "all is handled "+when, everything(), a.Bus, b.Bus)
	}
	talk("at first")
	lost := slices.IndexFunc([]int{0, 1, 2}, func(i int) bool { return strings.HasPrefix(n.URLOf(i), a.Hears()) })
	eventually(t, "it leads the stream", func() bool { return a.Leads(fmt.Sprint("nats-", lost)) })
	left, were := strings.Split(n.URLOf(lost), ",")[0], map[*peer][]string{a: a.Places(), b: b.Places()}
	mend := fault(t, n, lost) // the one that tells a what b says
	talk("while a server is lost")
	for name, p := range map[string]*peer{"a": a, "b": b} {
		eventually(t, name+" is ready without it", func() bool { return p.Ready() == nil })
	}
	eventually(t, "a is told of the gap", func() bool { return a.gaps.Load() > 0 })
	for p, was := range were {
		eventually(t, "nobody stays where nobody is reached", func() bool { return !slices.Contains(p.Places(), left) })
		for i, now := range p.Places() {
			if was[i] != left && was[i] != now {
				t.Errorf("a connection left %s for %s and had no need to: %s is lost", was[i], now, left)
			}
		}
	}
	before := len(a.live.seen())
	eventually(t, "a hears b", func() bool { b.chatter(t, 1, 1); return len(a.live.seen()) > before })
	mend()
	talk("in the end")
	// An event may come twice: to whom it was being shown when the server was lost, and again.
	v := work.against(everything())
	t.Logf("%+v", v)
	if v.missing != 0 || v.inverted != 0 || v.doubled > 2*stream.Strands {
		t.Errorf("%+v", v)
	}
}
