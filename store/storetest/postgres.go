package storetest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"

	"centrala/lab"
	"centrala/store"
)

// scratch is the server of this test binary: started by the first test that asks, gone with
// the process. A server for each test would cost a second apiece.
var scratch = sync.OnceValues(startScratch)

// blankDatabase is the one of a scratch server that has the schema and nothing in it.
const blankDatabase = "centrala_blank"

// Postgres is the address of a PostgreSQL database like EmptyPostgres's; on a scratch server
// its schema is there already, copied from one that was migrated once.
func Postgres(t testing.TB) (dsn string) {
	t.Helper()
	return newDatabase(t, blankDatabase)
}

// EmptyPostgres returns the address of an empty PostgreSQL database that is this test's alone
// and is dropped when the test ends. The server is the one that CENTRALA_TEST_POSTGRES names, a
// postgres:// address whose user may create databases; without it, a scratch server without
// fsync, one per test binary. Where neither exists the test is skipped, or fails when CI=true.
func EmptyPostgres(t testing.TB) (dsn string) {
	t.Helper()
	return newDatabase(t, "template0")
}

// newDatabase makes a database from a template of the scratch server.
func newDatabase(t testing.TB, template string) (dsn string) {
	t.Helper()
	server := os.Getenv("CENTRALA_TEST_POSTGRES")
	if server != "" {
		template = "template0" // nobody would take another one away again
	} else {
		g, err := scratch()
		if errors.Is(err, lab.ErrNoPostgres) && os.Getenv("CI") != "true" {
			t.Skip(err, "or set CENTRALA_TEST_POSTGRES to the address of one that may create databases")
		}
		if err != nil {
			t.Fatal(err)
		}
		server = g.Address("postgres")
	}
	u, err := url.Parse(server)
	if err != nil || !strings.HasPrefix(u.Scheme, "postgres") {
		t.Fatalf("CENTRALA_TEST_POSTGRES is not a postgres:// address: %v", err)
	}
	name := fmt.Sprintf("centrala_test_%d_%d", os.Getpid(), time.Now().UnixNano())
	if err := administer(server, "CREATE DATABASE "+name+" TEMPLATE "+template+" ENCODING 'UTF8'"); err != nil {
		t.Fatalf("create a database to test in: %v", err)
	}
	t.Cleanup(func() {
		if err := administer(server, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("drop the database of the test: %v", err)
		}
	})
	u.Path = "/" + name
	return u.String()
}

// migrate brings the schema of a database up to date and leaves nothing else in it: whoever
// opens a copy finds no name of its history and no word about how it was left, as on a first start.
func migrate(ctx context.Context, dsn string) error {
	db, err := store.Open(ctx, dsn, store.Options{Guest: true})
	if err != nil {
		return err
	}
	return errors.Join(db.NewEpoch(ctx), db.Close())
}

// administer runs one statement on the server itself.
func administer(server, statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	db, err := sql.Open("pgx", server)
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, statement)
	return errors.Join(err, db.Close())
}

// scratchServer is a server and our end of the pipe on which its folder hangs: collected, the
// pipe would close.
type scratchServer struct {
	*lab.Postgres
	life io.Closer
}

// startScratch starts a server in a folder of its own. It ends with this process, in whatever
// way that ends; then the pipe closes, and a shell that waits for it removes the folder.
func startScratch() (scratchServer, error) {
	dir, err := os.MkdirTemp("", "centrala-pg-")
	if err != nil {
		return scratchServer{}, err
	}
	const script = `trap '' INT HUP
cat >/dev/null
while pid=$(head -n 1 "$1/postgres-0/postmaster.pid" 2>/dev/null) && kill -0 "$pid" 2>/dev/null; do sleep .1; done
rm -rf "$1"`
	keeper := exec.Command("/bin/sh", "-c", script, "sh", dir)
	life, err := keeper.StdinPipe()
	if err != nil {
		return scratchServer{}, err
	}
	if err := keeper.Start(); err != nil {
		return scratchServer{}, err
	}
	ctx := context.Background()
	server, err := lab.StartPostgres(ctx, lab.PostgresConfig{Dir: dir, Scratch: true})
	if err != nil {
		return scratchServer{}, err
	}
	err = server.Do(ctx, "CREATE DATABASE "+blankDatabase+" TEMPLATE template0 ENCODING 'UTF8'")
	if err == nil {
		err = migrate(ctx, server.Address(blankDatabase))
	}
	return scratchServer{server, life}, err
}
