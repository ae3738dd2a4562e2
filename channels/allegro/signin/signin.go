// Package signin is how a seller's account is connected with Allegro and stays so: the device flow (RFC
// 8628), in which a person types a code at the vendor's, and the tokens that are renewed from then on.
package signin

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"centrala"
	"centrala/channels"
	"centrala/channels/vendor"
)

// sandbox is where accounts of the world for trying things out are signed in.
const sandbox = "https://allegro.pl.allegrosandbox.pl"

// Config is what the sign-in works with. Keeper is required, the rest has defaults.
type Config struct {
	Auth    string // address of the sign-in, default the vendor's
	Keeper  Keeper
	Log     *slog.Logger
	Timeout time.Duration    // of one call, default 20 s
	Settle  time.Duration    // for another node to write down what it got, default 2 s
	Now     func() time.Time // nil: the real clock

	web, local *vendor.Client
}

func (c Config) whole() Config {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	c.Auth = cmp.Or(strings.TrimRight(c.Auth, "/"), "https://allegro.pl")
	c.Timeout, c.Settle = cmp.Or(c.Timeout, 20*time.Second), cmp.Or(c.Settle, 2*time.Second)
	c.web, c.local = vendor.New(channels.Dialer{}), vendor.New(channels.Dialer{LoopbackOnly: true})
	return c
}

// New makes the Tokens of all accounts.
func New(c Config) *Tokens {
	return &Tokens{c: c.whole(), of: make(map[centrala.InboxID]*held)}
}

// ask posts a form to the sign-in, as the application. An answer that is no success is *refused with
// the vendor's code.
func (c Config) ask(ctx context.Context, a *centrala.Account, path string, form url.Values) (vendor.Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	at, client := c.Auth, c.web
	if a.Sandbox {
		at = sandbox
	}
	if strings.HasPrefix(at, "http:") {
		client = c.local
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, at+path, strings.NewReader(form.Encode()))
	if err != nil {
		return vendor.Answer{}, errors.New("the address of Allegro's sign-in cannot be read")
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "application/json")
	r.SetBasicAuth(url.QueryEscape(a.Client), url.QueryEscape(a.ClientSecret)) // RFC 6749, 2.3.1
	got, err := client.Do(r)
	var ambiguous *centrala.Ambiguous
	if errors.As(err, &ambiguous) {
		err = ambiguous.Err // to ask again is all that can be done
	}
	if err != nil || got.OK() {
		return got, err
	}
	var said struct {
		Error string `json:"error"`
	}
	if got.JSON(&said) != nil {
		said.Error = "without a word"
	}
	return got, &refused{code: clip(said.Error, 80), status: got.Status}
}

// grant asks for tokens. They are given once only, and what they are asked by is void then, so nobody's
// impatience ends the call: it takes the time of one at most.
func (c Config) grant(ctx context.Context, a *centrala.Account, form url.Values) (pair, error) {
	var p pair
	got, err := c.ask(context.WithoutCancel(ctx), a, "/auth/oauth/token", form)
	if err != nil {
		return p, err
	}
	if err := got.JSON(&p); err != nil {
		return p, err
	}
	if p.Access == "" || p.Refresh == "" {
		return p, errors.New("the sign-in gave no tokens")
	}
	return p, nil
}

// clip is a stranger's word on one line, at most n characters.
func clip(s string, n int) string {
	var out []rune
	for _, r := range s {
		if r < ' ' {
			r = ' '
		}
		if out = append(out, r); len(out) >= n {
			break
		}
	}
	return string(out)
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
