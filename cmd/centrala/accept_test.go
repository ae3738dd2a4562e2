package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"centrala/gateway/rest"
)

// Whoever finds the house full is told so at once, in the form of all problems, and when to
// come again; the next one finds room.
func TestTurnstile(t *testing.T) {
	t.Parallel()
	leave, inside := make(chan struct{}), make(chan struct{}, 3)
	ts := &turnstile{most: 2, next: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		inside <- struct{}{}
		<-leave
		w.WriteHeader(http.StatusNoContent)
	})}
	ask := func() *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		ts.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/v1/me", nil))
		return w
	}
	var wait sync.WaitGroup
	for range 2 {
		wait.Go(func() {
			if w := ask(); w.Code != http.StatusNoContent {
				t.Errorf("one who is in gets %d", w.Code)
			}
		})
		<-inside
	}
	w := ask()
	var p rest.Problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Code != http.StatusServiceUnavailable || p.Status != w.Code ||
		p.Code != "unavailable" || p.RetryAfterMS == 0 || w.Header().Get("Retry-After") == "" || w.Header().Get("Content-Type") != "application/problem+json" {
		t.Errorf("one too many gets %d %v: %s", w.Code, w.Header(), w.Body)
	}
	close(leave)
	wait.Wait()
	if w := ask(); w.Code != http.StatusNoContent {
		t.Errorf("afterwards: %d", w.Code)
	}
	if ts.inside.Load() != 0 || ts.refused.Load() != 1 {
		t.Errorf("%d inside, %d refused", ts.inside.Load(), ts.refused.Load())
	}
}
