package survey_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"centrala"
	"centrala/store"
	"centrala/store/storetest"
	"centrala/survey"
)

const day = 24 * time.Hour

// shop is a store with a widget, a form and a mailbox, an agent, and a clock that a test moves.
type shop struct {
	*store.DB
	t            *testing.T
	ahead        atomic.Int64
	widget, form centrala.Inbox
	mailbox      centrala.Inbox
	ania         centrala.Agent
	keys         atomic.Int64
}

func (s *shop) now() time.Time { return time.Now().Add(time.Duration(s.ahead.Load())) }

func (s *shop) wait(d time.Duration) { s.ahead.Add(int64(d)) }

func (s *shop) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func onBoth(t *testing.T, test func(*testing.T, *shop)) {
	t.Helper()
	for name, dsn := range storetest.Both() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &shop{t: t}
			db, err := store.Open(t.Context(), dsn(t), store.Options{Now: s.now})
			s.must(err)
			s.DB = db
			t.Cleanup(func() {
				if err := db.Close(); err != nil {
					t.Errorf("close the store: %v", err)
				}
			})
			team, err := db.SaveTeam(t.Context(), centrala.Team{Name: "Kupujący", Sides: []centrala.Side{centrala.Buyer}})
			s.must(err)
			s.ania, err = db.SaveAgent(t.Context(), centrala.Agent{Email: "ania@example.test", Name: "Ania", Role: centrala.RoleAgent, Teams: []centrala.TeamID{team.ID}})
			s.must(err)
			s.widget, err = db.SaveInbox(t.Context(), centrala.Inbox{Slug: "web", Name: "Sklep", Channel: centrala.Chat, Team: team.ID, Side: centrala.Buyer, Enabled: true})
			s.must(err)
			s.form, err = db.SaveInbox(t.Context(), centrala.Inbox{Slug: "formularz", Name: "Formularz", Channel: centrala.Form, Team: team.ID, Side: centrala.Buyer, Enabled: true})
			s.must(err)
			s.mailbox, err = db.SaveInbox(t.Context(), centrala.Inbox{Slug: "pomoc", Name: "Pomoc", Channel: centrala.Email, Team: team.ID, Enabled: true,
				Mailbox: &centrala.Mailbox{Address: "pomoc@jarmark.test", IMAP: centrala.Server{Host: "127.0.0.1", Port: 143, TLS: "none", User: "u"}, SMTP: centrala.Server{Host: "127.0.0.1", Port: 25, TLS: "none"}}})
			s.must(err)
			test(t, s)
		})
	}
}

func (s *shop) asker(change ...func(*survey.Config)) *survey.Asker {
	s.t.Helper()
	c := survey.Config{Cases: s, Book: s, Secret: secret(), Company: "Jarmark", Base: "https://help.example.test/", Rules: survey.DefaultRules(), Now: s.now}
	for _, f := range change {
		f(&c)
	}
	a, err := survey.New(c)
	s.must(err)
	return a
}

func (s *shop) person(email string) *centrala.Contact {
	return &centrala.Contact{ID: s.NewContactID(), Name: "Marta", Email: email, Side: centrala.Buyer, Locale: "en"}
}

// over is a conversation of k that Ania has answered and resolved.
func (s *shop) over(in centrala.Inbox, k *centrala.Contact) centrala.ConversationID {
	s.t.Helper()
	copied := *k
	key := fmt.Sprint(s.keys.Add(1))
	r, err := s.Append(s.t.Context(), centrala.Post{Sender: "v_" + k.ID.String(), Key: key, Author: centrala.Author{Kind: centrala.ByCustomer, ID: k.ID.String()},
		Inbox: in.ID, Channel: in.Channel, Contact: &copied, Scope: centrala.Scope{Contact: k.ID, Inbox: in.ID}, Text: "Where is my parcel?"})
	s.must(err)
	_, err = s.Append(s.t.Context(), centrala.Post{Sender: s.ania.ID.String(), Key: key, Author: centrala.Author{Kind: centrala.ByAgent, ID: s.ania.ID.String(), Name: "Ania"},
		Conversation: r.Conversation, Agent: s.ania.ID, Scope: centrala.Everything(), Text: "It comes tomorrow."})
	s.must(err)
	s.do(r.Conversation, centrala.Resolve{})
	return r.Conversation
}

func (s *shop) do(id centrala.ConversationID, cmd centrala.Command) {
	s.t.Helper()
	_, err := s.Do(s.t.Context(), centrala.Everything(), id, cmd, centrala.Author{Kind: centrala.ByAgent, ID: s.ania.ID.String()})
	s.must(err)
}

func (s *shop) tell(a *survey.Asker, kind centrala.EventType, id centrala.ConversationID) {
	s.t.Helper()
	s.must(a.Handle(s.t.Context(), centrala.Event{Type: kind, Conversation: id}))
}

