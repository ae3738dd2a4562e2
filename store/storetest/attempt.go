package storetest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"centrala"
	"centrala/store"
)

// answered is a mail with one answer that waits to be sent.
func (h *house) answered(t *testing.T) centrala.ConversationID {
	t.Helper()
	a := h.take(t, h.mail(1, "jan", "Zwrot butów za duże", "a"))
	h.say(t, h.reply(h.ania, a.Conversation, "1", "pierwsza"))
	return a.Conversation
}

func (h *house) only(t *testing.T, c centrala.ConversationID) centrala.Delivery {
	t.Helper()
	ds, err := h.Deliveries(t.Context(), centrala.Everything(), c)
	if err != nil || len(ds) != 1 {
		t.Fatalf("ledger: %+v, %v", ds, err)
	}
	return ds[0]
}

func lostButRepeatable(t *testing.T, h *house) {
	c := h.answered(t)
	out := h.leaseAs(t, true)
	if err := h.HandOver(t.Context(), out[0].Delivery, out[0].Attempt); err != nil {
		t.Fatal(err)
	}
	h.clock.move(2 * time.Minute)
	again := h.leaseAs(t, true)
	if len(again) != 1 || again[0].Delivery != out[0].Delivery || again[0].MessageID != out[0].MessageID || again[0].Attempt != 2 {
		t.Fatalf("made again: %+v", again)
	}
	if err := h.HandOver(t.Context(), out[0].Delivery, out[0].Attempt); centrala.CodeOf(err) != centrala.Conflict {
		t.Fatalf("the attempt that was given up hands over under the new one's lease: %v", err)
	}
	if d := h.only(t, c); d.State != centrala.DeliveryLeased || d.History[0].Outcome != centrala.DeliveryQueued || d.History[1].Outcome != "" {
		t.Fatalf("ledger: %+v", d)
	}
}

// The states that may follow each other when the other side tells of a delivery, and no others.
func forwardOnly(t *testing.T, h *house) {
	allowed := map[centrala.DeliveryState]string{
		centrala.DeliveryQueued:      "handed_over delivered read bounced",
		centrala.DeliveryLeased:      "queued handed_over delivered read bounced",
		centrala.DeliveryHandingOver: "queued handed_over delivered read bounced failed unknown",
		centrala.DeliveryHandedOver:  "delivered read bounced failed",
		centrala.Delivered:           "read bounced",
		centrala.DeliveryRead:        "",
		centrala.DeliveryBounced:     "queued",
		centrala.DeliveryFailed:      "queued delivered read bounced",
		centrala.DeliveryUnknown:     "queued handed_over delivered read bounced failed",
	}
	to := []centrala.DeliveryState{centrala.DeliveryQueued, centrala.DeliveryHandedOver, centrala.Delivered, centrala.DeliveryRead,
		centrala.DeliveryBounced, centrala.DeliveryFailed, centrala.DeliveryUnknown}
	n := uint32(0)
	for from, may := range allowed {
		for _, next := range to {
			n++
			a := h.take(t, h.mail(n, fmt.Sprintf("osoba%d", n), "Zwrot butów za duże", "a"))
			h.say(t, h.reply(h.ania, a.Conversation, fmt.Sprint(n), "odpowiedź"))
			d := h.only(t, a.Conversation)
			h.bring(t, d.ID, from)
			err := h.Settle(t.Context(), d.ID, centrala.Settlement{State: next, Reason: "po czasie", Next: time.Now().Add(time.Hour)})
			got := h.only(t, a.Conversation).State
			if strings.Contains(" "+may+" ", " "+string(next)+" ") {
				if err != nil || got != next {
					t.Errorf("%s → %s: %s, %v", from, next, got, err)
				}
			} else if centrala.CodeOf(err) != centrala.Conflict || got != from {
				t.Errorf("%s → %s is no conflict: %s, %v", from, next, got, err)
			}
			h.clock.move(3 * time.Minute) // what stays leased is nobody's for the next
			h.park(t)
		}
	}
}

