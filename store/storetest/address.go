package storetest

import (
	"fmt"
	"testing"
	"time"

	"centrala"
)

func addressCases() []testCase {
	return []testCase{
		{"address/a person who has two is answered where they last wrote from, within its window", lastAddress},
		{"address/what was written before and comes late changes nothing", lateAddress},
		{"address/an answer that has not begun to leave goes along, one that has does not", movedAnswers},
		{"address/who is told apart is answered at an address of their own", partedAddress},
	}
}

// twoAddresses is a person at a vendor's who was two until they were joined, and the conversation
// that they have from both addresses: id-Ola and id-Ola2.
func twoAddresses(t *testing.T, h *house, ch centrala.Channel, a centrala.Account) (*vendorSide, centrala.Hook) {
	t.Helper()
	v := h.vendor(t, ch, a)
	first, second := v.posts(t, v.wrote("Ola", "m1", "pytanie")), v.posts(t, v.wrote("Ola2", "m2", "z drugiego konta"))
	h.do(t, second.Conversation, centrala.Resolve{})
	v.clock.move(centrala.ReopenWithin + time.Hour)
	h.join(t, h.conversation(t, first.Conversation).Contact, h.conversation(t, second.Conversation).Contact)
	now := v.posts(t, v.wrote("Ola", "m3", "to znowu ja"))
	return v, now
}

// answers answers a conversation and gives the address that the answer is to leave to.
func (v *vendorSide) answers(t *testing.T, c centrala.ConversationID, key string) centrala.Outbound {
	t.Helper()
	v.say(t, v.reply(v.ania, c, key, "odpowiedź "+key))
	out := v.lease(t)
	if len(out) != 1 {
		t.Fatalf("%d answers leave", len(out))
	}
	v.ends(t, out[0], centrala.Settlement{State: centrala.DeliveryHandedOver, ExternalID: "o" + key})
	return out[0]
}

// until is the end of the window that a message opens.
func until(m centrala.Inbound) time.Time {
	return m.At.Truncate(time.Microsecond).Add(centrala.FreeWindow)
}

func lastAddress(t *testing.T, h *house) {
	for _, ch := range []centrala.Channel{centrala.Messenger, centrala.Instagram, centrala.WhatsApp, centrala.Telegram, centrala.Webhook} {
		v, talk := twoAddresses(t, h, ch, centrala.Account{HumanAgent: true})
		windows := ch != centrala.Telegram && ch != centrala.Webhook
		for n, who := range []string{"Ola", "Ola2", "Ola"} {
			m := v.wrote(who, fmt.Sprint("x", n), "jestem")
			if k := v.posts(t, m); k.Conversation != talk.Conversation {
				t.Fatalf("%s: %s is somebody else", ch, who)
			}
			v.clock.move(20 * time.Hour)
			other := map[string]string{"Ola": "Ola2", "Ola2": "Ola"}[who]
			v.posts(t, v.tells(centrala.KindReaction, other, centrala.About{ID: "m3", Emoji: fmt.Sprint(n)})) // which opens the other address's window
			out := v.answers(t, talk.Conversation, fmt.Sprint(ch, n))
			if out.To.Address != "id-"+who {
				t.Errorf("%s: who wrote from id-%s is answered at %s", ch, who, out.To.Address)
			}
			c, _ := v.talk(t, talk)
			if want := until(m); windows && (!out.Window.Until.Equal(want) || !c.Window().Until.Equal(want)) {
				t.Errorf("%s: the window of id-%s ends at %v and %v, not %v", ch, who, out.Window.Until, c.Window().Until, want)
			}
			v.clock.move(5 * time.Hour)
			robot := centrala.Post{Sender: "key_1", Key: fmt.Sprint(ch, n, "robot"), Author: centrala.Author{Kind: centrala.ByBot, ID: "key_1"}, Conversation: talk.Conversation, NoClaim: true, Scope: centrala.Everything(), Text: "robot"}
			if _, err := h.Append(t.Context(), robot); windows != (centrala.CodeOf(err) == centrala.Closed) {
				t.Errorf("%s: a program after the window of the address: %v", ch, err)
			}
			for _, o := range v.lease(t) {
				v.ends(t, o, centrala.Settlement{State: centrala.DeliveryHandedOver, ExternalID: fmt.Sprint("r", o.Delivery)})
			}
		}
	}
}

func lateAddress(t *testing.T, h *house) {
	v, talk := twoAddresses(t, h, centrala.Messenger, centrala.Account{})
	late := v.wrote("Ola2", "late", "z przedtem")
	v.clock.move(time.Hour)
	now := v.wrote("Ola", "m9", "teraz")
	v.posts(t, now)
	if k := v.posts(t, late); k.Conversation != talk.Conversation || k.Messages != 1 {
		t.Fatalf("what comes late: %+v", k)
	}
	out := v.answers(t, talk.Conversation, "a")
	if out.To.Address != "id-Ola" || !out.Window.Until.Equal(until(now)) {
		t.Errorf("to %s until %v", out.To.Address, out.Window.Until)
	}
}

func movedAnswers(t *testing.T, h *house) {
	v, talk := twoAddresses(t, h, centrala.Messenger, centrala.Account{})
	h.say(t, h.reply(h.ania, talk.Conversation, "a", "pierwsza"))
	begun := v.lease(t)[0]
	v.begins(t, begun)
	h.say(t, h.reply(h.ania, talk.Conversation, "b", "druga"))
	v.posts(t, v.wrote("Ola2", "m9", "piszcie tutaj"))
	v.posts(t, v.echo("Ola", "o1", "pierwsza", centrala.About{Ours: begun.Delivery}))
	next := v.lease(t)
	if len(next) != 1 || next[0].To.Address != "id-Ola2" || begun.To.Address != "id-Ola" {
		t.Fatalf("%+v", next)
	}
}

func partedAddress(t *testing.T, h *house) {
	v := h.vendor(t, centrala.Messenger, centrala.Account{})
	first, second := v.posts(t, v.wrote("Ola", "m1", "pytanie")), v.posts(t, v.wrote("Jan", "m2", "moje pytanie"))
	a, b := h.conversation(t, first.Conversation).Contact, h.conversation(t, second.Conversation).Contact
	m := h.join(t, a, b)
	for n, who := range []string{"Jan", "Ola"} { // each of them where the other was
		v.clock.move(time.Minute)
		v.posts(t, v.wrote(who, fmt.Sprint("x", n), "jestem"))
	}
	h.say(t, h.reply(h.ania, second.Conversation, "queued", "do Jana"))
	h.part(t, a, m.ID)
	if out := v.lease(t); len(out) != 1 || out[0].To.Address != "id-Jan" {
		t.Fatalf("what was to leave while they were one: %+v", out)
	} else {
		v.ends(t, out[0], centrala.Settlement{State: centrala.DeliveryHandedOver, ExternalID: "oq"})
	}
	for c, want := range map[centrala.ConversationID]string{first.Conversation: "id-Ola", second.Conversation: "id-Jan"} {
		if out := v.answers(t, c, want); out.To.Address != want {
			t.Errorf("a conversation of %s is answered at %s", want, out.To.Address)
		}
	}
	if c := h.conversation(t, second.Conversation); !c.HeardAt.Equal(c.OpenedAt) {
		t.Errorf("Jan may be answered until %v, by what the other wrote; he began at %v", c.Window().Until, c.OpenedAt)
	}
}
