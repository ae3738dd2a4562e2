package storetest

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"time"

	"centrala"
	"centrala/deflection"
	"centrala/store/library"
)

func dayOfVisitor(t *testing.T, h *house) {
	a := h.written(t)
	k, _ := h.customer()
	p := h.post(k, "1", "a jednak")
	h.step(t, "offered", p.Sender, a.ID)
	h.clock.move(time.Minute)
	need(t, h.Offer(t.Context(), centrala.Deflection{Kind: "offered", Place: centrala.AtForm, Articles: []centrala.ArticleID{a.ID}, Visitor: p.Sender}))
	h.step(t, "opened", p.Sender, a.ID)
	h.step(t, "held", "v_held", a.ID)
	same(t, "days without contact", h.raw(t, `SELECT count(*) FROM deflection WHERE contact_at = 0`), "2")
	same(t, "held", h.raw(t, `SELECT visitor FROM deflection WHERE held = 1`), "v_held")
	same(t, "of two places the first", h.raw(t, `SELECT place FROM deflection WHERE held = 0`), "widget")
	h.clock.move(time.Hour)
	r := h.say(t, p)
	h.handled(t)
	same(t, "who wrote", h.raw(t, `SELECT visitor FROM deflection WHERE contact_at > opened_at AND opened_at > at`), p.Sender)
	same(t, "where", h.raw(t, `SELECT conversation FROM deflection WHERE contact_at > 0`), strconv.FormatInt(int64(r.Conversation), 10))
	h.clock.move(time.Minute)
	h.say(t, h.post(k, "2", "i jeszcze"))
	h.handled(t)
	same(t, "contacts", h.raw(t, `SELECT count(*) FROM deflection WHERE contact_at > 0`), "1")
	same(t, "days", h.raw(t, `SELECT count(*) FROM deflection`), "2")
}

// begins has somebody write, who is told nothing of before.
func (h *house) begins(t *testing.T, k centrala.Contact, key string) centrala.Receipt {
	t.Helper()
	r := h.say(t, h.post(k, key, "pytanie"))
	h.handled(t)
	return r
}

func dayLimits(t *testing.T, h *house) {
	a := h.written(t)
	now := h.clock.now()
	h.clock.move(time.Date(now.Year(), now.Month(), now.Day()+1, 23, 59, 0, 0, now.Location()).Sub(now))
	k, _ := h.customer()
	v := h.post(k, "", "").Sender
	h.step(t, "offered", v, a.ID)
	h.clock.move(2 * time.Minute) // tomorrow
	h.step(t, "opened", v, a.ID)
	same(t, "midnight begins no day", h.raw(t, `SELECT count(*) FROM deflection WHERE opened_at > at`), "1")
	h.clock.move(deflection.Day - 3*time.Minute)
	h.step(t, "solved", v, a.ID)
	same(t, "within 24 hours", h.raw(t, `SELECT count(*) FROM deflection`), "1")
	h.clock.move(2 * time.Minute) // 24 hours and a minute after its first step
	h.step(t, "offered", v, a.ID)
	same(t, "a day later", h.raw(t, `SELECT count(*) FROM deflection`), "2")
	h.begins(t, k, "1")
	same(t, "a contact after 24 hours belongs to the first day's last steps, and is told with its time", h.raw(t, `SELECT count(*) FROM deflection WHERE contact_at > 0`), "2")
	same(t, "within a day of it", h.raw(t, fmt.Sprintf(`SELECT count(*) FROM deflection WHERE contact_at > 0 AND contact_at <= at + %d`, deflection.Day.Microseconds())), "1")

	// The contact of somebody else comes two days and more after.
	other, _ := h.customer()
	h.step(t, "offered", h.post(other, "", "").Sender, a.ID)
	h.clock.move(2*deflection.Day + time.Minute)
	h.begins(t, other, "1")
	same(t, "two days later it is no contact of that day", h.raw(t, `SELECT count(*) FROM deflection WHERE contact_at = 0 AND place = 'widget'`), "1")
	same(t, "but the beginning of one that measures nothing", h.raw(t, `SELECT count(*) FROM deflection WHERE contact_at = at AND place = ''`), "1")
}

