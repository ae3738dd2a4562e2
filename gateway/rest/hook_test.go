package rest_test

import (
	"context"
	"encoding/csv"
	"fmt"
	"strings"
	"testing"
	"time"

	"centrala"
	"centrala/auth"
)

// readHook is the parser of the tests: a body says "id who words"; what begins with a bang is not
// understood.
func readHook(_ centrala.Inbox, k centrala.Hook) (centrala.HookRead, any) {
	read := centrala.HookRead{Hook: k.ID, Reading: centrala.Reading{Parser: 2, What: "page / messages"}}
	id, rest, _ := strings.Cut(string(k.Body), " ")
	who, text, _ := strings.Cut(rest, " ")
	if strings.HasPrefix(id, "!") {
		read.Failed = &centrala.Cause{Code: "unknown-field", Detail: "side: vendor"}
		return read, obj{"outcome": "quarantined"}
	}
	read.Reading.Items = []centrala.Inbound{{Kind: centrala.KindMessage, Channel: centrala.Webhook, ExternalID: id, From: centrala.Address{Name: who, Address: who},
		Subject: "Sprawa " + who + " w sklepie", Text: text, FullText: text, ThreadID: who, At: time.Now()}}
	return read, obj{"outcome": "ingested"}
}

// hook is one of an inbox of the buyers', that says so much and waits.
func (h *house) hook(body string) centrala.Hook {
	h.t.Helper()
	ctx := context.Background()
	in, err := h.db.InboxBySlug(ctx, "panel")
	if err != nil {
		in = must[centrala.Inbox](h.t)(h.db.SaveInbox(ctx, centrala.Inbox{Slug: "panel", Name: "Panel sprzedawcy", Channel: centrala.Webhook, Side: centrala.Buyer, Enabled: true, Account: &centrala.Account{}}))
	}
	if err := h.db.KeepHooks(ctx, []centrala.Hook{{Inbox: in.ID, Channel: in.Channel, At: time.Now(), Body: []byte(body)}}, nil); err != nil {
		h.t.Fatal(err)
	}
	items, _, err := h.db.Hooks(ctx, centrala.Everything(), centrala.HookFilter{Limit: 1})
	if err != nil || len(items) != 1 {
		h.t.Fatal(items, err)
	}
	return items[0]
}

// unread is a hook that could not be read, and may be read again.
func (h *house) unread(body string) centrala.Hook {
	h.t.Helper()
	k := h.hook(body)
	if err := h.db.ReadHooks(context.Background(), []centrala.HookRead{{Hook: k.ID, Failed: &centrala.Cause{Code: "parser"}}}); err != nil {
		h.t.Fatal(err)
	}
	return k
}

// The book says what came and what became of it; bodies are for administrators, and every one that
// is opened is on record.
func TestBookOfHooks(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	good, bad := h.hook("m1 Anna SEKRET w treści"), h.hook("!m2 Jan niezrozumiałe")
	read, _ := readHook(centrala.Inbox{}, good)
	read.Reading.Items[0].ExternalID, read.Reading.Items[0].From, read.Reading.Items[0].Text = "m1", centrala.Address{Name: "Anna", Address: "Anna"}, "SEKRET w treści"
	failed, _ := readHook(centrala.Inbox{}, centrala.Hook{ID: bad.ID, Body: []byte("!")})
	if err := h.db.ReadHooks(context.Background(), []centrala.HookRead{read, failed}); err != nil {
		t.Fatal(err)
	}
	type line struct {
		ID        string `json:"id"`
		InboxName string `json:"inbox_name"`
		Outcome   string `json:"outcome"`
		What      string `json:"what"`
		Cause     struct{ Code, Detail string }
		HasBody   bool `json:"has_body"`
		Number    int64
		Messages  int
	}
	var list struct{ Items []line }
	got := h.do(call{method: "GET", path: "/v1/hooks", token: h.tokens["admin"]})
	got.into(t, &list)
	if len(list.Items) != 2 || strings.Contains(got.body, "SEKRET") || strings.Contains(got.body, `"body"`) {
		t.Fatalf("%s", got.body)
	}
	if l := list.Items[1]; l.ID != good.ID.String() || l.InboxName != "Panel sprzedawcy" || l.Outcome != "taken" || l.Messages != 1 || l.Number == 0 || !l.HasBody || l.What != "page / messages" {
		t.Errorf("taken: %+v", l)
	}
	if l := list.Items[0]; l.Outcome != "unread" || l.Cause.Code != "unknown-field" || l.Cause.Detail != "side: vendor" {
		t.Errorf("unread: %+v", l)
	}
	if got := h.do(call{method: "GET", path: "/v1/hooks?q=vendor&outcome=unread&channel=webhook", token: h.tokens["admin"]}); !strings.Contains(got.body, bad.ID.String()) || strings.Contains(got.body, good.ID.String()) {
		t.Errorf("%s", got.body)
	}
	if got := h.do(call{method: "GET", path: "/v1/hooks/tally", token: h.tokens["admin"]}); got.body != `{"forged":0,"new":0,"nothing":0,"repeated":0,"taken":1,"unread":1}`+"\n" {
		t.Errorf("%s", got.body)
	}
	before := len(h.lines())
	got = h.do(call{method: "GET", path: "/v1/hooks/" + good.ID.String(), token: h.tokens["admin"]})
	if !strings.Contains(got.body, `"body":"m1 Anna SEKRET w treści"`) || !strings.Contains(got.body, `"explanation":{"outcome":"ingested"}`) {
		t.Errorf("%s", got.body)
	}
	lines := h.lines()
	if len(lines) != before+1 || lines[0].Action != "hook.opened" || lines[0].Subject != good.ID.String() || lines[0].By.ID != h.staff["admin"].ID.String() {
		t.Errorf("the audit log says %+v", lines[0])
	}
	readKey := h.keyOf("mail:read")
	got = h.do(call{method: "GET", path: "/v1/hooks/" + good.ID.String(), token: readKey})
	if got.status != 200 || !strings.Contains(got.body, `"body":""`) || !strings.Contains(got.body, `"explanation":null`) || strings.Contains(got.body, "SEKRET") || len(h.lines()) != before+1 {
		t.Errorf("a key that may only read: %s", got.body)
	}
	if got := h.do(call{method: "POST", path: "/v1/hooks/replay", token: readKey, body: obj{"ids": []any{good.ID}}}); got.status != 403 {
		t.Errorf("a key that may only read replays: %d", got.status)
	}
	if got := h.do(call{method: "GET", path: "/v1/hooks/h_0000000000001", token: h.tokens["admin"]}); got.status != 404 {
		t.Errorf("a hook that is not there: %d", got.status)
	}
}

