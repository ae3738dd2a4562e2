package storetest

import (
	"fmt"
	"strings"
	"testing"

	"centrala"
)

func readCases() []testCase {
	return []testCase{
		{"what lies outside the scope does not exist", scopes},
		{"pages of a timeline meet without holes", pages},
		{"a customer learns of notes only that they are there", hiddenNotes},
		{"lists turn their pages without repeating or missing", listing},
		{"search finds words in messages, and wildcards are letters", searching},
		{"read marks never go backwards", marks},
		{"the place in the queue counts from one", queueing},
	}
}

func scopes(t *testing.T, h *house) {
	k, own := h.customer()
	r := h.say(t, h.post(k, "1", "moja sprawa"))
	_, stranger := h.customer()
	for name, tt := range map[string]struct {
		scope centrala.Scope
		sees  bool
	}{
		"own":             {own, true},
		"stranger":        {stranger, false},
		"nobody":          {centrala.Scope{}, false},
		"own, other door": {centrala.Scope{Contact: k.ID, Inbox: h.mailbox.ID}, false},
		"team":            {centrala.Scope{Agent: h.ania.ID, Teams: []centrala.TeamID{h.team.ID}}, true},
		"other team":      {centrala.Scope{Agent: h.ania.ID, Teams: []centrala.TeamID{h.other.ID}}, false},
		"side":            {centrala.Scope{Sides: []centrala.Side{centrala.Buyer}}, true},
		"other side":      {centrala.Scope{Sides: []centrala.Side{centrala.Seller}}, false},
		"all":             {centrala.Everything(), true},
	} {
		ctx := t.Context()
		_, errC := h.Conversation(ctx, tt.scope, r.Conversation)
		_, _, errM := h.Messages(ctx, tt.scope, r.Conversation, centrala.Page{})
		_, _, errT := h.Tail(ctx, tt.scope, r.Conversation, 0, 10)
		_, _, _, errW := h.Message(ctx, tt.scope, r.Conversation, 1)
		_, errK := h.Contact(ctx, tt.scope, k.ID)
		_, errD := h.Do(ctx, tt.scope, r.Conversation, centrala.Prioritise{Priority: 0}, centrala.Author{})
		for what, err := range map[string]error{"conversation": errC, "messages": errM, "tail": errT, "message": errW, "contact": errK, "command": errD} {
			if (err == nil) != tt.sees || err != nil && centrala.CodeOf(err) != centrala.NotFound {
				t.Errorf("%s, %s: %v", name, what, err)
			}
		}
		items, _, err := h.Conversations(ctx, tt.scope, centrala.Filter{})
		if err != nil || (len(items) == 1) != tt.sees {
			t.Errorf("%s, list: %d, %v", name, len(items), err)
		}
		commits, err := h.Since(ctx, tt.scope, 0, 1000)
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, c := range commits {
			found = found || c.Event.Conversation == r.Conversation
		}
		if found != tt.sees {
			t.Errorf("%s, events: %v", name, found)
		}
	}
}

func pages(t *testing.T, h *house) {
	k, scope := h.customer()
	var c centrala.ConversationID
	for i := range 25 {
		c = h.say(t, h.post(k, fmt.Sprint(i), fmt.Sprint("m", i))).Conversation
	}
	var got []int64
	p := centrala.Page{Limit: 10}
	for {
		msgs, more, err := h.Messages(t.Context(), scope, c, p)
		if err != nil {
			t.Fatal(err)
		}
		for i := len(msgs) - 1; i >= 0; i-- {
			got = append(got, msgs[i].Seq)
		}
		if !more {
			break
		}
		p.Before = msgs[0].Seq
	}
	for i, s := range got {
		if s != int64(25-i) {
			t.Fatalf("page order: %v", got)
		}
	}
	if len(got) != 25 {
		t.Fatalf("%d of 25", len(got))
	}
	msgs, more, err := h.Messages(t.Context(), scope, c, centrala.Page{After: 20, Limit: 3})
	if err != nil || !more || len(msgs) != 3 || msgs[0].Seq != 21 {
		t.Fatalf("after 20: %v %v %v", msgs, more, err)
	}
}

func hiddenNotes(t *testing.T, h *house) {
	k, scope := h.customer()
	r := h.say(t, h.post(k, "1", "pytanie"))
	note := h.reply(h.ania, r.Conversation, "n", "to oszust")
	note.Note = true
	h.say(t, note)
	msgs, _, err := h.Messages(t.Context(), scope, r.Conversation, centrala.Page{})
	if err != nil || len(msgs) != 2 {
		t.Fatalf("%d entries, %v", len(msgs), err)
	}
	if !msgs[1].Hidden() || strings.Contains(fmt.Sprintf("%+v", msgs[1]), "oszust") {
		t.Fatalf("the customer reads the note: %+v", msgs[1])
	}
	if _, _, _, err := h.Message(t.Context(), scope, r.Conversation, 2); centrala.CodeOf(err) != centrala.NotFound {
		t.Fatalf("the note by its seq: %v", err)
	}
	if c := h.conversation(t, r.Conversation); c.LastText.Text != "pytanie" || c.Assignee != 0 {
		t.Fatalf("a note moved the conversation: %+v", c)
	}
}

