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
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// errNoServer tells that this machine has no PostgreSQL to start.
var errNoServer = errors.New("no PostgreSQL server is installed (initdb is neither on PATH nor under /usr/lib/postgresql): install postgresql, or set CENTRALA_TEST_POSTGRES to the address of one that may create databases")

// scratch is the server of this test binary: started by the first test that asks, gone with
// the process. A server for each test would cost a second apiece.
var scratch = sync.OnceValues(startCluster)

// Postgres returns the address of an empty PostgreSQL database that is this test's alone and
// is dropped when the test ends. The server is the one that CENTRALA_TEST_POSTGRES names, a
// postgres:// address whose user may create databases; without it, a scratch server without
// fsync, one per test binary. Where neither exists the test is skipped, or fails when CI=true.
func Postgres(t testing.TB) (dsn string) {
	t.Helper()
	server := os.Getenv("CENTRALA_TEST_POSTGRES")
	if server == "" {
		c, err := scratch()
		server = c.address
		if errors.Is(err, errNoServer) && os.Getenv("CI") != "true" {
			t.Skip(err)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	u, err := url.Parse(server)
	if err != nil || !strings.HasPrefix(u.Scheme, "postgres") {
		t.Fatalf("CENTRALA_TEST_POSTGRES is not a postgres:// address: %v", err)
	}
	name := fmt.Sprintf("centrala_test_%d_%d", os.Getpid(), time.Now().UnixNano())
	if err := administer(server, "CREATE DATABASE "+name+" TEMPLATE template0 ENCODING 'UTF8'"); err != nil {
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

// cluster is a running scratch server. It holds its end of the pipe on which the server's
// life hangs: once collected, the pipe would close.
type cluster struct {
	address string
	life    io.WriteCloser
}

// startCluster makes a cluster in a directory of its own and starts a server on a socket in
// it. A shell between us and the server holds the other end of a pipe: when this process
// ends, in whatever way, the pipe closes and the shell stops the server and clears up. The
// shell starts it with SIGQUIT ignored, so one that is still starting needs SIGTERM.
func startCluster() (cluster, error) {
	bin, err := serverPrograms()
	if err != nil {
		return cluster{}, err
	}
	dir, err := os.MkdirTemp("", "centrala-pg-")
	if err != nil {
		return cluster{}, err
	}
	run, err := unprivileged(dir)
	if err != nil {
		return cluster{}, err
	}
	const script = `trap '' INT HUP
if "$1/initdb" -D "$2/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync </dev/null >"$2/log" 2>&1; then
	"$1/postgres" -D "$2/data" -k "$2" -c listen_addresses= -c fsync=off -c synchronous_commit=off \
		-c full_page_writes=off -c max_connections=200 -c shared_buffers=64MB </dev/null >>"$2/log" 2>&1 &
else
	touch "$2/failed"
fi
cat >/dev/null
kill -TERM $!; kill -QUIT $!
wait $!
rm -rf "$2"`
	keeper := run("/bin/sh", "-c", script, "sh", bin, dir)
	life, err := keeper.StdinPipe()
	if err != nil {
		return cluster{}, err
	}
	if err := keeper.Start(); err != nil {
		return cluster{}, fmt.Errorf("start postgres: %w", err)
	}
	server := "postgres:///postgres?" + url.Values{"host": {dir}, "user": {"postgres"}}.Encode()
	if err := awaitServer(server, filepath.Join(dir, "failed")); err != nil {
		log, _ := os.ReadFile(filepath.Join(dir, "log"))
		return cluster{}, errors.Join(fmt.Errorf("postgres does not answer: %w\n%s", err, log), life.Close())
	}
	return cluster{server, life}, nil
}

// awaitServer waits until the server takes a connection, the file failed says that it never
// will, or half a minute is over.
func awaitServer(server, failed string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		err := administer(server, "SELECT 1")
		if err == nil {
			return nil
		}
		if _, none := os.Stat(failed); none == nil {
			return errors.New("initdb failed")
		}
		select {
		case <-ctx.Done():
			return err
		case <-again.C:
		}
	}
}

// serverPrograms is the folder with the newest initdb and postgres of this machine.
func serverPrograms() (string, error) {
	if initdb, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(initdb), nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return "", errNoServer
	}
	newest := slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })
	return filepath.Dir(newest), nil
}

func version(initdb string) int {
	v, err := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(initdb))))
	if err != nil {
		return 0
	}
	return v
}

// unprivileged gives dir to somebody who may run a server, and makes commands run as them:
// PostgreSQL refuses to run as root, so root borrows the user postgres.
func unprivileged(dir string) (func(name string, args ...string) *exec.Cmd, error) {
	if os.Getuid() != 0 {
		return exec.Command, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, errNoServer
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return nil, err
	}
	if err := os.Chown(dir, uid, -1); err != nil {
		return nil, err
	}
	return func(name string, args ...string) *exec.Cmd {
		cmd := exec.Command("runuser", append([]string{"-u", "postgres", "--", name}, args...)...)
		cmd.Dir = dir
		return cmd
	}, nil
}
