package otlp_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"centrala/watch"
	"centrala/watch/otlp"
)

var _ watch.Tracer = (*otlp.Tracer)(nil)

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	for _, endpoint := range []string{"localhost:4318", "ftp://a", "http://", "://"} {
		if _, err := otlp.Open(t.Context(), endpoint, "1", "n"); err == nil || !strings.Contains(err.Error(), "trace.endpoint") {
			t.Errorf("%q: %v", endpoint, err)
		}
	}
	if !otlp.Wanted("http://127.0.0.1:4318") {
		t.Error("an endpoint is not wanted")
	}
}

// A collector that takes nothing holds nobody up: what comes faster than it takes is dropped.
func TestSlowCollectorStopsNobody(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hang }))
	defer server.Close()
	defer close(hang)
	tracer, err := otlp.Open(t.Context(), server.URL, "1", "n")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan string)
	go func() {
		trace, end := tracer.Begin("accept")
		for range 20_000 { // ten times what waits
			tracer.Note(watch.Span{Parent: trace, Name: "commit", From: time.Now(), To: time.Now(), Err: errors.New("no")})
		}
		tracer.Note(watch.Span{Parent: "nonsense", Name: "commit"})
		end(nil, map[string]string{"conversation": "c_1", "empty": ""})
		done <- trace
	}()
	select {
	case trace := <-done:
		if len(trace) != len("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01") || !strings.HasSuffix(trace, "-01") {
			t.Errorf("the traceparent is %q", trace)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("a collector that hangs holds the senders up")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := tracer.Close(ctx); err == nil {
		t.Error("nothing is said of spans that could not be sent")
	}
}
