package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"centrala/cmd/centrala-torture/law"
	"centrala/lab"
)

// A Fault is one thing that goes wrong and is over when Do returns.
type Fault struct {
	Name  string
	Says  string
	Needs string // what not every house or machine has
	Do    func(context.Context, *Run) error
}

// What a fault may need.
const (
	needMail     = "mail"
	needSQLite   = "sqlite"
	needPostgres = "postgres"
	needNATS     = "cluster"
	needDisk     = "a small disk"
	needTracer   = "strace"
)

// faults are all that a run can be told to meet.
func (h *premises) faults(late time.Duration) []Fault {
	all := []Fault{
		{"kill", "a server is killed at a random moment and starts again", "", h.kill},
		{"term", "a server is ended politely under load and starts again", "", h.term},
		{"cut", "all connections are cut at once", "", func(_ context.Context, r *Run) error { r.link.CutAll(); return nil }},
		{"lossy", "for a second every fifth piece of traffic ends its connection", "", weather(lab.Weather{Cut: .2}, time.Second)},
		{"slow", "for a second every piece of traffic takes up to 80 ms", "", weather(lab.Weather{Delay: 80 * time.Millisecond}, time.Second)},
		{"half-open", "for two seconds nothing passes and nothing ends", "", weather(lab.Weather{Swallow: true}, 2*time.Second)},
		{"deaf", "some sockets ask for much and read nothing", "", h.deaf},
		{"herd", "very many sockets are cut at once and come back", "", herd},
		{"full-disk", "the disk fills up, and there is room again", needDisk, h.fullDisk},
		{"fsync-error", "the disk fails: fsync gives EIO, the program ends and starts again", needTracer, h.fsyncError},
		{"slow-disk", "for two seconds each fsync takes 50 ms longer", needTracer, h.slowDisk},
		{"busy", "another program holds the database for some seconds", needSQLite, h.busy},
		{"pg-restart", "PostgreSQL breaks down and recovers", needPostgres, h.pgRestart},
		{"pg-failover", "PostgreSQL is killed and its standby takes over", needPostgres, h.pgFailOver},
		{"nats-kill", "one of three NATS servers is killed and starts again", needNATS, h.natsKill},
		{"nats-cut", "one of three NATS servers is cut off from the others for three seconds", needNATS, h.natsCut},
	}
	for _, t := range []struct {
		name, says string
		trouble    lab.Trouble
		late       time.Duration
	}{
		{"refused", "refuses connections", lab.Refused, 0},
		{"hang", "answers nothing for a while", lab.Hanging, 0},
		{"late", "answers later than the house waits", lab.Late, late},
		{"torn", "is cut off in the middle of a mail", lab.Torn, 0},
		{"twice", "answers twice", lab.Twice, 0},
		{"putoff", "has no time now", lab.PutOff, 0},
	} {
		all = append(all,
			Fault{"imap-" + t.name, "the IMAP server " + t.says, needMail, h.trouble(true, t.trouble, t.late)},
			Fault{"smtp-" + t.name, "the SMTP server " + t.says, needMail, h.trouble(false, t.trouble, t.late)})
	}
	return append(all,
		Fault{"smtp-unheard", "the SMTP server takes mails and is cut off before it says so", needMail, h.trouble(false, lab.Unheard, 0)},
		Fault{"smtp-step", "the SMTP server takes mails and answers out of step", needMail, h.trouble(false, lab.OutOfStep, 0)})
}

// missing says why a fault cannot be had in this house on this machine, "" when it can.
func (h *premises) missing(f Fault) string {
	has := true
	switch f.Needs {
	case needMail:
		has = h.mail
	case needSQLite:
		has = h.kind == onSQLite
	case needPostgres:
		has = h.kind != onSQLite
	case needNATS:
		has = h.kind == onCluster
	case needDisk:
		if has = h.kind == onSQLite; has && !mayMount() {
			return lab.ErrNoDisk.Error()
		}
	case needTracer:
		if has = h.kind == onSQLite; has {
			if _, err := exec.LookPath("strace"); err != nil {
				return lab.ErrNoTracer.Error()
			}
		}
	}
	if !has {
		return "needs " + f.Needs
	}
	return ""
}

