// Package gateway is the live edge: the WebSockets of customers, agents and programs, and the
// hub that brings them what is committed. The frames are those of docs/protocol.md, section 2.
//
// One goroutine reads a socket and handles its frames one after another. Writing is done by
// whoever has an answer, or by a goroutine that lives while something waits. A wheel pings
// all sockets and closes those that are silent, slow or nameless; a clerk does what is due
// with the log: read marks, heartbeats, places in the queue. Nothing that a socket does can
// hold up another one.
package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"centrala"
	"centrala/auth"
)

// Log is what the edge asks of the conversation log. Append returns once the words are on
// disk.
type Log interface {
	Append(ctx context.Context, p centrala.Post) (centrala.Receipt, error)
	Do(ctx context.Context, scope centrala.Scope, id centrala.ConversationID, cmd centrala.Command, by centrala.Author) (centrala.Conversation, error)
	Messages(ctx context.Context, scope centrala.Scope, id centrala.ConversationID, p centrala.Page) (msgs []centrala.Message, more bool, err error)
	Tail(ctx context.Context, scope centrala.Scope, id centrala.ConversationID, after int64, limit int) ([]centrala.Message, centrala.Conversation, error)
	Seen(ctx context.Context, scope centrala.Scope, id centrala.ConversationID, by centrala.Author, received, read int64) error
}

// Lists is what it asks about conversations and events.
type Lists interface {
	Conversation(ctx context.Context, scope centrala.Scope, id centrala.ConversationID) (centrala.Conversation, error)
	Conversations(ctx context.Context, scope centrala.Scope, f centrala.Filter) (items []centrala.Conversation, next string, err error)
	Queue(ctx context.Context, id centrala.ConversationID) (position int, err error)
	Since(ctx context.Context, scope centrala.Scope, after centrala.EventID, limit int) ([]centrala.Commit, error)
	LastEvent(ctx context.Context) (centrala.EventID, error)
}

// Floor is who is on the line.
type Floor interface {
	Lines(ctx context.Context) ([]centrala.Line, error)
	SetPresence(ctx context.Context, agent centrala.AgentID, status centrala.PresenceStatus) error
	Heartbeat(ctx context.Context, agents []centrala.AgentID) error
}

// House is the doors and the people outside.
type House interface {
	Inboxes(ctx context.Context) ([]centrala.Inbox, error)
	Teams(ctx context.Context) ([]centrala.Team, error)
	Contact(ctx context.Context, scope centrala.Scope, id centrala.ContactID) (centrala.Contact, error)
	UpdateContact(ctx context.Context, scope centrala.Scope, id centrala.ContactID, ch centrala.ContactChange) (centrala.Contact, error)
}

// Surveys asks customers how it was.
type Surveys interface {
	Surveys(ctx context.Context, contact centrala.ContactID, inbox centrala.InboxID) ([]centrala.Survey, error)
	SurveyByID(ctx context.Context, id centrala.SurveyID) (centrala.Survey, error)
	AnswerSurvey(ctx context.Context, id centrala.SurveyID, contact centrala.ContactID, score int, comment string) (centrala.Survey, *centrala.FollowUp, error)
}

// Suggester finds articles; Shelf remembers which were offered and of use.
type (
	Suggester interface {
		Suggest(ctx context.Context, q centrala.Query) ([]centrala.Suggestion, error)
	}
	Shelf interface {
		Offer(ctx context.Context, d centrala.Deflection) error
	}
)

// Guard says who somebody is; auth.Guard is one.
type Guard interface {
	Identify(ctx context.Context, token string) (auth.Principal, error)
	Rotate(p auth.Principal) (token string, ok bool)
	FileURL(p auth.Principal, id centrala.AttachmentID) string
}

// Config is what a Gateway is made of. All ports are needed; the rest may be zero.
type Config struct {
	Log       Log
	Lists     Lists
	Floor     Floor
	House     House
	Surveys   Surveys
	Suggester Suggester
	Shelf     Shelf
	Guard     Guard
	Logger    *slog.Logger

	Site       auth.Site                  // what an own Origin is
	RemoteAddr func(*http.Request) string // behind trusted proxies; nil: Site.Addr
	Question   func(locale string) string // the survey's question
	Epoch      string                     // names the log's history; cursors of another one are stale
	Cluster    bool                       // other nodes write to the same log
	NoLimits   bool                       // load tests on loopback
}

