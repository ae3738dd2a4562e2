package storetest

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"centrala"
)

func deviceCases() []testCase {
	return []testCase{
		{"an account that is being connected is known to all, asked for by one, and its secret is sealed", deviceLeased},
		{"how the connecting of an account ended is kept and audited, with its tokens in one commit", deviceEnds},
		{"tokens that a vendor gave are kept though the lease was lost, and none of a connection that was given up", deviceLate},
	}
}

func (h *house) device(t *testing.T) centrala.Device {
	t.Helper()
	in := h.inbox(t, centrala.Inbox{Slug: "allegro", Name: "Allegro", Channel: centrala.Allegro, Enabled: true, Account: &centrala.Account{Client: "app", ClientSecret: "tajne"}})
	return centrala.Device{Inbox: in.ID, Secret: "kod-urządzenia", By: centrala.Author{Kind: centrala.ByAgent, ID: h.ania.ID.String(), Name: "Ania"}, Address: "192.0.2.0/24",
		Code: centrala.DeviceCode{UserCode: "ABC123", Page: "https://allegro.test/skojarz", WholePage: "https://allegro.test/skojarz?code=ABC123",
			Expires: time.Now().Add(time.Hour).UTC().Truncate(time.Microsecond), Interval: 5}}
}

// leased waits until the vendor may be asked, and gives who is to be asked for.
func (h *house) leased(t *testing.T, d time.Duration) (got centrala.Device) {
	t.Helper()
	h.until(t, "the vendor may be asked", func() (err error) {
		got, err = h.LeaseDevice(t.Context(), d)
		return err
	})
	return got
}

// deviceDue has the interval or lease of whatever is being connected pass.
func (h *house) deviceDue(t *testing.T) { h.rawExec(t, `UPDATE device SET next_at = 0`) }

func (h *house) nobodyToAskFor(t *testing.T) {
	t.Helper()
	if d, err := h.LeaseDevice(t.Context(), long); centrala.CodeOf(err) != centrala.NotFound {
		t.Fatalf("leased %+v, %v", d, err)
	}
}

func deviceLeased(t *testing.T, h *house) {
	ctx := t.Context()
	d := h.device(t)
	if _, err := h.Device(ctx, d.Inbox); centrala.CodeOf(err) != centrala.NotFound {
		t.Fatalf("before: %v", err)
	}
	need(t, h.BeginDevice(ctx, d))
	shown, err := h.Device(ctx, d.Inbox)
	need(t, err)
	if shown.State != centrala.DevicePending || shown.Code != d.Code || shown.By != d.By || shown.Address != d.Address || shown.ID == 0 || shown.Secret != "" {
		t.Fatalf("shown: %+v", shown)
	}
	if kept := h.raw(t, `SELECT count(*) FROM device WHERE secret IS NOT NULL`); kept != "1" {
		t.Fatalf("%s secrets are kept", kept)
	}
	if kept := h.raw(t, `SELECT CAST(secret AS text) FROM device`); strings.Contains(kept, "kod") {
		t.Fatalf("the secret lies open: %s", kept)
	}
	h.nobodyToAskFor(t) // the interval has not passed

	h.deviceDue(t)
	var won, lost atomic.Int64
	var nodes sync.WaitGroup
	for range 8 {
		nodes.Go(func() {
			switch got, err := h.LeaseDevice(ctx, long); {
			case err == nil && got.Secret == d.Secret && got.Code == d.Code && got.ID == shown.ID:
				won.Add(1)
			case centrala.CodeOf(err) == centrala.NotFound:
				lost.Add(1)
			default:
				t.Errorf("leased %+v, %v", got, err)
			}
		})
	}
	nodes.Wait()
	if won.Load() != 1 || lost.Load() != 7 {
		t.Fatalf("%d of eight got it", won.Load())
	}

	h.deviceDue(t) // whoever had it is gone
	first := h.leased(t, time.Millisecond)
	second := h.leased(t, long)
	waits := centrala.DeviceAsked{ID: first.ID, Inbox: d.Inbox, Term: first.Term, State: centrala.DevicePending, Interval: 10}
	if err := h.KeepDevice(ctx, waits); centrala.CodeOf(err) != centrala.Conflict {
		t.Fatalf("under a lost lease: %v", err)
	}
	waits.Term = second.Term
	need(t, h.KeepDevice(ctx, waits))
	h.nobodyToAskFor(t) // the new interval has not passed
	h.deviceDue(t)
	if again := h.leased(t, long); again.Code.Interval != 10 {
		t.Fatalf("asked again: %+v", again)
	}
	need(t, h.RemoveInbox(ctx, d.Inbox))
	if left := h.raw(t, `SELECT count(*) FROM device`); left != "0" {
		t.Fatal("it outlives its inbox")
	}
}

