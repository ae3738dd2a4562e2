package rest_test

import (
	"context"
	"testing"
	"time"

	"centrala"
	"centrala/gateway/rest"
)

// codes is a vendor's side of connecting an account.
type codes struct {
	began []centrala.InboxID
	by    centrala.Author
	from  string
}

func (c *codes) Begin(_ context.Context, in centrala.Inbox, by centrala.Author, address string) (centrala.DeviceCode, error) {
	if in.Account == nil || in.Account.Client == "" {
		return centrala.DeviceCode{}, centrala.InvalidField("account.client", "There is no client id.")
	}
	c.began, c.by, c.from = append(c.began, in.ID), by, address
	return theCode, nil
}

var theCode = centrala.DeviceCode{UserCode: "ABC123", Page: "https://allegro.pl/skojarz-aplikacje", WholePage: "https://allegro.pl/skojarz-aplikacje?code=ABC123",
	Expires: time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC), Interval: 5}

func (c *codes) State(context.Context, centrala.Inbox) (centrala.DeviceState, error) {
	if len(c.began) == 0 {
		return centrala.DeviceState{State: centrala.DeviceNone}, nil
	}
	return centrala.DeviceState{State: centrala.DevicePending, Code: &theCode}, nil
}

// An Allegro account is connected by an administrator, with a code that any of them is shown while it
// is pending, and no other inbox is.
func TestDevice(t *testing.T) {
	t.Parallel()
	c := &codes{}
	h := newHouse(t, func(r *rest.Config) { r.Devices = c })
	in := must[centrala.Inbox](t)(h.db.SaveInbox(t.Context(), centrala.Inbox{Slug: "allegro", Name: "Allegro", Channel: centrala.Allegro, Enabled: true, Account: &centrala.Account{}}))
	address := "/v1/inboxes/" + in.ID.String() + "/device"
	for _, who := range []string{"agent", "supervisor"} {
		for _, method := range []string{"GET", "POST"} {
			if got := h.do(call{method: method, path: address, token: h.tokens[who]}); got.status != 403 {
				t.Errorf("%s may %s: %d", who, method, got.status)
			}
		}
	}
	if got := h.do(call{method: "POST", path: address, token: h.tokens["admin"]}); got.status != 422 || got.problem(t).Field != "account.client" {
		t.Errorf("without an application: %d %s", got.status, got.body)
	}
	in.Account.Client = "app"
	must[centrala.Inbox](t)(h.db.SaveInbox(t.Context(), in))
	var state centrala.DeviceState
	if h.do(call{method: "GET", path: address, token: h.tokens["admin"]}).into(t, &state); state.State != centrala.DeviceNone {
		t.Errorf("before: %+v", state)
	}
	var code centrala.DeviceCode
	if h.do(call{method: "POST", path: address, token: h.tokens["admin"]}).into(t, &code); code.UserCode != "ABC123" || code.Interval != 5 || len(c.began) != 1 || c.began[0] != in.ID {
		t.Errorf("begun: %+v", code)
	}
	if h.do(call{method: "GET", path: address, token: h.tokens["admin"]}).into(t, &state); state.State != centrala.DevicePending || state.Code == nil || *state.Code != theCode {
		t.Errorf("meanwhile: %+v", state)
	}
	if got := h.do(call{method: "POST", path: "/v1/inboxes/" + h.mail.ID.String() + "/device", token: h.tokens["admin"]}); got.status != 422 || got.problem(t).Field != "channel" {
		t.Errorf("a mailbox: %d %s", got.status, got.body)
	}
	var log rest.List[rest.AuditLine]
	h.do(call{method: "GET", path: "/v1/audit", token: h.tokens["admin"]}).into(t, &log)
	audited := 0
	for _, l := range log.Items {
		if l.Action == "inbox.connect" && l.Subject == in.ID.String() {
			audited++
		}
	}
	if audited != 1 || c.by.ID == "" || c.from == "" {
		t.Errorf("%d lines in the audit log; begun by %+v from %q", audited, c.by, c.from)
	}
}
