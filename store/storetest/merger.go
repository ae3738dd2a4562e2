package storetest

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"centrala"
)

func mergerCases() []testCase {
	return []testCase{
		{"two contacts are joined, and told apart as they were", joinedAndParted},
		{"a conversation that came since stays with whom it came as", cameSince},
		{"a chain is parted in any order", chains},
		{"of two who were signed, blocked or doubted none is joined", unjoinable},
		{"blocking closes every door of a person", blockingJoined},
		{"concurrent joinings leave one person", concurrentMergers},
		{"conversations of two who were joined are not merged into one another", mergersApart},
		{"a scope that sees one of two joins neither", mergerScope},
	}
}

var bySupervisor = centrala.Author{Kind: centrala.ByAgent, ID: "a_test", Name: "Ewa"}

func (h *house) join(t *testing.T, a, b centrala.ContactID) centrala.Merger {
	t.Helper()
	m, err := h.Merge(t.Context(), centrala.Everything(), a, b, bySupervisor)
	if err != nil {
		t.Fatalf("join: %v", err)
	}
	return m
}

func (h *house) part(t *testing.T, person centrala.ContactID, m centrala.MergerID) {
	t.Helper()
	if _, err := h.Unmerge(t.Context(), centrala.Everything(), person, m, bySupervisor); err != nil {
		t.Fatalf("part: %v", err)
	}
}

// theirs are the conversations of a scope, sorted.
func (h *house) theirs(t *testing.T, scope centrala.Scope, contact centrala.ContactID) []centrala.ConversationID {
	t.Helper()
	items, _, err := h.Conversations(t.Context(), scope, centrala.Filter{Contact: contact, Limit: 200})
	if err != nil {
		t.Fatal(err)
	}
	var ids []centrala.ConversationID
	for _, c := range items {
		ids = append(ids, c.ID)
	}
	slices.Sort(ids)
	return ids
}

func (h *house) contact(t *testing.T, id centrala.ContactID) centrala.Contact {
	t.Helper()
	k, err := h.Contact(t.Context(), centrala.Everything(), id)
	if err != nil {
		t.Fatalf("contact %s: %v", id, err)
	}
	return k
}

// confirmed is a mail whose sender our own server vouches for.
func (h *house) confirmed(uid uint32, from, subject string) centrala.Inbound {
	in := h.later(h.mail(uid, from, subject, "treść "+subject))
	in.Trust = centrala.Trust{Verdict: centrala.Confirmed}
	return in
}

func signed(h *house, subject, email string) centrala.Contact {
	return centrala.Contact{ID: h.NewContactID(), Name: "Marta Wiśniewska", Email: email, EmailProven: email != "", Side: centrala.Buyer, Verified: true, ExternalID: subject}
}

