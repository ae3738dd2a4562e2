// Package storetest is what every database engine promises. A new engine is done when the
// suite is green on it.
package storetest

import (
	"testing"
	"time"

	"centrala"
	"centrala/store"
	"centrala/store/library"
)

// Engines are the databases to run the suite on, by name: each function gives the DSN of one
// that is the test's alone and holds nothing; its schema may be there already.
type Engines map[string]func(testing.TB) string

// Both are the engines of this version.
func Both() Engines {
	return Engines{"sqlite": SQLite, "postgres": Postgres}
}

// Run holds the promises against every engine.
func Run(t *testing.T, engines Engines) {
	for name, dsn := range engines {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, c := range cases() {
				t.Run(c.name, func(t *testing.T) {
					t.Parallel()
					c.run(t, newHouse(t, dsn(t)))
				})
			}
		})
	}
}

type testCase struct {
	name string
	run  func(*testing.T, *house)
}

// cases are the promises, by noun.
func cases() []testCase {
	var all []testCase
	for _, noun := range [][]testCase{
		appendCases(), groupCases(), claimCases(), receiveCases(), bookCases(), leaseCases(), deviceCases(), deliveryCases(), readCases(), mentionCases(), outboxCases(), contactCases(), mergerCases(), likenessCases(), houseCases(), promiseCases(),
		hookCases(), shelfCases(), timerCases(), socialCases(), wayCases(), threadCases(), elsewhereCases(), participantCases(), robotCases(), bounceCases(),
		eraseCases(), addressCases(), identityCases(), traitCases(), worldCases(), editionCases(), reactionCases(), echoCases(), receiptCases(), rereadCases(), nameCases(),
	} {
		all = append(all, noun...)
	}
	return all
}

// house is a store with a team, two agents, a widget and a mailbox in it.
type house struct {
	*store.DB
	*library.Library
	dsn         string
	clock       *clock
	uids        uint32 // of mails that came, see uid
	team, other centrala.Team
	ania, piotr centrala.Agent
	widget      centrala.Inbox
	mailbox     centrala.Inbox
}

func newHouse(t *testing.T, dsn string) *house {
	t.Helper()
	h := &house{dsn: dsn, clock: newClock()}
	h.DB = openStore(t, dsn, h.clock)
	h.Library = library.New(h.DB)
	ctx := t.Context()
	var err error
	if h.team, err = h.SaveTeam(ctx, centrala.Team{Name: "Kupujący", Sides: []centrala.Side{centrala.Buyer}}); err != nil {
		t.Fatal(err)
	}
	if h.other, err = h.SaveTeam(ctx, centrala.Team{Name: "Sprzedający", Sides: []centrala.Side{centrala.Seller}}); err != nil {
		t.Fatal(err)
	}
	h.ania = h.agent(t, "ania@example.test", "Ania", h.team.ID)
	h.piotr = h.agent(t, "piotr@example.test", "Piotr", h.team.ID)
	h.widget = h.inbox(t, centrala.Inbox{Slug: "web", Name: "Sklep", Channel: centrala.Chat, Team: h.team.ID, Enabled: true})
	h.mailbox = h.inbox(t, centrala.Inbox{Slug: "pomoc", Name: "Pomoc", Channel: centrala.Email, Team: h.team.ID, Enabled: true,
		Mailbox: &centrala.Mailbox{Address: "pomoc@jarmark.test", IMAP: centrala.Server{Host: "127.0.0.1", Port: 143, TLS: "none", User: "u"},
			SMTP: centrala.Server{Host: "127.0.0.1", Port: 25, TLS: "none"}}})
	return h
}

func openStore(t testing.TB, dsn string, c *clock) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), dsn, store.Options{Now: c.now, Seal: newLock(t, dsn), Node: "node-1", Courtesy: courtesy{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close the store: %v", err)
		}
	})
	return db
}

func (h *house) agent(t *testing.T, email, name string, team centrala.TeamID) centrala.Agent {
	t.Helper()
	a, err := h.SaveAgent(t.Context(), centrala.Agent{Email: email, Name: name, Role: centrala.RoleAgent, Teams: []centrala.TeamID{team}, Capacity: centrala.DefaultCapacity})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (h *house) inbox(t *testing.T, in centrala.Inbox) centrala.Inbox {
	t.Helper()
	in, err := h.SaveInbox(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// clock is a clock that a test moves; otherwise it follows the real one.
type clock struct{ ahead chan time.Duration }

func newClock() *clock {
	c := &clock{ahead: make(chan time.Duration, 1)}
	c.ahead <- 0
	return c
}

func (c *clock) now() time.Time {
	d := <-c.ahead
	c.ahead <- d
	return time.Now().Add(d)
}

func (c *clock) move(by time.Duration) { c.ahead <- <-c.ahead + by }
