package allegro

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"centrala"
	"centrala/channels"
	"centrala/channels/allegro/signin"
)

// Fetch implements channels.Fetcher. Files of a thread are brought once the vendor has found them
// safe.
func (c *Channel) Fetch(ctx context.Context, in centrala.Inbox, m centrala.Media) (centrala.Part, error) {
	var h handle
	if err := json.Unmarshal([]byte(m.Handle), &h); err != nil {
		return centrala.Part{}, &centrala.Rejected{Reason: "it is not known where the file is", Cause: centrala.BadFile}
	}
	if in.Account == nil {
		return centrala.Part{}, signin.Missing(nil)
	}
	p := centrala.Part{Name: m.Name, Type: m.Type}
	path := "/sale/issues/attachments/"
	if !h.Issue {
		path = "/messaging/message-attachments/"
		a, err := c.scanned(ctx, in, h)
		if err != nil {
			return p, err
		}
		h.ID, p.Name, p.Type = cmp.Or(a.id(), h.ID), cmp.Or(p.Name, string(a.Name)), cmp.Or(p.Type, string(a.Type))
	}
	if h.ID == "" {
		return p, &centrala.Rejected{Reason: "Allegro does not say where the file is", Cause: centrala.BadFile}
	}
	got, err := c.authorised(ctx, in, func(ctx context.Context) (*http.Request, error) {
		// No Accept: with one of the API's versions the answer is 406.
		return http.NewRequestWithContext(ctx, http.MethodGet, c.api(in.Account)+path+url.PathEscape(h.ID), nil)
	})
	switch s := status(err); {
	case s == http.StatusNotFound || s == http.StatusGone:
		return p, &centrala.Rejected{Reason: "Allegro does not have the file any more", Cause: centrala.BadFile}
	case err != nil:
		return p, err
	}
	p.Size = int64(len(got.Body))
	p.Open = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(got.Body)), nil }
	return p, nil
}

// scanned is what the vendor says of a file of a thread today: safe, or why there is nothing to fetch.
func (c *Channel) scanned(ctx context.Context, in centrala.Inbox, h handle) (attachment, error) {
	got, err := c.call(ctx, in, http.MethodGet, "/messaging/messages/"+url.PathEscape(h.Message), public, nil)
	if s := status(err); s == http.StatusNotFound || s == http.StatusGone {
		return attachment{}, &centrala.Rejected{Reason: "Allegro does not have the message any more", Cause: centrala.BadFile}
	}
	if err != nil {
		return attachment{}, err
	}
	var m message
	if err := got.JSON(&m); err != nil {
		return attachment{}, err
	}
	if h.N < 0 || h.N >= len(m.Attachments) {
		return attachment{}, &centrala.Rejected{Reason: "Allegro does not have the file any more", Cause: centrala.BadFile}
	}
	a := m.Attachments[h.N]
	switch {
	case a.Status == safe:
		return a, nil
	case a.Status == scanning && c.c.Now().Sub(time.Unix(h.At, 0)) < forget:
		return a, &channels.Later{For: 10 * time.Second, Err: errors.New("the file is not scanned yet")}
	}
	return a, &centrala.Rejected{Reason: "Allegro does not give the file out: " + clip(string(a.Status), 40), Cause: centrala.BadFile}
}
