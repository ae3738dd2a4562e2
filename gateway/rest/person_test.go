package rest_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"centrala"
)

func personRows() []row {
	person := func(method, suffix string, body any) func(*fixture) call {
		return ask(method, "/v1/contacts/%v"+suffix, body, contact)
	}
	stranger := func(f *fixture) any {
		k := f.house.talk()
		if f.role == "mentioned" {
			f.mention(k, "mentioned")
		}
		return k.visitor.Contact
	}
	another := func(f *fixture) any { return obj{"other": stranger(f)} }
	return []row{
		{"GET /v1/contacts/{id}/likely", person("GET", "/likely", nil), scoped},
		{"GET /v1/contacts/{id}/likely", ask("GET", "/v1/contacts/%v/likely?other=%v", nil, contact, stranger), scoped},
		{"GET /v1/contacts/{id}/mergers", person("GET", "/mergers", nil), scoped},
		{"POST /v1/contacts/{id}/merge", person("POST", "/merge", another), scoped},
		{"POST /v1/contacts/{id}/unmerge", person("POST", "/unmerge", func(f *fixture) any {
			m := must[centrala.Merger](f.t)(f.db.Merge(context.Background(), centrala.Everything(), f.visitor.Contact, f.house.talk().visitor.Contact, centrala.Author{Kind: centrala.BySystem}))
			return obj{"merger": m.ID}
		}), scoped},
		{"POST /v1/contacts/{id}/unlike", person("POST", "/unlike", another), made(scoped, 204)},
	}
}

// person is a contact as the API shows it, and by which merger.
type person struct {
	Contact struct {
		ID, Name, Email string
		EmailProven     bool `json:"email_proven"`
		Mergers         int
	}
	Merger string
}

func (h *house) contactID(t *testing.T, c centrala.ConversationID) string {
	t.Helper()
	return must[centrala.Conversation](t)(h.db.Conversation(context.Background(), centrala.Everything(), c)).Contact.String()
}

// What an agent does about a person who writes by two ways: sees that they may be one, joins them,
// finds them by either address with all that they wrote, and tells them apart again.
func TestTwoContactsBecomeOneAndTwo(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	agent := func(method, path string, body any) reply {
		return h.do(call{method: method, path: path, token: h.tokens["agent"], body: body})
	}
	ctx := context.Background()
	marta := centrala.Contact{ID: h.db.NewContactID(), Name: "Marta Wiśniewska", Email: "marta@poczta.example", EmailProven: true, Verified: true, ExternalID: "u1", Side: centrala.Buyer}
	chat := must[centrala.Receipt](t)(h.db.Append(ctx, centrala.Post{Sender: "v_marta", Key: "1", Inbox: h.web.ID, Channel: centrala.Chat, Contact: &marta,
		Author: centrala.Author{Kind: centrala.ByCustomer, ID: marta.ID.String()}, Text: "Gdzie paczka?", Scope: centrala.Scope{Contact: marta.ID, Inbox: h.web.ID}}))
	mail := must[centrala.Receipt](t)(h.db.Receive(ctx, centrala.Inbound{Inbox: h.mail.ID, Channel: centrala.Email, ExternalID: "INBOX:1:1",
		From: centrala.Address{Name: "Marta W.", Address: "mw@praca.example"}, Subject: "Faktura", Text: "Proszę o fakturę", Trust: centrala.Trust{Verdict: centrala.Confirmed}}))
	other := h.contactID(t, mail.Conversation)
	path := "/v1/contacts/" + marta.ID.String()

	var likely struct {
		Items []struct{ Evidence []centrala.Evidence }
	}
	agent("GET", path+"/likely", nil).into(t, &likely)
	if len(likely.Items) != 0 {
		t.Errorf("a name alone suggests: %+v", likely)
	}
	agent("GET", path+"/likely?other="+other, nil).into(t, &likely)
	if len(likely.Items) != 1 || slices.ContainsFunc(likely.Items[0].Evidence, func(e centrala.Evidence) bool { return e.Strong }) {
		t.Errorf("how it stands: %+v", likely)
	}

	var joined person
	agent("POST", "/v1/contacts/"+other+"/merge", obj{"other": marta.ID}).into(t, &joined)
	if joined.Contact.ID != marta.ID.String() || joined.Contact.Mergers != 1 || joined.Contact.Name != marta.Name || !joined.Contact.EmailProven || !strings.HasPrefix(joined.Merger, "mg_") {
		t.Fatalf("joined: %+v", joined)
	}
	if e := h.lines()[0]; e.Action != "contact.joined" || e.Subject != marta.ID.String() || !strings.Contains(e.Detail, other) {
		t.Errorf("the audit log says %+v", e)
	}
	for _, q := range []string{"marta@poczta", "mw@praca"} {
		if got := agent("GET", "/v1/contacts?q="+q, nil); strings.Count(got.body, `"ct_`) != 1 || !strings.Contains(got.body, marta.ID.String()) {
			t.Errorf("looking for %s: %s", q, got.body)
		}
	}
	all := agent("GET", path+"/conversations", nil)
	for _, want := range []string{chat.Conversation.String(), mail.Conversation.String(), `"chat"`, `"email"`} {
		if !strings.Contains(all.body, want) {
			t.Errorf("the person's conversations lack %s: %s", want, all.body)
		}
	}
	if got := agent("GET", "/v1/conversations/"+mail.Conversation.String()+"/messages", nil); !strings.Contains(got.body, `"kind":"joined"`) || !strings.Contains(got.body, joined.Merger) {
		t.Errorf("the timeline: %s", got.body)
	}
	var list struct{ Items []centrala.Merger }
	agent("GET", path+"/mergers", nil).into(t, &list)
	if len(list.Items) != 1 || list.Items[0].Name != "Marta W." || list.Items[0].By.ID != h.staff["agent"].ID.String() || !slices.Equal(list.Items[0].Channels, []centrala.Channel{centrala.Email}) {
		t.Errorf("mergers: %+v", list)
	}
	if got := agent("POST", "/v1/contacts/"+other+"/merge", obj{"other": marta.ID}); got.status != 404 {
		t.Errorf("joined twice: %d %s", got.status, got.body)
	}

	var parted person
	agent("POST", path+"/unmerge", obj{"merger": joined.Merger}).into(t, &parted)
	if parted.Contact.ID != marta.ID.String() || parted.Contact.Mergers != 0 {
		t.Errorf("parted: %+v", parted)
	}
	if got := h.contactID(t, mail.Conversation); got != other {
		t.Errorf("the mail is of %s", got)
	}
	if e := h.lines()[0]; e.Action != "contact.parted" {
		t.Errorf("the audit log says %+v", e)
	}
	for _, bad := range []call{
		{method: "POST", path: path + "/merge", body: obj{"other": "nobody"}}, {method: "POST", path: path + "/merge", body: obj{"other": marta.ID}},
		{method: "POST", path: path + "/unmerge", body: obj{"merger": "x"}}, {method: "POST", path: path + "/unlike", body: obj{"other": "ct_"}},
	} {
		if got := agent(bad.method, bad.path, bad.body); got.status != 422 {
			t.Errorf("%s %v: %d %s", bad.path, bad.body, got.status, got.body)
		}
	}
}
