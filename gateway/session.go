package gateway

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/coder/websocket"

	"centrala"
	"centrala/auth"
)

// The close codes of docs/protocol.md.
const (
	closeRestart = websocket.StatusServiceRestart
	closeFrame   = websocket.StatusCode(4000)
	closeToken   = websocket.StatusCode(4001)
	closeOrigin  = websocket.StatusCode(4003)
	closeSlow    = websocket.StatusCode(4008)
	closeRate    = websocket.StatusCode(4029)
)

// session is one socket. Its reader goroutine handles the peer's frames one after another, so
// what they write is committed in the order in which it came; everybody else only pushes
// frames to it. There is no writer while there is nothing to write.
type session struct {
	g    *Gateway
	conn *websocket.Conn
	wire wire

	origin, address string
	cookie          string // the agent's session, when the browser sent it with an Origin
	token           string // what hello was answered for
	born            time.Time
	place           int          // in the wheel
	beats           int          // the wheel's
	doubt           atomic.Bool  // whether the token still counts must be asked
	heard           atomic.Int64 // Unix nanoseconds of the peer's last sign of life

	who  atomic.Pointer[auth.Principal] // nil before hello
	eyes atomic.Pointer[eyes]           // staff: what it looks at

	// The reader's own.
	frames, messages bucket
	excess           int
	shown            []centrala.ArticleID    // suggested to this socket
	wishes           *centrala.ContactChange // of a customer whose row comes with their first message

	mu      sync.Mutex
	queue   [][]byte // whole WebSocket frames
	queued  int      // bytes of them, and of what is being written
	writing bool     // somebody writes
	gated   bool     // the welcome is still to be written
	ending  bool     // nothing more is taken; code and reason say why
	cut     bool     // the peer has a last moment to swallow what is under way
	code    websocket.StatusCode
	reason  string
	own     []string // keys of messages on their way to the log: their ack takes the message's place
	rated   centrala.SurveyID
	behind  *behind // what is being replayed; nil: everything is live
	lanes   *laneSet
}

// read takes the peer's frames until the socket ends.
func (s *session) read() {
	for {
		kind, body, err := s.next()
		if err == nil && !s.over() {
			s.heard.Store(time.Now().UnixNano())
			s.g.stats.in.Add(1)
			greeted := s.who.Load() != nil
			s.take(kind, *body)
			s.g.bodies.Put(body)
			if !greeted && s.who.Load() != nil {
				s.g.run(s.read) // on a small stack again: saying hello has grown this one
				return
			}
			continue
		}
		if errors.Is(err, websocket.ErrMessageTooBig) {
			s.end(websocket.StatusMessageTooBig, "") // the library has told; this waits for the peer to read it
		}
		s.gone()
		return
	}
}

// next reads one frame into a shared buffer, which it takes only when there is one to read.
func (s *session) next() (websocket.MessageType, *[]byte, error) {
	kind, r, err := s.conn.Reader(context.Background()) // ended by the wheel, which closes silent sockets
	if err != nil {
		return 0, nil, err
	}
	body := s.g.bodies.Get().(*[]byte)
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

// take handles one frame.
func (s *session) take(kind websocket.MessageType, body []byte) {
	now := time.Now()
	if kind != websocket.MessageText || !utf8.Valid(body) {
		s.hangUp(centrala.Errorf(centrala.BadFrame, "A frame is one JSON object as text."), "", closeFrame, "not text")
		return
	}
	env, refusal, fatal := decodeEnvelope(body)
	if fatal {
		s.hangUp(refusal, "", closeFrame, "not a JSON object")
		return
	}
	if limited, enough := s.pace(env.Type, now); enough {
		s.hangUp(limited, env.Ref, closeRate, "too many frames")
		return
	} else if limited != nil && refusal == nil {
		refusal = limited
	}
	if s.who.Load() == nil && (refusal != nil || env.Type != "hello") {
		s.hangUp(centrala.Errorf(centrala.Unauthorized, "The first frame is hello."), env.Ref, closeToken, auth.Bad)
		return
	}
	if refusal != nil {
		s.refuse(env.Ref, refusal)
		return
	}
	s.handle(env, body)
}

// refuse tells the peer that a frame was not done. Errors that are not refusals are logged and
// told as unavailable.
func (s *session) refuse(ref string, err error) {
	if frame := s.g.refusal(s, ref, err); frame != nil {
		s.answer(frame)
	}
}

// hangUp tells why and closes.
func (s *session) hangUp(err error, ref string, code websocket.StatusCode, reason string) {
	s.refuse(ref, err)
	s.end(code, reason)
}

// over reports whether the socket has been ended: what still comes is not handled.
func (s *session) over() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ending
}

// push queues a frame and never blocks. A socket that does not keep up is closed, never
// skipped.
func (s *session) push(frame []byte) {
	s.mu.Lock()
	start := s.enqueue(frame)
	s.mu.Unlock()
	if start {
		s.g.run(s.write)
	}
}

