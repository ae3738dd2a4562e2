package routing_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"centrala"
	"centrala/routing"
	"centrala/store"
	"centrala/store/storetest"
)

// bureau is a store with teams, an inbox without a team, and a clock that a test moves.
type bureau struct {
	*store.DB
	t       *testing.T
	ahead   atomic.Int64
	widget  centrala.Inbox
	mailbox centrala.Inbox
	teams   map[centrala.Side]centrala.Team
	people  atomic.Int64
}

func (b *bureau) now() time.Time { return time.Now().Add(time.Duration(b.ahead.Load())) }

func (b *bureau) wait(d time.Duration) { b.ahead.Add(int64(d)) }

// onBoth runs a test on both databases.
func onBoth(t *testing.T, test func(*testing.T, *bureau)) {
	t.Helper()
	for name, dsn := range storetest.Both() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, newBureau(t, dsn(t)))
		})
	}
}

func newBureau(t *testing.T, dsn string) *bureau {
	t.Helper()
	b := &bureau{t: t, teams: map[centrala.Side]centrala.Team{}}
	db, err := store.Open(t.Context(), dsn, store.Options{Now: b.now})
	if err != nil {
		t.Fatal(err)
	}
	b.DB = db
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close the store: %v", err)
		}
	})
	for _, s := range []centrala.Side{centrala.Buyer, centrala.Seller} {
		team, err := db.SaveTeam(t.Context(), centrala.Team{Name: "team of " + string(s), Sides: []centrala.Side{s}})
		b.must(err)
		b.teams[s] = team
	}
	b.widget, err = db.SaveInbox(t.Context(), centrala.Inbox{Slug: "web", Name: "Sklep", Channel: centrala.Chat, Enabled: true})
	b.must(err)
	b.mailbox, err = db.SaveInbox(t.Context(), centrala.Inbox{Slug: "formularz", Name: "Formularz", Channel: centrala.Form, Enabled: true})
	b.must(err)
	return b
}

func (b *bureau) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *bureau) desk() *routing.Desk {
	return routing.New(routing.Config{Log: b, House: b, Promises: b, Locale: "en", Now: b.now})
}

// agent makes an agent who is on the line.
func (b *bureau) agent(name string, capacity int, sides ...centrala.Side) centrala.Agent {
	b.t.Helper()
	var teams []centrala.TeamID
	for _, s := range sides {
		teams = append(teams, b.teams[s].ID)
	}
	a, err := b.SaveAgent(b.t.Context(), centrala.Agent{Email: strings.ToLower(name) + "@example.test", Name: name, Role: centrala.RoleAgent, Teams: teams, Capacity: capacity})
	b.must(err)
	b.must(b.SetPresence(b.t.Context(), a.ID, centrala.Online))
	return a
}

// opens begins a conversation of somebody new.
func (b *bureau) opens(in centrala.Inbox, side centrala.Side) centrala.ConversationID {
	b.t.Helper()
	n := b.people.Add(1)
	contact := centrala.Contact{ID: b.NewContactID(), Name: fmt.Sprintf("Person %d", n), Side: side}
	if in.Channel != centrala.Chat {
		contact.Email = fmt.Sprintf("p%d@example.test", n)
	}
	return b.says(in, contact, "k1")
}

func (b *bureau) says(in centrala.Inbox, contact centrala.Contact, key string) centrala.ConversationID {
	b.t.Helper()
	r, err := b.Append(b.t.Context(), centrala.Post{Sender: "v_" + contact.ID.String(), Key: key, Author: centrala.Author{Kind: centrala.ByCustomer, ID: contact.ID.String()},
		Inbox: in.ID, Channel: in.Channel, Contact: &contact, Scope: centrala.Scope{Contact: contact.ID, Inbox: in.ID}, Text: "Where is my parcel?"})
	b.must(err)
	return r.Conversation
}

func (b *bureau) do(id centrala.ConversationID, cmd centrala.Command, by centrala.Agent) centrala.Conversation {
	b.t.Helper()
	c, err := b.Do(b.t.Context(), centrala.Everything(), id, cmd, centrala.Author{Kind: centrala.ByAgent, ID: by.ID.String(), Name: by.Name})
	b.must(err)
	return c
}

