package lab

import (
	"errors"
	"os"
	"testing"

	"github.com/jackc/pgx/v5"
)

// scratch is a folder that the user postgres may enter too, which t.TempDir is not for root.
func scratch(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "lab-")
	must(t, err)
	t.Cleanup(func() { must(t, os.RemoveAll(dir)) })
	return dir
}

// What was committed is there after the server broke down and after the other one took over,
// under the same address.
func TestPostgresKeepsWhatItCommitted(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	g, err := StartPostgres(ctx, PostgresConfig{Dir: scratch(t), Standby: true})
	if errors.Is(err, ErrNoPostgres) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	must(t, err)
	t.Cleanup(func() { must(t, g.Stop()) })
	must(t, g.Do(ctx, "CREATE TABLE word (n int)"))
	for n, disaster := range []func() error{
		func() error { return g.Restart(ctx) },
		func() error { return g.FailOver(ctx) },
		func() error { return g.FailOver(ctx) }, // and back
	} {
		must(t, g.Do(ctx, "INSERT INTO word VALUES (1)"))
		must(t, disaster())
		c, err := pgx.Connect(ctx, g.Address("postgres"))
		must(t, err)
		var words int
		must(t, c.QueryRow(ctx, "SELECT count(*) FROM word").Scan(&words))
		must(t, c.Close(ctx))
		if words != n+1 {
			t.Errorf("%d words of %d are left", words, n+1)
		}
	}
}
