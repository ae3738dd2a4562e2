package storetest

import (
	"fmt"
	"sync"
	"testing"

	"centrala"
	"centrala/store"
)

func elsewhereCases() []testCase {
	return []testCase{
		{"elsewhere/one mail to two inboxes of a team is one matter, in whichever order", oneTeam},
		{"elsewhere/one mail to two teams is a matter of each, and each knows the other's number", twoTeams},
		{"elsewhere/at the same moment on two nodes it ends the same", elsewhereAtOnce},
	}
}

// twin is another mailbox that the same team answers.
func (h *house) twin(t *testing.T) centrala.Inbox {
	t.Helper()
	box := *h.mailbox.Mailbox
	box.Address = "zwroty@jarmark.test"
	return h.inbox(t, centrala.Inbox{Slug: "zwroty", Name: "Zwroty", Channel: centrala.Email, Team: h.team.ID, Enabled: true, Mailbox: &box})
}

// moves are the system entries of a kind in a timeline.
func (h *house) moves(t *testing.T, c centrala.ConversationID, kind string) []centrala.Message {
	t.Helper()
	var out []centrala.Message
	for _, m := range h.dense(t, c) {
		if m.System != nil && m.System.Kind == kind {
			out = append(out, m)
		}
	}
	return out
}

func oneTeam(t *testing.T, h *house) {
	boxes := []centrala.Inbox{h.mailbox, h.twin(t)}
	for i := range 2 {
		in := h.says(uint32(1+i), "jan", fmt.Sprint("Zwrot butów numer ", i), fmt.Sprint("a", i, "@x.test"))
		first, second := boxes[i], boxes[1-i]
		r := h.take(t, through(in, first))
		c := h.conversation(t, r.Conversation)
		if again := h.take(t, through(in, second)); again.Seq != 0 {
			t.Fatalf("the same mail is two messages: %+v", again)
		}
		same(t, "the book", h.entry(t, through(in, second)), fmt.Sprint("duplicate same-mail-other-inbox ", c.Number, " reference"))
		also := h.moves(t, c.ID, "elsewhere")
		if len(also) != 1 || also[0].System.InboxName != second.Name || also[0].System.Number != 0 || !also[0].Hidden() {
			t.Fatalf("the conversation says %+v", also)
		}
		in.ExternalID += "anew"
		h.take(t, through(in, second))
		if also := h.moves(t, c.ID, "elsewhere"); len(also) != 1 {
			t.Fatalf("said %d times", len(also))
		}
	}
}

func twoTeams(t *testing.T, h *house) {
	box, in := h.sellers(t), h.says(1, "jan", "Zwrot butów za duże", "a@x.test")
	a := h.conversation(t, h.take(t, in).Conversation)
	b := h.apart(t, through(in, box), "the other team's")
	if b.Team != h.other.ID {
		t.Fatalf("given to %s", b.Team)
	}
	h.tellEachOther(t, in, a, b, box)
	answer := h.says(2, "jan", "Re: Zwrot butów za duże", "b@x.test", "a@x.test")
	h.in(t, answer, a.ID, "an answer through the first inbox")
	h.in(t, through(answer, box), b.ID, "the same answer through the second")
	twin := h.twin(t)
	if r := h.take(t, through(in, twin)); r.Seq != 0 {
		t.Fatal("a third inbox, of the first team, made a third matter")
	}
	same(t, "the third's entry", h.entry(t, through(in, twin)), fmt.Sprint("duplicate same-mail-other-inbox ", a.Number, " reference"))
}

func (h *house) tellEachOther(t *testing.T, in centrala.Inbound, a, b centrala.Conversation, box centrala.Inbox) {
	t.Helper()
	same(t, "the first's entry", h.entry(t, in), fmt.Sprint("ingested same-mail-other-team ", b.Number, " new"))
	same(t, "the second's entry", h.entry(t, through(in, box)), fmt.Sprint("ingested same-mail-other-team ", a.Number, " new"))
	for _, c := range [][2]centrala.Conversation{{a, b}, {b, a}} {
		also := h.moves(t, c[0].ID, "elsewhere")
		if len(also) != 1 || also[0].System.Number != c[1].Number || also[0].System.Into != c[1].ID {
			t.Fatalf("#%d says %+v, want #%d", c[0].Number, also, c[1].Number)
		}
	}
}

func elsewhereAtOnce(t *testing.T, h *house) {
	const mails = 12
	nodes := []*store.DB{h.DB, openStore(t, h.dsn, h.clock)}
	twin, sellers := h.twin(t), h.sellers(t)
	var wait sync.WaitGroup
	for i := range mails {
		in := h.says(uint32(100+i), fmt.Sprint("osoba", i), fmt.Sprint("Wspólna sprawa nr ", i), fmt.Sprint("w", i, "@x.test"))
		for j, box := range []centrala.Inbox{h.mailbox, twin, sellers} {
			wait.Go(func() {
				if _, err := nodes[(i+j)%2].Receive(t.Context(), through(in, box)); err != nil {
					t.Errorf("mail %d through %s: %v", i, box.Name, err)
				}
			})
		}
	}
	wait.Wait()
	for what, query := range map[string]string{
		"conversations": `SELECT count(*) FROM conversation`,
		"messages":      `SELECT count(*) FROM event WHERE type = 'message.received'`,
	} {
		same(t, what, h.raw(t, query), fmt.Sprint(2*mails))
	}
	for what, want := range map[string]int{
		`SELECT count(*) FROM contact`: mails,
		`SELECT count(*) FROM intake`:  3 * mails,
		`SELECT count(*) FROM intake WHERE outcome = 'duplicate' AND cause = 'same-mail-other-inbox'`: mails,
		`SELECT count(*) FROM intake WHERE outcome = 'ingested' AND cause = 'same-mail-other-team'`:   2 * mails,
		`SELECT count(*) FROM event WHERE type = 'mail.elsewhere'`:                                    3 * mails,
	} {
		same(t, what, h.raw(t, what), fmt.Sprint(want))
	}
}
