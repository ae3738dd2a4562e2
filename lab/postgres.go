package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// ErrNoPostgres tells that this machine has no PostgreSQL to start.
var ErrNoPostgres = errors.New("no PostgreSQL server is installed (initdb is neither on PATH nor under /usr/lib/postgresql), or this is root and there is no user postgres: install postgresql")

// PostgresConfig says what a Postgres is for.
type PostgresConfig struct {
	Dir     string    // an existing folder; a server gets one inside
	Scratch bool      // nothing need outlive the machine: no fsync
	Standby bool      // a second server that has each commit before it counts
	Log     io.Writer // what the servers say; nil: only errors quote the last of it
}

// A Postgres is a PostgreSQL server of this machine, with a standby if asked. Its addresses
// stay the same through restarts and fail-overs. The methods are for one goroutine at a time.
type Postgres struct {
	c       PostgresConfig
	bin     string
	servers []*pgServer // in the order of their addresses
	primary int
}

// pgServer is one of the two servers.
type pgServer struct {
	data, addr string
	p          *process // nil while it is down
}

// StartPostgres makes a server in c.Dir and starts it. ErrNoPostgres when there is none to
// start. The caller stops it.
func StartPostgres(ctx context.Context, c PostgresConfig) (*Postgres, error) {
	bin, err := postgresPrograms()
	if err != nil {
		return nil, err
	}
	g := &Postgres{c: c, bin: bin}
	how := 1
	if c.Standby {
		how = 2
	}
	for i := range how {
		addr, err := FreeAddress()
		if err != nil {
			return nil, err
		}
		g.servers = append(g.servers, &pgServer{data: filepath.Join(c.Dir, "postgres-"+strconv.Itoa(i)), addr: addr})
	}
	if os.Getuid() == 0 {
		uid, _, err := postgresUser()
		if err == nil {
			err = os.Chown(c.Dir, int(uid), -1)
		}
		if err != nil {
			return nil, err
		}
	}
	first := g.servers[0]
	init := []string{"-D", first.data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"}
	if err := g.tool(ctx, "initdb", append(init, "--no-sync")...); err != nil {
		return nil, err
	}
	err = g.start(ctx, first)
	if err == nil && c.Standby {
		err = g.follow(ctx, 1)
	}
	if err != nil {
		return nil, errors.Join(err, g.Stop())
	}
	return g, nil
}

// Address is what a client connects to: a database of that name on whichever server is the
// primary. The name postgres exists from the beginning.
func (g *Postgres) Address(database string) string {
	u := url.URL{Scheme: "postgres", User: url.User("postgres"), Path: "/" + database, RawQuery: "sslmode=disable"}
	for _, s := range g.servers {
		if u.Host != "" {
			u.Host += ","
		}
		u.Host += s.addr
	}
	if len(g.servers) > 1 {
		u.RawQuery += "&target_session_attrs=read-write"
	}
	return u.String()
}

// Do runs one statement on the primary's database postgres.
func (g *Postgres) Do(ctx context.Context, statement string) error {
	return g.servers[g.primary].do(ctx, statement)
}

// Restart ends the primary at once, as `pg_ctl restart -m immediate` does, and starts it again:
// connections break in the middle of what they do, and it recovers from its log.
func (g *Postgres) Restart(ctx context.Context) error {
	s := g.servers[g.primary]
	if err := s.quit(syscall.SIGQUIT); err != nil {
		return err
	}
	return g.start(ctx, s)
}

// FailOver kills the primary, promotes the standby, and makes what was the primary the new
// one's standby from scratch.
func (g *Postgres) FailOver(ctx context.Context) error {
	if len(g.servers) < 2 {
		return errors.New("there is no standby to fail over to")
	}
	old := g.servers[g.primary]
	if err := old.p.kill(); err != nil {
		return err
	}
	old.p = nil
	g.primary = 1 - g.primary
	// Alone it must not wait for a standby; that is a setting of the server itself, set before
	// it takes the first commit.
	s := g.servers[g.primary]
	if err := s.do(ctx, "SELECT pg_promote(true, 60)"); err != nil {
		return fmt.Errorf("promote the standby: %w", err)
	}
	if err := os.RemoveAll(old.data); err != nil {
		return err
	}
	return g.follow(ctx, 1-g.primary)
}

// Stop ends the servers. It may be called twice.
func (g *Postgres) Stop() error {
	var errs []error
	for _, s := range g.servers {
		errs = append(errs, s.quit(syscall.SIGINT))
	}
	return errors.Join(errs...)
}

// follow makes server i a copy of the primary that has each commit before it counts.
func (g *Postgres) follow(ctx context.Context, i int) error {
	primary, s := g.servers[g.primary], g.servers[i]
	host, port, err := net.SplitHostPort(primary.addr)
	if err != nil {
		return err
	}
	for _, statement := range []string{"ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()"} {
		if err := primary.do(ctx, statement); err != nil {
			return err
		}
	}
	if err := g.tool(ctx, "pg_basebackup", "-D", s.data, "-h", host, "-p", port, "-U", "postgres", "-R", "-X", "stream", "--no-sync", "--checkpoint=fast"); err != nil {
		return err
	}
	if err := g.start(ctx, s); err != nil {
		return err
	}
	for _, statement := range []string{"ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()"} {
		if err := primary.do(ctx, statement); err != nil {
			return err
		}
	}
	return primary.await(ctx, "SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'")
}

func (g *Postgres) start(ctx context.Context, s *pgServer) error {
	_, port, err := net.SplitHostPort(s.addr)
	if err != nil {
		return err
	}
	args := []string{"-D", s.data, "-k", "", "-c", "listen_addresses=127.0.0.1", "-p", port, "-c", "max_connections=300", "-c", "shared_buffers=128MB"}
	if g.c.Scratch {
		args = append(args, "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")
	}
	cmd, err := g.command(context.Background(), "postgres", args...)
	if err != nil {
		return err
	}
	if s.p, err = spawn("postgres at "+s.addr, cmd, g.c.Log); err != nil {
		return err
	}
	return s.p.await(ctx, 20*time.Millisecond, func(ctx context.Context) error { return s.do(ctx, "SELECT 1") })
}

// quit ends the server by a signal; one that is down stays so.
func (s *pgServer) quit(how os.Signal) error {
	if s.p == nil {
		return nil
	}
	p := s.p
	s.p = nil
	if err := p.signal(how); err != nil {
		return err
	}
	t := time.NewTimer(endLimit)
	defer t.Stop()
	select {
	case <-p.done: // its exit code is 1 or 2 after SIGQUIT
		return nil
	case <-t.C:
		return errors.Join(fmt.Errorf("%s did not end within %s", p.name, endLimit), p.kill())
	}
}

func (s *pgServer) connect(ctx context.Context) (*pgx.Conn, error) {
	return pgx.Connect(ctx, "postgres://postgres@"+s.addr+"/postgres?sslmode=disable")
}

func (s *pgServer) do(ctx context.Context, statement string) (err error) {
	c, err := s.connect(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close(ctx)) }()
	_, err = c.Exec(ctx, statement)
	return err
}

