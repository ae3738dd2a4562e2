package store_test

import (
	"context"
	"database/sql"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"centrala"
	"centrala/store"
)

// Beside writers that never pause SQLite's write-ahead log begins anew, and stays short. Somebody
// who reads for long puts that off, and holds up no writer meanwhile.
func TestLogBeginsAnewBesideBusyWriters(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "centrala.db")
	db, err := store.Open(t.Context(), "sqlite:"+path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	stop := writers(t, db)
	defer stop()
	begun := func(want uint32) {
		t.Helper()
		await(t, fmt.Sprintf("the log is begun for the %dth time", want), func() bool { return begins(t, path) >= want })
	}
	begun(begins(t, path) + 2)

	reading, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer reading.Close()
	tx, err := reading.BeginTx(t.Context(), &sql.TxOptions{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if err := tx.QueryRow(`SELECT count(*) FROM event`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	held, before := begins(t, path), n
	await(t, "more is written beside a reader than a long log holds", func() bool {
		if err := reading.QueryRow(`SELECT count(*) FROM event`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n >= before+1200
	})
	if again := begins(t, path); again > held+1 { // it may have been about to begin
		t.Fatalf("the log was begun %d times under somebody who reads from it", again-held)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	begun(held + 2)
}

// await looks again and again until something is so, for a minute.
func await(t *testing.T, what string, so func() bool) {
	t.Helper()
	enough := time.After(time.Minute)
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for !so() {
		select {
		case <-enough:
			t.Fatalf("not within a minute: %s", what)
		case <-look.C:
		}
	}
}

// writers write long messages until they are stopped.
func writers(t *testing.T, db *store.DB) (stop func()) {
	in, err := db.SaveInbox(t.Context(), centrala.Inbox{Slug: "web", Name: "web", Channel: centrala.Chat, Enabled: true})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for w := range 4 {
		contact := centrala.Contact{ID: db.NewContactID(), Name: "Marta"}
		all.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				_, err := db.Append(ctx, centrala.Post{Sender: fmt.Sprint("v_", w), Key: fmt.Sprint(i), Author: centrala.Author{Kind: centrala.ByCustomer, ID: contact.ID.String()},
					Inbox: in.ID, Channel: centrala.Chat, Contact: &contact, Text: strings.Repeat("Gdzie jest paczka? ", 800), Scope: centrala.Scope{Contact: contact.ID, Inbox: in.ID}})
				if err != nil && ctx.Err() == nil {
					t.Error(err)
					return
				}
			}
		})
	}
	return func() { cancel(); all.Wait() }
}

// begins is how often the log of the database at path has been begun: the checkpoint sequence
// number in its header (https://www.sqlite.org/fileformat2.html#walformat).
func begins(t *testing.T, path string) uint32 {
	t.Helper()
	f, err := os.Open(path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	head := make([]byte, 16)
	if _, err := f.ReadAt(head, 0); err != nil {
		t.Fatal(err)
	}
	if s, err := f.Stat(); err != nil || s.Size() > 1<<30 {
		t.Fatalf("the log has %d bytes (%v)", s.Size(), err)
	}
	return binary.BigEndian.Uint32(head[12:])
}
