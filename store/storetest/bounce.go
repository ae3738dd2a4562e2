package storetest

import (
	"testing"
	"time"

	"centrala"
)

func bounceCases() []testCase {
	return []testCase{
		{"bounce/finds its mail by its id, without its row, and by the reply token", bounceFinds},
		{"bounce/the owner is told, and what is over stays over", bounceTold},
		{"bounce/a delay is a note", bounceDelay},
		{"bounce/an address is given up after one hard or three soft ones, until it writes", addressGivenUp},
		{"bounce/a copy that came back marks the participant alone", copyBounced},
		{"bounce/a forged report marks nothing", forgedReport},
	}
}

// sentTo is a mail of jan's with an answer that the server has taken.
func (h *house) sentTo(t *testing.T, key string, others ...string) (centrala.ConversationID, centrala.Outbound) {
	t.Helper()
	a := h.take(t, cc(h.later(h.says(h.uid(), "jan", "Zwrot butów "+key, key+"@x.test")), others...))
	h.say(t, h.reply(h.ania, a.Conversation, key, "zlecony"))
	out := h.lease(t)
	h.settle(t, out[len(out)-1], centrala.Settlement{State: centrala.DeliveryHandedOver})
	return a.Conversation, out[len(out)-1]
}

func (h *house) report(key string, r centrala.DeliveryReport) centrala.Inbound {
	in := h.later(h.says(h.uid(), "mailer-daemon", "Undelivered", key+"-bounce@x.test"))
	in.Outcome, in.Reason, in.Report = centrala.Bounce, "a delivery report", &r
	if r.Action == "" {
		r.Action = "failed"
	}
	return in
}

func bounceFinds(t *testing.T, h *house) {
	for key, way := range map[string]func(centrala.ConversationID, centrala.Outbound) centrala.Inbound{
		"id": func(_ centrala.ConversationID, o centrala.Outbound) centrala.Inbound {
			return h.report("id", centrala.DeliveryReport{Status: "5.1.1", Recipient: "jan@poczta.test", OriginalMessageID: o.MessageID})
		},
		"row": func(_ centrala.ConversationID, o centrala.Outbound) centrala.Inbound {
			h.rawExec(t, `DELETE FROM mail WHERE message_id = $1`, o.MessageID)
			return h.report("row", centrala.DeliveryReport{Status: "5.1.1", Recipient: "jan@poczta.test", OriginalMessageID: o.MessageID})
		},
		"token": func(c centrala.ConversationID, _ centrala.Outbound) centrala.Inbound {
			in := h.report("token", centrala.DeliveryReport{Status: "5.1.1", Recipient: "Jan@poczta.test"})
			in.ReplyTo = c
			return in
		},
	} {
		c, o := h.sentTo(t, key)
		in := way(c, o)
		h.take(t, in)
		d := h.only(t, c)
		if d.State != centrala.DeliveryBounced || d.Cause != centrala.UnknownAddress {
			t.Fatalf("by %s: %+v", key, d)
		}
		same(t, "the book, by "+key, h.raw(t, `SELECT delivery FROM intake WHERE external_id = $1`, in.ExternalID), h.raw(t, `SELECT id FROM delivery WHERE conversation = $1`, int64(c)))
	}
}

