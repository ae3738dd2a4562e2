package rest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"centrala"
)

// Repetition keeps answers by Idempotency-Key for 48 hours. Idempotent takes the key or finds
// the first answer; who took it ends with Remember or, when nothing was done, Forget.
type Repetition interface {
	Idempotent(ctx context.Context, principal, route, key string, body []byte) (stored []byte, status int, found bool, err error)
	Remember(ctx context.Context, principal, route, key string, status int, answer []byte) error
	Forget(ctx context.Context, principal, route, key string) error
}

// idempotencyHeader names a request that may be sent again. On messages it is the message's
// own key, and the log answers a repetition by itself.
const idempotencyHeader = "Idempotency-Key"

// repeat gives a POST that comes again under the same Idempotency-Key its first answer. Uploads
// are too large to compare and messages have their own key: both pass by.
func (s *server) repeat(ctx huma.Context, next func(huma.Context)) {
	r, w := humago.Unwrap(ctx)
	key := r.Header.Get(idempotencyHeader)
	c, _ := ctx.Context().Value(callerKey{}).(caller)
	if key == "" || strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") || ctx.Operation().OperationID == messageOperation {
		next(ctx)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		s.refuse(w, r, problemOf(bodyError(err)))
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	route := r.Method + " " + r.URL.Path
	stored, status, found, err := s.Store.Idempotent(r.Context(), c.ID, route, key, body)
	if err != nil {
		s.failed(w, r, err)
		return
	}
	if found {
		w.Header().Set("Content-Type", contentTypeOf(status))
		w.WriteHeader(status)
		_, _ = w.Write(stored) // the client went away: it may ask again
		return
	}
	k := &keeper{ResponseWriter: w, status: http.StatusOK}
	done := false
	defer func() {
		if !done { // a panic, on its way to caught
			s.forget(c, route, key)
		}
	}()
	next(huma.WithValue(humago.NewContext(ctx.Operation(), r.WithContext(ctx.Context()), k), callerKey{}, c))
	done = true
	switch {
	case k.status >= http.StatusInternalServerError:
		s.forget(c, route, key)
	default:
		err := s.Store.Remember(context.WithoutCancel(r.Context()), c.ID, route, key, k.status, k.body.Bytes())
		if err != nil { // what was done is done: only a repetition would not know
			s.Log.ErrorContext(r.Context(), "an answer could not be kept for its key", "route", route, "err", err)
		}
	}
	w.WriteHeader(k.status)
	_, _ = w.Write(k.body.Bytes()) // the client went away: it may ask again
}

func (s *server) forget(c caller, route, key string) {
	ctx := context.WithoutCancel(c.r.Context())
	if err := s.Store.Forget(ctx, c.ID, route, key); err != nil {
		s.Log.ErrorContext(ctx, "a key could not be given back", "route", route, "err", err)
	}
}

func (s *server) failed(w http.ResponseWriter, r *http.Request, err error) {
	p := problemOf(err)
	if p.Status >= http.StatusInternalServerError {
		s.Log.ErrorContext(r.Context(), "a request failed", "path", r.URL.Path, "err", err)
	}
	s.refuse(w, r, p)
}

func contentTypeOf(status int) string {
	if status >= http.StatusBadRequest {
		return "application/problem+json"
	}
	return "application/json"
}

// bodyError tells a body that is too large from one that broke off.
func bodyError(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return centrala.Errorf(centrala.TooLong, "The request is too large.")
	}
	return &centrala.Error{Code: centrala.BadFrame, Message: "The request broke off.", Err: err}
}

// keeper holds an answer back until it is kept.
type keeper struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

// WriteHeader implements http.ResponseWriter.
func (k *keeper) WriteHeader(status int) { k.status = status }

// Write implements http.ResponseWriter.
func (k *keeper) Write(b []byte) (int, error) { return k.body.Write(b) }
