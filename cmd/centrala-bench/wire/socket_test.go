package wire

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// door serves f on a WebSocket of another library and gives the way in.
func door(t *testing.T, f func(ctx context.Context, c *websocket.Conn)) Door {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"centrala.v1"}})
		if err != nil {
			t.Error(err)
			return
		}
		defer c.CloseNow()
		f(r.Context(), c)
	}))
	t.Cleanup(server.Close)
	return Door{Addr: strings.TrimPrefix(server.URL, "http://"), Path: "/", Protocol: "centrala.v1"}
}

func dial(t *testing.T, d Door) *Socket {
	t.Helper()
	s, err := Dial(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Within(30 * time.Second); err != nil {
		t.Fatal(err)
	}
	return s
}

// Every length around the borders of the three forms of a frame comes back as it went.
func TestSocketEcho(t *testing.T) {
	t.Parallel()
	d := door(t, func(ctx context.Context, c *websocket.Conn) {
		c.SetReadLimit(1 << 20)
		for {
			kind, b, err := c.Read(ctx)
			if err != nil || c.Write(ctx, kind, b) != nil {
				return
			}
		}
	})
	s := dial(t, d)
	var want int64
	for _, n := range []int{0, 1, 3, 5, 7, 8, 13, 125, 126, 127, 240, 65535, 65536, 100_001} {
		b := bytes.Repeat([]byte("abcdefg"), n/7+1)[:n]
		if err := s.Write(b); err != nil {
			t.Fatal(err)
		}
		got, err := s.Read()
		if err != nil || !bytes.Equal(got, b) {
			t.Fatalf("%d bytes came back as %d, %v", n, len(got), err)
		}
		want += int64(n) + 2
		if n >= 65536 {
			want += 8
		} else if n >= 126 {
			want += 2
		}
		if s.Got() != want {
			t.Errorf("after %d bytes %d are counted, want %d", n, s.Got(), want)
		}
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestSocketAnswersPings(t *testing.T) {
	t.Parallel()
	d := door(t, func(ctx context.Context, c *websocket.Conn) {
		ctx = c.CloseRead(ctx)
		if err := c.Ping(ctx); err != nil {
			t.Errorf("ping: %v", err)
		}
		if err := c.Write(ctx, websocket.MessageText, []byte("after")); err != nil {
			t.Error(err)
		}
		_ = c.Close(4008, "too slow")
	})
	s := dial(t, d)
	if b, err := s.Read(); err != nil || string(b) != "after" {
		t.Fatalf("%q, %v", b, err)
	}
	var closed *Closed
	if _, err := s.Read(); !errors.As(err, &closed) || closed.Code != 4008 || closed.Reason != "too slow" {
		t.Errorf("closed with %v", err)
	}
}

func TestSocketFragments(t *testing.T) {
	t.Parallel()
	d := door(t, func(ctx context.Context, c *websocket.Conn) {
		w, err := c.Writer(ctx, websocket.MessageText)
		if err != nil {
			t.Error(err)
			return
		}
		for range 3 {
			if _, err := w.Write(bytes.Repeat([]byte("x"), 5000)); err != nil {
				t.Error(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		_, _, _ = c.Read(ctx)
	})
	if b, err := dial(t, d).Read(); err != nil || len(b) != 15000 {
		t.Errorf("%d bytes, %v", len(b), err)
	}
}

func TestSocketRefused(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	d := Door{Addr: strings.TrimPrefix(server.URL, "http://"), Path: "/v1/socket"}
	if _, err := Dial(t.Context(), d); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("no socket there: %v", err)
	}
}
