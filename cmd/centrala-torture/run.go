package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"centrala/cmd/centrala-torture/correspondent"
	"centrala/cmd/centrala-torture/law"
	"centrala/lab"
)

// A Plan is what one run does. The same seed makes the same faults in the same order; what they
// meet is the machine's.
type Plan struct {
	House     House
	Post      func() *post // the mail around it, once it has started; nil for none
	Seed      uint64
	Customers int
	Mails     int           // how many people write mails
	Herd      int           // how many sockets the fault of that name opens
	Faults    []Fault       // taken by chance
	Rounds    int           // how many faults
	Patience  time.Duration // for people to send what is left once the faults are over; 0: two minutes
	Log       io.Writer
}

// A Run is a plan at work.
type Run struct {
	Plan
	link   *lab.Link
	api    *API
	record *law.Record
	people []*Person
	post   *post
	mailed []*correspondent.Correspondent
	admin  string      // token
	inbox  string      // the mailbox's
	terms  int         // polite ends so far
	hush   atomic.Bool // customers say nothing for a while
	begin  func(*correspondent.Correspondent)

	mu     sync.Mutex
	random *rand.Rand
	done   map[string]int
	vain   map[string]int // troubles that met nobody
	begun  int            // how many of mailed write
}

// Result is how a run ended.
type Result struct {
	Verdicts []law.Verdict
	Said     int
	Acked    int
	Mails    law.Mails
	Resumes  int
	Lives    int
	Done     map[string]int // faults by name
	Vain     map[string]int
}

// Do runs the plan and judges what came of it.
func (p Plan) Do(ctx context.Context) (result Result, err error) {
	if p.Patience == 0 {
		p.Patience = 2 * time.Minute
	}
	r := &Run{Plan: p, record: &law.Record{}, random: rand.New(rand.NewPCG(p.Seed, 0)), done: map[string]int{}, vain: map[string]int{}}
	if err := r.House.Start(ctx); err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, r.House.Stop()) }()
	if r.link, err = lab.NewLink(r.House.Addr, p.Seed); err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, r.link.Close()) }()
	r.api = NewAPI(r.link.Addr())
	if p.Post != nil {
		r.post = p.Post()
	}
	if err := r.invite(ctx); err != nil {
		return result, fmt.Errorf("bring people in: %w", err)
	}
	if err := r.torture(ctx); err != nil {
		return result, err
	}
	if err := r.read(ctx); err != nil {
		return result, fmt.Errorf("read the log: %w", err)
	}
	result = Result{Said: r.record.Count(), Acked: r.record.Acknowledged(), Mails: r.record.Mails(), Lives: r.House.Lives(), Done: r.done, Vain: r.vain}
	for _, person := range r.people {
		result.Resumes += person.Resumed()
		for _, problem := range person.Problems() {
			r.record.Expect(false, "%s", problem)
		}
	}
	result.Verdicts = law.Judge(r.record)
	return result, nil
}

// invite gives the customers their tokens and signs the agents in.
func (r *Run) invite(ctx context.Context) error {
	admin, _, err := r.api.SignIn(ctx, "admin@demo.test")
	if err != nil {
		return err
	}
	r.admin = admin
	if r.post != nil {
		if r.inbox, err = r.api.Inbox(ctx, admin, "pomoc"); err != nil {
			return err
		}
		for n := range maxTalks - r.Customers { // some of them begin later
			r.mailed = append(r.mailed, correspondent.New(n, helpdesk, r.record, r.post.box))
		}
	}
	for _, email := range []string{"ania@demo.test", "piotr@demo.test"} {
		token, id, err := r.api.SignIn(ctx, email)
		if err != nil {
			return err
		}
		if err := r.api.Do(ctx, http.MethodPatch, "/v1/agents/"+id, admin, map[string]int{"capacity": 1000}, nil); err != nil {
			return err
		}
		agent := newPerson(r.record, &law.Reader{Name: email, Sees: map[string]bool{}}, r.link.Addr(), token)
		agent.greet = []map[string]any{{"type": "presence.set", "status": "online"}}
		agent.hear = answers(id)
		r.people = append(r.people, agent)
	}
	for n := range r.Customers {
		token, err := r.api.Visitor(ctx)
		if err != nil {
			return err
		}
		customer := newPerson(r.record, &law.Reader{Name: fmt.Sprintf("klient %d", n), Customer: true, Sees: map[string]bool{}}, r.link.Addr(), token)
		customer.greet = []map[string]any{{"type": "contact.set", "side": "buyer"}}
		r.people = append(r.people, customer)
	}
	return nil
}

// answers is an agent at work: what customers write in a conversation of theirs is answered,
// and now and then a note is made of it.
func answers(me string) func(*Person, frame) {
	mine, heard := map[string]bool{}, map[spot]bool{} // only the reading goroutine touches them
	return func(p *Person, f frame) {
		switch f.Type {
		case "conversation":
			had := mine[f.ID]
			mine[f.ID] = f.Assignee != nil && f.Assignee.ID == me
			if mine[f.ID] && !had {
				p.record.Own(p.Reader, f.ID)
				p.Catch(f.ID)
				if f.Channel == "email" && f.Turn == "agent" { // who writes mails waits for an answer
					p.Say(f.ID, false)
				}
			}
		case "message":
			var e entry
			at := spot{f.Conversation, f.Seq} // what comes once more is not answered once more
			if json.Unmarshal(f.Message, &e) == nil && e.Author.Kind == "customer" && mine[f.Conversation] && !heard[at] {
				heard[at] = true
				p.Say(f.Conversation, f.Seq%7 == 0)
			}
		}
	}
}

