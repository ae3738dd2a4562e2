// Package socket is one WebSocket as a server of thousands needs it, and the wheel that turns
// all of them. It knows nothing of what the frames say.
//
// One goroutine reads a socket. Writing is done by whoever has an answer, or by a goroutine
// that lives while something waits. The queue is small and bounded: a peer that does not keep
// up is closed with TooSlow, never skipped. The wheel pings all sockets and closes those that
// are silent or take nothing, without a timer for any of them.
package socket

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

// TooSlow is the close code for a peer that does not keep up.
const TooSlow = websocket.StatusCode(4008)

// Owner is whose socket it is. Frame and Gone are called by the reader's goroutine, Attend by
// the wheel's, which must not be held up.
type Owner interface {
	// Frame takes one frame; body is only lent. It returns true when it has gone deep, to go on
	// with a small stack again.
	Frame(text bool, body []byte) (deep bool)
	// Restless reports whether Attend must be called at this turn.
	Restless(now time.Time) bool
	// Attend is called when the owner is restless, and with each ping, which turns counts.
	Attend(now time.Time, turns int)
	// Gone is called once, in the end.
	Gone()
}

// Socket is one connection. Push, End and the like may be called from any goroutine.
type Socket struct {
	wheel *Wheel
	owner Owner
	conn  *websocket.Conn
	wire  wire
	place int // in the wheel
	turns int // the wheel's
	heard atomic.Int64

	mu      sync.Mutex
	queue   [][]byte // whole WebSocket frames
	queued  int      // bytes of them, and of what is being written
	writing bool     // somebody writes
	gated   bool     // something is still to be written before the queue
	ending  bool     // nothing more is taken; code and reason say why
	cut     bool     // the peer has a last moment to swallow what is under way
	code    websocket.StatusCode
	reason  string
}

// Accept upgrades a request to a socket of subprotocol and answers it if that cannot be done.
// Origins are not checked. The socket is read once Start is called.
func (w *Wheel) Accept(rw http.ResponseWriter, r *http.Request, subprotocol string) (*Socket, error) {
	if !w.begin() {
		http.Error(rw, "closing", http.StatusServiceUnavailable)
		return nil, errClosed
	}
	s := &Socket{wheel: w}
	s.wire.sent = &w.bytes
	s.alive()
	conn, err := websocket.Accept(upgrade{rw, &s.wire}, r, &websocket.AcceptOptions{
		Subprotocols: []string{subprotocol}, InsecureSkipVerify: true,
		OnPingReceived: func(context.Context, []byte) bool { s.alive(); return true },
		OnPongReceived: func(context.Context, []byte) { s.alive() },
	})
	if err != nil {
		w.live.Done()
		return nil, err
	}
	conn.SetReadLimit(MaxFrame)
	s.conn = conn
	w.opened.Add(1)
	return s, nil
}

// Start gives the socket to its owner and begins to read.
func (s *Socket) Start(owner Owner) {
	s.owner = owner
	s.wheel.add(s)
	go func() {
		defer s.wheel.live.Done()
		s.read()
	}()
}

func (s *Socket) alive() { s.heard.Store(time.Now().UnixNano()) }

// silent reports whether the peer has given no sign of life for SilentFor.
func (s *Socket) silent(now time.Time) bool {
	return now.UnixNano()-s.heard.Load() > int64(SilentFor)
}

// read takes the peer's frames until the socket ends.
func (s *Socket) read() {
	for {
		kind, body, err := s.next()
		if err == nil && !s.Over() {
			s.alive()
			s.wheel.in.Add(1)
			deep := s.owner.Frame(kind == websocket.MessageText, *body)
			s.wheel.bodies.Put(body)
			if deep {
				s.wheel.run(s.read)
				return
			}
			continue
		}
		if errors.Is(err, websocket.ErrMessageTooBig) {
			s.End(websocket.StatusMessageTooBig, "") // the library has told; this waits for the peer to read it
		}
		s.gone()
		return
	}
}

// next reads one frame into a shared buffer, which it takes only when there is one to read.
func (s *Socket) next() (websocket.MessageType, *[]byte, error) {
	kind, r, err := s.conn.Reader(context.Background()) // ended by the wheel, which closes silent sockets
	if err != nil {
		return 0, nil, err
	}
	body := s.wheel.bodies.Get().(*[]byte)
	b := (*body)[:0]
	for {
		if len(b) == cap(b) {
			b = append(b, 0)[:len(b)]
		}
		n, err := r.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		*body = b
		if errors.Is(err, io.EOF) {
			return kind, body, nil
		}
		if err != nil {
			return 0, nil, err
		}
	}
}

// Over reports whether the socket has been ended: what still comes is not handled.
func (s *Socket) Over() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ending
}

// gone is the reader's last word: the peer left, or was told to.
func (s *Socket) gone() {
	s.mu.Lock()
	told := s.ending
	s.ending = true
	s.queue = nil
	s.mu.Unlock()
	s.wheel.remove(s)
	s.owner.Gone()
	if told {
		return // the writer waits for the peer's answer to the close frame
	}
	s.wheel.closed(websocket.StatusNoStatusRcvd)
	if err := s.conn.CloseNow(); err != nil {
		s.wheel.log.Debug("close a socket", "err", err)
	}
}
