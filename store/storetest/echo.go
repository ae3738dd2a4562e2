package storetest

import (
	"testing"
	"time"

	"centrala"
)

func echoCases() []testCase {
	return []testCase{
		{"what was written in the vendor's app is an answer, too", appEchoes},
		{"an echo settles before the reply, after a timeout and by its words", echoSettles},
		{"an echo in one thread is not taken for the same words in another", echoKeepsToItsThread},
		{"who is told by echo sends again by itself what nobody heard of", unheard},
	}
}

func appEchoes(t *testing.T, h *house) {
	v := h.vendor(t, centrala.Messenger, centrala.Account{})
	first := v.posts(t, v.wrote("Ola", "m1", "pytanie"))
	typed := v.echo("Ola", "e1", "odpowiedź z telefonu", centrala.About{})
	if v.posts(t, typed).Messages != 1 || v.posts(t, typed).Outcome != centrala.HookRepeated {
		t.Fatal("an echo counted wrong")
	}
	c, all := v.talk(t, first)
	last := all[len(all)-1]
	if last.Author != (centrala.Author{Kind: centrala.ByAgent, ID: "outside", Name: "Meta Business Suite"}) || c.Turn != centrala.CustomersTurn || !c.Due.IsZero() || c.Assignee != 0 {
		t.Fatalf("%+v\n%+v", last, c)
	}
	if n := h.raw(t, `SELECT count(*) FROM delivery`); n != "0" {
		t.Fatalf("%s deliveries", n)
	}
	h.do(t, first.Conversation, centrala.Resolve{})
	v.posts(t, v.echo("Ola", "e2", "i jeszcze", centrala.About{}))
	if c, _ := v.talk(t, first); c.Status != centrala.Resolved {
		t.Fatalf("an answer elsewhere took it up: %s", c.Status)
	}
	begun := v.posts(t, v.echo("Nowa", "e3", "Dzień dobry, piszemy pierwsi", centrala.About{}))
	if c, _ := v.talk(t, begun); c.Status != centrala.Resolved || c.LastSeq < 1 || c.ContactName != "Nowa" {
		t.Fatalf("%+v", c)
	}
	if back := v.posts(t, v.wrote("Nowa", "m9", "a o co chodzi?")); back.Conversation != begun.Conversation {
		t.Fatal("the answer to it is somewhere else")
	}
}

func echoSettles(t *testing.T, h *house) {
	v := h.vendor(t, centrala.Messenger, centrala.Account{})
	first := v.posts(t, v.wrote("Ola", "m1", "pytanie"))
	h.say(t, h.reply(h.ania, first.Conversation, "a", "przed odpowiedzią"))
	out := v.lease(t)[0]
	v.begins(t, out)
	v.posts(t, v.tells(centrala.KindDelivery, "Ola", centrala.About{ID: "o1", State: centrala.Delivered})) // sooner than anything
	mark := centrala.About{Ours: out.Delivery}
	if hook := v.posts(t, v.echo("Ola", "o1", "przed odpowiedzią", mark)); hook.Messages != 0 {
		t.Fatalf("our own words came twice: %+v", hook)
	}
	if got := v.states(t, first.Conversation); got != "delivered" {
		t.Fatal(got)
	}
	if err := h.Settle(t.Context(), out.Delivery, centrala.Settlement{Attempt: out.Attempt, State: centrala.DeliveryHandedOver, ExternalID: "o1"}); err != nil {
		t.Fatal(err)
	}
	h.say(t, h.reply(h.ania, first.Conversation, "b", "po przerwie"))
	lost := v.lease(t)[0]
	v.ends(t, lost, centrala.Settlement{State: centrala.DeliveryUnknown, Reason: "timeout"})
	v.posts(t, v.echo("Ola", "o2", "po przerwie", centrala.About{Ours: lost.Delivery}))
	h.say(t, h.reply(h.ania, first.Conversation, "c", "bez znaku"))
	bare := v.lease(t)[0]
	v.begins(t, bare)
	v.posts(t, v.echo("Ola", "o3", "bez znaku", centrala.About{}))
	if got := v.states(t, first.Conversation); got != "delivered handed_over handed_over" {
		t.Fatal(got)
	}
	if hook := v.posts(t, v.echo("Ola", "o4", "bez znaku", centrala.About{})); hook.Messages != 1 {
		t.Fatal("the same words written elsewhere are taken for ours")
	}
	_, all := v.talk(t, first)
	said := 0
	for _, m := range all {
		if m.Author.Kind == centrala.ByAgent && m.Change == nil && m.System == nil {
			said++
		}
	}
	if said != 4 {
		t.Fatalf("%d answers, want 4", said)
	}
	ds, _ := h.Deliveries(t.Context(), centrala.Everything(), first.Conversation)
	if a := ds[1].History[0]; a.Outcome != centrala.DeliveryHandedOver || a.ExternalID != "o2" {
		t.Fatalf("%+v", a)
	}
	foreign := h.vendor(t, centrala.Instagram, centrala.Account{})
	if hook := foreign.posts(t, foreign.echo("Ola", "z1", "x", centrala.About{Ours: out.Delivery})); hook.Messages != 1 {
		t.Fatal("another inbox's mark was believed")
	}
}

