package storetest

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"centrala"
)

func wayCases() []testCase {
	return []testCase{
		{"an answer leaves in portions, in order, and is where its last one is", portions},
		{"one portion fails and is sent again alone", portionFails},
		{"a shut window refuses, a person and a template pass", windows},
		{"an answer may leave by mail instead", byMail},
		{"the same key with another way is a conflict", otherWay},
		{"a failure after the hand-over comes back to the agent", failsLate},
		{"nothing is queued for mail that has no address", noNotice},
		{"hooks and answers at once leave everything dense", hooksAndAnswers},
	}
}

func portions(t *testing.T, h *house) {
	v := h.vendor(t, centrala.Messenger, centrala.Account{})
	first := v.posts(t, v.wrote("Ola", "m1", "pytanie"))
	long := strings.Repeat("Zażółć gęślą jaźń. ", 150) // 2 850 characters
	f, err := h.SaveAttachment(t.Context(), h.ania.ID.String(), centrala.Attachment{Name: "a.png", Type: "image/png", Size: 1, Blob: "b/1"})
	if err != nil {
		t.Fatal(err)
	}
	p := h.reply(h.ania, first.Conversation, "a", long)
	p.Attachments = []centrala.AttachmentID{f.ID}
	r := h.say(t, p)
	var text string
	for n := range 3 {
		out := v.lease(t)
		if len(out) != 1 || out[0].Portion != n || out[0].Channel != centrala.Messenger || out[0].To.Address != "id-Ola" || out[0].Author.Name != "Ania" {
			t.Fatalf("portion %d: %+v", n, out)
		}
		if want := n == 2; (len(out[0].Attachments) == 1) != want || (out[0].Text == "") != want {
			t.Fatalf("portion %d has %d files and %d bytes", n, len(out[0].Attachments), len(out[0].Text))
		}
		text += out[0].Text + " "
		if len(v.lease(t)) != 0 {
			t.Fatal("the next portion did not wait")
		}
		v.ends(t, out[0], centrala.Settlement{State: centrala.DeliveryHandedOver, ExternalID: fmt.Sprint("o", n)})
		want := map[bool]string{true: "handed_over", false: "queued"}[n == 2]
		if got := v.toldOf(t, r.Seq); got != want {
			t.Fatalf("after portion %d the answer is told to be %s", n, got)
		}
	}
	if strings.TrimSpace(text) != strings.TrimSpace(long) {
		t.Fatal("the portions are not the answer")
	}
	v.posts(t, v.tells(centrala.KindRead, "Ola", centrala.About{ID: "o0"}))
	if c, _ := v.talk(t, first); c.ReadByCustomer >= r.Seq || v.toldOf(t, r.Seq) != "handed_over" {
		t.Fatalf("read to %d, told %s", c.ReadByCustomer, v.toldOf(t, r.Seq))
	}
	v.posts(t, v.tells(centrala.KindRead, "Ola", centrala.About{Upto: v.clock.now()}))
	if c, _ := v.talk(t, first); c.ReadByCustomer != r.Seq || v.toldOf(t, r.Seq) != "read" {
		t.Fatalf("read to %d, told %s", c.ReadByCustomer, v.toldOf(t, r.Seq))
	}
}

