package storetest

import (
	"testing"
	"time"

	"centrala"
)

func deliveryCases() []testCase {
	return []testCase{
		{"mail is leased in order, one at a time per conversation", leasing},
		{"what waits goes out at once when the inbox gets another password, and not when it is only saved", newKeys},
		{"a hand-over that never ended becomes unknown and is not repeated by itself", lostHandOver},
		{"unseen chat answers are carried on by mail, once", carryOn},
		{"a bounce marks the delivery that it answers", bounce},
		{"a hand-over that never ended is made again where that is harmless", lostButRepeatable},
		{"a delivery goes forward only", forwardOnly},
		{"an outcome that comes late is kept and said", lateOutcomes},
		{"two nodes never lease one delivery", twoNodesLease},
		{"every attempt has a row", history},
		{"of each domain one mail is leased, of excepted ones none", leasedApart},
		{"a mail that is tried again is what it was", sameAgain},
		{"our own mail found again is no message", ownCopy},
	}
}

func (h *house) lease(t *testing.T) []centrala.Outbound {
	t.Helper()
	return h.leaseAs(t, false)
}

func (h *house) leaseAs(t *testing.T, repeatable bool) []centrala.Outbound {
	t.Helper()
	out, err := h.LeaseDeliveries(t.Context(), centrala.Lease{Inbox: h.mailbox.ID, For: time.Minute, Limit: 10, Repeatable: repeatable})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// settle hands a leased delivery over and writes down how that ended.
func (h *house) settle(t *testing.T, o centrala.Outbound, s centrala.Settlement) {
	t.Helper()
	if err := h.HandOver(t.Context(), o.Delivery, o.Attempt); err != nil {
		t.Fatal(err)
	}
	s.Attempt = o.Attempt
	if err := h.Settle(t.Context(), o.Delivery, s); err != nil {
		t.Fatal(err)
	}
}

func leasing(t *testing.T, h *house) {
	a := h.take(t, h.mail(1, "jan", "Zwrot butów za duże", "a"))
	b := h.take(t, h.mail(2, "ewa", "Faktura za lampę stojącą", "b"))
	h.say(t, h.reply(h.ania, a.Conversation, "1", "pierwsza"))
	h.say(t, h.reply(h.ania, a.Conversation, "2", "druga"))
	h.say(t, h.reply(h.ania, b.Conversation, "3", "trzecia"))
	out := h.lease(t)
	if len(out) != 2 || out[0].Text != "pierwsza" || out[1].Text != "trzecia" {
		t.Fatalf("leased: %+v", out)
	}
	if again := h.lease(t); len(again) != 0 {
		t.Fatalf("leased twice: %+v", again)
	}
	h.settle(t, out[0], centrala.Settlement{State: centrala.DeliveryHandedOver})
	next := h.lease(t)
	if len(next) != 1 || next[0].Text != "druga" || len(next[0].References) != 1 {
		t.Fatalf("next: %+v", next)
	}
	h.settle(t, next[0], centrala.Settlement{State: centrala.DeliveryQueued, Reason: "451", Next: time.Now().Add(time.Hour)})
	if again := h.lease(t); len(again) != 0 {
		t.Fatal("leased before its time")
	}
	h.clock.move(2 * time.Hour)
	if again := h.lease(t); len(again) != 2 || again[0].Attempt != 2 || again[0].MessageID != next[0].MessageID {
		t.Fatalf("after an hour: %+v", again)
	}
}

func newKeys(t *testing.T, h *house) {
	a := h.take(t, h.mail(1, "jan", "Zwrot butów za duże", "a"))
	h.say(t, h.reply(h.ania, a.Conversation, "1", "pierwsza"))
	h.settle(t, h.lease(t)[0], centrala.Settlement{State: centrala.DeliveryQueued, Reason: "535", Next: time.Now().Add(4 * time.Hour)})
	for _, password := range []string{"", "nowe"} {
		in, err := h.Inbox(t.Context(), h.mailbox.ID)
		need(t, err)
		box := *in.Mailbox
		box.SMTPPassword = password
		in.Mailbox = &box
		_, err = h.SaveInbox(t.Context(), in)
		need(t, err)
		if due := h.lease(t); (len(due) == 1) != (password != "") {
			t.Errorf("saved with the password %q: %d are due", password, len(due))
		}
	}
}

func lostHandOver(t *testing.T, h *house) {
	a := h.take(t, h.mail(1, "jan", "Zwrot butów za duże", "a"))
	h.say(t, h.reply(h.ania, a.Conversation, "1", "pierwsza"))
	out := h.lease(t)
	if err := h.HandOver(t.Context(), out[0].Delivery, out[0].Attempt); err != nil {
		t.Fatal(err)
	}
	h.clock.move(2 * time.Minute)
	if again := h.lease(t); len(again) != 0 {
		t.Fatal("a mail that may have gone out is sent again")
	}
	ds, err := h.Deliveries(t.Context(), centrala.Everything(), a.Conversation)
	if err != nil || len(ds) != 1 || ds[0].State != centrala.DeliveryUnknown {
		t.Fatalf("ledger: %+v, %v", ds, err)
	}
	if err := h.HandOver(t.Context(), out[0].Delivery, out[0].Attempt); centrala.CodeOf(err) != centrala.Conflict {
		t.Fatalf("a lost lease hands over: %v", err)
	}
	if err := h.Redeliver(t.Context(), centrala.Everything(), out[0].Delivery); err != nil {
		t.Fatal(err)
	}
	if again := h.lease(t); len(again) != 1 || again[0].MessageID != out[0].MessageID {
		t.Fatalf("by hand: %+v", again)
	}
}

func carryOn(t *testing.T, h *house) {
	k, _ := h.customer()
	k.Email = "marta@poczta.test"
	r := h.say(t, h.post(k, "1", "pytanie"))
	h.say(t, h.reply(h.ania, r.Conversation, "a", "pierwsza"))
	h.say(t, h.reply(h.ania, r.Conversation, "b", "druga"))
	if ids, err := h.Unseen(t.Context(), 5*time.Minute, 10); err != nil || len(ids) != 0 {
		t.Fatalf("too early: %v, %v", ids, err)
	}
	h.clock.move(6 * time.Minute)
	ids, err := h.Unseen(t.Context(), 5*time.Minute, 10)
	if err != nil || len(ids) != 1 {
		t.Fatalf("unseen: %v, %v", ids, err)
	}
	for range 2 {
		if err := h.CarryOn(t.Context(), ids[0]); err != nil {
			t.Fatal(err)
		}
	}
	out := h.lease(t)
	if len(out) != 1 || out[0].Text != "pierwsza\n\ndruga" || out[0].To.Address != k.Email {
		t.Fatalf("mail: %+v", out)
	}
	if number := h.conversation(t, r.Conversation).Number; out[0].Subject != centrala.ReplySubject("pytanie", number) || out[0].Quoted[0].Text != "pytanie" {
		t.Fatalf("the mail is called %q and quotes %+v", out[0].Subject, out[0].Quoted)
	}
	h.settle(t, out[0], centrala.Settlement{State: centrala.DeliveryHandedOver})
	h.say(t, h.reply(h.ania, r.Conversation, "c", "trzecia"))
	h.clock.move(6 * time.Minute)
	if err := h.CarryOn(t.Context(), r.Conversation); err != nil {
		t.Fatal(err)
	}
	next := h.lease(t)
	if len(next) != 1 || next[0].Text != "trzecia" || next[0].Subject != out[0].Subject {
		t.Fatalf("the next mail repeats what was sent: %+v", next)
	}
	h.settle(t, next[0], centrala.Settlement{State: centrala.DeliveryHandedOver})
	h.say(t, h.reply(h.ania, r.Conversation, "d", "czwarta"))
	h.clock.move(time.Minute)
	h.say(t, h.post(k, "2", "już jestem"))
	h.clock.move(6 * time.Minute)
	if ids, err := h.Unseen(t.Context(), 5*time.Minute, 10); err != nil || len(ids) != 0 {
		t.Fatalf("a mail to somebody who came back: %v, %v", ids, err)
	}
	if err := h.CarryOn(t.Context(), r.Conversation); err != nil || len(h.lease(t)) != 0 {
		t.Fatalf("a mail to somebody who came back (%v)", err)
	}
	answer := h.mail(1, "marta", "Re: …", "z poczty")
	answer.InReplyTo = []string{out[0].MessageID}
	if got := h.take(t, answer); got.Conversation != r.Conversation {
		t.Fatal("the answer by mail is not in the chat's conversation")
	}
	h.dense(t, r.Conversation)
}

func bounce(t *testing.T, h *house) {
	a := h.take(t, h.mail(1, "jan", "Zwrot butów za duże", "a"))
	h.say(t, h.reply(h.ania, a.Conversation, "1", "pierwsza"))
	out := h.lease(t)
	h.settle(t, out[0], centrala.Settlement{State: centrala.DeliveryHandedOver})
	in := h.mail(9, "mailer-daemon", "Undelivered", "")
	in.Outcome, in.Reason, in.References = centrala.Bounce, "mailbox full", []string{out[0].MessageID}
	h.take(t, in)
	ds, err := h.Deliveries(t.Context(), centrala.Everything(), a.Conversation)
	if err != nil || len(ds) != 1 || ds[0].State != centrala.DeliveryBounced || ds[0].Reason != "mailbox full" {
		t.Fatalf("ledger: %+v, %v", ds, err)
	}
}

func leasedApart(t *testing.T, h *house) {
	addresses := []string{"a@Big.test", "b@big.test", "c@big.test", "d@small.test", "e@other.test"}
	for n, address := range addresses {
		in := h.mail(uint32(n+1), string(rune('a'+n)), "Pytanie o zamówienie numer "+string(rune('1'+n)), "x")
		in.From.Address = address
		r := h.take(t, in)
		for _, part := range []string{"1", "2"} {
			h.say(t, h.reply(h.ania, r.Conversation, address+part, part))
		}
	}
	lease := func(except ...string) (to []string) {
		t.Helper()
		out, err := h.LeaseDeliveries(t.Context(), centrala.Lease{Inbox: h.mailbox.ID, For: time.Minute, Limit: 10, Apart: true, Except: except})
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range out {
			to = append(to, o.To.Address+" "+o.Text)
		}
		return to
	}
	same(t, "first", lease("small.test"), []string{"a@big.test 1", "e@other.test 1"})
	same(t, "next", lease("small.test", "other.test", "elsewhere.test"), []string{"b@big.test 1"})
	same(t, "when it may", lease("big.test"), []string{"d@small.test 1"})
	same(t, "the rest", lease(), []string{"c@big.test 1"})
	if more := lease(); len(more) != 0 {
		t.Errorf("before an earlier one of its conversation: %v", more)
	}
}

func sameAgain(t *testing.T, h *house) {
	ctx := t.Context()
	in := h.mail(1, "jan", "Zwrot butów za duże", "a")
	in.MessageID = "m1@poczta.test"
	a := h.take(t, in)
	h.say(t, h.reply(h.ania, a.Conversation, "1", "pierwsza"))
	h.say(t, h.reply(h.ania, a.Conversation, "2", "druga"))
	first := h.lease(t)[0]
	h.settle(t, first, centrala.Settlement{State: centrala.DeliveryUnknown, Reason: "no answer"})

	// Meanwhile he writes again under another name, and the team has a new signature.
	later := h.mail(2, "jan", "Re: Zwrot butów za duże", "b")
	later.From.Name, later.MessageID, later.InReplyTo = "Jan Inny", "m2@poczta.test", []string{"m1@poczta.test"}
	h.take(t, later)
	team := h.team
	team.Signature = "Nowy podpis"
	if _, err := h.SaveTeam(ctx, team); err != nil {
		t.Fatal(err)
	}
	second := h.lease(t)[0]
	if second.Text != "druga" || second.Signature != "Nowy podpis" {
		t.Fatalf("the next answer: %+v", second)
	}
	h.settle(t, second, centrala.Settlement{State: centrala.DeliveryHandedOver})
	if err := h.Redeliver(ctx, centrala.Everything(), first.Delivery); err != nil {
		t.Fatal(err)
	}
	again := h.lease(t)[0]
	if again.Attempt != 2 {
		t.Fatalf("by hand: %+v", again)
	}
	again.Attempt, again.Inbox = first.Attempt, first.Inbox
	same(t, "the mail", again, first)
}

func ownCopy(t *testing.T, h *house) {
	c := h.answered(t)
	out := h.lease(t)[0]
	h.settle(t, out, centrala.Settlement{State: centrala.DeliveryHandedOver})
	before := len(h.dense(t, c))
	copied := h.mail(5, "pomoc", out.Subject, out.Text)
	copied.MessageID, copied.InReplyTo = out.MessageID, []string{out.InReplyTo}
	if r := h.take(t, copied); r.Message != "" {
		t.Fatalf("it is the message %s", r.Message)
	}
	if after := len(h.dense(t, c)); after != before {
		t.Fatalf("the conversation has %d entries, want %d", after, before)
	}
}
