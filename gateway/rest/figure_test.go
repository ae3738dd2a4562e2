package rest_test

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"centrala"
	"centrala/gateway/rest"
)

func TestErasingAPerson(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	f := &fixture{house: h, talk: h.talk()}
	file := f.attach()
	if c, _ := h.act("agent", f.talk, "claim", nil); !strings.Contains(c.Reason, "taken from the list") {
		t.Errorf("%+v", c)
	}
	address := "/v1/contacts/" + f.visitor.Contact.String()
	export := h.do(call{method: "GET", path: address + "/export", token: h.tokens["admin"]})
	if export.status != 200 || !strings.Contains(export.body, f.mark+" where is my parcel") || strings.Contains(export.body, f.note) ||
		strings.Count(export.body, "taken from the list") != 1 { // in the conversation; not in what the person could read of it

		t.Errorf("%d %s", export.status, export.body)
	}
	if got := h.do(call{method: "DELETE", path: address, token: h.tokens["admin"]}); got.status != 204 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if ok, err := h.blobs.Exists(context.Background(), "uploads/"+f.mark); err != nil || ok {
		t.Errorf("the file is still there: %v %v", ok, err)
	}
	for _, p := range []string{path(f.talk, ""), path(f.talk, "/messages"), path(f.talk, "/transcript"), address, "/v1/contacts", "/v1/conversations", "/v1/audit"} {
		if got := h.do(call{method: "GET", path: p, token: h.tokens["admin"]}); strings.Contains(strings.ToLower(got.body), strings.ToLower(f.mark)) {
			t.Errorf("%s still tells: %s", p, got.body)
		}
	}
	if got := h.do(call{method: "GET", path: "/v1/attachments/" + file.String(), token: h.tokens["admin"]}); got.status != 404 {
		t.Errorf("file: %d", got.status)
	}
	if got := h.do(call{method: "GET", path: "/v1/conversations", token: f.token}); got.status != 401 {
		t.Errorf("the erased person's token: %d", got.status)
	}
	var log rest.List[rest.AuditLine]
	h.do(call{method: "GET", path: "/v1/audit?action=contact", token: h.tokens["admin"]}).into(t, &log)
	var actions []string
	for _, l := range log.Items {
		actions = append(actions, l.Action)
	}
	if !slices.Equal(actions, []string{"contact.erased", "contact.exported"}) || log.Items[0].Actor.ID != h.staff["admin"].ID.String() {
		t.Errorf("audit %+v", log.Items)
	}
}

func TestOtherSidesAreOnlyKnownToExist(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	k := h.talk()
	ctx := context.Background()
	sellersDoor := must[centrala.Inbox](t)(h.db.SaveInbox(ctx, centrala.Inbox{Slug: "panel", Name: "Panel", Channel: centrala.Chat, Side: centrala.Seller, Team: h.sellers.ID, Enabled: true}))
	contact := centrala.Contact{ID: k.visitor.Contact}
	r := must[centrala.Receipt](t)(h.db.Append(ctx, centrala.Post{Sender: "v_x", Key: "1", Inbox: sellersDoor.ID, Channel: centrala.Chat, Contact: &contact,
		Author: centrala.Author{Kind: centrala.ByCustomer}, Text: "INNASTRONA", Subject: "INNASTRONA", Scope: centrala.Scope{Contact: contact.ID, Inbox: sellersDoor.ID}}))
	address := "/v1/contacts/" + k.visitor.Contact.String()
	for role, sees := range map[string]bool{"agent": false, "supervisor": false, "admin": true} {
		var v rest.ContactView
		got := h.do(call{method: "GET", path: address, token: h.tokens[role]})
		got.into(t, &v)
		if slices.Contains(v.OtherSides, centrala.Seller) == sees {
			t.Errorf("%s: %s", role, got.body)
		}
		for _, p := range []string{"/conversations", "/export"} {
			got := h.do(call{method: "GET", path: address + p, token: h.tokens[role]})
			if got.status == 200 && strings.Contains(got.body, "INNASTRONA") != sees || got.status == 200 && strings.Contains(got.body, r.Conversation.String()) != sees {
				t.Errorf("%s at %q: %s", role, p, got.body)
			}
		}
	}
}

