package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
)

// ClusterConfig says what a Cluster is for.
type ClusterConfig struct {
	Dir     string    // an existing folder; everything gets one inside
	Binary  string    // cmd/centrala, built
	NATS    string    // the NATS server; "": beside this program, else on the path
	Listen  []string  // where the nodes listen, one for each
	Args    []string  // the nodes' command and its flags; nil: demo --no-limits
	Env     []string  // of all nodes, beside what makes them one installation
	Scratch bool      // nothing need outlive the machine: PostgreSQL without fsync and standby
	Log     io.Writer // what all of them say; nil: only errors quote the last of it
}

// A Cluster is centrala on several nodes: PostgreSQL with a standby, three NATS servers, and
// nodes that share them, a key file and a folder of files.
type Cluster struct {
	Postgres *Postgres
	NATS     *NATS
	Nodes    []*Node // Nodes[i] begins at NATS server i modulo 3
}

// StartCluster starts everything and waits until all nodes are ready. The caller stops it.
func StartCluster(ctx context.Context, c ClusterConfig) (*Cluster, error) {
	k := &Cluster{}
	if err := k.start(ctx, c); err != nil {
		return nil, errors.Join(err, k.Stop())
	}
	return k, nil
}

func (k *Cluster) start(ctx context.Context, c ClusterConfig) (err error) {
	natsDir, postgresDir := filepath.Join(c.Dir, "nats"), filepath.Join(c.Dir, "postgres")
	for _, dir := range []string{natsDir, postgresDir, filepath.Join(c.Dir, "files")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	if k.Postgres, err = StartPostgres(ctx, PostgresConfig{Dir: postgresDir, Scratch: c.Scratch, Standby: !c.Scratch, Log: c.Log}); err != nil {
		return err
	}
	if err := k.Postgres.Do(ctx, "CREATE DATABASE centrala"); err != nil {
		return err
	}
	if k.NATS, err = StartNATS(ctx, NATSConfig{Dir: natsDir, Servers: 3, Binary: c.NATS, Log: c.Log}); err != nil {
		return err
	}
	for i, addr := range c.Listen {
		k.Nodes = append(k.Nodes, &Node{Binary: c.Binary, Data: filepath.Join(c.Dir, "node-"+strconv.Itoa(i+1)), Addr: addr, Args: c.Args, Env: k.env(c, i), Log: c.Log})
	}
	for _, n := range k.Nodes { // the first one makes the schema, the key file and the stream
		if err := n.Start(ctx); err != nil {
			return err
		}
	}
	return nil
}

// env is what makes node i one of this installation.
func (k *Cluster) env(c ClusterConfig, i int) []string {
	return append([]string{
		"CENTRALA_DATABASE=" + k.Postgres.Address("centrala"),
		"CENTRALA_STREAM_URL=" + k.NATS.URLOf(i%3),
		"CENTRALA_STREAM_REPLICAS=3",
		fmt.Sprintf("CENTRALA_STREAM_NODE=node-%d", i+1),
		"CENTRALA_KEY_FILE=" + filepath.Join(c.Dir, "key"),
		"CENTRALA_BLOBS=file://" + filepath.ToSlash(filepath.Join(c.Dir, "files")) + "?create_dir=true&no_tmp_dir=true&metadata=skip",
	}, c.Env...)
}

// Stop ends the nodes, then what they run on. It may be called twice.
func (k *Cluster) Stop() error {
	var errs []error
	for _, n := range k.Nodes {
		if n.p != nil && !n.p.ended() {
			errs = append(errs, n.Stop())
		}
	}
	if k.NATS != nil {
		errs = append(errs, k.NATS.Stop())
	}
	if k.Postgres != nil {
		errs = append(errs, k.Postgres.Stop())
	}
	return errors.Join(errs...)
}
