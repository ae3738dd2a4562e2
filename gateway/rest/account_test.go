package rest_test

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"centrala"
	"centrala/auth"
	"centrala/gateway/rest"
)

const (
	metaToken = "EAAG-SEKRET-token"
	appSecret = "SEKRET0app"
	bot       = "7700001:SEKRET-abcdefghijklmnop_qrstu"
)

// social makes a social inbox as an administrator does, and gives its id and secret.
func (h *house) social(body obj) (id, secret string) {
	h.t.Helper()
	body["name"] = fmt.Sprintf("S%d", h.serial.Add(1))
	got := h.do(call{method: "POST", path: "/v1/inboxes", token: h.tokens["admin"], body: body})
	if got.status != 201 {
		h.t.Fatalf("%v: %d %s", body["channel"], got.status, got.body)
	}
	var d rest.Door
	got.into(h.t, &d)
	return d.ID.String(), d.HookSecret
}

func (h *house) kept(id string) centrala.Inbox {
	h.t.Helper()
	var of centrala.InboxID
	if err := of.UnmarshalText([]byte(id)); err != nil {
		h.t.Fatal(err)
	}
	return must[centrala.Inbox](h.t)(h.db.Inbox(context.Background(), of))
}

func page(id string) obj {
	return obj{"channel": "messenger", "account": obj{"id": id}, "token": metaToken, "app_secret": appSecret}
}

// Which fields a channel needs is told by the name of the first that is missing or cannot be.
func TestAccountsAreChecked(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for i, c := range []struct {
		body  obj
		field string
	}{
		{obj{"channel": "messenger"}, "account"},
		{obj{"channel": "messenger", "account": obj{"id": "strona"}, "token": metaToken, "app_secret": appSecret}, "account.id"},
		{obj{"channel": "messenger", "account": obj{"id": "900100200300"}, "app_secret": appSecret}, "token"},
		{obj{"channel": "instagram", "account": obj{"id": "17840000000000001"}, "token": metaToken}, "app_secret"},
		{obj{"channel": "whatsapp", "account": obj{"id": "770011"}, "token": metaToken, "app_secret": appSecret}, "account.business"},
		{obj{"channel": "whatsapp", "account": obj{"id": "+48 22 000 20 20", "business": "330044"}, "token": metaToken, "app_secret": appSecret}, "account.id"},
		{obj{"channel": "messenger", "account": obj{"id": "900100200300"}, "token": "two words", "app_secret": appSecret}, "token"},
		{obj{"channel": "telegram", "account": obj{}}, "token"},
		{obj{"channel": "telegram", "token": "not a token"}, "token"},
		{obj{"channel": "allegro", "account": obj{"client": "abc"}}, "client_secret"},
		{obj{"channel": "allegro", "account": obj{}, "client_secret": "SEKRET"}, "account.client"},
		{obj{"channel": "webhook", "account": obj{"endpoint": "http://sklep.example/in"}}, "account.endpoint"},
		{obj{"channel": "webhook", "account": obj{"endpoint": "https://u:p@sklep.example/in"}}, "account.endpoint"},
		{obj{"channel": "webhook", "account": obj{"endpoint": "javascript:alert(1)"}}, "account.endpoint"},
		{obj{"channel": "facebook", "account": obj{"id": "900100200300"}, "token": metaToken, "app_secret": appSecret}, "channel"},
	} {
		c.body["name"] = fmt.Sprint("x", i)
		got := h.do(call{method: "POST", path: "/v1/inboxes", token: h.tokens["admin"], body: c.body})
		if p := got.problem(t); got.status != 422 || p.Field != c.field {
			t.Errorf("%v: %d, field %q, want %q: %s", c.body, got.status, p.Field, c.field, got.body)
		}
	}
}

// What is secret is shown to nobody, apart from our own secret, once; the vendor's address is.
func TestSocialSecretsStaySecret(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(c *rest.Config) {
		c.Site = auth.Site{Base: &url.URL{Scheme: "https", Host: "pomoc.example.com"}, Hosts: []string{"127.0.0.1"}}
	})
	id, secret := h.social(page("900100200300"))
	if len(secret) != 43 {
		t.Errorf("the secret %q is not 32 bytes", secret)
	}
	in := h.kept(id)
	if in.Account.Token != metaToken || in.Account.AppSecret != appSecret || in.Account.HookSecret != secret {
		t.Errorf("kept is %+v", in.Account)
	}
	list := h.do(call{method: "GET", path: "/v1/inboxes", token: h.tokens["admin"]})
	if !strings.Contains(list.body, `"hook_url":"https://pomoc.example.com/hooks/`+id+`","reachable":true`) || strings.Contains(list.body, "SEKRET") || strings.Contains(list.body, secret) {
		t.Errorf("the list says %s", list.body)
	}
	if got := h.do(call{method: "GET", path: "/v1/inboxes", token: h.tokens["agent"]}); strings.Contains(got.body, "900100200300") || strings.Contains(got.body, "/hooks/") {
		t.Errorf("an agent reads %s", got.body)
	}
	e := h.lines()[0]
	if e.Action != "inbox.created" || !strings.HasSuffix(e.Detail, ": token, app_secret") || strings.Contains(e.Detail, "SEKRET") {
		t.Errorf("the audit log says %+v", e)
	}
	change := call{method: "PATCH", path: "/v1/inboxes/" + id, token: h.tokens["admin"], body: obj{"account": obj{"id": "900100200300", "comments": true}}}
	if got := h.do(change); got.status != 200 || strings.Contains(got.body, "SEKRET") || strings.Contains(got.body, secret) {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if in = h.kept(id); in.Account.Token != metaToken || in.Account.AppSecret != appSecret || in.Account.HookSecret != secret || !in.Account.Comments {
		t.Errorf("after a change that named no secret, kept is %+v", in.Account)
	}
}