func TestInboxesKeepTheirSecrets(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	admin := h.tokens["admin"]
	address := "/v1/inboxes/" + h.mail.ID.String()
	got := h.do(call{method: "PATCH", path: address, token: admin, body: obj{"name": "Skrzynka", "mailbox": obj{"address": "nowa@shop.example", "from_name": "Pomoc",
		"imap": obj{"host": "127.0.0.1", "port": 143, "tls": "none", "user": "pomoc"}, "smtp": obj{"host": "127.0.0.1", "port": 25, "tls": "none", "user": "pomoc"}}}})
	if got.status != 200 || strings.Contains(got.body, "SEKRET") {
		t.Fatalf("%d %s", got.status, got.body)
	}
	kept := must[centrala.Inbox](t)(h.db.Inbox(context.Background(), h.mail.ID))
	if kept.Mailbox.IMAPPassword != "SEKRET-imap" || kept.Mailbox.Address != "nowa@shop.example" || kept.Side != centrala.Buyer || kept.Team != h.buyers.ID {
		t.Errorf("%+v %+v", kept, kept.Mailbox)
	}
	elsewhere := obj{"mailbox": obj{"address": "nowa@shop.example", "imap": obj{"host": "evil.example", "port": 143, "tls": "tls", "user": "pomoc"},
		"smtp": obj{"host": "127.0.0.1", "port": 25, "tls": "none", "user": "pomoc"}}}
	if got := h.do(call{method: "POST", path: address + "/test", token: admin, body: elsewhere}); got.status != 422 || got.problem(t).Field != "imap_password" {
		t.Errorf("a kept password goes to another server: %d %s", got.status, got.body)
	}
	if got := h.do(call{method: "PATCH", path: address, token: admin, body: elsewhere}); got.status != 422 {
		t.Errorf("a kept password moves to another server: %d %s", got.status, got.body)
	}
	for name, body := range map[string]obj{
		"no address": {"mailbox": obj{"address": "x"}}, "an origin that is none": {"origins": []string{"*"}}, "a channel": {"channel": "chat"},
		"plain text over the net": {"mailbox": obj{"address": "a@b.pl", "imap": obj{"host": "mail.example", "port": 143, "tls": "none"}}}, "keys in the clear": {"jwks": "http://shop.example/keys"},
		"a team that is none": {"team": "t_0000000000001"}, "a side that is none": {"side": "admin"}, "a slug with a slash": {"slug": "a/b"},
	} {
		if got := h.do(call{method: "PATCH", path: address, token: admin, body: body}); got.status != 422 {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	var s rest.NewSecret
	h.do(call{method: "POST", path: "/v1/inboxes/" + h.web.ID.String() + "/secret", token: admin}).into(t, &s)
	if kept := must[centrala.Inbox](t)(h.db.Inbox(context.Background(), h.web.ID)); kept.Secret != s.Secret || len(s.Secret) < 40 || !slices.Equal(kept.Origins, h.web.Origins) {
		t.Errorf("%+v", kept)
	}
	var doors rest.List[rest.Door]
	h.do(call{method: "GET", path: "/v1/inboxes", token: h.tokens["agent"]}).into(t, &doors)
	for _, d := range doors.Items {
		if d.Mailbox != nil || d.Origins != nil || d.JWKS != "" {
			t.Errorf("an agent sees what is behind the door: %+v", d)
		}
	}
	if got := h.do(call{method: "DELETE", path: "/v1/inboxes/" + h.web.ID.String(), token: admin}); got.status != 204 {
		t.Errorf("unused: %d", got.status)
	}
}

func TestScoresOfFewAreAdjusted(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var r rest.Results
	for i := range 30 {
		f := &fixture{house: h, talk: h.talk()}
		f.followUp()
		h.do(call{method: "GET", path: "/v1/surveys/results", token: h.tokens["agent"]}).into(t, &r)
		if r.N != i+1 || r.Scores[3] != i+1 || r.NPS == nil || r.Adjusted != (i+1 < 30) || i == 0 && *r.High <= -100 {
			t.Fatalf("%d answers: %+v", i+1, r)
		}
	}
	if *r.NPS != -100 || r.Detractors != 30 {
		t.Errorf("%+v", r)
	}
	h.do(call{method: "GET", path: "/v1/surveys/results", token: h.tokens["other supervisor"]}).into(t, &r)
	if r.N != 0 {
		t.Errorf("another side counts %+v", r)
	}
	if got := h.do(call{method: "GET", path: "/v1/surveys/results?side=seller", token: h.tokens["agent"]}); got.status != 422 {
		t.Errorf("a side of others: %d", got.status)
	}
	if got := h.do(call{method: "GET", path: "/v1/surveys/results?from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z", token: h.tokens["agent"]}); got.status != 422 {
		t.Errorf("backwards: %d", got.status)
	}
	got := h.do(call{method: "GET", path: "/v1/reports/tiles.csv?days=7", token: h.tokens["supervisor"]})
	rows, err := csv.NewReader(strings.NewReader(got.body)).ReadAll()
	if err != nil || len(rows) != 2 || rows[0][2] != "conversations" || rows[1][2] != "30" || !strings.HasPrefix(got.header.Get("Content-Type"), "text/csv") {
		t.Errorf("%v %q", err, got.body)
	}
	var v rest.TilesView
	h.do(call{method: "GET", path: "/v1/reports/tiles?days=7", token: h.tokens["supervisor"]}).into(t, &v)
	if v.Days != 7 || v.Conversations != 30 || v.Unanswered != 30 || v.UnansweredFrom == nil || v.FollowUps.Opened != 30 || v.Survey.N != 30 {
		t.Errorf("%+v", v)
	}
}

func TestFollowUps(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	f := &fixture{house: h, talk: h.talk()}
	address := "/v1/surveys/follow-ups/" + f.followUp().String()
	move := func(body obj) reply {
		return h.do(call{method: "PATCH", path: address, token: h.tokens["agent"], body: body})
	}
	if got := move(obj{"state": "contacted"}); got.status != 422 || got.problem(t).Field != "note" {
		t.Errorf("without a note: %d %s", got.status, got.body)
	}
	var up centrala.FollowUp
	move(obj{"owner": h.staff["agent"].ID}).into(t, &up)
	if up.Owner != h.staff["agent"].ID || up.State != "new" {
		t.Errorf("%+v", up)
	}
	if got := move(obj{"owner": h.staff["other agent"].ID}); got.status != 422 {
		t.Errorf("to another team's agent: %d %s", got.status, got.body)
	}
	move(obj{"state": "contacted", "note": "Rozmowa", "owner": nil}).into(t, &up)
	if up.State != "contacted" || up.Note != "Rozmowa" {
		t.Errorf("%+v", up)
	}
	move(obj{"state": "closed", "reason": "explained"}).into(t, &up)
	if up.State != "closed" || up.Reason != "explained" || up.ClosedAt == nil {
		t.Errorf("%+v", up)
	}
	if got := move(obj{"state": "new"}); got.status != 409 {
		t.Errorf("back: %d", got.status)
	}
	if got := move(obj{"score": 10}); got.status != 200 || !strings.Contains(got.body, `"score":3`) {
		t.Errorf("the score was changed: %s", got.body)
	}
}

func TestReplayThatFailsIsBuriedAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(c *rest.Config) {
		c.Retry = func(_ context.Context, group string, e centrala.Event) error {
			return errors.New("still broken in " + group + " at " + string(e.Type))
		}
		c.Ready = func() error { return errors.New("no stream") }
	})
	f := &fixture{house: h, talk: h.talk()}
	id := f.deadLetter()
	got := h.do(call{method: "POST", path: fmt.Sprintf("/v1/stream/dead-letters/%d/replay", id), token: h.tokens["admin"]})
	if got.status != 409 || !strings.Contains(got.problem(t).Detail, "still broken in routing at conversation.queued") {
		t.Errorf("%d %s", got.status, got.body)
	}
	var l rest.List[rest.DeadLetterView]
	h.do(call{method: "GET", path: "/v1/stream/dead-letters", token: h.tokens["admin"]}).into(t, &l)
	if len(l.Items) != 1 || l.Items[0].Attempts != 4 {
		t.Errorf("%+v", l.Items)
	}
	var health rest.StreamHealth
	h.do(call{method: "GET", path: "/v1/stream", token: h.tokens["admin"]}).into(t, &health)
	if health.OK || health.Error == "" || health.DeadLetters != 1 {
		t.Errorf("%+v", health)
	}
}

