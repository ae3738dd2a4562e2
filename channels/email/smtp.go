package email

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"strconv"
	"strings"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"centrala"
	"centrala/channels"
	"centrala/channels/email/letter"
)

// Send implements channels.Sender. Each message has a connection and a recipient of its own,
// so that one refusal concerns nobody else.
func (c *Channel) Send(ctx context.Context, out centrala.Outbound) (externalID string, err error) {
	box := out.Inbox.Mailbox
	if box == nil || box.SMTP.Host == "" || box.Address == "" {
		return "", &channels.Stopped{Reason: "This inbox has no SMTP server or no address. Add them in its settings."}
	}
	to, ok := letter.Address(out.To.Address)
	if !ok || !strings.EqualFold(to.Address, strings.TrimSpace(out.To.Address)) || strings.ContainsAny(to.Address, "<>\r\n\t ") {
		return "", &centrala.Rejected{Reason: fmt.Sprintf("%q is not an e-mail address", letter.OneLine(out.To.Address))}
	}
	out.To.Address = to.Address
	d := c.compose(ctx, out)
	client, hangUp, err := c.dialSMTP(ctx, box)
	if err != nil {
		return "", err
	}
	defer hangUp()
	if err := transact(client, box.Address, to.Address, d); err != nil {
		return "", err
	}
	_ = client.Quit() // the message is theirs; how they say goodbye changes nothing
	return d.id, nil
}

// dialSMTP connects, encrypts and logs in. hangUp frees the connection; it also happens when
// ctx ends.
func (c *Channel) dialSMTP(ctx context.Context, box *centrala.Mailbox) (client *smtp.Client, hangUp func(), err error) {
	s := box.SMTP
	conn, err := c.dial(ctx, s)
	if err != nil {
		return nil, nil, loginError(err)
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() }) // to end what waits on it
	hangUp = func() { stop(); _ = conn.Close() }
	dial := func(context.Context, string, string) (net.Conn, error) { return conn, nil }
	opts := []gomail.Option{
		gomail.WithPort(s.Port), gomail.WithTimeout(c.c.Timeout), gomail.WithDialContextFunc(dial),
		gomail.WithTLSConfig(c.tlsFor(s.Host)), gomail.WithTLSPolicy(gomail.NoTLS),
	}
	if c.c.Hello != "" {
		opts = append(opts, gomail.WithHELO(c.c.Hello))
	}
	switch {
	case s.TLS == "starttls":
		opts = append(opts, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case s.TLS == "tls":
		opts = append(opts, gomail.WithSSL())
	}
	if s.User != "" {
		auth := gomail.WithOpportunisticSMTPAuth(gomail.SMTPAuthPlain, gomail.SMTPAuthLogin, gomail.SMTPAuthSCRAMSHA256)
		if s.TLS == "none" {
			auth = gomail.WithSMTPAuth(gomail.SMTPAuthPlainNoEnc)
		}
		opts = append(opts, auth, gomail.WithUsername(s.User), gomail.WithPassword(box.SMTPPassword))
	}
	dialer, err := gomail.NewClient(s.Host, opts...)
	if err != nil {
		hangUp()
		return nil, nil, &channels.Stopped{Reason: "The SMTP settings of this inbox are not usable.", Err: err}
	}
	client, err = dialer.DialToSMTPClientWithContext(ctx)
	if err != nil {
		hangUp()
		return nil, nil, loginError(err)
	}
	return client, hangUp, nil
}

// loginError tells a refused login, which only a person can mend, from a server that is not
// there now.
func loginError(err error) error {
	var reply *textproto.Error
	noAuth := strings.Contains(err.Error(), "does not support SMTP AUTH") || strings.Contains(err.Error(), "not supported by") ||
		strings.Contains(err.Error(), "STARTTLS mode set to")
	if errors.As(err, &reply) && (reply.Code == 530 || reply.Code == 534 || reply.Code == 535 || reply.Code == 538) {
		return &channels.Stopped{Reason: "The SMTP server refused the user name or the password.", Err: err}
	}
	var cert *tls.CertificateVerificationError
	switch {
	case noAuth:
		return &channels.Stopped{Reason: "The SMTP server does not offer the login or the encryption that this inbox asks for.", Err: err}
	case errors.As(err, &cert):
		return &channels.Stopped{Reason: "The SMTP server's certificate is not trusted.", Err: err}
	}
	return fmt.Errorf("connect to the SMTP server: %w", err)
}

// transact hands one mail over and says what every failure means (RFC 5321). Until the end of
// the data the server has nothing; after it only the server's answer tells, and without one
// nobody knows.
func transact(client *smtp.Client, from, to string, d draft) error {
	if err := client.Mail("<" + from + ">"); err != nil {
		return refused("sender", err)
	}
	if err := client.Rcpt("<" + to + ">"); err != nil {
		return refused("recipient", err)
	}
	data, err := client.Data()
	if err != nil {
		return refused("message", err)
	}
	if err := d.writeTo(data); err != nil {
		return fmt.Errorf("write the message: %w", err) // never ended, so never theirs
	}
	err = data.Close()
	var reply *textproto.Error
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &reply):
		return &centrala.Ambiguous{Err: fmt.Errorf("no answer after the message was sent: %w", err)}
	case reply.Code >= 500:
		return &centrala.Rejected{Reason: answer(reply)}
	case reply.Code < 400: // an answer to something else: the server is out of step
		return &centrala.Ambiguous{Err: fmt.Errorf("no proper answer after the message was sent: %w", err)}
	}
	return fmt.Errorf("message put off: %w", err)
}

// refused says what a refusal before the data means.
func refused(what string, err error) error {
	var reply *textproto.Error
	if !errors.As(err, &reply) || reply.Code < 500 {
		return fmt.Errorf("%s put off: %w", what, err)
	}
	policy := reply.Code == 554 && strings.HasPrefix(reply.Msg, "5.7.")
	if reply.Code == 530 || reply.Code == 534 || reply.Code == 535 || policy || what == "sender" {
		return &channels.Stopped{Reason: "The SMTP server does not let this inbox send.", Err: err}
	}
	return &centrala.Rejected{Reason: answer(reply)}
}

func answer(reply *textproto.Error) string {
	return strconv.Itoa(reply.Code) + " " + letter.OneLine(reply.Msg)
}
