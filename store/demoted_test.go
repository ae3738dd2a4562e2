package store

import (
	"errors"
	"os"
	"testing"

	"centrala"
	"centrala/lab"
)

// ownPostgres is a server that is this test's alone.
func ownPostgres(t *testing.T) *lab.Postgres {
	t.Helper()
	dir, err := os.MkdirTemp("", "centrala-pg-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	g, err := lab.StartPostgres(t.Context(), lab.PostgresConfig{Dir: dir, Scratch: true})
	if errors.Is(err, lab.ErrNoPostgres) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.Stop(); err != nil {
			t.Error(err)
		}
	})
	return g
}

// A connection to a server that takes no writes any more is thrown away, not tried for ever.
func TestDemotedServerIsLeft(t *testing.T) {
	t.Parallel()
	g := ownPostgres(t)
	db, err := Open(t.Context(), g.Address("postgres"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	run := func(query string) error {
		return db.write(t.Context(), func(tx *Tx) error { _, err := tx.Exec(query); return err })
	}
	if err := run(`SET default_transaction_read_only = on`); err != nil { // of this connection alone
		t.Fatal(err)
	}
	if err := run(`UPDATE meta SET value = value`); centrala.CodeOf(err) != centrala.Unavailable {
		t.Fatalf("a server that takes no writes: %v", err)
	}
	if err := run(`UPDATE meta SET value = value`); err != nil {
		t.Fatalf("the next connection: %v", err)
	}
	if err := db.Ready(t.Context()); err != nil {
		t.Error(err)
	}
}

// Nodes that start at the same moment on an empty database make its schema once.
func TestNodesStartTogether(t *testing.T) {
	t.Parallel()
	g := ownPostgres(t)
	const many = 5
	errs := make(chan error, many)
	for range many {
		go func() {
			db, err := Open(t.Context(), g.Address("postgres"), Options{})
			if err == nil {
				err = db.Close()
			}
			errs <- err
		}()
	}
	for range many {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}
