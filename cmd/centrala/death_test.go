package main

import (
	"fmt"
	"testing"
	"time"
)

// resume connects again, wherever, and asks for what came after a place in a conversation.
func (p *process) resume(t *testing.T, token, conversation string, after int64) *receiver {
	t.Helper()
	s, err := p.dialWith(t.Context(), map[string]any{"token": token, "resume": []any{map[string]any{"conversation": conversation, "after": after}}})
	if err != nil {
		t.Fatal(err)
	}
	return s.listen(t)
}

// A node is killed. Its customers go on at another one and miss nothing; the chats of its agent,
// who does not come back, go into the queue when lease and grace are over; and of everything that
// is due, each happens once, though every node looks for it.
func TestNodeDies(t *testing.T) {
	t.Parallel()
	const many = 6
	c := startNodes(t, 3, false, "[chat]\ncarry_on_after = \"2s\"\n")
	boss := c.furnish(t, c.at[2])
	desk := c.at[1].console(t, c.at[1].login(t, "ania@firma.test"))
	overseer := c.at[2].console(t, boss)
	overseer.tell(t, map[string]any{"type": "presence.set", "status": "away"}) // who watches takes no chats

	type customer struct {
		token, talk string
		*receiver
	}
	var people []*customer
	for i := range many {
		s, token, err := c.at[0].visitor(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		p := &customer{token: token, receiver: s.listen(t)}
		p.talk = p.say(t, map[string]any{"text": fmt.Sprintf("Pytanie %d", i)}).Conversation
		p.ask(t, map[string]any{"type": "contact.set", "email": fmt.Sprintf("klient%d@example.test", i)})
		desk.like(t, 0, "the chat at the console", p.talk, "Ania")
		people = append(people, p)
	}

	// The customers' node dies; what was said meanwhile is there when they come back elsewhere.
	if err := c.Nodes[0].Kill(); err != nil {
		t.Fatal(err)
	}
	for i, p := range people {
		at := desk.say(t, map[string]any{"conversation": p.talk, "text": fmt.Sprintf("Odpowiedź %d", i)}).Seq
		p.receiver = c.at[2].resume(t, p.token, p.talk, 1)
		f := p.like(t, 0, "what was said meanwhile", `"message"`, fmt.Sprintf("Odpowiedź %d", i))
		if f.Seq != at {
			t.Errorf("it is at %d, was acknowledged at %d", f.Seq, at)
		}
		frames, _, _ := p.look()
		next := int64(2)
		for _, f := range frames {
			if f.Type == "message" {
				if f.Seq != next {
					t.Errorf("customer %d: seq %d, want %d; %s", i, f.Seq, next, told(frames))
				}
				next = f.Seq + 1
			}
		}
		p.say(t, map[string]any{"conversation": p.talk, "text": "Dziękuję."})
		desk.like(t, 0, "they go on", `"message"`, p.talk, "Dziękuję.")
	}
	if err := c.Nodes[0].Start(t.Context()); err != nil {
		t.Fatal(err)
	}

	// Promises are broken and snoozes are over: each is told once.
	asleep := people[:many/2]
	c.exec(t, `UPDATE conversation SET due = 1 WHERE turn = 'agent' AND due <> 0`)
	eventually(t, "broken promises are told", func() error {
		if n := c.count(t, `SELECT count(*) FROM event WHERE type = 'sla.breached'`); n != many {
			return fmt.Errorf("%d of %d", n, many)
		}
		return nil
	})
	for _, p := range asleep {
		c.at[2].must(t, "POST", "/v1/conversations/"+p.talk+"/snooze", boss, map[string]any{"until": time.Now().Add(time.Second)}, nil)
	}
	eventually(t, "snoozes are over", func() error {
		if n := c.count(t, `SELECT count(*) FROM event WHERE type = 'conversation.reopened'`); n != len(asleep) {
			return fmt.Errorf("%d of %d", n, len(asleep))
		}
		return nil
	})

	// The agent's node dies, and she does not come back.
	for _, p := range people[:1] { // one customer leaves, and will be written to
		desk.say(t, map[string]any{"conversation": p.talk, "text": "Jeszcze jedno."})
		_ = p.CloseNow()
	}
	eventually(t, "the unseen answer follows by mail", func() error {
		if n := c.count(t, `SELECT count(*) FROM delivery`); n == 0 {
			return fmt.Errorf("not yet")
		}
		return nil
	})
	held := c.count(t, `SELECT count(*) FROM conversation WHERE assignee <> 0 AND status = 'open'`)
	if err := c.Nodes[1].Kill(); err != nil {
		t.Fatal(err)
	}
	c.exec(t, `UPDATE presence SET lease_until = lease_until - 60 * 1000000`) // time passes, short of lease and grace
	overseer.like(t, 0, "she is not on the line", `"presence"`, `"offline"`)
	if n := c.count(t, `SELECT count(*) FROM event WHERE type = 'conversation.unassigned'`); n != 0 {
		t.Errorf("%d chats were taken from her within the grace", n)
	}
	c.exec(t, `UPDATE presence SET lease_until = lease_until - 90 * 1000000 WHERE status = 'online'`)
	eventually(t, "her chats wait again", func() error {
		if n := c.count(t, `SELECT count(*) FROM conversation WHERE assignee = 0 AND status = 'waiting'`); n < held {
			return fmt.Errorf("%d of %d", n, held)
		}
		return nil
	})
	for _, p := range people[1:] {
		p.like(t, 0, "the customer has a place in the queue", `"conversation"`, p.talk, `"waiting"`, `"position"`)
	}

	// By now all nodes have swept many times.
	doubles := c.count(t, `SELECT count(*) FROM (SELECT conversation FROM event WHERE type IN ('sla.breached', 'sla.warned', 'conversation.unassigned', 'conversation.reopened')
		GROUP BY conversation, type HAVING count(*) > 1) AS twice`)
	if doubles != 0 {
		t.Errorf("%d things happened twice", doubles)
	}
	if n := c.count(t, `SELECT count(*) FROM event WHERE type = 'conversation.unassigned'`); n != held {
		t.Errorf("%d chats were taken from her, she had %d", n, held)
	}
	if n := c.count(t, `SELECT count(*) FROM (SELECT conversation FROM delivery GROUP BY conversation, seq HAVING count(*) > 1) AS twice`); n != 0 {
		t.Errorf("%d answers follow by mail twice", n)
	}
}

// exec runs a statement on the database, past centrala.
func (c *nodes) exec(t *testing.T, statement string) {
	t.Helper()
	if _, err := c.db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}
