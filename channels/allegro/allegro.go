// Package allegro is the line to a seller's account of the marketplace Allegro: its message centre,
// and its issues (disputes and claims). The vendor tells nobody of what is new, so it is asked; what it
// answers is kept as hooks and read from there (docs/allegro.md).
package allegro

import (
	"cmp"
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"gocloud.dev/blob"

	"centrala"
	"centrala/channels"
	"centrala/channels/vendor"
)

// The API of the world for trying things out; accounts and applications there are others.
const sandboxAPI = "https://api.allegro.pl.allegrosandbox.pl"

// Where offers are shown to buyers.
const (
	offers        = "https://allegro.pl/oferta/"
	sandboxOffers = "https://allegro.pl.allegrosandbox.pl/oferta/"
)

// Config is what the line works with. Tokens is needed to call the vendor, Blobs to send files; the
// rest has defaults.
type Config struct {
	API    string // address of the REST API, default the vendor's
	Tokens Tokens
	Blobs  *blob.Bucket
	Board  *channels.Board
	Log    *slog.Logger

	Every   time.Duration // between looks at the threads, default 60 s
	Issues  time.Duration // between looks at the issues, default 120 s
	Timeout time.Duration // of one call, default 20 s
	Gap     time.Duration // between two messages of one account, default 1 s

	Now  func() time.Time                                      // nil: the real clock
	Wait func(failures int, limit time.Duration) time.Duration // before asking again after a failure, default channels.Backoff
}

// Tokens are the access tokens of accounts; see signin.Tokens.
type Tokens interface {
	Token(ctx context.Context, id centrala.InboxID) (string, error)
	Refuse(id centrala.InboxID, access string)
	Life(id centrala.InboxID) (expires, renewal time.Time)
}

// Channel is the line. It is safe for concurrent use.
type Channel struct {
	c     Config
	web   *vendor.Client
	local *vendor.Client // for addresses that are not encrypted: this machine only

	mu     sync.Mutex
	turns  map[centrala.InboxID]*turn
	ours   map[string]centrala.DeliveryID // messages that we sent, by the vendor's id, the latest
	oldest []string
}

var (
	_ channels.Poller    = (*Channel)(nil)
	_ channels.Fetcher   = (*Channel)(nil)
	_ channels.Checker   = (*Channel)(nil)
	_ channels.Receipts  = (*Channel)(nil)
	_ channels.Tester    = (*Channel)(nil)
	_ channels.Explainer = (*Channel)(nil)
)

// New makes the line.
func New(c Config) *Channel {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Wait == nil {
		c.Wait = jittered
	}
	c.API = cmp.Or(strings.TrimRight(c.API, "/"), "https://api.allegro.pl")
	c.Every, c.Issues = cmp.Or(c.Every, time.Minute), cmp.Or(c.Issues, 2*time.Minute)
	c.Timeout, c.Gap = cmp.Or(c.Timeout, 20*time.Second), cmp.Or(c.Gap, time.Second)
	return &Channel{c: c, web: vendor.New(channels.Dialer{}), local: vendor.New(channels.Dialer{LoopbackOnly: true}),
		turns: make(map[centrala.InboxID]*turn), ours: make(map[string]centrala.DeliveryID)}
}

// Kind implements channels.Channel.
func (c *Channel) Kind() centrala.Channel { return centrala.Allegro }

// Polls implements channels.Poller: the vendor posts to nobody.
func (c *Channel) Polls(centrala.Inbox) bool { return true }

// api is where an account's API is.
func (c *Channel) api(a *centrala.Account) string {
	if a.Sandbox {
		return sandboxAPI
	}
	return c.c.API
}

// client is who calls an address.
func (c *Channel) client(address string) *vendor.Client {
	if strings.HasPrefix(address, "http:") {
		return c.local
	}
	return c.web
}

// pause waits for d, or reports false when ctx ends first.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
