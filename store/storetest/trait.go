package storetest

import (
	"fmt"
	"testing"

	"centrala"
)

func traitCases() []testCase {
	return []testCase{
		{"a trait that is lacking is lent, and only for as long", lending},
		{"what nobody vouches for is not lent to whom the host site signed", hearsay},
	}
}

func lending(t *testing.T, h *house) {
	poor, scope := h.customer()
	poor.Name = ""
	h.say(t, h.post(poor, "1", "bez adresu"))
	rich := h.conversation(t, h.take(t, h.confirmed(1, "jan", "Mam adres")).Conversation).Contact
	phone, english := "+48600100214", "en"
	if _, err := h.UpdateContact(t.Context(), centrala.Everything(), rich, centrala.ContactChange{Phone: &phone, Locale: &english}); err != nil {
		t.Fatal(err)
	}
	if err := h.Unsubscribe(t.Context(), rich); err != nil {
		t.Fatal(err)
	}
	before := h.contact(t, poor.ID)
	m := h.join(t, poor.ID, rich)
	k := h.contact(t, poor.ID)
	if m.Contact != poor.ID || k.Email != "jan@poczta.test" || !k.EmailProven || k.Phone != phone || k.PhoneProven || k.Locale != "en" || !k.NoSurveys || k.Name != "jan" {
		t.Fatalf("lent: %+v", k)
	}
	if who, err := h.Contact(t.Context(), scope, poor.ID); err != nil || who.Email+who.Phone+who.Name != "" {
		t.Fatalf("the visitor is shown what was lent: %+v, %v", who, err)
	}
	if r := h.take(t, h.confirmed(2, "jan", "Znowu ja, w innej sprawie")); h.conversation(t, r.Conversation).Visitor() != rich {
		t.Fatal("a mail from the lent address is not its owner's")
	}
	other := "600200300"
	if _, err := h.UpdateContact(t.Context(), centrala.Everything(), poor.ID, centrala.ContactChange{Phone: &other}); err != nil {
		t.Fatal(err)
	}
	h.part(t, poor.ID, m.ID)
	before.Phone = other // which an agent wrote there since, and nobody lent
	if k := h.contact(t, poor.ID); fmt.Sprintf("%+v", k) != fmt.Sprintf("%+v", before) {
		t.Errorf("parted\n%+v\nis not\n%+v", k, before)
	}
}

func hearsay(t *testing.T, h *house) {
	marta := signed(h, "u1", "")
	h.say(t, h.post(marta, "1", "x"))
	guest, scope := h.customer()
	h.say(t, h.post(guest, "1", "x"))
	email := "ktos@poczta.test"
	if _, err := h.UpdateContact(t.Context(), scope, guest.ID, centrala.ContactChange{Email: &email}); err != nil {
		t.Fatal(err)
	}
	h.join(t, marta.ID, guest.ID)
	if k := h.contact(t, marta.ID); k.Email != "" {
		t.Errorf("answers to Marta would go to %s", k.Email)
	}
	h.take(t, h.confirmed(1, "ktos", "Skrzynka tego adresu"))
	if k := h.contact(t, marta.ID); k.Email != "" || k.EmailProven {
		t.Errorf("a mail has proven what a visitor typed: %+v", k)
	}
}
