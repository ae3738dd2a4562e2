package meta

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"mime"
	"net/http"
	"net/url"

	"centrala"
	"centrala/channels"
	"centrala/channels/meta/graph"
	"centrala/channels/meta/hook"
)

// gone is a file that is not there any more.
func gone(why string) error { return &centrala.Rejected{Reason: why} }

// Fetch implements channels.Fetcher. A file of Messenger and Instagram has an address that ends, and
// is asked for without our token; one of WhatsApp has an id by which an address is asked for that is
// good for five minutes. The bytes are held against the size and the digest that the vendor names,
// where it does.
func (l *line) Fetch(ctx context.Context, inbox centrala.Inbox, m centrala.Media) (centrala.Part, error) {
	var h hook.Handle
	if err := json.Unmarshal([]byte(m.Handle), &h); err != nil || h == (hook.Handle{}) {
		return centrala.Part{}, gone("nothing says where the file is")
	}
	if h.Media != "" {
		return l.fetchMedia(ctx, inbox, h, m)
	}
	res, err := l.open(ctx, h.URL, "")
	if err != nil {
		return centrala.Part{}, err
	}
	if err := there(res); err != nil {
		return centrala.Part{}, err
	}
	return part(res, m, expected{sum: digest(h.SHA)}), nil
}

// media is a file of WhatsApp as the Graph API describes it.
type media struct {
	URL  text   `json:"url"`
	Type text   `json:"mime_type"`
	SHA  text   `json:"sha256"`
	Size number `json:"file_size"`
}

// fetchMedia asks where a file is and opens it, and once more when the address has ended meanwhile.
func (l *line) fetchMedia(ctx context.Context, inbox centrala.Inbox, h hook.Handle, m centrala.Media) (centrala.Part, error) {
	a, ok := account(inbox)
	if !ok {
		return centrala.Part{}, &channels.Stopped{Code: graph.StoppedSettings, Reason: stopReason(graph.StoppedSettings)}
	}
	var err error
	for range 2 {
		var is media
		if err := l.call(ctx, inbox, http.MethodGet, "/"+url.PathEscape(h.Media), values("phone_number_id", a.ID), nil, &is); err != nil {
			return centrala.Part{}, err
		}
		if int64(is.Size) > channels.MaxMedia {
			return centrala.Part{}, &centrala.Rejected{Reason: "the file is too large", Cause: centrala.TooLarge}
		}
		var res *http.Response
		if res, err = l.open(ctx, string(is.URL), a.Token); err != nil {
			return centrala.Part{}, err
		}
		if err = there(res); err == nil {
			if m.Type == "" {
				m.Type = plain(string(is.Type))
			}
			want := digest(string(is.SHA))
			if want == nil {
				want = digest(h.SHA)
			}
			return part(res, m, expected{want, int64(is.Size)}), nil
		}
	}
	var rejected *centrala.Rejected
	if errors.As(err, &rejected) && rejected.Cause == "" {
		err = errors.New("the address of the file ended before it was opened") // the id is still good
	}
	return centrala.Part{}, err
}

// there says why a file is not to be had.
func there(res *http.Response) error {
	switch {
	case res.StatusCode == http.StatusOK && res.ContentLength > channels.MaxMedia:
		_ = res.Body.Close()
		return &centrala.Rejected{Reason: "the file is too large", Cause: centrala.TooLarge}
	case res.StatusCode == http.StatusOK:
		return nil
	}
	_ = res.Body.Close() // nothing of it is wanted
	switch res.StatusCode {
	case http.StatusNotFound, http.StatusGone, http.StatusForbidden, http.StatusUnauthorized:
		return gone("the file is not there any more")
	}
	return fmt.Errorf("the file was answered with status %d", res.StatusCode)
}

// open asks for a file. Only Meta's own hosts are shown a token, and it does not follow a redirect.
func (l *line) open(ctx context.Context, address, token string) (*http.Response, error) {
	for range 4 {
		u, err := url.Parse(address)
		if err != nil || u.Host == "" || u.Scheme != "https" && !(test(l.c.Base) && u.Scheme == "http") {
			return nil, gone("the address of the file is none of the encrypted web")
		}
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return nil, gone("the address of the file cannot be read")
		}
		if token != "" && l.trusts(u) {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		res, err := l.files.Open(r)
		if err != nil {
			return nil, err
		}
		if res.StatusCode < 300 || res.StatusCode > 399 {
			return res, nil
		}
		_ = res.Body.Close() // a redirect has nothing to read
		next, err := u.Parse(res.Header.Get("Location"))
		if err != nil || res.Header.Get("Location") == "" {
			return nil, errors.New("the file was answered with a redirect to nowhere")
		}
		address, token = next.String(), ""
	}
	return nil, gone("the file leads from address to address")
}

// trusts reports whether a host is Meta's and may be shown our token.
func (l *line) trusts(u *url.URL) bool {
	base, err := url.Parse(l.c.Base)
	return err == nil && u.Host == base.Host || hook.OfHost(u.Hostname(), "facebook.com", "fbsbx.com", "whatsapp.net")
}

// expected is what a file is held against.
type expected struct {
	sum  []byte // nil: nothing
	size int64  // 0: any
}

// digest is a SHA-256 in base 64, as hooks have it, or in hexadecimal, as the Graph API has it; nil
// when it is none.
func digest(s string) []byte {
	for _, decode := range []func(string) ([]byte, error){hex.DecodeString, base64.StdEncoding.DecodeString, base64.RawURLEncoding.DecodeString} {
		if b, err := decode(s); err == nil && len(b) == sha256.Size {
			return b
		}
	}
	return nil
}

// part is the file of an answer. What the vendor calls it counts more than what we made up.
func part(res *http.Response, m centrala.Media, want expected) centrala.Part {
	p := centrala.Part{Name: m.Name, Type: plain(res.Header.Get("Content-Type"))}
	if p.Type == "application/octet-stream" && m.Type != "" {
		p.Type = m.Type
	}
	if _, params, err := mime.ParseMediaType(res.Header.Get("Content-Disposition")); err == nil && graph.Clean(params["filename"]) != "" {
		p.Name = graph.Clean(params["filename"])
	}
	p.Size = max(res.ContentLength, 0)
	body := &checked{res.Body, sha256.New(), 0, want}
	p.Open = func() (io.ReadCloser, error) { return body, nil }
	return p
}

// checked is a file that fails at its end when it is not what it should be.
type checked struct {
	io.ReadCloser
	sum  hash.Hash
	n    int64
	want expected
}

// Read implements io.Reader.
func (c *checked) Read(b []byte) (int, error) {
	n, err := c.ReadCloser.Read(b)
	c.sum.Write(b[:n]) // never fails
	c.n += int64(n)
	if errors.Is(err, io.EOF) {
		switch {
		case c.want.size > 0 && c.n != c.want.size:
			return n, fmt.Errorf("the file has %d bytes instead of %d", c.n, c.want.size)
		case c.want.sum != nil && subtle.ConstantTimeCompare(c.sum.Sum(nil), c.want.sum) == 0:
			return n, errors.New("the file's SHA-256 is not the one that was named")
		}
	}
	return n, err
}
