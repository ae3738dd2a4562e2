package lab

import (
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A server that is cut off from the others stores nothing, they do, and afterwards all have it.
func TestNATSPartition(t *testing.T) {
	t.Parallel()
	binary, err := exec.Command("go", "tool", "-n", "nats-server").Output()
	must(t, err)
	n, err := StartNATS(t.Context(), NATSConfig{Dir: scratch(t), Servers: 3, Binary: strings.TrimSpace(string(binary))})
	must(t, err)
	t.Cleanup(func() { must(t, n.Stop()) })
	at := func(i int) nats.JetStreamContext {
		c, err := nats.Connect(strings.Split(n.URLOf(i), ",")[0], nats.IgnoreDiscoveredServers())
		must(t, err)
		t.Cleanup(c.Close)
		js, err := c.JetStream(nats.MaxWait(500 * time.Millisecond))
		must(t, err)
		return js
	}
	alone, others := at(0), at(1)
	_, err = others.AddStream(&nats.StreamConfig{Name: "WORDS", Subjects: []string{"words"}, Replicas: 3}, nats.MaxWait(10*time.Second))
	must(t, err)
	publish := func(js nats.JetStreamContext) error {
		_, err := js.Publish("words", []byte("słowo"))
		return err
	}
	until := func(what string, ok func() bool) {
		t.Helper()
		deadline, tick := time.After(time.Minute), time.NewTicker(50*time.Millisecond)
		defer tick.Stop()
		for !ok() {
			select {
			case <-tick.C:
			case <-deadline:
				t.Fatalf("waited in vain until %s", what)
			}
		}
	}
	must(t, publish(alone))

	n.Isolate(0)
	until("who is cut off stores nothing", func() bool { return publish(alone) != nil })
	until("the others go on", func() bool { return publish(others) == nil })
	n.Join(0)
	must(t, n.Await(t.Context()))
	until("who was cut off stores again", func() bool { return publish(alone) == nil })

	must(t, n.Kill(2))
	until("two of three are enough", func() bool { return publish(alone) == nil })
	must(t, n.Start(t.Context(), 2))
}
