package rest_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"centrala"
	"centrala/auth"
	"centrala/gateway/rest"
)

// signIn is an agent's browser: the cookie that a sign-in sets.
func (h *house) signIn(name string) (cookie string, r reply) {
	h.t.Helper()
	r = h.do(call{method: "POST", path: "/v1/sessions", body: obj{"email": h.staff[name].Email, "password": password}})
	cookie, _, _ = strings.Cut(r.header.Get("Set-Cookie"), ";")
	return cookie, r
}

func TestCookieRequestsComeFromOurOwnPage(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	cookie, r := h.signIn("agent")
	if r.status != 200 || !strings.HasPrefix(cookie, "centrala_session=cs_") {
		t.Fatalf("sign-in: %d %q", r.status, cookie)
	}
	for _, want := range []string{"HttpOnly", "SameSite=Lax", "Path=/"} {
		if !strings.Contains(r.header.Get("Set-Cookie"), want) {
			t.Errorf("cookie %q lacks %s", r.header.Get("Set-Cookie"), want)
		}
	}
	own := h.server.URL
	for _, c := range []struct {
		name    string
		headers []string
		want    int
		field   string
	}{
		{"our page", []string{"Origin", own, "Centrala-CSRF", "1"}, 200, ""},
		{"no browser", []string{"Centrala-CSRF", "1"}, 200, ""},
		{"no header", []string{"Origin", own}, 403, "Centrala-CSRF"},
		{"another header", []string{"Origin", own, "Centrala-CSRF", "0"}, 403, "Centrala-CSRF"},
		{"another site", []string{"Origin", "https://evil.example", "Centrala-CSRF", "1"}, 403, "Origin"},
		{"another port", []string{"Origin", own + "1", "Centrala-CSRF", "1"}, 403, "Origin"},
		{"an allowed embedder is not us", []string{"Origin", "https://shop.example", "Centrala-CSRF", "1"}, 403, "Origin"},
		{"a sandbox", []string{"Origin", "null", "Centrala-CSRF", "1"}, 403, "Origin"},
		{"the browser says cross-site", []string{"Sec-Fetch-Site", "cross-site", "Centrala-CSRF", "1"}, 403, "Origin"},
	} {
		got := h.do(call{method: "PATCH", path: "/v1/me", body: obj{"locale": "en"}, headers: append(c.headers, "Cookie", cookie)})
		if got.status != c.want {
			t.Errorf("%s: %d %s", c.name, got.status, got.body)
		}
		if c.want != 200 {
			if p := got.problem(t); p.Code != "csrf" || p.Field != c.field {
				t.Errorf("%s: %+v", c.name, p)
			}
		}
	}
	if got := h.do(call{method: "GET", path: "/v1/me", headers: []string{"Cookie", cookie, "Origin", "https://evil.example"}}); got.status != 200 {
		t.Errorf("reading changes nothing: %d", got.status)
	} else if got.header.Get("Access-Control-Allow-Origin") != "" {
		t.Error("another site may read the answer")
	}
	if got := h.do(call{method: "PATCH", path: "/v1/me", token: h.tokens["agent"], body: obj{}, headers: []string{"Origin", "https://evil.example"}}); got.status != 200 {
		t.Errorf("a program with a token is no browser with a cookie: %d", got.status)
	}
	for _, path := range []string{"/v1/sessions", "/v1/visitors", "/v1/passwords"} {
		got := h.do(call{method: "POST", path: path, body: obj{"inbox": "web", "email": "agent@demo.test", "password": password, "token": "x"}, headers: []string{"Origin", "https://evil.example"}})
		if got.status != 403 || got.problem(t).Code != "csrf" {
			t.Errorf("%s from another site: %d %s", path, got.status, got.body)
		}
	}
	// Signing out ends the session and takes the cookie away.
	got := h.do(call{method: "DELETE", path: "/v1/sessions", headers: []string{"Cookie", cookie, "Centrala-CSRF", "1"}})
	if got.status != 204 || !strings.Contains(got.header.Get("Set-Cookie"), "Max-Age=0") {
		t.Errorf("sign-out: %d %v", got.status, got.header)
	}
	if got := h.do(call{method: "GET", path: "/v1/me", headers: []string{"Cookie", cookie}}); got.status != 401 || got.problem(t).Reason != auth.Revoked {
		t.Errorf("after the sign-out: %d %s", got.status, got.body)
	}
}

