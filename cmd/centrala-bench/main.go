// Command centrala-bench measures a centrala server the way its clients see it: it starts the
// server itself, speaks only the public protocol, and prints one table. A bare echo relay runs
// first, so that each figure also stands as a share of what the machine and this driver can do.
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
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if len(os.Args) == 2 && os.Args[1] == "relay" {
		if err := serveRelay(os.Stdin, os.Stdout); err != nil {
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

// run is the program with its command line. Figures that were measured before an error are
// printed too.
func run(ctx context.Context, args []string, out, errs io.Writer) (err error) {
	flags := flag.NewFlagSet("centrala-bench", flag.ContinueOnError)
	flags.SetOutput(errs)
	server := flags.String("server", "./bin/centrala", "the `binary` to measure")
	only := flags.String("only", "", "measure one `part`: "+strings.Join(parts, ", "))
	seconds := flags.Float64("seconds", 3, "length of each of the three counted runs of a closed loop")
	sockets := flags.Int("sockets", 8000, "how many idle sockets")
	dir := flags.String("dir", "data", "a scratch folder is made in this `folder` and removed; its disk is measured")
	file := flags.String("json", "", "also write the figures as JSON to this `file`")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *only != "" && !slices.Contains(parts, *only) {
		return fmt.Errorf("there is no part %q; there are %s", *only, strings.Join(parts, ", "))
	}
	if flags.NArg() > 0 || *seconds <= 0 || *sockets <= 0 {
		return errors.New("--seconds and --sockets are above 0, and nothing follows the flags")
	}
	binary, err := filepath.Abs(*server)
	if err != nil {
		return err
	}
	if _, err := os.Stat(binary); err != nil {
		return fmt.Errorf("no server to measure: %w (make build makes it)", err)
	}
	path, remove, err := scratch(*dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove()) }()
	machine, err := inspect(path)
	if err != nil {
		return fmt.Errorf("measure the disk: %w", err)
	}
	fmt.Fprintln(errs, machine)
	b := &Bench{Server: binary, Dir: path, Only: *only, Window: time.Duration(*seconds * float64(time.Second)), Sockets: *sockets, Log: errs}
	figures, err := b.Run(ctx)
	return errors.Join(err, report(out, *file, machine, figures))
}

// report prints the table and writes the file.
func report(out io.Writer, file string, machine Machine, figures []Figure) error {
	if _, err := fmt.Fprintf(out, "\n%s\n\n", machine); err != nil {
		return err
	}
	err := printTable(out, figures)
	if file == "" {
		return err
	}
	b, e := json.MarshalIndent(struct {
		Machine Machine  `json:"machine"`
		Figures []Figure `json:"figures"`
	}{machine, figures}, "", "  ")
	if e == nil {
		e = os.WriteFile(file, append(b, '\n'), 0o644)
	}
	return errors.Join(err, e)
}
