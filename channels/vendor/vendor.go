// Package vendor is one call to a vendor's API over HTTP: what it may cost, what is known when it
// fails, and that no secret of it ends up in a log.
package vendor

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"centrala"
	"centrala/channels"
)

// MaxAnswer is how much of an answer is read, unless it is a file.
const MaxAnswer = 8 << 20

// Client calls a vendor. Redirects are not followed, since they would take the token along. It is
// safe for concurrent use.
type Client struct{ http *http.Client }

// New makes a Client. Where an address leads back into the machine's surroundings, dialer refuses
// it.
func New(dialer channels.Dialer) *Client {
	return &Client{&http.Client{
		Transport: &http.Transport{
			DialContext: dialer.DialContext, ForceAttemptHTTP2: true, TLSHandshakeTimeout: 15 * time.Second,
			MaxIdleConnsPerHost: 8, IdleConnTimeout: 90 * time.Second, ResponseHeaderTimeout: time.Minute,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Answer is what a vendor answered.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// OK reports whether the status is one of success.
func (a Answer) OK() bool { return a.Status >= 200 && a.Status < 300 }

// JSON reads the body into v.
func (a Answer) JSON(v any) error {
	if err := json.Unmarshal(a.Body, v); err != nil {
		return fmt.Errorf("an answer (%d) that is no JSON: %w", a.Status, err)
	}
	return nil
}

// Do makes a call. A call that may have changed something and of which nobody knows whether it was
// heard is *centrala.Ambiguous; any other error says that nothing was done, or that it does not
// matter how often. No error names more of the address than its host.
func (c *Client) Do(r *http.Request) (Answer, error) {
	var a Answer
	res, err := c.open(r)
	if err != nil {
		return a, err
	}
	defer res.Body.Close()
	a.Status, a.Header = res.StatusCode, res.Header
	a.Body, err = io.ReadAll(io.LimitReader(res.Body, MaxAnswer+1))
	switch {
	case err != nil:
		return a, doubt(r, true, bare(r, err))
	case len(a.Body) > MaxAnswer:
		return a, doubt(r, true, fmt.Errorf("%s: an answer of more than %d MB", r.URL.Host, MaxAnswer>>20))
	}
	return a, nil
}

// Open makes a call whose answer is a file. The caller closes the body.
func (c *Client) Open(r *http.Request) (*http.Response, error) { return c.open(r) }

func (c *Client) open(r *http.Request) (*http.Response, error) {
	var wrote atomic.Bool
	trace := &httptrace.ClientTrace{WroteHeaders: func() { wrote.Store(true) }}
	r.Header.Set("User-Agent", "centrala")
	res, err := c.http.Do(r.WithContext(httptrace.WithClientTrace(r.Context(), trace)))
	if err != nil {
		return nil, doubt(r, wrote.Load(), bare(r, err))
	}
	return res, nil
}

// doubt makes an error of a call that may have been heard ambiguous, unless it only asked.
func doubt(r *http.Request, heard bool, err error) error {
	if heard && r.Method != http.MethodGet && r.Method != http.MethodHead {
		return &centrala.Ambiguous{Err: err}
	}
	return err
}

// bare is an error without the address, which may hold a token.
func bare(r *http.Request, err error) error {
	var whole *url.Error
	if errors.As(err, &whole) {
		err = whole.Err
	}
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return fmt.Errorf("%s did not answer in time: %w", r.URL.Host, err)
	}
	return fmt.Errorf("%s: %w", r.URL.Host, err)
}

// JSON is a request with a JSON body; no body when v is nil.
func JSON(ctx context.Context, method, address string, v any) (*http.Request, error) {
	var body io.Reader
	if v != nil {
		b, err := json.Marshal(v)
		if err != nil {
			return nil, fmt.Errorf("request: %w", err)
		}
		body = bytes.NewReader(b)
	}
	r, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return nil, errors.New("request: the address of the vendor's API cannot be read")
	}
	if v != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	return r, nil
}

// RetryAfter is how long the vendor asks to wait (RFC 9110, 10.2.3), otherwise when it does not
// say.
func (a Answer) RetryAfter(now time.Time, otherwise time.Duration) time.Duration {
	v := a.Header.Get("Retry-After")
	if s, err := strconv.Atoi(v); err == nil && s >= 0 {
		return time.Duration(s) * time.Second
	}
	if at, err := http.ParseTime(v); err == nil && at.After(now) {
		return at.Sub(now)
	}
	return otherwise
}
