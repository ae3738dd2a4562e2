// Package gateway is the live edge: the WebSockets of customers, agents and programs, and the
// hub that brings them what is committed. The frames are those of docs/protocol.md, section 2.
//
// A session handles the frames of one socket, one after another, on that socket's reader
// goroutine. The hub shows commits, the clerk does what is due with the log: read marks,
// heartbeats, places in the queue. Nothing that a socket does can hold up another one.
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

	"centrala"
	"centrala/asking"
	"centrala/auth"
	"centrala/gateway/floor"
	"centrala/gateway/hints"
	"centrala/gateway/hub"
	"centrala/gateway/socket"
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

// Guard says who somebody is; auth.Guard is one.
type Guard interface {
	Identify(ctx context.Context, token string) (auth.Principal, error)
	Rotate(p auth.Principal) (token string, ok bool)
	FileURL(p auth.Principal, id centrala.AttachmentID) string
}

// Config is what a Gateway is made of. All ports but Bot and Questions are needed; the rest may be zero.
type Config struct {
	Log       Log
	Lists     Lists
	Floor     Floor
	House     House
	Surveys   Surveys
	Bot       Bot // nil: there is none
	Suggester asking.Finder
	Shelf     hints.Shelf
	Questions asking.Questions // nil: none are kept
	Guard     Guard
	Logger    *slog.Logger

	Site       auth.Site                  // what an own Origin is
	RemoteAddr func(*http.Request) string // behind trusted proxies; nil: Site.Addr
	Question   func(locale string) string // the survey's question
	Epoch      string                     // names the log's history; cursors of another one are stale
	HoldOut    asking.HoldOut             // which visitors are suggested nothing
	Cluster    bool                       // other nodes write to the same log
	Now        func() time.Time           // by which the log is written; nil: time.Now
	Peers      hub.Peers                  // their gateways; nil: there are none
	NoLimits   bool                       // load tests on loopback
}

// Gateway serves /v1/socket. All methods are safe for concurrent use.
type Gateway struct {
	cfg   Config
	log   *slog.Logger
	ctx   context.Context // ends with Close
	stop  context.CancelCauseFunc
	tasks sync.WaitGroup // everything but the sockets

	handlers map[string]handler
	wheel    *socket.Wheel
	gate     socket.Gate
	hub      *hub.Hub[*session]
	lines    floor.Lines
	waits    floor.Waits
	doors    *floor.Doors
	queue    *queue
	hints    hints.Desk
	marks    floor.Marks[*auth.Principal]
	readers  floor.Turnstile // who reads the log for a socket that comes or comes back
	refused  struct{ frames, sockets atomic.Int64 }

	loading sync.Mutex
	loaded  bool // the hub knows all conversations that are not over
}

var errClosed = errors.New("the gateway is closed")

// New makes a Gateway and starts its hub, wheel and clerk. Close must be called.
func New(cfg Config) *Gateway {
	g := &Gateway{cfg: cfg, log: cfg.Logger, handlers: handlers(), queue: newQueue(), doors: floor.NewDoors(cfg.House)}
	if g.log == nil {
		g.log = slog.New(slog.DiscardHandler)
	}
	if g.cfg.Now == nil {
		g.cfg.Now = time.Now
	}
	if g.cfg.RemoteAddr == nil {
		g.cfg.RemoteAddr = cfg.Site.Addr
	}
	g.readers = floor.NewTurnstile(readers)
	g.hints = hints.Desk{Suggester: cfg.Suggester, Shelf: cfg.Shelf, Questions: cfg.Questions, HoldOut: cfg.HoldOut, Talks: talks{cfg.Lists, cfg.House}, Beside: g.beside}
	g.ctx, g.stop = context.WithCancelCause(context.Background())
	g.wheel = socket.NewWheel(g.log)
	g.hub = hub.New[*session](g.ctx, reading{cfg.Log, cfg.Lists}, cfg.Peers, encoder{g}, listener{g}, g.log)
	g.tasks.Go(g.hub.Run)
	g.tasks.Go(func() { g.wheel.Turn(g.ctx) })
	g.tasks.Go(g.clerk)
	return g
}

// reading is the part of the log that the hub reads.
type reading struct {
	Log
	Lists
}

// Committed hands over what has just come to lie on this node's disk, in commit order. It does
// not block and may be called on the store's own goroutine.
func (g *Gateway) Committed(commits []centrala.Commit) { g.hub.Committed(commits) }

// Handle takes a live event of any node. What this node has shown already is dropped; the rest
// is read from the log.
func (g *Gateway) Handle(e centrala.Event) { g.hub.Handle(e) }

// Gap says that live events may have been missed: everything that is shown is compared with
// the log.
func (g *Gateway) Gap() { g.hub.Gap() }

// Hear takes what another node's gateway told its peers.
func (g *Gateway) Hear(node string, word []byte) { g.hub.Hear(node, word) }

// Recheck asks again who the sockets of a principal are, on all nodes: an agent, an API key or a
// contact, by its wire form. Those whose token no longer counts are closed with 4001, within a
// second.
func (g *Gateway) Recheck(principal string) { g.hub.Ended(principal) }

