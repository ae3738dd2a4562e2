package storetest

import (
	"slices"
	"strings"
	"testing"

	"centrala"
)

func eraseCases() []testCase {
	return []testCase{
		{"erase/raw hooks that have the person's address go, whatever became of them", eraseNamed},
		{"erase/of a hook that waits the others are heard, and its body goes when it is read", eraseWaiting},
		{"erase/a hook of an inbox that nobody reads goes at once", eraseShut},
		{"erase/whoever was joined is looked for by each of their addresses", eraseJoined},
		{"erasing takes everybody whom they were joined with", erasingJoined},
		{"an erased contact leaves no word of it", socialErased},
		{"the book forgets an erased person", bookErase},
	}
}

// forget erases the person whom a hook told of.
func (v *vendorSide) forget(t *testing.T, k centrala.Hook) {
	t.Helper()
	_, err := v.Erase(t.Context(), v.conversation(t, k.Conversation).Contact, centrala.Author{Kind: centrala.ByAgent, ID: v.ania.ID.String()})
	need(t, err)
}

// raws keeps posts of these bodies, as their vendor writes them, and gives them in that order.
func (v *vendorSide) raws(t *testing.T, bodies ...string) []centrala.Hook {
	t.Helper()
	return v.posted(t, v.in, bodies...)
}