func TestCookieIsSecureBehindTLS(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(c *rest.Config) {
		base, _ := url.Parse("https://help.shop.example")
		c.Site = auth.Site{Base: base, Proxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
	})
	got := h.do(call{method: "POST", path: "/v1/sessions", body: obj{"email": "agent@demo.test", "password": password}, headers: []string{"X-Forwarded-Proto", "https"}})
	if !strings.Contains(got.header.Get("Set-Cookie"), "; Secure") {
		t.Errorf("cookie %q", got.header.Get("Set-Cookie"))
	}
	got = h.do(call{method: "POST", path: "/v1/agents/" + h.staff["agent"].ID.String() + "/reset", token: h.tokens["admin"]})
	if !strings.Contains(got.body, `"https://help.shop.example/console/set-password#cl_`) {
		t.Errorf("link %s", got.body)
	}
}

func TestHostsAndPaths(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	if got := h.do(call{method: "GET", path: "/v1/articles/search?q=x", headers: []string{"Host", "evil.example"}}); got.status != 421 {
		t.Errorf("another name: %d", got.status)
	} else {
		got.problem(t)
	}
	for path, want := range map[string]int{"/v1/": 404, "/v1/nothing": 404, "/v1/conversations/": 404, "/v1/conversations/c_zzz": 404,
		"/v1/conversations/ct_0000000000001": 404, "/v1/conversations/c_0000000000001/messages/x": 404, "/v1/conversations/..%2f..%2fetc": 404} {
		if got := h.do(call{method: "GET", path: path, token: h.tokens["admin"]}); got.status != want {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		} else {
			got.problem(t)
		}
	}
	for _, m := range []string{"OPTIONS", "PUT", "TRACE", "DELETE"} {
		got := h.do(call{method: m, path: "/v1/conversations", token: h.tokens["admin"]})
		if got.status != 405 || got.header.Get("Allow") != "GET, POST" || got.header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: %d %v", m, got.status, got.header)
		}
	}
}

func TestTokensThatDoNotCount(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := context.Background()
	old := auth.New(h.db, []byte("thirty-two bytes of installation"), auth.Options{Now: func() time.Time { return time.Now().Add(-auth.VisitorLife) }})
	expired, _, err := old.Visitor(ctx, h.web, "", "", "")
	if err != nil {
		t.Fatal(err)
	}
	foreign, _, err := auth.New(h.db, []byte("thirty-two bytes of someone else"), auth.Options{}).Visitor(ctx, h.web, "", "", "")
	if err != nil {
		t.Fatal(err)
	}
	mine, _ := h.enter(h.web)
	flip := "A"
	if mine[10] == 'A' {
		flip = "B"
	}
	left := h.talk()
	if got := h.do(call{method: "DELETE", path: "/v1/visitors/me", token: left.token}); got.status != 204 {
		t.Fatal(got)
	}
	early, _ := h.enter(h.web) // never wrote anything
	if got := h.do(call{method: "DELETE", path: "/v1/visitors/me", token: early}); got.status != 204 {
		t.Fatal(got)
	}
	blocked := h.talk()
	if got := h.do(call{method: "POST", path: "/v1/contacts/" + blocked.visitor.Contact.String() + "/block", token: h.tokens["agent"], body: obj{"blocked": true}}); got.status != 200 {
		t.Fatal(got)
	}
	revokedKey := h.tokens["other key"]
	if got := h.do(call{method: "DELETE", path: "/v1/keys/" + h.keys["other key"].ID.String(), token: h.tokens["admin"]}); got.status != 204 {
		t.Fatal(got)
	}
	if got := h.do(call{method: "PATCH", path: "/v1/agents/" + h.staff["other agent"].ID.String(), token: h.tokens["admin"], body: obj{"disabled": true}}); got.status != 200 {
		t.Fatal(got)
	}
	for name, c := range map[string][2]string{
		"expired":           {expired, auth.Expired},
		"of another server": {foreign, auth.Bad},
		"changed":           {mine[:10] + flip + mine[11:], auth.Bad},
		"cut":               {mine[:len(mine)-1], auth.Bad},
		"nonsense":          {"x", auth.Bad},
		"huge":              {"cv1." + strings.Repeat("A", 6000), auth.Bad},
		"left":              {left.token, auth.Revoked},
		"left early":        {early, auth.Revoked},
		"blocked":           {blocked.token, auth.Revoked},
		"revoked key":       {revokedKey, auth.Revoked},
		"disabled agent":    {h.tokens["other agent"], auth.Revoked},
		"made-up session":   {"cs_" + strings.Repeat("a", 43), auth.Revoked},
		"made-up key":       {"ck_" + strings.Repeat("a", 43), auth.Bad},
	} {
		got := h.do(call{method: "GET", path: "/v1/conversations", token: c[0]})
		if got.status != 401 {
			t.Errorf("%s: %d", name, got.status)
			continue
		}
		if p := got.problem(t); p.Code != "unauthorized" || p.Reason != c[1] || got.header.Get("WWW-Authenticate") == "" {
			t.Errorf("%s: %+v", name, p)
		}
		if enter := h.do(call{method: "POST", path: "/v1/visitors", token: c[0], body: obj{"inbox": "web"}}); enter.status != 401 {
			t.Errorf("%s was swapped for a new visitor: %d %s", name, enter.status, enter.body)
		}
	}
	if got := h.do(call{method: "GET", path: "/v1/conversations", token: mine}); got.status != 200 {
		t.Errorf("the whole token: %d", got.status)
	}
}

