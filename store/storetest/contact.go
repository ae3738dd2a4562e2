package storetest

import (
	"strings"
	"testing"

	"centrala"
)

func contactCases() []testCase {
	return []testCase{
		{"erasing takes the words and keeps the shape", erasing},
		{"a call logged by hand is its agent's, once", byHand},
		{"a customer's own changes make their row", ownChanges},
	}
}

func erasing(t *testing.T, h *house) {
	in := h.mail(1, "jan", "Sekret w temacie", "sekret w treści")
	in.HTML, in.Raw = "<p>sekret</p>", "raw/1"
	r := h.take(t, in)
	c := h.conversation(t, r.Conversation)
	blobs, err := h.Erase(t.Context(), c.Contact, centrala.Author{Kind: centrala.ByAgent})
	if err != nil || len(blobs) != 1 || blobs[0] != "raw/1" {
		t.Fatalf("erase: %v, %v", blobs, err)
	}
	m, full, html, err := h.Message(t.Context(), centrala.Everything(), r.Conversation, 1)
	if err != nil || m.Text+full+html+m.Author.Name != "" {
		t.Fatalf("what is left: %+v %q %q, %v", m, full, html, err)
	}
	c = h.conversation(t, r.Conversation)
	if strings.Contains(c.Subject+c.LastText.Text+c.ContactName, "ekret") || c.LastSeq != 1 {
		t.Fatalf("what is left: %+v", c)
	}
	if _, err := h.Erase(t.Context(), centrala.ContactID(h.NewID()), centrala.Author{}); centrala.CodeOf(err) != centrala.NotFound {
		t.Fatalf("nobody: %v", err)
	}
}

func byHand(t *testing.T, h *house) {
	l := centrala.Logged{Key: "k", Channel: centrala.Phone, Side: centrala.Seller, Name: "Jan", Phone: "500", Subject: "Wypłata", Text: "Pyta o wypłatę", Team: h.team.ID}
	r, err := h.Log(t.Context(), h.ania, l)
	if err != nil {
		t.Fatal(err)
	}
	c := h.conversation(t, r.Conversation)
	if c.Assignee != h.ania.ID || c.Status != centrala.Open || c.Channel != centrala.Phone || c.Side != centrala.Seller {
		t.Fatalf("logged: %+v", c)
	}
	if again, err := h.Log(t.Context(), h.ania, l); err != nil || again.Conversation != r.Conversation {
		t.Fatalf("again: %+v, %v", again, err)
	}
	h.dense(t, r.Conversation)
	l.Channel = centrala.Chat
	if _, err := h.Log(t.Context(), h.ania, l); centrala.CodeOf(err) != centrala.Invalid {
		t.Fatalf("a chat by hand: %v", err)
	}
}

func ownChanges(t *testing.T, h *house) {
	k, scope := h.customer()
	email := " Marta@Poczta.Test "
	got, err := h.UpdateContact(t.Context(), scope, k.ID, centrala.ContactChange{Email: &email})
	if err != nil || got.Email != "marta@poczta.test" {
		t.Fatalf("%+v, %v", got, err)
	}
	seller := centrala.Seller
	if _, err := h.UpdateContact(t.Context(), scope, k.ID, centrala.ContactChange{Side: &seller}); err != nil {
		t.Fatal(err)
	}
	k.Side = centrala.NoSide // the token of a visitor whom nobody signed says nothing
	r := h.say(t, h.post(k, "1", "już po"))
	if c := h.conversation(t, r.Conversation); c.Side != centrala.Seller {
		t.Fatalf("what was chosen before the first word is lost: %+v", c)
	}
	_, stranger := h.customer()
	if _, err := h.UpdateContact(t.Context(), stranger, k.ID, centrala.ContactChange{Email: &email}); centrala.CodeOf(err) != centrala.NotFound {
		t.Fatalf("a stranger changes it: %v", err)
	}
}