func (s *shop) pending(in centrala.Inbox, k *centrala.Contact) []centrala.Survey {
	s.t.Helper()
	list, err := s.Surveys(s.t.Context(), k.ID, in.ID)
	s.must(err)
	return list
}

// mails sweeps and takes the mails to customers that lie ready, except for agents' own words.
func (s *shop) mails(a *survey.Asker) []centrala.Outbound {
	s.t.Helper()
	s.must(a.Sweep(s.t.Context()))
	var surveys []centrala.Outbound
	for {
		out, err := s.LeaseDeliveries(s.t.Context(), centrala.Lease{Inbox: s.mailbox.ID, For: time.Hour, Limit: 50})
		s.must(err)
		if len(out) == 0 {
			return surveys
		}
		for _, o := range out {
			if o.Unsubscribe != "" {
				surveys = append(surveys, o)
			}
			s.must(s.HandOver(s.t.Context(), o.Delivery, o.Attempt))
			s.must(s.Settle(s.t.Context(), o.Delivery, centrala.Settlement{Attempt: o.Attempt, State: centrala.DeliveryHandedOver}))
		}
	}
}

func TestAChatIsAskedAtOnceAndByMailADayLater(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *shop) {
		a, marta := s.asker(), s.person("marta@example.test")
		id := s.over(s.widget, marta)
		s.tell(a, centrala.ConversationResolved, id)
		s.tell(a, centrala.ConversationResolved, id) // events come twice
		open := s.pending(s.widget, marta)
		if len(open) != 1 {
			t.Fatalf("%d questions are open, want one", len(open))
		}
		asked := open[0]
		if asked.Conversation != id || asked.Agent != s.ania.ID || asked.Locale != "en" || asked.Side != centrala.Buyer || asked.Channel != centrala.Chat {
			t.Errorf("asked %+v", asked)
		}
		s.wait(day - time.Minute)
		if got := s.mails(a); len(got) != 0 {
			t.Fatalf("%d mails went out too early", len(got))
		}
		s.wait(2 * time.Minute)
		got := s.mails(a)
		if len(got) != 1 || got[0].To.Address != "marta@example.test" || !got[0].Automatic {
			t.Fatalf("mailed %+v", got)
		}
		if again := s.mails(a); len(again) != 0 {
			t.Errorf("it was mailed again, %d times", len(again))
		}

		// The address in the mail leads to the question, and only its hash is stored.
		token := regexp.MustCompile(`https://help\.example\.test/s/([A-Za-z0-9_-]{22})\?v=9`).FindStringSubmatch(got[0].Text)
		if token == nil {
			t.Fatalf("the mail has no link: %s", got[0].Text)
		}
		found, err := s.SurveyByToken(t.Context(), survey.Hash(token[1]))
		s.must(err)
		if found.ID != asked.ID || got[0].Unsubscribe != "https://help.example.test/s/"+token[1]+"/unsubscribe" || !strings.Contains(got[0].HTML, token[1]) {
			t.Errorf("the mail leads to %s (%s), want %s", found.ID, got[0].Unsubscribe, asked.ID)
		}
		if strings.Contains(string(found.TokenHash), token[1]) {
			t.Error("the token itself is stored")
		}

		// Once it is answered, the same event asks nobody again, quarantine or not.
		_, _, err = s.AnswerSurvey(t.Context(), asked.ID, marta.ID, 3, "")
		s.must(err)
		free := s.asker(func(c *survey.Config) { c.Rules.Quarantine = 0 })
		s.tell(free, centrala.ConversationResolved, id)
		if n := len(s.pending(s.widget, marta)); n != 0 {
			t.Errorf("%d questions after the answer", n)
		}
	})
}

func TestWhatIsNotMailed(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *shop) {
		a := s.asker()
		reopened, answered, nowhere, stopped, unheard := s.person("a@example.test"), s.person("b@example.test"), s.person(""), s.person("d@example.test"), s.person("e@example.test")
		back := s.over(s.form, reopened)
		late := s.over(s.form, unheard)
		for k, id := range map[*centrala.Contact]centrala.ConversationID{
			reopened: back, answered: s.over(s.widget, answered), nowhere: s.over(s.widget, nowhere), stopped: s.over(s.form, stopped), unheard: late,
		} {
			s.tell(a, centrala.ConversationResolved, id)
			c, err := s.Conversation(t.Context(), centrala.Everything(), id)
			s.must(err)
			if n := len(s.pending(centrala.Inbox{ID: c.Inbox}, k)); n != 1 {
				t.Fatalf("%s was asked %d times", k.Email, n)
			}
		}
		s.do(back, centrala.Reopen{})
		s.tell(a, centrala.ConversationReopened, back)
		if n := len(s.pending(s.form, reopened)); n != 0 {
			t.Error("a reopened conversation is still asked about")
		}
		_, _, err := s.AnswerSurvey(t.Context(), s.pending(s.widget, answered)[0].ID, answered.ID, 10, "")
		s.must(err)
		s.must(s.Unsubscribe(t.Context(), stopped.ID))
		s.do(late, centrala.Reopen{}) // and nobody hears of it
		s.wait(25 * time.Hour)
		if got := s.mails(a); len(got) != 0 {
			t.Errorf("%d mails went out, the first to %s", len(got), got[0].To.Address)
		}
		if n := len(s.pending(s.form, unheard)); n != 0 {
			t.Error("what was found reopened is still open")
		}

		// What was taken back before it went out does not count as asked.
		s.do(back, centrala.Resolve{})
		s.tell(a, centrala.ConversationResolved, back)
		if n := len(s.pending(s.form, reopened)); n != 1 {
			t.Errorf("after the second end %d questions are open", n)
		}
		// An old reopening that comes late takes nothing back from a conversation that is over.
		s.tell(a, centrala.ConversationReopened, back)
		if n := len(s.pending(s.form, reopened)); n != 1 {
			t.Errorf("an event that came late took the question back")
		}
	})
}

