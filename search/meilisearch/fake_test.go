package meilisearch_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"centrala"
)

// fake answers like a server whose tasks are enqueued, processed and then end as it is told.
type fake struct {
	*httptest.Server
	looks  atomic.Int64 // at tasks
	asked  atomic.Int64 // all requests
	ending string       // of every task
	refuse atomic.Int64 // the status of every answer, 0: none
}

func newFake(t *testing.T, ending string) *fake {
	t.Helper()
	f := &fake{ending: ending}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.asked.Add(1)
		w.Header().Set("Content-Type", "application/json")
		switch status := int(f.refuse.Load()); {
		case status != 0:
			w.WriteHeader(status)
			fmt.Fprint(w, `{"message":"SEKRET is what was asked","code":"too_many_search_requests","type":"system","link":""}`)
		case strings.HasPrefix(r.URL.Path, "/tasks/"):
			state := []string{"enqueued", "processing", f.ending}[min(f.looks.Add(1)-1, 2)]
			fmt.Fprintf(w, `{"uid":7,"indexUid":"kb_pl","status":%q,"type":"documentAdditionOrUpdate","error":{"message":"no room","code":"no_space_left_on_device"}}`, state)
		case strings.HasSuffix(r.URL.Path, "/documents/fetch"):
			fmt.Fprint(w, `{"results":[],"total":0}`)
		case r.Method == http.MethodGet:
			fmt.Fprint(w, `{"uid":"kb_pl","primaryKey":"id","createdAt":"2026-01-01T00:00:00Z","updatedAt":"2026-01-01T00:00:00Z"}`)
		default:
			w.WriteHeader(http.StatusAccepted)
			fmt.Fprint(w, `{"taskUid":7,"indexUid":"kb_pl","status":"enqueued"}`)
		}
	}))
	t.Cleanup(f.Close)
	return f
}

// What the server accepts is not done: how its task ended is what Put says.
func TestTasksAreAwaited(t *testing.T) {
	t.Parallel()
	for ending, works := range map[string]bool{"succeeded": true, "failed": false, "canceled": false} {
		f := newFake(t, ending)
		err := one(f.URL, "one").Put(t.Context(), numbered(1))
		if works != (err == nil) || f.looks.Load() < 3 {
			t.Errorf("of a task that %s it says %v after %d looks", ending, err, f.looks.Load())
		}
		if err != nil && !strings.Contains(err.Error(), "no_space_left_on_device") {
			t.Errorf("of a task that %s it says %v", ending, err)
		}
	}
}

// A server that refuses is asked once, and what it repeats of a question is in no error.
func TestNothingIsAskedTwice(t *testing.T) {
	t.Parallel()
	f := newFake(t, "succeeded")
	e := one(f.URL, "one")
	if err := e.Put(t.Context(), numbered(3)); err != nil {
		t.Fatal(err)
	}
	f.refuse.Store(http.StatusServiceUnavailable)
	before := f.asked.Load()
	_, err := e.Search(t.Context(), centrala.Query{Text: "zwrot", Locale: "pl", Limit: 3})
	if err == nil || strings.Contains(err.Error(), "SEKRET") || strings.Contains(err.Error(), "zwrot") {
		t.Errorf("it says %v", err)
	}
	if n := f.asked.Load() - before; n != 1 {
		t.Errorf("it is asked %d times", n)
	}
}

// Before its words are read an index answers nothing, and says so; a server that hangs takes no
// longer than whoever asks waits.
func TestPatience(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(s.Close)
	t.Cleanup(func() { close(release) })
	e := one(s.URL, "one")
	if _, err := e.Search(t.Context(), centrala.Query{Text: "zwrot"}); err == nil {
		t.Error("it answers before it knows a word")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := e.Versions(ctx); err == nil {
		t.Error("a server that hangs has versions")
	}
}
