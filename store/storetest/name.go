package storetest

import (
	"sync"
	"testing"
	"time"

	"centrala"
)

func nameCases() []testCase {
	return []testCase{
		{"who has no name is asked for, and named", namesAreAsked},
		{"who was named by somebody keeps that", namesAreKept},
		{"a name that comes late finds nobody", namesOfErased},
		{"how far the team has read is told once", teamReads},
	}
}

// nameless is a message of somebody whom the vendor does not name.
func (v *vendorSide) nameless(who, id, text string) centrala.Inbound {
	in := v.wrote(who, id, text)
	in.From.Name = ""
	return in
}

// dueNames are the addresses of whom the vendor is to be asked for.
func (v *vendorSide) dueNames(t testing.TB) []centrala.Unnamed {
	t.Helper()
	due, err := v.DueNames(t.Context(), v.in.ID, 10)
	if err != nil {
		t.Fatal(err)
	}
	return due
}

func (v *vendorSide) keepName(t testing.TB, n centrala.Named) {
	t.Helper()
	if err := v.KeepName(t.Context(), n); err != nil {
		t.Fatal(err)
	}
}

func namesAreAsked(t *testing.T, h *house) {
	v := h.vendor(t, centrala.Messenger, centrala.Account{})
	echo := v.nameless("Ola", "e1", "z telefonu")
	echo.Kind = centrala.KindEcho
	v.posts(t, echo, v.wrote("Jan", "j1", "mam imię"))
	if due := v.dueNames(t); len(due) != 0 {
		t.Fatalf("asked for before they wrote, or though they are named: %+v", due)
	}
	first := v.posts(t, v.nameless("Ola", "m1", "Dzień dobry"))
	due := v.dueNames(t)
	if len(due) != 1 || due[0].Address != "id-Ola" || due[0].Inbox != v.in.ID || due[0].Channel != centrala.Messenger {
		t.Fatalf("due %+v", due)
	}
	_, said := v.talk(t, first)
	if last := said[len(said)-1]; last.Author.Name != "" {
		t.Errorf("an id is shown as the name %q", last.Author.Name)
	}
	v.keepName(t, centrala.Named{Unnamed: due[0], Next: h.clock.now().Add(time.Hour)})
	v.posts(t, v.nameless("Ola", "m2", "jeszcze coś"))
	if again := v.dueNames(t); len(again) != 0 {
		t.Fatalf("asked for again too early: %+v", again)
	}
	h.clock.move(2 * time.Hour)
	if due = v.dueNames(t); len(due) != 1 || due[0].Tries != 1 {
		t.Fatalf("due later %+v", due)
	}
	var named []centrala.Commit
	var mu sync.Mutex
	h.OnCommit(func(all []centrala.Commit) {
		mu.Lock()
		defer mu.Unlock()
		for _, c := range all {
			if c.Event.Type == centrala.ContactNamed {
				named = append(named, c)
			}
		}
	})
	v.keepName(t, centrala.Named{Unnamed: due[0], Name: "Ola \x00Testowa "})
	c, _ := v.talk(t, first)
	if c.ContactName != "Ola Testowa" || len(v.dueNames(t)) != 0 {
		t.Errorf("the name is %q, due %+v", c.ContactName, v.dueNames(t))
	}
	mu.Lock()
	if len(named) < 2 || named[0].Event.Conversation == 0 || named[0].Conversation.ContactName != "Ola Testowa" || named[0].Event.Seq != 0 {
		t.Errorf("told %+v", named)
	}
	mu.Unlock()
	k, err := h.Contact(t.Context(), centrala.Everything(), c.Contact)
	if err != nil || len(k.Identities) != 1 || k.Identities[0].Name != "Ola Testowa" {
		t.Errorf("%+v, %v", k, err)
	}

	v.posts(t, v.nameless("Iga", "i1", "nie powiem"))
	v.keepName(t, centrala.Named{Unnamed: v.dueNames(t)[0]})
	v.posts(t, v.nameless("Iga", "i2", "dalej nie"), v.nameless("Ewa", "w1", "nie udało się"))
	due = v.dueNames(t)
	if len(due) != 1 || due[0].Address != "id-Ewa" {
		t.Fatalf("after a refusal: %+v", due)
	}
	v.keepName(t, centrala.Named{Unnamed: due[0], Spent: true})
	if due = v.dueNames(t); len(due) != 0 {
		t.Fatalf("given up, and due: %+v", due)
	}
	v.posts(t, v.nameless("Ewa", "w2", "znowu ja"))
	if due = v.dueNames(t); len(due) != 1 || due[0].Tries != 0 {
		t.Fatalf("they wrote again: %+v", due)
	}
}

