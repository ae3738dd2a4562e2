package main

import (
	"bufio"
	"io"
	"net"
	"testing"
)

// echo is a server that says again what it is told.
func echo(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(c, c); _ = c.Close() }()
		}
	}()
	return l.Addr().String()
}

// What passes in good weather is held back while a link is half-open, and comes when it clears;
// a cut ends a connection for both ends.
func TestLink(t *testing.T) {
	t.Parallel()
	server := echo(t)
	k, err := NewLink(func() string { return server }, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = k.Close() })
	conn, err := net.Dial("tcp", k.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	lines := bufio.NewReader(conn)
	say := func(s string) {
		t.Helper()
		if _, err := io.WriteString(conn, s+"\n"); err != nil {
			t.Fatal(err)
		}
	}
	hear := func(want string) {
		t.Helper()
		if got, err := lines.ReadString('\n'); err != nil || got != want+"\n" {
			t.Fatalf("%q, %v; want %q", got, err, want)
		}
	}
	say("good")
	hear("good")
	k.Set(Weather{Swallow: true})
	say("held")
	heard := make(chan struct{})
	go func() { hear("held"); close(heard) }()
	select {
	case <-heard:
		t.Fatal("a half-open link passes traffic")
	default:
	}
	k.Set(Weather{})
	<-heard
	k.Set(Weather{Cut: 1})
	say("lost")
	if got, err := lines.ReadString('\n'); err == nil {
		t.Fatalf("a link that cuts passes %q", got)
	}
}