func (b *bureau) conversation(id centrala.ConversationID) centrala.Conversation {
	b.t.Helper()
	c, err := b.Conversation(b.t.Context(), centrala.Everything(), id)
	b.must(err)
	return c
}

// handle tells a desk that something happened to a conversation and gives it as it is then.
func (b *bureau) handle(d *routing.Desk, about centrala.ConversationID) centrala.Conversation {
	b.t.Helper()
	b.must(d.Handle(b.t.Context(), centrala.Event{Type: centrala.ConversationQueued, Conversation: about}))
	return b.conversation(about)
}

func (b *bureau) has(c centrala.Conversation, a centrala.Agent, reason string) {
	b.t.Helper()
	if c.Status != centrala.Open || c.Assignee != a.ID || c.Reason != reason {
		b.t.Fatalf("status %s, assignee %q, reason %q; want %q, %q", c.Status, c.AssigneeName, c.Reason, a.Name, reason)
	}
}

func (b *bureau) waits(c centrala.Conversation, reason string) {
	b.t.Helper()
	if c.Status != centrala.Waiting || c.Reason != reason {
		b.t.Fatalf("status %s, assignee %q, reason %q; want it to wait because %q", c.Status, c.AssigneeName, c.Reason, reason)
	}
}

func TestDeskFollowsTheSide(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, b *bureau) {
		d := b.desk()
		ania, marek := b.agent("Ania", 24, centrala.Buyer), b.agent("Marek", 24, centrala.Seller)
		c := b.handle(d, b.opens(b.widget, centrala.Seller))
		b.has(c, marek, "The only free line in team of seller")
		if c.Team != b.teams[centrala.Seller].ID {
			t.Errorf("the team is %s", c.Team)
		}
		b.has(b.handle(d, b.opens(b.mailbox, centrala.Buyer)), ania, "The only free line in team of buyer")
		b.waits(b.handle(d, b.opens(b.widget, centrala.Advertiser)), "Waiting: no team has this side: advertiser")

		msgs, _, err := b.Messages(t.Context(), centrala.Everything(), c.ID, centrala.Page{})
		b.must(err)
		last := msgs[len(msgs)-1]
		if want := []string{"Seller → team of seller", "only free line", "free lines: 6 of 6"}; last.System == nil || !slices.Equal(last.System.Reasons, want) {
			t.Errorf("the entry is %+v, want the chips %q", last.System, want)
		}
	})
}

func TestDeskFillsLinesAndTheQueue(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, b *bureau) {
		d := b.desk()
		first := b.opens(b.widget, centrala.Buyer)
		b.waits(b.handle(d, first), "Waiting: no one in team of buyer is on the line")
		ania := b.agent("Ania", 8, centrala.Buyer)
		b.must(d.Handle(t.Context(), centrala.Event{Type: centrala.AgentPresence}))
		b.has(b.conversation(first), ania, "The only free line in team of buyer")
		second := b.handle(d, b.opens(b.widget, centrala.Buyer))
		b.has(second, ania, "The only free line in team of buyer")

		third, urgent := b.opens(b.widget, centrala.Buyer), b.opens(b.widget, centrala.Buyer)
		b.waits(b.handle(d, third), "Waiting: no one in team of buyer has a free line")
		b.do(urgent, centrala.Prioritise{Priority: 2}, ania)
		b.waits(b.handle(d, urgent), "Waiting: no one in team of buyer has a free line")

		// Nothing has changed, so nothing is written.
		before := b.conversation(third)
		b.handle(d, third)
		b.must(d.Sweep(t.Context()))
		if after := b.conversation(third); after.Version != before.Version || after.LastN != before.LastN {
			t.Errorf("holding it again made version %d from %d", after.Version, before.Version)
		}

		// Every line that becomes free goes to who is next.
		b.do(first, centrala.Resolve{}, ania)
		b.handle(d, first)
		b.has(b.conversation(urgent), ania, "The only free line in team of buyer")
		b.do(second.ID, centrala.Snooze{Until: b.now().Add(time.Hour)}, ania)
		b.handle(d, second.ID)
		b.has(b.conversation(third), ania, "The only free line in team of buyer")

		// Who is on a break gets nothing, and keeps what they have.
		fourth := b.opens(b.widget, centrala.Buyer)
		b.do(urgent, centrala.Resolve{}, ania)
		b.must(b.SetPresence(t.Context(), ania.ID, centrala.Away))
		b.waits(b.handle(d, fourth), "Waiting: no one in team of buyer is on the line")
		if c := b.conversation(third); c.Assignee != ania.ID {
			t.Error("a break took a conversation away")
		}
		b.must(b.SetPresence(t.Context(), ania.ID, centrala.Online))
		b.has(b.handle(d, fourth), ania, "The only free line in team of buyer")
	})
}

