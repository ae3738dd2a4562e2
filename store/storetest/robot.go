package storetest

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"centrala"
	"centrala/store"
)

func robotCases() []testCase {
	return []testCase{
		{"robot/who begins a conversation is told once that it came", acknowledged},
		{"robot/nobody is told who should not be", notAcknowledged},
		{"robot/an address, a domain and an inbox have their budgets, between nodes too", budgets},
		{"robot/a flood blows the sender's fuse, and nothing is lost", flooded},
		{"robot/a backlog is no flood", backlog},
		{"robot/two programs that answer each other are stopped", pingPong},
		{"robot/who answers fast and in other words is a person", fastPerson},
		{"robot/surveys count in the budgets", surveyBudget},
	}
}

// courtesy writes the shortest acknowledgement.
type courtesy struct{}

func (courtesy) Acknowledge(a centrala.Acknowledgement) centrala.Notice {
	c, zone := a.Conversation, ""
	for _, t := range a.Teams {
		if t.ID == c.Team {
			zone = t.Hours.Zone
		}
	}
	return centrala.Notice{Subject: centrala.ReplySubject(c.Subject, c.Number), Text: fmt.Sprintf("Mamy: %s, %s, %s", c.Subject, a.Locale, zone), Locale: a.Locale}
}

// polite has the mailbox acknowledge what comes.
func (h *house) polite(t *testing.T, boxes ...centrala.Inbox) {
	t.Helper()
	for _, in := range append(boxes, h.mailbox) {
		in.Acknowledge = true
		h.inbox(t, in)
	}
}

func (h *house) notices(t *testing.T) string {
	t.Helper()
	return h.raw(t, `SELECT count(*) FROM delivery WHERE notice <> ''`)
}

func acknowledged(t *testing.T, h *house) {
	h.polite(t)
	team := h.team
	team.Hours = centrala.Hours{Zone: "Europe/Warsaw", Week: [7][]centrala.Span{1: {{From: 480, To: 1200}}}}
	if _, err := h.SaveTeam(t.Context(), team); err != nil {
		t.Fatal(err)
	}
	in := cc(h.says(1, "jan", "Zwrot butów za duże", "a@x.test"), "ewa@firma.test")
	in.Locale = "pl"
	a := h.take(t, in)
	h.take(t, in)
	h.take(t, h.says(2, "jan", "x", "b@x.test", "a@x.test"))
	out := h.lease(t)
	if len(out) != 1 {
		t.Fatalf("%d mails", len(out))
	}
	o := out[0]
	same(t, "the mail", []any{o.Automatic, o.Reply, o.To.Address, o.Text, o.InReplyTo, o.Locale, len(o.Cc), o.Seq, o.Conversation},
		[]any{true, true, "jan@poczta.test", "Mamy: Zwrot butów za duże, pl, Europe/Warsaw", "a@x.test", "pl", 0, 0, a.Conversation})
	c := h.conversation(t, a.Conversation)
	if c.HumanReplied || c.Turn != centrala.AgentsTurn || !c.FirstReplyAt.IsZero() {
		t.Fatalf("an acknowledgement counts as an answer: %+v", c)
	}
	form := h.inbox(t, centrala.Inbox{Slug: "kontakt", Name: "Kontakt", Channel: centrala.Form, Team: h.team.ID, Enabled: true, Acknowledge: true})
	h.take(t, centrala.Inbound{Inbox: form.ID, Channel: centrala.Form, ExternalID: "form:1", From: centrala.Address{Name: "Ola", Address: "ola@poczta.test"}, Subject: "Pytanie o dostawę", Text: "x"})
	same(t, "after a form", h.notices(t), "2")
}

func notAcknowledged(t *testing.T, h *house) {
	h.polite(t)
	quiet := h.twin(t)
	for i, spoil := range []func(*centrala.Inbound){
		func(in *centrala.Inbound) { in.Outcome = centrala.Automatic },
		func(in *centrala.Inbound) { in.Outcome = centrala.Bounce },
		func(in *centrala.Inbound) { in.Outcome = centrala.Junk },
		func(in *centrala.Inbound) { in.From.Address = "no-reply@sklep.test" },
		func(in *centrala.Inbound) { in.From.Address = "rozmowy-list@sklep.test" },
		func(in *centrala.Inbound) { in.Trust.Verdict = centrala.Contradict },
		func(in *centrala.Inbound) { in.Trust.Pretended = "bank@bank.test" },
		func(in *centrala.Inbound) { in.Inbox, in.Cursor = quiet.ID, nil },
	} {
		in := h.says(uint32(1+i), fmt.Sprint("osoba", i), fmt.Sprint("Sprawa ważna nr ", i), fmt.Sprint("n", i, "@x.test"))
		spoil(&in)
		h.take(t, in)
		same(t, fmt.Sprint("case ", i), h.notices(t), "0")
	}
	a := h.take(t, h.says(50, "zly", "Sprawa złego człowieka", "z@x.test"))
	need(t, h.Block(t.Context(), centrala.Everything(), h.conversation(t, a.Conversation).Contact, true, centrala.Author{}))
	h.take(t, h.says(51, "zly", "Sprawa zupełnie inna", "z2@x.test"))
	same(t, "the blocked", h.notices(t), "1")
}