func TestVisitors(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(c *rest.Config) { c.NoLimits = false })
	enter := func(token string, body obj) reply {
		return h.do(call{method: "POST", path: "/v1/visitors", token: token, body: body})
	}
	var a, b rest.Entered
	got := enter("", obj{"inbox": "web", "locale": "pl"})
	if got.into(t, &a); got.status != 201 || a.Contact.Verified || a.Contact.Name != nil || a.Token == "" {
		t.Fatalf("%d %s", got.status, got.body)
	}
	claims := jwt.MapClaims{"sub": "u1", "aud": "web", "exp": time.Now().Add(time.Hour).Unix(), "side": "seller", "name": "Zofia"}
	identity, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(h.web.Secret))
	if err != nil {
		t.Fatal(err)
	}
	got = enter(a.Token, obj{"inbox": "web", "identity": identity})
	if got.into(t, &b); got.status != 201 || !b.Contact.Verified || *b.Contact.Name != "Zofia" || b.Contact.ID == a.Contact.ID {
		t.Errorf("%d %s", got.status, got.body)
	}
	for name, body := range map[string]obj{
		"no inbox": {"inbox": "none"}, "a mailbox": {"inbox": "mail"}, "empty": {"inbox": ""}, "a path": {"inbox": "../web"},
	} {
		if got := enter("", body); got.status != 404 {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	for name, bad := range map[string]string{"nonsense": "x", "of another secret": identity[:len(identity)-3] + "AAA", "unsigned": strings.Join(strings.Split(identity, ".")[:2], ".") + "."} {
		if got := enter("", obj{"inbox": "web", "identity": bad}); got.status != 401 || strings.Contains(got.body, "token\"") || got.problem(t).Field != "identity" {
			t.Errorf("identity %s: %d %s", name, got.status, got.body)
		}
	}
	for i := 0; ; i++ {
		got := enter("", obj{"inbox": "web"})
		if got.status == 429 {
			if got.header.Get("Retry-After") == "" || got.problem(t).RetryAfterMS <= 0 {
				t.Errorf("%v %s", got.header, got.body)
			}
			break
		}
		if i > 30 {
			t.Fatal("more than 30 visitors a minute came in from one address")
		}
	}
}

func TestOldTokensAreRotated(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	week := auth.New(h.db, []byte("thirty-two bytes of installation"), auth.Options{Now: func() time.Time { return time.Now().Add(-auth.RotateAfter) }})
	token, v, err := week.Visitor(context.Background(), h.web, "", "", "")
	if err != nil {
		t.Fatal(err)
	}
	got := h.do(call{method: "GET", path: "/v1/conversations", token: token})
	newer := got.header.Get("Centrala-Token")
	p, err := h.guard.Identify(context.Background(), newer)
	if err != nil || p.ID != v.ID || !p.Visitor.IssuedAt.After(v.IssuedAt) {
		t.Errorf("rotated into %q: %+v %v", newer, p, err)
	}
	if got := h.do(call{method: "GET", path: "/v1/conversations", token: newer}); got.header.Get("Centrala-Token") != "" {
		t.Error("a fresh token was rotated")
	}
}

func TestSigningIn(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(c *rest.Config) {
		c.Guard = auth.New(c.Store.(auth.Store), []byte("thirty-two bytes of installation"), auth.Options{})
	})
	try := func(body obj) reply { return h.do(call{method: "POST", path: "/v1/sessions", body: body}) }
	got := try(obj{"email": "agent@demo.test", "password": "wrong password"})
	if p := got.problem(t); got.status != 401 || p.TriesLeft == nil || *p.TriesLeft != 9 || p.Reason != "" {
		t.Errorf("%d %s", got.status, got.body)
	}
	for range 9 {
		try(obj{"email": "agent@demo.test", "password": "wrong password"})
	}
	got = try(obj{"email": "agent@demo.test", "password": password})
	if got.status != 429 || got.header.Get("Retry-After") == "" {
		t.Errorf("the eleventh: %d %s", got.status, got.body)
	}
	for name, body := range map[string]any{"a form": "email=a&password=b", "a list": []int{1}, "numbers": obj{"email": 1, "password": 2}, "nothing": nil} {
		if got := h.do(call{method: "POST", path: "/v1/sessions", body: body}); got.status != 400 && got.status != 422 {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		} else {
			got.problem(t)
		}
	}
}