func TestDeskRemembersWhoKnowsTheCase(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, b *bureau) {
		d := b.desk()
		ania := b.agent("Ania", 24, centrala.Buyer)
		c := b.handle(d, b.opens(b.widget, centrala.Buyer))
		b.has(c, ania, "The only free line in team of buyer")
		piotr := b.agent("Piotr", 100, centrala.Buyer)
		b.do(c.ID, centrala.Resolve{}, ania)
		b.do(c.ID, centrala.Reopen{}, ania)
		b.has(b.handle(d, c.ID), ania, "Ania knows this case and has a free line")

		// Who puts it back does not get it again at once, even when alone.
		b.do(c.ID, centrala.Unassign{}, ania)
		b.has(b.handle(d, c.ID), piotr, "The only free line in team of buyer")
		b.must(b.SetPresence(t.Context(), ania.ID, centrala.Offline))
		b.do(c.ID, centrala.Unassign{}, piotr)
		b.waits(b.handle(d, c.ID), "Waiting: it was put back, and no one else in team of buyer has a free line")
		b.wait(routing.PutBackFor)
		b.must(b.SetPresence(t.Context(), piotr.ID, centrala.Online))
		b.has(b.handle(d, c.ID), piotr, "Piotr knows this case and has a free line")

		// Another side is another team.
		marek := b.agent("Marek", 24, centrala.Seller)
		b.do(c.ID, centrala.Transfer{Side: centrala.Seller}, piotr)
		moved := b.handle(d, c.ID)
		b.has(moved, marek, "The only free line in team of seller")
		if moved.Team != b.teams[centrala.Seller].ID || moved.Side != centrala.Seller {
			t.Errorf("it is of team %s and side %s", moved.Team, moved.Side)
		}
	})
}

func TestSweep(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, b *bureau) {
		d := b.desk()
		ania := b.agent("Ania", 24, centrala.Buyer)
		asleep := b.handle(d, b.opens(b.widget, centrala.Buyer)).ID
		chat := b.handle(d, b.opens(b.widget, centrala.Buyer)).ID
		mail := b.handle(d, b.opens(b.mailbox, centrala.Buyer)).ID
		b.do(asleep, centrala.Snooze{Until: b.now().Add(time.Minute)}, ania)
		b.must(d.Sweep(t.Context()))
		if c := b.conversation(asleep); c.Status != centrala.Snoozed {
			t.Fatalf("it woke too early: %s", c.Status)
		}

		// After a minute she is gone, but not for long enough; the snooze is over.
		b.wait(61 * time.Second)
		b.must(d.Sweep(t.Context()))
		if c := b.conversation(asleep); c.Status != centrala.Open || c.Assignee != ania.ID {
			t.Fatalf("after the snooze it is %s", c.Status)
		}
		if c := b.conversation(chat); c.Assignee != ania.ID {
			t.Fatal("her chat was taken within the grace")
		}

		// Then her chats go back to the head of the queue, and to who is there.
		b.wait(store.Lease + store.Grace)
		young := b.opens(b.widget, centrala.Buyer)
		piotr := b.agent("Piotr", 8, centrala.Buyer)
		b.must(d.Sweep(t.Context()))
		b.has(b.conversation(asleep), piotr, "The only free line in team of buyer")
		b.has(b.conversation(chat), piotr, "The only free line in team of buyer")
		b.waits(b.conversation(young), "Waiting: no one in team of buyer has a free line")
		if c := b.conversation(mail); c.Assignee != ania.ID {
			t.Error("a mail, which can wait, was taken from her")
		}
		msgs, _, err := b.Messages(t.Context(), centrala.Everything(), chat, centrala.Page{})
		b.must(err)
		if !slices.ContainsFunc(msgs, func(m centrala.Message) bool {
			return m.System != nil && m.System.Kind == "unassigned" && m.System.Reason == "Connection lost: Ania, the conversation is back at the head of the queue"
		}) {
			t.Error("the timeline does not say why it was taken from her")
		}
		gone, err := b.LapsedAgents(t.Context())
		b.must(err)
		if len(gone) != 0 {
			t.Errorf("%d agents still count as gone with something in their hands", len(gone))
		}
	})
}

