package rest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"centrala"
)

// unaudited are the operations that change something and leave no line in the audit log, and why.
func unaudited() map[string]string {
	const (
		log     = "it is a step of the conversation, and the conversation's log says who took it"
		nothing = "it changes nothing yet"
		own     = "a customer's own doing; where it touches another contact, the merge is audited"
	)
	out := map[string]string{
		"POST /v1/conversations": log, "PATCH /v1/conversations/{id}": log, "POST /v1/conversations/{id}/messages": log,
		"POST /v1/hooks/preview": nothing, "POST /v1/articles/preview": nothing, "POST /v1/links/check": nothing, "PUT /v1/manuscripts/{id}/draft": "nobody reads a draft; what comes of it is on record",
		"POST /v1/attachments": nothing, "POST /v1/me/totp": nothing, "POST /v1/inboxes/test": nothing, "POST /v1/inboxes/{id}/test": nothing,
		"POST /v1/visitors": own, "DELETE /v1/visitors/me": own,
		"POST /v1/conversations/{id}/participants": log, "DELETE /v1/conversations/{id}/participants/{address}": log,
	}
	for _, verb := range []string{"claim", "assign", "unassign", "transfer", "resolve", "reopen", "snooze", "priority", "tags", "complaint", "spam", "merge"} {
		out["POST /v1/conversations/{id}/"+verb] = log
	}
	return out
}

// elsewhere are audited operations that the table of routes cannot make succeed; each has a test
// of its own.
var elsewhere = []string{"POST /v1/passwords", "PUT /v1/me/totp", "POST /v1/conversations/{id}/deliveries/{delivery}/retry", "POST /v1/inboxes/{id}/connect", "POST /v1/inboxes/{id}/device", "POST /v1/fuses/reset",
	"POST /v1/manuscripts/{id}/files", "DELETE /v1/manuscripts/{id}/files/{file}"}

// Whatever changes something leaves a line that says who did it, or is listed here with a reason.
func TestEveryChangeIsAudited(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	without := unaudited()
	for _, r := range rows() {
		if method, _, _ := strings.Cut(r.op, " "); method == http.MethodGet || slices.Contains(elsewhere, r.op) {
			continue
		}
		role := mayDo(r)
		if role == "" { // the table has no way to make it succeed
			if without[r.op] == "" {
				t.Errorf("%s: nobody does it here", r.op)
			}
			delete(without, r.op)
			continue
		}
		f := &fixture{house: h, talk: h.talk(), role: role}
		c := r.ask(f)
		if c.token == "" {
			c.token = f.tokenOf(role)
		}
		before := f.lines()
		if got := h.do(c); got.status >= 300 {
			t.Errorf("%s as %s: %d %s", r.op, role, got.status, got.body)
			continue
		}
		fresh := f.lines()
		fresh = fresh[:len(fresh)-len(before)]
		switch reason, listed := without[r.op]; {
		case listed && len(fresh) > 0:
			t.Errorf("%s is listed as unaudited (%s) but leaves %+v", r.op, reason, fresh)
		case !listed && len(fresh) == 0:
			t.Errorf("%s as %s leaves no line in the audit log", r.op, role)
		}
		for _, e := range fresh {
			if e.Action == "" || e.Subject == "" || e.Address == "" || role != "stranger" && e.By.ID == "" {
				t.Errorf("%s: the line %+v does not say who did what from where", r.op, e)
			}
			if strings.Contains(e.Detail, f.mark) && !strings.HasPrefix(e.Action, "macro.") {
				t.Errorf("%s: a customer's words in %+v", r.op, e)
			}
		}
		delete(without, r.op)
	}
	for op := range without {
		t.Errorf("%s is listed as unaudited but is no changing route", op)
	}
}

// mayDo is somebody who may do an operation: staff, if any of them may.
func mayDo(r row) string {
	want := strings.Fields(r.want)
	for _, role := range []string{"admin", "agent", "visitor"} {
		if i := slices.Index(roles, role); strings.HasPrefix(want[i], "2") {
			return role
		}
	}
	return ""
}

// lines is the audit log, the latest first.
func (h *house) lines() []centrala.AuditEntry {
	var all []centrala.AuditEntry
	for cursor := ""; ; {
		lines, next, err := h.db.AuditLog(context.Background(), cursor, 200)
		if err != nil {
			h.t.Fatal(err)
		}
		if all = append(all, lines...); next == "" {
			return all
		}
		cursor = next
	}
}