// torture lets people talk while one fault follows the other, and then lets them finish.
func (r *Run) torture(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	crowd, ctx := errgroup.WithContext(ctx)
	defer func() { _ = crowd.Wait() }() // its error is returned below, or another one is
	defer cancel()
	for _, p := range r.people {
		crowd.Go(func() error { p.Run(ctx); return nil })
	}
	talking, quiet := context.WithCancel(ctx)
	defer quiet()
	for _, p := range r.people {
		if p.Customer {
			crowd.Go(func() error { r.chat(talking, p); return nil })
		}
	}
	r.begin = func(c *correspondent.Correspondent) { crowd.Go(func() error { return c.Run(talking) }) }
	if r.post != nil {
		for range r.Mails {
			r.newcomer()
		}
		crowd.Go(func() error { return correspondent.Collect(ctx, r.record, r.post.sink, r.mailed) })
	}
	if err := r.meet(ctx); err != nil {
		return err
	}
	quiet()
	if r.post != nil {
		if err := r.mailIsIn(ctx); err != nil {
			return err
		}
	}
	within, stop := context.WithTimeoutCause(ctx, r.Patience, fmt.Errorf("not settled after %s", r.Patience))
	defer stop()
	err := settle(within, r.people, r.record.Count, r.link.CutAll)
	if ctx.Err() == nil { // a verdict, and the others are heard too
		r.record.Expect(err == nil, "when the faults were over: %v", err)
	}
	if r.post != nil {
		if err := r.mailIsOut(ctx); err != nil {
			return err
		}
	}
	if err := context.Cause(ctx); err != nil {
		return err
	}
	cancel()
	return crowd.Wait()
}

// meet has everybody meet the faults: each once, and then by chance. Beside one of three stands
// a trouble of the mail servers, so that servers also die while mails are handed over.
func (r *Run) meet(ctx context.Context) error {
	var mail []Fault
	for _, f := range r.Faults {
		if f.Needs == needMail {
			mail = append(mail, f)
		}
	}
	for n := range r.Rounds {
		if err := lab.Rest(ctx, time.Duration(200+r.chance(600))*time.Millisecond); err != nil {
			return err
		}
		now := []Fault{r.Faults[r.chance(len(r.Faults))]}
		if n < len(r.Faults) && r.Rounds >= len(r.Faults) {
			now[0] = r.Faults[(n+int(r.Seed%uint64(len(r.Faults))))%len(r.Faults)]
		}
		if now[0].Needs != needMail && len(mail) > 0 && r.chance(3) == 0 {
			now = append(now, mail[r.chance(len(mail))])
		}
		together, within := errgroup.WithContext(ctx)
		for _, f := range now {
			fmt.Fprintf(r.Log, "torture: fault %d of %d, %s; %d messages\n", n+1, r.Rounds, f.Name, r.record.Count())
			together.Go(func() error {
				if err := f.Do(within, r); err != nil {
					return fmt.Errorf("fault %d, %s: %w", n+1, f.Name, err)
				}
				r.note(r.done, f.Name)
				return nil
			})
		}
		if err := together.Wait(); err != nil {
			return err
		}
	}
	return nil
}

// chance is a number below n.
func (r *Run) chance(n int) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.random.IntN(n)
}

// note counts something by its name.
func (r *Run) note(in map[string]int, name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	in[name]++
}

// chat is a customer who writes, waits until that is acknowledged, and writes again.
func (r *Run) chat(ctx context.Context, p *Person) {
	for {
		if p.Unsent() < 3 && !r.hush.Load() && r.toAnswer() < patientFor {
			p.Say("", false)
		}
		if lab.Rest(ctx, rand.N(80*time.Millisecond)) != nil {
			return
		}
	}
}

// patientFor is how many answers agents may owe before customers wait with writing more.
const patientFor = 100

// toAnswer is how many answers agents have not got through yet.
func (r *Run) toAnswer() (n int) {
	for _, p := range r.people {
		if !p.Customer {
			n += p.Unsent()
		}
	}
	return n
}

// read has everything read once more as it lies in the log now, by the administrator and by each
// customer after a reload: readers of their own, so that nothing hides what a socket missed.
func (r *Run) read(ctx context.Context) error {
	log := r.record.Read(&law.Reader{Name: "the log", Log: true})
	for _, p := range r.people {
		if !p.Customer {
			continue
		}
		again := r.record.Read(&law.Reader{Name: p.Name + ", after a reload", Customer: true, Sees: p.Sees})
		for conversation := range p.Sees {
			if err := r.reload(ctx, log, r.admin, conversation); err != nil {
				return err
			}
			if err := r.reload(ctx, again, p.token, conversation); err != nil {
				return err
			}
		}
	}
	if r.post == nil {
		return nil
	}
	byMail, err := r.api.Conversations(ctx, r.admin, "email")
	if err != nil {
		return err
	}
	for _, conversation := range byMail {
		if err := r.reload(ctx, log, r.admin, conversation); err != nil {
			return err
		}
	}
	return nil
}

// reload reads one conversation whole. One that is not there says nothing, which the laws judge.
func (r *Run) reload(ctx context.Context, as *law.Reader, token, conversation string) error {
	entries, err := r.api.Timeline(ctx, token, conversation)
	if errors.Is(err, errNotThere) {
		return nil
	}
	for _, e := range entries {
		r.record.Hear(as, law.Arrival{Conversation: conversation, Seq: e.Seq, Hidden: e.Hidden, Key: e.Key, Text: e.Text, System: len(e.System) > 0})
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
				if err := lab.Rest(ctx, 20*time.Millisecond); err != nil {
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
			if err := lab.Rest(ctx, 20*time.Millisecond); err != nil {
				return fmt.Errorf("%s still has %d words unsent: %w", p.Name, p.Unsent(), err)
			}
		}
	}
	return nil
}