// Fifty claim one conversation: one has it, the others are told who.
func TestAClaimHasOneOwner(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, b *bureau) {
		const n = 50
		agents := make([]centrala.Agent, n)
		for i := range agents {
			agents[i] = b.agent(fmt.Sprintf("Agent%d", i), 24, centrala.Buyer)
		}
		id := b.opens(b.widget, centrala.Buyer)
		var all sync.WaitGroup
		start, codes := make(chan struct{}), make([]centrala.Code, n)
		for i, a := range agents {
			all.Go(func() {
				<-start
				_, err := b.Do(t.Context(), centrala.Everything(), id, centrala.Assign{Agent: a.ID, Name: a.Name, Claim: true}, centrala.Author{Kind: centrala.ByAgent, ID: a.ID.String()})
				codes[i] = centrala.CodeOf(err)
			})
		}
		close(start)
		all.Wait()
		won, lost := 0, 0
		for i, code := range codes {
			switch code {
			case "":
				won++
				if c := b.conversation(id); c.Assignee != agents[i].ID {
					t.Errorf("%s was told that it is theirs, but %s has it", agents[i].Name, c.AssigneeName)
				}
			case centrala.Conflict:
				lost++
			}
		}
		if won != 1 || lost != n-1 {
			t.Errorf("%d won and %d were refused of %d: %v", won, lost, n, codes)
		}
		if got := b.assignments(id); got != 1 {
			t.Errorf("the log has %d assignments", got)
		}
	})
}

func (b *bureau) assignments(id centrala.ConversationID) (n int) {
	b.t.Helper()
	msgs, _, err := b.Messages(b.t.Context(), centrala.Everything(), id, centrala.Page{Limit: 500})
	b.must(err)
	for _, m := range msgs {
		if m.System != nil && m.System.Kind == "assigned" {
			n++
		}
	}
	return n
}

// Fifty desks drain one queue at the same time: everything that fits is given, once, and
// nobody gets more than they can carry.
func TestFiftyDesks(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, b *bureau) {
		var ids []centrala.ConversationID
		for range 40 {
			ids = append(ids, b.opens(b.widget, centrala.Buyer))
		}
		var agents []centrala.AgentID
		for i := range 5 {
			agents = append(agents, b.agent(fmt.Sprintf("Agent%d", i), 24+i%2, centrala.Buyer).ID)
		}
		var all sync.WaitGroup
		start := make(chan struct{})
		for range 50 {
			d := b.desk()
			all.Go(func() {
				<-start
				if err := d.Handle(t.Context(), centrala.Event{Type: centrala.AgentPresence}); err != nil {
					t.Errorf("handle: %v", err)
				}
			})
		}
		close(start)
		all.Wait()
		// Desks that ran out of time may have left something. Sweeps finish it.
		full := func(c centrala.Conversation) bool {
			return c.Status == centrala.Waiting && c.Reason == "Waiting: no one in team of buyer has a free line"
		}
		for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
			b.must(b.Heartbeat(t.Context(), agents))
			b.must(b.desk().Sweep(t.Context()))
			if waiting, err := b.Waiting(t.Context()); err != nil || len(waiting) == 10 && !slices.ContainsFunc(waiting, func(c centrala.Conversation) bool { return !full(c) }) {
				b.must(err)
				break
			}
		}

		open, loads := 0, map[centrala.AgentID]int{}
		for i, id := range ids {
			c := b.conversation(id)
			n := b.assignments(id)
			if c.Status == centrala.Open {
				open++
				loads[c.Assignee] += c.Channel.Cost()
				if n != 1 {
					t.Errorf("conversation %d was assigned %d times", i, n)
				}
			} else if n != 0 || !full(c) {
				t.Errorf("conversation %d waits after %d assignments: %q", i, n, c.Reason)
			}
			if want := i < 30; (c.Status == centrala.Open) != want {
				t.Errorf("number %d of the queue is %s", i+1, c.Status)
			}
		}
		if open != 30 {
			t.Errorf("%d were given, want 30 of 40: five agents with six lines each", open)
		}
		for a, load := range loads {
			if load > 24 {
				t.Errorf("agent %s carries %d of 24", a, load)
			}
		}
	})
}

