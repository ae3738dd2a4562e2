package lab

import (
	"bufio"
	"io"
	"net"
	"sync/atomic"
	"testing"
	"time"
)

// echo is a server that says again what it is told, and counts the bytes of it.
func echo(t *testing.T) (addr string, got *atomic.Int64) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	got = &atomic.Int64{}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				for r := bufio.NewReader(c); ; {
					line, err := r.ReadString('\n')
					got.Add(int64(len(line)))
					if err != nil {
						return
					}
					_, _ = io.WriteString(c, line)
				}
			}()
		}
	}()
	return l.Addr().String(), got
}

// until waits for a condition.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(10 * time.Second); !ok(); {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal(what)
		}
	}
}

// What passes in good weather is held back while a link is half-open, and comes when it clears;
// a cut ends a connection for both ends; a half-open link can be closed.
func TestLink(t *testing.T) {
	t.Parallel()
	server, got := echo(t)
	k, err := NewLink(func() string { return server }, 1)
	if err != nil {
		t.Fatal(err)
	}
	dial := func() (net.Conn, *bufio.Reader) {
		t.Helper()
		conn, err := net.Dial("tcp", k.Addr())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		return conn, bufio.NewReader(conn)
	}
	conn, lines := dial()
	say := func(s string) {
		t.Helper()
		if _, err := io.WriteString(conn, s+"\n"); err != nil {
			t.Fatal(err)
		}
	}
	hear := func(want string) {
		t.Helper()
		if line, err := lines.ReadString('\n'); err != nil || line != want+"\n" {
			t.Fatalf("%q, %v; want %q", line, err, want)
		}
	}
	say("good")
	hear("good")
	k.Set(Weather{Swallow: true})
	say("held")
	until(t, "nothing is held back", func() bool { return k.Held() == 1 })
	if n := got.Load(); n != int64(len("good\n")) {
		t.Fatalf("the server got %d bytes over a half-open link", n)
	}
	k.Set(Weather{Delay: time.Millisecond})
	hear("held")
	k.Set(Weather{Cut: 1})
	say("lost")
	if line, err := lines.ReadString('\n'); err == nil {
		t.Fatalf("a link that cuts passes %q", line)
	}

	k.Set(Weather{Swallow: true})
	conn, _ = dial()
	say("never")
	until(t, "nothing is held back", func() bool { return k.Held() == 1 })
	if err := k.Close(); err != nil { // it returns, and what was held is gone
		t.Fatal(err)
	}
	if k.Held() != 0 {
		t.Error("something is held by a link that is closed")
	}
}