func dayReplayed(t *testing.T, h *house) {
	a := h.written(t)
	k, _ := h.customer()
	v := h.post(k, "", "").Sender
	h.step(t, "offered", v, a.ID)
	h.clock.move(time.Hour)
	first := h.say(t, h.post(k, "1", "pierwsza"))
	h.clock.move(time.Minute)
	h.do(t, first.Conversation, centrala.Resolve{})
	h.clock.move(time.Minute)
	p := h.post(k, "2", "znowu")
	p.Conversation = first.Conversation // which is opened again by it
	again := h.say(t, p)
	same(t, "reopened", again.Conversation, first.Conversation)
	events := h.happened(t, centrala.ConversationOpened, centrala.ConversationReopened)
	same(t, "contacts", len(events), 2)
	h.clock.move(5 * time.Hour) // the stream was behind
	for _, i := range []int{1, 0, 1, 0, 0} {
		need(t, h.Handle(t.Context(), events[i]))
	}
	same(t, "one day", h.raw(t, `SELECT count(*) FROM deflection`), "1")
	same(t, "of the first contact", h.raw(t, `SELECT contact_at FROM deflection`), strconv.FormatInt(events[0].At.UnixMicro(), 10))

	// Reopened by an agent nobody has written.
	h.do(t, first.Conversation, centrala.Resolve{})
	h.clock.move(48 * time.Hour)
	h.step(t, "offered", v, a.ID)
	h.do(t, first.Conversation, centrala.Reopen{})
	h.handled(t)
	same(t, "no contact", h.raw(t, `SELECT count(*) FROM deflection WHERE contact_at = 0`), "1")
	h.clock.move(time.Minute)
	h.do(t, first.Conversation, centrala.Resolve{})
	p.Key = "3"
	h.say(t, p)
	h.handled(t)
	same(t, "who writes again is in contact again", h.raw(t, `SELECT count(*) FROM deflection WHERE contact_at = 0`), "0")

	// What was shown just before is noted just after.
	late, _ := h.customer()
	r := h.say(t, h.post(late, "1", "szybko"))
	h.step(t, "offered", h.post(late, "", "").Sender, a.ID)
	h.handled(t)
	count := func(condition string) string {
		return h.raw(t, fmt.Sprintf(`SELECT count(*) FROM deflection WHERE conversation = %d AND place = 'widget' AND contact_at > 0 AND %s`, int64(r.Conversation), condition))
	}
	same(t, "noted after the message, told before", count("contact_at <= at"), "1")
	later, _ := h.customer()
	r = h.begins(t, later, "1")
	h.step(t, "held", h.post(later, "", "").Sender, a.ID)
	same(t, "told after the message, noted after that", count("held = 1"), "1")
}

func dayOfReading(t *testing.T, h *house) {
	a := h.written(t)
	k, _ := h.customer()
	v := h.post(k, "", "").Sender
	read := func(kind string, place centrala.Place) {
		t.Helper()
		need(t, h.Offer(t.Context(), centrala.Deflection{Kind: kind, Place: place, Articles: []centrala.ArticleID{a.ID}, Visitor: v}))
	}
	measured := func(held int) string {
		t.Helper()
		return h.raw(t, fmt.Sprintf(`SELECT count(*) FROM deflection WHERE place <> '' AND held = %d`, held))
	}
	read("offered", centrala.AtHelp)
	read("opened", centrala.AtHelp)
	read("solved", centrala.AtHelp)
	same(t, "who reads the Help Centre is in neither group", measured(0), "0")
	h.clock.move(20 * time.Hour)
	read("held", centrala.AtForm)
	same(t, "who is held back then is held, whatever they have read", measured(1)+measured(0), "10")
	same(t, "their day begins with that", h.raw(t, `SELECT count(*) FROM deflection WHERE at > solved_at AND solved_at > 0`), "1")
	h.clock.move(20 * time.Hour)
	read("offered", centrala.AtWidget) // in the other group since midnight: they are counted as they began
	same(t, "one day", measured(1)+measured(0), "10")
	h.begins(t, k, "1")
	same(t, "and a contact", h.raw(t, `SELECT count(*) FROM deflection WHERE held = 1 AND contact_at > at`), "1")
	read("offered", centrala.AtWidget)
	h.clock.move(25 * time.Hour)
	read("opened", centrala.AtHelp)
	read("offered", centrala.AtWidget)
	same(t, "who is in a conversation is in neither group", measured(1)+measured(0), "10")
}