// part is a log of which a desk sees a tenth of the queue, as one that reads late would.
type part struct {
	*bureau
	n int64
}

func (p part) Waiting(ctx context.Context, teams ...centrala.TeamID) ([]centrala.Conversation, error) {
	all, err := p.bureau.Waiting(ctx, teams...)
	return slices.DeleteFunc(all, func(c centrala.Conversation) bool { return c.Number%10 != p.n }), err
}

// Desks that see different parts of the queue all want to give to the one who has room.
func TestNobodyGetsMoreThanTheyCarry(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, b *bureau) {
		for range 40 {
			b.opens(b.widget, centrala.Buyer)
		}
		ania := b.agent("Ania", 26, centrala.Buyer)
		var all sync.WaitGroup
		start := make(chan struct{})
		for n := range int64(10) {
			d := routing.New(routing.Config{Log: part{b, n}, House: b, Promises: b, Locale: "en", Now: b.now})
			all.Go(func() {
				<-start
				if err := d.Handle(t.Context(), centrala.Event{Type: centrala.AgentPresence}); err != nil {
					t.Errorf("handle: %v", err)
				}
			})
		}
		close(start)
		all.Wait()
		b.must(b.Heartbeat(t.Context(), []centrala.AgentID{ania.ID}))
		b.must(b.desk().Sweep(t.Context())) // for desks that ran out of time
		lines, err := b.Lines(t.Context())
		b.must(err)
		if len(lines) != 1 || lines[0].Load != 24 {
			t.Errorf("the lines are %+v, want 24 of 26 in use", lines)
		}
	})
}

// counted counts the questions to the log.
type counted struct {
	*bureau
	waitings, rows, lines, dos atomic.Int64
}

func (c *counted) Waiting(ctx context.Context, teams ...centrala.TeamID) ([]centrala.Conversation, error) {
	c.waitings.Add(1)
	all, err := c.bureau.Waiting(ctx, teams...)
	c.rows.Add(int64(len(all)))
	return all, err
}

func (c *counted) Lines(ctx context.Context) ([]centrala.Line, error) {
	c.lines.Add(1)
	return c.bureau.Lines(ctx)
}

func (c *counted) Do(ctx context.Context, s centrala.Scope, id centrala.ConversationID, cmd centrala.Command, by centrala.Author) (centrala.Conversation, error) {
	c.dos.Add(1)
	return c.bureau.Do(ctx, s, id, cmd, by)
}

func TestNothingWaitsCostsOneQuestion(t *testing.T) {
	t.Parallel()
	log := &counted{bureau: newBureau(t, storetest.SQLite(t))}
	log.agent("Ania", 24, centrala.Buyer)
	d := routing.New(routing.Config{Log: log, House: log, Promises: log})
	log.must(d.Handle(t.Context(), centrala.Event{Type: centrala.ConversationResolved, Conversation: 1}))
	if w, l := log.waitings.Load(), log.lines.Load(); w != 1 || l != 0 {
		t.Errorf("it asked %d times who waits and %d times who is there", w, l)
	}
}

// slow is a log in which nothing waits; it answers when the gate is opened.
type slow struct {
	routing.Log
	routing.House
	asked atomic.Int64
	gate  chan struct{}
	fail  error
}