// await waits until a query has a row.
func (s *pgServer) await(ctx context.Context, query string) error {
	return s.p.await(ctx, 20*time.Millisecond, func(ctx context.Context) error {
		c, err := s.connect(ctx)
		if err != nil {
			return err
		}
		var one int
		return errors.Join(c.QueryRow(ctx, query).Scan(&one), c.Close(ctx))
	})
}

// tool runs one of PostgreSQL's programs to its end.
func (g *Postgres) tool(ctx context.Context, name string, args ...string) error {
	cmd, err := g.command(ctx, name, args...)
	if err != nil {
		return err
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", name, err, out)
	}
	return nil
}

// command is one of PostgreSQL's programs; as it refuses to run as root, root borrows the user
// postgres.
func (g *Postgres) command(ctx context.Context, name string, args ...string) (*exec.Cmd, error) {
	cmd := exec.CommandContext(ctx, filepath.Join(g.bin, name), args...)
	cmd.Dir = g.c.Dir
	if os.Getuid() != 0 {
		return cmd, nil
	}
	uid, gid, err := postgresUser()
	if err != nil {
		return nil, err
	}
	as(cmd, uid, gid)
	return cmd, nil
}

func postgresUser() (uid, gid uint32, err error) {
	u, err := user.Lookup("postgres")
	if err != nil {
		return 0, 0, ErrNoPostgres
	}
	id, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return 0, 0, err
	}
	group, err := strconv.ParseUint(u.Gid, 10, 32)
	return uint32(id), uint32(group), err
}

// postgresPrograms is the folder with the newest server of this machine.
func postgresPrograms() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err == nil && len(found) > 0 {
		newest := slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })
		return filepath.Dir(newest), nil
	}
	if initdb, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(initdb), nil
	}
	return "", ErrNoPostgres
}

// version is what Debian calls the folder of an initdb by.
func version(initdb string) int {
	v, err := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(initdb))))
	if err != nil {
		return 0
	}
	return v
}