func dayInConversation(t *testing.T, h *house) {
	a := h.written(t)
	k, _ := h.customer()
	v := h.post(k, "", "").Sender
	r := h.begins(t, k, "1")
	for range 3 { // it stays open for days
		h.clock.move(30 * time.Hour)
		h.step(t, "offered", v, a.ID)
	}
	need(t, h.Offer(t.Context(), centrala.Deflection{Kind: "offered", Place: centrala.AtBot, Articles: []centrala.ArticleID{a.ID}, Visitor: "v_bot", Conversation: r.Conversation}))
	same(t, "what is measured", h.raw(t, `SELECT count(*) FROM deflection WHERE place <> ''`), "0")
	same(t, "what is counted", h.raw(t, `SELECT count(*) FROM suggestion`), "4")
	need(t, h.Offer(t.Context(), centrala.Deflection{Kind: "opened", Place: centrala.AtBot, Articles: []centrala.ArticleID{a.ID}, Visitor: v, Conversation: r.Conversation}))
	h.step(t, "opened", v, a.ID)
	same(t, "opened in two places", h.raw(t, `SELECT count(*) FROM suggestion WHERE kind = 'opened'`), "2")
	need(t, h.Offer(t.Context(), centrala.Deflection{Kind: "offered", Place: centrala.AtComposer, Articles: []centrala.ArticleID{a.ID}, Visitor: h.ania.ID.String()}))
	same(t, "agents have no days", h.raw(t, `SELECT count(*) FROM deflection WHERE visitor = '`+h.ania.ID.String()+`'`), "0")
	h.do(t, r.Conversation, centrala.Resolve{})
	h.clock.move(30 * time.Hour)
	h.step(t, "offered", v, a.ID)
	same(t, "once it is over there is something to prevent", h.raw(t, `SELECT count(*) FROM deflection WHERE place <> ''`), "1")
}

func dayByForm(t *testing.T, h *house) {
	a := h.written(t)
	form := h.inbox(t, centrala.Inbox{Slug: "kontakt", Name: "Kontakt", Channel: centrala.Form, Team: h.team.ID, Enabled: true})
	need(t, h.Offer(t.Context(), centrala.Deflection{Kind: "offered", Place: centrala.AtForm, Articles: []centrala.ArticleID{a.ID}, Visitor: "v_form"}))
	_, err := h.Asked(t.Context(), centrala.Question{Text: "gdzie paczka", Locale: "pl", Place: centrala.AtForm, Visitor: "v_form"})
	need(t, err)
	in := centrala.Inbound{Inbox: form.ID, Channel: centrala.Form, ExternalID: "form:1", From: centrala.Address{Name: "Ola", Address: "ola@poczta.test"}, Text: "x", Visitor: "v_form"}
	r := h.take(t, in)
	in.ExternalID = "form:2"
	h.take(t, in) // the same person again; no key tells them apart
	h.handled(t)
	same(t, "contact", h.raw(t, `SELECT count(*) FROM deflection WHERE contact_at > 0`), "1")
	same(t, "the question's conversation", h.raw(t, `SELECT conversation FROM question`), strconv.FormatInt(int64(r.Conversation), 10))
	mail := h.mail(1, "jan", "Pytanie", "a")
	h.take(t, mail)
	h.handled(t)
	same(t, "who writes by mail is no visitor", h.raw(t, `SELECT count(*) FROM deflection`), "1")
}

