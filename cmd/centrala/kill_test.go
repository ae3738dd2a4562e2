package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// written is one customer's view: what was acknowledged, and what was on its way.
type written struct {
	token        string
	conversation string
	acked        []int64 // seq of message i
	err          error   // why writing ended
	pending      int     // index of the message that had no acknowledgement, -1 for none
}

func (w *written) key(i int) string { return fmt.Sprintf("%s-%06d", w.token[len(w.token)-20:], i) }

// write sends one message after another until the server is gone.
func (w *written) write(ctx context.Context, s *socket, name string) {
	for i := 0; ; i++ {
		w.pending = i
		if s.send(map[string]any{"type": "message.send", "ref": "r", "key": w.key(i), "text": fmt.Sprintf("%s, wiadomość %d", name, i)}) != nil {
			return
		}
		f, err := s.until(func(f wireFrame) bool { return f.Type == "ack" })
		if err != nil {
			w.err = err
			return
		}
		w.conversation, w.pending = f.Conversation, -1
		w.acked = append(w.acked, f.Seq)
	}
}

// The program is killed while fifty customers are writing. After the restart every
// acknowledged message is there once and in order, and what was on its way can be sent again
// under its key without being doubled.
func TestKilledWhileFiftyWrite(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	p := startDemo(t, data)
	const customers = 50
	all := make([]*written, customers)
	var total atomic.Int64
	var wg sync.WaitGroup
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	connected := make(chan struct{}, customers)
	for n := range all {
		wg.Go(func() {
			s, token, err := p.visitor(ctx)
			all[n] = &written{token: token, pending: -1}
			connected <- struct{}{}
			if err != nil {
				t.Errorf("customer %d: %v", n, err)
				return
			}
			defer s.CloseNow()
			all[n].write(ctx, s, fmt.Sprintf("klient %d", n))
			total.Add(int64(len(all[n].acked)))
		})
	}
	for range customers {
		<-connected
	}
	admin := p.signIn(t, "admin@demo.test")
	eventually(t, "customers write", func() error { // in the middle of it: some hundred messages in the log
		var page struct {
			Items []struct {
				LastSeq int64 `json:"last_seq"`
			}
		}
		if _, err := p.call(ctx, "GET", "/v1/conversations?limit=100", admin, nil, &page); err != nil {
			return err
		}
		sum := int64(0)
		for _, c := range page.Items {
			sum += c.LastSeq
		}
		if sum < 3000 {
			return fmt.Errorf("%d messages yet", sum)
		}
		return nil
	})
	if err := p.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	_ = p.Wait()

	p = startDemo(t, data)
	admin = p.signIn(t, "admin@demo.test")
	for n, w := range all {
		if w.err != nil && strings.Contains(w.err.Error(), "refused") {
			t.Fatalf("customer %d: %v", n, w.err)
		}
		w.check(t, p, admin, fmt.Sprintf("klient %d", n))
	}
	t.Logf("%d acknowledged messages of %d customers: all there once, in order", total.Load(), customers)
}

// check compares what was acknowledged with what the log holds after the restart.
func (w *written) check(t *testing.T, p *process, admin, name string) {
	t.Helper()
	if len(w.acked) == 0 && w.pending < 0 {
		t.Fatalf("%s wrote nothing", name)
	}
	if w.pending >= 0 { // sent again under its key, twice
		for range 2 {
			s, err := p.dial(t.Context(), w.token)
			if err != nil {
				t.Fatal(err)
			}
			err = s.send(map[string]any{"type": "message.send", "ref": "r", "key": w.key(w.pending), "text": fmt.Sprintf("%s, wiadomość %d", name, w.pending)})
			if err != nil {
				t.Fatal(err)
			}
			f, err := s.until(func(f wireFrame) bool { return f.Type == "ack" })
			if err != nil {
				t.Fatalf("%s sends again: %v", name, err)
			}
			w.conversation = f.Conversation
			s.CloseNow()
		}
		w.acked = append(w.acked, 0)
	}
	texts := w.log(t, p, admin)
	if len(texts) != len(w.acked) {
		t.Fatalf("%s: %d messages in the log, %d were acknowledged", name, len(texts), len(w.acked))
	}
	for i, m := range texts {
		if want := fmt.Sprintf("%s, wiadomość %d", name, i); m.text != want {
			t.Fatalf("%s: entry %d is %q, want %q", name, i, m.text, want)
		}
		if w.acked[i] != 0 && m.seq != w.acked[i] {
			t.Fatalf("%s: message %d has seq %d, acknowledged as %d", name, i, m.seq, w.acked[i])
		}
	}
}

type logged struct {
	seq  int64
	text string
}

// log reads a conversation's words page by page from the end, and fails on a hole in seq.
func (w *written) log(t *testing.T, p *process, admin string) []logged {
	t.Helper()
	var out []logged
	for before := int64(0); before != 1; {
		var page struct {
			Items []struct {
				Seq    int64
				Text   string
				System any
			}
		}
		path := fmt.Sprintf("/v1/conversations/%s/messages?limit=100", w.conversation)
		if before > 0 {
			path += fmt.Sprintf("&before=%d", before)
		}
		if _, err := p.call(t.Context(), "GET", path, admin, nil, &page); err != nil {
			t.Fatal(err)
		}
		for _, m := range slices.Backward(page.Items) {
			if before > 0 && m.Seq != before-1 {
				t.Fatalf("%s: seq %d before %d", w.conversation, m.Seq, before)
			}
			before = m.Seq
			if m.System == nil {
				out = append(out, logged{m.Seq, m.Text})
			}
		}
		if len(page.Items) == 0 {
			t.Fatalf("%s: nothing before %d", w.conversation, before)
		}
	}
	slices.Reverse(out)
	return out
}