func TestQuarantine(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *shop) {
		a, marta := s.asker(), s.person("marta@example.test")
		s.tell(a, centrala.ConversationResolved, s.over(s.form, marta))
		s.wait(30 * day)
		second := s.over(s.widget, marta)
		s.tell(a, centrala.ConversationResolved, second)
		if n := len(s.pending(s.widget, marta)); n != 0 {
			t.Fatalf("asked again after 30 days")
		}
		s.wait(61 * day)
		s.do(second, centrala.Reopen{})
		s.do(second, centrala.Resolve{})
		s.tell(a, centrala.ConversationResolved, second)
		if n := len(s.pending(s.widget, marta)); n != 1 {
			t.Fatalf("asked %d times after 91 days", n)
		}
	})
}

// Two conversations of one person end at the same moment, and each is told many times.
func TestOnePersonIsAskedOnce(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *shop) {
		a, marta := s.asker(), s.person("marta@example.test")
		ids := []centrala.ConversationID{s.over(s.widget, marta), s.over(s.form, marta)}
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				if err := a.Handle(t.Context(), centrala.Event{Type: centrala.ConversationResolved, Conversation: ids[i%2]}); err != nil {
					t.Errorf("handle: %v", err)
				}
			})
		}
		all.Wait()
		if n := len(s.pending(s.widget, marta)) + len(s.pending(s.form, marta)); n != 1 {
			t.Errorf("asked %d times", n)
		}
		s.wait(25 * time.Hour)
		for range 4 { // four nodes mail at the same time
			other := s.asker()
			all.Go(func() {
				if err := other.Sweep(t.Context()); err != nil {
					t.Errorf("sweep: %v", err)
				}
			})
		}
		all.Wait()
		if got := s.mails(a); len(got) != 1 {
			t.Errorf("mailed %d times", len(got))
		}
	})
}

func TestASweepFindsWhatNoEventTold(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *shop) {
		a, marta := s.asker(), s.person("")
		s.over(s.widget, marta)
		s.wait(2 * time.Minute)
		s.must(a.Sweep(t.Context()))
		if n := len(s.pending(s.widget, marta)); n != 1 {
			t.Fatalf("%d questions are open", n)
		}
		s.must(a.Handle(t.Context(), centrala.Event{Type: centrala.ConversationResolved, Conversation: 42})) // erased since
	})
}

// gone is a book that cannot be written.
type gone struct {
	*shop
	err error
}

func (g gone) Invite(ctx context.Context, s centrala.Survey) (centrala.Survey, error) {
	return centrala.Survey{}, g.err
}

func TestAFailureIsReturned(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *shop) {
		full := &centrala.Error{Code: centrala.Unavailable, Message: "The disk is full."}
		a := s.asker(func(c *survey.Config) { c.Book = gone{s, full} })
		err := a.Handle(t.Context(), centrala.Event{Type: centrala.ConversationResolved, Conversation: s.over(s.widget, s.person(""))})
		if !errors.Is(err, full) {
			t.Errorf("got %v", err)
		}
	})
}

func TestNew(t *testing.T) {
	t.Parallel()
	good := survey.Config{Secret: secret(), Company: "Jarmark", Base: "https://help.example.test", Rules: survey.DefaultRules()}
	if _, err := survey.New(good); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*survey.Config){
		"no site":        func(c *survey.Config) { c.Base = "/s" },
		"a strange site": func(c *survey.Config) { c.Base = "javascript://x" },
		"a short key":    func(c *survey.Config) { c.Secret = c.Secret[:31] },
		"no company":     func(c *survey.Config) { c.Company = " " },
		"expires early":  func(c *survey.Config) { c.Rules.Expires = c.Rules.MailAfter },
	} {
		c := good
		change(&c)
		if _, err := survey.New(c); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}