func listing(t *testing.T, h *house) {
	want := map[centrala.ConversationID]bool{}
	for i := range 23 {
		k, _ := h.customer()
		want[h.say(t, h.post(k, "1", fmt.Sprint(i))).Conversation] = true
	}
	for _, order := range []centrala.Order{centrala.ByLatest, centrala.ByDue, centrala.ByQueue} {
		got := map[centrala.ConversationID]bool{}
		f := centrala.Filter{Limit: 5, Order: order}
		for {
			items, next, err := h.Conversations(t.Context(), centrala.Everything(), f)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range items {
				if got[c.ID] {
					t.Fatalf("%q repeats %s", order, c.ID)
				}
				got[c.ID] = true
			}
			if next == "" {
				break
			}
			f.Cursor = next
		}
		if len(got) != len(want) {
			t.Fatalf("%q lists %d of %d", order, len(got), len(want))
		}
	}
	if _, _, err := h.Conversations(t.Context(), centrala.Everything(), centrala.Filter{Cursor: "x"}); centrala.CodeOf(err) != centrala.Invalid {
		t.Fatalf("a bad cursor: %v", err)
	}
}

func searching(t *testing.T, h *house) {
	k, _ := h.customer()
	r := h.say(t, h.post(k, "1", "numer 100% pewny_tak: 2487-1193-05"))
	other, _ := h.customer()
	h.say(t, h.post(other, "1", "Łódź i coś innego, ŻÓŁĆ, gęślą jaźń, Zwrotów SĘDZIÓW, naïve ÉCLAIR"))
	for text, n := range map[string]int{"lodz": 1, "LODZ": 1, "zolc": 1, "zółć": 1, "gesla jazn": 1, "zwrot": 1, "sedziow": 1, "sędziow": 1, "eclair": 0, "naïve": 1, "coz": 0, "2487-1193": 1, "100%": 1, "pewny_tak": 1, "pewny%tak": 0, "INNEGO": 1, "łódź": 1, "ŁÓDŹ": 1, "marta": 2, "marta numer": 1, "nic": 0} {
		items, _, err := h.Conversations(t.Context(), centrala.Everything(), centrala.Filter{Text: text})
		if err != nil || len(items) != n {
			t.Errorf("%q finds %d, want %d (%v)", text, len(items), n, err)
		}
	}
	name := "Łucja Żółć-Dąb"
	if _, err := h.UpdateContact(t.Context(), centrala.Everything(), k.ID, centrala.ContactChange{Name: &name}); err != nil {
		t.Fatal(err)
	}
	for text, n := range map[string]int{"lucja": 1, "ŻÓŁĆ-d": 1, "zolc-dab": 1, "zolc.dab": 0, "": 2} {
		if found, err := h.Contacts(t.Context(), centrala.Everything(), text, 0, 10); err != nil || len(found) != n {
			t.Errorf("%q finds %d people, want %d (%v)", text, len(found), n, err)
		}
	}
	c := h.conversation(t, r.Conversation)
	items, _, err := h.Conversations(t.Context(), centrala.Everything(), centrala.Filter{Text: fmt.Sprintf("#%d", c.Number)})
	if err != nil || len(items) == 0 || items[0].ID != c.ID {
		t.Fatalf("by number: %v, %v", items, err)
	}
}

func marks(t *testing.T, h *house) {
	k, scope := h.customer()
	r := h.say(t, h.post(k, "1", "pytanie"))
	h.say(t, h.reply(h.ania, r.Conversation, "a", "odpowiedź"))
	by := centrala.Author{Kind: centrala.ByCustomer}
	for _, m := range [][2]int64{{3, 2}, {1, 1}, {99, 99}} {
		if err := h.Seen(t.Context(), scope, r.Conversation, by, m[0], m[1]); err != nil {
			t.Fatal(err)
		}
	}
	c := h.conversation(t, r.Conversation)
	if c.ReadByCustomer != 3 || c.ReceivedByCustomer != 3 {
		t.Fatalf("read %d, received %d of 3", c.ReadByCustomer, c.ReceivedByCustomer)
	}
	if ids, _ := h.Unseen(t.Context(), 0, 10); len(ids) != 0 {
		t.Fatal("what was read is still unseen")
	}
}

func queueing(t *testing.T, h *house) {
	var ids []centrala.ConversationID
	for i := range 3 {
		k, _ := h.customer()
		ids = append(ids, h.say(t, h.post(k, "1", fmt.Sprint(i))).Conversation)
	}
	h.do(t, ids[2], centrala.Prioritise{Priority: 2})
	for i, want := range []int{2, 3, 1} {
		if n, err := h.Queue(t.Context(), ids[i]); err != nil || n != want {
			t.Fatalf("place of %d: %d, want %d (%v)", i, n, want, err)
		}
	}
	h.do(t, ids[2], centrala.Assign{Agent: h.ania.ID, Name: "Ania"})
	if n, _ := h.Queue(t.Context(), ids[2]); n != 0 {
		t.Fatalf("an assigned conversation is in the queue at %d", n)
	}
	if waiting, err := h.Waiting(t.Context()); err != nil || len(waiting) != 2 || waiting[0].ID != ids[0] {
		t.Fatalf("waiting: %v, %v", waiting, err)
	}
}
