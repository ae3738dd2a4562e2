package allegro

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"centrala"
	"centrala/channels"
	"centrala/channels/allegro/signin"
	"centrala/channels/vendor"
)

// The versions of the API that are used. Threads of the beta have another shape; issues have no other.
const (
	public = "application/vnd.allegro.public.v1+json"
	beta   = "application/vnd.allegro.beta.v1+json"
)

// turn is what is known of one account's calls: when it last sent, and how often it was too much.
type turn struct {
	send    chan struct{} // held by whoever is about to send
	next    time.Time     // when the next message may leave; for who holds send
	crowded int           // answers in a row that it was too much; guarded by Channel.mu
}

func (c *Channel) turn(id centrala.InboxID) *turn {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.turns[id]
	if t == nil {
		t = &turn{send: make(chan struct{}, 1)}
		c.turns[id] = t
	}
	return t
}

// refusal is an answer that is no success, in the vendor's words. Trace is what the vendor's support
// asks for.
type refusal struct {
	status int
	told   string
	trace  string
}

// Error implements error.
func (r *refusal) Error() string {
	s := fmt.Sprintf("Allegro answered %d", r.status)
	if r.told != "" {
		s += " " + r.told
	}
	if r.trace != "" {
		s += " (Trace-Id " + r.trace + ")"
	}
	return s
}

// call asks the API. An answer that is no success is an error: *channels.Stopped and *channels.Busy
// for the account as a whole, *refusal otherwise; *centrala.Ambiguous when something may have been
// done.
func (c *Channel) call(ctx context.Context, in centrala.Inbox, method, path, version string, v any) (vendor.Answer, error) {
	if in.Account == nil {
		return vendor.Answer{}, signin.Missing(nil)
	}
	return c.authorised(ctx, in, func(ctx context.Context) (*http.Request, error) {
		r, err := vendor.JSON(ctx, method, c.api(in.Account)+path, v)
		if err != nil {
			return nil, err
		}
		r.Header.Set("Accept", version)
		r.Header.Set("Accept-Language", "pl-PL")
		if v != nil {
			r.Header.Set("Content-Type", version)
		}
		return r, nil
	})
}

// upload puts a file where the vendor said.
func (c *Channel) upload(ctx context.Context, in centrala.Inbox, address, kind string, data []byte) (vendor.Answer, error) {
	return c.authorised(ctx, in, func(ctx context.Context) (*http.Request, error) {
		r, err := http.NewRequestWithContext(ctx, http.MethodPut, address, bytes.NewReader(data))
		if err != nil {
			return nil, errors.New("the address that Allegro gave for a file cannot be read")
		}
		r.Header.Set("Content-Type", kind)
		return r, nil
	})
}

// authorised makes a call with the account's token, and once more with a new one when the vendor does
// not know it.
func (c *Channel) authorised(ctx context.Context, in centrala.Inbox, make func(context.Context) (*http.Request, error)) (vendor.Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, c.c.Timeout)
	defer cancel()
	for again := false; ; again = true {
		token, err := c.c.Tokens.Token(ctx, in.ID)
		if err != nil {
			return vendor.Answer{}, err
		}
		r, err := make(ctx)
		if err != nil {
			return vendor.Answer{}, err
		}
		r.Header.Set("Authorization", "Bearer "+token)
		got, err := c.client(r.URL.String()).Do(r)
		if err != nil {
			return got, err
		}
		if got.Status == http.StatusUnauthorized && !again {
			c.c.Tokens.Refuse(in.ID, token)
			continue
		}
		return got, c.judged(in, got)
	}
}

// judged is what an answer means, nil for success.
func (c *Channel) judged(in centrala.Inbox, got vendor.Answer) error {
	if got.Status != http.StatusTooManyRequests {
		c.calm(in.ID)
	}
	if got.OK() {
		return nil
	}
	var f failure
	_ = got.JSON(&f) // then it has no words
	r := &refusal{status: got.Status, told: f.told(), trace: clip(got.Header.Get("Trace-Id"), 64)}
	switch got.Status {
	case http.StatusUnauthorized:
		return signin.Missing(r)
	case http.StatusForbidden:
		return &channels.Stopped{Code: signin.Forbidden, Reason: "Allegro does not allow this to the connected account or application. Check the application's permissions and connect again.", Err: r}
	case http.StatusTooManyRequests:
		return &channels.Busy{For: got.RetryAfter(c.c.Now(), c.crowded(in.ID)), Err: r}
	case http.StatusNotAcceptable, http.StatusUnsupportedMediaType:
		return fmt.Errorf("this program asked in a form that Allegro does not know; that is a fault of the program: %w", r)
	}
	return r
}

// crowded is how long to wait after one more answer that it was too much.
func (c *Channel) crowded(id centrala.InboxID) time.Duration {
	t := c.turn(id)
	c.mu.Lock()
	defer c.mu.Unlock()
	t.crowded++
	steps := [...]time.Duration{10 * time.Second, 30 * time.Second, time.Minute}
	return steps[min(t.crowded, len(steps))-1]
}

func (c *Channel) calm(id centrala.InboxID) {
	t := c.turn(id)
	c.mu.Lock()
	defer c.mu.Unlock()
	t.crowded = 0
}

// status is that of a refusal, 0 when err is none.
func status(err error) int {
	var r *refusal
	if errors.As(err, &r) {
		return r.status
	}
	return 0
}

// vendors reports whether an address is the vendor's own, so that a token may be sent there.
func (c *Channel) vendors(a *centrala.Account, address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.User != nil {
		return false
	}
	if api, err := url.Parse(c.api(a)); err == nil && u.Scheme == api.Scheme && u.Host == api.Host {
		return true
	}
	domain := ".allegro.pl"
	if a.Sandbox {
		domain = ".allegrosandbox.pl"
	}
	return u.Scheme == "https" && strings.HasSuffix(u.Hostname(), domain) && cmp.Or(u.Port(), "443") == "443"
}
