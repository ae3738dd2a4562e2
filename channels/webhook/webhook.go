// Package webhook is the door for anything else: whatever can post JSON over HTTPS can be a
// channel. docs/webhook.md is the contract, which is versioned and signed the same both ways.
package webhook

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"net/url"
	"strconv"
	"strings"
	"time"

	"gocloud.dev/blob"

	"centrala"
	"centrala/channels"
	"centrala/channels/vendor"
)

// Version is that of the contract.
const Version = 1

// Skew is how far the clocks of both sides may differ.
const Skew = 5 * time.Minute

// Header is where the signature is.
const Header = "Centrala-Signature"

// Config is what the line works with.
type Config struct {
	Files        *blob.Bucket // where files of answers are
	Log          *slog.Logger
	Timeout      time.Duration // of a post, default 20 s
	PrivateFiles bool          // files may be fetched from addresses inside a private network
	PrivateHTTP  bool          // tests only: and without encryption
}

// Channel is the line. It is safe for concurrent use.
type Channel struct {
	c     Config
	posts *vendor.Client // to endpoints, which an administrator has written down
	gets  *vendor.Client // of files, whose addresses come from outside
}

var (
	_ channels.Doorkeeper = (*Channel)(nil)
	_ channels.Fetcher    = (*Channel)(nil)
	_ channels.Repeater   = (*Channel)(nil)
	_ channels.Tester     = (*Channel)(nil)
	_ channels.Explainer  = (*Channel)(nil)
)

// New makes the line.
func New(c Config) *Channel {
	c.Timeout = cmp.Or(c.Timeout, 20*time.Second)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Channel{c: c, posts: vendor.New(channels.Dialer{}), gets: vendor.New(channels.Dialer{PublicOnly: !c.PrivateFiles})}
}

// Kind implements channels.Channel.
func (c *Channel) Kind() centrala.Channel { return centrala.Webhook }

// Greet implements channels.Doorkeeper: nobody asks.
func (c *Channel) Greet(centrala.Inbox, url.Values) (string, bool) { return "", false }

// Admit implements channels.Doorkeeper. Only the body tells a posting from another, since the
// headers beside the signature are not signed.
func (c *Channel) Admit(inbox centrala.Inbox, p channels.Posting) (string, error) {
	if inbox.Account == nil {
		return "", &channels.Forged{Reason: "the inbox has no secret"}
	}
	return "", Check(inbox.Account.HookSecrets(), p.Header.Get(Header), p.Body, p.At)
}

// Sign is the value of the header for a body that is posted at now: a signature by each secret.
func Sign(secrets []string, body []byte, now time.Time) string {
	t := strconv.FormatInt(now.Unix(), 10)
	var b strings.Builder
	b.WriteString("t=" + t)
	for _, s := range secrets {
		b.WriteString(",v1=" + hex.EncodeToString(sum(s, t, body)))
	}
	return b.String()
}

func sum(secret, t string, body []byte) []byte {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte(t + "."))
	m.Write(body)
	return m.Sum(nil)
}

// maxSignatures is how many of them are looked at in one header.
const maxSignatures = 8

// Check is nil when a header signs a body by any of the secrets within the skew of now, and a
// *channels.Forged error otherwise. Which secret or signature it is makes no difference in time.
func Check(secrets []string, header string, body []byte, now time.Time) error {
	t, signatures, err := parse(header)
	if err != nil {
		return err
	}
	if len(secrets) == 0 {
		return &channels.Forged{Reason: "the inbox has no secret"}
	}
	at, err := strconv.ParseInt(t, 10, 64)
	if err != nil {
		return &channels.Forged{Reason: "the t of " + Header + " is no number of seconds"}
	}
	if at < now.Add(-Skew).Unix() || at > now.Add(Skew).Unix() {
		return &channels.Forged{Reason: "the signature is more than five minutes old, or the clocks differ by that much"}
	}
	fits := false
	for _, secret := range secrets {
		want := sum(secret, t, body)
		for _, got := range signatures {
			fits = hmac.Equal(got, want) || fits
		}
	}
	if !fits {
		return &channels.Forged{Reason: "no v1 of " + Header + " fits the body"}
	}
	return nil
}

// parse takes a header apart. Elements that are not known are left alone: there may be a v2 one day.
func parse(header string) (t string, signatures [][]byte, err error) {
	if header == "" {
		return "", nil, &channels.Forged{Reason: "there is no " + Header}
	}
	for part := range strings.SplitSeq(header, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch {
		case name == "t" && t != "":
			return "", nil, &channels.Forged{Reason: Header + " has several t"}
		case name == "t":
			t = value
		case name == "v1" && len(signatures) < maxSignatures:
			if b, err := hex.DecodeString(value); err == nil && len(b) == sha256.Size {
				signatures = append(signatures, b)
			}
		}
	}
	if t == "" || len(signatures) == 0 {
		return "", nil, &channels.Forged{Reason: Header + " has no t, or no v1"}
	}
	return t, signatures, nil
}

// Explain implements channels.Explainer.
func (c *Channel) Explain(_ context.Context, raw io.Reader) channels.Explanation {
	return channels.ExplainHook(c, centrala.Inbox{Channel: centrala.Webhook}, raw)
}

// endpoint is where an inbox's answers are posted to: https, or this machine.
func endpoint(inbox centrala.Inbox) (string, error) {
	if inbox.Account == nil || inbox.Account.Endpoint == "" {
		return "", &channels.Stopped{Code: faultSettings, Reason: "the inbox has no address to post answers to"}
	}
	u, err := url.Parse(inbox.Account.Endpoint)
	if err != nil || u.Host == "" || u.User != nil {
		return "", &channels.Stopped{Code: faultSettings, Reason: "the address to post answers to cannot be read"}
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
		return "", &channels.Stopped{Code: faultSettings, Reason: "answers are posted to https addresses only"}
	}
	if len(inbox.Account.HookSecrets()) == 0 {
		return "", &channels.Stopped{Code: faultSettings, Reason: "the inbox has no secret to sign with"}
	}
	return u.String(), nil
}

var errNoFiles = errors.New("there is nowhere to read files from")