// mayMount tries whether a small disk can be had.
func mayMount() bool {
	dir, err := os.MkdirTemp("", "disk-")
	if err != nil {
		return false
	}
	d, err := lab.NewDisk(dir, 1<<20)
	if err == nil {
		err = d.Close()
	}
	return errors.Join(err, os.Remove(dir)) == nil
}

// choose takes the named faults that this house can meet, and says of the others why not. An
// empty list means all.
func (h *premises) choose(names string, late time.Duration) (chosen []Fault, without []string, err error) {
	all := h.faults(late)
	wanted := strings.Split(names, ",")
	for _, name := range wanted {
		if name != "" && !slices.ContainsFunc(all, func(f Fault) bool { return f.Name == strings.TrimSpace(name) }) {
			return nil, nil, fmt.Errorf("there is no fault %q; --help lists them", name)
		}
	}
	for _, f := range all {
		if names != "" && !slices.ContainsFunc(wanted, func(name string) bool { return strings.TrimSpace(name) == f.Name }) {
			continue
		}
		if why := h.missing(f); why != "" {
			without = append(without, f.Name+" ("+why+")")
			continue
		}
		chosen = append(chosen, f)
		h.small = h.small || f.Needs == needDisk
	}
	if len(chosen) == 0 {
		return nil, without, fmt.Errorf("nothing of what was asked can be had here: %s", strings.Join(without, ", "))
	}
	return chosen, without, nil
}

func (h *premises) kill(ctx context.Context, _ *Run) error {
	n := h.any()
	if err := n.Kill(); err != nil {
		return err
	}
	return h.again(ctx, n)
}

// term ends a server politely, and has everybody tell how their socket ended.
func (h *premises) term(ctx context.Context, r *Run) error {
	n := h.any()
	if len(h.nodes) > 1 { // whose sockets are there is not known: all go there
		h.only(n)
		defer h.only(nil)
		if err := r.gather(ctx); err != nil {
			return err
		}
	}
	online := map[*Person]int{}
	for _, p := range r.people {
		if connection := p.Online(); connection > 0 {
			online[p] = connection
		}
	}
	if err := n.Stop(); err != nil {
		return err
	}
	h.only(nil)
	r.terms++
	for p, connection := range online {
		within, cancel := context.WithTimeout(ctx, 10*time.Second)
		e, over := p.End(connection)
		for ; !over; e, over = p.End(connection) {
			if lab.Rest(within, 5*time.Millisecond) != nil {
				break
			}
		}
		cancel()
		r.record.Leave(law.Farewell{Term: r.terms, Name: p.Name, Code: e.code, RetryAfter: e.retryAfter})
	}
	return h.again(ctx, n)
}

func weather(w lab.Weather, long time.Duration) func(context.Context, *Run) error {
	return func(ctx context.Context, r *Run) error {
		r.link.Set(w)
		defer r.link.Set(lab.Weather{})
		return lab.Rest(ctx, long)
	}
}

// trouble makes one of the mail servers bad until that has met somebody, and a little longer.
func (h *premises) trouble(imap bool, t lab.Trouble, late time.Duration) func(context.Context, *Run) error {
	return func(ctx context.Context, r *Run) (err error) {
		relay, name := h.post.smtp, "SMTP"
		if imap {
			relay, name = h.post.imap, "IMAP"
		}
		if imap { // whatever it met before, the line is open
			r.tryLine(ctx)
		}
		before := relay.Struck(t)
		if err := relay.Make(t, late); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, relay.Make(lab.NoTrouble, 0)) }()
		if imap && t != lab.Hanging {
			relay.CutAll() // it waits with IDLE, and has to begin anew to meet anything
		}
		r.newcomer()
		within, cancel := context.WithTimeout(ctx, 15*time.Second)
		defer cancel()
		for relay.Struck(t) == before {
			if lab.Rest(within, 20*time.Millisecond) != nil {
				r.note(r.vain, name+" "+string(t))
				break
			}
		}
		return lab.Rest(ctx, time.Duration(500+r.chance(3500))*time.Millisecond)
	}
}