func (s *slow) Waiting(context.Context, ...centrala.TeamID) ([]centrala.Conversation, error) {
	s.asked.Add(1)
	<-s.gate
	return nil, s.fail
}

// However many events come while a round runs, they share the next one, and its failure.
func TestEventsShareARound(t *testing.T) {
	t.Parallel()
	for _, fail := range []error{nil, errors.New("the disk is gone")} {
		synctest.Test(t, func(t *testing.T) {
			log := &slow{gate: make(chan struct{}), fail: fail}
			d := routing.New(routing.Config{Log: log, House: log})
			got := make(chan error, 501)
			for range cap(got) {
				go func() { got <- d.Handle(t.Context(), centrala.Event{Type: centrala.AgentChanged}) }()
			}
			synctest.Wait() // one asks, the others wait
			ctx, cancel := context.WithTimeoutCause(t.Context(), 100*time.Millisecond, errors.New("no time"))
			defer cancel()
			if err := d.Handle(ctx, centrala.Event{Type: centrala.AgentChanged}); !errors.Is(err, context.Cause(ctx)) {
				t.Errorf("a caller without time is told %v", err)
			}
			close(log.gate)
			for range cap(got) {
				if err := <-got; !errors.Is(err, fail) {
					t.Errorf("got %v, want %v", err, fail)
				}
			}
			if n := log.asked.Load(); n != 2 {
				t.Errorf("%d events asked %d times, want twice", cap(got), n)
			}
		})
	}
}

// With a long queue and everybody busy, an event costs no more than what it is about.
func TestACrowdIsNotReadAgain(t *testing.T) {
	t.Parallel()
	log := &counted{bureau: newBureau(t, storetest.SQLite(t))}
	d := routing.New(routing.Config{Log: log, House: log, Promises: log, Locale: "en", Now: log.now})
	for range 150 {
		log.opens(log.mailbox, centrala.Buyer)
	}
	for range 4 { // the reasons to wait come in portions
		log.must(d.Sweep(t.Context()))
	}
	waiting, err := log.bureau.Waiting(t.Context())
	log.must(err)
	for _, c := range waiting {
		log.waits(c, "Waiting: no one in team of buyer is on the line")
	}
	asked, done := log.waitings.Load(), log.dos.Load()
	fresh := log.opens(log.mailbox, centrala.Buyer)
	log.waits(log.handle(d, fresh), "Waiting: no one in team of buyer is on the line")
	if log.waitings.Load() != asked || log.dos.Load() != done+1 {
		t.Errorf("one new mail asked %d times for the queue and wrote %d times", log.waitings.Load()-asked, log.dos.Load()-done)
	}

	// Nor when another team has room: the queue that is read is theirs.
	log.agent("Marek", 24, centrala.Seller)
	log.must(d.Handle(t.Context(), centrala.Event{Type: centrala.AgentPresence}))
	rows := log.rows.Load()
	fresh = log.opens(log.mailbox, centrala.Buyer)
	log.waits(log.handle(d, fresh), "Waiting: no one in team of buyer is on the line")
	if read := log.rows.Load() - rows; read > 1 { // itself, while it has no team
		t.Errorf("one new mail read %d conversations of a queue for which nobody has room", read)
	}

	// As soon as somebody has room, the whole queue counts again, in its order.
	ania := log.agent("Ania", 24, centrala.Buyer)
	log.must(d.Handle(t.Context(), centrala.Event{Type: centrala.AgentPresence}))
	for i, c := range waiting {
		if got := log.conversation(c.ID).Assignee == ania.ID; got != (i < 12) {
			t.Errorf("number %d of the queue: given %v", i+1, got)
		}
	}
}

func BenchmarkHandleWhenNothingWaits(b *testing.B) {
	db, err := store.Open(b.Context(), storetest.SQLite(b), store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	d := routing.New(routing.Config{Log: db, House: db, Promises: db})
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := d.Handle(b.Context(), centrala.Event{Type: centrala.ConversationResolved, Conversation: 1}); err != nil {
				b.Error(err)
			}
		}
	})
}