// enqueue is push with s.mu held; it reports whether the writer must be started.
func (s *session) enqueue(frame []byte) (start bool) {
	if s.ending {
		return false
	}
	if frame == nil || s.queued+len(frame) > MaxQueue {
		s.ending, s.code, s.reason = true, closeSlow, "more waits than the queue holds"
		if frame == nil {
			s.code, s.reason = websocket.StatusInternalError, ""
		} else {
			s.letGo()
		}
		start, s.writing = !s.writing, true
		return start
	}
	s.queue = append(s.queue, frame)
	s.queued += len(frame)
	if s.gated || s.writing {
		return false
	}
	s.writing = true
	return true
}

// letGo forgets what waits and gives the peer a last moment; s.mu is held.
func (s *session) letGo() {
	s.queue, s.queued = nil, 0
	if s.cut {
		return
	}
	s.cut = true
	if err := s.wire.giveUp(time.Now()); err != nil {
		s.g.log.Debug("last room for a slow socket", "err", err) // it is being closed anyway
	}
}

// answer writes a frame at once when nothing else is being written, else queues it. It is
// called by the goroutine that handles the peer's frame, which a slow peer may well hold up.
func (s *session) answer(frame []byte) {
	s.mu.Lock()
	if s.writing || s.ending || s.gated || frame == nil {
		start := s.enqueue(frame)
		s.mu.Unlock()
		if start {
			s.g.run(s.write)
		}
		return
	}
	s.writing, s.queued = true, s.queued+len(frame)
	s.mu.Unlock()
	err := s.wire.send(frame)
	s.g.stats.out.Add(1)
	s.written(len(frame), err)
	s.rest()
}

// hold keeps queued frames back until release, so that the welcome is first.
func (s *session) hold() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gated = !s.ending
	return s.gated
}

// release lets what was held back go.
func (s *session) release() {
	s.mu.Lock()
	s.gated = false
	start := !s.writing && len(s.queue) > 0
	s.writing = s.writing || start
	s.mu.Unlock()
	if start {
		s.g.run(s.write)
	}
}

// rest ends a direct write, and starts the writer for what was queued meanwhile.
func (s *session) rest() {
	s.mu.Lock()
	s.writing = s.ending || len(s.queue) > 0 && !s.gated
	start := s.writing
	s.mu.Unlock()
	if start {
		s.g.run(s.write)
	}
}

// written takes n bytes off the queue's count; after a failed write nothing can follow.
func (s *session) written(n int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queued = max(0, s.queued-n)
	if err != nil && !s.ending {
		s.ending, s.code = true, websocket.StatusGoingAway
	}
	if s.ending && err != nil {
		s.queue, s.queued = nil, 0
	}
}

// write empties the queue and ends; it closes the socket when that is what is left to do.
func (s *session) write() {
	scratch := s.g.chunks.Get().(*[]byte)
	defer s.g.chunks.Put(scratch)
	for {
		batch, frames := s.batch((*scratch)[:0])
		if frames == 0 {
			break
		}
		err := s.wire.send(batch)
		s.g.stats.out.Add(int64(frames))
		s.written(len(batch), err)
	}
	s.mu.Lock()
	ending, code, reason := s.ending, s.code, s.reason
	s.mu.Unlock()
	if !ending {
		return
	}
	s.g.stats.closed(code)
	if err := s.conn.Close(code, reason); err != nil {
		s.g.log.Debug("close a socket", "code", int(code), "err", err) // the peer was gone, or did not answer
	}
}

// batch takes frames off the queue, a chunk's worth; none are left when it returns 0.
func (s *session) batch(scratch []byte) ([]byte, int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) == 0 || s.gated && !s.ending {
		if len(s.queue) == 0 {
			s.queue = nil
		}
		s.writing = s.ending // whoever ends a socket is its last writer
		return nil, 0
	}
	if len(s.queue) == 1 || len(s.queue[0])+len(s.queue[1]) > chunk {
		frame := s.queue[0]
		s.queue[0], s.queue = nil, s.queue[1:]
		return frame, 1
	}
	n := 0
	for n < len(s.queue) && len(scratch)+len(s.queue[n]) <= chunk {
		scratch = append(scratch, s.queue[n]...)
		s.queue[n] = nil
		n++
	}
	s.queue = s.queue[n:]
	return scratch, n
}

// end closes the socket after what is queued, once; later calls change nothing.
func (s *session) end(code websocket.StatusCode, reason string) {
	s.mu.Lock()
	if s.ending {
		s.mu.Unlock()
		return
	}
	s.ending, s.code, s.reason = true, code, reason
	start := !s.writing
	s.writing = true
	s.mu.Unlock()
	if start {
		s.g.run(s.write)
	}
}

// stall ends a socket that takes nothing: with 4008, or, if it was ending, soon.
func (s *session) stall() {
	s.mu.Lock()
	if !s.ending {
		s.ending, s.code, s.reason = true, closeSlow, "nothing was read for two seconds"
	}
	s.letGo()
	start := !s.writing
	s.writing = true
	s.mu.Unlock()
	if start {
		s.g.run(s.write)
	}
}

// gone is the reader's last word: the peer left, or was told to.
func (s *session) gone() {
	s.mu.Lock()
	told := s.ending
	s.ending = true
	s.queue = nil
	s.mu.Unlock()
	s.g.leave(s)
	if told {
		return // the writer waits for the peer's answer to the close frame
	}
	s.g.stats.closed(websocket.StatusNoStatusRcvd)
	if err := s.conn.CloseNow(); err != nil {
		s.g.log.Debug("close a socket", "err", err)
	}
}