// bring has a queued delivery, the only one that is due, get to a state.
func (h *house) bring(t *testing.T, id centrala.DeliveryID, state centrala.DeliveryState) {
	t.Helper()
	if state == centrala.DeliveryQueued {
		return
	}
	out := h.lease(t)
	if len(out) != 1 || out[0].Delivery != id {
		t.Fatalf("leased: %+v", out)
	}
	switch state {
	case centrala.DeliveryLeased:
	case centrala.DeliveryHandingOver:
		if err := h.HandOver(t.Context(), id, 1); err != nil {
			t.Fatal(err)
		}
	case centrala.DeliveryHandedOver, centrala.DeliveryFailed, centrala.DeliveryUnknown:
		h.settle(t, out[0], centrala.Settlement{State: state})
	default:
		h.settle(t, out[0], centrala.Settlement{State: centrala.DeliveryHandedOver})
		if err := h.Settle(t.Context(), id, centrala.Settlement{State: state}); err != nil {
			t.Fatal(err)
		}
	}
}

// park ends whatever is still due.
func (h *house) park(t *testing.T) {
	t.Helper()
	for _, o := range h.lease(t) {
		h.settle(t, o, centrala.Settlement{State: centrala.DeliveryFailed})
	}
}

func lateOutcomes(t *testing.T, h *house) {
	const taken, failed, queued = centrala.DeliveryHandedOver, centrala.DeliveryFailed, centrala.DeliveryQueued
	for n, c := range []struct {
		name   string
		after  string // what happened since the first attempt was lost
		says   centrala.DeliveryState
		want   centrala.DeliveryState
		reason string
	}{
		{"it was taken", "", taken, taken, "told late"},
		{"it was refused", "", failed, failed, "given up: 550"},
		{"it was not sent", "", queued, queued, "told late"},
		{"it was taken, and somebody wants it again", "again", taken, taken, "told late"},
		{"it was refused, and somebody wants it again", "again", failed, queued, ""},
		{"it was taken, and the next attempt waits", "again lease", taken, taken, "told late"},
		{"it was refused, and the next attempt waits", "again lease", failed, centrala.DeliveryLeased, ""},
		{"it was taken, and the next attempt is under way", "again lease begin", taken, centrala.DeliveryHandingOver, ""},
		{"it was taken, and so was the next", "again lease begin end", taken, taken, ""},
		{"it was taken and has bounced", "bounce", taken, centrala.DeliveryBounced, ""},
	} {
		a := h.take(t, h.mail(uint32(n+1), fmt.Sprintf("osoba%d", n), "Zwrot butów za duże", "a"))
		h.say(t, h.reply(h.ania, a.Conversation, fmt.Sprint(n), "odpowiedź"))
		first := h.lease(t)[0]
		if err := h.HandOver(t.Context(), first.Delivery, 1); err != nil {
			t.Fatal(err)
		}
		h.clock.move(2 * time.Minute)
		h.lease(t)
		h.since(t, first.Delivery, c.after)
		if err := h.Settle(t.Context(), first.Delivery, centrala.Settlement{Attempt: 1, State: c.says, Reason: map[bool]string{true: "550"}[c.says == failed], Next: time.Now().Add(time.Hour)}); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		d := h.only(t, a.Conversation)
		if d.State != c.want || !strings.Contains(d.Reason, c.reason) || d.History[0].Outcome != c.says {
			t.Errorf("%s: %+v", c.name, d)
		}
		if d.State == taken && len(d.History) == 2 && d.History[1].Ended.IsZero() {
			t.Errorf("%s: the next attempt never ended: %+v", c.name, d.History)
		}
		if strings.Contains(c.after, "begin") && !h.told(t, a.Conversation, "may arrive twice") {
			t.Errorf("%s: nobody is told", c.name)
		}
		h.clock.move(2 * time.Minute)
		h.park(t)
	}
}