func budgets(t *testing.T, h *house) {
	h.polite(t)
	nodes := []*store.DB{h.DB, openStore(t, h.dsn, h.clock)}
	write := func(n int, from func(int) string) {
		t.Helper()
		var wait sync.WaitGroup
		for i := range n {
			in := h.says(0, "x", fmt.Sprint("Zupełnie nowa sprawa ", h.NewID()), fmt.Sprint(h.NewID(), "@x.test"))
			in.From.Address, in.ExternalID, in.Cursor, in.At = from(i), in.MessageID, nil, h.clock.now()
			wait.Go(func() {
				if _, err := nodes[i%2].Receive(t.Context(), in); err != nil {
					t.Errorf("receive: %v", err)
				}
			})
		}
		wait.Wait()
	}
	one := func(int) string { return "jan@firma.test" }
	write(5, one)
	same(t, "to one address", h.notices(t), "2")
	write(30, func(i int) string { return fmt.Sprintf("os%d@firma.test", i) })
	same(t, "to one domain", h.notices(t), "20")
	write(30, func(i int) string { return fmt.Sprintf("os%d@wp.pl", i) })
	same(t, "to a provider's", h.notices(t), "50")
	h.clock.move(61 * time.Minute)
	write(3, func(i int) string { return fmt.Sprintf("inny%d@firma.test", i) })
	write(1, one)
	same(t, "an hour later", h.notices(t), "53")
	h.clock.move(25 * time.Hour)
	write(1, one)
	same(t, "a day later", h.notices(t), "54")

	h.rawExec(t, `INSERT INTO robot_mail (id, inbox, conversation, address, domain, at) SELECT 1000 + n, $1, 0, 'x', 'y', $2 FROM (`+numbers(1000)+`) AS list`,
		int64(h.mailbox.ID), h.clock.now().UnixMicro())
	write(1, func(int) string { return "ktos@inna.test" })
	list, err := h.Fuses(t.Context())
	need(t, err)
	if len(list) != 1 || list[0].Name != "" || list[0].Reason != "budget" || list[0].Inbox != h.mailbox.ID {
		t.Fatalf("fuses: %+v", list)
	}
	same(t, "after the inbox's fuse", h.notices(t), "54")
	need(t, h.ResetFuse(t.Context(), h.mailbox.ID, ""))
	write(1, func(int) string { return "nowy@inna.test" })
	same(t, "after it was reset", h.notices(t), "55")
	same(t, "messages lost", h.raw(t, `SELECT count(*) FROM intake WHERE outcome <> 'ingested'`), "0")
}

// numbers is a query of 1 to n on both engines.
func numbers(n int) string {
	var rows []string
	for i := range n {
		rows = append(rows, fmt.Sprintf("(%d)", i+1))
	}
	return `WITH numbers (n) AS (VALUES ` + strings.Join(rows, ",") + `) SELECT n FROM numbers`
}

// burst is n mails of a program within a second.
func (h *house) burst(t *testing.T, from string, n int) (ingested, automatic int) {
	t.Helper()
	for range n {
		in := h.says(0, from, "Raport nocny gotowy", fmt.Sprint(h.NewID(), "@x.test"))
		in.ExternalID, in.Cursor, in.At = in.MessageID, nil, h.clock.now()
		if r := h.take(t, in); r.Seq != 0 {
			ingested++
		} else if strings.HasPrefix(h.entry(t, in), "automatic flood ") {
			automatic++
		}
	}
	return ingested, automatic
}