func echoKeepsToItsThread(t *testing.T, h *house) {
	v := h.vendor(t, centrala.Allegro, centrala.Account{})
	in := v.wrote("Ola", "m1", "pytanie")
	in.ThreadID = "thr:1"
	first := v.posts(t, in)
	in = v.wrote("Ola", "m2", "reklamacja")
	in.ThreadID = "iss:2"
	second := v.posts(t, in)
	if first.Conversation == second.Conversation {
		t.Fatal("thread and issue are one conversation")
	}
	h.say(t, h.reply(h.ania, first.Conversation, "a", "Dzień dobry"))
	v.ends(t, v.lease(t)[0], centrala.Settlement{State: centrala.DeliveryUnknown, Reason: "timeout"})
	typed := v.echo("Ola", "e1", "Dzień dobry", centrala.About{})
	typed.ThreadID = "iss:2"
	if hook := v.posts(t, typed); hook.Messages != 1 || hook.Conversation != second.Conversation {
		t.Fatalf("typed in the issue, taken as %+v", hook)
	}
	if got := v.states(t, first.Conversation); got != "unknown" {
		t.Fatal(got)
	}
	typed = v.echo("Ola", "e2", "Dzień dobry", centrala.About{})
	typed.ThreadID = "thr:1"
	if hook := v.posts(t, typed); hook.Messages != 0 || v.states(t, first.Conversation) != "handed_over" {
		t.Fatalf("ours, taken as %+v, %s", hook, v.states(t, first.Conversation))
	}
	h.say(t, h.reply(h.ania, first.Conversation, "b", "Pod postem"))
	v.begins(t, v.lease(t)[0])
	typed = v.echo("Strona", "e3", "Pod postem", centrala.About{}) // below a post the page itself is who wrote
	typed.ThreadID = "thr:1"
	if hook := v.posts(t, typed); hook.Messages != 0 || v.states(t, first.Conversation) != "handed_over handed_over" {
		t.Fatalf("ours, before the vendor's reply, taken as %+v, %s", hook, v.states(t, first.Conversation))
	}
}

func unheard(t *testing.T, h *house) {
	v := h.vendor(t, centrala.Messenger, centrala.Account{})
	first := v.posts(t, v.wrote("Ola", "m1", "pytanie"))
	h.say(t, h.reply(h.ania, first.Conversation, "a", "jedno"))
	h.say(t, h.reply(h.ania, first.Conversation, "b", "drugie"))
	out := v.leaseEcho(t, time.Minute)[0]
	v.ends(t, out, centrala.Settlement{State: centrala.DeliveryUnknown, Reason: "timeout"})
	if early := v.leaseEcho(t, time.Minute); len(early) != 0 {
		t.Fatalf("sent before its echo could come, or out of order: %+v", early)
	}
	h.clock.move(61 * time.Second)
	again := v.leaseEcho(t, time.Minute)
	if len(again) != 1 || again[0].Delivery != out.Delivery || !again[0].Doubtful || again[0].Attempt != 2 {
		t.Fatalf("%+v", again)
	}
	v.posts(t, v.echo("Ola", "o1", "jedno", centrala.About{Ours: out.Delivery}))
	if err := h.HandOver(t.Context(), again[0].Delivery, again[0].Attempt); centrala.CodeOf(err) != centrala.Conflict {
		t.Fatalf("the second attempt began after the echo of the first: %v", err)
	}
	if next := v.leaseEcho(t, time.Minute); len(next) != 1 || next[0].Text != "drugie" {
		t.Fatalf("%+v", next)
	}
	h.say(t, h.reply(h.ania, first.Conversation, "c", "trzecie"))
	h.clock.move(49 * time.Hour)
	h.rawExec(t, `UPDATE delivery SET state = 'unknown' WHERE seq > 0 AND state IN ('leased', 'queued')`)
	if old := v.leaseEcho(t, time.Minute); len(old) != 0 {
		t.Fatalf("tried for ever: %+v", old)
	}
}
