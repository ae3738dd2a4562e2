package email_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"net"
	"testing"

	"centrala"
	"centrala/channels"
	"centrala/channels/email"
)

// zone is a DNS with one text, or a reason why there is none.
type zone struct {
	text string
	err  error
}

func (z zone) LookupTXT(_ context.Context, name string) ([]string, error) {
	if name != "centrala._domainkey.firma.test" {
		return nil, errors.New("asked for " + name)
	}
	return []string{z.text}, z.err
}

// The line test tells whether the domain publishes the key; that nobody could be asked is no
// fault of the mailbox, and is said plainly.
func TestDKIMOfTheDomain(t *testing.T) {
	t.Parallel()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	fine(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(private)
	fine(t, err)
	key := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	p := base64.StdEncoding.EncodeToString(public)
	for name, tt := range map[string]struct {
		zone          zone
		key           string
		warn, skipped bool
	}{
		"published":                 {zone{text: "v=DKIM1; k=ed25519; p=" + p[:20] + " " + p[20:]}, key, false, false},
		"another key":               {zone{text: "v=DKIM1; k=ed25519; p=AAAA"}, key, true, false},
		"not published":             {zone{err: &net.DNSError{IsNotFound: true}}, key, true, false},
		"the DNS does not answer":   {zone{err: &net.DNSError{IsTimeout: true}}, key, false, true},
		"no key of its own":         {zone{}, "", false, true},
		"a key that cannot be read": {zone{}, "x", true, false},
	} {
		line := email.New(email.Config{Resolver: tt.zone})
		box := &centrala.Mailbox{Address: "bok@firma.test", DKIMSelector: "centrala", DKIMKey: tt.key}
		var got channels.Finding
		for _, f := range line.Test(t.Context(), centrala.Inbox{Mailbox: box}) {
			if f.Check == "dkim" {
				got = f
			}
		}
		if !got.OK || got.Warn != tt.warn || got.Skipped != tt.skipped || got.Text["pl"] == "" || got.Text["en"] == "" {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
