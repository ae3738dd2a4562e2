// Command centrala-torture proves that centrala loses no word: it starts the server, lets
// customers and agents talk over the public protocol while one thing after the other goes wrong,
// and then holds what everybody was told against what everybody can read. It prints one line a
// law and exits with 1 when one is broken.
//
//	centrala-torture --server ./bin/centrala --faults kill,cut --rounds 100 --seed 7
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
	"slices"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "centrala-torture:", err)
		}
		os.Exit(1)
	}
}

// maxCustomers is how many conversations one hello may resume, if one agent gets them all.
const maxCustomers = 50

// run is the program with its command line.
func run(ctx context.Context, args []string, out, errs io.Writer) (err error) {
	flags := flag.NewFlagSet("centrala-torture", flag.ContinueOnError)
	flags.SetOutput(errs)
	server := flags.String("server", "./bin/centrala", "the `binary` to torture")
	seed := flags.Uint64("seed", uint64(time.Now().UnixNano()), "repeats a run's faults")
	customers := flags.Int("customers", 30, "how many customers write")
	rounds := flags.Int("rounds", 20, "how many faults")
	names := flags.String("faults", strings.Join(faultNames(), ","), "which `faults`, by chance one a round")
	dir := flags.String("dir", "data", "a scratch folder is made in this `folder` and removed when all is well")
	flags.Usage = func() { usage(flags, errs) }
	if err := flags.Parse(args); err != nil {
		return err
	}
	chosen, err := choose(*names)
	if err != nil {
		return err
	}
	if flags.NArg() > 0 || *customers < 1 || *customers > maxCustomers || *rounds < 0 {
		return fmt.Errorf("--customers is 1 to %d, --rounds not below 0, and nothing follows the flags", maxCustomers)
	}
	binary, err := filepath.Abs(*server)
	if err == nil {
		_, err = os.Stat(binary)
	}
	if err != nil {
		return fmt.Errorf("no server to torture: %w (make build makes it)", err)
	}
	if err := os.MkdirAll(*dir, 0o755); err != nil {
		return err
	}
	scratch, err := os.MkdirTemp(*dir, "torture-")
	if err != nil {
		return err
	}
	log, err := os.Create(filepath.Join(scratch, "log"))
	if err != nil {
		return err
	}
	defer log.Close()
	fmt.Fprintf(out, "seed %d, %d customers, %d faults of %s; the server says what it says in %s\n", *seed, *customers, *rounds, *names, log.Name())
	began := time.Now()
	result, err := Plan{Binary: binary, Dir: scratch, Seed: *seed, Customers: *customers, Faults: chosen, Rounds: *rounds, Log: log}.Do(ctx)
	if err != nil {
		return fmt.Errorf("seed %d: %w", *seed, err)
	}
	if broken := report(out, result, time.Since(began)); broken > 0 {
		return fmt.Errorf("%d laws are broken; seed %d, and what is left lies in %s", broken, *seed, scratch)
	}
	return os.RemoveAll(scratch)
}

// report prints the verdicts and counts the laws that are broken; what people met that the
// protocol does not allow counts as one.
func report(out io.Writer, r Result, took time.Duration) (broken int) {
	fmt.Fprintf(out, "%d messages, %d acknowledged; %d connections; %d lives of the server; %s\n", r.Said, r.Acked, r.Resumes, r.Lives, took.Round(time.Second))
	for _, f := range faults() {
		if n := r.Done[f.Name]; n > 0 {
			fmt.Fprintf(out, "  %4d × %s\n", n, f.Says)
		}
	}
	for _, v := range r.Verdicts {
		mark := "kept  "
		switch {
		case len(v.Breaches) > 0:
			mark = "BROKEN"
			broken++
		case v.Checked == 0:
			mark = "untried" // nothing happened that it speaks of
		}
		fmt.Fprintf(out, "%-7s  %-8s %8d checked, %d breaches: %s\n", mark, v.Law.Name, v.Checked, len(v.Breaches), v.Law.Says)
		for _, b := range v.Breaches[:min(len(v.Breaches), 5)] {
			fmt.Fprintf(out, "          %s\n", b)
		}
	}
	if len(r.Problems) > 0 {
		broken++
		fmt.Fprintf(out, "BROKEN  protocol: %s\n", strings.Join(r.Problems[:min(len(r.Problems), 5)], "\n          "))
	}
	return broken
}

func faultNames() (names []string) {
	for _, f := range faults() {
		names = append(names, f.Name)
	}
	return names
}

func choose(names string) (chosen []Fault, err error) {
	for _, name := range strings.Split(names, ",") {
		i := slices.IndexFunc(faults(), func(f Fault) bool { return f.Name == strings.TrimSpace(name) })
		if i < 0 {
			return nil, fmt.Errorf("there is no fault %q; there are %s", name, strings.Join(faultNames(), ", "))
		}
		chosen = append(chosen, faults()[i])
	}
	return chosen, nil
}

func usage(flags *flag.FlagSet, out io.Writer) {
	fmt.Fprintln(out, "centrala-torture starts a centrala, makes things go wrong while people talk, and says whether a word was lost.")
	flags.PrintDefaults()
	fmt.Fprintln(out, "\nfaults:")
	for _, f := range faults() {
		fmt.Fprintf(out, "  %-10s %s\n", f.Name, f.Says)
	}
	fmt.Fprintln(out, "\nlaws:")
	for _, l := range laws() {
		fmt.Fprintf(out, "  %-10s %s\n", l.Name, l.Says)
	}
}