func namesAreKept(t *testing.T, h *house) {
	v := h.vendor(t, centrala.Instagram, centrala.Account{})
	first := v.posts(t, v.nameless("Ola", "m1", "hej"))
	c, _ := v.talk(t, first)
	given := "Pani Ola z reklamacji"
	if _, err := h.UpdateContact(t.Context(), centrala.Everything(), c.Contact, centrala.ContactChange{Name: &given}); err != nil {
		t.Fatal(err)
	}
	v.keepName(t, centrala.Named{Unnamed: v.dueNames(t)[0], Name: "ola_99"})
	if c, _ = v.talk(t, first); c.ContactName != given {
		t.Errorf("the name is %q", c.ContactName)
	}
	k, err := h.Contact(t.Context(), centrala.Everything(), c.Contact)
	if err != nil || k.Identities[0].Name != "ola_99" {
		t.Errorf("%+v, %v", k, err)
	}

	// Two who are one: the other's name is lent, and goes with them.
	a, _ := v.talk(t, v.posts(t, v.nameless("Jan", "j1", "pierwsze konto")))
	b, _ := v.talk(t, v.posts(t, v.nameless("Janek", "j2", "drugie konto")))
	m, err := h.Merge(t.Context(), centrala.Everything(), a.Contact, b.Contact, centrala.Author{Kind: centrala.ByAgent})
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range v.dueNames(t) {
		if u.Address == "id-Janek" {
			v.keepName(t, centrala.Named{Unnamed: u, Name: "Jan Drugi"})
		}
	}
	if k, err := h.Contact(t.Context(), centrala.Everything(), m.Contact); err != nil || k.Name != "Jan Drugi" {
		t.Errorf("the person is called %q, %v", k.Name, err)
	}
	if _, err := h.Unmerge(t.Context(), centrala.Everything(), m.Contact, m.ID, centrala.Author{Kind: centrala.ByAgent}); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[centrala.ContactID]string{m.Contact: "", m.Other: "Jan Drugi"} {
		if k, err := h.Contact(t.Context(), centrala.Everything(), id); err != nil || k.Name != want {
			t.Errorf("told apart, %s is called %q, %v; want %q", id, k.Name, err, want)
		}
	}
}

func namesOfErased(t *testing.T, h *house) {
	v := h.vendor(t, centrala.Messenger, centrala.Account{})
	first := v.posts(t, v.nameless("Ola", "m1", "zapomnijcie mnie"))
	due := v.dueNames(t)
	c, _ := v.talk(t, first)
	if _, err := h.Erase(t.Context(), c.Contact, centrala.Author{Kind: centrala.ByAgent}); err != nil {
		t.Fatal(err)
	}
	if len(v.dueNames(t)) != 0 {
		t.Error("an erased person is asked for")
	}
	if err := v.KeepName(t.Context(), centrala.Named{Unnamed: due[0], Name: "Ola"}); centrala.CodeOf(err) != centrala.NotFound {
		t.Errorf("a late name was taken: %v", err)
	}
	if n := h.raw(t, `SELECT count(*) FROM contact WHERE name = 'Ola'`); n != "0" {
		t.Errorf("%s contacts have the erased name", n)
	}
}

func teamReads(t *testing.T, h *house) {
	v := h.vendor(t, centrala.Messenger, centrala.Account{MarkRead: true})
	first := v.posts(t, v.wrote("Ola", "m1", "raz"))
	v.posts(t, v.wrote("Ola", "m2", "dwa"))
	c, _ := v.talk(t, first)
	var reads []centrala.TeamRead
	var mu sync.Mutex
	h.OnRead(func(all []centrala.TeamRead) {
		mu.Lock()
		defer mu.Unlock()
		reads = append(reads, all...)
	})
	taken := func() []centrala.TeamRead {
		mu.Lock()
		defer mu.Unlock()
		all := reads
		reads = nil
		return all
	}
	heard := func(r centrala.TeamRead) centrala.Heard {
		t.Helper()
		m, err := h.Heard(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	agent := centrala.Author{Kind: centrala.ByAgent, ID: h.ania.ID.String(), Name: h.ania.Name}
	for _, upto := range []int64{1, 1, 2, 1} {
		if err := h.Seen(t.Context(), centrala.Everything(), c.ID, agent, 0, upto); err != nil {
			t.Fatal(err)
		}
	}
	got := taken()
	if len(got) != 2 || got[0] != (centrala.TeamRead{Conversation: c.ID, Upto: 1}) || got[1] != (centrala.TeamRead{Conversation: c.ID, After: 1, Upto: 2}) {
		t.Fatalf("told %+v", got)
	}
	if m := heard(got[1]); m.ID != "m2" || m.Inbox != v.in.ID || m.Peer != "id-Ola" {
		t.Errorf("heard %+v", m)
	}
	if m := heard(centrala.TeamRead{Conversation: c.ID, After: 2, Upto: 9}); m.ID != "" {
		t.Errorf("nothing was said, and heard %+v", m)
	}
	customer := centrala.Author{Kind: centrala.ByCustomer, ID: c.Contact.String()}
	if err := h.Seen(t.Context(), centrala.Everything(), c.ID, customer, 2, 2); err != nil {
		t.Fatal(err)
	}
	if got := taken(); len(got) != 0 {
		t.Errorf("what a customer has read is told as the team's: %+v", got)
	}
}
