// Command centrala-bench measures a centrala server the way its clients see it: it starts the
// server itself, speaks only the public protocol, and prints tables and draws charts. A bare
// echo relay runs first, so that each figure also stands as a share of what the machine and
// this driver can do.
//
//	centrala-bench --server ./bin/centrala
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"centrala/cmd/centrala-bench/host"
	"centrala/cmd/centrala-bench/load"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if len(os.Args) == 2 && os.Args[1] == "relay" {
		if err := load.ServeRelay(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "centrala-bench relay:", err)
			os.Exit(1)
		}
		return
	}
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "centrala-bench:", err)
		}
		os.Exit(1)
	}
}

// options are the command line.
type options struct {
	Bench
	dir, json, images string
	driver            []int
}

// run is the program with its command line. What was measured before an error is printed too.
func run(ctx context.Context, args []string, out, errs io.Writer) (err error) {
	o, err := parse(args, errs)
	if err != nil {
		return err
	}
	path, remove, err := scratch(o.dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove()) }()
	machine, err := host.Inspect(path)
	if err != nil {
		return fmt.Errorf("measure the disk: %w", err)
	}
	fmt.Fprintln(errs, machine)
	if len(o.driver) > 0 {
		if err := host.Pin(os.Getpid(), o.driver...); err != nil {
			return err
		}
	}
	o.Dir, o.Log = path, errs
	r, err := o.Run(ctx)
	return errors.Join(err, o.report(out, machine, r))
}

// parse reads the command line.
func parse(args []string, errs io.Writer) (*options, error) {
	o := &options{}
	flags := flag.NewFlagSet("centrala-bench", flag.ContinueOnError)
	flags.SetOutput(errs)
	flags.Usage = func() { usage(flags) }
	flags.StringVar(&o.Server, "server", "./bin/centrala", "the `binary` to measure")
	only := flags.String("only", "", "measure these `parts` alone, separated by commas")
	database := flags.String("database", "", "a `postgres://…` that is empty and may be filled, in place of SQLite")
	stream := flags.String("stream", "", "a `nats://…` with JetStream, in place of the embedded stream")
	with := flags.String("with", "", "start `postgres`, nats or both (postgres,nats) on this machine, and use them")
	flags.IntVar(&o.Nodes, "nodes", 1, "how many nodes of centrala; more than one need --with postgres,nats or their addresses")
	pin := flags.String("pin", "", "keep server and driver on cores, such as `0:1` or 0,1:2,3")
	seconds := flags.Float64("seconds", 3, "length of each of the three counted runs of a closed loop")
	step := flags.Float64("step", 8, "length of each rate of the open loop, and of the fan-out, in seconds")
	rates := flags.String("rates", "1000,2000,4000,6000,7000,8000,10000", "the open loop's messages a second")
	flags.IntVar(&o.Sockets, "sockets", 8000, "how many idle sockets")
	flags.IntVar(&o.Storm, "storm", 10000, "how many sockets are cut at once")
	flags.IntVar(&o.Backlog, "backlog", 100000, "how many messages are committed and not published")
	flags.IntVar(&o.Mails, "mails", 10000, "how many mails are in the mailbox; ten thousand have 500 MB")
	open := flags.String("open", "100,1000,10000", "how many conversations are open")
	messages := flags.String("messages", "0,1000000,10000000", "how many messages are stored; a million takes 450 MB and some seconds")
	profile := flags.String("profile", "", "let the first node write what its processor is busy with into this `file`, for go tool pprof; meant for one part")
	flags.StringVar(&o.dir, "dir", "data", "a scratch folder is made in this `folder` and removed; its disk is measured")
	flags.StringVar(&o.json, "json", "", "also write the results as JSON to this `file`")
	flags.StringVar(&o.images, "images", "", "draw the charts into this `folder`")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	o.Window, o.Step = time.Duration(*seconds*float64(time.Second)), time.Duration(*step*float64(time.Second))
	var broken [6]error
	o.Only, broken[0] = partNames(*only)
	o.Place, broken[1] = parsePlace(*database, *stream, *with)
	o.Place.Servers, o.driver, broken[2] = cores(*pin)
	o.Rates, broken[3] = numbers(*rates, func(s string) (float64, error) { return strconv.ParseFloat(s, 64) })
	o.Open, broken[4] = numbers(*open, strconv.Atoi)
	o.Messages, broken[5] = numbers(*messages, strconv.Atoi)
	if err := errors.Join(broken[:]...); err != nil {
		return nil, err
	}
	if flags.NArg() > 0 || min(*seconds, *step) <= 0 || min(o.Sockets, o.Storm, o.Backlog, o.Mails, o.Nodes) <= 0 {
		return nil, errors.New("lengths and numbers are above 0, and nothing follows the flags")
	}
	if o.Nodes > 1 && !o.Place.Shared() {
		return nil, errors.New("several nodes need a common database and stream: --with postgres,nats")
	}
	var err error
	if o.Server, err = filepath.Abs(o.Server); err != nil {
		return nil, err
	}
	if *profile != "" {
		if o.Place.Profile, err = filepath.Abs(*profile); err != nil {
			return nil, err
		}
	}
	if _, err := os.Stat(o.Server); err != nil {
		return nil, fmt.Errorf("no server to measure: %w (make build makes it)", err)
	}
	return o, nil
}

