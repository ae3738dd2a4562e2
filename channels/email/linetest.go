package email

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"centrala"
	"centrala/channels"
	"centrala/words"
)

// Test implements channels.Tester: it logs in to both servers, opens the folder, and hangs up.
func (c *Channel) Test(ctx context.Context, inbox centrala.Inbox) []channels.Finding {
	box := inbox.Mailbox
	if box == nil || box.Address == "" {
		return []channels.Finding{finding("settings", false, nil, words.Words.LineBare)}
	}
	ctx, cancel := context.WithTimeout(ctx, min(c.c.Timeout, 30*time.Second))
	defer cancel()
	found := make(chan channels.Finding, 1)
	go func() { found <- c.testSMTP(ctx, box) }()
	return []channels.Finding{c.testIMAP(ctx, box), <-found}
}

func finding(check string, ok bool, cause error, say func(words.Words) string) channels.Finding {
	f := channels.Finding{Check: check, OK: ok, Text: make(map[string]string)}
	for _, locale := range words.Locales() {
		f.Text[locale] = say(words.For(locale))
	}
	if cause != nil {
		f.Cause = cause.Error()
	}
	return f
}

func (c *Channel) testIMAP(ctx context.Context, box *centrala.Mailbox) channels.Finding {
	if box.IMAP.Host == "" {
		return finding("imap", false, nil, words.Words.LineNoIMAP)
	}
	m, err := c.openMailbox(ctx, box)
	if err != nil {
		return fault("imap", "IMAP", box.IMAP, err)
	}
	defer m.close()
	return finding("imap", true, nil, func(w words.Words) string { return w.LineFetches(m.idles, c.c.PollEvery) })
}

func (c *Channel) testSMTP(ctx context.Context, box *centrala.Mailbox) channels.Finding {
	if box.SMTP.Host == "" {
		return finding("smtp", false, nil, words.Words.LineNoSMTP)
	}
	client, hangUp, err := c.dialSMTP(ctx, box)
	if err != nil {
		return fault("smtp", "SMTP", box.SMTP, err)
	}
	defer hangUp()
	_ = client.Quit() // the login is what was tested
	return finding("smtp", true, nil, words.Words.LineSends)
}

// Trouble says what to do about a line that does not work: why is the way's last error.
func (c *Channel) Trouble(inbox centrala.Inbox, way string, why error) channels.Finding {
	box := inbox.Mailbox
	switch {
	case box == nil || box.Address == "":
		return finding("settings", false, why, words.Words.LineBare)
	case way == channels.In && box.IMAP.Host == "":
		return finding("imap", false, why, words.Words.LineNoIMAP)
	case way == channels.In:
		return fault("imap", "IMAP", box.IMAP, why)
	case box.SMTP.Host == "":
		return finding("smtp", false, why, words.Words.LineNoSMTP)
	}
	return fault("smtp", "SMTP", box.SMTP, why)
}

// fault says what to do about a server that cannot be used.
func fault(check, name string, s centrala.Server, err error) channels.Finding {
	where := fmt.Sprintf("%s:%d", s.Host, s.Port)
	var (
		dns     *net.DNSError
		op      *net.OpError
		stopped *channels.Stopped
	)
	switch {
	case errors.As(err, &dns):
		return finding(check+".name", false, err, func(w words.Words) string { return w.LineUnknownHost(name, s.Host) })
	case isCertificate(err):
		return finding(check+".certificate", false, err, func(w words.Words) string { return w.LineUntrusted(where) })
	case errors.Is(err, errRefused), errors.As(err, &stopped):
		return finding(check+".login", false, err, func(w words.Words) string { return w.LineRefused(where, s.User) })
	case errors.Is(err, context.DeadlineExceeded), isTimeout(err):
		return finding(check+".timeout", false, err, func(w words.Words) string { return w.LineSilent(where) })
	case errors.As(err, &op) && op.Op == "dial":
		return finding(check+".connect", false, err, func(w words.Words) string { return w.LineClosed(where) })
	}
	return finding(check, false, err, func(w words.Words) string { return w.LineFails(name, where) })
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}