func dayOfTwoNodes(t *testing.T, h *house) {
	a := h.written(t)
	k, _ := h.customer()
	v := h.post(k, "", "").Sender
	other := library.New(openStore(t, h.dsn, h.clock))
	nodes := []*library.Library{h.Library, other}
	ctx := context.Background()
	atOnce(t, 24, "", func(i int) error {
		kind := []string{"offered", "opened", "solved"}[i%3]
		if _, err := nodes[i%2].Asked(ctx, centrala.Question{Text: "gdzie jest paczka?", Locale: "pl", Visitor: v}); err != nil {
			return err
		}
		return nodes[i%2].Offer(ctx, centrala.Deflection{Kind: kind, Place: centrala.AtWidget, Articles: []centrala.ArticleID{a.ID}, Visitor: v})
	})
	same(t, "days", h.raw(t, `SELECT count(*) FROM deflection WHERE opened_at > 0 AND solved_at > 0`), "1")
	same(t, "steps", h.raw(t, `SELECT count(*) FROM suggestion`), "3")
	same(t, "questions", h.raw(t, `SELECT count(*) FROM question`), "1")
	h.clock.move(time.Hour)
	h.say(t, h.post(k, "1", "pytanie"))
	e := h.happened(t, centrala.ConversationOpened)[0]
	atOnce(t, 10, "", func(i int) error { return nodes[i%2].Handle(ctx, e) })
	same(t, "contacts", h.raw(t, `SELECT count(*) FROM deflection WHERE contact_at > 0`), "1")
	same(t, "days after", h.raw(t, `SELECT count(*) FROM deflection`), "1")
}

func daySwept(t *testing.T, h *house) {
	a := h.written(t)
	ctx := t.Context()
	k, _ := h.customer()
	v := h.post(k, "", "").Sender
	h.step(t, "offered", v, a.ID)
	_, err := h.Asked(ctx, centrala.Question{Text: "gdzie paczka", Locale: "pl", Visitor: v})
	need(t, err)
	r := h.say(t, h.post(k, "1", "pytanie"))
	need(t, h.Sweep(ctx, 0))
	same(t, "the event has its minute", h.raw(t, `SELECT count(*) FROM deflection WHERE contact_at > 0`), "0")
	h.clock.move(2 * time.Minute)
	for range 2 {
		need(t, h.Sweep(ctx, 0))
	}
	same(t, "swept up", h.raw(t, `SELECT count(*) FROM deflection WHERE contact_at > 0`), "1")
	same(t, "the question too", h.raw(t, `SELECT count(*) FROM question WHERE conversation > 0`), "1")
	h.step(t, "held", "v_other", a.ID)

	h.clock.move(4 * deflection.Day)
	need(t, h.Sweep(ctx, 90*deflection.Day))
	same(t, "who is in a conversation is known", h.raw(t, `SELECT visitor FROM deflection WHERE visitor <> ''`), v)
	same(t, "no question has a visitor", h.raw(t, `SELECT count(*) FROM question WHERE visitor <> ''`), "0")
	h.do(t, r.Conversation, centrala.Resolve{})
	need(t, h.Sweep(ctx, 90*deflection.Day))
	same(t, "once it is over they are not", h.raw(t, `SELECT count(*) FROM deflection WHERE visitor <> ''`), "0")
	same(t, "the days stay", h.raw(t, `SELECT count(*) FROM deflection`), "2")
	h.clock.move(87 * deflection.Day)
	need(t, h.Sweep(ctx, 0))
	same(t, "kept for good", h.raw(t, `SELECT count(*) FROM deflection`), "2")
	need(t, h.Sweep(ctx, 90*deflection.Day))
	for _, table := range []string{"deflection", "suggestion", "question"} {
		same(t, table, h.raw(t, `SELECT count(*) FROM `+table), "0")
	}
}

