package manners_test

import (
	"testing"
	"time"

	"centrala"
	"centrala/manners"
)

func TestBudgets(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		written manners.Robots
		to      string
		want    manners.Refusal
	}{
		{manners.Robots{}, "jan@firma.test", manners.MayWrite},
		{manners.Robots{Conversation: 1}, "jan@firma.test", manners.Acknowledged},
		{manners.Robots{Conversation: 1, Address: 2}, "jan@firma.test", manners.AddressSpent},
		{manners.Robots{Domain: 20}, "jan@firma.test", manners.DomainSpent},
		{manners.Robots{Domain: 199}, "jan@WP.pl", manners.MayWrite},
		{manners.Robots{Domain: 200}, "jan@gmail.com", manners.DomainSpent},
		{manners.Robots{Inbox: 1000}, "jan@firma.test", manners.InboxSpent},
		{manners.Robots{}, "No-Reply@firma.test", manners.NotPersonal},
		{manners.Robots{}, "noreply-eu@firma.test", manners.NotPersonal},
		{manners.Robots{}, "rozmowy-list@firma.test", manners.NotPersonal},
		{manners.Robots{}, "noreplynski@firma.test", manners.MayWrite},
	} {
		if got := c.written.May(c.to); got != c.want {
			t.Errorf("%+v to %s: %q, want %q", c.written, c.to, got, c.want)
		}
	}
}

func TestFuseDoublesUntilItHeldForADay(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	f := centrala.Fuse{Name: "robot@firma.test"}
	for i, want := range []time.Duration{1, 2, 4, 8, 16, 24, 24} {
		if f = manners.Blow(f, "flood", now); f.Until.Sub(now) != want*time.Hour || !f.Open(now) || f.Open(f.Until) {
			t.Errorf("time %d: for %v, want %d h", i+1, f.Until.Sub(now), want)
		}
		now = f.Until.Add(time.Minute)
	}
	if f = manners.Blow(f, "flood", f.Until.Add(25*time.Hour)); f.Until.Sub(f.Blown) != time.Hour {
		t.Errorf("after a day of quiet: for %v", f.Until.Sub(f.Blown))
	}
}

func TestFlood(t *testing.T) {
	t.Parallel()
	for f, want := range map[manners.Flood]string{{}: "", {Mails: 19}: "", {Mails: 20}: "flood", {Mails: 4, Echoes: 4}: "", {Mails: 6, Echoes: 5}: "echo"} {
		if got, blown := f.Blows(0); got != want || blown != (want != "") {
			t.Errorf("%+v: %q", f, got)
		}
	}
}

// A house may know senders who write more than a person does.
func TestFloodLimitOfTheHouse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		mails, limit int
		blows        bool
	}{{20, 0, true}, {19, 0, false}, {29, 30, false}, {30, 30, true}, {1000, -1, false}} {
		if _, blown := (manners.Flood{Mails: c.mails}).Blows(c.limit); blown != c.blows {
			t.Errorf("%d mails, limit %d: blown %v", c.mails, c.limit, blown)
		}
	}
	if _, blown := (manners.Flood{Mails: 6, Echoes: 5}).Blows(-1); !blown {
		t.Error("a loop is not seen without a limit")
	}
}
