package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sync/errgroup"

	"centrala"
	"centrala/demo"
	"centrala/manuscript"
)

// DemoCmd runs the demonstration.
type DemoCmd struct {
	Listen   string `default:"127.0.0.1:8080" help:"Address to listen on."`
	Traffic  int    `default:"0" help:"How many simulated customers write, wait, read and rate."`
	Public   bool   `help:"Allow an address that others can reach; the passwords of the demonstration are known to all."`
	NoLimits bool   `help:"Switch the rate limits off, for load tests on a loopback address."`
}

// Run implements the command.
func (d *DemoCmd) Run(ctx context.Context, cli *CLI) error {
	if !loopback(d.Listen) && !d.Public {
		return fmt.Errorf("the demonstration's passwords are known to everybody, so it only listens on this machine; --public allows %s", d.Listen)
	}
	if d.NoLimits && (d.Public || !loopback(d.Listen)) {
		return errors.New("--no-limits is for load tests on a loopback address, never with --public")
	}
	if cli.Data == "" && os.Getenv("CENTRALA_DATA") == "" {
		cli.Data = "data/demo"
	}
	cfg, err := cli.load()
	if err != nil {
		return err
	}
	cfg.Listen, cfg.Survey.Quarantine = d.Listen, 0
	if cfg.Brand == "centrala" {
		cfg.Brand = "Jarmark"
	}
	if cfg.Log.Level == "info" {
		cfg.Log.Level = "warn"
	}
	log, err := cfg.logger()
	if err != nil {
		return err
	}
	p, err := Open(ctx, cfg, Flags{NoLimits: d.NoLimits, Demo: true}, log)
	if err != nil {
		return err
	}
	if err := errors.Join(p.furnish(ctx), p.mailboxes(ctx)); err != nil {
		return errors.Join(err, p.Close())
	}
	d.greet(cli, p)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return p.Serve(ctx) })
	if d.Traffic > 0 {
		g.Go(func() error {
			return demo.Traffic{Base: "http://" + p.listener.Addr().String(), Customers: d.Traffic, Log: log}.Run(ctx)
		})
	}
	return g.Wait()
}

// furnish fills an empty house with the demonstration, once.
func (p *Program) furnish(ctx context.Context) error {
	teams, err := p.db.Teams(ctx)
	if err != nil || len(teams) > 0 {
		return err
	}
	hash, err := p.guard.HashPassword(ctx, demo.Password) // one for all: hashing is slow on purpose
	if err != nil {
		return err
	}
	err = demo.Furnish(ctx, p.db, func(ctx context.Context, id centrala.AgentID) error { return p.db.SetPassword(ctx, id, hash) })
	if err != nil {
		return err
	}
	return manuscript.Load(ctx, demo.Articles(), p.library)
}

// greet prints where everything is.
func (d *DemoCmd) greet(cli *CLI, p *Program) {
	fmt.Fprintf(cli.Out, `
  centrala %s: the demonstration is open (%s)

  Shop with the chat window  %s/
  Console of the team        %s/console
  Help Centre                %s/help
  Contact form               %s/contact

  Sign in to the console with the password %s as
`, version, time.Since(p.start).Round(time.Millisecond), p.Base, p.Base, p.Base, p.Base, demo.Password)
	for _, person := range demo.People() {
		fmt.Fprintf(cli.Out, "    %-18s %s, %s\n", person.Email, person.Name, person.Role)
	}
	fmt.Fprint(cli.Out, "\n  Whoever is on the line (\"Na linii\", bottom left in the console) gets the next conversation.\n")
	fmt.Fprintf(cli.Out, "  Everything is kept in %s. Ctrl+C ends it.\n\n", p.cfg.Data)
}
