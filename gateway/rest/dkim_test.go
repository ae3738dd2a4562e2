package rest_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"

	"centrala"
)

// A key that mails could not be signed with is refused where it is entered; a good one is kept
// and never comes back.
func TestSigningKeyOfAMailbox(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	good := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	server := obj{"host": "127.0.0.1", "port": 25, "tls": "none", "user": "pomoc"}
	save := func(selector, key string, perMinute int) reply {
		return h.do(call{method: "PATCH", path: "/v1/inboxes/" + h.mail.ID.String(), token: h.tokens["admin"], body: obj{"dkim_key": key, "imap_password": "x", "smtp_password": "x",
			"mailbox": obj{"address": "a@shop.example", "from_name": "A", "imap": server, "smtp": server, "dkim_selector": selector, "per_minute": perMinute}}})
	}
	for _, tt := range []struct {
		selector, key string
		perMinute     int
		field         string
	}{
		{"centrala", "TAJNE", 0, "dkim_key"},
		{"centrala", strings.Replace(good, "\nM", "\nX", 1), 0, "dkim_key"},
		{"", good, 0, "mailbox.dkim_selector"},
		{"two words", good, 0, "mailbox.dkim_selector"},
		{"centrala", good, -1, "mailbox.per_minute"},
	} {
		if got := save(tt.selector, tt.key, tt.perMinute); got.status != 422 || got.problem(t).Field != tt.field || strings.Contains(got.body, "TAJNE") {
			t.Errorf("%q with %.40q: %d %s", tt.selector, tt.key, got.status, got.body)
		}
	}
	if got := save("centrala", good, 30); got.status != 200 || strings.Contains(got.body, "PRIVATE") {
		t.Fatalf("%d %s", got.status, got.body)
	}
	kept := must[centrala.Inbox](t)(h.db.Inbox(context.Background(), h.mail.ID))
	if kept.Mailbox.DKIMKey != strings.TrimSpace(good) && kept.Mailbox.DKIMKey != good || kept.Mailbox.DKIMSelector != "centrala" || kept.Mailbox.PerMinute != 30 {
		t.Errorf("kept %+v", kept.Mailbox)
	}
}
