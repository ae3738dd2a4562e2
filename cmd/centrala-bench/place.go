package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"centrala/cmd/centrala-bench/host"
	"centrala/cmd/centrala-bench/load"
	"centrala/cmd/centrala-bench/wire"
	"centrala/lab"
)

// A Place says what the nodes stand on.
type Place struct {
	Database, Stream string // addresses of what runs already; "" is none
	Postgres, NATS   bool   // start them on this machine
	Servers          []int  // the cores that the nodes may use; nil: all
	Profile          string // the file for the first node's processor profile
}

// Embedded is true when nothing but the nodes runs.
func (p Place) Embedded() bool {
	return !p.Postgres && !p.NATS && p.Database == "" && p.Stream == ""
}

// Shared is true when several nodes can stand there.
func (p Place) Shared() bool { return (p.Postgres || p.Database != "") && (p.NATS || p.Stream != "") }

// String names it for the heading.
func (p Place) String() string {
	name := func(started bool, address, embedded, server string) string {
		switch {
		case started:
			return server + " on this machine"
		case address != "":
			return server + " elsewhere"
		}
		return embedded
	}
	return name(p.Postgres, p.Database, "SQLite", "PostgreSQL") + ", " + name(p.NATS, p.Stream, "embedded stream", "NATS")
}

// An Installation is nodes at work, and what was started for them.
type Installation struct {
	Nodes    []*lab.Node
	postgres *lab.Postgres
	nats     *lab.NATS
	place    Place
	dir      string
	database string // as the nodes are told
}

// install makes ready what n nodes stand on in a folder, and starts them. The caller closes it.
func install(ctx context.Context, binary, dir string, p Place, n int) (_ *Installation, err error) {
	if n > 1 && !p.Shared() {
		return nil, errors.New("several nodes need a common database and stream")
	}
	i := &Installation{place: p, dir: dir, database: p.Database}
	defer func() {
		if err != nil {
			err = errors.Join(err, i.Close())
		}
	}()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	if p.Postgres {
		if i.postgres, err = lab.StartPostgres(ctx, lab.PostgresConfig{Dir: dir}); err != nil {
			return nil, err
		}
		i.database = i.postgres.Address("postgres")
	}
	if i.database == "" {
		i.database = "sqlite:" + filepath.Join(dir, "node-0", "centrala.db")
	}
	stream := p.Stream
	if p.NATS {
		if i.nats, err = lab.StartNATS(ctx, lab.NATSConfig{Dir: dir, Servers: 1}); err != nil {
			return nil, err
		}
		stream = i.nats.URL()
	}
	for k := range n {
		data := filepath.Join(dir, fmt.Sprintf("node-%d", k))
		env := []string{fmt.Sprintf("CENTRALA_STREAM_NODE=bench-%d", k), "CENTRALA_DATABASE=" + i.database}
		if stream != "" {
			env = append(env, "CENTRALA_STREAM_URL="+stream)
		}
		if k > 0 {
			first := filepath.Join(dir, "node-0")
			env = append(env, "CENTRALA_KEY_FILE="+filepath.Join(first, "key"),
				"CENTRALA_BLOBS=file://"+filepath.Join(first, "files")+"?create_dir=true&no_tmp_dir=true&metadata=skip")
		}
		node := &lab.Node{Binary: binary, Data: data, Env: env}
		if k == 0 && p.Profile != "" {
			node.Args = []string{"demo", "--no-limits", "--cpu-profile", p.Profile}
		}
		i.Nodes = append(i.Nodes, node)
	}
	return i, i.Start(ctx)
}

// Start starts the nodes one after the other.
func (i *Installation) Start(ctx context.Context) error {
	for _, n := range i.Nodes {
		if err := n.Start(ctx); err != nil {
			return err
		}
		if len(i.place.Servers) > 0 {
			if err := host.Pin(n.PID(), i.place.Servers...); err != nil {
				return err
			}
		}
	}
	return nil
}

// Stop ends the nodes and leaves the rest.
func (i *Installation) Stop() error {
	var errs []error
	for _, n := range i.Nodes {
		errs = append(errs, n.Stop())
	}
	return errors.Join(errs...)
}

// Close ends everything.
func (i *Installation) Close() error {
	err := i.Stop()
	if i.nats != nil {
		err = errors.Join(err, i.nats.Stop())
	}
	if i.postgres != nil {
		err = errors.Join(err, i.postgres.Stop())
	}
	return err
}

// Site is the installation as its clients know it.
func (i *Installation) Site() *load.Site {
	s := &load.Site{Embedded: i.place.Embedded()}
	for _, n := range i.Nodes {
		s.Nodes = append(s.Nodes, wire.At(n.Addr))
		s.Servers = append(s.Servers, n.PID())
	}
	return s
}

const (
	calm      = 0.1 // cores
	calmLimit = 20 * time.Second
)

// Calm waits until the nodes have done what they do by themselves after a start, such as
// building an index: until each keeps less than a tenth of a core busy, or 20 s are over.
func (i *Installation) Calm(ctx context.Context) error {
	end := time.Now().Add(calmLimit)
	for _, n := range i.Nodes {
		for time.Now().Before(end) {
			cores, err := host.CoresOf(ctx, n.PID(), time.Second)
			if err != nil {
				return err
			}
			if cores < calm {
				break
			}
		}
	}
	return nil
}

// parsePlace reads the command line's words about it.
func parsePlace(database, stream, with string) (Place, error) {
	p := Place{Database: database, Stream: stream}
	for name := range strings.SplitSeq(with, ",") {
		switch name {
		case "":
		case "postgres":
			p.Postgres = true
		case "nats":
			p.NATS = true
		default:
			return p, fmt.Errorf("--with %s: there are postgres and nats", name)
		}
	}
	if p.Postgres && database != "" || p.NATS && stream != "" {
		return p, errors.New("an address and --with name the same thing")
	}
	return p, nil
}
