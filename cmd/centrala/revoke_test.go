package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// Whoever signs out, is blocked or leaves loses the socket too, not only the next request.
func TestRevokedSocketsClose(t *testing.T) {
	t.Parallel()
	p := startDemo(t, t.TempDir())
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	closes := func(s *socket, why string) {
		t.Helper()
		_, err := s.until(func(wireFrame) bool { return false })
		if got := websocket.CloseStatus(err); got != 4001 {
			t.Errorf("%s: the socket ends with %v (%v), want 4001", why, got, err)
		}
	}
	token := p.signIn(t, "ania@demo.test")
	agent, err := p.dial(ctx, token)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.call(ctx, "DELETE", "/v1/sessions", token, nil, nil); err != nil {
		t.Fatal(err)
	}
	closes(agent, "signing out")

	customer, token, err := p.visitor(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.call(ctx, "DELETE", "/v1/visitors/me", token, nil, nil); err != nil {
		t.Fatal(err)
	}
	closes(customer, "leaving")
	if _, err := p.dial(ctx, token); err == nil || !strings.Contains(err.Error(), "revoked") {
		t.Errorf("a token that was ended opens a socket: %v", err)
	}
}
