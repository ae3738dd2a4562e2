package email

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"strings"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"centrala"
	"centrala/channels"
)

// Send implements channels.Sender. Each mail has a connection of its own, and one transaction for
// whom it is for and all who read along. Whom it is for must be taken, or nobody gets it; who
// reads along and is refused is named in a channels.Noted.
func (c *Channel) Send(ctx context.Context, out centrala.Outbound) (externalID string, err error) {
	box := out.Inbox.Mailbox
	if box == nil || box.SMTP.Host == "" || box.Address == "" {
		return "", &channels.Stopped{Reason: "This inbox has no SMTP server or no address. Add them in its settings."}
	}
	env, d, err := c.letter(ctx, out)
	if err != nil {
		return "", err
	}
	client, hangUp, err := c.dialSMTP(ctx, out.Inbox)
	if err != nil {
		return "", err
	}
	defer hangUp()
	refused, err := transact(client, env, d)
	if err != nil {
		return "", err
	}
	_ = client.Quit() // the message is theirs; how they say goodbye changes nothing
	if len(refused) > 0 {
		return d.id, &channels.Noted{Reason: "refused for: " + strings.Join(refused, "; ")}
	}
	return d.id, nil
}

// letter is the mail that out is, and its envelope. Nothing is read from the blob store yet.
func (c *Channel) letter(ctx context.Context, out centrala.Outbound) (envelope, draft, error) {
	env, err := envelopeOf(&out)
	if err != nil {
		return env, draft{}, err
	}
	d := c.compose(ctx, out)
	d.sign, err = signerOf(out.Inbox.Mailbox)
	return env, d, err
}

// Pace implements channels.Paced. What providers allow is kept to unless the mailbox says more.
func (c *Channel) Pace(inbox centrala.Inbox) channels.Pace {
	p := channels.Pace{Connections: max(c.c.Connections, 0), Every: max(c.c.Every, 0)}
	if box := inbox.Mailbox; box != nil {
		p.PerMinute = box.PerMinute
		host := strings.ToLower(box.SMTP.Host)
		known := box.Login == centrala.ByGoogle || box.Login == centrala.ByMicrosoft || host == "smtp.gmail.com" || host == "smtp.office365.com"
		if p.PerMinute == 0 && known {
			p.PerMinute = providersPerMinute
		}
	}
	return p
}

// providersPerMinute is what Microsoft 365 takes from one account; Google's limits, by the day,
// are met by it, too.
const providersPerMinute = 30

// dialSMTP connects, encrypts and logs in. hangUp frees the connection; it also happens when
// ctx ends.
func (c *Channel) dialSMTP(ctx context.Context, in centrala.Inbox) (client *smtp.Client, hangUp func(), err error) {
	box, s := in.Mailbox, in.Mailbox.SMTP
	proof, err := c.proof(ctx, in)
	if err != nil {
		return nil, nil, err
	}
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
	if proof != nil {
		opts = append(opts, gomail.WithSMTPAuthCustom(smtpBearer{proof}))
	} else if s.User != "" {
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
		if proof != nil && proof.said != "" { // another token may do; consent that is gone is told when it is asked for
			c.c.SignIn.Refused(in.ID, proof.token)
			return nil, nil, fmt.Errorf("%w: %s", errRefused, proof.said)
		}
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
	if errors.As(err, &reply) && isLogin(reply) {
		return &channels.Stopped{Reason: "The SMTP server refused the user name or the password.", Err: err}
	}
	var cert *tls.CertificateVerificationError
	switch {
	case noAuth:
		return &channels.Stopped{Reason: "The SMTP server does not offer the login or the encryption that this inbox asks for.", Err: err}
	case errors.As(err, &cert):
		return &channels.Stopped{Reason: "The SMTP server's certificate is not trusted.", Err: err}
	case errors.As(err, &reply) && isPolicy(reply):
		return forbidden(err)
	case errors.As(err, &reply) && tooMany(reply):
		return &channels.Busy{Err: err}
	}
	return fmt.Errorf("connect to the SMTP server: %w", err)
}