func bounceTold(t *testing.T, h *house) {
	scope := centrala.Scope{Agent: h.ania.ID, Teams: []centrala.TeamID{h.team.ID}}
	open, o := h.sentTo(t, "otwarta")
	if c := h.conversation(t, open); c.Turn != centrala.CustomersTurn {
		t.Fatalf("turn %s", c.Turn)
	}
	h.take(t, h.report("otwarta", centrala.DeliveryReport{Status: "5.2.2", Recipient: "jan@poczta.test", OriginalMessageID: o.MessageID}))
	c := h.conversation(t, open)
	if c.Turn != centrala.AgentsTurn || c.Due.IsZero() || c.Status != centrala.Open || c.Unread != 0 {
		t.Fatalf("it is not the team's turn: %+v", c)
	}
	said := h.moves(t, open, "returned")
	if len(said) != 1 || said[0].System.Seq != o.Seq || said[0].System.Cause != centrala.MailboxFull || !said[0].Hidden() {
		t.Fatalf("the timeline says %+v", said)
	}
	if n, _ := h.toRead(t, h.ania, scope); n != 1 {
		t.Fatalf("%d to read", n)
	}
	over, o := h.sentTo(t, "zamknięta")
	h.do(t, over, centrala.Resolve{})
	h.take(t, h.report("zamknięta", centrala.DeliveryReport{Status: "5.1.1", Recipient: "jan@poczta.test", OriginalMessageID: o.MessageID}))
	if c := h.conversation(t, over); c.Status != centrala.Resolved || !c.Due.IsZero() {
		t.Fatalf("a resolved conversation was taken up: %+v", c)
	}
	if n, _ := h.toRead(t, h.ania, scope); n != 2 {
		t.Fatalf("%d to read after a resolved one", n)
	}
	asleep, o := h.sentTo(t, "uśpiona")
	h.do(t, asleep, centrala.Snooze{Until: h.clock.now().Add(time.Hour)})
	h.take(t, h.report("uśpiona", centrala.DeliveryReport{Status: "5.1.1", Recipient: "jan@poczta.test", OriginalMessageID: o.MessageID}))
	if c := h.conversation(t, asleep); c.Status != centrala.Open {
		t.Fatalf("it sleeps on: %s", c.Status)
	}
	h.take(t, h.report("jeszcze raz", centrala.DeliveryReport{Status: "5.1.1", Recipient: "jan@poczta.test", OriginalMessageID: o.MessageID}))
	if said := h.moves(t, asleep, "returned"); len(said) != 1 {
		t.Fatalf("told %d times", len(said))
	}
}

func bounceDelay(t *testing.T, h *house) {
	c, o := h.sentTo(t, "a")
	h.take(t, h.report("a", centrala.DeliveryReport{Action: "delayed", Status: "4.4.1", Recipient: "jan@poczta.test", OriginalMessageID: o.MessageID}))
	h.take(t, h.report("b", centrala.DeliveryReport{Action: "delivered", Status: "2.0.0", Recipient: "jan@poczta.test", OriginalMessageID: o.MessageID}))
	if d := h.only(t, c); d.State != centrala.DeliveryHandedOver || len(h.moves(t, c, "returned")) != 0 {
		t.Fatalf("a delay bounced: %+v", d)
	}
	if !h.told(t, c, "the mail is delayed (4.4.1)") {
		t.Fatal("nobody was told of the delay")
	}
	h.take(t, h.report("c", centrala.DeliveryReport{Action: "failed", Status: "4.4.7", Recipient: "jan@poczta.test", OriginalMessageID: o.MessageID}))
	if d := h.only(t, c); d.State != centrala.DeliveryBounced {
		t.Fatalf("the server has given up, and the delivery is %s", d.State)
	}
	same(t, "marks", h.raw(t, `SELECT count(*) FROM contact WHERE bounced_at <> 0`), "0")
}

func (h *house) undeliverable(t *testing.T, c centrala.ConversationID) centrala.BounceCause {
	t.Helper()
	k, err := h.Contact(t.Context(), centrala.Everything(), h.conversation(t, c).Contact)
	need(t, err)
	if k.Undeliverable == nil {
		return ""
	}
	return k.Undeliverable.Reason
}