// Gateway serves /v1/socket. All methods are safe for concurrent use.
type Gateway struct {
	cfg   Config
	log   *slog.Logger
	ctx   context.Context // ends with Close
	stop  context.CancelCauseFunc
	tasks sync.WaitGroup // everything but the sockets
	live  sync.WaitGroup // readers and writers

	frames map[string]handler
	hub    *hub
	wheel  *wheel
	floor  *floor
	queue  *queue
	marks  *marks
	house  *house
	gate   gate
	stats  stats

	bodies, chunks sync.Pool
}

var errClosed = errors.New("the gateway is closed")

// New makes a Gateway and starts its hub, wheel and clerk. Close must be called.
func New(cfg Config) *Gateway {
	g := &Gateway{cfg: cfg, log: cfg.Logger, gate: gate{count: map[string]int{}}}
	if g.log == nil {
		g.log = slog.New(slog.DiscardHandler)
	}
	if g.cfg.RemoteAddr == nil {
		g.cfg.RemoteAddr = cfg.Site.Addr
	}
	g.ctx, g.stop = context.WithCancelCause(context.Background())
	g.bodies.New = func() any { b := make([]byte, 0, 4<<10); return &b }
	g.chunks.New = func() any { b := make([]byte, 0, chunk); return &b }
	g.frames = handlers()
	g.hub, g.wheel, g.floor, g.queue, g.marks, g.house = newHub(g), newWheel(), newFloor(), newQueue(), newMarks(), newHouse(cfg.House)
	for _, sh := range g.hub.shards {
		g.tasks.Go(func() { g.hub.work(sh) })
	}
	g.tasks.Go(g.turn)
	g.tasks.Go(g.clerk)
	return g
}

// run starts a goroutine of a socket.
func (g *Gateway) run(f func()) { g.live.Go(f) }

// Committed hands over what has just come to lie on this node's disk, in commit order. It does
// not block and may be called on the store's own goroutine.
func (g *Gateway) Committed(commits []centrala.Commit) { g.hub.committed(commits) }

// Handle takes a live event of any node. What this node has shown already is dropped; the rest
// is read from the log.
func (g *Gateway) Handle(e centrala.Event) { g.hub.event(e) }

// Gap says that live events may have been missed: everything that is shown is compared with
// the log.
func (g *Gateway) Gap() { g.hub.gap() }

// Recheck asks again who the sockets of a principal are: an agent, an API key or a contact, by
// its wire form. Those whose token no longer counts are closed with 4001.
func (g *Gateway) Recheck(principal string) {
	for _, s := range g.wheel.all() {
		p := s.who.Load()
		if p != nil && (p.ID == principal || p.Visitor != nil && p.Visitor.Contact.String() == principal) {
			s.doubt.Store(true)
		}
	}
}

// ServeHTTP upgrades a request to a socket.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	origin := r.Header.Get("Origin")
	address := auth.LimitKey(g.cfg.RemoteAddr(r))
	if status, detail := g.door(r, origin); status != 0 {
		problem(w, status, detail)
		return
	}
	most := AddressSockets
	if g.cfg.NoLimits {
		most = 0
	}
	if !g.gate.enter(address, most, &g.live) {
		w.Header().Set("Retry-After", "5")
		problem(w, http.StatusTooManyRequests, "Too many sockets of this address have not said hello.")
		return
	}
	s := &session{g: g, origin: strings.Clone(origin), address: strings.Clone(address), born: time.Now()}
	s.wire.sent = &g.stats.bytes
	s.heard.Store(s.born.UnixNano())
	if origin != "" && g.cfg.Site.Own(r, origin) {
		s.origin = ownOrigin
		if c, err := r.Cookie(auth.SessionCookieName); err == nil {
			s.cookie = strings.Clone(c.Value)
		}
	}
	conn, err := websocket.Accept(upgrade{w, &s.wire}, r, &websocket.AcceptOptions{
		Subprotocols: []string{"centrala.v1"}, InsecureSkipVerify: true, // door has checked the origin, with ports and schemes
		OnPingReceived: func(context.Context, []byte) bool { s.heard.Store(time.Now().UnixNano()); return true },
		OnPongReceived: func(context.Context, []byte) { s.heard.Store(time.Now().UnixNano()) },
	})
	if err != nil {
		g.gate.leave(address)
		g.live.Done()
		g.log.Debug("a socket was not opened", "err", err) // the library has answered
		return
	}
	conn.SetReadLimit(MaxFrame)
	s.conn = conn
	g.stats.opened.Add(1)
	g.wheel.add(s)
	if g.gate.shut() {
		s.restart()
	}
	go func() {
		defer g.live.Done()
		s.read()
	}()
}

