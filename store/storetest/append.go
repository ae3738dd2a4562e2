package storetest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"centrala"
)

func appendCases() []testCase {
	return []testCase{
		{"a thousand resends among a thousand sends leave seq dense", resends},
		{"the same key with other words is a conflict", otherWords},
		{"a first message opens one conversation, however many tabs send it", oneChat},
		{"a message reopens within thirty days and opens a linked one later", reopening},
		{"a message to what is over goes into the chat that is not", oneIsOpen},
		{"a blocked contact is refused as closed", blocked},
		{"an attachment is its sender's own and used once", attachments},
		{"an answer claims, and passes the turn", answering},
		{"what a refused post wrote is gone", refusedLeavesNothing},
	}
}

// customer is a contact with a sender's key space.
func (h *house) customer() (centrala.Contact, centrala.Scope) {
	k := centrala.Contact{ID: h.NewContactID(), Name: "Marta", Side: centrala.Buyer}
	return k, centrala.Scope{Contact: k.ID, Inbox: h.widget.ID}
}

func (h *house) post(k centrala.Contact, key, text string) centrala.Post {
	return centrala.Post{Sender: "v_" + k.ID.String(), Key: key, Author: centrala.Author{Kind: centrala.ByCustomer, ID: k.ID.String(), Name: k.Name},
		Inbox: h.widget.ID, Channel: centrala.Chat, Contact: &k, Text: text, Scope: centrala.Scope{Contact: k.ID, Inbox: h.widget.ID}}
}

func (h *house) reply(a centrala.Agent, c centrala.ConversationID, key, text string) centrala.Post {
	return centrala.Post{Sender: a.ID.String(), Key: key, Author: centrala.Author{Kind: centrala.ByAgent, ID: a.ID.String(), Name: a.Name},
		Conversation: c, Agent: a.ID, Scope: centrala.Scope{Agent: a.ID, Teams: a.Teams}, Text: text}
}

func (h *house) say(t *testing.T, p centrala.Post) centrala.Receipt {
	t.Helper()
	r, err := h.Append(t.Context(), p)
	if err != nil {
		t.Fatalf("append %q: %v", p.Text, err)
	}
	return r
}

// dense fails unless the timeline is 1, 2, 3 … and returns it.
func (h *house) dense(t *testing.T, c centrala.ConversationID) []centrala.Message {
	t.Helper()
	all, _, err := h.Tail(t.Context(), centrala.Everything(), c, 0, 100_000)
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range all {
		if m.Seq != int64(i+1) {
			t.Fatalf("entry %d has seq %d", i+1, m.Seq)
		}
	}
	return all
}

func resends(t *testing.T, h *house) {
	k, _ := h.customer()
	first := h.say(t, h.post(k, "first", "dzień dobry"))
	const n = 1000
	var wg sync.WaitGroup
	receipts := make([][2]centrala.Receipt, n)
	for w := range 20 {
		wg.Go(func() {
			for i := w; i < n; i += 20 {
				for try := range 2 {
					r, err := h.Append(t.Context(), h.post(k, fmt.Sprintf("k%d", i), fmt.Sprintf("wiadomość %d", i)))
					if err != nil {
						t.Errorf("append: %v", err)
						return
					}
					receipts[i][try] = r
				}
			}
		})
	}
	wg.Wait()
	seen := map[int64]int{}
	for i, r := range receipts {
		if r[0].Seq != r[1].Seq || !r[1].Repeated || r[0].Repeated || r[0].Message != r[1].Message || r[0].Conversation != first.Conversation {
			t.Fatalf("message %d: first %+v, again %+v", i, r[0], r[1])
		}
		seen[r[0].Seq]++
	}
	if len(seen) != n {
		t.Fatalf("%d different seqs of %d", len(seen), n)
	}
	if all := h.dense(t, first.Conversation); len(all) != n+1 {
		t.Fatalf("%d entries, want %d", len(all), n+1)
	}
}

