// Package meta is the lines of Meta: Messenger of a page and the comments below its posts, Instagram
// messaging, and WhatsApp through the Cloud API. One app of Meta posts for all three, in one form; they
// differ in how they are answered. See docs/meta.md for the facts and where they are from.
package meta

import (
	"cmp"
	"context"
	"io"
	"log/slog"
	"strings"
	"time"

	"gocloud.dev/blob"

	"centrala"
	"centrala/channels"
	"centrala/channels/meta/graph"
	"centrala/channels/meta/hook"
	"centrala/channels/vendor"
	"centrala/words"
)

// Config is what the lines work with. Zero durations take their defaults.
type Config struct {
	// Base is the Graph API with its version. Where it is not https, the vendor is a test's: files are
	// then fetched from any address, and without encryption.
	Base  string
	Files *blob.Bucket // of what is sent
	// Dialer reaches the API. Files are fetched from addresses of the internet only.
	Dialer  channels.Dialer
	Timeout time.Duration // of one call, default 20 s
	Echo    time.Duration // within which the vendor tells what it took, default 60 s
	Board   *channels.Board
	Log     *slog.Logger
	Locale  string           // of the words in place of what is no text: the house's; "": Polish
	Now     func() time.Time // nil: time.Now
}

// Lines makes the three lines: Messenger with comments, Instagram, WhatsApp.
func Lines(c Config) []channels.Channel {
	c.Base = strings.TrimRight(cmp.Or(c.Base, "https://graph.facebook.com/v25.0"), "/")
	c.Timeout = cmp.Or(c.Timeout, 20*time.Second)
	c.Echo = cmp.Or(c.Echo, time.Minute)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	files := c.Dialer
	files.PublicOnly = !test(c.Base)
	core := line{c: c, reader: hook.Reader{Words: words.For(c.Locale)}, api: vendor.New(c.Dialer), files: vendor.New(files)}
	of := func(kind centrala.Channel) line {
		l := core
		l.kind = kind
		return l
	}
	return []channels.Channel{&page{of(centrala.Messenger)}, &page{of(centrala.Instagram)}, &whatsApp{of(centrala.WhatsApp)}}
}

// test reports whether the API at base is not Meta's.
func test(base string) bool { return !strings.HasPrefix(base, "https://") }

// line is what the three have in common. It is safe for concurrent use.
type line struct {
	c      Config
	kind   centrala.Channel
	reader hook.Reader
	api    *vendor.Client
	files  *vendor.Client
}

// The lenient types of what Meta writes.
type (
	text          = graph.Text
	stamp         = graph.Stamp
	flag          = graph.Flag
	number        = graph.Number
	list          = graph.List
	object[T any] = graph.Object[T]
)

// page is Messenger or Instagram, which both send by the Send API.
type page struct{ line }

// whatsApp sends by the Cloud API.
type whatsApp struct{ line }

// Kind implements channels.Channel.
func (l *line) Kind() centrala.Channel { return l.kind }

// Read implements channels.Reader.
func (l *line) Read(inbox centrala.Inbox, h centrala.Hook) (centrala.Reading, error) {
	return l.reader.Read(inbox, h)
}

// Accounts implements channels.Router.
func (l *line) Accounts(body []byte) []string { return hook.Accounts(body) }

// EchoWithin implements channels.Echoer.
func (l *line) EchoWithin() time.Duration { return l.c.Echo }

// Explain implements channels.Explainer. Things of any account are taken for ours.
func (l *line) Explain(_ context.Context, raw io.Reader) channels.Explanation {
	return channels.ExplainHook(l, centrala.Inbox{Channel: l.kind}, raw)
}

// account is how an inbox is reached; ok is false when it has no account or no token.
func account(in centrala.Inbox) (a centrala.Account, ok bool) {
	if in.Account == nil {
		return a, false
	}
	return *in.Account, in.Account.ID != "" && in.Account.Token != ""
}

// node is the object of the Graph API by which an account sends. Of an Instagram account that is the
// page it is linked to: the one named as its business, else whose the token is.
func (l *line) node(a centrala.Account) string {
	if l.kind == centrala.Instagram {
		return cmp.Or(a.Business, "me")
	}
	return a.ID
}

// markOf is the mark of a delivery.
func markOf(id centrala.DeliveryID) string { return hook.Mark + id.String() }
