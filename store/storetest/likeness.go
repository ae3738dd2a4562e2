package storetest

import (
	"slices"
	"testing"

	"centrala"
)

func likenessCases() []testCase {
	return []testCase{
		{"a proven address suggests, and what was typed does not", likelyByMail},
		{"a proven number suggests", likelyByNumber},
		{"what is said to be two is not suggested again", unlikes},
		{"a proof goes when the address does, and comes with a signature", proofs},
	}
}

// likely are the people who may be a contact.
func (h *house) likely(t *testing.T, id centrala.ContactID) []centrala.ContactID {
	t.Helper()
	list, err := h.Likely(t.Context(), centrala.Everything(), id)
	if err != nil {
		t.Fatal(err)
	}
	var ids []centrala.ContactID
	for _, l := range list {
		if !centrala.Suggests(l.Evidence) || l.Known.Conversations == 0 || len(l.Known.Channels) == 0 || l.Known.Since.IsZero() {
			t.Errorf("suggested: %+v", l)
		}
		ids = append(ids, l.Known.Contact.ID)
	}
	slices.Sort(ids)
	return ids
}

// mailed is a contact made by a mail that nobody vouches for yet, and who has an address of their
// own: the store would take a second mail of the address for theirs.
func (h *house) mailed(t *testing.T, uid uint32, from string, proven bool) centrala.ContactID {
	t.Helper()
	in := h.later(h.mail(uid, from, "Sprawa "+from, "treść "+from))
	if proven {
		in.Trust = centrala.Trust{Verdict: centrala.Confirmed}
	}
	return h.conversation(t, h.take(t, in).Conversation).Contact
}

func likelyByMail(t *testing.T, h *house) {
	guest, scope := h.customer()
	h.say(t, h.post(guest, "1", "x"))
	typed := "marta@poczta.test"
	if _, err := h.UpdateContact(t.Context(), scope, guest.ID, centrala.ContactChange{Email: &typed}); err != nil {
		t.Fatal(err)
	}
	mailed := h.mailed(t, 1, "jan", true)
	marta := signed(h, "u1", "jan@poczta.test")
	h.say(t, h.post(marta, "1", "x"))
	typist := signed(h, "u2", typed)
	h.say(t, h.post(typist, "1", "x"))
	if got := h.likely(t, marta.ID); !slices.Equal(got, []centrala.ContactID{mailed}) {
		t.Errorf("of an address that is proven of both: %v, want %v", got, mailed)
	}
	if got := h.likely(t, mailed); !slices.Equal(got, []centrala.ContactID{marta.ID}) {
		t.Errorf("the other way: %v", got)
	}
	for _, id := range []centrala.ContactID{typist.ID, guest.ID} {
		if got := h.likely(t, id); len(got) != 0 {
			t.Errorf("of an address that was typed: %v", got)
		}
	}
	m := h.join(t, marta.ID, mailed)
	if len(m.Evidence) == 0 || m.Evidence[0].Kind != centrala.SameEmail || !m.Evidence[0].Strong {
		t.Errorf("joined because of %+v", m.Evidence)
	}
	if got := h.likely(t, marta.ID); len(got) != 0 {
		t.Errorf("joined with whom they are: %v", got)
	}
}

func likelyByNumber(t *testing.T, h *house) {
	a, b := signed(h, "u1", ""), signed(h, "u2", "")
	a.Phone, a.PhoneProven = "+48600100214", true
	b.Phone, b.PhoneProven = "+48600100214", true
	h.say(t, h.post(a, "1", "x"))
	h.say(t, h.post(b, "1", "x"))
	if got := h.likely(t, a.ID); len(got) != 0 {
		t.Errorf("two whom the host site signed: %v", got)
	}
	c := centrala.Contact{ID: h.NewContactID(), Name: "Marta W.", Phone: "+48600100214", PhoneProven: true}
	h.say(t, h.post(c, "1", "x"))
	want := []centrala.ContactID{a.ID, b.ID}
	slices.Sort(want)
	if got := h.likely(t, c.ID); !slices.Equal(got, want) {
		t.Errorf("of a number: %v, want %v", got, want)
	}
	typed := centrala.Contact{ID: h.NewContactID(), Name: "Marta", Phone: "600 100 214"}
	h.say(t, h.post(typed, "1", "x"))
	if got := h.likely(t, typed.ID); len(got) != 0 {
		t.Errorf("of a number that somebody typed: %v", got)
	}
}

func unlikes(t *testing.T, h *house) {
	mailed := h.mailed(t, 1, "jan", true)
	marta := signed(h, "u1", "jan@poczta.test")
	h.say(t, h.post(marta, "1", "x"))
	if err := h.Unlike(t.Context(), centrala.Everything(), marta.ID, mailed); err != nil {
		t.Fatal(err)
	}
	if err := h.Unlike(t.Context(), centrala.Everything(), mailed, marta.ID); err != nil {
		t.Fatalf("said twice: %v", err)
	}
	if got := h.likely(t, marta.ID); len(got) != 0 {
		t.Errorf("suggested again: %v", got)
	}
	guest, _ := h.customer()
	h.say(t, h.post(guest, "1", "x"))
	h.join(t, marta.ID, guest.ID)
	if got := h.likely(t, mailed); len(got) != 0 {
		t.Errorf("suggested again for being joined with somebody: %v", got)
	}
	m := h.join(t, marta.ID, mailed) // a person may change their mind
	h.part(t, marta.ID, m.ID)
	if got := h.likely(t, marta.ID); len(got) != 0 {
		t.Errorf("suggested again after they were told apart: %v", got)
	}
}

func proofs(t *testing.T, h *house) {
	marta := signed(h, "u1", "")
	r := h.say(t, h.post(marta, "1", "x"))
	if k := h.contact(t, marta.ID); k.EmailProven || k.PhoneProven {
		t.Fatalf("proven: %+v", k)
	}
	again := marta
	again.Email, again.EmailProven, again.Phone, again.PhoneProven = "marta@poczta.test", true, "+48600100214", true
	h.do(t, r.Conversation, centrala.Resolve{})
	h.clock.move(centrala.ReopenWithin + 1)
	h.say(t, h.post(again, "2", "podpisane od nowa"))
	k := h.contact(t, marta.ID)
	if k.Email != again.Email || !k.EmailProven || k.Phone != again.Phone || !k.PhoneProven {
		t.Fatalf("what was signed since: %+v", k)
	}
	same, other := "Marta@Poczta.test", "inny@poczta.test"
	if k, err := h.UpdateContact(t.Context(), centrala.Everything(), marta.ID, centrala.ContactChange{Email: &same}); err != nil || !k.EmailProven {
		t.Errorf("the same address: %+v, %v", k, err)
	}
	if k, err := h.UpdateContact(t.Context(), centrala.Everything(), marta.ID, centrala.ContactChange{Email: &other, Phone: &other}); err != nil || k.EmailProven || k.PhoneProven {
		t.Errorf("another address: %+v, %v", k, err)
	}
	if k := h.contact(t, marta.ID); k.EmailProven || k.PhoneProven || k.Email != other {
		t.Errorf("another address: %+v", k)
	}
	unknown := h.mailed(t, 1, "ola", false)
	if k := h.contact(t, unknown); k.EmailProven {
		t.Errorf("proven by nobody: %+v", k)
	}
	if id := h.mailed(t, 2, "ola", true); id != unknown || !h.contact(t, id).EmailProven {
		t.Errorf("confirmed since: %s, %+v", id, h.contact(t, id))
	}
}