func joinedAndParted(t *testing.T, h *house) {
	marta := signed(h, "u1", "marta@poczta.test")
	chat := h.say(t, h.post(marta, "1", "czat")).Conversation
	mail := h.take(t, h.confirmed(1, "marta", "Paczka")).Conversation
	if got := h.conversation(t, mail).Contact; got != marta.ID {
		t.Fatalf("a mail of a signed address is of %s", got)
	}
	work := h.take(t, h.confirmed(2, "mw", "Faktura")).Conversation
	other := h.conversation(t, work).Contact
	before := [2]centrala.Contact{h.contact(t, marta.ID), h.contact(t, other)}
	if !before[0].EmailProven || !before[1].EmailProven {
		t.Fatalf("proven: %v and %v", before[0].EmailProven, before[1].EmailProven)
	}

	m := h.join(t, other, marta.ID)
	if m.Contact != marta.ID || m.Other != other || len(m.Channels) != 1 || m.Channels[0] != centrala.Email {
		t.Fatalf("joined: %+v", m)
	}
	if got := h.theirs(t, centrala.Everything(), marta.ID); !slices.Equal(got, []centrala.ConversationID{chat, mail, work}) {
		t.Fatalf("together they have %v", got)
	}
	if _, err := h.Contact(t.Context(), centrala.Everything(), other); centrala.CodeOf(err) != centrala.NotFound {
		t.Fatalf("the other one is still there: %v", err)
	}
	for _, q := range []string{"marta@poczta", "mw@poczta"} {
		if found, err := h.Contacts(t.Context(), centrala.Everything(), q, 0, 10); err != nil || len(found) != 1 || found[0].ID != marta.ID {
			t.Errorf("looking for %s finds %v, %v", q, found, err)
		}
		if found, _, err := h.Conversations(t.Context(), centrala.Everything(), centrala.Filter{Text: q}); err != nil || len(found) == 0 {
			t.Errorf("looking for conversations of %s finds %v, %v", q, found, err)
		}
	}
	for _, id := range []centrala.ConversationID{chat, work} {
		all := h.dense(t, id)
		if f := all[len(all)-1].System; f == nil || f.Kind != "joined" || f.Other != other || f.Merger != m.ID || f.Channel != centrala.Email {
			t.Errorf("the timeline ends with %+v", all[len(all)-1])
		}
	}
	if c := h.conversation(t, work); c.ContactName != marta.Name || !c.Verified {
		t.Errorf("the other one's conversation: %+v", c)
	}

	h.part(t, marta.ID, m.ID)
	after := [2]centrala.Contact{h.contact(t, marta.ID), h.contact(t, other)}
	if fmt.Sprintf("%+v", after) != fmt.Sprintf("%+v", before) {
		t.Errorf("parted they are\n%+v\nand were\n%+v", after, before)
	}
	if got := h.theirs(t, centrala.Everything(), marta.ID); !slices.Equal(got, []centrala.ConversationID{chat, mail}) {
		t.Errorf("the one has %v", got)
	}
	if got := h.theirs(t, centrala.Everything(), other); !slices.Equal(got, []centrala.ConversationID{work}) {
		t.Errorf("the other has %v", got)
	}
	all := h.dense(t, work)
	if f := all[len(all)-1].System; f == nil || f.Kind != "parted" {
		t.Errorf("the timeline ends with %+v", all[len(all)-1])
	}
	if _, err := h.Unmerge(t.Context(), centrala.Everything(), marta.ID, m.ID, bySupervisor); centrala.CodeOf(err) != centrala.Conflict {
		t.Errorf("parted twice: %v", err)
	}
	list, err := h.Mergers(t.Context(), centrala.Everything(), marta.ID)
	if err != nil || len(list) != 1 || list[0].Undone.IsZero() || list[0].By != bySupervisor || list[0].Channels[0] != centrala.Email {
		t.Errorf("the mergers are %+v, %v", list, err)
	}
	if again := h.join(t, marta.ID, other); again.ID == m.ID || len(h.theirs(t, centrala.Everything(), marta.ID)) != 3 {
		t.Errorf("joined again: %+v", again)
	}
}

func cameSince(t *testing.T, h *house) {
	one := h.take(t, h.confirmed(1, "jan", "Pierwsza")).Conversation
	two := h.take(t, h.confirmed(2, "jan.praca", "Druga")).Conversation
	a, b := h.conversation(t, one).Contact, h.conversation(t, two).Contact
	m := h.join(t, a, b)
	if m.Contact != a {
		t.Fatalf("the elder does not answer for both: %+v", m)
	}
	since := h.take(t, h.confirmed(3, "jan.praca", "Trzecia sprawa")).Conversation
	if c := h.conversation(t, since); c.Contact != a || c.Visitor() != b {
		t.Fatalf("what came since: %+v", c)
	}
	if to := h.recipientOf(t, since); to != "jan.praca@poczta.test" {
		t.Errorf("answered to %s", to)
	}
	if to := h.recipientOf(t, one); to != "jan@poczta.test" {
		t.Errorf("answered to %s", to)
	}
	h.part(t, a, m.ID)
	if got := h.theirs(t, centrala.Everything(), b); !slices.Equal(got, []centrala.ConversationID{two, since}) {
		t.Errorf("the other has %v", got)
	}
	if got := h.theirs(t, centrala.Everything(), a); !slices.Equal(got, []centrala.ConversationID{one}) {
		t.Errorf("the one has %v", got)
	}
}

// recipientOf answers a conversation and says where that goes.
func (h *house) recipientOf(t *testing.T, id centrala.ConversationID) string {
	t.Helper()
	p := h.reply(h.ania, id, "r"+id.String(), "odpowiedź")
	p.Scope = centrala.Everything()
	h.say(t, p)
	return h.raw(t, `SELECT address FROM delivery WHERE conversation = $1 ORDER BY id DESC LIMIT 1`, int64(id))
}