func portionFails(t *testing.T, h *house) {
	v := h.vendor(t, centrala.Messenger, centrala.Account{})
	first := v.posts(t, v.wrote("Ola", "m1", "pytanie"))
	r := h.say(t, h.reply(h.ania, first.Conversation, "a", strings.Repeat("a ", 1900)))
	one := v.lease(t)[0]
	v.ends(t, one, centrala.Settlement{State: centrala.DeliveryFailed, Reason: "too big", Cause: centrala.BadFile})
	v.hand(t, "o2")
	if got := v.states(t, first.Conversation); got != "failed handed_over" || v.toldOf(t, r.Seq) != "failed" {
		t.Fatalf("%s, told %s", got, v.toldOf(t, r.Seq))
	}
	ds, _ := h.Deliveries(t.Context(), centrala.Everything(), first.Conversation)
	if ds[0].Cause != centrala.BadFile || ds[1].Portion != 1 {
		t.Fatalf("%+v", ds)
	}
	if err := h.Redeliver(t.Context(), centrala.Everything(), one.Delivery); err != nil {
		t.Fatal(err)
	}
	again := v.lease(t)
	if len(again) != 1 || again[0].Delivery != one.Delivery || again[0].Text != one.Text || again[0].Doubtful {
		t.Fatalf("%+v", again)
	}
	v.ends(t, again[0], centrala.Settlement{State: centrala.DeliveryHandedOver, ExternalID: "o1"})
	if v.toldOf(t, r.Seq) != "handed_over" {
		t.Fatal(v.toldOf(t, r.Seq))
	}
}

func windows(t *testing.T, h *house) {
	v := h.vendor(t, centrala.Messenger, centrala.Account{HumanAgent: true})
	w := h.vendor(t, centrala.WhatsApp, centrala.Account{})
	first, second := v.posts(t, v.wrote("Ola", "m1", "pytanie")), w.posts(t, w.wrote("Ola", "w1", "pytanie"))
	robot := func(c centrala.ConversationID, key string) centrala.Post {
		return centrala.Post{Sender: "key_1", Key: key, Author: centrala.Author{Kind: centrala.ByBot, ID: "key_1"}, Conversation: c, NoClaim: true, Scope: centrala.Everything(), Text: "robot"}
	}
	refused := func(p centrala.Post, what string) {
		t.Helper()
		_, err := h.Append(t.Context(), p)
		var e *centrala.Error
		if e, _ = err.(*centrala.Error); e == nil || e.Code != centrala.Closed || e.Field != "window" {
			t.Fatalf("%s: %v", what, err)
		}
	}
	h.say(t, robot(first.Conversation, "1"))
	v.hand(t, "o1")
	h.clock.move(25 * time.Hour)
	refused(robot(first.Conversation, "2"), "a program after a day")
	h.say(t, h.reply(h.ania, first.Conversation, "a", "człowiek"))
	if out := v.lease(t); len(out) != 1 || out[0].Window.Passes(h.clock.now(), true, false) != centrala.ByHuman {
		t.Fatalf("%+v", out)
	}
	refused(h.reply(h.ania, second.Conversation, "b", "człowiek"), "free words after a day")
	p := h.reply(h.ania, second.Conversation, "b", "Dzień dobry Ola")
	p.Template = &centrala.Template{Name: "hello", Locale: "pl", Params: []string{"Ola"}}
	h.say(t, p)
	if out := w.lease(t); len(out) != 1 || out[0].Template == nil || out[0].Template.Params[0] != "Ola" || out[0].Text != "Dzień dobry Ola" {
		t.Fatalf("%+v", out)
	}
	c, _ := w.talk(t, second)
	if now := c.Window(); !now.Template || now.Until.After(h.clock.now()) {
		t.Fatalf("%+v", now)
	}
	if c, _ := v.talk(t, first); c.Window().Extended.IsZero() {
		t.Fatal("the account's people have no longer window")
	}
	h.clock.move(7 * 24 * time.Hour)
	refused(h.reply(h.ania, first.Conversation, "c", "po tygodniu"), "a person after a week")
	v.posts(t, v.wrote("Ola", "m2", "jestem"))
	h.say(t, h.reply(h.ania, first.Conversation, "d", "już można"))
	bad := h.reply(h.ania, first.Conversation, "e", "x")
	bad.Template = p.Template
	if _, err := h.Append(t.Context(), bad); centrala.CodeOf(err) != centrala.Invalid {
		t.Fatalf("a template on Messenger: %v", err)
	}
	h.dense(t, first.Conversation)
}

