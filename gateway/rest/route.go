package rest

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"centrala"
	"centrala/auth"
)

// route is one operation: where it is, what it does in one line, and who may.
type route struct {
	method, path, summary string
	may                   []auth.Action // any of them; none: everybody, without asking who
	status                int           // 0: 200, or 204 without a body
	secret                bool          // the answer is shown once and must not be kept
	describe              func(*huma.Operation)
}

func get(path, summary string, may ...auth.Action) route {
	return route{method: http.MethodGet, path: path, summary: summary, may: may}
}

func post(path, summary string, may ...auth.Action) route {
	return route{method: http.MethodPost, path: path, summary: summary, may: may}
}

func patch(path, summary string, may ...auth.Action) route {
	return route{method: http.MethodPatch, path: path, summary: summary, may: may}
}

func put(path, summary string, may ...auth.Action) route {
	return route{method: http.MethodPut, path: path, summary: summary, may: may}
}

func remove(path, summary string, may ...auth.Action) route {
	return route{method: http.MethodDelete, path: path, summary: summary, may: may}
}

// creates answers 201.
func (r route) creates() route { r.status = http.StatusCreated; return r }

// once marks an answer with a secret in it, which is not kept for an Idempotency-Key.
func (r route) once() route { r.secret = true; return r }

// with completes the description.
func (r route) with(f func(*huma.Operation)) route { r.describe = f; return r }

// id names the operation after its method and path: get-conversations-id-messages.
func (r route) id() string {
	words := strings.FieldsFunc(strings.TrimPrefix(r.path, "/v1"), func(c rune) bool { return strings.ContainsRune("/{}.", c) })
	return strings.ToLower(r.method) + "-" + strings.Join(words, "-")
}

// tag is the resource's first word, by which the description is grouped.
func (r route) tag() string {
	first, _, _ := strings.Cut(strings.TrimPrefix(r.path, "/v1/"), "/")
	return first
}

// caller is who made the request, and the request.
type caller struct {
	auth.Principal
	addr string
	r    *http.Request
	w    http.ResponseWriter
}

type callerKey struct{}

// locale is the language for texts that c will read: the first of ours that the request names,
// else the agent's own; "" is the house's.
func (c caller) locale() string {
	for tag := range strings.SplitSeq(c.r.Header.Get("Accept-Language"), ",") {
		name, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), ";")
		if name, _, _ = strings.Cut(name, "-"); name == "pl" || name == "en" {
			return name
		}
	}
	if c.Agent != nil {
		return c.Agent.Locale
	}
	return ""
}

// answer wraps a body; nothing is an answer without one.
type (
	answer[T any] struct{ Body T }
	nothing       struct{}
)

// List is a page of a list. Next is the cursor of the following page, null at the end.
type List[T any] struct {
	Items []T     `json:"items"`
	Next  *string `json:"next"`
}

func page[T any](items []T, next string) *answer[List[T]] {
	if items == nil {
		items = []T{}
	}
	l := List[T]{Items: items}
	if next != "" {
		l.Next = &next
	}
	return &answer[List[T]]{l}
}

func ok[T any](v T) *answer[T] { return &answer[T]{v} }

// add registers an operation. Who may not do it is refused before the body is read.
func add[I, O any](s *server, rt route, h func(context.Context, caller, *I) (*O, error)) {
	op := huma.Operation{OperationID: rt.id(), Method: rt.method, Path: rt.path, Summary: rt.summary, Tags: []string{rt.tag()},
		DefaultStatus: rt.status, MaxBodyBytes: maxBody, BodyReadTimeout: requestTime, Responses: map[string]*huma.Response{}}
	if len(rt.may) > 0 {
		op.Security = []map[string][]string{{"bearer": {}}, {"session": {}}}
		op.Extensions = map[string]any{"x-actions": rt.may}
	}
	if rt.describe != nil {
		rt.describe(&op)
	}
	op.Middlewares = huma.Middlewares{s.admit(rt)}
	if rt.method == http.MethodPost && len(rt.may) > 0 && !rt.secret {
		op.Middlewares = append(op.Middlewares, s.repeat)
	}
	huma.Register(s.api, op, func(ctx context.Context, in *I) (*O, error) {
		c, _ := ctx.Value(callerKey{}).(caller)
		out, err := h(ctx, c, in)
		if err == nil {
			return out, nil
		}
		p := problemOf(err)
		if p.Status >= http.StatusInternalServerError {
			s.Log.ErrorContext(ctx, "a request failed", "operation", op.OperationID, "principal", c.ID, "err", err)
		}
		return nil, p
	})
}

