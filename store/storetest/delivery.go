package storetest

import (
	"testing"
	"time"

	"centrala"
)

func deliveryCases() []testCase {
	return []testCase{
		{"mail is leased in order, one at a time per conversation", leasing},
		{"a hand-over that never ended becomes unknown and is not repeated by itself", lostHandOver},
		{"unseen chat answers are carried on by mail, once", carryOn},
		{"a bounce marks the delivery that it answers", bounce},
		{"a hand-over that never ended is made again where that is harmless", lostButRepeatable},
		{"a delivery goes forward only", forwardOnly},
		{"an outcome that comes late is kept and said", lateOutcomes},
		{"two nodes never lease one delivery", twoNodesLease},
		{"every attempt has a row", history},
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