func (h *house) since(t *testing.T, id centrala.DeliveryID, what string) {
	t.Helper()
	for _, step := range strings.Fields(what) {
		var err error
		switch step {
		case "again":
			err = h.Redeliver(t.Context(), centrala.Everything(), id)
		case "lease":
			h.lease(t)
		case "begin":
			err = h.HandOver(t.Context(), id, 2)
		case "end":
			err = h.Settle(t.Context(), id, centrala.Settlement{Attempt: 2, State: centrala.DeliveryHandedOver})
		case "bounce":
			err = h.Settle(t.Context(), id, centrala.Settlement{State: centrala.DeliveryBounced})
		}
		if err != nil {
			t.Fatalf("%s: %v", step, err)
		}
	}
}

// told reports whether an event of the conversation gives a reason.
func (h *house) told(t *testing.T, c centrala.ConversationID, reason string) bool {
	t.Helper()
	all, err := h.Since(t.Context(), centrala.Everything(), 0, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		if e.Event.Conversation == c && strings.Contains(e.Event.Data.Reason, reason) {
			return true
		}
	}
	return false
}

// Two processes on one database lease, at the same time and again and again, and each mail is
// handed over once.
func twoNodesLease(t *testing.T, h *house) {
	const mails = 40
	for n := range uint32(mails) {
		a := h.take(t, h.mail(n+1, fmt.Sprintf("osoba%d", n), "Zwrot butów za duże", "a"))
		h.say(t, h.reply(h.ania, a.Conversation, fmt.Sprint(n), "odpowiedź"))
	}
	var (
		mu   sync.Mutex
		sent = map[centrala.DeliveryID]int{}
		wait sync.WaitGroup
		errs [2]error
	)
	for i, node := range []*store.DB{h.DB, openStore(t, h.dsn, h.clock)} {
		wait.Go(func() {
			for errs[i] == nil {
				out, err := node.LeaseDeliveries(context.Background(), centrala.Lease{Inbox: h.mailbox.ID, For: time.Minute, Limit: 3})
				if errs[i] = err; err != nil || len(out) == 0 {
					return
				}
				for _, o := range out {
					if errs[i] = node.HandOver(context.Background(), o.Delivery, o.Attempt); errs[i] != nil {
						return
					}
					mu.Lock()
					sent[o.Delivery]++
					mu.Unlock()
					errs[i] = node.Settle(context.Background(), o.Delivery, centrala.Settlement{Attempt: o.Attempt, State: centrala.DeliveryHandedOver})
				}
			}
		})
	}
	wait.Wait()
	for i, err := range errs {
		if err != nil {
			t.Errorf("node %d: %v", i, err)
		}
	}
	if len(sent) != mails {
		t.Errorf("%d of %d mails sent", len(sent), mails)
	}
	for id, n := range sent {
		if n != 1 {
			t.Errorf("%s was sent %d times", id, n)
		}
	}
}

func history(t *testing.T, h *house) {
	c := h.answered(t)
	h.lease(t)
	h.clock.move(2 * time.Minute)
	second := h.lease(t)
	h.settle(t, second[0], centrala.Settlement{State: centrala.DeliveryQueued, Reason: "451 later", Next: time.Now()})
	third := h.lease(t)
	h.settle(t, third[0], centrala.Settlement{State: centrala.DeliveryHandedOver, ExternalID: "250 abc"})
	d := h.only(t, c)
	if d.State != centrala.DeliveryHandedOver || d.Attempts != 3 || len(d.History) != 3 {
		t.Fatalf("ledger: %+v", d)
	}
	for i, want := range []centrala.Attempt{
		{Outcome: centrala.DeliveryQueued, Reason: "the lease ended before it was begun"},
		{Outcome: centrala.DeliveryQueued, Reason: "451 later"},
		{Outcome: centrala.DeliveryHandedOver, ExternalID: "250 abc"},
	} {
		a := d.History[i]
		if a.Number != i+1 || a.Node != "node-1" || a.Outcome != want.Outcome || a.Reason != want.Reason || a.ExternalID != want.ExternalID {
			t.Errorf("attempt %d: %+v", i+1, a)
		}
		if a.Leased.IsZero() || a.Ended.Before(a.Leased) || a.Began.IsZero() != (i == 0) {
			t.Errorf("times of attempt %d: %+v", i+1, a)
		}
	}
}