func TestSearchIsForEverybody(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.index.items = []centrala.Suggestion{{ID: 4, Slug: "zwrot", Title: "Zwrot", URL: "/help/pl/zwrot", Snippet: "Zwrot <b>towaru</b>", Score: 1.5}}
	var found rest.Found
	h.do(call{method: "GET", path: "/v1/articles/search?q=zwrot&locale=pl&limit=5&prefix=1"}).into(t, &found)
	if len(found.Items) != 1 || found.Engine != "shelf" || found.Items[0].Slug != "zwrot" {
		t.Errorf("%+v", found)
	}
	if got := h.do(call{method: "GET", path: "/v1/articles/search?q=" + strings.Repeat("x", 600)}); got.status != 422 {
		t.Errorf("a long question: %d", got.status)
	}
}

func TestWrittenDownByHand(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var c rest.Conversation
	got := h.do(call{method: "POST", path: "/v1/conversations", token: h.tokens["agent"], body: obj{"channel": "walk_in", "side": "buyer",
		"contact": obj{"name": "Jan", "email": "jan@example.org"}, "subject": "Wizyta", "text": "Pyta o zwrot"}})
	if got.into(t, &c); got.status != 201 || c.Status != centrala.Open || c.Assignee == nil || c.Assignee.ID != h.staff["agent"].ID || c.Channel != centrala.WalkIn || c.Subject != "Wizyta" {
		t.Errorf("%d %s", got.status, got.body)
	}
	for name, body := range map[string]obj{
		"a chat":        {"channel": "chat", "contact": obj{"name": "x"}, "text": "x"},
		"another team":  {"channel": "phone", "contact": obj{"name": "x"}, "text": "x", "team": h.sellers.ID},
		"no words":      {"channel": "phone", "contact": obj{"name": "x"}, "text": " "},
		"no such side":  {"channel": "phone", "contact": obj{"name": "x"}, "text": "x", "side": "admin"},
		"no such email": {"channel": "phone", "contact": obj{"name": "x", "email": "a b"}, "text": "x"},
	} {
		if got := h.do(call{method: "POST", path: "/v1/conversations", token: h.tokens["agent"], body: body}); got.status != 422 {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
}

func TestTheCustomerSeesTheirQueue(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_, b := h.talk(), h.talk()
	if err := h.db.SetPresence(context.Background(), h.staff["agent"].ID, centrala.Online); err != nil {
		t.Fatal(err)
	}
	var v rest.CustomersView
	got := h.do(call{method: "GET", path: path(b, ""), token: b.token})
	got.into(t, &v)
	if v.Queue == nil || v.Queue.Position != 2 || !v.Online || v.Team == nil || *v.Team != "Kupujący" || v.Assignee != nil {
		t.Errorf("%s", got.body)
	}
	h.act("agent", b, "claim", nil)
	h.act("agent", b, "snooze", obj{"until": time.Now().Add(time.Hour)})
	got = h.do(call{method: "GET", path: path(b, ""), token: b.token})
	v = rest.CustomersView{}
	got.into(t, &v)
	if v.Assignee == nil || v.Assignee.Name != "Agent" || v.Status != centrala.Open || strings.Contains(got.body, "snooze") || strings.Contains(got.body, `"a_`) {
		t.Errorf("%s", got.body)
	}
}
