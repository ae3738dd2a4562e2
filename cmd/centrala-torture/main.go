// Command centrala-torture proves that centrala loses no word: it starts the server, or several
// with what they stand on, lets customers, agents and people who write mails talk over the
// public protocol while one thing after the other goes wrong, and then holds what everybody was
// told against what everybody can read. It prints one line a law and exits with 1 when one is
// broken.
//
//	centrala-torture --server ./bin/centrala --faults kill,cut --rounds 100 --seed 7
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"centrala/cmd/centrala-torture/law"
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

// maxTalks is how many conversations one hello may resume, if one agent gets them all.
const maxTalks = 50

// An order is what the command line asks for.
type order struct {
	server, house, names, dir string
	seed                      uint64
	customers, mails, rounds  int
	herd                      int
	late                      time.Duration
	everything                bool
}

// run is the program with its command line.
func run(ctx context.Context, args []string, out, errs io.Writer) error {
	o, err := parse(args, errs)
	if err != nil {
		return err
	}
	if o.everything {
		return suite(ctx, o, out)
	}
	result, err := one(ctx, o, out)
	if err != nil {
		return err
	}
	return result.verdict(o)
}

func parse(args []string, errs io.Writer) (o order, err error) {
	flags := flag.NewFlagSet("centrala-torture", flag.ContinueOnError)
	flags.SetOutput(errs)
	flags.StringVar(&o.server, "server", "./bin/centrala", "the `binary` to torture")
	flags.StringVar(&o.house, "house", onSQLite, "sqlite: one node, everything embedded; postgres: one node, PostgreSQL with a standby; cluster: three `nodes`, PostgreSQL with a standby, three NATS servers")
	flags.Uint64Var(&o.seed, "seed", uint64(time.Now().UnixNano()), "repeats a run's faults")
	flags.IntVar(&o.customers, "customers", 30, "how many customers chat")
	flags.IntVar(&o.mails, "mails", 8, "how many people write mails; 0 for none")
	flags.IntVar(&o.rounds, "rounds", 20, "how many faults")
	flags.IntVar(&o.herd, "herd", 2000, "how many sockets the fault herd cuts")
	flags.DurationVar(&o.late, "late", 5*time.Second, "how much later the faults imap-late and smtp-late answer; the house waits "+patience.String())
	flags.StringVar(&o.names, "faults", "", "which `faults`, each once and then by chance; all that the house and the machine allow when empty")
	flags.StringVar(&o.dir, "dir", "data", "a scratch folder is made in this `folder` and removed when all is well")
	flags.BoolVar(&o.everything, "everything", false, "all houses, each fault alone and then all mixed, with a table at the end; takes about an hour")
	flags.Usage = func() { usage(flags, errs) }
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 || o.customers < 1 || o.mails < 0 || o.customers+o.mails > maxTalks || o.rounds < 0 || o.herd < 0 {
		return o, fmt.Errorf("--customers is at least 1, --mails, --rounds and --herd not below 0, customers and mails together at most %d, and nothing follows the flags", maxTalks)
	}
	if !slices.Contains([]string{onSQLite, onPostgres, onCluster}, o.house) {
		return o, fmt.Errorf("--house is %s, %s or %s", onSQLite, onPostgres, onCluster)
	}
	if o.server, err = filepath.Abs(o.server); err == nil {
		_, err = os.Stat(o.server)
	}
	if err != nil {
		return o, fmt.Errorf("no server to torture: %w (make build makes it)", err)
	}
	o.dir, err = filepath.Abs(o.dir)
	return o, err
}

// one makes one run and prints how it went.
func one(ctx context.Context, o order, out io.Writer) (outcome, error) {
	h := &premises{kind: o.house, binary: o.server, mail: o.mails > 0, random: rand.New(rand.NewPCG(o.seed, 2))}
	chosen, without, err := h.choose(o.names, o.late)
	if err != nil {
		return outcome{}, err
	}
	if err := os.MkdirAll(o.dir, 0o755); err != nil {
		return outcome{}, err
	}
	if h.dir, err = os.MkdirTemp(o.dir, "torture-"); err != nil {
		return outcome{}, err
	}
	log, err := os.Create(filepath.Join(h.dir, "log"))
	if err != nil {
		return outcome{}, err
	}
	defer log.Close()
	h.log = log
	fmt.Fprintf(out, "seed %d, %s, %d customers, %d people who write mails, %d faults; what the servers say is in %s\n", o.seed, o.house, o.customers, o.mails, o.rounds, log.Name())
	if len(without) > 0 {
		fmt.Fprintf(out, "  without %s\n", strings.Join(without, ", "))
	}
	began := time.Now()
	p := Plan{House: h, Seed: o.seed, Customers: o.customers, Mails: o.mails, Herd: o.herd, Faults: chosen, Rounds: o.rounds, Log: log}
	if h.mail {
		p.Post = func() *post { return h.post }
	}
	result, err := p.Do(ctx)
	if err != nil {
		return outcome{}, fmt.Errorf("seed %d: %w; what is left lies in %s", o.seed, err, h.dir)
	}
	broken := report(out, result, chosen, time.Since(began))
	if broken == 0 {
		err = os.RemoveAll(h.dir)
	}
	return outcome{result, broken, h.dir, time.Since(began)}, err
}

// outcome is a run that came to its end.
type outcome struct {
	Result
	broken  int
	scratch string
	took    time.Duration
}

func (c outcome) verdict(o order) error {
	if c.broken == 0 {
		return nil
	}
	return fmt.Errorf("%d laws are broken; seed %d, and what is left lies in %s", c.broken, o.seed, c.scratch)
}

// report prints the verdicts and counts the laws that are broken.
func report(out io.Writer, r Result, met []Fault, took time.Duration) (broken int) {
	fmt.Fprintf(out, "%d messages and mails written, %d messages acknowledged; %d connections; %d lives of servers; %s\n", r.Said, r.Acked, r.Resumes, r.Lives, took.Round(time.Second))
	if r.Mails.In > 0 {
		fmt.Fprintf(out, "%d mails in, %d out; the ledger says %s; %d asked for once more\n", r.Mails.In, r.Mails.Out, counts(r.Mails.States), r.Mails.Asked)
	}
	for _, f := range met {
		if n := r.Done[f.Name]; n > 0 {
			fmt.Fprintf(out, "  %4d × %s: %s\n", n, f.Name, f.Says)
		}
	}
	if len(r.Vain) > 0 {
		fmt.Fprintf(out, "  of these met nobody: %s\n", counts(r.Vain))
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
	return broken
}

// counts is a map of numbers in words.
func counts(of map[string]int) string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(of)) {
		all = append(all, fmt.Sprintf("%d %s", of[name], name))
	}
	return strings.Join(all, ", ")
}

func usage(flags *flag.FlagSet, out io.Writer) {
	fmt.Fprintln(out, "centrala-torture starts a centrala, makes things go wrong while people talk, and says whether a word was lost.")
	flags.PrintDefaults()
	fmt.Fprintln(out, "\nfaults, and what they need beside a server:")
	for _, f := range (&premises{}).faults(0) {
		says := f.Says
		if f.Needs != "" {
			says += " (" + f.Needs + ")"
		}
		fmt.Fprintf(out, "  %-12s %s\n", f.Name, says)
	}
	fmt.Fprintln(out, "\nlaws:")
	for _, l := range law.All() {
		fmt.Fprintf(out, "  %-12s %s\n", l.Name, l.Says)
	}
}
