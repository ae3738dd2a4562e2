package stream_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"centrala"
	"centrala/stream"
)

// The environment that makes this test binary a worker.
const (
	workerURL  = "STREAM_TEST_WORKER_URL"
	workerFile = "STREAM_TEST_WORKER_FILE"
)

func TestMain(m *testing.M) {
	if url := os.Getenv(workerURL); url != "" {
		if err := worker(url, os.Getenv(workerFile)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// worker notes every event in a file, which several processes append to, until its input ends.
func worker(url, file string) error {
	f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	ctx := context.Background()
	bus, err := stream.Open(ctx, stream.Config{URL: url, Node: fmt.Sprint("worker-", os.Getpid()), Graveyard: noGrave{}})
	if err != nil {
		return err
	}
	bus.Work("all", nil, func(_ context.Context, e centrala.Event) error {
		line, err := e.MarshalJSON()
		if err == nil {
			_, err = f.Write(append(line, '\n')) // one write: lines do not mix
		}
		return err
	})
	if err := bus.Start(ctx); err != nil {
		return err
	}
	if _, err := os.Stdin.Read(make([]byte, 1)); err == nil {
		return fmt.Errorf("nobody was to write here")
	}
	return bus.Close()
}

// Two processes share the work; one is killed in the middle of it. Nothing is missing, nothing
// out of order within a conversation, and at most one event a strand is doubled.
func TestProcessKilled(t *testing.T) {
	t.Parallel()
	url := startServer(t).ClientURL()
	file := filepath.Join(t.TempDir(), "events")
	must(t, os.WriteFile(file, nil, 0o600))
	bus := open(t, stream.Config{URL: url})
	var source settled
	bus.Relay(&source)
	must(t, bus.Start(t.Context()))

	var workers []*exec.Cmd
	for range 2 {
		c := exec.Command(os.Args[0])
		c.Env = append(os.Environ(), workerURL+"="+url, workerFile+"="+file)
		c.Stderr = os.Stderr
		in, err := c.StdinPipe()
		must(t, err)
		must(t, c.Start())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_ = c.Wait() // one is killed
		}()
		t.Cleanup(func() {
			_ = in.Close() // closed already when the process is gone
			<-ended
		})
		workers = append(workers, c)
	}
	noted := func() []byte {
		b, err := os.ReadFile(file)
		must(t, err)
		return b
	}
	events := newTraffic(60)
	var want []centrala.Event
	say := func(n int) {
		for range n {
			e := events.next()
			want = append(want, e)
			bus.Offer([]centrala.Event{e})
		}
	}
	say(1500)
	eventually(t, "they are in the middle of it", func() bool { return bytes.Count(noted(), []byte("\n")) > 500 })
	must(t, workers[0].Process.Kill())
	say(1500)

	var seen []centrala.Event
	eventually(t, "all events are noted", func() bool {
		seen = seen[:0]
		for line := range bytes.Lines(noted()) {
			var e centrala.Event
			if json.Unmarshal(line, &e) != nil {
				return false // the end of the file, being written
			}
			seen = append(seen, e)
		}
		return judge(seen, want).missing == 0
	})
	v := judge(seen, want)
	if v.inverted != 0 || v.doubled > stream.Strands {
		t.Errorf("of %d events: %+v", len(want), v)
	}
	t.Logf("of %d events: %+v", len(want), v)
}
