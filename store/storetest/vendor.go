package storetest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"centrala"
)

// door is a social inbox with its vendor.
type vendorSide struct {
	*house
	in centrala.Inbox
	n  int
}

func (h *house) vendor(t testing.TB, ch centrala.Channel, a centrala.Account) *vendorSide {
	t.Helper()
	a.ID = "page-" + string(ch)
	in, err := h.SaveInbox(t.Context(), centrala.Inbox{Slug: "s-" + string(ch), Name: "Jarmark " + string(ch), Channel: ch, Team: h.team.ID, Enabled: true, Account: &a})
	if err != nil {
		t.Fatal(err)
	}
	return &vendorSide{house: h, in: in}
}

// posts keeps a hook, reads it as items and gives it as it is then.
func (v *vendorSide) posts(t testing.TB, items ...centrala.Inbound) centrala.Hook {
	t.Helper()
	h, err := v.tries(t, items...)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func (v *vendorSide) tries(t testing.TB, items ...centrala.Inbound) (centrala.Hook, error) {
	t.Helper()
	v.n++
	if err := v.KeepHooks(t.Context(), []centrala.Hook{{Inbox: v.in.ID, Channel: v.in.Channel, Key: fmt.Sprint("k", v.n), Body: []byte("{}")}}, nil); err != nil {
		t.Fatal(err)
	}
	hooks, err := v.UnreadHooks(t.Context(), v.in.ID, 100)
	if err != nil || len(hooks) == 0 {
		t.Fatalf("%d unread hooks, %v", len(hooks), err)
	}
	id := hooks[len(hooks)-1].ID
	if err := v.ReadHooks(t.Context(), []centrala.HookRead{{Hook: id, Reading: centrala.Reading{Parser: 1, Items: items}}}); err != nil {
		return centrala.Hook{}, err
	}
	h, err := v.Hook(t.Context(), centrala.Everything(), id)
	return h, err
}

// wrote is a message of somebody.
func (v *vendorSide) wrote(who, id, text string) centrala.Inbound {
	return centrala.Inbound{Kind: centrala.KindMessage, Inbox: v.in.ID, Channel: v.in.Channel, ExternalID: id, Outcome: centrala.Ingested,
		From: centrala.Address{Name: who, Address: "id-" + who}, Text: text, FullText: text, At: v.clock.now()}
}

// tells is something about an earlier message.
func (v *vendorSide) tells(kind centrala.InboundKind, who string, about centrala.About) centrala.Inbound {
	return centrala.Inbound{Kind: kind, Inbox: v.in.ID, Channel: v.in.Channel, From: centrala.Address{Name: who, Address: "id-" + who}, About: &about, At: v.clock.now()}
}

func (v *vendorSide) edited(who, id string, version int64, text string) centrala.Inbound {
	in := v.tells(centrala.KindEdit, who, centrala.About{ID: id, Version: version})
	in.Text = text
	return in
}

// said is how the conversation of a hook is now.
func (v *vendorSide) talk(t testing.TB, h centrala.Hook) (centrala.Conversation, []centrala.Message) {
	t.Helper()
	c, err := v.Conversation(t.Context(), centrala.Everything(), h.Conversation)
	if err != nil {
		t.Fatal(err)
	}
	all, _, err := v.Tail(t.Context(), centrala.Everything(), c.ID, 0, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range all {
		if m.Seq != int64(i+1) {
			t.Fatalf("entry %d has seq %d", i+1, m.Seq)
		}
	}
	return c, all
}

func (v *vendorSide) echo(who, id, text string, about centrala.About) centrala.Inbound {
	in := v.tells(centrala.KindEcho, who, about)
	in.ExternalID, in.Text, in.Payload = id, text, "Meta Business Suite"
	return in
}

// lease begins attempts of what is due.
func (v *vendorSide) lease(t testing.TB) []centrala.Outbound {
	t.Helper()
	return v.leaseEcho(t, 0)
}

func (v *vendorSide) leaseEcho(t testing.TB, echo time.Duration) []centrala.Outbound {
	t.Helper()
	out, err := v.LeaseDeliveries(t.Context(), centrala.Lease{Inbox: v.in.ID, For: time.Minute, Limit: 10, Echo: echo})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// hand hands everything over that is due, under the names.
func (v *vendorSide) hand(t testing.TB, names ...string) (out []centrala.Outbound) {
	t.Helper()
	for _, name := range names {
		due := v.lease(t)
		if len(due) != 1 {
			t.Fatalf("%d are due, not one", len(due))
		}
		v.ends(t, due[0], centrala.Settlement{State: centrala.DeliveryHandedOver, ExternalID: name})
		out = append(out, due[0])
	}
	return out
}

func (v *vendorSide) ends(t testing.TB, o centrala.Outbound, s centrala.Settlement) {
	t.Helper()
	v.begins(t, o)
	s.Attempt = o.Attempt
	if err := v.Settle(t.Context(), o.Delivery, s); err != nil {
		t.Fatal(err)
	}
}

func (v *vendorSide) begins(t testing.TB, o centrala.Outbound) {
	t.Helper()
	if err := v.HandOver(t.Context(), o.Delivery, o.Attempt); err != nil {
		t.Fatal(err)
	}
}

// states are those of a conversation's deliveries, in order.
func (v *vendorSide) states(t testing.TB, c centrala.ConversationID) string {
	t.Helper()
	ds, err := v.Deliveries(t.Context(), centrala.Everything(), c)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, d := range ds {
		all = append(all, string(d.State))
	}
	return strings.Join(all, " ")
}

// toldOf is the state that was told last of an answer.
func (v *vendorSide) toldOf(t testing.TB, seq int64) string {
	t.Helper()
	last := ""
	for _, e := range v.happened(t, centrala.DeliveryUpdated) {
		if e.Data.Seq == seq {
			last = e.Data.State
		}
	}
	return last
}
