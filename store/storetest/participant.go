package storetest

import (
	"fmt"
	"testing"
	"time"

	"centrala"
)

func participantCases() []testCase {
	return []testCase{
		{"participant/whom a mail also went to reads along, and is no stranger", readsAlong},
		{"participant/a stranger, a forged sender and an equal subject bring nobody in", bringsNobody},
		{"participant/agents add and remove, and who was removed stays out", addRemove},
		{"participant/every attempt has the same copies, and a chat has none", copies},
		{"participant/erasing a contact takes them out everywhere", erasedReader},
	}
}

func cc(in centrala.Inbound, addresses ...string) centrala.Inbound {
	for _, a := range addresses {
		in.Others = append(in.Others, centrala.Address{Name: "Pani " + a[:1], Address: a})
	}
	return in
}

func readers(c centrala.Conversation) (list []string) {
	for _, p := range c.Participants {
		list = append(list, p.Address)
	}
	return list
}

func readsAlong(t *testing.T, h *house) {
	h.sellers(t)
	in := cc(h.says(1, "jan", "Zwrot butów za duże", "a@x.test"), "Ewa@Firma.test", "pomoc+t-abc@jarmark.test", "SPRZEDAWCY@jarmark.test", "noreply@bank.test",
		"biuro-list@firma.test", "jan@poczta.test", "ewa@firma.test", "to nie adres", "adam@firma.test")
	a := h.take(t, in)
	c := h.conversation(t, a.Conversation)
	same(t, "who reads along", readers(c), []string{"ewa@firma.test", "adam@firma.test"})
	said := h.moves(t, c.ID, "joined")
	if len(said) != 1 || said[0].Text != "ewa@firma.test, adam@firma.test" || !said[0].Hidden() {
		t.Fatalf("the timeline says %+v", said)
	}
	h.say(t, h.reply(h.ania, c.ID, "r", "zlecony"))
	out := h.lease(t)
	same(t, "copies", out[0].Cc, []centrala.Address{{Name: "Pani E", Address: "ewa@firma.test"}, {Name: "Pani a", Address: "adam@firma.test"}})
	ewa := h.says(2, "ewa", "Re: Zwrot", "b@x.test", out[0].MessageID)
	ewa.From = centrala.Address{Name: "Ewa Nowak", Address: "ewa@firma.test"}
	h.in(t, cc(ewa, "ola@firma.test"), c.ID, "a participant's answer")
	msgs := h.dense(t, c.ID)
	if name := msgs[len(msgs)-2].Author.Name; name != "Ewa Nowak" {
		t.Fatalf("a participant is shown as %q", name)
	}
	same(t, "whom a participant brings", readers(h.conversation(t, c.ID)), []string{"ewa@firma.test", "adam@firma.test", "ola@firma.test"})
	many := h.says(3, "jan", "x", "c@x.test", "a@x.test")
	for i := range 40 {
		many = cc(many, fmt.Sprintf("os%d@firma.test", i))
	}
	h.take(t, many)
	same(t, "at most", len(h.conversation(t, c.ID).Participants), centrala.MaxParticipants)
}

func bringsNobody(t *testing.T, h *house) {
	a := h.take(t, h.says(1, "jan", "Zwrot butów za duże", "a@x.test"))
	h.take(t, cc(h.says(2, "obcy", "x", "b@x.test", "a@x.test"), "zly@firma.test"))
	forged := cc(h.says(3, "jan", "x", "c@x.test", "a@x.test"), "zly@firma.test")
	forged.Trust.Verdict = centrala.Contradict
	h.take(t, forged)
	h.in(t, cc(h.says(4, "jan", "Re: Zwrot butów za duże", "d@x.test"), "zly@firma.test"), a.Conversation, "by subject")
	same(t, "who reads along", readers(h.conversation(t, a.Conversation)), []string(nil))
}

