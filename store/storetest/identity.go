package storetest

import (
	"slices"
	"testing"

	"centrala"
)

func identityCases() []testCase {
	return []testCase{
		{"who was joined goes on under their own token", joinedTokens},
		{"a visitor who says who they are leaves whom they were joined with", absorbedJoined},
	}
}

func joinedTokens(t *testing.T, h *house) {
	marta := signed(h, "u1", "marta@poczta.test")
	secret := h.say(t, h.post(marta, "1", "tajne Marty")).Conversation
	guest, scope := h.customer()
	guest.Name = "Gość"
	own := h.say(t, h.post(guest, "1", "moje")).Conversation
	h.join(t, guest.ID, marta.ID)
	if gen, blocked, exists, err := h.VisitorState(t.Context(), guest.ID); err != nil || gen != 0 || blocked || !exists {
		t.Fatalf("the guest's token: %d %v %v, %v", gen, blocked, exists, err)
	}
	if got := h.theirs(t, scope, 0); !slices.Equal(got, []centrala.ConversationID{own}) {
		t.Fatalf("the guest sees %v", got)
	}
	for _, read := range []error{
		second(h.Conversation(t.Context(), scope, secret)),
		third(h.Tail(t.Context(), scope, secret, 0, 10)),
		second(h.Append(t.Context(), centrala.Post{Sender: "v", Key: "x", Author: centrala.Author{Kind: centrala.ByCustomer}, Scope: scope, Conversation: secret, Contact: &guest, Inbox: h.widget.ID, Text: "wpycham się"})),
		second(h.Do(t.Context(), scope, secret, centrala.Resolve{ByCustomer: true}, centrala.Author{Kind: centrala.ByCustomer})),
	} {
		if centrala.CodeOf(read) != centrala.NotFound {
			t.Errorf("the guest reaches what is Marta's: %v", read)
		}
	}
	if who, err := h.Contact(t.Context(), scope, guest.ID); err != nil || who.Name != "Gość" || who.Email != "" || who.Verified {
		t.Errorf("the guest is shown %+v, %v", who, err)
	}
	if _, err := h.Contact(t.Context(), scope, marta.ID); centrala.CodeOf(err) != centrala.NotFound {
		t.Errorf("the guest is shown Marta: %v", err)
	}
	if r := h.say(t, h.post(guest, "2", "dalej")); r.Conversation != own {
		t.Errorf("the guest goes on in %s", r.Conversation)
	}
	if got := h.theirs(t, centrala.Scope{Contact: marta.ID, Inbox: h.widget.ID}, 0); !slices.Equal(got, []centrala.ConversationID{secret}) {
		t.Errorf("Marta sees %v", got)
	}
	email := "ktos@poczta.test"
	if _, err := h.UpdateContact(t.Context(), scope, guest.ID, centrala.ContactChange{Email: &email}); err != nil {
		t.Fatal(err)
	}
	if k := h.contact(t, marta.ID); k.Email != "marta@poczta.test" {
		t.Errorf("the guest has changed Marta's address: %+v", k)
	}
}

func second[T any](_ T, err error) error { return err }

func third[A, B any](_ A, _ B, err error) error { return err }

func absorbedJoined(t *testing.T, h *house) {
	wrong := signed(h, "u1", "")
	h.say(t, h.post(wrong, "1", "cudze"))
	guest, scope := h.customer()
	own := h.say(t, h.post(guest, "1", "moje")).Conversation
	m := h.join(t, wrong.ID, guest.ID)
	right := signed(h, "u2", "")
	if err := h.AbsorbVisitor(t.Context(), guest.ID, right, h.widget.ID, centrala.Author{Kind: centrala.BySystem}); err != nil {
		t.Fatal(err)
	}
	if got := h.theirs(t, centrala.Scope{Contact: right.ID, Inbox: h.widget.ID}, 0); !slices.Equal(got, []centrala.ConversationID{own}) {
		t.Errorf("who they said they are sees %v", got)
	}
	if got := h.theirs(t, scope, 0); len(got) != 0 {
		t.Errorf("the old token sees %v", got)
	}
	h.part(t, wrong.ID, m.ID)
	if c := h.conversation(t, own); c.Contact != right.ID {
		t.Errorf("telling apart has taken %+v back", c)
	}
}
