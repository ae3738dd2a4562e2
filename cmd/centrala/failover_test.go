package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// stubborn is a customer who says a numbered sentence after the other, each until it is
// acknowledged, as the chat window does with its outbox.
type stubborn struct {
	token string
	said  atomic.Int64
}

// talk goes on until ctx ends; what was begun then is finished.
func (s *stubborn) talk(ctx, all context.Context, at []*process) error {
	var ws *socket
	hangUp := func() {
		if ws != nil {
			_ = ws.CloseNow()
			ws = nil
		}
	}
	defer hangUp()
	for n := 1; ctx.Err() == nil; n++ {
		key := fmt.Sprintf("zdanie-%s-%06d", s.token[len(s.token)-12:], n)
		for try := n; ; try++ {
			if err := all.Err(); err != nil {
				return fmt.Errorf("sentence %d: %w", n, err)
			}
			if ws == nil {
				one, cancel := context.WithTimeout(all, 5*time.Second)
				next, err := at[try%len(at)].dial(one, s.token)
				cancel()
				if err != nil {
					_ = pausing(all, 100*time.Millisecond)
					continue
				}
				ws = next
			}
			ws.ctx = all
			if s.deliver(ws, key, n) {
				break
			}
			hangUp()
			_ = pausing(all, 100*time.Millisecond)
		}
		s.said.Store(int64(n))
	}
	return nil
}

// deliver says one sentence once and reports whether it was acknowledged.
func (s *stubborn) deliver(ws *socket, key string, n int) bool {
	one, cancel := context.WithTimeout(ws.ctx, 15*time.Second)
	defer cancel()
	ws.ctx = one
	if ws.send(map[string]any{"type": "message.send", "ref": key, "key": key, "text": fmt.Sprintf("zdanie %d", n)}) != nil {
		return false
	}
	f, err := ws.until(func(f wireFrame) bool { return f.Ref == key })
	return err == nil && f.Type == "ack"
}

// pausing waits, or less when ctx ends.
func pausing(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// PostgreSQL breaks down, fails over to its standby and back, and a node is killed, while
// customers write on both nodes. What was acknowledged is in the log once and in its order, and
// both nodes work again by themselves.
func TestDatabaseFailsOver(t *testing.T) {
	t.Parallel()
	c := startNodes(t, 2, true, "")
	c.furnish(t, c.at[0])
	all, end := context.WithTimeout(t.Context(), 3*time.Minute)
	defer end()
	enough, stop := context.WithCancel(all)
	var people []*stubborn
	var talking sync.WaitGroup
	for range 8 {
		var v struct{ Token string }
		c.at[0].must(t, "POST", "/v1/visitors", "", map[string]string{"inbox": "web", "locale": "pl"}, &v)
		people = append(people, &stubborn{token: v.Token})
	}
	for _, p := range people {
		talking.Go(func() {
			if err := p.talk(enough, all, c.at); err != nil {
				t.Error(err)
			}
		})
	}
	defer talking.Wait()
	defer stop()
	progress := func(when string) {
		t.Helper()
		for i, p := range people {
			from := p.said.Load()
			eventually(t, fmt.Sprintf("customer %d goes on %s", i, when), func() error {
				if n := p.said.Load(); n < from+5 {
					return fmt.Errorf("%d after %d", n, from)
				}
				return nil
			})
		}
	}
	progress("at first")
	for _, disaster := range []struct {
		name string
		do   func() error
	}{
		{"after a breakdown", func() error { return c.Postgres.Restart(all) }},
		{"after a fail-over", func() error { return c.Postgres.FailOver(all) }},
		{"after a fail-over back", func() error { return c.Postgres.FailOver(all) }},
		{"after a node was killed", func() error { return c.Nodes[1].Kill() }},
	} {
		if err := disaster.do(); err != nil {
			t.Fatal(err)
		}
		progress(disaster.name)
	}
	if err := c.Nodes[1].Start(all); err != nil {
		t.Fatal(err)
	}
	progress("in the end")
	stop()
	talking.Wait()
	for i := range c.at {
		eventually(t, fmt.Sprintf("node %d is ready", i+1), func() error { return c.Nodes[i].Ready(all) })
	}
	for i, p := range people {
		p.check(t, c.at[0], i)
	}
}

// check holds what was acknowledged against what the customer reads.
func (s *stubborn) check(t *testing.T, at *process, i int) {
	t.Helper()
	var list struct{ Items []struct{ ID string } }
	at.must(t, http.MethodGet, "/v1/conversations", s.token, nil, &list)
	if len(list.Items) != 1 {
		t.Fatalf("customer %d has %d conversations", i, len(list.Items))
	}
	ws, err := at.dial(t.Context(), s.token)
	if err != nil {
		t.Fatal(err)
	}
	defer ws.CloseNow()
	want, after := int64(1), int64(0)
	for {
		if err := ws.send(map[string]any{"type": "history", "ref": fmt.Sprint("h", after), "conversation": list.Items[0].ID, "after": after, "limit": 100}); err != nil {
			t.Fatal(err)
		}
		var page struct {
			Messages []struct {
				Seq  int64
				Text string
			}
			More bool
		}
		_, err := ws.untilRaw(func(f wireFrame, raw []byte) bool {
			return f.Type == "history" && json.Unmarshal(raw, &page) == nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range page.Messages {
			if m.Seq != after+1 {
				t.Fatalf("customer %d: seq %d follows %d", i, m.Seq, after)
			}
			after = m.Seq
			if m.Text == "" {
				continue // the system's own
			}
			if m.Text != fmt.Sprintf("zdanie %d", want) {
				t.Fatalf("customer %d: %q at seq %d, want sentence %d", i, m.Text, m.Seq, want)
			}
			want++
		}
		if !page.More {
			break
		}
	}
	if acknowledged := s.said.Load(); want-1 != acknowledged {
		t.Errorf("customer %d: %d sentences are there, %d were acknowledged", i, want-1, acknowledged)
	}
}
