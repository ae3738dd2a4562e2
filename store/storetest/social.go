package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"centrala"
)

func socialCases() []testCase {
	return []testCase{
		{"what a hook tells is a message once, however it comes again", toldOnce},
		{"an answer to a message names it", answersNamed},
		{"people keep to one conversation, which ends and goes on", socialThreads},
		{"a person is known by each of their addresses", aliases},
		{"matters are kept, also those that come first", matters},
		{"early news are swept", earlySwept},
		{"a batch is taken whole or not at all", batches},
		{"the same hooks in any order come to the same", reordered},
		{"comments by others join their thread", strangers},
		{"a blocked person is not heard", socialBlocked},
		{"whether a person can be reached, and what a door vouches for", reached},
	}
}

func toldOnce(t *testing.T, h *house) {
	v := h.vendor(t, centrala.Messenger, centrala.Account{})
	in := v.wrote("Ola", "m1", "Dzień dobry")
	first := v.posts(t, in, in)
	again := v.posts(t, in)
	if first.Outcome != centrala.HookTaken || first.Messages != 1 || again.Outcome != centrala.HookRepeated || again.Conversation != first.Conversation {
		t.Fatalf("first %+v, again %+v", first, again)
	}
	c, all := v.talk(t, first)
	if len(all) != 1 || all[0].Text != "Dzień dobry" || all[0].Author.Name != "Ola" || all[0].Channel != centrala.Messenger || c.Channel != centrala.Messenger ||
		c.Status != centrala.Waiting || c.Turn != centrala.AgentsTurn || c.Unread != 1 || c.HeardAt.IsZero() || c.ContactName != "Ola" {
		t.Fatalf("%+v\n%+v", c, all)
	}
	if n := h.raw(t, `SELECT count(*) FROM intake`); n != "0" {
		t.Fatalf("%s social messages are in the book of mail", n)
	}
	older := v.wrote("Ola", "m0", "starsze")
	older.At = in.At.Add(-time.Hour)
	v.posts(t, older)
	if now, _ := v.talk(t, first); !now.HeardAt.Equal(c.HeardAt) {
		t.Fatalf("heard at %v went to %v", c.HeardAt, now.HeardAt)
	}
	pressed := v.wrote("Ola", "p1", "Gdzie paczka?")
	pressed.Kind, pressed.Payload = centrala.KindPostback, "WHERE"
	if v.posts(t, pressed).Messages != 1 {
		t.Fatal("a pressed button is no message")
	}
}

func answersNamed(t *testing.T, h *house) {
	v := h.vendor(t, centrala.Messenger, centrala.Account{})
	first := v.posts(t, v.wrote("Ola", "m1", "jedno"), v.wrote("Ola", "m2", "drugie"))
	in := v.wrote("Ola", "m3", "do pierwszego")
	in.About = &centrala.About{ID: "m1"}
	v.posts(t, in)
	r := h.say(t, func() centrala.Post {
		p := h.reply(h.ania, first.Conversation, "a", "do drugiego")
		p.Answers = 2
		return p
	}())
	_, all := v.talk(t, first)
	if all[2].Answers != 1 || all[r.Seq-1].Answers != 2 {
		t.Fatalf("%+v", all)
	}
	out := v.lease(t)
	if len(out) != 1 || out[0].Answers != "m2" || out[0].To.Address != "id-Ola" {
		t.Fatalf("%+v", out)
	}
	p := h.reply(h.ania, first.Conversation, "b", "x")
	p.Answers = 99
	if _, err := h.Append(t.Context(), p); centrala.CodeOf(err) != centrala.Invalid {
		t.Fatalf("answers nothing: %v", err)
	}
}

func socialThreads(t *testing.T, h *house) {
	v := h.vendor(t, centrala.Telegram, centrala.Account{})
	first := v.posts(t, v.wrote("Ola", "m1", "jedno"))
	if other := v.posts(t, v.wrote("Ewa", "m2", "moje")); other.Conversation == first.Conversation {
		t.Fatal("two people share a conversation")
	}
	h.do(t, first.Conversation, centrala.Resolve{})
	if v.posts(t, v.wrote("Ola", "m3", "jeszcze")).Conversation != first.Conversation {
		t.Fatal("a conversation that was just over did not go on")
	}
	if c, _ := v.talk(t, first); c.Status != centrala.Waiting {
		t.Fatalf("it is %s", c.Status)
	}
	h.do(t, first.Conversation, centrala.Resolve{})
	v.clock.move(centrala.ReopenWithin + time.Hour)
	next := v.posts(t, v.wrote("Ola", "m4", "po miesiącu"))
	c, _ := v.talk(t, next)
	if next.Conversation == first.Conversation || c.Previous != first.Conversation {
		t.Fatalf("%+v", c)
	}
	threaded := v.wrote("Ola", "m5", "o zamówieniu")
	threaded.ThreadID = "t-1"
	one := v.posts(t, threaded)
	threaded.ExternalID, threaded.ThreadID = "m6", "t-2"
	two := v.posts(t, threaded)
	threaded.ExternalID, threaded.ThreadID = "m7", "t-1"
	if back := v.posts(t, threaded); back.Conversation != one.Conversation || two.Conversation == one.Conversation || one.Conversation == next.Conversation {
		t.Fatal("the vendor's threads are not ours")
	}
	if v.posts(t, v.wrote("Ola", "m8", "bez wątku")).Conversation != next.Conversation {
		t.Fatal("what has no thread went into one")
	}
	if c, _ := v.talk(t, one); c.ThreadID != "t-1" {
		t.Fatalf("thread %q", c.ThreadID)
	}
}