func eraseNamed(t *testing.T, h *house) {
	v := h.vendor(t, centrala.Messenger, centrala.Account{})
	other := h.vendor(t, centrala.Telegram, centrala.Account{})
	first := v.posts(t, v.wrote("Łucja", "m1", "pytanie")) // who is "id-Łucja" there
	bodies := map[string]bool{                             // → whether it stays
		`{"from":{"id":"id-Łucja"},"text":"sekret"}`:         false,
		`{"from":{"id":"id-\u0141ucja"},"text":"sekret"}`:    false,
		`{"from":{"id":"ID-\u0141UCJA"},"text":"sekret"}`:    false,
		`{"text":"od kogo?\nid-Łucja","to":["x"]}`:           false,
		`from=id-Łucja&text=sekret {"half`:                   false,
		`{"from":{"id":"id-Łucjan"},"text":"ktoś inny"}`:     true,
		`{"from":{"id":"x-id-Łucja"},"text":"ktoś inny"}`:    true,
		`{"from":{"id":"id-\u0141ucja7"},"text":"kto inny"}`: true,
		`{"from":{"id":"id-Ola"},"text":"ktoś inny \`:        true,
	}
	for _, outcome := range []centrala.HookOutcome{centrala.HookUnread, centrala.HookNothing, centrala.HookTaken} {
		for body := range bodies {
			k := v.raws(t, body+string(outcome[0]))[0]
			read := centrala.HookRead{Hook: k.ID}
			switch outcome {
			case centrala.HookUnread:
				read.Failed = &centrala.Cause{Code: "parser", Detail: "id-Łucja: sekret"}
			case centrala.HookTaken: // news of what is not here yet
				read.Reading.Items = []centrala.Inbound{v.edited("Ktoś", "m404", 1, "x")}
			}
			need(t, v.ReadHooks(t.Context(), []centrala.HookRead{read}))
		}
	}
	elsewhere := other.raws(t, `{"from":{"id":"id-Łucja"},"text":"u kogo innego"}`)[0]
	need(t, h.ReadHooks(t.Context(), []centrala.HookRead{{Hook: elsewhere.ID, Failed: &centrala.Cause{Code: "parser"}}}))
	v.forget(t, first)
	items, _, err := h.Hooks(t.Context(), centrala.Everything(), centrala.HookFilter{Inbox: v.in.ID, Limit: 100})
	need(t, err)
	stay := 0
	for _, k := range items {
		k = h.hook(t, k.ID)
		if len(k.Body) > 0 != k.HasBody {
			t.Errorf("hook %+v", k)
		}
		if k.HasBody {
			if stay++; !bodies[string(k.Body[:len(k.Body)-1])] {
				t.Errorf("%s, %s", k.Outcome, k.Body)
			}
		}
	}
	if len(items) != 1+3*len(bodies) || stay != 3*4 {
		t.Errorf("of %d hooks %d bodies stay", len(items), stay)
	}
	if n := h.raw(t, `SELECT count(*) FROM hook WHERE kept = 0 AND detail <> ''`); n != "0" {
		t.Errorf("%s hooks without bodies say more than their outcome", n)
	}
	if !h.hook(t, elsewhere.ID).HasBody {
		t.Error("the same address towards another account is another person's")
	}
	if n := h.raw(t, `SELECT count(*) FROM hook_body`); n != "13" {
		t.Errorf("%s bodies are there", n)
	}
}

func eraseWaiting(t *testing.T, h *house) {
	v := h.vendor(t, centrala.Messenger, centrala.Account{})
	first := v.posts(t, v.wrote("Ola", "m1", "pytanie"))
	wait := v.raws(t, `["id-Ola","id-Jan"]`, `"id-Ola"`, `"id-Jan"`, `"id-Ola" {`)
	v.forget(t, first)
	for i, k := range h.unread(t, v.in) { // they wait still, with what others say
		if k.ID != wait[i].ID || len(k.Body) == 0 {
			t.Fatalf("%+v waits", k)
		}
	}
	if n := h.raw(t, `SELECT count(*) FROM hook WHERE detail LIKE '%Ola%'`); n != "0" {
		t.Error("a hook names who was erased")
	}
	need(t, h.ReadHooks(t.Context(), []centrala.HookRead{
		tells(wait[0], v.wrote("Ola", "m2", "sekret"), v.wrote("Jan", "m3", "co u mnie")),
		tells(wait[1], v.wrote("Ola", "m4", "sekret"), v.edited("Ola", "m404", 1, "sekret")),
		tells(wait[2], v.wrote("Jan", "m5", "i jeszcze")),
		{Hook: wait[3].ID, Failed: &centrala.Cause{Code: "unreadable", Detail: "sekret"}},
	}))
	for i, want := range []struct {
		outcome  centrala.HookOutcome
		messages int
		body     bool
		cause    string
	}{{centrala.HookTaken, 1, false, centrala.CauseRead}, {centrala.HookNothing, 0, false, centrala.CauseErased}, {centrala.HookTaken, 1, true, centrala.CauseRead}, {centrala.HookUnread, 0, false, "unreadable"}} {
		if k := h.hook(t, wait[i].ID); k.Outcome != want.outcome || k.Messages != want.messages || k.HasBody != want.body || k.Cause.Code != want.cause {
			t.Errorf("hook %d: %+v", i+1, k)
		}
	}
	for _, q := range []string{`SELECT count(*) FROM event WHERE text LIKE '%sekret%'`, `SELECT count(*) FROM early`, `SELECT count(*) FROM hook WHERE detail LIKE '%sekret%'`,
		`SELECT count(*) FROM identity WHERE address = 'id-Ola'`} {
		if n := h.raw(t, q); n != "0" {
			t.Errorf("%s: %s", q, n)
		}
	}
	if again := v.posts(t, v.wrote("Ola", "m9", "to znowu ja")); again.Messages != 1 || again.Conversation == first.Conversation {
		t.Errorf("who writes after that is somebody new: %+v", again)
	}
}

func eraseShut(t *testing.T, h *house) {
	v := h.vendor(t, centrala.Messenger, centrala.Account{})
	first := v.posts(t, v.wrote("Ola", "m1", "pytanie"))
	wait := v.raws(t, `"id-Ola"`, `"id-Jan"`)
	shut := v.in
	shut.Enabled = false
	_, err := h.SaveInbox(t.Context(), shut)
	need(t, err)
	v.forget(t, first)
	if k := h.hook(t, wait[0].ID); k.HasBody || k.Outcome != centrala.HookNothing || k.Cause.Code != centrala.CauseErased {
		t.Errorf("hers: %+v", k)
	}
	if k := h.hook(t, wait[1].ID); !k.HasBody || k.Outcome != centrala.HookNew {
		t.Errorf("another's: %+v", k)
	}
}

func eraseJoined(t *testing.T, h *house) {
	v, w := h.vendor(t, centrala.Messenger, centrala.Account{}), h.vendor(t, centrala.WhatsApp, centrala.Account{})
	first, second := v.posts(t, v.wrote("Ola", "m1", "pytanie")), w.posts(t, w.wrote("Ola z pracy", "w1", "pytanie"))
	a, b := h.conversation(t, first.Conversation).Contact, h.conversation(t, second.Conversation).Contact
	mail := "ola@poczta.test"
	_, err := h.UpdateContact(t.Context(), centrala.Everything(), a, centrala.ContactChange{Email: &mail})
	need(t, err)
	var left []centrala.Hook
	for _, p := range []struct {
		v    *vendorSide
		body string
	}{{v, `"id-Ola"`}, {w, `"id-Ola z pracy"`}, {w, `"e":"Ola@Poczta.test"`}, {w, `"id-Ola"`}} {
		k := p.v.raws(t, p.body)[0]
		left = append(left, k)
		need(t, h.ReadHooks(t.Context(), []centrala.HookRead{{Hook: k.ID, Failed: &centrala.Cause{Code: "parser"}}}))
	}
	h.join(t, a, b)
	v.forget(t, first)
	for i, want := range []bool{false, false, false, true} {
		if k := h.hook(t, left[i].ID); k.HasBody != want {
			t.Errorf("hook %d: %+v", i+1, k)
		}
	}
}

func erasingJoined(t *testing.T, h *house) {
	marta := signed(h, "u1", "marta@poczta.test")
	chat := h.say(t, h.post(marta, "1", "sekret pierwszy")).Conversation
	in := h.confirmed(1, "sekretny", "Sekret drugi")
	in.Raw = "raw/2"
	mail := h.take(t, in).Conversation
	other := h.conversation(t, mail).Contact
	m := h.join(t, marta.ID, other)
	if _, err := h.Erase(t.Context(), other, bySupervisor); centrala.CodeOf(err) != centrala.NotFound {
		t.Fatalf("half of a person: %v", err)
	}
	blobs, err := h.Erase(t.Context(), marta.ID, bySupervisor)
	if err != nil || !slices.Contains(blobs, "raw/2") {
		t.Fatalf("erase: %v, %v", blobs, err)
	}
	for _, id := range []centrala.ConversationID{chat, mail} {
		for _, e := range h.dense(t, id) {
			if e.Text != "" || strings.Contains(e.Author.Name, "sekret") {
				t.Errorf("left: %+v", e)
			}
		}
	}
	for _, q := range []string{"sekretny", "marta", "Wiśniewska"} {
		if found, err := h.Contacts(t.Context(), centrala.Everything(), q, 0, 5); err != nil || len(found) != 0 {
			t.Errorf("%s finds %v, %v", q, found, err)
		}
	}
	for _, id := range []centrala.ContactID{marta.ID, other} {
		if gen, blocked, _, err := h.VisitorState(t.Context(), id); err != nil || gen != 1 || !blocked {
			t.Errorf("the tokens of %s: %d %v, %v", id, gen, blocked, err)
		}
	}
	if _, err := h.Unmerge(t.Context(), centrala.Everything(), marta.ID, m.ID, bySupervisor); centrala.CodeOf(err) != centrala.NotFound {
		t.Errorf("nobody is told apart from nobody: %v", err)
	}
	anew := h.conversation(t, h.take(t, h.confirmed(2, "sekretny", "Piszę od nowa")).Conversation)
	if anew.Contact == marta.ID || anew.Contact == other {
		t.Errorf("an erased person wrote")
	}
}

func socialErased(t *testing.T, h *house) {
	v := h.vendor(t, centrala.Messenger, centrala.Account{})
	in := v.wrote("Ola", "m1", "sekret")
	in.Matters = []centrala.Matter{{Kind: "order", ID: "o1", Title: "sekret"}}
	first := v.posts(t, in)
	v.posts(t, v.edited("Ola", "m1", 1, "sekret 2"), v.tells(centrala.KindReaction, "Ola", centrala.About{ID: "m1", Emoji: "👍"}), v.edited("Ola", "m99", 1, "sekret 3"))
	h.say(t, h.reply(h.ania, first.Conversation, "a", "sekret odpowiedzi"))
	c, _ := v.talk(t, first)
	if _, err := h.Erase(t.Context(), c.Contact, centrala.Author{Kind: centrala.ByAgent, ID: h.ania.ID.String()}); err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{`SELECT count(*) FROM edition`, `SELECT count(*) FROM reaction`, `SELECT count(*) FROM early`, `SELECT count(*) FROM identity`,
		`SELECT count(*) FROM conversation WHERE peer <> '' OR thread <> '' OR matters <> ''`, `SELECT count(*) FROM event WHERE text <> ''`,
		`SELECT count(*) FROM delivery WHERE address <> '' OR template <> ''`} {
		if n := h.raw(t, q); n != "0" {
			t.Errorf("%s: %s", q, n)
		}
	}
	if v.posts(t, in).Outcome != centrala.HookRepeated {
		t.Error("an erased message came back")
	}
	v.talk(t, first)
}

func bookErase(t *testing.T, h *house) {
	in := h.mail(1, "jan", "Zwrot butów", "a")
	in.Raw = "in/aa/1/0"
	r := h.take(t, in)
	h.put(t, 2, "JAN", "Dokumenty Jana", centrala.Quarantined, "dmarc")
	kept := h.put(t, 3, "ewa", "Sprawa Ewy", centrala.Quarantined, "dmarc")
	c, err := h.Conversation(t.Context(), centrala.Everything(), r.Conversation)
	if err != nil {
		t.Fatal(err)
	}
	blobs, err := h.Erase(t.Context(), c.Contact, centrala.Author{Kind: centrala.ByAgent})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(blobs, "in/aa/1/") || !slices.Contains(blobs, "in/aa/2/") || slices.ContainsFunc(blobs, func(b string) bool { return strings.HasPrefix(b, "in/aa/3") }) {
		t.Errorf("blobs to delete: %v", blobs)
	}
	all := h.book(t, centrala.EntryFilter{})
	if len(all) != 3 {
		t.Fatalf("the book has %d entries left", len(all))
	}
	for _, e := range all {
		forgotten := e.From == (centrala.Address{}) && e.Subject == "" && e.To == "" && e.MessageID == "" && !e.HasRaw && !strings.Contains(e.Reason, "because")
		if forgotten == (e.ID == kept.ID) {
			t.Errorf("entry %+v", e)
		}
	}
	if got := h.book(t, centrala.EntryFilter{Text: "jan"}); len(got) != 0 {
		t.Errorf("the search still finds %+v", got)
	}
	again := h.mail(1, "jan", "Zwrot butów", "a")
	if r := h.take(t, again); !r.Repeated {
		t.Error("an erased mail came in again")
	}
}
