package email

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/wneessen/go-mail/smtp"

	"centrala"
	"centrala/channels"
	"centrala/channels/email/letter"
	"centrala/channels/email/oauth"
)

// SignIn gives the access tokens of mailboxes that sign in with a provider. A token that a
// server did not take is told to it, and the next is a new one.
type SignIn interface {
	Token(ctx context.Context, in centrala.Inbox) (string, error)
	Refused(id centrala.InboxID, token string)
	Life(id centrala.InboxID) (expires, renewal time.Time)
}

// proof is what an inbox's mailbox is signed in with, nil where that is a password.
func (c *Channel) proof(ctx context.Context, in centrala.Inbox) (*bearer, error) {
	if in.Mailbox.Login == centrala.ByPassword {
		return nil, nil
	}
	if c.c.SignIn == nil {
		return nil, &channels.Stopped{Code: oauth.Unknown, Reason: "Sign-in with a provider is not set up in this server's configuration file."}
	}
	token, err := c.c.SignIn.Token(ctx, in)
	if err != nil {
		return nil, err
	}
	return &bearer{user: in.Mailbox.IMAP.User, token: token}, nil
}

// bearer shows a server an access token: as OAUTHBEARER (RFC 7628), or as XOAUTH2, which Google
// and Microsoft had before. It is a client of IMAP and of SMTP, for one login.
type bearer struct {
	user, token string
	modern      bool   // the server knows OAUTHBEARER
	said        string // why the server refused, in its own words
}

var (
	_ sasl.Client = (*bearer)(nil)
	_ smtp.Auth   = smtpBearer{}
)

// Start implements sasl.Client.
func (b *bearer) Start() (mechanism string, first []byte, err error) {
	if b.modern {
		user := strings.NewReplacer("=", "=3D", ",", "=2C").Replace(b.user)
		return sasl.NewOAuthBearerClient(&sasl.OAuthBearerOptions{Username: user, Token: b.token}).Start()
	}
	return "XOAUTH2", []byte("user=" + b.user + "\x01auth=Bearer " + b.token + "\x01\x01"), nil
}

// Next implements sasl.Client. A server that refuses says why first, and its refusal follows
// what both mechanisms answer to that.
func (b *bearer) Next(challenge []byte) ([]byte, error) {
	b.said = "the server did not take the access token"
	if len(challenge) > 0 {
		b.said += ": " + letter.OneLine(strings.ToValidUTF8(string(challenge[:min(len(challenge), 300)]), "?"))
	}
	if b.modern {
		return []byte{1}, nil
	}
	return []byte{}, nil
}

// smtpBearer is a bearer as the SMTP client asks for it.
type smtpBearer struct{ *bearer }

// Start implements smtp.Auth.
func (s smtpBearer) Start(server *smtp.ServerInfo) (mechanism string, first []byte, err error) {
	s.modern = slices.Contains(server.Auth, sasl.OAuthBearer)
	return s.bearer.Start()
}

// Next implements smtp.Auth.
func (s smtpBearer) Next(challenge []byte, more bool) ([]byte, error) {
	if !more {
		return nil, nil
	}
	return s.bearer.Next(challenge)
}