func aliases(t *testing.T, h *house) {
	v := h.vendor(t, centrala.WhatsApp, centrala.Account{})
	bsuid := v.wrote("Ola", "m1", "bez numeru")
	bsuid.From.Address = "BSUID.1"
	first := v.posts(t, bsuid)
	phone := v.wrote("Ola", "m2", "z numerem")
	phone.From.Address, phone.Phone = "48501502503", "+48501502503"
	other := v.posts(t, phone)
	a, _ := v.talk(t, first)
	b, _ := v.talk(t, other)
	if a.Contact == b.Contact {
		t.Fatal("joined by nothing")
	}
	both := v.wrote("Ola", "m3", "oba")
	both.From.Address, both.Aliases, both.Phone = "BSUID.1", []string{"48501502503"}, "+48501502503"
	third := v.posts(t, both)
	a, _ = v.talk(t, first)
	b, _ = v.talk(t, other)
	if a.Contact != b.Contact || third.Conversation != other.Conversation && third.Conversation != first.Conversation {
		t.Fatalf("%v and %v", a.Contact, b.Contact)
	}
	k, err := h.Contact(t.Context(), centrala.Everything(), a.Contact)
	if err != nil || k.Phone != "+48501502503" {
		t.Fatalf("%+v, %v", k, err)
	}
	if n := h.raw(t, `SELECT count(*) FROM merger`) + h.raw(t, `SELECT count(*) FROM audit WHERE action = 'contact.joined'`); n != "11" {
		t.Errorf("mergers and audit lines: %s", n)
	}
	c, _ := v.talk(t, third)
	h.say(t, h.reply(h.ania, c.ID, "a", "dzień dobry"))
	if out := v.lease(t); len(out) != 1 || len(out[0].Aliases) != 1 || out[0].Aliases[0] == out[0].To.Address {
		t.Fatalf("%+v", out)
	}
	fourth := v.wrote("Ola", "m4", "nowy id")
	fourth.From.Address, fourth.Aliases = "BSUID.2", []string{"48501502503"}
	if v.posts(t, fourth).Conversation != third.Conversation {
		t.Fatal("a new id of a known number is somebody else")
	}
	elsewhere := h.vendor(t, centrala.Instagram, centrala.Account{})
	in := elsewhere.wrote("Ola", "i1", "inny kanał")
	in.From.Address = "BSUID.1"
	if c, _ := elsewhere.talk(t, elsewhere.posts(t, in)); c.Contact == a.Contact {
		t.Fatal("the same address on another channel is taken for the same person")
	}
}

func matters(t *testing.T, h *house) {
	v := h.vendor(t, centrala.Allegro, centrala.Account{})
	early := centrala.Inbound{Kind: centrala.KindMatter, Channel: centrala.Allegro, ThreadID: "t-1", From: centrala.Address{Address: "id-Ola"},
		Matters: []centrala.Matter{{Kind: "issue", ID: "i1", Status: "OPEN"}}}
	v.posts(t, early)
	in := v.wrote("Ola", "m1", "reklamacja")
	in.ThreadID, in.Matters = "t-1", []centrala.Matter{{Kind: "order", ID: "o1", Title: "Lampa"}}
	first := v.posts(t, in)
	c, _ := v.talk(t, first)
	if len(c.Matters) != 2 || c.Matters[0].ID != "i1" {
		t.Fatalf("%+v", c.Matters)
	}
	early.Matters[0].Status = "CLOSED"
	if v.posts(t, early).Outcome != centrala.HookTaken || v.posts(t, early).Outcome != centrala.HookRepeated {
		t.Fatal("news of a matter counted wrong")
	}
	now, _ := v.talk(t, first)
	if len(now.Matters) != 2 || now.Matters[1].Status != "CLOSED" || now.Version <= c.Version || now.LastSeq != c.LastSeq {
		t.Fatalf("%+v", now)
	}
}

