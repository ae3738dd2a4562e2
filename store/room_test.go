package store

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"centrala"
)

// The disk has room for a little, and none for a message: the store stays refused and unready
// until a message fits again, and says nothing else because something small was written.
func TestFullUntilAMessageFits(t *testing.T) {
	t.Parallel()
	db, err := Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "c.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	limit := func(pages string) error { // of the writer's connection
		return db.write(t.Context(), func(tx *Tx) error {
			var n int64
			return tx.Row("PRAGMA max_page_count = "+pages, nil, &n)
		})
	}
	write := func(bytes int) error {
		return db.write(t.Context(), func(tx *Tx) error {
			_, err := tx.Exec(`INSERT INTO meta (name, value) VALUES ($1, $2)`, "test"+tx.now.String(), strings.Repeat("x", bytes))
			return err
		})
	}
	var pages int64
	if err := db.rw.QueryRow("PRAGMA page_count").Scan(&pages); err != nil {
		t.Fatal(err)
	}
	if err := limit(fmt.Sprint(pages + 4)); err != nil {
		t.Fatal(err)
	}
	if err := write(60_000); centrala.CodeOf(err) != centrala.Unavailable {
		t.Fatalf("a message on a full disk: %v", err)
	}
	if err := write(10); centrala.CodeOf(err) != centrala.Unavailable {
		t.Errorf("a small thing on a full disk: %v", err)
	}
	if err := db.Ready(t.Context()); err == nil {
		t.Error("ready on a full disk")
	}
	if err := limit("1000000"); err != nil {
		t.Fatal(err)
	}
	if err := db.Ready(t.Context()); err != nil {
		t.Errorf("there is room: %v", err)
	}
	if err := write(60_000); err != nil {
		t.Errorf("a message when there is room: %v", err)
	}
}