// usage tells what each part measures, and the flags.
func usage(flags *flag.FlagSet) {
	out := flags.Output()
	fmt.Fprintf(out, "centrala-bench measures a centrala server as its clients see it, and takes about %s.\n\nParts, for --only:\n", about(nil))
	for _, p := range parts() {
		fmt.Fprintf(out, "  %-14s about %s: %s\n", p.name, p.takes, p.what)
	}
	fmt.Fprint(out, "\nFlags:\n")
	flags.PrintDefaults()
}

// partNames reads names of parts.
func partNames(list string) ([]string, error) {
	if list == "" {
		return nil, nil
	}
	var all []string
	for _, p := range parts() {
		all = append(all, p.name)
	}
	names := strings.Split(list, ",")
	for _, n := range names {
		if !slices.Contains(all, n) {
			return nil, fmt.Errorf("there is no part %q; there are %s", n, strings.Join(all, ", "))
		}
	}
	return names, nil
}

// numbers reads a list of numbers that rise, and are not below 0.
func numbers[N int | float64](list string, read func(string) (N, error)) ([]N, error) {
	var all []N
	for s := range strings.SplitSeq(list, ",") {
		n, err := read(s)
		if err != nil {
			return nil, err
		}
		if n < 0 || len(all) > 0 && n <= all[len(all)-1] {
			return nil, fmt.Errorf("the numbers of %q do not rise", list)
		}
		all = append(all, n)
	}
	return all, nil
}

// cores reads what --pin says: the server's, and the driver's.
func cores(pin string) (server, driver []int, err error) {
	if pin == "" {
		return nil, nil, nil
	}
	s, d, ok := strings.Cut(pin, ":")
	if !ok {
		return nil, nil, fmt.Errorf("--pin %s: the cores of the server and those of the driver, such as 0:1", pin)
	}
	server, err = numbers(s, strconv.Atoi)
	driver, e := numbers(d, strconv.Atoi)
	return server, driver, errors.Join(err, e)
}

// report prints the tables, draws the charts and writes the file.
func (o *options) report(out io.Writer, machine host.Machine, r *Results) error {
	place := o.Place.String()
	if o.Nodes > 1 {
		place += fmt.Sprintf(", %d nodes", o.Nodes)
	}
	if len(o.driver) > 0 {
		place += fmt.Sprintf("; server on cores %v, driver on %v", o.Place.Servers, o.driver)
	}
	if _, err := fmt.Fprintf(out, "\n%s\n%s\n\n", machine, place); err != nil {
		return err
	}
	err := r.Write(out, "images")
	if o.images != "" {
		err = errors.Join(err, r.Draw(o.images))
	}
	if o.json == "" {
		return err
	}
	b, e := json.MarshalIndent(struct {
		Machine host.Machine `json:"machine"`
		Place   string       `json:"place"`
		*Results
	}{machine, place, r}, "", "  ")
	if e == nil {
		e = os.WriteFile(o.json, append(b, '\n'), 0o644)
	}
	return errors.Join(err, e)
}
