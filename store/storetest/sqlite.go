package storetest

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// blank is the file of a database with its schema and nothing in it, migrated once per test
// binary: the migrations of a test each would take longer than most tests.
var blank = sync.OnceValues(makeBlank)

// SQLite is the DSN of a SQLite database that is this test's alone, with its schema and nothing
// in it. A test of the migrations themselves names a file that is not there yet instead.
func SQLite(t testing.TB) string {
	t.Helper()
	b, err := blank()
	if err != nil {
		t.Fatalf("make the database that tests get a copy of: %v", err)
	}
	file := filepath.Join(t.TempDir(), "centrala.db")
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return "sqlite:" + file
}

func makeBlank() (b []byte, err error) {
	dir, err := os.MkdirTemp("", "centrala-sqlite-")
	if err != nil {
		return nil, err
	}
	defer func() {
		if gone := os.RemoveAll(dir); err == nil {
			err = gone
		}
	}()
	file := filepath.Join(dir, "centrala.db")
	if err := migrate(context.Background(), "sqlite:"+file); err != nil {
		return nil, err
	}
	return os.ReadFile(file) // whole: the last to close it folds its write-ahead log in
}
