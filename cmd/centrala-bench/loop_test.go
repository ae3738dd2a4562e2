package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"golang.org/x/sync/errgroup"
)

// The whole driver against the relay of this program, in this process.
func TestLoopThroughRelay(t *testing.T) {
	t.Parallel()
	in, feed := io.Pipe()
	said, out := io.Pipe()
	done := make(chan error, 1)
	go func() { done <- serveRelay(in, out) }()
	line := make([]byte, 64)
	n, err := said.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	addr := strings.TrimSpace(string(line[:n]))
	go func() { _, _ = io.Copy(io.Discard, said) }()
	bouts, err := measureRelay(t.Context(), addr, 5, Pace{Warm: 20 * time.Millisecond, Window: 200 * time.Millisecond, Bouts: 2, Server: os.Getpid()})
	if err != nil {
		t.Fatal(err)
	}
	tempo := Summary(bouts)
	if len(bouts) != 2 || tempo.Rate <= 0 || tempo.ToAgent50 <= 0 || tempo.ToVisitor50 <= 0 || tempo.RoundTrips < 10 {
		t.Errorf("%+v", tempo)
	}
	for _, b := range bouts {
		if b.Made < len(b.ToAgent) || len(b.ToAgent) != len(b.ToVisitor) {
			t.Errorf("%d made, %d and %d counted", b.Made, len(b.ToAgent), len(b.ToVisitor))
		}
	}
	if err := feed.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// A server that answers with another question's reply, acknowledges twice, or refuses, is found out.
func TestLoopFindsFaults(t *testing.T) {
	t.Parallel()
	ack, wrong := `{"type":"ack","ref":"m","conversation":"c_1","seq":2}`, `{"type":"message","conversation":"c_1","seq":3,"message":{"author":{"kind":"agent"},"text":"@7 no"}}`
	right := `{"type":"message","conversation":"c_1","seq":3,"message":{"author":{"kind":"agent"},"text":"@1` + padding + `"}}`
	for name, c := range map[string]struct {
		frames []string
		agent  int64
		want   string
	}{
		"another reply":               {[]string{ack, wrong}, 3, "not \"@1"},
		"a seq that falls":            {[]string{ack, strings.Replace(right, `"seq":3`, `"seq":1`, 1)}, 1, "seq 1 came after 1"},
		"two seqs":                    {[]string{ack, right}, 4, "its reply 4 for the agent and 3"},
		"a refusal":                   {[]string{`{"type":"error","ref":"m","code":"rate_limited","message":"Slowly."}`}, 3, "rate_limited"},
		"no object":                   {[]string{`nonsense`}, 3, "no object"},
		"a reply, then ack":           {[]string{right, ack}, 3, ""},
		"words of the house after it": {[]string{right, `{"type":"message","conversation":"c_1","seq":4,"message":{"author":{"kind":"system"},"text":"","system":{"kind":"x"}}}`, ack}, 3, ""},
		"other frames too":            {[]string{`{"type":"typing"}`, ack, `{"type":"conversation","id":"c_1"}`, right}, 3, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := door(t, func(ctx context.Context, s *websocket.Conn) {
				if _, _, err := s.Read(ctx); err != nil {
					t.Error(err)
				}
				for _, f := range c.frames {
					if err := s.Write(ctx, websocket.MessageText, []byte(f)); err != nil {
						t.Error(err)
					}
				}
				_, _, _ = s.Read(ctx)
			})
			b := NewBoard()
			v := &Visitor{board: b, line: centralaLine(), sock: dial(t, d), talk: b.talk("c_1"), seq: 1}
			v.talk.acked <- c.agent
			_, _, err := v.round(t.Context())
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

func TestRelayNumber(t *testing.T) {
	t.Parallel()
	b, err := relayLine().Compose(nil, &talk{id: "0042"}, "customer", "#1")
	if err != nil {
		t.Fatal(err)
	}
	if n, err := relayNumber(b); err != nil || n != 42 {
		t.Errorf("%d, %v of %s", n, err, b)
	}
	f, err := decode(b)
	if err != nil || f.Type != "message" || f.Conversation != "0042" {
		t.Errorf("%+v, %v", f, err)
	}
	for _, s := range []string{"", `{"conversation":"`, `{"conversation":"12x4"`, `{"type":"message"}______________`} {
		if n, err := relayNumber([]byte(s)); err == nil {
			t.Errorf("%q gives %d", s, n)
		}
	}
}

func TestServerThatDoesNotStart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	script := dir + "/broken"
	if err := os.WriteFile(script, []byte("#!/bin/sh\necho the disk is upside down >&2\nexit 3\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	_, err := startServer(t.Context(), script, dir+"/data")
	if err == nil || !strings.Contains(err.Error(), "the disk is upside down") || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("%v", err)
	}
}

// The real server, shortly: every part but the long waits.
func TestSmoke(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts the real server")
	}
	binary := t.TempDir() + "/centrala"
	if err := buildServer(t.Context(), binary); err != nil {
		t.Fatal(err)
	}
	s, err := startServer(t.Context(), binary, t.TempDir()+"/data")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	}()
	bouts, err := measureTalk(t.Context(), s.House, 12, Pace{Warm: 100 * time.Millisecond, Window: 500 * time.Millisecond, Bouts: 1, Server: s.PID()})
	if err != nil {
		t.Fatal(err)
	}
	if b := bouts[0]; b.Rate <= 0 || b.CPU <= 0 {
		t.Errorf("%+v", Summary(bouts))
	}
	g, ctx := errgroup.WithContext(t.Context())
	for i := range 20 {
		g.Go(func() error {
			_, err := idleSocket(ctx, s.House, net.IPv4(127, 0, 0, byte(2+i)))
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Error(err)
	}
	if err := s.do(t.Context(), call{method: http.MethodGet, path: "/v1/agents", token: "wrong"}); err == nil || !strings.Contains(err.Error(), "401") {
		t.Errorf("a wrong token: %v", err)
	}
}
