package telegram

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"centrala"
	"centrala/channels"
)

// maxDownload is the largest file that a bot may download.
const maxDownload = 20 << 20

type filePath struct {
	Path string `json:"file_path"`
	Size int64  `json:"file_size"`
}

// Fetch implements channels.Fetcher. The address of a file is good for an hour at least and has the
// token in it: it is asked for each time, and kept nowhere. One that has run out meanwhile is asked
// for once more.
func (c *Channel) Fetch(ctx context.Context, inbox centrala.Inbox, m centrala.Media) (centrala.Part, error) {
	var res *http.Response
	for range 2 {
		var f filePath
		if err := c.call(ctx, inbox, "getFile", map[string]string{"file_id": m.Handle}, &f); err != nil {
			return centrala.Part{}, lost(err)
		}
		switch {
		case f.Size > maxDownload:
			return centrala.Part{}, tooBig()
		case f.Path == "":
			return centrala.Part{}, errors.New("getFile: no path yet")
		}
		var err error
		if res, err = c.download(ctx, inbox, f.Path); err != nil {
			return centrala.Part{}, err
		}
		if res.StatusCode == http.StatusOK {
			body := res.Body
			return centrala.Part{Name: m.Name, Type: m.Type, Size: max(res.ContentLength, 0), Open: func() (io.ReadCloser, error) { return body, nil }}, nil
		}
		if err := res.Body.Close(); err != nil {
			return centrala.Part{}, err
		}
		if res.StatusCode != http.StatusNotFound {
			break
		}
	}
	return centrala.Part{}, fmt.Errorf("a file: Telegram answers %d", res.StatusCode)
}

func (c *Channel) download(ctx context.Context, inbox centrala.Inbox, path string) (*http.Response, error) {
	parts := strings.Split(path, "/")
	for i, p := range parts {
		if p == "" || p == "." || p == ".." {
			return nil, errors.New("getFile: a path that is none")
		}
		parts[i] = url.PathEscape(p)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.c.API+"/file/bot"+inbox.Account.Token+"/"+strings.Join(parts, "/"), nil)
	if err != nil {
		return nil, errors.New("getFile: a path that is none")
	}
	return c.http.Open(r)
}

// lost tells a file that will never come from one that may.
func lost(err error) error {
	var (
		r       *refusal
		stopped *channels.Stopped
	)
	switch {
	case errors.As(err, &stopped):
		return err
	case !errors.As(err, &r) || r.code != http.StatusBadRequest:
		return err
	case strings.Contains(strings.ToLower(r.description), "too big"):
		return tooBig()
	}
	return &centrala.Rejected{Reason: "Telegram does not have the file any more: " + r.description}
}

func tooBig() error {
	return &centrala.Rejected{Reason: "a bot may fetch files of 20 MB at most", Cause: centrala.TooLarge}
}