func byMail(t *testing.T, h *house) {
	v := h.vendor(t, centrala.Messenger, centrala.Account{})
	first := v.posts(t, v.wrote("Ola", "m1", "pytanie"))
	p := h.reply(h.ania, first.Conversation, "a", "pocztą")
	p.Via = centrala.Email
	_, err := h.Append(t.Context(), p)
	if e, _ := err.(*centrala.Error); e == nil || e.Code != centrala.Invalid || e.Field != "via" {
		t.Fatalf("to nobody's address: %v", err)
	}
	c, _ := v.talk(t, first)
	mail := "ola@poczta.test"
	if _, err := h.UpdateContact(t.Context(), centrala.Everything(), c.Contact, centrala.ContactChange{Email: &mail}); err != nil {
		t.Fatal(err)
	}
	r := h.say(t, p)
	if out := v.lease(t); len(out) != 0 {
		t.Fatalf("it left by the vendor, too: %+v", out)
	}
	out := h.lease(t)
	if len(out) != 1 || out[0].To.Address != mail || out[0].Channel != centrala.Email || out[0].Text != "pocztą" || len(out[0].References) != 0 {
		t.Fatalf("%+v", out)
	}
	if again := h.say(t, p); again.Seq != r.Seq || !again.Repeated {
		t.Fatalf("%+v", again)
	}
	h.clock.move(48 * time.Hour)
	p.Key = "later"
	h.say(t, p)
	answer := h.mail(1, "ola", "Odp: sprawa", "dziękuję")
	answer.InReplyTo = []string{out[0].MessageID}
	if got := h.take(t, answer); got.Conversation != first.Conversation {
		t.Fatal("the answer to the mail is somewhere else")
	}
	p.Key, p.Via = "w", "pigeon"
	if _, err := h.Append(t.Context(), p); centrala.CodeOf(err) != centrala.Invalid {
		t.Fatalf("by pigeon: %v", err)
	}
}

func otherWay(t *testing.T, h *house) {
	w := h.vendor(t, centrala.WhatsApp, centrala.Account{})
	first := w.posts(t, w.wrote("Ola", "w1", "pytanie"), w.wrote("Ola", "w2", "i drugie"))
	p := h.reply(h.ania, first.Conversation, "a", "Dzień dobry")
	p.Template = &centrala.Template{Name: "hello", Locale: "pl"}
	p.Answers = 1
	r := h.say(t, p)
	if again := h.say(t, p); again.Seq != r.Seq || !again.Repeated {
		t.Fatalf("%+v", again)
	}
	same := p
	same.Via = centrala.WhatsApp
	if again := h.say(t, same); again.Seq != r.Seq {
		t.Fatal("its own way, named, is another way")
	}
	for _, other := range []func(*centrala.Post){
		func(p *centrala.Post) { p.Template = nil },
		func(p *centrala.Post) { p.Template = &centrala.Template{Name: "bye", Locale: "pl"} },
		func(p *centrala.Post) { p.Answers = 2 },
		func(p *centrala.Post) { p.Via, p.Template = centrala.Email, nil },
	} {
		q := p
		other(&q)
		if _, err := h.Append(t.Context(), q); centrala.CodeOf(err) != centrala.Conflict {
			t.Errorf("%+v: %v", q, err)
		}
	}
}