func earlySwept(t *testing.T, h *house) {
	v := h.vendor(t, centrala.Messenger, centrala.Account{})
	v.posts(t, v.edited("Ola", "m1", 1, "tajemnica"))
	if n := h.raw(t, `SELECT count(*) FROM early`); n != "1" {
		t.Fatalf("%s wait", n)
	}
	v.clock.move(8 * 24 * time.Hour)
	if err := h.SweepEarly(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := h.raw(t, `SELECT count(*) FROM early`); n != "0" {
		t.Fatalf("%s still wait", n)
	}
}

func batches(t *testing.T, h *house) {
	v := h.vendor(t, centrala.Messenger, centrala.Account{})
	good := v.wrote("Ola", "m1", "dobre")
	bad := v.wrote("Ola", "m2", "złe")
	bad.From.Address = ""
	if hook := v.posts(t, good, bad); hook.Outcome != centrala.HookUnread || hook.Messages != 1 {
		t.Fatalf("%+v", hook)
	}
	var items []centrala.Inbound
	for n := range 300 {
		items = append(items, v.wrote(fmt.Sprint("os", n%50), fmt.Sprint("x", n), fmt.Sprint("tekst ", n)))
	}
	if hook := v.posts(t, items...); hook.Messages != 300 || hook.Outcome != centrala.HookTaken {
		t.Fatalf("%+v", hook)
	}
	if hook := v.posts(t, items...); hook.Outcome != centrala.HookRepeated {
		t.Fatalf("again: %+v", hook)
	}
	list, _, err := h.Conversations(t.Context(), centrala.Everything(), centrala.Filter{Limit: 200})
	if err != nil || len(list) != 51 {
		t.Fatalf("%d conversations, %v", len(list), err)
	}
	for _, c := range list {
		h.dense(t, c.ID)
	}
}

// reordered: whatever the order in which a few things come, the end is the same.
func reordered(t *testing.T, h *house) {
	v := h.vendor(t, centrala.Messenger, centrala.Account{})
	build := func(who string) []centrala.Inbound {
		m := func(s string) string { return who + s }
		react := v.tells(centrala.KindReaction, who, centrala.About{ID: m("m1"), Emoji: "❤"})
		return []centrala.Inbound{v.wrote(who, m("m1"), "pierwsze"), v.edited(who, m("m1"), 1, "poprawione"), v.edited(who, m("m1"), 2, "ostatnie"), react}
	}
	orders := [][]int{{0, 1, 2, 3}, {3, 2, 1, 0}, {1, 0, 3, 2}, {2, 3, 0, 1, 0, 1, 2, 3}, {2, 1, 0, 3}}
	for n, order := range orders {
		items := build(fmt.Sprint("w", n))
		var conversation centrala.ConversationID
		for _, i := range order {
			if hook := v.posts(t, items[i]); hook.Conversation != 0 {
				conversation = hook.Conversation
			}
		}
		_, all := v.talk(t, centrala.Hook{Conversation: conversation})
		if m := all[0]; m.Text != "ostatnie" || !m.Edited || len(m.Reactions) != 1 {
			t.Errorf("order %v: %+v", order, m)
		}
	}
}

func strangers(t *testing.T, h *house) {
	v := h.vendor(t, centrala.Messenger, centrala.Account{})
	comment := func(who, id, text string) centrala.Inbound {
		in := v.wrote(who, id, text)
		in.Kind, in.Channel, in.ThreadID = centrala.KindComment, centrala.Facebook, "post-1"
		return in
	}
	first := v.posts(t, comment("Ola", "c1", "Ile kosztuje?"))
	second := v.posts(t, comment("Ewa", "c2", "Też pytam"))
	c, all := v.talk(t, first)
	if second.Conversation != first.Conversation || c.Channel != centrala.Facebook || all[1].Author.Name != "Ewa" || c.ContactName != "Ola" {
		t.Fatalf("%+v\n%+v", c, all)
	}
	if !c.Window().Until.IsZero() {
		t.Fatal("a public comment has a window")
	}
	p := h.reply(h.ania, first.Conversation, "a", "Napisaliśmy prywatnie")
	p.Via = centrala.Messenger
	h.say(t, p)
	out := v.lease(t)
	if len(out) != 1 || out[0].Channel != centrala.Messenger || out[0].Answers != "c2" || out[0].ThreadID != "post-1" {
		t.Fatalf("%+v", out)
	}
}

func socialBlocked(t *testing.T, h *house) {
	v := h.vendor(t, centrala.Telegram, centrala.Account{})
	first := v.posts(t, v.wrote("Ola", "m1", "jedno"))
	c, _ := v.talk(t, first)
	if err := h.Block(t.Context(), centrala.Everything(), c.Contact, true, centrala.Author{Kind: centrala.ByAgent}); err != nil {
		t.Fatal(err)
	}
	if hook := v.posts(t, v.wrote("Ola", "m2", "dwa")); hook.Messages != 0 {
		t.Fatalf("%+v", hook)
	}
	if _, err := v.tries(t, centrala.Inbound{Kind: "weird", From: centrala.Address{Address: "x"}}); err != nil && errors.Is(err, t.Context().Err()) {
		t.Fatal(err)
	}
}