// Ended implements hub.Listener.
func (g listener) Ended(principal string) {
	g.wheel.Each(func(o socket.Owner) {
		s := o.(*session)
		p := s.who.Load()
		if p != nil && (p.ID == principal || p.Visitor != nil && p.Visitor.Contact.String() == principal) {
			s.doubt.Store(true)
		}
	})
}

// ServeHTTP upgrades a request to a socket.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	origin := r.Header.Get("Origin")
	address := auth.LimitKey(g.cfg.RemoteAddr(r))
	if status, detail := g.door(r, origin); status != 0 {
		g.turnAway(w, status, detail)
		return
	}
	most := AddressSockets
	if g.cfg.NoLimits {
		most = 0
	}
	if !g.gate.Enter(address, most) {
		w.Header().Set("Retry-After", "5")
		g.turnAway(w, http.StatusTooManyRequests, "Too many sockets of this address have not said hello.")
		return
	}
	s := &session{g: g, origin: strings.Clone(origin), address: strings.Clone(address), born: time.Now()}
	if origin != "" && g.cfg.Site.Own(r, origin) {
		s.origin = ownOrigin
		if c, err := r.Cookie(auth.SessionCookieName); err == nil {
			s.cookie = strings.Clone(c.Value)
		}
	}
	sock, err := g.wheel.Accept(w, r, subprotocol)
	if err != nil {
		g.gate.Leave(address)
		g.refused.sockets.Add(1)
		g.log.Debug("a socket was not opened", "err", err) // it was answered
		return
	}
	s.sock = sock
	sock.Start(s)
}

const (
	subprotocol = "centrala.v1"
	// ownOrigin stands for every origin that is this site's own.
	ownOrigin = "own"
)

// door refuses what must not become a socket: another server's name, another protocol, a
// foreign origin.
func (g *Gateway) door(r *http.Request, origin string) (status int, detail string) {
	if !g.cfg.Site.HostOK(r) {
		return http.StatusMisdirectedRequest, "This server does not go by that name."
	}
	if offered := r.Header.Values("Sec-Websocket-Protocol"); len(offered) > 0 && !strings.Contains(strings.Join(offered, ","), subprotocol) {
		return http.StatusBadRequest, "The subprotocol is " + subprotocol + "."
	}
	if origin == "" || g.cfg.Site.Own(r, origin) {
		return 0, ""
	}
	doors, err := g.doors.All(r.Context())
	if err != nil {
		g.log.Error("read the inboxes", "err", err)
		return http.StatusServiceUnavailable, "The server cannot say now whether this site may connect."
	}
	for i := range doors {
		if floor.Allows(doors[i].Origins, origin) {
			return 0, ""
		}
	}
	return http.StatusForbidden, "This site may not connect."
}

// turnAway answers a request that does not become a socket.
func (g *Gateway) turnAway(w http.ResponseWriter, status int, detail string) {
	g.refused.sockets.Add(1)
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"type":"about:blank","title":%q,"status":%d,"detail":%q}`, http.StatusText(status), status, detail)
}

// restart closes the socket and asks the client to come back at a random moment, so that not
// all of them come at once: within five seconds, and of very many a thousand each second.
func (s *session) restart() {
	s.sock.End(closeRestart, fmt.Sprintf(`{"retry_after_ms":%d}`, 200+rand.IntN(max(4800, s.g.wheel.Len()))))
}

// Close tells all sockets to come back a little later, spread at random, waits until they are
// gone, or until ctx ends, and stores what is still to be stored.
func (g *Gateway) Close(ctx context.Context) error {
	err := g.wheel.Close(ctx, func(o socket.Owner) { o.(*session).restart() })
	g.marks.Flush(g.storeMark)
	g.stop(errClosed)
	g.tasks.Wait()
	return err
}

// call bounds one question to the log; a socket that ends does not end it.
func (g *Gateway) call() (context.Context, context.CancelFunc) {
	return context.WithTimeout(g.ctx, 15*time.Second)
}

// turn is call for the questions of a socket that comes or comes back. When thousands do at
// once they wait for their turn first, each holding little, and are not late when it comes.
func (g *Gateway) turn() (context.Context, func(), error) {
	if err := g.readers.Enter(g.ctx); err != nil {
		return nil, nil, err
	}
	ctx, cancel := g.call()
	return ctx, func() { cancel(); g.readers.Leave() }, nil
}

// Stats are figures for /metrics.
type Stats struct {
	socket.Stats
	Visitors, Staff, Topics int   // who has said hello, and what the hub remembers
	RefusedSockets          int64 // requests that did not become a socket
	RefusedFrames           int64 // frames answered by an error
	Waiting                 int   // commits and events that wait to be shown
	Lost                    int64 // those that found no room and were read from the log
}

// Stats reads the figures.
func (g *Gateway) Stats() Stats {
	out := Stats{Stats: g.wheel.Stats(), RefusedSockets: g.refused.sockets.Load(), RefusedFrames: g.refused.frames.Load()}
	out.Visitors, out.Staff, out.Topics = g.hub.Counts()
	out.Waiting, out.Lost = g.hub.Waiting()
	return out
}
