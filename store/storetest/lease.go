package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"centrala"
	"centrala/store"
)

func leaseCases() []testCase {
	return []testCase{
		{"one node holds an inbox's lease, until it ends or is released", oneHolder},
		{"a node that comes back takes its own lease at once, and what its earlier life still does is refused", ownLease},
		{"a mailbox's cursor moves only under the lease that is held", fencedCursor},
		{"a lease goes by the database's clock, whatever the node's says", leaseClock},
		{"what the holder says of its line is told to all, until the lease ends", toldHealth},
		{"a renewed sign-in is kept over the one that it came of, and over no other", keptRefresh},
		{"an account's tokens are kept over those that they came of, and over no others", keptTokens},
		{"a clock that steps leaves seq dense and identifiers rising", steppingClock},
	}
}

// long is a lease that does not end within a test.
const long = time.Hour

func (h *house) takeLease(t *testing.T, holder string, d time.Duration) (term int64) {
	t.Helper()
	term, err := h.TakeLease(t.Context(), h.mailbox.ID, holder, d)
	if err != nil {
		t.Fatalf("%s takes the lease: %v", holder, err)
	}
	return term
}

func (h *house) heldByAnother(t *testing.T, holder string) {
	t.Helper()
	if l, err := h.TakeLease(t.Context(), h.mailbox.ID, holder, long); centrala.CodeOf(err) != centrala.Conflict {
		t.Fatalf("%s got term %d, %v", holder, l, err)
	}
}

func oneHolder(t *testing.T, h *house) {
	ctx := t.Context()
	first := h.takeLease(t, "a", long)
	h.heldByAnother(t, "b")
	if l, err := h.TakeLease(ctx, h.widget.ID, "b", long); err != nil {
		t.Fatalf("the lease of another inbox: term %d, %v", l, err)
	}
	if err := h.RenewLease(ctx, h.mailbox.ID, first, long, ""); err != nil {
		t.Fatal(err)
	}
	if err := h.ReleaseLease(ctx, h.mailbox.ID, first); err != nil {
		t.Fatal(err)
	}
	if err := h.RenewLease(ctx, h.mailbox.ID, first, long, ""); centrala.CodeOf(err) != centrala.Conflict {
		t.Fatalf("a released lease was renewed: %v", err)
	}
	second := h.takeLease(t, "b", long)
	if second <= first {
		t.Fatalf("terms %d, then %d", first, second)
	}
	if err := h.ReleaseLease(ctx, h.mailbox.ID, first); err != nil { // it is another's by now
		t.Fatal(err)
	}
	h.heldByAnother(t, "a")

	third := h.takeLease(t, "b", time.Millisecond)
	h.until(t, "the lease has ended", func() error {
		_, err := h.TakeLease(ctx, h.mailbox.ID, "a", long)
		return err
	})
	if err := h.RenewLease(ctx, h.mailbox.ID, third, long, ""); centrala.CodeOf(err) != centrala.Conflict {
		t.Fatalf("a lease that has ended was renewed: %v", err)
	}
}

func ownLease(t *testing.T, h *house) {
	before := h.takeLease(t, "a", long)
	now := h.takeLease(t, "a", long)
	if now <= before {
		t.Fatalf("terms %d, then %d", before, now)
	}
	if err := h.RenewLease(t.Context(), h.mailbox.ID, before, long, ""); centrala.CodeOf(err) != centrala.Conflict {
		t.Fatalf("an earlier life renewed: %v", err)
	}
	if err := h.RenewLease(t.Context(), h.mailbox.ID, now, long, ""); err != nil {
		t.Fatal(err)
	}
}

func fencedCursor(t *testing.T, h *house) {
	under := func(term int64, uid uint32) error {
		in := h.mail(uid, "jan", "Zwrot butów za duże", "treść")
		in.Cursor.Term = term
		_, err := h.Receive(t.Context(), in)
		return err
	}
	first := h.takeLease(t, "a", long)
	if err := under(first, 1); err != nil {
		t.Fatal(err)
	}
	if err := h.ReleaseLease(t.Context(), h.mailbox.ID, first); err != nil {
		t.Fatal(err)
	}
	if err := under(first, 2); centrala.CodeOf(err) != centrala.Unavailable {
		t.Fatalf("under a released lease: %v", err)
	}
	second := h.takeLease(t, "b", long)
	if err := under(first, 2); centrala.CodeOf(err) != centrala.Unavailable {
		t.Fatalf("under a lost lease: %v", err)
	}
	if c, err := h.Cursor(t.Context(), h.mailbox.ID, "INBOX"); err != nil || c.UID != 1 {
		t.Fatalf("the cursor is %+v, %v", c, err)
	}
	if err := under(second, 2); err != nil {
		t.Fatal(err)
	}
}