func chains(t *testing.T, h *house) {
	var ids [3]centrala.ContactID
	var talks [3]centrala.ConversationID
	for i := range ids {
		talks[i] = h.take(t, h.confirmed(uint32(i+1), fmt.Sprint("osoba", i), fmt.Sprint("Sprawa ", i))).Conversation
		ids[i] = h.conversation(t, talks[i]).Contact
	}
	inner := h.join(t, ids[1], ids[2]) // 2 into 1
	outer := h.join(t, ids[0], ids[1]) // 1 into 0
	if got := h.theirs(t, centrala.Everything(), ids[0]); len(got) != 3 {
		t.Fatalf("three who are one have %v", got)
	}
	list, err := h.Mergers(t.Context(), centrala.Everything(), ids[0])
	if err != nil || len(list) != 2 {
		t.Fatalf("mergers: %+v, %v", list, err)
	}
	if found, err := h.Contacts(t.Context(), centrala.Everything(), "osoba2@", 0, 5); err != nil || len(found) != 1 || found[0].ID != ids[0] {
		t.Fatalf("over two steps: %v, %v", found, err)
	}
	h.part(t, ids[0], outer.ID) // the later one first
	if got := h.theirs(t, centrala.Everything(), ids[1]); !slices.Equal(got, talks[1:]) {
		t.Fatalf("1 and 2 have %v", got)
	}
	outer = h.join(t, ids[0], ids[1])
	h.part(t, ids[0], inner.ID) // the inner one first
	if got := h.theirs(t, centrala.Everything(), ids[0]); !slices.Equal(got, talks[:2]) {
		t.Fatalf("0 and 1 have %v", got)
	}
	if got := h.theirs(t, centrala.Everything(), ids[2]); !slices.Equal(got, talks[2:]) {
		t.Fatalf("2 has %v", got)
	}
	h.part(t, ids[0], outer.ID)
	for i, id := range ids {
		if got := h.theirs(t, centrala.Everything(), id); !slices.Equal(got, talks[i:i+1]) {
			t.Errorf("%d has %v", i, got)
		}
	}
}

func unjoinable(t *testing.T, h *house) {
	refused := func(what string, a, b centrala.ContactID, code centrala.Code) {
		t.Helper()
		if _, err := h.Merge(t.Context(), centrala.Everything(), a, b, bySupervisor); centrala.CodeOf(err) != code {
			t.Errorf("%s: %v", what, err)
		}
	}
	u1, u2 := signed(h, "u1", ""), signed(h, "u2", "")
	h.say(t, h.post(u1, "1", "x"))
	h.say(t, h.post(u2, "1", "x"))
	refused("two who were signed", u1.ID, u2.ID, centrala.Conflict)
	refused("one and the same", u1.ID, u1.ID, centrala.Invalid)
	refused("nobody", u1.ID, centrala.ContactID(h.NewID()), centrala.NotFound)
	forged := h.later(h.mail(1, "marta", "Podszywam się", "x"))
	forged.Trust = centrala.Trust{Verdict: centrala.Contradict}
	refused("a doubted one", u1.ID, h.conversation(t, h.take(t, forged).Conversation).Contact, centrala.Conflict)
	guest, _ := h.customer()
	h.say(t, h.post(guest, "1", "x"))
	if err := h.Block(t.Context(), centrala.Everything(), guest.ID, true, bySupervisor); err != nil {
		t.Fatal(err)
	}
	refused("a blocked one", u1.ID, guest.ID, centrala.Conflict)
	if err := h.Block(t.Context(), centrala.Everything(), guest.ID, false, bySupervisor); err != nil {
		t.Fatal(err)
	}
	m := h.join(t, u1.ID, guest.ID)
	refused("one who is joined already", u2.ID, guest.ID, centrala.NotFound)
	if _, err := h.Unmerge(t.Context(), centrala.Everything(), u2.ID, m.ID, bySupervisor); centrala.CodeOf(err) != centrala.NotFound {
		t.Errorf("another's merger: %v", err)
	}
}

