// Package rest is the edge for everything that is not live: the resources under /v1, as
// docs/protocol.md, section 3, promises them, with their description at /v1/openapi.json.
//
// Each resource declares the little it needs of the log; errors of the vocabulary become
// problem documents (RFC 9457) here and nowhere else.
package rest

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"gocloud.dev/blob"

	"centrala"
	"centrala/asking"
	"centrala/auth"
	"centrala/deflection"
)

// Config is everything the API stands on. All fields are needed unless they say otherwise.
type Config struct {
	Log         *slog.Logger
	Guard       *auth.Guard
	Site        auth.Site
	Store       Store
	Articles    Articles
	Manuscripts Manuscripts
	Publishing  Publishing
	Versions    Versions
	Measures    Measures
	Shelves     Shelves
	WordLists   WordLists
	Enclosures  Enclosures
	Blobs       *blob.Bucket
	Index       Index

	HoldOut asking.HoldOut         // which visitors are suggested nothing
	Consent Consent                // mailboxes that sign in with a provider; nil: none do
	Seal    Seal                   // what the browser carries to a provider and back; needed with Consent
	Devices Devices                // accounts that are connected by a code; nil: none are
	Mended  func(centrala.InboxID) // a line that had stopped can be opened again; nil: nobody is told

	Score     func(centrala.SurveyCounts) centrala.SurveyResult                         // answers into figures
	Table     func(out io.Writer, r deflection.Report, locale string) error             // what the Help Centre was worth, to be downloaded
	Hours     func(h centrala.Hours, at time.Time) (open bool, changes time.Time)       // zero changes: never
	Lines     func(ctx context.Context, in centrala.Inbox, locale string) InboxState    // how a door is doing, in a person's language; nil: always well
	Test      func(ctx context.Context, in centrala.Inbox, locale string) []TestStep    // a line test; nil: there is none
	Templates func(ctx context.Context, in centrala.Inbox) ([]centrala.Template, error) // what a vendor has approved; nil: nothing

	Retry func(ctx context.Context, group string, e centrala.Event) error // a dead letter, once more; nil: cannot
	Ended func(principal string)                                          // somebody's rights changed or ended, by wire id; nil: nobody is connected
	Ready func() error                                                    // the stream; nil: always
	Now   func() time.Time                                                // nil: time.Now

	Mail     Reader                               // reads stored mails again; nil: there are none
	Clean    func(html string, policy int) string // HTML that an older policy let through, by that of today; nil: there is one
	Pictures *http.Client                         // fetches remote pictures; nil: of the public internet only

	ReadHook func(inbox centrala.Inbox, h centrala.Hook) (read centrala.HookRead, explained any)       // as the parser of today reads it; nil: nobody does
	Links    func(ctx context.Context) (faults []centrala.LinkFault, articles, outside int, err error) // follows the articles' links within the Help Centre
	Replayed func(centrala.InboxID)                                                                    // hooks of this inbox are to be read again; nil: nobody is told

	Scribe Scribe // drafts answers for agents; nil: nothing does

	Organisation   string // name of the marketplace
	SurveyDelay    time.Duration
	SurveyInterval time.Duration // at most one survey in this time
	NoLimits       bool
}

// Store is what all resources together ask of the log.
type Store interface {
	Talk
	People
	House
	Figures
}

// Talk is conversations and all that is in them.
type Talk interface {
	Conversations
	Participants
	Timeline
	Deliveries
	Files
	Desk
}

// People is everybody outside.
type People interface {
	Contacts
	Persons
	Likenesses
	Visits
}

// House is who works here, through which doors people come, and what is on record.
type House interface {
	Agents
	Teams
	Inboxes
	Fuses
	Macros
	Ledger
	Book
	HookBook
}

// Figures is what is counted, what follows from it, and how the stream is doing.
type Figures interface {
	Surveys
	Reports
	DeadLetters
	Repetition
}

// isUpload reports whether a request brings a file.
func isUpload(r *http.Request) bool {
	return r.URL.Path == "/v1/attachments" || r.Method == http.MethodPost && strings.HasPrefix(r.URL.Path, "/v1/manuscripts/") && strings.HasSuffix(r.URL.Path, "/files")
}

// How long a request may take, and how much a body may hold: more for uploads.
const (
	requestTime = 30 * time.Second
	uploadTime  = 5 * time.Minute
	maxBody     = 1 << 20
	maxUpload   = MaxFile + 1<<20
)

type server struct {
	Config
	mux      *http.ServeMux
	api      huma.API
	visitors *auth.Limiter
	pictures chan struct{} // a place for everyone that is being fetched
	links    linkDesk
	drafts   *auth.Limiter
	once     map[string]bool // operations whose answers are kept for a repeated Idempotency-Key
}

