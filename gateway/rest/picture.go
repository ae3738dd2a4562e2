package rest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"centrala"
	"centrala/auth"
)

// MaxPicture is the largest remote picture that is passed on, in bytes.
const MaxPicture = 5 << 20

// picturesAtOnce is how many of them are fetched at the same time, for all readers together.
const picturesAtOnce = 16

func (s *server) pictureRoutes() {
	add(s, get("/v1/images", "A remote picture of a mail, fetched by the server; t is in the address that the mail's document carries").with(asType("image/*")), s.picture)
}

type pictureQuery struct {
	Token string `query:"t" required:"true" doc:"Signed for one reader and one picture, good for an hour."`
}

// picture fetches a picture for a reader who asked for it. Its owner learns that somebody did:
// not who, from where, or with what. What is not a picture by its bytes is not passed on.
func (s *server) picture(ctx context.Context, c caller, in *pictureQuery) (*file, error) {
	address, err := s.Guard.Picture(ctx, in.Token)
	if err != nil {
		return nil, err
	}
	select {
	case s.pictures <- struct{}{}:
		defer func() { <-s.pictures }()
	case <-ctx.Done():
		return nil, &centrala.Error{Code: centrala.Unavailable, Message: "Too many pictures at once.", Err: ctx.Err()}
	}
	kind, b, err := s.fetchPicture(ctx, address)
	if err != nil {
		return nil, &centrala.Error{Code: centrala.NotFound, Message: "The picture could not be fetched.", Err: err}
	}
	return &file{func(huma.Context) {
		h := c.w.Header()
		h.Set("Content-Type", kind)
		h.Set("Content-Security-Policy", "sandbox; default-src 'none'; frame-ancestors 'none'")
		h.Set("Cross-Origin-Resource-Policy", "cross-origin") // mails are shown in a sandbox without our origin
		h.Set("Cache-Control", "private, max-age=600")
		_, _ = c.w.Write(b) // a reader who is gone needs no picture
	}}, nil
}

func (s *server) fetchPicture(ctx context.Context, address string) (kind string, b []byte, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", nil, fmt.Errorf("address: %w", err)
	}
	r.Header.Set("Accept", "image/png, image/jpeg, image/gif, image/webp")
	r.Header.Set("User-Agent", "Mozilla/5.0 (compatible; mail images)")
	answer, err := s.Pictures.Do(r)
	if err != nil {
		return "", nil, fmt.Errorf("fetch: %w", err)
	}
	defer answer.Body.Close() // read-only
	if answer.StatusCode != http.StatusOK {
		return "", nil, fmt.Errorf("status %d", answer.StatusCode)
	}
	if b, err = io.ReadAll(io.LimitReader(answer.Body, MaxPicture+1)); err != nil {
		return "", nil, fmt.Errorf("read: %w", err)
	}
	if len(b) > MaxPicture {
		return "", nil, errors.New("larger than 5 MB")
	}
	if kind = http.DetectContentType(b); !inPlace(kind) {
		return "", nil, errors.New("no picture by its bytes")
	}
	return kind, b, nil
}

// pictureClient is Config.Pictures, or the one that reaches the public internet only.
func pictureClient(c *http.Client) *http.Client {
	if c == nil {
		return auth.OutgoingPictures(false)
	}
	return c
}
