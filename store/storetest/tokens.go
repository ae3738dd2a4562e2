package storetest

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"centrala"
)

func keptTokens(t *testing.T, h *house) {
	in, err := h.SaveInbox(t.Context(), centrala.Inbox{Slug: "allegro", Name: "Allegro", Channel: centrala.Allegro, Enabled: true,
		Account: &centrala.Account{ID: "44000001", Client: "app", ClientSecret: "tajne"}})
	if err != nil {
		t.Fatal(err)
	}
	ends := time.Date(2027, 2, 1, 12, 0, 0, 0, time.UTC)
	keep := func(was, is string, want centrala.Code) {
		t.Helper()
		if err := h.KeepTokens(t.Context(), in.ID, was, "access of "+is, is, ends); centrala.CodeOf(err) != want {
			t.Fatalf("%q over %q: %v", is, was, err)
		}
	}
	holds := func(want string) {
		t.Helper()
		got, err := h.Inbox(t.Context(), in.ID)
		if a := got.Account; err != nil || a.Refresh != want || a.Token != "access of "+want || a.ClientSecret != "tajne" || a.Client != "app" || !a.Expires.Equal(ends) {
			t.Fatalf("kept %+v, %v; want %q", got.Account, err, want)
		}
	}
	keep("", "pierwszy", "")
	keep("inny", "drugi", centrala.Conflict)
	holds("pierwszy")
	keep("pierwszy", "drugi", "")
	holds("drugi")
	if err := h.KeepTokens(t.Context(), h.mailbox.ID, "", "a", "r", ends); centrala.CodeOf(err) != centrala.Conflict {
		t.Fatalf("of a mailbox: %v", err)
	}
	if err := h.KeepTokens(t.Context(), 12345, "", "a", "r", ends); centrala.CodeOf(err) != centrala.NotFound {
		t.Fatalf("of no inbox: %v", err)
	}

	var kept atomic.Int64
	var nodes sync.WaitGroup
	for range 8 { // that all got an answer to the same refresh token
		nodes.Go(func() {
			switch err := h.KeepTokens(t.Context(), in.ID, "drugi", "access of trzeci", "trzeci", ends); centrala.CodeOf(err) {
			case "":
				kept.Add(1)
			case centrala.Conflict:
			default:
				t.Error(err)
			}
		})
	}
	nodes.Wait()
	if holds("trzeci"); kept.Load() != 1 {
		t.Fatalf("%d of eight were kept", kept.Load())
	}
}