func addRemove(t *testing.T, h *house) {
	ctx, all := t.Context(), centrala.Everything()
	by := centrala.Author{Kind: centrala.ByAgent, ID: h.ania.ID.String(), Name: "Ania"}
	a := h.take(t, h.says(1, "jan", "Zwrot butów za duże", "a@x.test"))
	version := h.conversation(t, a.Conversation).Version
	for range 2 {
		c, err := h.AddParticipant(ctx, all, a.Conversation, centrala.Address{Name: "Ewa", Address: "Ewa@firma.test"}, by)
		need(t, err)
		same(t, "added", []any{readers(c), c.Version}, []any{[]string{"ewa@firma.test"}, version + 1})
	}
	for _, no := range []string{"jan@poczta.test", "pomoc@jarmark.test", "noreply@firma.test", "nic", "a@b@c.test", "x@y.test\r\nBcc: z@y.test"} {
		_, err := h.AddParticipant(ctx, all, a.Conversation, centrala.Address{Address: no}, by)
		refused(t, err, centrala.Invalid, "address")
	}
	other := centrala.Scope{Teams: []centrala.TeamID{h.other.ID}}
	_, err := h.AddParticipant(ctx, other, a.Conversation, centrala.Address{Address: "x@y.test"}, by)
	refused(t, err, centrala.NotFound)
	_, err = h.RemoveParticipant(ctx, other, a.Conversation, "ewa@firma.test", by)
	refused(t, err, centrala.NotFound)
	c, err := h.RemoveParticipant(ctx, all, a.Conversation, "EWA@firma.test", by)
	need(t, err)
	same(t, "removed", readers(c), []string(nil))
	_, err = h.RemoveParticipant(ctx, all, a.Conversation, "ewa@firma.test", by)
	refused(t, err, centrala.NotFound)
	h.take(t, cc(h.says(2, "jan", "x", "b@x.test", "a@x.test"), "ewa@firma.test"))
	same(t, "named again by a mail", readers(h.conversation(t, a.Conversation)), []string(nil))
	if said := h.moves(t, a.Conversation, "left"); len(said) != 1 || said[0].Author.Name != "Ania" || said[0].Text != "ewa@firma.test" {
		t.Fatalf("the timeline says %+v", said)
	}
	c, err = h.AddParticipant(ctx, all, a.Conversation, centrala.Address{Address: "ewa@firma.test"}, by)
	need(t, err)
	same(t, "by an agent again", readers(c), []string{"ewa@firma.test"})
	k, _ := h.customer()
	chat := h.say(t, h.post(k, "1", "pytanie"))
	_, err = h.AddParticipant(ctx, all, chat.Conversation, centrala.Address{Address: "ewa@firma.test"}, by)
	refused(t, err, centrala.Conflict)
}

func copies(t *testing.T, h *house) {
	by := centrala.Author{Kind: centrala.ByAgent}
	a := h.take(t, cc(h.says(1, "jan", "Zwrot butów za duże", "a@x.test"), "ewa@firma.test"))
	h.say(t, h.reply(h.ania, a.Conversation, "r", "zlecony"))
	first := h.lease(t)
	h.settle(t, first[0], centrala.Settlement{State: centrala.DeliveryQueued, Reason: "451", Next: time.Now()})
	_, err := h.RemoveParticipant(t.Context(), centrala.Everything(), a.Conversation, "ewa@firma.test", by)
	need(t, err)
	second := h.lease(t)
	same(t, "the second attempt", second[0].Cc, first[0].Cc)
	k, _ := h.customer()
	k.Email = "marta@poczta.test"
	chat := h.say(t, h.post(k, "1", "pytanie"))
	h.say(t, h.reply(h.ania, chat.Conversation, "q", "odpowiedź"))
	h.clock.move(6 * time.Minute)
	need(t, h.CarryOn(t.Context(), chat.Conversation))
	out := h.lease(t)
	carried := out[len(out)-1]
	h.in(t, cc(h.says(2, "marta", "x", "b@x.test", carried.MessageID), "ewa@firma.test"), chat.Conversation, "the answer")
	same(t, "in a chat", []any{len(carried.Cc), readers(h.conversation(t, chat.Conversation))}, []any{0, []string(nil)})
}

func erasedReader(t *testing.T, h *house) {
	a := h.take(t, cc(h.says(1, "jan", "Zwrot butów za duże", "a@x.test"), "ewa@poczta.test"))
	h.say(t, h.reply(h.ania, a.Conversation, "r", "zlecony"))
	ewas := h.take(t, cc(h.says(2, "ewa", "Własna sprawa Ewy", "b@x.test"), "trzecia@firma.test"))
	if _, err := h.Erase(t.Context(), h.conversation(t, ewas.Conversation).Contact, centrala.Author{Kind: centrala.BySystem}); err != nil {
		t.Fatal(err)
	}
	same(t, "reads along", []any{readers(h.conversation(t, a.Conversation)), readers(h.conversation(t, ewas.Conversation))}, []any{[]string(nil), []string(nil)})
	for _, table := range []string{`SELECT count(*) FROM participant WHERE address LIKE '%ewa@%' OR address LIKE 'trzecia@%'`, `SELECT count(*) FROM delivery WHERE cc LIKE '%ewa@%'`,
		`SELECT count(*) FROM event WHERE text LIKE '%ewa@%' OR data LIKE '%ewa@%' OR text LIKE '%trzecia@%'`, `SELECT count(*) FROM conversation WHERE participants LIKE '%@%'`} {
		same(t, table, h.raw(t, table), "0")
	}
	h.dense(t, a.Conversation)
}