// audited is what the audit log says of an inbox, the latest first.
func (h *house) audited(t *testing.T, inbox centrala.InboxID) (lines []centrala.AuditEntry) {
	t.Helper()
	all, _, err := h.AuditLog(t.Context(), "", 200)
	need(t, err)
	for _, e := range all {
		if e.Subject == inbox.String() {
			lines = append(lines, e)
		}
	}
	return lines
}

func deviceEnds(t *testing.T, h *house) {
	ctx := t.Context()
	d := h.device(t)
	ends := time.Date(2027, 2, 1, 12, 0, 0, 0, time.UTC)
	for _, said := range []centrala.DeviceAsked{
		{State: centrala.DeviceDenied, Detail: "somebody refused it"},
		{State: centrala.DeviceExpired, Detail: "nobody confirmed it"},
		{State: centrala.DeviceConnected, Token: "access", Refresh: "refresh", Expires: ends},
	} {
		need(t, h.BeginDevice(ctx, d))
		h.deviceDue(t)
		got := h.leased(t, long)
		said.ID, said.Inbox, said.Term = got.ID, d.Inbox, got.Term
		need(t, h.KeepDevice(ctx, said))
		shown, err := h.Device(ctx, d.Inbox)
		need(t, err)
		if shown.State != said.State || shown.Detail != said.Detail || time.Since(shown.Ended).Abs() > time.Minute {
			t.Fatalf("%s is shown as %+v", said.State, shown)
		}
		if kept := h.raw(t, `SELECT count(*) FROM device WHERE secret IS NOT NULL`); kept != "0" {
			t.Fatal("the secret of one that has ended is kept")
		}
		action := "inbox.connect_" + said.State
		if said.State == centrala.DeviceConnected {
			action = "inbox.connected"
		}
		if lines := h.audited(t, d.Inbox); len(lines) == 0 || lines[0].Action != action || lines[0].Detail != said.Detail || lines[0].By != d.By || lines[0].Address != d.Address {
			t.Fatalf("audited as %+v", lines)
		}
		h.nobodyToAskFor(t)
		if err := h.KeepDevice(ctx, centrala.DeviceAsked{ID: got.ID, Inbox: d.Inbox, Term: got.Term, State: centrala.DevicePending, Interval: 5}); centrala.CodeOf(err) != centrala.Conflict {
			t.Fatalf("said after the end: %v", err)
		}
	}
	in, err := h.Inbox(ctx, d.Inbox)
	need(t, err)
	if a := in.Account; a.Token != "access" || a.Refresh != "refresh" || !a.Expires.Equal(ends) || a.ClientSecret != "tajne" {
		t.Fatalf("kept %+v", in.Account)
	}
}

func deviceLate(t *testing.T, h *house) {
	ctx := t.Context()
	d := h.device(t)
	need(t, h.BeginDevice(ctx, d))
	h.deviceDue(t)
	slow := h.leased(t, time.Millisecond)
	quick := h.leased(t, long)
	need(t, h.KeepDevice(ctx, centrala.DeviceAsked{ID: quick.ID, Inbox: d.Inbox, Term: quick.Term, State: centrala.DeviceExpired, Detail: "worth nothing"}))
	given := centrala.DeviceAsked{ID: slow.ID, Inbox: d.Inbox, Term: slow.Term, State: centrala.DeviceConnected, Token: "access", Refresh: "refresh", Expires: time.Now()}
	need(t, h.KeepDevice(ctx, given)) // it was to this question that the vendor gave them
	if in, err := h.Inbox(ctx, d.Inbox); err != nil || in.Account.Refresh != "refresh" {
		t.Fatalf("kept %+v, %v", in.Account, err)
	}
	if err := h.KeepDevice(ctx, given); centrala.CodeOf(err) != centrala.Conflict {
		t.Fatalf("twice: %v", err)
	}

	need(t, h.BeginDevice(ctx, d))
	h.deviceDue(t)
	given = centrala.DeviceAsked{Inbox: d.Inbox, State: centrala.DeviceConnected, Token: "access 2", Refresh: "refresh 2", Expires: time.Now()}
	given.ID = h.leased(t, long).ID
	other := d
	other.By, other.Code.UserCode = centrala.Author{Kind: centrala.ByAgent, ID: h.piotr.ID.String(), Name: "Piotr"}, "XYZ789"
	need(t, h.BeginDevice(ctx, other))
	if lines := h.audited(t, d.Inbox); lines[0].Action != "inbox.connect_expired" || lines[0].By != other.By {
		t.Fatalf("given up, audited as %+v", lines)
	}
	if err := h.KeepDevice(ctx, given); centrala.CodeOf(err) != centrala.Conflict {
		t.Fatalf("the tokens of a code that was given up: %v", err)
	}
	if shown, err := h.Device(ctx, d.Inbox); err != nil || shown.Code.UserCode != "XYZ789" || shown.State != centrala.DevicePending {
		t.Fatalf("shown: %+v, %v", shown, err)
	}
}
