package email

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"centrala"
	"centrala/channels"
	"centrala/channels/email/oauth"
	"centrala/words"
)

// coded gives an error of a server the code by which people are told of it; server is imap or
// smtp.
func coded(server string, err error) error {
	if channels.FaultCode(err) != "" {
		return err
	}
	return &channels.Fault{Code: server + diagnosed(err), Err: err}
}

// diagnosed is what an error of a server means, "" when only the server knows.
func diagnosed(err error) string {
	var (
		dns     *net.DNSError
		op      *net.OpError
		stopped *channels.Stopped
	)
	switch {
	case errors.As(err, &dns):
		return ".name"
	case isCertificate(err):
		return ".certificate"
	case errors.Is(err, errUnsigned):
		return ".dkim"
	case errors.Is(err, errForbidden):
		return ".policy"
	case errors.Is(err, errRefused), errors.As(err, &stopped):
		return ".login"
	case errors.Is(err, context.DeadlineExceeded), isTimeout(err):
		return ".timeout"
	case errors.As(err, &op) && op.Op == "dial":
		return ".connect"
	}
	return ""
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}

// Trouble says what to do about a line that does not work, from its health alone: it may be
// another node's.
func (c *Channel) Trouble(in centrala.Inbox, h channels.Health) channels.Finding {
	code := h.Code
	if code == "" && h.Err != nil {
		server := map[string]string{channels.In: "imap", channels.Out: "smtp"}[h.Way]
		code = channels.FaultCode(coded(server, h.Err))
	}
	var cause error
	if h.LastError != "" {
		cause = errors.New(h.LastError)
	}
	return told(code, in.Mailbox, cause)
}

// Warning says what to do about what does not work on a line that works otherwise.
func (c *Channel) Warning(in centrala.Inbox, why error) channels.Finding {
	var copyless *noCopy
	if errors.As(why, &copyless) {
		return finding("sent", false, why, func(w words.Words) string { return w.LineNoCopy(copyless.folder) })
	}
	return told(channels.FaultCode(coded("smtp", why)), in.Mailbox, why)
}

// told is a code in words, with what to do about it.
func told(code string, box *centrala.Mailbox, cause error) channels.Finding {
	if box == nil || box.Address == "" {
		return finding("settings", false, cause, words.Words.LineBare)
	}
	server, what, _ := strings.Cut(code, ".")
	if server == "oauth" {
		return signInTold(code, box.Login, cause)
	}
	name, s := "IMAP", box.IMAP
	if server == "smtp" {
		name, s = "SMTP", box.SMTP
	}
	if s.Host == "" {
		if server == "smtp" {
			return finding(code, false, cause, words.Words.LineNoSMTP)
		}
		return finding(code, false, cause, words.Words.LineNoIMAP)
	}
	where := fmt.Sprintf("%s:%d", s.Host, s.Port)
	say := func(w words.Words) string { return w.LineFails(name, where) }
	switch what {
	case "name":
		say = func(w words.Words) string { return w.LineUnknownHost(name, s.Host) }
	case "certificate":
		say = func(w words.Words) string { return w.LineUntrusted(where) }
	case "login":
		say = func(w words.Words) string { return w.LineRefused(where, s.User) }
	case "timeout":
		say = func(w words.Words) string { return w.LineSilent(where) }
	case "connect":
		say = func(w words.Words) string { return w.LineClosed(where) }
	case "dkim":
		say = words.Words.LineUnsigned
	case "policy":
		say = func(w words.Words) string { return w.LineForbidden(where, box.Address) }
	case "folder":
		say = func(w words.Words) string { return w.LineFolderShut(where) }
	}
	return finding(code, false, cause, say)
}

// signInTold is what a person has to do about a sign-in with a provider.
func signInTold(code string, login centrala.Login, cause error) channels.Finding {
	who := oauth.Name(login)
	say := func(w words.Words) string { return w.SignInWithdrawn(who) }
	switch code {
	case oauth.Unknown:
		say = func(w words.Words) string { return w.SignInUnknown(who) }
	case oauth.Missing:
		say = func(w words.Words) string { return w.SignInMissing(who) }
	case oauth.Unusable:
		say = func(w words.Words) string { return w.SignInUnusable(who) }
	}
	return finding(code, false, cause, say)
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