// Who sends a mail again stands in no conversation: it is the ledger's, and the audit log says who.
func TestSendingAgainIsAudited(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := context.Background()
	id, _ := h.mailed("")
	if got := h.do(call{method: "POST", path: "/v1/conversations/" + id.String() + "/messages", token: h.tokens["agent"], body: obj{"text": "Dzień dobry"}}); got.status != 201 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	out := must[[]centrala.Outbound](t)(h.db.LeaseDeliveries(ctx, centrala.Lease{Inbox: h.mail.ID, For: time.Minute, Limit: 1}))
	if len(out) != 1 {
		t.Fatalf("%d mails are to be sent", len(out))
	}
	if err := errors.Join(h.db.HandOver(ctx, out[0].Delivery, 1), h.db.Settle(ctx, out[0].Delivery, centrala.Settlement{Attempt: 1, State: centrala.DeliveryFailed, Reason: "550 no"})); err != nil {
		t.Fatal(err)
	}
	again := "/v1/conversations/" + id.String() + "/deliveries/" + out[0].Delivery.String() + "/retry"
	if got := h.do(call{method: "POST", path: again, token: h.tokens["agent"]}); got.status != 200 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if e := h.lines()[0]; e.Action != "delivery.retried" || e.Subject != out[0].Delivery.String() || e.Detail != id.String() || e.By.ID != h.staff["agent"].ID.String() {
		t.Errorf("the audit log says %+v", e)
	}
}

// An administrator lets a sender's mail in again, and the audit log says who.
func TestResetFuseIsAudited(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	now := time.Now()
	for i := range 30 {
		in := centrala.Inbound{Inbox: h.mail.ID, Channel: centrala.Email, ExternalID: fmt.Sprintf("INBOX:1:%d", i+1), From: centrala.Address{Address: "petla@example.test"},
			Subject: fmt.Sprintf("Sprawa numer %d, proszę o odpowiedź", i), Text: "x", FullText: "x", At: now.Add(time.Duration(i) * time.Second)}
		must[centrala.Receipt](t)(h.db.Receive(context.Background(), in))
	}
	fuses := h.do(call{method: "GET", path: "/v1/fuses", token: h.tokens["admin"]})
	if fuses.status != 200 || !strings.Contains(fuses.body, "petla@example.test") {
		t.Fatalf("the fuses are %d %s", fuses.status, fuses.body)
	}
	reset := call{method: "POST", path: "/v1/fuses/reset", token: h.tokens["admin"], body: obj{"inbox": h.mail.ID, "name": "petla@example.test"}}
	if got := h.do(reset); got.status >= 300 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if e := h.lines()[0]; e.Action != "fuse.reset" || e.Subject != h.mail.ID.String() || e.By.ID != h.staff["admin"].ID.String() {
		t.Errorf("the audit log says %+v", e)
	}
	if got := h.do(call{method: "GET", path: "/v1/fuses", token: h.tokens["admin"]}); strings.Contains(got.body, "petla") {
		t.Errorf("the fuse is still blown: %s", got.body)
	}
}

// A changed contact is told by the names of what changed, never by what was written: the audit log
// outlives the person's data. What was said again changed nothing.
func TestContactChangesAreAuditedWithoutTheirWords(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	f := &fixture{house: h, talk: h.talk(), role: "agent"}
	path := "/v1/contacts/" + f.visitor.Contact.String()
	for _, c := range []struct {
		body obj
		want string
	}{
		{obj{"name": "Jan Kowalski", "email": "jan@example.org", "phone": ""}, "email, name"},
		{obj{"name": "Jan Kowalski", "email": "jan@example.org", "side": "seller"}, "side"},
		{obj{"name": "Jan Kowalski"}, ""},
	} {
		if got := h.do(call{method: "PATCH", path: path, token: f.tokenOf("agent"), body: c.body}); got.status != 200 {
			t.Fatalf("%v: %d %s", c.body, got.status, got.body)
		}
		e := f.lines()[0]
		if e.Action != "contact.changed" || e.Subject != f.visitor.Contact.String() || e.Detail != c.want || e.By.ID != h.staff["agent"].ID.String() {
			t.Errorf("%v leaves %+v, want the detail %q", c.body, e, c.want)
		}
	}
}