func blockingJoined(t *testing.T, h *house) {
	marta := signed(h, "u1", "marta@poczta.test")
	h.say(t, h.post(marta, "1", "x"))
	guest, _ := h.customer()
	h.say(t, h.post(guest, "1", "x"))
	m := h.join(t, marta.ID, guest.ID)
	if err := h.Block(t.Context(), centrala.Everything(), marta.ID, true, bySupervisor); err != nil {
		t.Fatal(err)
	}
	for _, k := range []centrala.Contact{marta, guest} {
		if _, err := h.Append(t.Context(), h.post(k, "2", "mimo to")); centrala.CodeOf(err) != centrala.Closed {
			t.Errorf("%s writes: %v", k.Name, err)
		}
		if gen, blocked, _, err := h.VisitorState(t.Context(), k.ID); err != nil || gen != 1 || !blocked {
			t.Errorf("the tokens of %s: %d %v, %v", k.Name, gen, blocked, err)
		}
	}
	people, err := h.Persons(t.Context(), marta.ID)
	if err != nil || !slices.Equal(people, []centrala.ContactID{marta.ID, guest.ID}) {
		t.Errorf("they are %v, %v", people, err)
	}
	h.part(t, marta.ID, m.ID)
	if k := h.contact(t, guest.ID); !k.Blocked {
		t.Errorf("telling apart has opened the door: %+v", k)
	}
}

func concurrentMergers(t *testing.T, h *house) {
	var ids []centrala.ContactID
	for i := range 6 {
		k, _ := h.customer()
		h.say(t, h.post(k, "1", fmt.Sprint("czat ", i)))
		ids = append(ids, k.ID)
	}
	var wg sync.WaitGroup
	for i := range ids {
		for j := range i {
			wg.Go(func() {
				_, err := h.Merge(t.Context(), centrala.Everything(), ids[i], ids[j], bySupervisor)
				if code := centrala.CodeOf(err); code != "" && code != centrala.NotFound {
					t.Errorf("join %d and %d: %v", i, j, err)
				}
			})
		}
	}
	wg.Wait()
	var people, talks int
	for _, id := range ids {
		if _, err := h.Contact(t.Context(), centrala.Everything(), id); err == nil {
			people++
			talks += len(h.theirs(t, centrala.Everything(), id))
		}
	}
	if people == 0 || talks != len(ids) {
		t.Errorf("%d people have %d conversations, want %d", people, talks, len(ids))
	}
}

func mergersApart(t *testing.T, h *house) {
	marta := signed(h, "u1", "")
	elder := h.say(t, h.post(marta, "1", "x")).Conversation
	guest, scope := h.customer()
	younger := h.say(t, h.post(guest, "1", "x")).Conversation
	h.join(t, marta.ID, guest.ID)
	_, err := h.Do(t.Context(), centrala.Everything(), younger, centrala.Merge{Into: elder}, bySupervisor)
	if centrala.CodeOf(err) != centrala.Conflict {
		t.Fatalf("merged: %v", err)
	}
	if r := h.say(t, h.post(guest, "2", "y")); r.Conversation != younger || len(h.theirs(t, scope, 0)) != 1 {
		t.Errorf("the guest writes in %s", r.Conversation)
	}
}

func mergerScope(t *testing.T, h *house) {
	one := h.take(t, h.confirmed(1, "jan", "Pierwsza")).Conversation
	two := h.take(t, h.confirmed(2, "jan.praca", "Druga")).Conversation
	h.do(t, two, centrala.Transfer{Team: h.other.ID})
	a, b := h.conversation(t, one).Contact, h.conversation(t, two).Contact
	ania := centrala.Scope{Agent: h.ania.ID, Teams: []centrala.TeamID{h.team.ID}}
	for _, err := range []error{
		second(h.Merge(t.Context(), ania, a, b, bySupervisor)),
		second(h.Merge(t.Context(), ania, b, a, bySupervisor)),
		h.Unlike(t.Context(), ania, a, b),
		second(h.Mergers(t.Context(), ania, b)),
		second(h.Likely(t.Context(), ania, b)),
	} {
		if centrala.CodeOf(err) != centrala.NotFound {
			t.Errorf("out of sight: %v", err)
		}
	}
	m := h.join(t, a, b)
	if k, err := h.Contact(t.Context(), ania, a); err != nil || k.ID != a {
		t.Errorf("%+v, %v", k, err)
	}
	if got := h.theirs(t, ania, a); !slices.Equal(got, []centrala.ConversationID{one}) {
		t.Errorf("joining shows an agent %v", got)
	}
	if _, err := h.Unmerge(t.Context(), ania, a, m.ID, bySupervisor); err != nil {
		t.Errorf("part: %v", err)
	}
}