// admit finds out who calls, and lets in only who may.
func (s *server) admit(rt route) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		r, w := humago.Unwrap(ctx)
		c := caller{addr: s.Site.Addr(r), r: r, w: w}
		var err error
		if c.Principal, err = s.whoMay(r, rt.may); err != nil {
			p := problemOf(err)
			if p.Status >= http.StatusInternalServerError && !errors.Is(err, context.Canceled) {
				s.Log.ErrorContext(r.Context(), "a caller could not be identified", "operation", rt.id(), "err", err)
			}
			s.refuse(w, r, p)
			return
		}
		if token, ok := s.Guard.Rotate(c.Principal); ok {
			ctx.SetHeader("Centrala-Token", token)
		}
		next(huma.WithValue(ctx, callerKey{}, c))
	}
}

// whoMay identifies the caller and checks that they may do one of the actions. Without
// actions anybody may, and nobody is asked who they are.
func (s *server) whoMay(r *http.Request, may []auth.Action) (auth.Principal, error) {
	token, cookie := auth.TokenOf(r)
	changes := r.Method != http.MethodGet && r.Method != http.MethodHead
	if changes && (cookie || token == "") {
		if err := s.ownPage(r, cookie); err != nil {
			return auth.Principal{}, err
		}
	}
	if len(may) == 0 {
		return auth.Principal{}, nil
	}
	if token == "" {
		return auth.Principal{}, centrala.Errorf(centrala.Unauthorized, "Nobody is signed in.")
	}
	p, err := s.Guard.Identify(r.Context(), token)
	if err != nil {
		return auth.Principal{}, err
	}
	for _, a := range may {
		if auth.Can(p, a) {
			return p, nil
		}
	}
	return auth.Principal{}, centrala.Errorf(centrala.Forbidden, "You may not do this.")
}

// ownPage refuses what another site's page made the browser do: a request that changes
// something comes from our own origin and, when the browser adds the session by itself,
// carries a header that no form can send.
func (s *server) ownPage(r *http.Request, cookie bool) error {
	if !s.Site.SameOrigin(r) {
		return &Problem{Status: http.StatusForbidden, Code: "csrf", Field: "Origin", Title: http.StatusText(http.StatusForbidden),
			Detail: "The request comes from another site."}
	}
	if cookie && r.Header.Get("Centrala-CSRF") != "1" {
		return &Problem{Status: http.StatusForbidden, Code: "csrf", Field: "Centrala-CSRF", Title: http.StatusText(http.StatusForbidden),
			Detail: "The header Centrala-CSRF: 1 is missing."}
	}
	return nil
}

// audited notes who did what. That it could not be noted is an error: what is not in the
// audit log must not look as if it had not happened.
func (s *server) audited(ctx context.Context, c caller, action, subject, detail string) error {
	return s.Store.Audit(ctx, centrala.AuditEntry{At: s.Now().UTC(), By: c.Author(), Action: action, Subject: subject,
		Detail: detail, Address: auth.Prefix(c.addr)})
}

// instant is a time in an answer: RFC 3339 in UTC, null for none.
func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// orNull is null for the zero value.
func orNull[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

// author is the agent who asks, 0 for an API key.
func (c caller) author() centrala.AgentID {
	if c.Agent == nil {
		return 0
	}
	return c.Agent.ID
}