func TestSecondFactorOverREST(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	token := h.tokens["agent"]
	var offer rest.Authenticator
	h.do(call{method: "POST", path: "/v1/me/totp", token: token}).into(t, &offer)
	if !strings.HasPrefix(offer.URL, "otpauth://totp/Targ:agent@demo.test?") {
		t.Errorf("%+v", offer)
	}
	now := codeOf(t, offer.Secret)
	if got := h.do(call{method: "PUT", path: "/v1/me/totp", token: token, body: obj{"secret": offer.Secret, "code": now, "password": "wrong password"}}); got.status != 403 {
		t.Errorf("a wrong password: %d", got.status)
	}
	if got := h.do(call{method: "PUT", path: "/v1/me/totp", token: token, body: obj{"secret": offer.Secret, "code": "000000", "password": password}}); got.status != 422 {
		t.Errorf("a wrong code: %d", got.status)
	}
	if got := h.do(call{method: "PUT", path: "/v1/me/totp", token: token, body: obj{"secret": offer.Secret, "code": now, "password": password}}); got.status != 204 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if e := h.lines()[0]; e.Action != "totp.set" || e.By.ID != h.staff["agent"].ID.String() {
		t.Errorf("the audit log says %+v", e)
	}
	_, r := h.signIn("agent")
	if p := r.problem(t); r.status != 401 || p.Field != "totp" {
		t.Errorf("%d %s", r.status, r.body)
	}
	got := h.do(call{method: "POST", path: "/v1/sessions", body: obj{"email": "agent@demo.test", "password": password, "totp": codeOf(t, offer.Secret)}})
	if got.status != 200 {
		t.Errorf("with the code: %d %s", got.status, got.body)
	}
	if got := h.do(call{method: "GET", path: "/v1/me", token: token}); !strings.Contains(got.body, `"totp":true`) || strings.Contains(got.body, offer.Secret) {
		t.Errorf("%s", got.body)
	}
}

