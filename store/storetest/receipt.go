package storetest

import (
	"fmt"
	"testing"
	"time"

	"centrala"
)

func receiptCases() []testCase {
	return []testCase{
		{"receipts go forward only, and reach back to all that was handed over", receipts},
	}
}

func receipts(t *testing.T, h *house) {
	v := h.vendor(t, centrala.Messenger, centrala.Account{})
	first := v.posts(t, v.wrote("Ola", "m1", "pytanie"))
	var last centrala.Receipt
	for n := range 3 {
		last = h.say(t, h.reply(h.ania, first.Conversation, fmt.Sprint(n), "odpowiedź"))
		v.hand(t, fmt.Sprint("o", n))
	}
	upto := v.clock.now()
	v.clock.move(time.Second)
	h.say(t, h.reply(h.ania, first.Conversation, "later", "po znaku"))
	v.hand(t, "o9")
	v.posts(t, v.tells(centrala.KindRead, "Ola", centrala.About{Upto: upto}))
	if got := v.states(t, first.Conversation); got != "read read read handed_over" {
		t.Fatal(got)
	}
	if c, _ := v.talk(t, first); c.ReadByCustomer != last.Seq {
		t.Fatalf("read to %d, want %d", c.ReadByCustomer, last.Seq)
	}
	late := v.tells(centrala.KindDelivery, "Ola", centrala.About{ID: "o1", State: centrala.Delivered})
	if v.posts(t, late).Outcome != centrala.HookRepeated || v.posts(t, v.tells(centrala.KindDelivery, "Ola", centrala.About{Upto: upto})).Outcome != centrala.HookRepeated {
		t.Fatal("delivered after read counted")
	}
	if got := v.states(t, first.Conversation); got != "read read read handed_over" {
		t.Fatal(got)
	}
	stranger := v.tells(centrala.KindRead, "Ewa", centrala.About{Upto: v.clock.now()})
	v.posts(t, stranger)
	if got := v.states(t, first.Conversation); got != "read read read handed_over" {
		t.Fatalf("somebody else's receipt: %s", got)
	}
	v.posts(t, v.tells(centrala.KindRead, "Ola", centrala.About{ID: "o9"}))
	if got := v.states(t, first.Conversation); got != "read read read read" {
		t.Fatal(got)
	}
	v.posts(t, v.echo("Ola", "e1", "z telefonu", centrala.About{}))
	v.clock.move(time.Second)
	v.posts(t, v.tells(centrala.KindRead, "Ola", centrala.About{Upto: v.clock.now()}))
	if c, _ := v.talk(t, first); c.ReadByCustomer != c.LastText.Seq {
		t.Fatalf("read to %d of %d", c.ReadByCustomer, c.LastText.Seq)
	}
}
