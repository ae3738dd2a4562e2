package webhook

import (
	"context"
	"fmt"
	"io"
	"mime"
	"net/http"

	"centrala"
)

// Fetch implements channels.Fetcher. The address came from outside: only what is on the open
// internet is asked, by the address that its name resolves to, and nothing is sent along.
func (c *Channel) Fetch(ctx context.Context, _ centrala.Inbox, m centrala.Media) (centrala.Part, error) {
	var none centrala.Part
	if err := c.fileURL(m.Handle); err != nil {
		return none, &centrala.Rejected{Reason: err.Error()}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, m.Handle, nil)
	if err != nil {
		return none, &centrala.Rejected{Reason: "an address that cannot be read"}
	}
	res, err := c.gets.Open(r)
	if err != nil {
		return none, err
	}
	if res.StatusCode == http.StatusOK {
		p := centrala.Part{Name: m.Name, Type: m.Type, Size: max(res.ContentLength, 0), Open: func() (io.ReadCloser, error) { return res.Body, nil }}
		if t, _, err := mime.ParseMediaType(res.Header.Get("Content-Type")); p.Type == "" && err == nil && t != "application/octet-stream" {
			p.Type = t
		}
		return p, nil
	}
	_ = res.Body.Close() // it holds no file
	if s := res.StatusCode; s >= 400 && s < 500 && s != http.StatusTooManyRequests && s != http.StatusRequestTimeout && s != http.StatusTooEarly || s < 400 {
		return none, &centrala.Rejected{Reason: fmt.Sprintf("the file's server says %d", s)}
	}
	return none, fmt.Errorf("the file's server says %d", res.StatusCode)
}
