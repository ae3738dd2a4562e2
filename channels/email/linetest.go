package email

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"centrala"
	"centrala/channels"
)

// Test implements channels.Tester: it logs in to both servers, opens the folder, and hangs up.
func (c *Channel) Test(ctx context.Context, inbox centrala.Inbox) []channels.Finding {
	box := inbox.Mailbox
	if box == nil || box.Address == "" {
		return []channels.Finding{finding("settings", false, nil,
			"Ta skrzynka nie ma adresu ani serwerów. Uzupełnij jej ustawienia.",
			"This inbox has no address and no servers. Complete its settings.")}
	}
	ctx, cancel := context.WithTimeout(ctx, min(c.c.Timeout, 30*time.Second))
	defer cancel()
	found := make(chan []channels.Finding, 1)
	go func() { found <- c.testSMTP(ctx, box) }()
	in := c.testIMAP(ctx, box)
	return append(in, <-found...)
}

func finding(check string, ok bool, cause error, pl, en string) channels.Finding {
	f := channels.Finding{Check: check, OK: ok, Text: map[string]string{"pl": pl, "en": en}}
	if cause != nil {
		f.Cause = cause.Error()
	}
	return f
}

func (c *Channel) testIMAP(ctx context.Context, box *centrala.Mailbox) []channels.Finding {
	if box.IMAP.Host == "" {
		return []channels.Finding{finding("imap", false, nil,
			"Nie podano serwera IMAP: poczta nie będzie pobierana.", "There is no IMAP server: no mail will be fetched.")}
	}
	m, err := c.openMailbox(ctx, box)
	if err != nil {
		return []channels.Finding{fault("imap", "IMAP", box.IMAP, err)}
	}
	defer m.close()
	if m.idles {
		return []channels.Finding{finding("imap", true, nil,
			"IMAP działa: folder jest otwarty, a nowa poczta przychodzi od razu.", "IMAP works: the folder opens and new mail arrives at once.")}
	}
	return []channels.Finding{finding("imap", true, nil,
		fmt.Sprintf("IMAP działa, ale serwer nie ma IDLE: poczta jest sprawdzana co %s.", c.c.PollEvery),
		fmt.Sprintf("IMAP works, but the server has no IDLE: mail is looked for every %s.", c.c.PollEvery))}
}

func (c *Channel) testSMTP(ctx context.Context, box *centrala.Mailbox) []channels.Finding {
	if box.SMTP.Host == "" {
		return []channels.Finding{finding("smtp", false, nil,
			"Nie podano serwera SMTP: odpowiedzi nie będą wysyłane.", "There is no SMTP server: no answers will be sent.")}
	}
	client, hangUp, err := c.dialSMTP(ctx, box)
	if err != nil {
		return []channels.Finding{fault("smtp", "SMTP", box.SMTP, err)}
	}
	defer hangUp()
	_ = client.Quit() // the login is what was tested
	return []channels.Finding{finding("smtp", true, nil,
		"SMTP działa: serwer przyjął logowanie.", "SMTP works: the server accepted the login.")}
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
		return finding(check+".name", false, err,
			fmt.Sprintf("Nazwa %s nie jest znana. Sprawdź nazwę serwera %s.", s.Host, name),
			fmt.Sprintf("The name %s is not known. Check the name of the %s server.", s.Host, name))
	case isCertificate(err):
		return finding(check+".certificate", false, err,
			fmt.Sprintf("Certyfikat serwera %s nie jest zaufany. Sprawdź nazwę serwera albo odnów certyfikat.", where),
			fmt.Sprintf("The certificate of %s is not trusted. Check the server's name, or renew the certificate.", where))
	case errors.Is(err, errRefused), errors.As(err, &stopped):
		return finding(check+".login", false, err,
			fmt.Sprintf("Serwer %s nie przyjął logowania użytkownika %s. Sprawdź nazwę, hasło i sposób szyfrowania.", where, s.User),
			fmt.Sprintf("%s refused the login of %s. Check the user name, the password and the encryption.", where, s.User))
	case errors.Is(err, context.DeadlineExceeded), isTimeout(err):
		return finding(check+".timeout", false, err,
			fmt.Sprintf("Serwer %s nie odpowiada. Sprawdź port, szyfrowanie (TLS albo STARTTLS) i zaporę sieciową.", where),
			fmt.Sprintf("%s does not answer. Check the port, the encryption (TLS or STARTTLS) and the firewall.", where))
	case errors.As(err, &op) && op.Op == "dial":
		return finding(check+".connect", false, err,
			fmt.Sprintf("Nie można połączyć się z %s. Sprawdź nazwę, port i zaporę sieciową.", where),
			fmt.Sprintf("Cannot connect to %s. Check the name, the port and the firewall.", where))
	}
	return finding(check, false, err,
		fmt.Sprintf("Serwer %s (%s) odpowiada, ale nie można go użyć. Sprawdź szyfrowanie i folder.", name, where),
		fmt.Sprintf("The %s server (%s) answers but cannot be used. Check the encryption and the folder.", name, where))
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}