// door refuses what must not become a socket: a foreign origin, another protocol, a server
// that is closing.
func (g *Gateway) door(r *http.Request, origin string) (status int, detail string) {
	if g.gate.shut() {
		return http.StatusServiceUnavailable, "The server is restarting."
	}
	if offered := r.Header.Values("Sec-Websocket-Protocol"); len(offered) > 0 && !strings.Contains(strings.Join(offered, ","), "centrala.v1") {
		return http.StatusBadRequest, "The subprotocol is centrala.v1."
	}
	if origin == "" || g.cfg.Site.Own(r, origin) {
		return 0, ""
	}
	inboxes, err := g.house.inboxes(r.Context())
	if err != nil {
		g.log.Error("read the inboxes", "err", err)
		return http.StatusServiceUnavailable, "The server cannot say now whether this site may connect."
	}
	for i := range inboxes {
		if allows(inboxes[i].Origins, origin) {
			return 0, ""
		}
	}
	return http.StatusForbidden, "This site may not connect."
}

func problem(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"type":"about:blank","title":%q,"status":%d,"detail":%q}`, http.StatusText(status), status, detail)
}

// leave takes a socket out of everything.
func (g *Gateway) leave(s *session) {
	g.wheel.remove(s)
	p := s.who.Load()
	if p == nil {
		g.gate.leave(s.address)
		return
	}
	g.hub.leave(s, p)
}

// restart closes the socket and asks the client to come back at a random moment, so that not
// all of them come at once.
func (s *session) restart() {
	s.end(closeRestart, fmt.Sprintf(`{"retry_after_ms":%d}`, 200+rand.IntN(4800)))
}

// Close tells all sockets to come back a little later, spread at random, stores what is still
// to be stored and waits until they are gone, or until ctx ends.
func (g *Gateway) Close(ctx context.Context) error {
	g.gate.close()
	for _, s := range g.wheel.all() {
		s.restart()
	}
	done := make(chan struct{})
	go func() {
		g.live.Wait()
		close(done)
	}()
	var err error
	select {
	case <-done:
	case <-ctx.Done():
		err = fmt.Errorf("close the sockets: %w", context.Cause(ctx))
		for _, s := range g.wheel.all() {
			if cut := s.conn.CloseNow(); cut != nil {
				g.log.Debug("cut a socket", "err", cut)
			}
		}
		<-done // each ends now that its connection is closed
	}
	g.marks.flush(g)
	g.stop(errClosed)
	g.tasks.Wait()
	return err
}

// call bounds one question to the log; a socket that ends does not end it.
func (g *Gateway) call() (context.Context, context.CancelFunc) {
	return context.WithTimeout(g.ctx, 15*time.Second)
}

// stats counts what Stats tells.
type stats struct {
	opened, in, out, bytes, refused atomic.Int64

	mu     sync.Mutex
	closes map[int]int64
}

func (s *stats) closed(code websocket.StatusCode) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closes == nil {
		s.closes = map[int]int64{}
	}
	s.closes[int(code)]++
}

// Stats are figures for /metrics: what is open now, and totals since the start. Closed counts
// sockets by close code, 1005 for those whose peer left.
type Stats struct {
	Sockets, Visitors, Staff, Topics      int
	Opened, FramesIn, FramesOut, BytesOut int64
	Refused                               int64
	Closed                                map[int]int64
}

// Stats reads the figures.
func (g *Gateway) Stats() Stats {
	visitors, staff, topics := g.hub.counts()
	out := Stats{Sockets: g.wheel.len(), Visitors: visitors, Staff: staff, Topics: topics,
		Opened: g.stats.opened.Load(), FramesIn: g.stats.in.Load(), FramesOut: g.stats.out.Load(),
		BytesOut: g.stats.bytes.Load(), Refused: g.stats.refused.Load(), Closed: map[int]int64{}}
	g.stats.mu.Lock()
	defer g.stats.mu.Unlock()
	for code, n := range g.stats.closes {
		out.Closed[code] = n
	}
	return out
}