func failsLate(t *testing.T, h *house) {
	v := h.vendor(t, centrala.WhatsApp, centrala.Account{})
	first := v.posts(t, v.wrote("Ola", "m1", "pytanie"))
	h.say(t, h.reply(h.ania, first.Conversation, "a", "jedno"))
	h.say(t, h.reply(h.ania, first.Conversation, "b", "drugie"))
	v.hand(t, "o1", "o2")
	failed := v.tells(centrala.KindDelivery, "Ola", centrala.About{ID: "o1", State: centrala.DeliveryFailed, Reason: "131026 undeliverable", Cause: centrala.Unreachable})
	v.posts(t, failed)
	v.posts(t, v.tells(centrala.KindDelivery, "Ola", centrala.About{ID: "o2", State: centrala.Delivered}))
	failed.About.ID = "o2"
	v.posts(t, failed)
	c, all := v.talk(t, first)
	if got := v.states(t, first.Conversation); got != "failed delivered" || c.Turn != centrala.AgentsTurn {
		t.Fatalf("%s, %s", got, c.Turn)
	}
	back := all[len(all)-1].System
	if back == nil || back.Kind != "returned" || back.Cause != centrala.Unreachable || back.Seq == 0 {
		t.Fatalf("%+v", all[len(all)-1])
	}
	if got := h.raw(t, `SELECT lost FROM identity`); got != "1" {
		t.Errorf("lost is %s", got)
	}
	v.posts(t, v.wrote("Ola", "m2", "jestem"))
	if got := h.raw(t, `SELECT lost FROM identity`); got != "0" {
		t.Errorf("who writes is lost: %s", got)
	}
	v.posts(t, v.tells(centrala.KindDelivery, "Ola", centrala.About{ID: "o1", State: centrala.Delivered}))
	if got := v.states(t, first.Conversation); got != "delivered delivered" {
		t.Fatalf("what arrived after all: %s", got)
	}
}

func noNotice(t *testing.T, h *house) {
	v := h.vendor(t, centrala.Messenger, centrala.Account{})
	first := v.posts(t, v.wrote("Ola", "m1", "pytanie"))
	if err := h.QueueNotice(t.Context(), centrala.Notice{Conversation: first.Conversation, Subject: "Ankieta", Text: "Jak było?"}); err != nil {
		t.Fatal(err)
	}
	if n := h.raw(t, `SELECT count(*) FROM delivery`) + h.raw(t, `SELECT count(*) FROM robot_mail`); n != "00" {
		t.Fatalf("deliveries and mails: %s", n)
	}
}

// hooksAndAnswers has the writer's batches hold everything at the same time.
func hooksAndAnswers(t *testing.T, h *house) {
	v := h.vendor(t, centrala.Telegram, centrala.Account{})
	first := v.posts(t, v.wrote("Ola", "m0", "zero"))
	var hooks []centrala.Hook
	for n := range 40 {
		hooks = append(hooks, centrala.Hook{Inbox: v.in.ID, Channel: v.in.Channel, Key: fmt.Sprint("c", n), Body: []byte("{}")})
	}
	if err := h.KeepHooks(t.Context(), hooks, nil); err != nil {
		t.Fatal(err)
	}
	unread, err := h.UnreadHooks(t.Context(), v.in.ID, 100)
	if err != nil || len(unread) != 40 {
		t.Fatalf("%d hooks, %v", len(unread), err)
	}
	var all sync.WaitGroup
	for n, hook := range unread {
		all.Go(func() {
			id := fmt.Sprint("n", n/2)
			items := []centrala.Inbound{v.edited("Ola", id, 1, "poprawione"), v.wrote("Ola", id, "raz"), v.tells(centrala.KindReaction, "Ola", centrala.About{ID: "m0", Emoji: "👍"})}
			if err := h.ReadHooks(t.Context(), []centrala.HookRead{{Hook: hook.ID, Reading: centrala.Reading{Items: items}}}); err != nil {
				t.Error(err)
			}
		})
		all.Go(func() {
			if _, err := h.Append(t.Context(), h.reply(h.ania, first.Conversation, fmt.Sprint("r", n), "odpowiedź")); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	c, log := v.talk(t, first)
	words, edits := 0, 0
	for _, m := range log {
		if m.Text == "poprawione" && m.Change == nil {
			words++
		}
		if m.Change != nil && m.Change.Kind == "edit" {
			edits++
		}
	}
	if words != 20 || edits != 20 || c.LastSeq != int64(len(log)) {
		t.Fatalf("%d messages, %d edits, %d of %d entries", words, edits, c.LastSeq, len(log))
	}
	if got := strings.Fields(v.states(t, first.Conversation)); len(got) != 40 {
		t.Fatalf("%d deliveries", len(got))
	}
}
