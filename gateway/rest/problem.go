package rest

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"centrala"
	"centrala/auth"
)

// Problem is a refusal as RFC 9457 writes it, with our own code and, when one input is at
// fault, its name.
type Problem struct {
	Title        string `json:"title" doc:"The status in words."`
	Status       int    `json:"status" doc:"The HTTP status."`
	Code         string `json:"code" doc:"One of the error codes of the protocol, or csrf."`
	Detail       string `json:"detail,omitempty" doc:"One sentence for whoever can act on it."`
	Field        string `json:"field,omitempty" doc:"The input that was refused."`
	Reason       string `json:"reason,omitempty" doc:"Of a token: expired, revoked or bad."`
	RetryAfterMS int64  `json:"retry_after_ms,omitempty" doc:"When trying again makes sense."`
	TriesLeft    *int   `json:"tries_left,omitempty" doc:"On a failed sign-in: how many more this minute."`
}

// Error implements error.
func (p *Problem) Error() string { return p.Code + ": " + p.Detail }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType implements huma.ContentTypeFilter (RFC 9457, section 3).
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// GetHeaders implements huma.HeadersError.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.RetryAfterMS > 0 {
		h.Set("Retry-After", strconv.FormatInt((p.RetryAfterMS+999)/1000, 10))
	}
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="centrala"`)
	}
	return h
}

// statusOf is the one place where the vocabulary's codes become HTTP.
func statusOf(c centrala.Code) int {
	switch c {
	case centrala.BadFrame, centrala.UnknownType:
		return http.StatusBadRequest
	case centrala.Unauthorized:
		return http.StatusUnauthorized
	case centrala.Forbidden, centrala.Closed:
		return http.StatusForbidden
	case centrala.NotFound:
		return http.StatusNotFound
	case centrala.Conflict:
		return http.StatusConflict
	case centrala.TooLong:
		return http.StatusRequestEntityTooLarge
	case centrala.Invalid, centrala.TooMany:
		return http.StatusUnprocessableEntity
	case centrala.RateLimited:
		return http.StatusTooManyRequests
	case centrala.Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// problemOf is the document of an error. What was not minted in our vocabulary is told as
// unavailable, without a word of its text.
func problemOf(err error) *Problem {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	code := centrala.CodeOf(err)
	p := &Problem{Status: statusOf(code), Code: string(code)}
	if e, ok := errors.AsType[*centrala.Error](err); ok && code != centrala.Internal {
		p.Detail, p.Field, p.RetryAfterMS = e.Message, e.Field, e.RetryAfter.Milliseconds()
	} else {
		p.Code, p.Detail = string(centrala.Unavailable), "Something went wrong here; it has been noted."
	}
	if left, ok := auth.TriesLeft(err); ok {
		p.TriesLeft = &left
	} else if code == centrala.Unauthorized {
		p.Reason = auth.Reason(err)
	}
	p.Title = http.StatusText(p.Status)
	return p
}

// refuse writes a problem document outside any operation.
func (s *server) refuse(w http.ResponseWriter, r *http.Request, p *Problem) {
	p.Title = http.StatusText(p.Status)
	for k, v := range p.GetHeaders() {
		w.Header()[k] = v
	}
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	if err := json.NewEncoder(w).Encode(p); err != nil {
		s.Log.DebugContext(r.Context(), "a refusal could not be written", "err", err)
	}
}

// translate turns the validator's own findings into problem documents. The values that were
// refused are not echoed: they may be secrets, or somebody's words.
func translate(_ huma.Context, _ string, v any) (any, error) {
	m, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	p := &Problem{Status: m.Status, Title: http.StatusText(m.Status), Detail: m.Detail}
	for _, d := range m.Errors {
		if d == nil {
			continue
		}
		field := strings.TrimPrefix(strings.TrimPrefix(d.Location, "body."), "query.")
		p.Field, p.Detail = field, sentence(d.Message)
		break
	}
	switch m.Status {
	case http.StatusRequestEntityTooLarge:
		p.Code, p.Detail = string(centrala.TooLong), "The request is too large."
	case http.StatusInternalServerError:
		p.Code = string(centrala.Unavailable)
	case http.StatusBadRequest, http.StatusUnsupportedMediaType, http.StatusRequestTimeout:
		p.Code, p.Field = string(centrala.BadFrame), ""
		if m.Status == http.StatusUnsupportedMediaType {
			p.Detail = "The body must be application/json."
		}
	default:
		p.Code = string(centrala.Invalid)
	}
	return p, nil
}

func sentence(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:] + "."
}

func tooOften(wait time.Duration) error {
	return &centrala.Error{Code: centrala.RateLimited, RetryAfter: wait, Message: "Too many requests from this address; try again later."}
}
