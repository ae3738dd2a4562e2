package rest_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"centrala"
	"centrala/auth"
	"centrala/gateway/rest"
)

// clerk is a provider's side of a consent.
type clerk struct {
	state, verifier, back string
	finished              []string
	refuse                error
}

func (c *clerk) Begin(in centrala.Inbox, back, state, verifier string) (string, error) {
	if in.Mailbox.Login != centrala.ByGoogle {
		return "", errors.New("not set up")
	}
	c.state, c.verifier, c.back = state, verifier, back
	return "https://accounts.example/auth?state=" + state, nil
}

func (c *clerk) Finish(_ context.Context, in centrala.Inbox, back, code, verifier string) error {
	if back != c.back || verifier != c.verifier {
		return errors.New("not what was begun")
	}
	c.finished = append(c.finished, in.ID.String()+" "+code)
	return c.refuse
}

// A mailbox is signed in by an administrator's own browser, and by nothing that anybody sends
// there: the state is good in the session that it was made for only.
func TestConnect(t *testing.T) {
	t.Parallel()
	c := &clerk{}
	var mended []centrala.InboxID
	base, err := url.Parse("https://pomoc.example")
	if err != nil {
		t.Fatal(err)
	}
	h := newHouse(t, func(r *rest.Config) {
		r.Consent, r.Seal, r.Site = c, plainSeal{}, auth.Site{Base: base, Hosts: []string{"127.0.0.1"}}
		r.Mended = func(id centrala.InboxID) { mended = append(mended, id) }
	})
	address := "/v1/inboxes/" + h.mail.ID.String() + "/connect"
	if got := h.do(call{method: "POST", path: address, token: h.tokens["admin"]}); got.status != 422 || got.problem(t).Field != "mailbox.login" {
		t.Errorf("a mailbox with a password: %d %s", got.status, got.body)
	}
	in := must[centrala.Inbox](t)(h.db.Inbox(t.Context(), h.mail.ID))
	for login, want := range map[centrala.Login]int{centrala.ByMicrosoft: 422, centrala.ByGoogle: 200} {
		in.Mailbox.Login = login
		must[centrala.Inbox](t)(h.db.SaveInbox(t.Context(), in))
		if login == centrala.ByGoogle {
			for _, who := range []string{"agent", "supervisor"} {
				if got := h.do(call{method: "POST", path: address, token: h.tokens[who]}); got.status != 403 {
					t.Errorf("%s may: %d", who, got.status)
				}
			}
		}
		if got := h.do(call{method: "POST", path: address, token: h.tokens["admin"]}); got.status != want {
			t.Errorf("%s: %d %s", login, got.status, got.body)
		}
	}
	in.Mailbox.Login = centrala.ByGoogle
	must[centrala.Inbox](t)(h.db.SaveInbox(t.Context(), in))
	var to rest.Connecting
	h.do(call{method: "POST", path: address, token: h.tokens["admin"]}).into(t, &to)
	if !strings.HasPrefix(to.Address, "https://accounts.example/") || c.back != "https://pomoc.example/oauth/callback" || len(c.verifier) < 43 || strings.Contains(c.state, c.verifier) {
		t.Errorf("sent to %+v with %+v", to, c)
	}
	returns := func(who, query, want string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.server.URL+"/oauth/callback?"+query, nil)
		if err != nil {
			t.Fatal(err)
		}
		if who != "" {
			r.AddCookie(&http.Cookie{Name: auth.SessionCookieName, Value: h.tokens[who]})
		}
		res, err := h.client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if got := res.Header.Get("Location"); res.StatusCode != http.StatusSeeOther || !strings.HasPrefix(got, "/console#settings/channels/") || !strings.HasSuffix(got, "/"+want) {
			t.Errorf("%s %.30s: %d %s, want %s", who, query, res.StatusCode, got, want)
		}
	}
	good := "state=" + c.state
	returns("", good+"&code=1", "stale")
	returns("supervisor", good+"&code=2", "stale")
	returns("admin", "state=AAAA&code=3", "stale")
	returns("admin", "code=4", "stale")
	returns("admin", good+"&error=access_denied", "denied")
	if len(c.finished) != 0 {
		t.Fatalf("codes were used: %v", c.finished)
	}
	returns("admin", good+"&code=5", "ok")
	c.refuse = errors.New("no")
	returns("admin", good+"&code=6", "failed")
	if len(c.finished) != 2 || c.finished[0] != h.mail.ID.String()+" 5" || len(mended) != 1 || mended[0] != h.mail.ID {
		t.Errorf("finished %v, mended %v", c.finished, mended)
	}
	var log rest.List[rest.AuditLine]
	h.do(call{method: "GET", path: "/v1/audit", token: h.tokens["admin"]}).into(t, &log)
	seen := map[string]int{}
	for _, l := range log.Items {
		seen[l.Action]++
		if strings.Contains(l.Detail, c.state) {
			t.Error("the state is in the audit log")
		}
	}
	if seen["inbox.connect"] == 0 || seen["inbox.connected"] != 1 {
		t.Errorf("audited: %v", seen)
	}
}

// What cannot be is refused where it is entered, and the record for the DNS is told.
func TestMailboxSettings(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	address, admin := "/v1/inboxes/"+h.mail.ID.String(), h.tokens["admin"]
	box := func(more obj) obj {
		m := obj{"address": "pomoc@shop.example", "imap": obj{"host": "127.0.0.1", "port": 143, "tls": "none", "user": "pomoc"}, "smtp": obj{"host": "127.0.0.1", "port": 25, "tls": "none", "user": "pomoc"}}
		for k, v := range more {
			m[k] = v
		}
		return obj{"mailbox": m, "imap_password": "x", "smtp_password": "x"}
	}
	for field, more := range map[string]obj{
		"mailbox.login": {"login": "facebook"}, "mailbox.after": {"after": "burn"}, "mailbox.move_to": {"after": "move", "move_to": "inbox"},
		"mailbox.folders": {"folders": []string{"A", "A"}}, "mailbox.history": {"history": -1}, "mailbox.per_minute": {"per_minute": -5},
	} {
		if got := h.do(call{method: "PATCH", path: address, token: admin, body: box(more)}); got.status != 422 || got.problem(t).Field != field {
			t.Errorf("%s: %d %s", field, got.status, got.body)
		}
	}
	bad := box(obj{"dkim_selector": "s1"})
	bad["dkim_key"] = "-----BEGIN NOTHING-----"
	if got := h.do(call{method: "PATCH", path: address, token: admin, body: bad}); got.status != 422 || got.problem(t).Field != "dkim_key" {
		t.Errorf("a key that is none: %d %s", got.status, got.body)
	}
	good := box(obj{"dkim_selector": "s1", "after": "move", "move_to": "Przyjęte", "folders": []string{"INBOX", "Reklamacje"}, "history": 30})
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der := must[[]byte](t)(x509.MarshalPKCS8PrivateKey(private))
	good["dkim_key"] = string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	var d rest.Door
	h.do(call{method: "PATCH", path: address, token: admin, body: good}).into(t, &d)
	want := rest.DNSRecord{Name: "s1._domainkey.shop.example", Value: "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public)}
	if d.DKIM == nil || *d.DKIM != want {
		t.Errorf("to publish: %+v, want %+v", d.DKIM, want)
	}
}
