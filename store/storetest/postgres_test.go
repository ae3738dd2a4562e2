package storetest

import (
	"database/sql"
	"testing"

	"centrala"
)

func TestPostgresIsEmptyAndOnesOwn(t *testing.T) {
	t.Parallel()
	a, b := open(t, EmptyPostgres(t)), open(t, EmptyPostgres(t))
	if _, err := a.Exec("CREATE TABLE mine (n bigint)"); err != nil {
		t.Fatal(err)
	}
	var n int
	err := b.QueryRow("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").Scan(&n)
	if err != nil || n != 0 {
		t.Fatalf("another test's database has %d tables (%v), want none", n, err)
	}
}

// A copy of the migrated database is as good as one that was migrated itself: nothing is in it,
// and its history gets a name of its own.
func TestCopiesAreBlank(t *testing.T) {
	t.Parallel()
	for name, dsn := range Both() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			histories := map[string]bool{}
			for range 2 {
				db := openStore(t, dsn(t), newClock())
				histories[db.Epoch()] = true
				commits, err := db.Since(t.Context(), centrala.Everything(), 0, 10)
				if err != nil || len(commits) != 0 {
					t.Errorf("%d commits (%v), want none", len(commits), err)
				}
				agents, err := db.Agents(t.Context())
				if err != nil || len(agents) != 0 {
					t.Errorf("%d agents (%v), want none", len(agents), err)
				}
			}
			if len(histories) != 2 {
				t.Errorf("two databases name their history %v", histories)
			}
		})
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