func TestOneTimeLinks(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var made rest.Hired
	got := h.do(call{method: "POST", path: "/v1/agents", token: h.tokens["admin"], body: obj{"name": "Nowa Osoba", "email": "Nowa@Demo.test", "role": "agent", "teams": []any{h.buyers.ID}}})
	got.into(t, &made)
	_, link, ok := strings.Cut(made.Link, "/console/set-password#")
	if !ok || made.Agent.Email != "nowa@demo.test" {
		t.Fatalf("%s", got.body)
	}
	use := func(pw string) reply {
		return h.do(call{method: "POST", path: "/v1/passwords", body: obj{"token": link, "password": pw}})
	}
	if got := use("short"); got.status != 422 || got.problem(t).Field != "password" {
		t.Errorf("weak: %d %s", got.status, got.body)
	}
	if got := use("a long new password"); got.status != 204 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if e := h.lines()[0]; e.Action != "password.set" || e.By.ID != made.Agent.ID.String() {
		t.Errorf("the audit log says %+v", e)
	}
	if got := use("a long new password"); got.status != 404 {
		t.Errorf("used twice: %d", got.status)
	}
	if got := h.do(call{method: "POST", path: "/v1/sessions", body: obj{"email": "nowa@demo.test", "password": "a long new password"}}); got.status != 200 {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got := h.do(call{method: "POST", path: "/v1/agents", token: h.tokens["admin"], body: obj{"name": "N", "email": "nowa@demo.test", "role": "agent"}}); got.status != 409 {
		t.Errorf("the same address again: %d %s", got.status, got.body)
	}
	if got := h.do(call{method: "PATCH", path: "/v1/agents/" + h.staff["admin"].ID.String(), token: h.tokens["admin"], body: obj{"disabled": true}}); got.status != 409 {
		t.Errorf("shutting oneself out: %d", got.status)
	}
}

func TestBodiesThatAreNoRequests(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	k := h.talk()
	path := "/v1/conversations/" + k.id.String() + "/messages"
	send := func(body any, headers ...string) reply {
		return h.do(call{method: "POST", path: path, token: k.token, body: body, headers: headers})
	}
	for name, c := range map[string]struct {
		body    any
		headers []string
		status  int
		code    string
	}{
		"text":             {`{"text":"x"}`, []string{"Content-Type", "text/plain"}, 415, "bad_frame"},
		"a form":           {`text=x`, []string{"Content-Type", "application/x-www-form-urlencoded"}, 415, "bad_frame"},
		"not JSON":         {`{"text":`, nil, 400, "bad_frame"},
		"nothing":          {``, nil, 400, "bad_frame"},
		"a list":           {`["x"]`, nil, 422, "invalid"},
		"a number":         {`{"text":17}`, nil, 422, "invalid"},
		"no words":         {`{"text":"  "}`, nil, 422, "invalid"},
		"too long":         {obj{"text": strings.Repeat("ł", 16_001)}, nil, 413, "too_long"},
		"far too long":     {`{"text":"` + strings.Repeat("x", 2<<20) + `"}`, nil, 413, "too_long"},
		"a NUL":            {`{"text":"a\u0000b"}`, nil, 422, "invalid"},
		"files not ours":   {obj{"text": "x", "attachments": []string{"at_0000000000001"}}, nil, 422, "invalid"},
		"files not ids":    {obj{"text": "x", "attachments": []string{"../../etc/passwd"}}, nil, 422, "invalid"},
		"a key too long":   {obj{"text": "x"}, []string{"Idempotency-Key", strings.Repeat("k", 65)}, 422, "invalid"},
		"deep":             {strings.Repeat(`{"a":`, 20_000) + "1" + strings.Repeat("}", 20_000), nil, 400, "bad_frame"},
		"a duplicate name": {`{"text":17,"text":{}}`, nil, 422, "invalid"},
	} {
		got := send(c.body, c.headers...)
		if got.status != c.status {
			t.Errorf("%s: %d %.300s", name, got.status, got.body)
			continue
		}
		if p := got.problem(t); p.Code != c.code || len(got.body) > 1000 {
			t.Errorf("%s: %+v (%d bytes)", name, p, len(got.body))
		}
	}
	if got := send(obj{"text": strings.Repeat("ł", 16_000), "color": "red"}); got.status != 201 {
		t.Errorf("the longest text, and a field nobody knows: %d %.300s", got.status, got.body)
	}
	for _, q := range []string{"?limit=0", "?limit=100000", "?limit=x", "?status=lost", "?cursor=%00", "?cursor=zzz", "?team=x", "?side=none"} {
		if got := h.do(call{method: "GET", path: "/v1/conversations" + q, token: h.tokens["agent"]}); got.status != 422 || got.problem(t).Field == "" {
			t.Errorf("%s: %d %s", q, got.status, got.body)
		}
	}
}

func TestProblemsDoNotRepeatWhatWasSent(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	got := h.do(call{method: "POST", path: "/v1/sessions", body: obj{"email": "a@b.test", "password": strings.Repeat("HASLO", 300)}})
	if got.status != 422 || strings.Contains(got.body, "HASLO") {
		t.Errorf("%d %.200s", got.status, got.body)
	}
	got = h.do(call{method: "POST", path: "/v1/inboxes", token: h.tokens["admin"], body: obj{"channel": "email", "name": "x", "imap_password": []string{"HASLO"}}})
	if got.status != 422 || strings.Contains(got.body, "HASLO") {
		t.Errorf("%d %.200s", got.status, got.body)
	}
}

func TestDocsWorkWithoutAnybodyElse(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	got := h.do(call{method: "GET", path: "/v1/docs"})
	if got.status != 200 || !strings.HasPrefix(got.header.Get("Content-Type"), "text/html") {
		t.Fatalf("%d %v", got.status, got.header)
	}
	style := regexp.MustCompile(`(?s)<style>(.*)</style>`).FindStringSubmatch(got.body)
	if style == nil {
		t.Fatal("no style")
	}
	sum := sha256.Sum256([]byte(style[1]))
	policy := got.header.Get("Content-Security-Policy")
	if !strings.Contains(policy, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'") || strings.Contains(policy, "unsafe") || strings.Contains(policy, "http") {
		t.Errorf("policy %q does not fit the page", policy)
	}
	if m := regexp.MustCompile(`(?:src|href)="(?:https?:)?//[^"]*|<script|style="`).FindString(got.body); m != "" {
		t.Errorf("the page needs %q", m)
	}
	for _, op := range described(t, h) {
		_, path, _ := strings.Cut(op, " ")
		if !strings.Contains(got.body, path) {
			t.Errorf("%s is not on the page", op)
		}
	}
	if strings.Contains(got.body, "text") && !strings.Contains(got.body, "conversations.write") {
		t.Error("who may do what is not on the page")
	}
}

// shaky is an index that fails in every way.
type shaky struct{}

func (shaky) Ask(_ context.Context, q centrala.Query) ([]centrala.Suggestion, string, error) {
	if q.Text == "panic" {
		panic("SEKRET")
	}
	return nil, "", context.DeadlineExceeded
}

func (shaky) Engines(context.Context) []rest.EngineState { return nil }

func (shaky) Rebuild(context.Context) error { return context.DeadlineExceeded }

func TestFaultsOfOursStayOurs(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(c *rest.Config) { c.Index = shaky{} })
	for _, q := range []string{"panic", "error"} {
		got := h.do(call{method: "GET", path: "/v1/articles/search?q=" + q})
		if p := got.problem(t); got.status != 500 || p.Code != "unavailable" || strings.Contains(got.body, "SEKRET") || strings.Contains(got.body, "deadline") {
			t.Errorf("%s: %d %s", q, got.status, got.body)
		}
	}
	if got := h.do(call{method: "GET", path: "/v1/me", token: h.tokens["agent"]}); got.status != http.StatusOK {
		t.Errorf("after a panic: %d", got.status)
	}
}

