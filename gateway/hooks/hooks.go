// Package hooks is the door for what vendors post: POST /hooks/{inbox}. A post is checked by its raw
// bytes, kept, and answered once it is on disk; what it says is read later, from there. Nothing of a
// body is ever logged.
package hooks

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"centrala"
	"centrala/auth"
	"centrala/channels"
)

// Doors finds the inbox that an address names.
type Doors interface {
	Inbox(ctx context.Context, id centrala.InboxID) (centrala.Inbox, error)
	InboxBySlug(ctx context.Context, slug string) (centrala.Inbox, error)
	Inboxes(ctx context.Context) ([]centrala.Inbox, error)
}

// Shelf keeps what was posted; it returns once that is on disk.
type Shelf interface {
	KeepHooks(ctx context.Context, hooks []centrala.Hook, upto *centrala.Mark) error
}

// Config is what a Handler works with. All fields are needed unless they say otherwise.
type Config struct {
	Doors    Doors
	Shelf    Shelf
	Keepers  []channels.Doorkeeper
	Came     func(centrala.InboxID) // something was kept for this inbox
	Site     auth.Site
	Log      *slog.Logger
	Now      func() time.Time // nil: time.Now
	NoLimits bool
}

// What one post may cost.
const (
	readWithin = 10 * time.Second // its body, from the header on
	keepWithin = 15 * time.Second
	atOnce     = 1024
	bytesHeld  = 256 << 20 // of bodies, all together
	forgedMost = 30        // a minute and network address; more are not even noted
	knownFor   = time.Second
	knownMost  = 1024
)

// Stats counts what came, since the program began.
type Stats struct {
	Kept, Forged, Limited, Oversize, Refused uint64 // Refused: could not be kept now
}

// Handler takes posts. It is safe for concurrent use.
type Handler struct {
	c      Config
	known  known
	forged *auth.Limiter
	inside atomic.Int64
	bytes  atomic.Int64

	kept, forgeries, limited, oversize, refused atomic.Uint64
}

// New makes a Handler, for the pattern /hooks/{inbox}.
func New(c Config) *Handler {
	if c.Now == nil {
		c.Now = time.Now
	}
	most := forgedMost
	if c.NoLimits {
		most = 0
	}
	h := &Handler{c: c, forged: auth.NewLimiter(most, time.Minute, c.Now)}
	h.known.find, h.known.all, h.known.now = h.find, c.Doors.Inboxes, c.Now
	return h
}

// Forget has the inboxes read anew, because one was changed.
func (h *Handler) Forget() { h.known.forget() }

// Stats reads the counters.
func (h *Handler) Stats() Stats {
	return Stats{h.kept.Load(), h.forgeries.Load(), h.limited.Load(), h.oversize.Load(), h.refused.Load()}
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	head := w.Header()
	head.Set("Content-Type", "text/plain; charset=utf-8")
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("Cache-Control", "no-store")
	head.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
	head.Set("Referrer-Policy", "no-referrer")
	defer h.inside.Add(-1)
	if h.inside.Add(1) > atOnce {
		h.later(w, time.Second)
		return
	}
	if r.Method != http.MethodPost && r.Method != http.MethodGet {
		head.Set("Allow", "GET, POST")
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), keepWithin)
	d, err := h.known.door(ctx, r.PathValue("inbox"))
	cancel()
	switch {
	case err != nil && centrala.CodeOf(err) == centrala.NotFound:
		w.WriteHeader(http.StatusNotFound)
	case err != nil:
		h.c.Log.Warn("the inbox of a hook could not be read", "err", err)
		h.later(w, time.Second)
	case r.Method == http.MethodGet:
		h.greet(w, r, d)
	default:
		h.take(w, r, d)
	}
}

// later asks the vendor to send again.
func (h *Handler) later(w http.ResponseWriter, after time.Duration) {
	h.refused.Add(1)
	w.Header().Set("Retry-After", strconv.Itoa(max(int((after+time.Second-1)/time.Second), 1)))
	w.WriteHeader(http.StatusServiceUnavailable)
}

// door is an inbox and who lets posts into it.
type door struct {
	inbox  centrala.Inbox
	keeper channels.Doorkeeper
}

// find is the door of an inbox by its id or slug; NotFound unless it is open and takes posts.
func (h *Handler) find(ctx context.Context, name string) (door, error) {
	var id centrala.InboxID
	var in centrala.Inbox
	err := id.UnmarshalText([]byte(name))
	if err == nil && id != 0 {
		in, err = h.c.Doors.Inbox(ctx, id)
	} else {
		in, err = h.c.Doors.InboxBySlug(ctx, name)
	}
	if err != nil {
		return door{}, err
	}
	for _, k := range h.c.Keepers {
		if in.Enabled && k.Kind() == in.Channel {
			return door{in, k}, nil
		}
	}
	return door{}, centrala.Errorf(centrala.NotFound, "This inbox takes no posts.")
}

