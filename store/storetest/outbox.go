package storetest

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"centrala"
	"centrala/store"
)

func outboxCases() []testCase {
	return []testCase{
		{"what is committed is told in order and stays in the outbox until marked", telling},
		{"two nodes: nothing that becomes visible late is missed by the sweep", twoNodes},
		{"dead letters are read and taken out once", deadLetters},
		{"presence is told when it changes and lapses by itself", presence},
	}
}

func telling(t *testing.T, h *house) {
	var mu sync.Mutex
	var told []centrala.Commit
	h.OnCommit(func(cs []centrala.Commit) {
		mu.Lock()
		told = append(told, cs...)
		mu.Unlock()
	})
	k, _ := h.customer()
	r := h.say(t, h.post(k, "1", "raz"))
	for i := range 20 {
		h.say(t, h.post(k, fmt.Sprint("k", i), "dwa"))
	}
	mu.Lock()
	defer mu.Unlock()
	n := int64(0)
	for _, c := range told {
		if c.Event.Conversation != r.Conversation {
			continue
		}
		if n++; c.Event.N != n {
			t.Fatalf("n %d after %d", c.Event.N, n-1)
		}
		if c.Conversation == nil || (c.Event.Seq != 0) != (c.Message != nil) {
			t.Fatalf("commit without its parts: %+v", c)
		}
	}
	if n != 23 { // opened, 21 received, queued
		t.Fatalf("%d events told, want 23", n)
	}
	h.eventually(t, "the outbox holds all", func() error {
		events, err := h.Unpublished(t.Context(), 0, 1000)
		if err == nil && len(events) < 23 {
			err = fmt.Errorf("%d events", len(events))
		}
		return err
	})
	var ids []centrala.EventID
	for _, c := range told {
		ids = append(ids, c.Event.ID)
	}
	h.Published(ids)
	h.eventually(t, "the marks are written", func() error {
		events, err := h.Unpublished(t.Context(), 0, 1000)
		if err != nil {
			return err
		}
		for _, e := range events {
			if e.Conversation == r.Conversation {
				return errors.New("still in the outbox: " + e.ID.String())
			}
		}
		return nil
	})
}

// eventually waits for a condition, asking again and again.
func (h *house) eventually(t *testing.T, what string, ok func() error) {
	t.Helper()
	deadline := time.After(10 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		err := ok()
		if err == nil {
			return
		}
		select {
		case <-deadline:
			t.Fatalf("%s: %v", what, err)
		case <-tick.C:
		}
	}
}

func twoNodes(t *testing.T, h *house) {
	second := h.DB
	if h.dsn[:8] == "postgres" {
		second = openStore(t, h.dsn, h.clock)
	}
	nodes := []*store.DB{h.DB, second}
	swept := map[centrala.EventID]bool{}
	stop := make(chan struct{})
	var wg, sweeper sync.WaitGroup
	sweeper.Go(func() { // publishes as it sweeps, while both nodes write
		for {
			events, err := h.Unpublished(t.Context(), 0, 100)
			if err != nil {
				t.Errorf("sweep: %v", err)
				return
			}
			var ids []centrala.EventID
			for _, e := range events {
				swept[e.ID] = true
				ids = append(ids, e.ID)
			}
			h.Published(ids)
			if len(events) == 0 {
				select {
				case <-stop:
					return
				default:
				}
			}
		}
	})
	const writers, each = 8, 40
	receipts := make([][]centrala.Receipt, writers)
	for w := range writers {
		wg.Go(func() {
			k, _ := h.customer()
			for i := range each {
				r, err := nodes[w%2].Append(t.Context(), h.post(k, fmt.Sprint(i), fmt.Sprint(i)))
				if err != nil {
					t.Errorf("append: %v", err)
					return
				}
				receipts[w] = append(receipts[w], r)
			}
		})
	}
	wg.Wait()
	close(stop)
	sweeper.Wait()
	for _, rs := range receipts {
		for _, r := range rs {
			if !swept[r.Event] {
				t.Fatalf("event %s never came out of the outbox", r.Event)
			}
		}
	}
}

func deadLetters(t *testing.T, h *house) {
	e := centrala.Event{ID: centrala.EventID(h.NewID()), Type: centrala.MessageReceived, At: time.Now().UTC(), Data: centrala.Facts{Kind: "x"}}
	if err := h.Bury(t.Context(), centrala.DeadLetter{Group: "routing", Event: e, Error: "no", Attempts: 3}); err != nil {
		t.Fatal(err)
	}
	all, err := h.DeadLetters(t.Context())
	if err != nil || len(all) != 1 || all[0].Event.ID != e.ID || all[0].Attempts != 3 {
		t.Fatalf("dead letters: %+v, %v", all, err)
	}
	if d, err := h.Exhume(t.Context(), all[0].ID); err != nil || d.Event.ID != e.ID {
		t.Fatalf("exhumed: %+v, %v", d, err)
	}
	if _, err := h.Exhume(t.Context(), all[0].ID); centrala.CodeOf(err) != centrala.NotFound {
		t.Fatalf("exhumed twice: %v", err)
	}
}

func presence(t *testing.T, h *house) {
	ctx := t.Context()
	for range 2 {
		if err := h.SetPresence(ctx, h.ania.ID, centrala.Online); err != nil {
			t.Fatal(err)
		}
	}
	events, err := h.Unpublished(ctx, 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	for _, e := range events {
		if e.Type == centrala.AgentPresence {
			told++
		}
	}
	if told != 1 {
		t.Fatalf("told %d times", told)
	}
	k, _ := h.customer()
	r := h.say(t, h.post(k, "1", "halo"))
	h.do(t, r.Conversation, centrala.Assign{Agent: h.ania.ID, Name: "Ania"})
	lines, err := h.Lines(ctx)
	if err != nil || len(lines) != 1 || lines[0].Load != 4 || lines[0].Capacity != 24 || len(lines[0].Teams) != 1 {
		t.Fatalf("lines: %+v, %v", lines, err)
	}
	h.clock.move(store.Lease + time.Second)
	if lines, _ := h.Lines(ctx); len(lines) != 0 {
		t.Fatal("a lapsed lease still counts as present")
	}
	h.clock.move(store.Grace)
	if gone, err := h.LapsedAgents(ctx); err != nil || len(gone) != 1 || gone[0] != h.ania.ID {
		t.Fatalf("lapsed: %v, %v", gone, err)
	}
}
