package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"centrala/channels/channelstest"
	"centrala/lab"
)

// smallDisk is a disk of its own that is small, or the test is skipped.
func smallDisk(t *testing.T) *lab.Disk {
	t.Helper()
	disk, err := lab.NewDisk(t.TempDir(), 64<<20)
	if errors.Is(err, lab.ErrNoDisk) {
		channelstest.Missing(t, err.Error())
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := disk.Close(); err != nil {
			t.Errorf("the small disk stays mounted at %s: %v", disk.Dir, err)
		}
	})
	return disk
}

// The disk fills up while a customer writes: whoever sends is told that it cannot be stored
// now, everybody can read, /readyz says which part it is; when there is room again writing
// works by itself, and all that was ever acknowledged is there once, also after the next start.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	disk := smallDisk(t)
	h := newPremises(t, "", "")
	h.data = filepath.Join(disk.Dir, "data")
	p := h.serve(t, "--no-limits")
	admin := h.furnish(t, p)
	chat := p.customer(t)
	w := &diary{chat: chat}
	for range 20 {
		if !w.write(t) {
			t.Fatal("refused before anything was full")
		}
	}
	if err := disk.Fill(1 << 20); err != nil {
		t.Fatal(err)
	}
	for range 3000 { // the last megabyte is shared by everything that writes
		if !w.write(t) {
			break
		}
	}
	fitted := len(w.acked) - 20
	if w.refused == "" {
		t.Fatal("everything is acknowledged on a full disk")
	}
	if !strings.Contains(w.refused, `"unavailable"`) || !strings.Contains(w.refused, `"retry":true`) {
		t.Errorf("the sender is told %s", w.refused)
	}
	status, err := p.call(t.Context(), "POST", "/v1/conversations/"+w.conversation+"/messages", admin, map[string]any{"text": strings.Repeat("odpowiedź ", 900)}, nil)
	if status != http.StatusServiceUnavailable || !strings.Contains(fmt.Sprint(err), "unavailable") {
		t.Errorf("an agent's answer gets %d, %v", status, err)
	}
	if said := p.words(t, admin, w.conversation); len(said) == 0 {
		t.Error("nothing can be read")
	}
	eventually(t, "/readyz is red", func() error { // and stays so, though small things would fit
		if w.write(t) {
			return errors.New("a checkpoint made room once more")
		}
		status, body := p.get(t, "/readyz")
		var v struct{ Parts map[string]string }
		if err := json.Unmarshal([]byte(body), &v); err != nil {
			return err
		}
		if status != http.StatusServiceUnavailable || v.Parts["database"] == "ok" || v.Parts["database"] == "" {
			return fmt.Errorf("%d %s", status, body)
		}
		return nil
	})

	if err := disk.Free(); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	eventually(t, "writing works again", func() error {
		if !w.write(t) {
			return errors.New(w.refused)
		}
		return nil
	})
	eventually(t, "/readyz is green", func() error {
		if status, body := p.get(t, "/readyz"); status != http.StatusOK {
			return fmt.Errorf("%d %s", status, body)
		}
		return nil
	})
	eventually(t, "the stream has caught up", func() error {
		if _, body := p.get(t, "/metrics"); !strings.Contains(body, "\ncentrala_outbox 0\n") {
			return errors.New("events wait")
		}
		return nil
	})
	t.Logf("%d messages took the last megabyte; all is well %v after there was room", fitted, time.Since(began).Round(time.Millisecond))
	w.check(t, p, admin)
	desk := p.console(t, p.login(t, "ania@firma.test")) // routing hears of it: the stream works too
	desk.wait(t, "the conversation at the console", func(f frame) bool {
		return f.Type == "conversation" && f.ID == w.conversation && strings.Contains(string(f.Raw), "Ania")
	})
	if code := p.end(t); code != 0 {
		t.Errorf("exit code %d", code)
	}
	p = h.serve(t)
	w.check(t, p, p.login(t, "szefowa@firma.test"))
}

// diary is what one customer wrote and had acknowledged.
type diary struct {
	chat         *receiver
	conversation string
	acked        []int64
	refused      string // the last refusal
}

func (w *diary) text(i int) string { return fmt.Sprintf("wpis %05d %s", i, strings.Repeat("ż", 4000)) }

// write sends the next message, under its key; false when it is refused, to be sent again.
func (w *diary) write(t *testing.T) bool {
	t.Helper()
	i := len(w.acked)
	before := w.chat.count()
	if err := w.chat.send(map[string]any{"type": "message.send", "ref": fmt.Sprint(i), "key": fmt.Sprintf("wpis-%d", i), "text": w.text(i)}); err != nil {
		t.Fatal(err)
	}
	f := w.chat.waitAfter(t, before, "an answer", func(f frame) bool { return f.Ref == fmt.Sprint(i) })
	if f.Type == "error" {
		w.refused = string(f.Raw)
		return false
	}
	w.conversation, w.acked = f.Conversation, append(w.acked, f.Seq)
	return true
}

// check reads everything back.
func (w *diary) check(t *testing.T, p *process, admin string) {
	t.Helper()
	log := (&written{conversation: w.conversation}).log(t, p, admin)
	if len(log) != len(w.acked) {
		t.Errorf("%d messages are stored, %d were acknowledged", len(log), len(w.acked))
	}
	for i, m := range log[:min(len(log), len(w.acked))] {
		if m.text != w.text(i) || m.seq != w.acked[i] {
			t.Fatalf("entry %d is %.20q with seq %d, acknowledged as %d", i, m.text, m.seq, w.acked[i])
		}
	}
}