// A kept token is never shown to another page, nor an application's secret used by another.
func TestKeptTokensStayWithTheirAccount(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	meta, _ := h.social(page("900100200301"))
	allegro, _ := h.social(obj{"channel": "allegro", "account": obj{"client": "app-1"}, "client_secret": "SEKRET-a"})
	for _, c := range []struct {
		id    string
		body  obj
		field string
	}{
		{meta, obj{"account": obj{"id": "666"}}, "token"},
		{allegro, obj{"account": obj{"client": "app-2"}}, "client_secret"},
		{allegro, obj{"account": obj{"client": "app-1", "sandbox": true}}, "client_secret"},
	} {
		for _, path := range []string{"", "/test"} {
			method := map[string]string{"": "PATCH", "/test": "POST"}[path]
			got := h.do(call{method: method, path: "/v1/inboxes/" + c.id + path, token: h.tokens["admin"], body: c.body})
			if p := got.problem(t); got.status != 422 || p.Field != c.field {
				t.Errorf("%s %v: %d, field %q, want %q", path, c.body, got.status, p.Field, c.field)
			}
		}
	}
	// Who connects another account of the same application loses what opened the one before.
	in := h.kept(allegro)
	in.Account.Token, in.Account.Refresh, in.Account.ID = "SEKRET-t", "SEKRET-r", "44556677"
	must[centrala.Inbox](t)(h.db.SaveInbox(context.Background(), in))
	got := h.do(call{method: "PATCH", path: "/v1/inboxes/" + allegro, token: h.tokens["admin"], body: obj{"account": obj{"client": "app-2"}, "client_secret": "SEKRET-b"}})
	if a := h.kept(allegro).Account; got.status != 200 || a.Token != "" || a.Refresh != "" || a.ID != "" || a.ClientSecret != "SEKRET-b" {
		t.Errorf("%d: kept is %+v", got.status, a)
	}
}

// A token that is renewed while somebody has the form open is not written over by the one before.
func TestFormDoesNotBringAnOldTokenBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id, _ := h.social(obj{"channel": "allegro", "account": obj{"client": "app-1"}, "client_secret": "SEKRET-a"})
	in := h.kept(id)
	in.Account.Token, in.Account.Refresh, in.Account.Expires = "SEKRET-2", "SEKRET-r2", time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	must[centrala.Inbox](t)(h.db.SaveInbox(context.Background(), in))
	got := h.do(call{method: "PATCH", path: "/v1/inboxes/" + id, token: h.tokens["admin"], body: obj{"name": "Allegro", "account": obj{"client": "app-1", "expires_at": "2020-01-01T00:00:00Z"}}})
	if a := h.kept(id).Account; got.status != 200 || a.Token != "SEKRET-2" || a.Refresh != "SEKRET-r2" || !a.Expires.Equal(in.Account.Expires) {
		t.Errorf("%d: kept is %+v", got.status, a)
	}
}

// Our own secret is renewed in two steps: the one before stays good until the next time.
func TestHookSecretIsRenewedWithoutAGap(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id, first := h.social(obj{"channel": "webhook", "account": obj{"endpoint": "https://sklep.example/in"}})
	renew := func() string {
		var s rest.NewSecret
		h.do(call{method: "POST", path: "/v1/inboxes/" + id + "/secret", token: h.tokens["admin"]}).into(t, &s)
		return s.Secret
	}
	second := renew()
	if got := h.kept(id).Account.HookSecrets(); len(got) != 2 || got[0] != second || got[1] != first || first == second {
		t.Errorf("valid are %v after %q and %q", got, first, second)
	}
	third := renew()
	if got := h.kept(id).Account.HookSecrets(); len(got) != 2 || got[0] != third || got[1] != second {
		t.Errorf("valid are %v", got)
	}
	allegro, none := h.social(obj{"channel": "allegro", "account": obj{"client": "app-1"}, "client_secret": "SEKRET-a"})
	got := h.do(call{method: "POST", path: "/v1/inboxes/" + allegro + "/secret", token: h.tokens["admin"]})
	if none != "" || got.status != 422 {
		t.Errorf("Allegro, which is not posted to, has the secret %q and %d", none, got.status)
	}
}

// A bot on a server that Telegram cannot reach looks for what is new; it may not be told to be
// posted to.
func TestUnreachableBotPolls(t *testing.T) {
	t.Parallel()
	h := newHouse(t) // on http://
	id, _ := h.social(obj{"channel": "telegram", "token": bot})
	if a := h.kept(id).Account; !a.Polling || a.ID != "7700001" {
		t.Errorf("kept is %+v", a)
	}
	got := h.do(call{method: "PATCH", path: "/v1/inboxes/" + id, token: h.tokens["admin"], body: obj{"account": obj{"polling": false}}})
	if p := got.problem(t); got.status != 422 || p.Field != "account.polling" {
		t.Errorf("%d %s", got.status, got.body)
	}
}

func TestReachable(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"https://pomoc.example.com": true, "https://pomoc.example.com:8443/x": true, "https://203.0.113.7": true,
		"http://pomoc.example.com": false, "https://localhost:8080": false, "https://127.0.0.1": false, "https://10.0.0.5": false,
		"https://[::1]": false, "https://[fd00::1]": false, "https://serwer": false, "https://x.localhost": false, "https://x.internal": false,
	} {
		base, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if got := rest.Reachable(base); got != want {
			t.Errorf("%s: %v", address, got)
		}
	}
}