func otherWords(t *testing.T, h *house) {
	k, _ := h.customer()
	h.say(t, h.post(k, "a", "jedno"))
	_, err := h.Append(t.Context(), h.post(k, "a", "drugie"))
	if centrala.CodeOf(err) != centrala.Conflict {
		t.Fatalf("got %v, want a conflict", err)
	}
	other, _ := h.customer()
	if r := h.say(t, h.post(other, "a", "drugie")); r.Repeated {
		t.Fatal("a key is unique per sender, not over all")
	}
}

func oneChat(t *testing.T, h *house) {
	k, _ := h.customer()
	var wg sync.WaitGroup
	got := make([]centrala.ConversationID, 10)
	for i := range got {
		wg.Go(func() {
			r, err := h.Append(t.Context(), h.post(k, fmt.Sprintf("tab%d", i), "halo"))
			if err != nil {
				t.Errorf("append: %v", err)
			}
			got[i] = r.Conversation
		})
	}
	wg.Wait()
	for _, c := range got {
		if c != got[0] {
			t.Fatalf("two conversations: %s and %s", c, got[0])
		}
	}
	h.dense(t, got[0])
}

func reopening(t *testing.T, h *house) {
	k, _ := h.customer()
	r := h.say(t, h.post(k, "1", "pytanie"))
	h.do(t, r.Conversation, centrala.Resolve{})
	p := h.post(k, "2", "jeszcze jedno")
	p.Conversation = r.Conversation
	if again := h.say(t, p); again.Conversation != r.Conversation {
		t.Fatal("a message within thirty days goes elsewhere")
	}
	if c := h.conversation(t, r.Conversation); c.Status != centrala.Waiting || c.Turn != centrala.AgentsTurn {
		t.Fatalf("after reopening: %s, %s's turn", c.Status, c.Turn)
	}
	h.do(t, r.Conversation, centrala.Resolve{})
	h.clock.move(31 * 24 * time.Hour)
	p.Key, p.Text = "3", "po miesiącu"
	later := h.say(t, p)
	if later.Conversation == r.Conversation {
		t.Fatal("a message after thirty days still reopens")
	}
	if c := h.conversation(t, later.Conversation); c.Previous != r.Conversation {
		t.Fatal("the new conversation is not linked to the old")
	}
	if again := h.say(t, p); again.Conversation != later.Conversation || !again.Repeated {
		t.Fatalf("the resend got %+v", again)
	}
}

// At most one chat of a contact is unresolved: what is addressed to an older one goes there,
// and the team cannot take the older one up beside it.
func oneIsOpen(t *testing.T, h *house) {
	k, _ := h.customer()
	old := h.say(t, h.post(k, "1", "pierwsza sprawa"))
	h.do(t, old.Conversation, centrala.Resolve{})
	h.clock.move(time.Minute)
	now := h.say(t, h.post(k, "2", "druga sprawa"))
	if now.Conversation == old.Conversation {
		t.Fatal("a new matter went into the old conversation")
	}
	p := h.post(k, "3", "do starej")
	p.Conversation = old.Conversation
	if r := h.say(t, p); r.Conversation != now.Conversation || r.Seq != 2 {
		t.Fatalf("it went to %+v, want %s", r, now.Conversation)
	}
	if r := h.say(t, p); !r.Repeated || r.Conversation != now.Conversation || r.Seq != 2 {
		t.Fatalf("the resend got %+v", r)
	}
	q := h.post(k, "1", "pierwsza sprawa")
	q.Conversation = now.Conversation
	if _, err := h.Append(t.Context(), q); centrala.CodeOf(err) != centrala.Conflict {
		t.Fatalf("a key of the old conversation in the new one: %v, want a conflict", err)
	}
	if _, err := h.Append(t.Context(), h.reply(h.ania, old.Conversation, "r", "odpowiedź")); centrala.CodeOf(err) != centrala.Conflict {
		t.Fatalf("an answer to the old one: %v, want a conflict", err)
	}
	if _, err := h.Do(t.Context(), centrala.Everything(), old.Conversation, centrala.Reopen{}, centrala.Author{Kind: centrala.ByAgent}); centrala.CodeOf(err) != centrala.Conflict {
		t.Fatalf("reopening the old one: %v, want a conflict", err)
	}
	h.dense(t, old.Conversation)
	h.dense(t, now.Conversation)
}

