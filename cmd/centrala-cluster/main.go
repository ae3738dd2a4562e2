// Command centrala-cluster starts centrala on three nodes of one machine, to try out what happens
// when a part of it dies: PostgreSQL with a synchronous standby, three NATS servers, three nodes,
// with the demonstration's people and articles in it. Ctrl+C ends everything.
//
//	centrala-cluster --server ./bin/centrala --nats ./bin/nats-server
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"centrala/lab"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "centrala-cluster:", err)
		}
		os.Exit(1)
	}
}

// run is the program with its command line.
func run(ctx context.Context, args []string, out, errs io.Writer) (err error) {
	flags := flag.NewFlagSet("centrala-cluster", flag.ContinueOnError)
	flags.SetOutput(errs)
	server := flags.String("server", "./bin/centrala", "the `binary` that the nodes run")
	nats := flags.String("nats", "./bin/nats-server", "the NATS server's `binary`")
	nodes := flags.Int("nodes", 3, "how many nodes, 1 to 9")
	port := flags.Int("port", 8081, "where the first node listens; the others follow")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 || *nodes < 1 || *nodes > 9 {
		return errors.New("--nodes is 1 to 9, and nothing follows the flags")
	}
	dir, err := os.MkdirTemp("", "centrala-cluster-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := os.Chmod(dir, 0o755); err != nil { // PostgreSQL may run as another user
		return err
	}
	c := lab.ClusterConfig{Dir: dir, Args: []string{"demo"}}
	for i, p := range []struct{ from, to *string }{{server, &c.Binary}, {nats, &c.NATS}} {
		if *p.to, err = filepath.Abs(*p.from); err != nil {
			return fmt.Errorf("program %d: %w", i, err)
		}
	}
	for i := range *nodes {
		c.Listen = append(c.Listen, "127.0.0.1:"+strconv.Itoa(*port+i))
	}
	fmt.Fprintln(out, "starting PostgreSQL with a standby, three NATS servers and", *nodes, "nodes …")
	began := time.Now()
	k, err := lab.StartCluster(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, k.Stop()) }()
	greet(out, k, dir, time.Since(began))
	<-ctx.Done()
	fmt.Fprintln(out, "\nending all of it …")
	return nil
}

// greet prints where everything is and what to try.
func greet(out io.Writer, k *lab.Cluster, dir string, took time.Duration) {
	fmt.Fprintf(out, "\n  The cluster is open (%s). Everything is in %s and goes with it.\n\n", took.Round(100*time.Millisecond), dir)
	for i, n := range k.Nodes {
		fmt.Fprintf(out, "  node-%d      http://%s/   console http://%s/console   process %d\n", i+1, n.Addr, n.Addr, n.PID())
	}
	fmt.Fprintf(out, "  PostgreSQL  %s\n  NATS        %s\n", k.Postgres.Address("centrala"), strings.ReplaceAll(k.NATS.URL(), ",", " "))
	fmt.Fprint(out, `
  Sign in with ania@demo.test or admin@demo.test, password centrala-demo. Then try:

  - Chat at one node's shop and answer in another one's console: one conversation, typing included.
  - kill -9 a node: its windows say that the line is gone. Open another node: nothing is missing. The
    dead node's agent has two minutes to come back before the chats go to others.
  - kill -9 one of the nats-server or postgres processes, and watch /readyz of each node.

  Ctrl+C ends it.

`)
}
