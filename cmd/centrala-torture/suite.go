package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"text/tabwriter"
)

const (
	alone = 3  // how often each fault happens when it is the only one
	mixed = 60 // how many faults happen when all are mixed
)

// suite makes all runs there are: on each house each fault alone, then all mixed. A house or a
// fault that this machine cannot have is named in the table.
func suite(ctx context.Context, o order, out io.Writer) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "house\tfaults\tseed\tmessages\tmails in, out\tlives\tchecks\tbreaches\ttook")
	var failed []error
	row := func(o order, name string) {
		o.seed++
		c, err := one(ctx, o, out)
		if err == nil {
			err = c.verdict(o)
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("%s, %s: %w", o.house, name, err))
		}
		checks, breaches := 0, 0
		for _, v := range c.Verdicts {
			checks += v.Checked
			breaches += len(v.Breaches)
		}
		if c.Verdicts == nil {
			fmt.Fprintf(table, "%s\t%s\t%d\tnot to its end\n", o.house, name, o.seed)
			return
		}
		fmt.Fprintf(table, "%s\t%s\t%d\t%d\t%d, %d\t%d\t%d\t%d\t%s\n", o.house, name, o.seed, c.Acked, c.Mails.In, c.Mails.Out, c.Lives, checks, breaches, c.took.Round(1e9))
	}
	for _, o.house = range []string{onSQLite, onPostgres, onCluster} {
		h := &premises{kind: o.house, mail: o.mails > 0, random: rand.New(rand.NewPCG(o.seed, 2))}
		chosen, without, err := h.choose(o.names, o.late)
		for _, w := range without {
			fmt.Fprintf(table, "%s\t%s\n", o.house, w)
		}
		if err != nil {
			failed = append(failed, err)
			continue
		}
		for _, f := range chosen {
			if ctx.Err() != nil {
				break
			}
			single := o
			single.names, single.rounds = f.Name, alone
			if f.Needs != needMail && f.Name != "kill" && f.Name != "term" {
				single.mails = 0
			}
			row(single, f.Name)
		}
		if ctx.Err() == nil {
			all := o
			all.rounds = mixed
			row(all, "all, mixed")
		}
	}
	return errors.Join(append(failed, table.Flush(), ctx.Err())...)
}