func flooded(t *testing.T, h *house) {
	want := func(what, from string, n, ingested int) {
		t.Helper()
		got, automatic := h.burst(t, from, n)
		same(t, what, []int{got, automatic}, []int{ingested, n - ingested})
	}
	want("a flood", "robot", 30, 20)
	want("somebody else meanwhile", "jan", 1, 1)
	list, err := h.Fuses(t.Context())
	need(t, err)
	if len(list) != 1 || list[0].Name != "robot@poczta.test" || list[0].Reason != "flood" || list[0].InboxName != "Pomoc" {
		t.Fatalf("fuses: %+v", list)
	}
	if d := list[0].Until.Sub(list[0].Blown); d != time.Hour {
		t.Fatalf("blown for %v", d)
	}
	same(t, "told", []any{len(h.happened(t, centrala.FuseBlown)), h.raw(t, `SELECT count(*) FROM audit WHERE action = 'fuse.blown'`)}, []any{1, "1"})
	h.clock.move(61 * time.Minute)
	want("whole again", "robot", 25, 20)
	list, err = h.Fuses(t.Context())
	need(t, err)
	if d := list[0].Until.Sub(list[0].Blown); d != 2*time.Hour {
		t.Fatalf("the second time for %v", d)
	}
	need(t, h.ResetFuse(t.Context(), h.mailbox.ID, "robot@poczta.test"))
	refused(t, h.ResetFuse(t.Context(), h.mailbox.ID, "robot@poczta.test"), centrala.NotFound)
	h.clock.move(time.Second)
	want("after a reset", "robot", 10, 10)
}

func backlog(t *testing.T, h *house) {
	for i := range 60 {
		in := h.says(0, "gadatliwy", fmt.Sprint("Sprawa sprzed tygodnia ", i), fmt.Sprint("g", i, "@x.test"))
		in.ExternalID, in.Cursor, in.At = in.MessageID, nil, h.clock.now().Add(-time.Duration(i)*time.Hour)
		if r := h.take(t, in); r.Seq == 0 {
			t.Fatalf("mail %d of a backlog: %s", i, h.entry(t, in))
		}
	}
}

// echoes are the answers of a program to ours after which its fuse blows.
const echoes = 5

func pingPong(t *testing.T, h *house) {
	h.exchange(t, "Dziękujemy, odpowiemy jak najszybciej.", echoes)
	list, err := h.Fuses(t.Context())
	need(t, err)
	if len(list) != 1 || list[0].Reason != "echo" {
		t.Fatalf("fuses: %+v", list)
	}
}

func fastPerson(t *testing.T, h *house) {
	h.exchange(t, "", 8)
	if list, err := h.Fuses(t.Context()); err != nil || len(list) != 0 {
		t.Fatalf("fuses: %+v, %v", list, err)
	}
}

// exchange has somebody answer eight mails of ours ten seconds after each, with the same words, or
// each time with others, and expects so many of the answers in the conversation.
func (h *house) exchange(t *testing.T, same string, want int) {
	t.Helper()
	in := h.later(h.says(1, "robot", "Pana zgłoszenie przyjęte", "p0@x.test"))
	a := h.take(t, in)
	last := "p0@x.test"
	for i := range 8 {
		h.say(t, h.reply(h.ania, a.Conversation, fmt.Sprint("r", i), "dziękuję"))
		out := h.lease(t)
		h.settle(t, out[0], centrala.Settlement{State: centrala.DeliveryHandedOver})
		h.clock.move(10 * time.Second)
		answer := h.later(h.says(uint32(2+i), "robot", "Pana zgłoszenie przyjęte", fmt.Sprint("p", i+1, "@x.test"), last))
		if same != "" {
			answer.Text, answer.FullText = same, same
		}
		if r := h.take(t, answer); (r.Seq != 0) != (i < want) {
			t.Fatalf("answer %d: %+v, %s", i, r, h.entry(t, answer))
		}
	}
}

func surveyBudget(t *testing.T, h *house) {
	sent := 0
	for i := range 4 {
		k := centrala.Contact{ID: h.NewContactID(), Name: "Ewa", Email: "ewa@klient.test", Side: centrala.Buyer}
		s := h.asked(t, h.matterOf(t, k))
		err := h.MailSurvey(t.Context(), s.ID, fmt.Append(nil, i), centrala.Notice{Subject: "Jak było?", Text: "0–10"})
		if err == nil {
			sent++
		} else {
			refused(t, err, centrala.Conflict)
		}
	}
	same(t, "to one address in a day", sent, 2)
	h.clock.move(25 * time.Hour)
	due, err := h.DueSurveys(t.Context(), 10)
	need(t, err)
	same(t, "still due", len(due), 2)
}