// TestARefusedBodyIsNotTheNextRequest: a client, or a proxy that shares a connection among
// clients, sends a body that is refused before it is read to its end. What is left of it must
// not be taken for a request.
func TestARefusedBodyIsNotTheNextRequest(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	k := h.talk()
	smuggled := "GET /v1/articles/search?q=smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
	for name, head := range map[string]string{
		"too large":     "POST /v1/conversations/" + k.id.String() + "/messages HTTP/1.1\r\nAuthorization: Bearer " + k.token + "\r\n",
		"nobody":        "POST /v1/conversations HTTP/1.1\r\n",
		"no such place": "POST /v1/nothing HTTP/1.1\r\n",
	} {
		body := strings.Repeat("x", 1<<20) + strings.Repeat(smuggled, 9000) // more than the HTTP server discards by itself
		conn, err := net.Dial("tcp", h.server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		request := head + "Host: localhost\r\nContent-Type: application/json\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body +
			"GET /v1/articles/search?q=honest HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
		if _, err := io.WriteString(conn, request); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		all, err := io.ReadAll(conn)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if n := strings.Count(string(all), "HTTP/1.1 "); n < 1 || n > 2 || strings.Contains(string(all), "400 Bad Request") {
			t.Errorf("%s: %d answers: %.600s", name, n, all)
		}
		_ = conn.Close()
	}
}
