package storetest

import (
	"testing"

	"centrala"
)

func reached(t *testing.T, h *house) {
	v := h.vendor(t, centrala.Webhook, centrala.Account{})
	lost := func() string { return h.raw(t, `SELECT max(lost) FROM identity WHERE address = 'u-77'`) }
	news := func(removed bool) centrala.Inbound {
		return centrala.Inbound{Kind: centrala.KindReach, Channel: centrala.Webhook, From: centrala.Address{Address: "u-77"}, About: &centrala.About{Removed: removed}}
	}
	v.posts(t, news(true)) // of who is not known nothing is noted
	in := v.wrote("Ola", "m1", "dzień dobry")
	in.From.Address, in.Email, in.Phone, in.Proven = "u-77", "Ola@Example.test", "+48 600 100 200", centrala.Proven{Email: true}
	c, _ := v.talk(t, v.posts(t, in))
	const proofs = `SELECT email || ' ' || email_proven || ' ' || phone_proven FROM contact WHERE email = 'ola@example.test'`
	if got := h.raw(t, proofs); lost() != "0" || got != "ola@example.test 1 0" {
		t.Fatalf("lost %s, %s", lost(), got)
	}
	v.posts(t, news(true))
	if lost() != "1" {
		t.Fatal("whoever blocked us can still be reached")
	}
	v.posts(t, news(false))
	if lost() != "0" {
		t.Fatal("whoever is back cannot be reached")
	}
	in = v.wrote("Ola", "m2", "i jeszcze")
	in.From.Address, in.Phone, in.Email, in.Proven = "u-77", "600100200", "other@example.test", centrala.Proven{Email: true, Phone: true}
	if again, _ := v.talk(t, v.posts(t, in)); again.Contact != c.Contact {
		t.Fatal("the same person is another contact")
	}
	if got := h.raw(t, proofs); got != "ola@example.test 1 1" {
		t.Fatalf("what was known is changed, or what is proven is not: %s", got)
	}
}
