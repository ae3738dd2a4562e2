package storetest

import (
	"database/sql"
	"testing"
)

func TestPostgresIsEmptyAndOnesOwn(t *testing.T) {
	t.Parallel()
	a, b := open(t, Postgres(t)), open(t, Postgres(t))
	if _, err := a.Exec("CREATE TABLE mine (n bigint)"); err != nil {
		t.Fatal(err)
	}
	var n int
	err := b.QueryRow("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").Scan(&n)
	if err != nil || n != 0 {
		t.Fatalf("another test's database has %d tables (%v), want none", n, err)
	}
}

func open(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}
