package load

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"centrala/cmd/centrala-bench/wire"
)

// door serves f on a WebSocket of another library and gives the way in.
func door(t *testing.T, f func(ctx context.Context, c *websocket.Conn)) wire.Door {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		defer c.CloseNow()
		f(r.Context(), c)
	}))
	t.Cleanup(server.Close)
	return wire.Door{Addr: strings.TrimPrefix(server.URL, "http://"), Path: "/"}
}

func dial(t *testing.T, d wire.Door) *wire.Socket {
	t.Helper()
	s, err := wire.Dial(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Within(30 * time.Second); err != nil {
		t.Fatal(err)
	}
	return s
}

// The whole driver against the relay of this program, in this process.
func TestLoopThroughRelay(t *testing.T) {
	t.Parallel()
	in, feed := io.Pipe()
	said, out := io.Pipe()
	done := make(chan error, 1)
	go func() { done <- ServeRelay(in, out) }()
	line := make([]byte, 64)
	n, err := said.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	addr := strings.TrimSpace(string(line[:n]))
	go func() { _, _ = io.Copy(io.Discard, said) }()
	bouts, err := ThroughRelay(t.Context(), addr, 5, Pace{Warm: 20 * time.Millisecond, Window: 200 * time.Millisecond, Bouts: 2, Servers: []int{os.Getpid()}})
	if err != nil {
		t.Fatal(err)
	}
	tempo := Summary(bouts)
	if len(bouts) != 2 || tempo.Rate <= 0 || tempo.ToAgent50 <= 0 || tempo.ToVisitor50 <= 0 || tempo.RoundTrips < 10 {
		t.Errorf("%+v", tempo)
	}
	for _, b := range bouts {
		if int64(b.Made) < b.ToAgent.Count() || b.ToAgent.Count() != b.ToVisitor.Count() {
			t.Errorf("%d made, %d and %d counted", b.Made, b.ToAgent.Count(), b.ToVisitor.Count())
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
	f, err := wire.Decode(b)
	if err != nil || f.Type != "message" || f.Conversation != "0042" {
		t.Errorf("%+v, %v", f, err)
	}
	for _, s := range []string{"", `{"conversation":"`, `{"conversation":"12x4"`, `{"type":"message"}______________`} {
		if n, err := relayNumber([]byte(s)); err == nil {
			t.Errorf("%q gives %d", s, n)
		}
	}
}
