package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"centrala/channels/channelstest"
	"centrala/store"
	"centrala/store/storetest"
)

// A backup is taken while customers write, and restored into an empty folder: accounts,
// conversations, files and secrets are there, tokens still open, nothing that was acknowledged
// before the backup is missing. It is never restored over anything.
func TestBackup(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) { t.Parallel(); backUp(t, "", "") })
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		from, to := storetest.Postgres(t), storetest.EmptyPostgres(t)
		channelstest.Need(t, "postgresql-client", "pg_dump")
		backUp(t, from, to)
	})
}

func backUp(t *testing.T, from, to string) {
	h := newPremises(t, from, "")
	p := h.serve(t, "--no-limits")
	admin := h.furnish(t, p)
	p.must(t, "POST", "/v1/inboxes", admin, map[string]any{"channel": "email", "name": "Pomoc", "slug": "pomoc", "imap_password": "tajne imap", "smtp_password": "tajne smtp",
		"mailbox": map[string]any{"address": "pomoc@firma.test", "from_name": "Pomoc", "imap": map[string]any{"host": "localhost", "port": 1, "tls": "none", "user": "bok"},
			"smtp": map[string]any{"host": "localhost", "port": 1, "tls": "none", "user": "bok"}}}, nil)
	s, token, err := p.visitor(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	chat := s.listen(t)
	const file = "faktura nr 7\nżółta\n"
	id, status := p.attach(t.Context(), token, "faktura.txt", file)
	if status != http.StatusCreated {
		t.Fatalf("the upload gets %d", status)
	}
	c := chat.say(t, map[string]any{"text": "W załączeniu.", "attachments": []string{id}}).Conversation

	const table = "cena;1 zł\n"
	var article struct{ ID string }
	p.must(t, "POST", "/v1/manuscripts", admin, map[string]any{"locale": "pl", "title": "Cennik", "body": "W pliku."}, &article)
	p.must(t, "POST", "/v1/manuscripts/"+article.ID+"/publish", admin, map[string]any{"save": 1}, nil)
	_, priceList, status := p.attachTo(t.Context(), "/v1/manuscripts/"+article.ID+"/files", admin, "cennik.csv", table)
	if status != http.StatusCreated {
		t.Fatalf("the article's file gets %d", status)
	}

	archive := filepath.Join(t.TempDir(), "kopia.tar.gz")
	before := p.busy(t, func() { h.must(t, "", "backup", archive) })
	if info, err := os.Stat(archive); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the backup is %v, %v; want it for its owner alone", info.Mode(), err)
	}
	if out, code := h.run(t, "", "restore", archive); code != 1 || !strings.Contains(out, "not empty") {
		t.Errorf("restored over a running installation: exit code %d:\n%s", code, out)
	}
	if code := p.end(t); code != 0 {
		t.Errorf("exit code %d", code)
	}

	fresh := newPremises(t, to, "")
	damaged := filepath.Join(t.TempDir(), "zepsuta.tar.gz")
	whole, err := os.ReadFile(archive)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(damaged, whole[:len(whole)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	elsewhere := newPremises(t, "", "")
	if from == "" {
		if out, code := elsewhere.run(t, "", "restore", damaged); code != 1 || !strings.Contains(out, "damaged") && !strings.Contains(out, "restore ") {
			t.Errorf("half a backup: exit code %d:\n%s", code, out)
		}
	} else if out, code := elsewhere.run(t, "", "restore", archive); code != 1 || !strings.Contains(out, "other kind of database") {
		t.Errorf("into the other database: exit code %d:\n%s", code, out)
	}
	fresh.must(t, "", "restore", archive)
	if out, code := fresh.run(t, "", "restore", archive); code != 1 || !strings.Contains(out, "not empty") {
		t.Errorf("restored twice: exit code %d:\n%s", code, out)
	}
	if to != "" { // an empty folder, and a database that is in use
		third := newPremises(t, to, "")
		if out, code := third.run(t, "", "restore", archive); code != 1 {
			t.Errorf("restored into a database that is not empty: exit code %d:\n%s", code, out)
		}
	}
	fresh.passwords(t, to)
	q := fresh.serve(t, "--no-limits")
	q.restored(t, before, token, c, id, file)
	res, err := http.Get(q.Base + priceList)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if b, err := io.ReadAll(res.Body); err != nil || res.StatusCode != http.StatusOK || string(b) != table {
		t.Errorf("the article's file is %d %q, %v", res.StatusCode, b, err)
	}
}

// busy has customers write while f runs. It gives what each had acknowledged before f began.
func (p *process) busy(t *testing.T, f func()) map[string]int64 {
	t.Helper()
	before := map[string]int64{}
	var (
		mu      sync.Mutex
		wg      sync.WaitGroup
		started = make(chan struct{}, 100)
	)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for n := range 5 {
		s, token, err := p.visitor(ctx)
		if err != nil {
			t.Fatal(err)
		}
		w := &written{token: token, pending: -1}
		wg.Go(func() {
			defer s.CloseNow()
			for i := 0; ctx.Err() == nil; i++ {
				if s.send(map[string]any{"type": "message.send", "ref": "r", "key": w.key(i), "text": fmt.Sprintf("klient %d, wiadomość %d", n, i)}) != nil {
					return
				}
				f, err := s.until(func(f wireFrame) bool { return f.Type == "ack" })
				if err != nil {
					return
				}
				if i == 20 {
					mu.Lock()
					before[f.Conversation] = f.Seq
					mu.Unlock()
					started <- struct{}{}
				}
			}
		})
	}
	for range 5 {
		<-started
	}
	f()
	cancel()
	wg.Wait()
	return before
}

// passwords opens the secrets of a restored installation with its key file.
func (h *premises) passwords(t *testing.T, dsn string) {
	t.Helper()
	keys, err := LoadKeys(filepath.Join(h.data, "key"))
	if err != nil {
		t.Fatal(err)
	}
	if dsn == "" {
		dsn = "sqlite:" + filepath.Join(h.data, "centrala.db")
	}
	db, err := store.Open(t.Context(), dsn, store.Options{Seal: keys, Guest: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	in, err := db.InboxBySlug(t.Context(), "pomoc")
	if err != nil || in.Mailbox.IMAPPassword != "tajne imap" || in.Mailbox.SMTPPassword != "tajne smtp" {
		t.Errorf("the mailbox's passwords do not open: %v", err)
	}
}

// restored looks at everything that has to be there.
func (p *process) restored(t *testing.T, before map[string]int64, token, c, file, data string) {
	t.Helper()
	admin := p.login(t, "szefowa@firma.test")
	p.login(t, "ania@firma.test")
	if len(before) != 5 {
		t.Fatalf("%d customers wrote before the backup", len(before))
	}
	for id, seq := range before {
		w := &written{conversation: id}
		texts := w.log(t, p, admin)
		if len(texts) < 21 || texts[20].seq != seq {
			t.Errorf("%s has %d messages; 21 were acknowledged before the backup", id, len(texts))
		}
		for i, m := range texts {
			if !strings.HasSuffix(m.text, fmt.Sprintf(", wiadomość %d", i)) {
				t.Errorf("%s: message %d is %q", id, i, m.text)
			}
		}
	}
	said := p.words(t, token, c) // the customer's token still counts
	if len(said) != 1 || len(said[0].Attachments) != 1 || said[0].Attachments[0].ID != file {
		t.Fatalf("the customer sees %+v", said)
	}
	if _, body := p.fetch(t, "/v1/attachments/"+file, token); string(body) != data {
		t.Errorf("the file holds %q", body)
	}
	s, err := p.dial(t.Context(), token)
	if err != nil {
		t.Fatalf("the customer's token does not open: %v", err)
	}
	if ack := s.listen(t).say(t, map[string]any{"text": "Jestem znowu."}); ack.Conversation != c {
		t.Errorf("the customer writes on in %s, want %s", ack.Conversation, c)
	}
}