func dayErased(t *testing.T, h *house) {
	a := h.written(t)
	ctx := t.Context()
	k, _ := h.customer()
	other, _ := h.customer()
	for _, who := range []centrala.Contact{k, other} {
		v := h.post(who, "", "").Sender
		h.step(t, "offered", v, a.ID)
		h.step(t, "unsolved", v, a.ID)
		_, err := h.Asked(ctx, centrala.Question{Text: "sekret " + who.ID.String(), Locale: "pl", Visitor: v})
		need(t, err)
		h.say(t, h.post(who, "1", "pytanie"))
	}
	events := h.happened(t, centrala.ConversationOpened)
	need(t, h.Handle(ctx, events[0]))
	_, err := h.Erase(ctx, k.ID, centrala.Author{Kind: centrala.ByAgent})
	need(t, err)
	for range 2 { // also what comes late brings nothing back
		h.handled(t)
		h.clock.move(2 * time.Minute)
		need(t, h.Sweep(ctx, 0))
	}
	v := h.post(k, "", "").Sender
	for _, table := range []string{"deflection", "suggestion", "question"} {
		same(t, table, h.raw(t, `SELECT count(*) FROM `+table+` WHERE visitor = '`+v+`'`), "0")
	}
	same(t, "words", h.raw(t, `SELECT count(*) FROM question WHERE text = '' AND stems = ''`), "1")
	same(t, "those of another stay", h.raw(t, `SELECT text FROM question WHERE text <> ''`), "sekret "+other.ID.String())
	same(t, "the other is known", h.raw(t, `SELECT visitor FROM deflection WHERE visitor <> ''`), h.post(other, "", "").Sender)
	same(t, "the counts stay", h.raw(t, `SELECT count(*) FROM deflection WHERE unsolved_at > 0 AND contact_at > 0`), "2")
}

func questionsAsked(t *testing.T, h *house) {
	ctx := t.Context()
	ask := func(q centrala.Question) centrala.QuestionID {
		t.Helper()
		id, err := h.Asked(ctx, q)
		need(t, err)
		return id
	}
	first := ask(centrala.Question{Text: "  Gdzie jest\n moja paczka? ", Locale: "pl", Side: centrala.Buyer, Place: centrala.AtWidget, Visitor: "v_1", Score: 0.2})
	a := h.written(t)
	same(t, "the same in other words, in another place", ask(centrala.Question{Text: "gdzie paczki moje", Locale: "pl", Place: centrala.AtForm, Visitor: "v_1", Found: 2, Nearest: a.ID, Score: 0.7}), first)
	same(t, "the text", h.raw(t, `SELECT text FROM question`), "Gdzie jest moja paczka?")
	same(t, "stems", h.raw(t, `SELECT stems FROM question`), deflection.Stems("pl", "paczka"))
	same(t, "what was found last", h.raw(t, `SELECT count(*) FROM question WHERE found = 2 AND place = 'widget' AND nearest > 0`), "1")
	if ask(centrala.Question{Text: "zwrot", Locale: "pl", Visitor: "v_1"}) == first || ask(centrala.Question{Text: "gdzie paczka", Locale: "pl", Visitor: "v_2"}) == first ||
		ask(centrala.Question{Text: "gdzie paczka", Locale: "pl"}) == first {
		t.Error("another question, or another's")
	}
	need(t, h.Offer(ctx, centrala.Deflection{Kind: "opened", Place: centrala.AtWidget, Articles: []centrala.ArticleID{a.ID}, Visitor: "v_1", Question: first}))
	same(t, "opened", h.raw(t, `SELECT count(*) FROM question WHERE opened = 1`), "1")
	h.clock.move(deflection.Day + time.Minute)
	if ask(centrala.Question{Text: "gdzie paczka", Locale: "pl", Visitor: "v_1"}) == first {
		t.Error("a day later it is asked again")
	}
	_, err := h.Asked(ctx, centrala.Question{Text: " \n"})
	refused(t, err, centrala.Invalid, "text")
	_, err = h.Asked(ctx, centrala.Question{Text: "a\x00b"})
	refused(t, err, centrala.Invalid, "text")
}
