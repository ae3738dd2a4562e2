package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"centrala/lab"
)

// A Plan is what one run does. The same seed makes the same faults in the same order; what they
// meet is the machine's.
type Plan struct {
	Binary    string // of the server
	Dir       string // an empty folder
	Seed      uint64
	Customers int
	Faults    []Fault // taken in turn by chance
	Rounds    int     // how many faults
	Log       io.Writer
}

// A Run is a plan at work.
type Run struct {
	Plan
	server *lab.Node
	link   *lab.Link
	api    *API
	record *Record
	random *rand.Rand
	people []*Person
	admin  string // token
	done   map[string]int
}

// Result is how a run ended.
type Result struct {
	Verdicts []Verdict
	Said     int
	Acked    int
	Resumes  int
	Lives    int
	Done     map[string]int // faults by name
	Problems []string       // what people met that the protocol does not allow
}

// settleWithin is how long people may need to send what is left once the faults are over.
const settleWithin = 2 * time.Minute

// Do runs the plan and judges what came of it.
func (p Plan) Do(ctx context.Context) (result Result, err error) {
	r := &Run{Plan: p, record: &Record{}, random: rand.New(rand.NewPCG(p.Seed, 0)), done: map[string]int{}}
	r.server = &lab.Node{Binary: p.Binary, Data: filepath.Join(p.Dir, "data"), Log: p.Log}
	if err := r.server.Start(ctx); err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, r.server.Stop()) }()
	if r.link, err = lab.NewLink(func() string { return r.server.Addr }, p.Seed); err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, r.link.Close()) }()
	r.api = NewAPI(r.server.Addr)
	if err := r.invite(ctx); err != nil {
		return result, fmt.Errorf("bring people in: %w", err)
	}
	if err := r.torture(ctx); err != nil {
		return result, err
	}
	if err := r.read(ctx); err != nil {
		return result, fmt.Errorf("read the log: %w", err)
	}
	result = Result{Verdicts: Judge(r.record), Lives: r.server.Lives, Done: r.done, Said: len(r.record.said)}
	for _, s := range r.record.said {
		if s.Acknowledged() {
			result.Acked++
		}
	}
	for _, person := range r.people {
		result.Resumes += person.Resumed()
		result.Problems = append(result.Problems, person.problems...)
	}
	return result, nil
}

// invite gives the customers their tokens and signs the agents in.
func (r *Run) invite(ctx context.Context) error {
	admin, _, err := r.api.SignIn(ctx, "admin@demo.test")
	if err != nil {
		return err
	}
	r.admin = admin
	for _, email := range []string{"ania@demo.test", "piotr@demo.test"} {
		token, id, err := r.api.SignIn(ctx, email)
		if err != nil {
			return err
		}
		if err := r.api.Do(ctx, http.MethodPatch, "/v1/agents/"+id, admin, map[string]int{"capacity": 1000}, nil); err != nil {
			return err
		}
		agent := newPerson(r.record, &Reader{Name: email, Sees: map[string]bool{}}, r.link.Addr(), token)
		agent.greet = []map[string]any{{"type": "presence.set", "status": "online"}}
		agent.hear = answers(id)
		r.people = append(r.people, agent)
	}
	for n := range r.Customers {
		token, err := r.api.Visitor(ctx)
		if err != nil {
			return err
		}
		customer := newPerson(r.record, &Reader{Name: fmt.Sprintf("klient %d", n), Customer: true, Sees: map[string]bool{}}, r.link.Addr(), token)
		customer.greet = []map[string]any{{"type": "contact.set", "side": "buyer"}}
		r.people = append(r.people, customer)
	}
	return nil
}

// answers is an agent at work: what customers write in a conversation of theirs is answered,
// and now and then a note is made of it.
func answers(me string) func(*Person, frame) {
	mine := map[string]bool{} // only the reading goroutine touches it
	return func(p *Person, f frame) {
		switch f.Type {
		case "conversation":
			had := mine[f.ID]
			mine[f.ID] = f.Assignee != nil && f.Assignee.ID == me
			if mine[f.ID] && !had {
				p.record.Own(p.Reader, f.ID)
				p.Catch(f.ID)
			}
		case "message":
			var e entry
			if json.Unmarshal(f.Message, &e) == nil && e.Author.Kind == "customer" && mine[f.Conversation] {
				p.Say(f.Conversation, f.Seq%7 == 0)
			}
		}
	}
}