func addressGivenUp(t *testing.T, h *house) {
	var c centrala.ConversationID
	bounce := func(key, status string) {
		t.Helper()
		var o centrala.Outbound
		c, o = h.sentTo(t, key)
		h.take(t, h.report(key, centrala.DeliveryReport{Status: status, Recipient: "jan@poczta.test", OriginalMessageID: o.MessageID}))
	}
	bounce("1", "5.1.1")
	same(t, "after a hard one", h.undeliverable(t, c), centrala.UnknownAddress)
	need(t, h.Reachable(t.Context(), centrala.Everything(), h.conversation(t, c).Contact))
	same(t, "after a person's word", h.undeliverable(t, c), centrala.BounceCause(""))
	refused(t, h.Reachable(t.Context(), centrala.Scope{}, h.conversation(t, c).Contact), centrala.NotFound)
	h.clock.move(8 * 24 * time.Hour)
	for i, want := range []centrala.BounceCause{"", "", centrala.MailboxFull} {
		bounce(string(rune('a'+i)), "5.2.2")
		same(t, "after soft ones", h.undeliverable(t, c), want)
	}
	h.take(t, h.later(h.says(900, "jan", "Jednak jestem tutaj", "j@x.test")))
	same(t, "after their mail", h.undeliverable(t, c), centrala.BounceCause(""))

	k, _ := h.customer()
	k.Email = "marta@poczta.test"
	chat := h.say(t, h.post(k, "1", "pytanie"))
	h.say(t, h.reply(h.ania, chat.Conversation, "q", "odpowiedź"))
	h.rawExec(t, `UPDATE contact SET bounced_at = 1, bounce_reason = 'unknown-address' WHERE id = $1`, int64(k.ID))
	h.clock.move(6 * time.Minute)
	ids, err := h.Unseen(t.Context(), 5*time.Minute, 10)
	need(t, err)
	same(t, "chats carried on to an address that does not work", len(ids), 0)

	d, o := h.sentToOnly(t, "natychmiast")
	h.settle(t, o, centrala.Settlement{State: centrala.DeliveryFailed, Reason: "550 5.1.1 user unknown"})
	same(t, "after a refusal at the door", h.undeliverable(t, d), centrala.UnknownAddress)
}

// sentToOnly is sentTo before the server has said anything.
func (h *house) sentToOnly(t *testing.T, key string) (centrala.ConversationID, centrala.Outbound) {
	t.Helper()
	a := h.take(t, h.later(h.says(h.uid(), "ola", "Zwrot butów "+key, key+"@x.test")))
	h.say(t, h.reply(h.ania, a.Conversation, key, "zlecony"))
	out := h.lease(t)
	return a.Conversation, out[len(out)-1]
}

func copyBounced(t *testing.T, h *house) {
	c, o := h.sentTo(t, "a", "ewa@firma.test")
	h.take(t, h.report("a", centrala.DeliveryReport{Status: "5.1.1", Recipient: "ewa@firma.test", OriginalMessageID: o.MessageID}))
	if d := h.only(t, c); d.State != centrala.DeliveryHandedOver {
		t.Fatalf("the answer itself: %+v", d)
	}
	now := h.conversation(t, c)
	same(t, "the participant", now.Participants, []centrala.Participant{{Address: "ewa@firma.test", Name: "Pani e", Bounced: centrala.UnknownAddress}})
	if said := h.moves(t, c, "copy_returned"); len(said) != 1 || said[0].Text != "ewa@firma.test" || now.Turn != centrala.CustomersTurn {
		t.Fatalf("told %+v, turn %s", said, now.Turn)
	}
	h.say(t, h.reply(h.ania, c, "r2", "jeszcze"))
	same(t, "copies after that", len(h.lease(t)[0].Cc), 0)
	ewa := h.says(77, "ewa", "x", "ewa1@x.test", o.MessageID)
	ewa.From.Address = "ewa@firma.test"
	h.in(t, ewa, c, "her answer")
	same(t, "after she wrote", h.conversation(t, c).Participants[0].Bounced, centrala.BounceCause(""))
}

func forgedReport(t *testing.T, h *house) {
	c, _ := h.sentTo(t, "a")
	for i, id := range []string{"", "c.0000000000001.0000000000001@jarmark.test", "x@x.test"} {
		in := h.report(string(rune('a'+i)), centrala.DeliveryReport{Status: "5.1.1", Recipient: "jan@poczta.test", OriginalMessageID: id})
		h.take(t, in)
		same(t, "the book", h.entry(t, in), "bounce   ")
	}
	if d := h.only(t, c); d.State != centrala.DeliveryHandedOver || h.undeliverable(t, c) != "" {
		t.Fatalf("marked by a report of no mail: %+v", d)
	}
}
