package email

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strings"
	"time"

	"centrala"
	"centrala/channels"
	"centrala/words"
)

// Test implements channels.Tester: step by step it looks the server up, encrypts, signs in and
// opens the folders, signs in to the SMTP server, and asks the domain for its signature's key.
// A step that fails is the last of its server. Nothing is sent and nothing is fetched.
func (c *Channel) Test(ctx context.Context, inbox centrala.Inbox) []channels.Finding {
	box := inbox.Mailbox
	if box == nil || box.Address == "" {
		return []channels.Finding{finding("settings", false, nil, words.Words.LineBare)}
	}
	ctx, cancel := context.WithTimeout(ctx, min(c.c.Timeout, 24*time.Second))
	defer cancel()
	sends, signs := make(chan []channels.Finding, 1), make(chan channels.Finding, 1)
	go func() { sends <- c.testSMTP(ctx, inbox) }()
	go func() { signs <- c.testDKIM(ctx, box) }()
	found := append(c.testIMAP(ctx, inbox), <-sends...)
	return append(found, <-signs)
}

// watchOf times the steps of a test.
type watchOf struct {
	found []channels.Finding
	began time.Time
}

func (w *watchOf) step(f channels.Finding) {
	now := time.Now()
	f.Took = now.Sub(w.began)
	w.found, w.began = append(w.found, f), now
}

func (c *Channel) testIMAP(ctx context.Context, in centrala.Inbox) []channels.Finding {
	box := in.Mailbox
	if box.IMAP.Host == "" {
		return []channels.Finding{told("imap.settings", box, nil)}
	}
	w := &watchOf{began: time.Now()}
	fails := func(err error) []channels.Finding {
		w.step(told(channels.FaultCode(coded("imap", err)), box, err))
		return w.found
	}
	if _, err := net.DefaultResolver.LookupHost(ctx, box.IMAP.Host); err != nil {
		return fails(err)
	}
	w.step(finding("imap.name", true, nil, func(w words.Words) string { return w.LineKnownHost(box.IMAP.Host) }))
	var secured tls.ConnectionState
	secure := c.tlsFor(box.IMAP.Host)
	secure.VerifyConnection = func(s tls.ConnectionState) error { secured = s; return nil }
	m, err := c.reach(ctx, box.IMAP, secure)
	if err != nil {
		return fails(err)
	}
	defer m.close()
	w.step(encrypted("imap.tls", secured))
	proof, err := c.proof(ctx, in)
	if err == nil {
		err = c.signIn(m, in, proof)
	}
	if err != nil {
		return fails(err)
	}
	w.step(finding("imap.login", true, nil, func(w words.Words) string { return w.LineLetIn(providerOf(proof, box)) }))
	names, err := m.folders()
	if err != nil {
		return fails(err)
	}
	mails := uint32(0)
	for _, folder := range box.Reads() {
		if err := m.open(folder, false); err != nil {
			got := fails(err)
			got[len(got)-1].Folders = names
			return got
		}
		mails += m.mails
	}
	every := c.every(box)
	f := finding("imap.folder", true, nil, func(w words.Words) string { return w.LineOpens(int(mails), m.idles, every) })
	f.Folders = names
	w.step(f)
	return w.found
}

// providerOf is who vouched for the mailbox, "" for a password.
func providerOf(proof *bearer, box *centrala.Mailbox) string {
	if proof == nil {
		return ""
	}
	return string(box.Login)
}

func encrypted(check string, s tls.ConnectionState) channels.Finding {
	if s.Version == 0 {
		return finding(check, true, nil, words.Words.LineInClear)
	}
	var end time.Time
	if len(s.PeerCertificates) > 0 {
		end = s.PeerCertificates[0].NotAfter
	}
	f := finding(check, true, nil, func(w words.Words) string { return w.LineEncrypted(tls.VersionName(s.Version), end) })
	f.Warn = !end.IsZero() && time.Until(end) < 14*24*time.Hour
	return f
}

func (c *Channel) testSMTP(ctx context.Context, in centrala.Inbox) []channels.Finding {
	box := in.Mailbox
	if box.SMTP.Host == "" {
		return []channels.Finding{told("smtp.settings", box, nil)}
	}
	w := &watchOf{began: time.Now()}
	if _, err := signerOf(box); err != nil {
		w.step(told(channels.FaultCode(coded("smtp", err)), box, err))
		return w.found
	}
	client, hangUp, err := c.dialSMTP(ctx, in)
	if err != nil {
		w.step(told(channels.FaultCode(coded("smtp", err)), box, err))
		return w.found
	}
	defer hangUp()
	state, err := client.GetTLSConnectionState()
	if err != nil || state == nil { // not encrypted
		state = &tls.ConnectionState{}
	}
	w.step(encrypted("smtp.tls", *state))
	_ = client.Quit() // the login is what was tested
	w.step(finding("smtp.login", true, nil, words.Words.LineSends))
	return w.found
}

// Resolver asks the DNS for texts, as net.Resolver does.
type Resolver interface {
	LookupTXT(ctx context.Context, name string) ([]string, error)
}

// testDKIM asks the domain whether it publishes the key that answers are signed with.
func (c *Channel) testDKIM(ctx context.Context, box *centrala.Mailbox) channels.Finding {
	began := time.Now()
	f := c.askDKIM(ctx, box)
	f.Took = time.Since(began)
	return f
}

func (c *Channel) askDKIM(ctx context.Context, box *centrala.Mailbox) channels.Finding {
	name, value, err := box.DKIMRecord()
	switch {
	case err != nil:
		f := finding("dkim", true, err, words.Words.DKIMUnreadable)
		f.Warn = true
		return f
	case name == "":
		f := finding("dkim", true, nil, words.Words.DKIMNone)
		f.Skipped = true
		return f
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	texts, err := c.c.Resolver.LookupTXT(ctx, name)
	var dns *net.DNSError
	if err != nil && !(errors.As(err, &dns) && dns.IsNotFound) {
		f := finding("dkim", true, err, words.Words.DKIMUnasked)
		f.Skipped = true
		return f
	}
	for _, text := range texts {
		if key := dkimKey(text); key != "" && key == dkimKey(value) {
			return finding("dkim", true, nil, func(w words.Words) string { return w.DKIMPublished(name) })
		}
	}
	f := finding("dkim", true, nil, func(w words.Words) string { return w.DKIMAbsent(name) })
	f.Warn = true
	return f
}

// dkimKey is the p= of a DKIM record (RFC 6376).
func dkimKey(record string) string {
	for _, tag := range strings.Split(record, ";") {
		if name, value, ok := strings.Cut(tag, "="); ok && strings.TrimSpace(name) == "p" {
			return strings.Join(strings.Fields(value), "")
		}
	}
	return ""
}