// keyOf is the secret of a key with one scope.
func (h *house) keyOf(scope string) string {
	h.t.Helper()
	secret, hash := auth.NewKey()
	must[centrala.APIKey](h.t)(h.db.AddKey(context.Background(), centrala.APIKey{Name: scope, Scopes: []string{scope}}, hash))
	return secret
}

// What a preview promises a replay brings, and once.
func TestReplayHooks(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var ids []any
	for i := range 3 {
		ids = append(ids, h.hook(fmt.Sprintf("m%d osoba%d słowa", i, i)).ID)
	}
	for _, id := range ids {
		if err := h.db.ReadHooks(context.Background(), []centrala.HookRead{{Hook: id.(centrala.HookID), Failed: &centrala.Cause{Code: "parser"}}}); err != nil {
			t.Fatal(err)
		}
	}
	ask := func(what, want string) {
		t.Helper()
		got := h.do(call{method: "POST", path: "/v1/hooks/" + what, token: h.tokens["admin"], body: obj{"ids": ids}})
		if got.status != 200 || strings.TrimSpace(got.body) != want {
			t.Errorf("%s: %d %s", what, got.status, got.body)
		}
	}
	ask("preview", `{"hooks":3,"conversations":3,"reopened":0,"messages":3,"repeated":0}`)
	ask("replay", `{"replayed":3,"messages":3,"unread":0}`)
	if l := h.lines()[0]; l.Action != "hooks.replayed" || l.Subject != ids[0].(centrala.HookID).String() || l.Detail != "3 replayed, 3 messages, 0 unread" {
		t.Errorf("the audit log says %+v", l)
	}
	ask("preview", `{"hooks":3,"conversations":0,"reopened":0,"messages":0,"repeated":3}`)
	ask("replay", `{"replayed":3,"messages":0,"unread":0}`)
	for _, wrong := range []any{obj{"ids": []any{}}, obj{"ids": []any{"c_1"}}, obj{}} {
		if got := h.do(call{method: "POST", path: "/v1/hooks/replay", token: h.tokens["admin"], body: wrong}); got.status != 422 && got.status != 400 {
			t.Errorf("%v: %d %s", wrong, got.status, got.body)
		}
	}
	got := h.do(call{method: "GET", path: "/v1/hooks.csv", token: h.tokens["admin"]})
	r := csv.NewReader(strings.NewReader(got.body))
	r.FieldsPerRecord = -1
	rows, err := r.ReadAll()
	if err != nil || len(rows) != 11 || rows[8][4] != "Panel sprzedawcy" || rows[8][8] != "taken" || !strings.Contains(got.header.Get("Content-Disposition"), "centrala-webhooks.csv") {
		t.Errorf("%v, %v", rows, err)
	}
}

// A replay is on record by the first that was read again; one of which nothing could be is not.
func TestReplayOfNothingIsNotOnRecord(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	waits, read := h.hook("m1 Anna czeka"), h.unread("m2 Jan przeczytane")
	before := len(h.lines())
	replay := func(want string, ids ...any) {
		t.Helper()
		got := h.do(call{method: "POST", path: "/v1/hooks/replay", token: h.tokens["admin"], body: obj{"ids": ids}})
		if got.status != 200 || strings.TrimSpace(got.body) != want {
			t.Errorf("%d %s", got.status, got.body)
		}
	}
	replay(`{"replayed":0,"messages":0,"unread":0}`, waits.ID, centrala.HookID(1))
	if lines := h.lines(); len(lines) != before {
		t.Errorf("the audit log says %+v", lines[0])
	}
	replay(`{"replayed":1,"messages":1,"unread":0}`, waits.ID, read.ID)
	if lines := h.lines(); len(lines) != before+1 || lines[0].Action != "hooks.replayed" || lines[0].Subject != read.ID.String() {
		t.Errorf("the audit log says %+v", lines[0])
	}
}
