package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"text/tabwriter"

	"centrala"
	"centrala/auth"
	"centrala/store"
)

// house is the store and the guard for a command beside a server that may be running.
type house struct {
	*store.DB
	keys  *Keys
	guard *auth.Guard
	cfg   *Config
}

// house opens what the commands of an administrator need.
func (cli *CLI) house(ctx context.Context) (*house, error) {
	cfg, err := cli.load()
	if err != nil {
		return nil, err
	}
	keys, err := LoadKeys(cfg.KeyFile)
	if err != nil {
		return nil, err
	}
	db, err := store.Open(ctx, cfg.Database, store.Options{Seal: keys, Guest: true, Log: slog.New(slog.DiscardHandler), Files: keeper(cfg.Blobs)})
	if err != nil {
		return nil, err
	}
	return &house{db, keys, auth.New(db, keys.Tokens, auth.Options{}), cfg}, nil
}

// use calls f with the house and closes it.
func (cli *CLI) use(ctx context.Context, f func(*house) error) error {
	h, err := cli.house(ctx)
	if err != nil {
		return err
	}
	return errors.Join(f(h), h.Close())
}

// link is the address at which an agent sets a password, once, within a day.
func (h *house) link(ctx context.Context, id centrala.AgentID) (string, error) {
	token, err := h.guard.Link(ctx, id)
	if err != nil {
		return "", err
	}
	base := strings.TrimRight(h.cfg.URL, "/")
	if base == "" {
		base = "http://" + strings.Replace(h.cfg.Listen, "127.0.0.1", "localhost", 1)
	}
	return base + "/console/set-password#" + token, nil
}

// AgentCmd looks after the people who answer.
type AgentCmd struct {
	Add    AgentAddCmd    `cmd:"" help:"Add somebody; prints a one-time link to set a password."`
	List   AgentListCmd   `cmd:"" help:"List everybody."`
	Passwd AgentPasswdCmd `cmd:"" help:"Print a one-time link to set a new password, or read one with --stdin."`
}

// AgentAddCmd adds an agent.
type AgentAddCmd struct {
	Email    string   `required:"" help:"E-mail address, to sign in with."`
	Name     string   `required:"" help:"Name, as customers and colleagues see it."`
	Role     string   `default:"agent" enum:"agent,supervisor,admin" help:"agent, supervisor or admin."`
	Team     []string `help:"Names of teams; may be repeated."`
	Capacity int      `default:"24" help:"How much they carry: a chat costs 4, a social message 3, a mail 2."`
	Stdin    bool     `help:"Read the password from standard input instead of printing a link."`
}

// Run implements the command.
func (a *AgentAddCmd) Run(ctx context.Context, cli *CLI) error {
	return cli.use(ctx, func(h *house) error {
		agent := centrala.Agent{Email: a.Email, Name: a.Name, Role: centrala.Role(a.Role), Capacity: a.Capacity, Locale: h.cfg.Locale}
		teams, err := h.Teams(ctx)
		if err != nil {
			return err
		}
		for _, name := range a.Team {
			id, err := teamNamed(teams, name)
			if err != nil {
				return err
			}
			agent.Teams = append(agent.Teams, id)
		}
		if agent, err = h.SaveAgent(ctx, agent); err != nil {
			return err
		}
		if err := h.Audit(ctx, centrala.AuditEntry{By: operator(), Action: "agent.created", Subject: agent.ID.String()}); err != nil {
			return err
		}
		return h.password(ctx, cli.Out, agent, a.Stdin)
	})
}

// operator is who works on the command line.
func operator() centrala.Author {
	return centrala.Author{Kind: centrala.BySystem, ID: "cli", Name: "command line"}
}

func teamNamed(teams []centrala.Team, name string) (centrala.TeamID, error) {
	var names []string
	for _, t := range teams {
		if strings.EqualFold(t.Name, name) {
			return t.ID, nil
		}
		names = append(names, t.Name)
	}
	if len(names) == 0 {
		return 0, fmt.Errorf("there is no team %q; teams are made in the console", name)
	}
	return 0, fmt.Errorf("there is no team %q; did you mean %q?", name, nearest(name, names))
}

// password sets a password from standard input, or prints the link to set one.
func (h *house) password(ctx context.Context, out io.Writer, agent centrala.Agent, stdin bool) error {
	if !stdin {
		link, err := h.link(ctx, agent.ID)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(out, "%s can set a password here, once, within 24 hours:\n%s\n", agent.Email, link)
		return err
	}
	line, err := bufio.NewReader(io.LimitReader(os.Stdin, 4096)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read the password: %w", err)
	}
	password := strings.TrimRight(line, "\r\n")
	if err := auth.CheckStrength(password, agent); err != nil {
		return err
	}
	hash, err := h.guard.HashPassword(ctx, password)
	if err != nil {
		return err
	}
	if err := h.SetPassword(ctx, agent.ID, hash); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s has a new password.\n", agent.Email)
	return err
}

// AgentListCmd lists the agents.
type AgentListCmd struct{}

// Run implements the command.
func (AgentListCmd) Run(ctx context.Context, cli *CLI) error {
	return cli.use(ctx, func(h *house) error {
		agents, err := h.Agents(ctx)
		if err != nil {
			return err
		}
		teams, err := h.Teams(ctx)
		if err != nil {
			return err
		}
		names := map[centrala.TeamID]string{}
		for _, t := range teams {
			names[t.ID] = t.Name
		}
		w := tabwriter.NewWriter(cli.Out, 0, 4, 2, ' ', 0)
		fmt.Fprintln(w, "E-MAIL\tNAME\tROLE\tTEAMS\tCAPACITY\tSTATE")
		for _, a := range agents {
			var in []string
			for _, t := range a.Teams {
				in = append(in, names[t])
			}
			state := "active"
			if a.Disabled {
				state = "disabled"
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%s\n", a.Email, a.Name, a.Role, strings.Join(in, ", "), a.Capacity, state)
		}
		return w.Flush()
	})
}

// AgentPasswdCmd lets an agent set a new password.
type AgentPasswdCmd struct {
	Email string `arg:"" help:"E-mail address of the account."`
	Stdin bool   `help:"Read the password from standard input instead of printing a link."`
}

// Run implements the command.
func (a *AgentPasswdCmd) Run(ctx context.Context, cli *CLI) error {
	return cli.use(ctx, func(h *house) error {
		agents, err := h.Agents(ctx)
		if err != nil {
			return err
		}
		var known []string
		for _, agent := range agents {
			if strings.EqualFold(agent.Email, a.Email) {
				if err := h.Audit(ctx, centrala.AuditEntry{By: operator(), Action: "agent.password_reset", Subject: agent.ID.String()}); err != nil {
					return err
				}
				return h.password(ctx, cli.Out, agent, a.Stdin)
			}
			known = append(known, agent.Email)
		}
		if len(known) == 0 {
			return errors.New("there are no accounts yet; make one with: centrala agent add")
		}
		return fmt.Errorf("there is no account %s; did you mean %s?", a.Email, nearest(a.Email, known))
	})
}
