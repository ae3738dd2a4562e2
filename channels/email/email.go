// Package email is the e-mail line: it fetches mailboxes over IMAP, reads mail the way people
// write it, and sends answers over SMTP.
//
// Every mail that is fetched ends in one outcome, whatever is in it: the reader repairs what
// it can, quarantines what it cannot, and the raw mail is kept beside. A reply finds its
// conversation by the signed address it was sent to, or by the message ids that it names.
package email

import (
	"crypto/tls"
	"log/slog"
	"net"
	"os"
	"strings"
	"time"

	"github.com/microcosm-cc/bluemonday"
	"gocloud.dev/blob"

	"centrala"
	"centrala/channels"
	"centrala/channels/email/letter"
)

// Config is what the line works with. Blobs is needed to listen and to send attachments; the
// rest has defaults.
type Config struct {
	Secret []byte // signs reply addresses; none: answers go to the mailbox's own address
	Blobs  *blob.Bucket
	Board  *channels.Board
	Log    *slog.Logger
	TLS    *tls.Config // to trust other certificates than the system's
	Hello  string      // how we greet SMTP servers, default the host's name
	SignIn SignIn      // for mailboxes that sign in with a provider; nil: only passwords

	Resolver Resolver // asked for the domain's signature by the line test, default the system's

	AllowLinkLocal bool // mail servers may be at link-local addresses

	PollEvery   time.Duration                                         // looks for mail beside IDLE, default 60 s; a mailbox may say otherwise
	Timeout     time.Duration                                         // of one command, default 60 s
	Connections int                                                   // to the SMTP servers at the same time for the people of one domain; 0: no limit
	Every       time.Duration                                         // between two mails to one domain; 0: none
	Window      time.Duration                                         // how old mail may be when a mailbox is first read, or is new again, default 14 days
	Wait        func(failures int, limit time.Duration) time.Duration // before trying a server again; default channels.Backoff
}

// Channel is the e-mail line: a Sender, Listener, Tester and Explainer. It is safe for
// concurrent use.
type Channel struct {
	c      Config
	tokens tokens
	policy *bluemonday.Policy
}

var (
	_ channels.Sender    = (*Channel)(nil)
	_ channels.Paced     = (*Channel)(nil)
	_ channels.Keeper    = (*Channel)(nil)
	_ channels.Listener  = (*Channel)(nil)
	_ channels.Tester    = (*Channel)(nil)
	_ channels.Explainer = (*Channel)(nil)
)

// New makes the line.
func New(c Config) *Channel {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.PollEvery == 0 {
		c.PollEvery = time.Minute
	}
	if c.Timeout == 0 {
		c.Timeout = time.Minute
	}
	if c.Window == 0 {
		c.Window = 14 * 24 * time.Hour
	}
	if c.Resolver == nil {
		c.Resolver = net.DefaultResolver
	}
	if c.Wait == nil {
		c.Wait = jittered
	}
	if c.Hello == "" {
		if name, err := os.Hostname(); err == nil && strings.Contains(name, ".") {
			c.Hello = name
		}
	}
	return &Channel{c: c, tokens: tokens{c.Secret}, policy: letter.NewPolicy()}
}

// Kind implements channels.Channel.
func (c *Channel) Kind() centrala.Channel { return centrala.Email }