func leaseClock(t *testing.T, h *house) {
	slow := newClock()
	other, err := store.Open(t.Context(), h.dsn, store.Options{Now: slow.now, Seal: newLock(t, h.dsn), Guest: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := other.Close(); err != nil {
			t.Error(err)
		}
	}()
	held := h.takeLease(t, "a", long)
	for _, by := range []time.Duration{10 * time.Hour, -20 * time.Hour} {
		slow.move(by)
		h.clock.move(-by)
		if _, err := other.TakeLease(t.Context(), h.mailbox.ID, "b", long); centrala.CodeOf(err) != centrala.Conflict {
			t.Fatalf("a clock that steps by %s takes a lease: %v", by, err)
		}
		if err := h.RenewLease(t.Context(), h.mailbox.ID, held, long, ""); err != nil {
			t.Fatalf("with a clock that steps by %s: %v", -by, err)
		}
	}
}

func steppingClock(t *testing.T, h *house) {
	r := h.say(t, h.post(centrala.Contact{ID: h.NewContactID(), Name: "Jan"}, "k0", "zero"))
	last := r.Event
	for i, by := range []time.Duration{10 * time.Minute, -20 * time.Minute, -time.Second, 10 * time.Minute} {
		h.clock.move(by)
		next := h.say(t, h.reply(h.ania, r.Conversation, fmt.Sprint("k", i+1), "słowo"))
		if next.Event <= last {
			t.Errorf("after a step by %s: %s follows %s", by, next.Event, last)
		}
		last = next.Event
	}
	h.dense(t, r.Conversation)
}

// until waits for a condition.
func (h *house) until(t *testing.T, what string, ok func() error) {
	t.Helper()
	deadline, tick := time.After(30*time.Second), time.NewTicker(5*time.Millisecond)
	defer tick.Stop()
	for {
		err := ok()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal(errors.Join(errors.New(what), err))
		}
	}
}

func toldHealth(t *testing.T, h *house) {
	says := func(want string) {
		t.Helper()
		if got, err := h.LineHealth(t.Context(), h.mailbox.ID); err != nil || got != want {
			t.Fatalf("the line is told as %q, %v; want %q", got, err, want)
		}
	}
	says("")
	first := h.takeLease(t, "a", long)
	says("")
	const health = `{"state":"failing","last_error":"Zażółć"}`
	if err := h.RenewLease(t.Context(), h.mailbox.ID, first, long, health); err != nil {
		t.Fatal(err)
	}
	says(health)
	if err := h.ReleaseLease(t.Context(), h.mailbox.ID, first); err != nil {
		t.Fatal(err)
	}
	says("")
	h.takeLease(t, "b", long)
	says("")
}

func keptRefresh(t *testing.T, h *house) {
	in, err := h.Inbox(t.Context(), h.mailbox.ID)
	if err != nil {
		t.Fatal(err)
	}
	in.Mailbox.Login, in.Mailbox.IMAPPassword = centrala.ByMicrosoft, "tajne"
	if in, err = h.SaveInbox(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	keep := func(was, is string, want centrala.Code) {
		t.Helper()
		if err := h.KeepRefresh(t.Context(), in.ID, was, is); centrala.CodeOf(err) != want {
			t.Fatalf("%q over %q: %v", is, was, err)
		}
	}
	holds := func(want string) {
		t.Helper()
		got, err := h.Inbox(t.Context(), in.ID)
		if err != nil || got.Mailbox.RefreshToken != want || got.Mailbox.IMAPPassword != "tajne" {
			t.Fatalf("kept %+v, %v; want %q", got.Mailbox, err, want)
		}
	}
	keep("", "pierwszy", "")
	keep("inny", "drugi", centrala.Conflict)
	holds("pierwszy")
	keep("pierwszy", "drugi", "")
	holds("drugi")
	in.Mailbox.RefreshToken, in.Mailbox.FromName = "", "Pomoc" // as somebody saves the settings
	if _, err := h.SaveInbox(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	holds("drugi")
	in.Mailbox.IMAP.User, in.Mailbox.RefreshToken = "kto-inny@example.com", ""
	if _, err := h.SaveInbox(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	holds("")
	keep("", "x", "")
	if err := h.KeepRefresh(t.Context(), 12345, "", "x"); centrala.CodeOf(err) != centrala.NotFound {
		t.Fatalf("of no inbox: %v", err)
	}
}