// greet answers the vendor's question whether this is really ours.
func (h *Handler) greet(w http.ResponseWriter, r *http.Request, d door) {
	var answer string
	var ok bool
	err := channels.Guarded(func() error {
		answer, ok = d.keeper.Greet(d.inbox, r.URL.Query())
		return nil
	})
	if err != nil {
		h.c.Log.Error("a greeting could not be answered", "inbox", d.inbox.ID.String(), "err", err)
	}
	if err != nil || !ok {
		if h.tooMany(w, r) {
			return
		}
		w.WriteHeader(http.StatusForbidden)
		return
	}
	_, _ = io.WriteString(w, answer)
}

// take keeps one post.
func (h *Handler) take(w http.ResponseWriter, r *http.Request, d door) {
	now := h.c.Now().UTC()
	body, err := h.body(w, r)
	defer h.bytes.Add(-int64(len(body)))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		h.oversize.Add(1)
		h.c.Log.Warn("a hook was too large", "inbox", d.inbox.ID.String(), "limit", large.Limit)
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	case errors.Is(err, errFull):
		h.later(w, time.Second)
		return
	case err != nil: // it never came whole
		w.WriteHeader(http.StatusRequestTimeout)
		return
	}
	posting := channels.Posting{Header: r.Header, Body: body, At: now}
	key, err := admit(d, posting)
	var forged *channels.Forged
	switch {
	case errors.As(err, &forged):
		h.refuse(w, r, d, forged, len(body), now)
		return
	case err != nil:
		h.c.Log.Error("a hook could not be checked", "inbox", d.inbox.ID.String(), "err", err)
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), keepWithin)
	defer cancel()
	list, err := h.addressed(ctx, d, key, posting)
	if err == nil {
		err = h.c.Shelf.KeepHooks(ctx, list, nil)
	}
	if err != nil {
		h.c.Log.Warn("a hook could not be kept; the vendor sends it again", "inbox", d.inbox.ID.String(), "err", err)
		after := time.Second
		var e *centrala.Error
		if errors.As(err, &e) {
			after = max(after, e.RetryAfter)
		}
		h.later(w, after)
		return
	}
	h.kept.Add(1)
	for _, hook := range list {
		h.c.Came(hook.Inbox)
	}
	w.WriteHeader(http.StatusOK)
}

// refuse answers a post that is not the vendor's, and notes that it came.
func (h *Handler) refuse(w http.ResponseWriter, r *http.Request, d door, why *channels.Forged, size int, now time.Time) {
	h.forgeries.Add(1)
	if h.tooMany(w, r) {
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), keepWithin)
	defer cancel()
	err := h.c.Shelf.KeepHooks(ctx, []centrala.Hook{{Inbox: d.inbox.ID, Channel: d.inbox.Channel, At: now, What: "POST /hooks/" + d.inbox.Slug, Size: int64(size),
		Outcome: centrala.HookForged, Cause: centrala.Cause{Code: "forged", Detail: why.Reason}, Address: auth.Prefix(h.c.Site.Addr(r))}}, nil)
	if err != nil {
		h.c.Log.Warn("a forged hook could not be noted", "inbox", d.inbox.ID.String(), "err", err)
	}
	w.WriteHeader(http.StatusUnauthorized)
}

// tooMany counts a wrong request on its address, and refuses it when there were too many.
func (h *Handler) tooMany(w http.ResponseWriter, r *http.Request) bool {
	_, wait, ok := h.forged.Take(auth.LimitKey(h.c.Site.Addr(r)))
	if ok {
		return false
	}
	h.limited.Add(1)
	w.Header().Set("Retry-After", strconv.Itoa(int(wait/time.Second)+1))
	w.WriteHeader(http.StatusTooManyRequests)
	return true
}

// errFull says that the bodies that are held are too much already.
var errFull = errors.New("too much is posted at once")

// body reads a post as it comes. What it returns counts in bytes.
func (h *Handler) body(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	control := http.NewResponseController(w)
	if err := control.SetReadDeadline(time.Now().Add(readWithin)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return nil, err
	}
	room := min(max(r.ContentLength, 0), 64<<10) + 512
	body := make([]byte, 0, room)
	from := http.MaxBytesReader(w, r.Body, channels.MaxHook)
	for {
		if len(body) == cap(body) {
			body = append(body, 0)[:len(body)]
		}
		n, err := from.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		if h.bytes.Add(int64(n)) > bytesHeld && err == nil {
			err = errFull
		}
		if errors.Is(err, io.EOF) {
			_ = control.SetReadDeadline(time.Time{}) // the next request has its own
			return body, nil
		}
		if err != nil {
			return body, err
		}
	}
}
