package centrala_test

import (
	"testing"
	"time"

	"centrala"
)

func TestBounceCauses(t *testing.T) {
	t.Parallel()
	for status, want := range map[string]struct {
		cause centrala.BounceCause
		hard  bool
	}{
		"5.1.1": {centrala.UnknownAddress, true}, "5.1.2": {centrala.NoServer, true}, "5.1.6": {centrala.ClosedMailbox, true}, "5.2.1": {centrala.ClosedMailbox, true},
		"5.2.2": {centrala.MailboxFull, false}, "4.2.2": {centrala.MailboxFull, false}, "5.3.4": {centrala.TooLarge, false}, "5.7.1": {centrala.RefusedAsSpam, false},
		"4.4.7": {centrala.Refused, false}, "5.0.0": {centrala.Refused, true}, "": {centrala.Refused, false},
	} {
		r := centrala.DeliveryReport{Action: "failed", Status: status}
		if r.Cause() != want.cause || r.Hard() != want.hard || !r.Final() {
			t.Errorf("%q: %s, hard %v", status, r.Cause(), r.Hard())
		}
		r.Action = "delayed"
		if r.Hard() || r.Final() || !r.Told() {
			t.Errorf("%q delayed: hard %v, final %v", status, r.Hard(), r.Final())
		}
	}
}

func TestReturned(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	back := centrala.Return{Delivery: 1, Of: 2, Cause: centrala.MailboxFull}
	open := centrala.Conversation{ID: 1, Channel: centrala.Email, Status: centrala.Open, Turn: centrala.CustomersTurn, Assignee: 7, LastSeq: 4}
	after, steps, err := open.Apply(back, now)
	if err != nil || after.Turn != centrala.AgentsTurn || after.Due.IsZero() || len(steps) != 1 || after.Mentions[0] != (centrala.Mention{Agent: 7, Seq: 5}) {
		t.Errorf("open: %+v, %+v, %v", after, steps, err)
	}
	over := centrala.Conversation{ID: 1, Status: centrala.Resolved, Turn: centrala.CustomersTurn, LastAssignee: 8, LastSeq: 4}
	after, _, err = over.Apply(back, now)
	if err != nil || after.Status != centrala.Resolved || !after.Due.IsZero() || after.Mentions[0].Agent != 8 {
		t.Errorf("resolved: %+v, %v", after, err)
	}
	asleep := open
	asleep.Status, asleep.SnoozedUntil = centrala.Snoozed, now.Add(time.Hour)
	after, steps, err = asleep.Apply(back, now)
	if err != nil || after.Status != centrala.Open || len(steps) != 2 || after.Mentions[0].Seq != 6 {
		t.Errorf("asleep: %+v, %+v, %v", after, steps, err)
	}
}

func TestTogether(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b centrala.Inbox
		want bool
	}{
		{centrala.Inbox{ID: 1, Team: 1}, centrala.Inbox{ID: 2, Team: 1}, true},
		{centrala.Inbox{ID: 1, Team: 1, Side: centrala.Buyer}, centrala.Inbox{ID: 2, Team: 2, Side: centrala.Buyer}, false},
		{centrala.Inbox{ID: 1, Side: centrala.Buyer}, centrala.Inbox{ID: 2, Side: centrala.Seller}, false},
		{centrala.Inbox{ID: 1}, centrala.Inbox{ID: 2}, true},
		{centrala.Inbox{ID: 1, Team: 1}, centrala.Inbox{ID: 2}, false},
		{centrala.Inbox{ID: 1, Team: 1, Side: centrala.Buyer}, centrala.Inbox{ID: 2, Side: centrala.Buyer}, true},
	} {
		if c.a.Together(c.b) != c.want || c.b.Together(c.a) != c.want {
			t.Errorf("%+v and %+v: want %v", c.a, c.b, c.want)
		}
	}
}