func blocked(t *testing.T, h *house) {
	k, _ := h.customer()
	r := h.say(t, h.post(k, "1", "spam"))
	if err := h.Block(t.Context(), centrala.Everything(), k.ID, true, centrala.Author{Kind: centrala.ByAgent}); err != nil {
		t.Fatal(err)
	}
	_, err := h.Append(t.Context(), h.post(k, "2", "spam"))
	if centrala.CodeOf(err) != centrala.Closed {
		t.Fatalf("got %v, want closed", err)
	}
	if again := h.say(t, h.post(k, "1", "spam")); again.Seq != r.Seq {
		t.Fatal("a resend of what was taken must still be answered")
	}
}

func attachments(t *testing.T, h *house) {
	k, scope := h.customer()
	p := h.post(k, "1", "w załączniku")
	f, err := h.SaveAttachment(t.Context(), p.Sender, centrala.Attachment{Name: "a.png", Type: "image/png", Size: 3, Blob: "b1"})
	if err != nil {
		t.Fatal(err)
	}
	p.Attachments = []centrala.AttachmentID{f.ID}
	h.say(t, p)
	again := p
	again.Key = "2"
	if _, err := h.Append(t.Context(), again); centrala.CodeOf(err) != centrala.Invalid {
		t.Fatalf("used twice: %v", err)
	}
	other, otherScope := h.customer()
	q := h.post(other, "1", "cudzy")
	q.Attachments = p.Attachments
	if _, err := h.Append(t.Context(), q); centrala.CodeOf(err) != centrala.Invalid {
		t.Fatalf("somebody else's: %v", err)
	}
	if _, err := h.Attachment(t.Context(), scope, p.Sender, f.ID); err != nil {
		t.Fatalf("the sender cannot see it: %v", err)
	}
	if _, err := h.Attachment(t.Context(), otherScope, q.Sender, f.ID); centrala.CodeOf(err) != centrala.NotFound {
		t.Fatalf("a stranger sees it: %v", err)
	}
}

func answering(t *testing.T, h *house) {
	k, _ := h.customer()
	r := h.say(t, h.post(k, "1", "pytanie"))
	h.say(t, h.reply(h.ania, r.Conversation, "a1", "odpowiedź"))
	c := h.conversation(t, r.Conversation)
	if c.Assignee != h.ania.ID || c.Status != centrala.Open || c.Turn != centrala.CustomersTurn || c.Unread != 0 || !c.Due.IsZero() {
		t.Fatalf("after the answer: %+v", c)
	}
	msgs := h.dense(t, r.Conversation)
	if len(msgs) != 3 || msgs[1].System == nil || msgs[1].System.Kind != "assigned" || msgs[2].Text != "odpowiedź" {
		t.Fatalf("timeline: %+v", msgs)
	}
}

func refusedLeavesNothing(t *testing.T, h *house) {
	k, _ := h.customer()
	p := h.post(k, "1", "nowa sprawa")
	p.Inbox = h.mailbox.ID + 1 // no such inbox: refused after the contact's row was made
	if _, err := h.Append(t.Context(), p); centrala.CodeOf(err) != centrala.NotFound {
		t.Fatalf("got %v, want not_found", err)
	}
	if _, _, exists, err := h.VisitorState(t.Context(), k.ID); err != nil || exists {
		t.Fatalf("the contact's row stayed (%v)", err)
	}
}

func (h *house) do(t *testing.T, id centrala.ConversationID, cmd centrala.Command) centrala.Conversation {
	t.Helper()
	c, err := h.Do(t.Context(), centrala.Everything(), id, cmd, centrala.Author{Kind: centrala.BySystem})
	if err != nil {
		t.Fatalf("%T: %v", cmd, err)
	}
	return c
}

func (h *house) conversation(t *testing.T, id centrala.ConversationID) centrala.Conversation {
	t.Helper()
	c, err := h.Conversation(t.Context(), centrala.Everything(), id)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
