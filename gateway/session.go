package gateway

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/coder/websocket"

	"centrala"
	"centrala/auth"
	"centrala/gateway/frames"
	"centrala/gateway/hints"
	"centrala/gateway/hub"
	"centrala/gateway/socket"
)

// The close codes of docs/protocol.md; 1009 and 4008 are the socket's own.
const (
	closeRestart = websocket.StatusServiceRestart
	closeFrame   = websocket.StatusCode(4000)
	closeToken   = websocket.StatusCode(4001)
	closeOrigin  = websocket.StatusCode(4003)
	closeRate    = websocket.StatusCode(4029)
)

// session is who is on the other end of a socket. Its reader goroutine handles the peer's
// frames one after another, so what they write is committed in the order in which it came;
// everybody else only pushes frames to it.
type session struct {
	g    *Gateway
	sock *socket.Socket

	origin, address string
	cookie          string // the agent's session, when the browser sent it with an Origin
	token           string // what hello was answered for
	born            time.Time
	greeting        atomic.Bool // hello has come and is being answered
	doubt           atomic.Bool // whether the token still counts must be asked

	who   atomic.Pointer[auth.Principal] // nil before hello
	hints hints.Person                   // what articles it was shown, and looks for
	eyes  atomic.Pointer[eyes]           // staff: what it looks at

	// The reader's own.
	paced, written socket.Bucket // frames and messages
	excess         int
	wishes         *centrala.ContactChange                // of a customer whose row comes with their first message
	lanes          *socket.Lanes[centrala.ConversationID] // staff

	mu     sync.Mutex
	own    []string // keys of messages on their way to the log: their ack takes the message's place
	asked  centrala.ConversationID
	survey centrala.SurveyID // what the customer was asked about asked
	rated  centrala.SurveyID // what was answered from here
	behind *hub.Behind       // what is being replayed; nil: everything is live
}

// Who is on the other end; nil before hello.
func (s *session) Who() *auth.Principal { return s.who.Load() }

// Push brings a frame; it never blocks, and it ends a socket that does not keep up.
func (s *session) Push(frame []byte) { s.sock.Push(frame) }

// Deliver brings an entry to the socket, unless its ack stands for it or a replay brings it.
func (s *session) Deliver(e *hub.Entry) {
	p := s.who.Load()
	if e.Key != "" && e.Sender == p.ID && s.acked(e.Key) {
		return
	}
	frame := e.Frame(p)
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.behind.Notes(e.Message) {
		s.sock.Push(frame)
	}
}

// acked takes a key off those on their way and reports whether it was one.
func (s *session) acked(key string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.Index(s.own, key)
	if i >= 0 {
		s.own = slices.Delete(s.own, i, i+1)
	}
	return i >= 0
}

// Row brings a conversation's present state, unless the events before it are still being
// replayed: the replay ends with the state.
func (s *session) Row(id centrala.ConversationID, frame []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.behind.NotesRow(id) {
		s.sock.Push(frame)
	}
}

// Restless reports whether something must be done before the next ping: the peer is late with
// its hello, or its token is in doubt.
func (s *session) Restless(now time.Time) bool {
	p := s.who.Load()
	return p == nil && s.late(now) || s.doubt.Load() || p != nil && !p.Expires.IsZero() && now.After(p.Expires)
}

// late reports whether the peer should have said hello by now. How long the answer takes is not
// its fault.
func (s *session) late(now time.Time) bool {
	return !s.greeting.Load() && now.Sub(s.born) > HelloWithin
}

// Attend is the wheel's visit. Whether a token still counts is asked again every two turns of
// agents and programs, who can be signed out from elsewhere, and every twelve of visitors.
func (s *session) Attend(now time.Time, turns int) {
	p := s.who.Load()
	if p == nil {
		if s.late(now) {
			s.sock.End(closeToken, auth.Bad)
		}
		return
	}
	s.forget()
	every := 2
	if p.Kind == auth.Visitor {
		every = 12
	}
	if s.doubt.Swap(false) || turns%every == 0 || !p.Expires.IsZero() && now.After(p.Expires) {
		s.g.tasks.Go(s.recheck)
	}
}

// Gone takes the session out of everything.
func (s *session) Gone() {
	if s.who.Load() == nil {
		s.g.gate.Leave(s.address)
		return
	}
	s.g.hub.Leave(s)
	s.hints.Left(&s.g.hints, s.who.Load())
}

// Frame handles one frame of the peer. Saying hello goes deep.
func (s *session) Frame(text bool, body []byte) (deep bool) {
	now := time.Now()
	if !text || !utf8.Valid(body) {
		s.hangUp(centrala.Errorf(centrala.BadFrame, "A frame is one JSON object as text."), "", closeFrame, "not text")
		return false
	}
	env, refusal, fatal := frames.Open(body)
	if fatal {
		s.hangUp(refusal, "", closeFrame, "not a JSON object")
		return false
	}
	if limited, enough := s.pace(env.Type, now); enough {
		s.hangUp(limited, env.Ref, closeRate, "too many frames")
		return false
	} else if limited != nil && refusal == nil {
		refusal = limited
	}
	greeted := s.who.Load() != nil
	switch {
	case !greeted && (refusal != nil || env.Type != "hello"):
		s.hangUp(centrala.Errorf(centrala.Unauthorized, "The first frame is hello."), env.Ref, closeToken, auth.Bad)
	case env.Type == "error": // never answered, or two peers would answer each other for ever
	case refusal != nil:
		s.refuse(env.Ref, refusal)
	default:
		s.handle(env, body)
	}
	return !greeted && s.who.Load() != nil
}

// refuse tells the peer that a frame was not done. Errors that are not refusals are logged and
// told as unavailable.
func (s *session) refuse(ref string, err error) { s.sock.Answer(s.g.refusal(s, ref, err)) }

// hangUp tells why and closes.
func (s *session) hangUp(err error, ref string, code websocket.StatusCode, reason string) {
	s.refuse(ref, err)
	s.sock.End(code, reason)
}

// pace refuses a frame that comes too soon after others; last tells that the socket has had
// enough refusals.
func (s *session) pace(kind string, now time.Time) (refusal *centrala.Error, last bool) {
	if s.g.cfg.NoLimits {
		return nil, false
	}
	wait, ok := s.paced.Take(now, FrameRate, FrameBurst)
	if !ok {
		s.excess++
		return &centrala.Error{Code: centrala.RateLimited, RetryAfter: wait,
			Message: "Too many frames; at most 20 a second are taken."}, s.excess > MaxExcess
	}
	if s.paced.Full() {
		s.excess = 0
	}
	if kind != "message.send" {
		return nil, false
	}
	if wait, ok = s.written.Take(now, MessageRate, MessageRate); !ok {
		return &centrala.Error{Code: centrala.RateLimited, RetryAfter: wait,
			Message: "Too many messages; at most 5 a second are taken."}, false
	}
	return nil, false
}