// torture lets people talk while one fault follows the other, and then lets them finish.
func (r *Run) torture(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var crowd sync.WaitGroup
	defer crowd.Wait()
	defer cancel()
	for _, p := range r.people {
		crowd.Go(func() { p.Run(ctx) })
	}
	talking, quiet := context.WithCancel(ctx)
	defer quiet()
	for _, p := range r.people {
		if p.Customer {
			crowd.Go(func() { chat(talking, p) })
		}
	}
	for n := range r.Rounds {
		if err := rest(ctx, time.Duration(200+r.random.IntN(600))*time.Millisecond); err != nil {
			return err
		}
		f := r.Faults[r.random.IntN(len(r.Faults))]
		if err := f.Do(ctx, r); err != nil {
			return fmt.Errorf("fault %d, %s: %w", n+1, f.Name, err)
		}
		r.done[f.Name]++
		if (n+1)%10 == 0 {
			fmt.Fprintf(r.Log, "torture: %d of %d faults, %d messages\n", n+1, r.Rounds, r.record.Count())
		}
	}
	quiet()
	within, stop := context.WithTimeoutCause(ctx, settleWithin, fmt.Errorf("not settled after %s", settleWithin))
	defer stop()
	return settle(within, r.people, r.record.Count, r.link.CutAll)
}

// chat is a customer who writes, waits until that is acknowledged, and writes again.
func chat(ctx context.Context, p *Person) {
	for {
		if p.Unsent() < 3 {
			p.Say("", false)
		}
		if rest(ctx, rand.N(40*time.Millisecond)) != nil {
			return
		}
	}
}

// read has everything read once more as it lies in the log now, by the administrator and by each
// customer after a reload: readers of their own, so that nothing hides what a socket missed.
func (r *Run) read(ctx context.Context) error {
	log := r.record.Read(&Reader{Name: "the log"})
	for _, p := range r.people {
		if !p.Customer {
			continue
		}
		again := r.record.Read(&Reader{Name: p.Name + ", after a reload", Customer: true, Sees: p.Sees})
		for conversation := range p.Sees {
			if err := r.reload(ctx, log, r.admin, conversation); err != nil {
				return err
			}
			if err := r.reload(ctx, again, p.token, conversation); err != nil {
				return err
			}
		}
	}
	return nil
}

// reload reads one conversation whole.
func (r *Run) reload(ctx context.Context, as *Reader, token, conversation string) error {
	entries, err := r.api.Timeline(ctx, token, conversation)
	for _, e := range entries {
		r.record.Hear(as, Arrival{Conversation: conversation, Seq: e.Seq, Hidden: e.Hidden, Key: e.Key, Text: e.Text, System: len(e.System) > 0})
	}
	return err
}

// settle waits until everybody has everything: until the outboxes are empty, all have come back
// once more and got what they missed, and nobody has said anything because of that.
func settle(ctx context.Context, people []*Person, said, cutAll func() int) error {
	for before := -1; before != said(); {
		if err := sent(ctx, people); err != nil {
			return err
		}
		before = said()
		resumed := make([]int, len(people))
		for i, p := range people {
			resumed[i] = p.Resumed()
		}
		cutAll()
		for i, p := range people {
			for p.Resumed() == resumed[i] {
				if err := rest(ctx, 20*time.Millisecond); err != nil {
					return fmt.Errorf("%s does not come back: %w", p.Name, err)
				}
			}
		}
		if err := sent(ctx, people); err != nil {
			return err
		}
	}
	return nil
}

// sent waits until nobody has words in the outbox.
func sent(ctx context.Context, people []*Person) error {
	for _, p := range people {
		for p.Unsent() > 0 {
			if err := rest(ctx, 20*time.Millisecond); err != nil {
				return fmt.Errorf("%s still has %d words unsent: %w", p.Name, p.Unsent(), err)
			}
		}
	}
	return nil
}

// rest waits, or less when ctx ends.
func rest(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