// New makes the handler of everything under /v1/ but the socket, of /oauth/callback, and of the files of
// articles under /help/files/. It is safe for concurrent
// use and starts no goroutine.
func New(c Config) http.Handler {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Lines == nil {
		c.Lines = func(context.Context, centrala.Inbox, string) InboxState { return InboxState{OK: true} }
	}
	if c.Ended == nil {
		c.Ended = func(string) {}
	}
	if c.Clean == nil {
		c.Clean = func(html string, _ int) string { return html }
	}
	c.Pictures = pictureClient(c.Pictures)
	perMinute := 30
	if c.NoLimits {
		perMinute = 0
	}
	s := &server{Config: c, mux: http.NewServeMux(), visitors: auth.NewLimiter(perMinute, time.Minute, c.Now), drafts: auth.NewLimiter(DraftsPerMinute, time.Minute, c.Now), once: make(map[string]bool), links: linkDesk{turn: make(chan struct{}, 1)},
		pictures: make(chan struct{}, picturesAtOnce)}
	s.api = humago.New(s.mux, describe())
	for _, routes := range []func(){
		s.visitorRoutes, s.sessionRoutes, s.meRoutes, s.conversationRoutes, s.participantRoutes, s.fuseRoutes, s.commandRoutes, s.messageRoutes, s.draftRoutes, s.deliveryRoutes,
		s.attachmentRoutes, s.contactRoutes, s.personRoutes, s.agentRoutes, s.teamRoutes, s.inboxRoutes, s.macroRoutes, s.keyRoutes, s.auditRoutes, s.mailRoutes, s.hookRoutes, s.pictureRoutes,
		s.articleRoutes, s.linkRoutes, s.searchRoutes, s.manuscriptRoutes, s.enclosureRoutes, s.shelfRoutes, s.wordListRoutes, s.surveyRoutes, s.reportRoutes, s.deflectionRoutes, s.streamRoutes,
	} {
		routes()
	}
	s.documents()
	s.mux.HandleFunc("GET "+callback, s.returned)
	s.mux.HandleFunc("GET /help/files/{file}/{name}", s.enclosed)
	return http.HandlerFunc(s.serve)
}

// serve does what concerns every request: its host, its size, its time, and that nothing of
// ours is ever shown inside another page or taken for another type.
func (s *server) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	if !s.Site.HostOK(r) {
		s.refuse(w, r, &Problem{Status: http.StatusMisdirectedRequest, Code: string(centrala.Invalid), Field: "Host",
			Detail: "This server does not answer to that name."})
		return
	}
	limit, allowed := int64(maxBody), requestTime
	if isUpload(r) {
		limit, allowed = maxUpload, uploadTime
	}
	body := &kept{Reader: http.MaxBytesReader(w, r.Body, limit), whole: r.Body}
	r.Body = body
	defer body.drain(w)
	ctx, cancel := context.WithTimeoutCause(r.Context(), allowed, errors.New("the request took too long"))
	defer cancel()
	defer s.caught(w, r)
	r = r.WithContext(ctx)
	_, pattern := s.mux.Handler(r)
	if pattern == "" {
		s.nowhere(w, r)
		return
	}
	s.mux.ServeHTTP(w, r)
}

// kept is a body that nobody but the HTTP server closes. Closed early, with a rest unread and
// wrapped as it is here, the server would take the rest for the next request.
type kept struct {
	io.Reader
	whole io.Reader
	ended bool
}

// Read implements io.Reader.
func (k *kept) Read(p []byte) (int, error) {
	n, err := k.Reader.Read(p)
	k.ended = k.ended || err == io.EOF
	return n, err
}

// Close implements io.Closer.
func (*kept) Close() error { return nil }

// drain reads some more of a body that was refused, so that a client that is still sending gets
// to read why instead of a reset connection.
func (k *kept) drain(w http.ResponseWriter) {
	if k.ended || k.whole == http.NoBody {
		return
	}
	control := http.NewResponseController(w)
	if err := control.SetReadDeadline(time.Now().Add(2 * time.Second)); err != nil {
		return
	}
	_, _ = io.CopyN(io.Discard, k.whole, 8<<20) // whatever it is, it was refused
	_ = control.SetReadDeadline(time.Time{})
}

// caught makes a problem document of a panic, so that one bad request ends alone.
func (s *server) caught(w http.ResponseWriter, r *http.Request) {
	v := recover()
	if v == nil {
		return
	}
	if v == http.ErrAbortHandler {
		panic(v)
	}
	s.Log.ErrorContext(r.Context(), "a request panicked", "method", r.Method, "path", r.URL.Path, "panic", v, "stack", string(debug.Stack()))
	s.refuse(w, r, problemOf(errors.New("panic")))
}

// nowhere answers for what the mux does not know: no such path, or not with this method.
func (s *server) nowhere(w http.ResponseWriter, r *http.Request) {
	var methods []string
	for _, m := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		probe := r.Clone(r.Context())
		probe.Method = m
		if _, pattern := s.mux.Handler(probe); pattern != "" {
			methods = append(methods, m)
		}
	}
	if len(methods) == 0 {
		s.refuse(w, r, problemOf(centrala.Errorf(centrala.NotFound, "There is no such resource.")))
		return
	}
	w.Header().Set("Allow", strings.Join(methods, ", "))
	s.refuse(w, r, &Problem{Status: http.StatusMethodNotAllowed, Code: string(centrala.Invalid), Detail: "This resource does not take " + r.Method + "."})
}
