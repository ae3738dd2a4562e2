package socket

import (
	"time"

	"github.com/coder/websocket"
)

// Push queues a whole frame (see Text) and never blocks. A nil frame, which could not be
// encoded, ends the socket: nothing is ever left out.
func (s *Socket) Push(frame []byte) {
	s.mu.Lock()
	start := s.enqueue(frame)
	s.mu.Unlock()
	s.begin(start)
}

func (s *Socket) begin(start bool) {
	if start {
		s.wheel.run(s.write)
	}
}

// enqueue is Push with s.mu held; it reports whether the writer must be started.
func (s *Socket) enqueue(frame []byte) (start bool) {
	switch {
	case s.ending:
		return false
	case frame == nil:
		s.ending, s.code = true, websocket.StatusInternalError
	case s.queued+len(frame) > MaxQueue:
		s.ending, s.code, s.reason = true, TooSlow, "more waits than the queue holds"
		s.letGo()
	default:
		s.queue = append(s.queue, frame)
		s.queued += len(frame)
		if s.gated {
			return false
		}
	}
	start, s.writing = !s.writing, true
	return start
}

// letGo forgets what waits and gives the peer a last moment; s.mu is held.
func (s *Socket) letGo() {
	s.queue, s.queued = nil, 0
	if s.cut {
		return
	}
	s.cut = true
	if err := s.wire.giveUp(time.Now()); err != nil {
		s.wheel.log.Debug("last room for a slow socket", "err", err) // it is being closed anyway
	}
}

// Answer writes a frame at once when nothing else is being written, else queues it. It may
// block on a slow peer, and is for the goroutine that handles that peer's frame.
func (s *Socket) Answer(frame []byte) {
	s.mu.Lock()
	if s.writing || s.ending || s.gated || frame == nil {
		start := s.enqueue(frame)
		s.mu.Unlock()
		s.begin(start)
		return
	}
	s.writing, s.queued = true, s.queued+len(frame)
	s.mu.Unlock()
	s.written(len(frame), s.Send(frame, 1))
	s.mu.Lock()
	s.writing = s.ending || len(s.queue) > 0 && !s.gated
	start := s.writing
	s.mu.Unlock()
	s.begin(start)
}

// Send writes n whole frames past the queue, at the socket's own speed: it blocks until the
// kernel has them all, or the socket is over.
func (s *Socket) Send(frames []byte, n int) error {
	s.wheel.out.Add(int64(n))
	return s.wire.send(frames)
}

// Hold keeps queued frames back until Release, so that something else can be sent before
// them. It is false when the socket is over.
func (s *Socket) Hold() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gated = !s.ending
	return s.gated
}

// Release lets what was held back go.
func (s *Socket) Release() {
	s.mu.Lock()
	s.gated = false
	start := !s.writing && len(s.queue) > 0
	s.writing = s.writing || start
	s.mu.Unlock()
	s.begin(start)
}

// written takes n bytes off the queue's count; after a failed write nothing can follow.
func (s *Socket) written(n int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queued = max(0, s.queued-n)
	if err == nil {
		return
	}
	if !s.ending {
		s.ending, s.code = true, websocket.StatusGoingAway
	}
	s.queue, s.queued = nil, 0
}

// write empties the queue and ends; it closes the socket when that is what is left to do.
func (s *Socket) write() {
	scratch := s.wheel.chunks.Get().(*[]byte)
	defer s.wheel.chunks.Put(scratch)
	for {
		batch, frames := s.batch((*scratch)[:0])
		if frames == 0 {
			break
		}
		s.written(len(batch), s.Send(batch, frames))
	}
	s.mu.Lock()
	ending, code, reason := s.ending, s.code, s.reason
	s.mu.Unlock()
	if !ending {
		return
	}
	s.wheel.closed(code)
	if err := s.conn.Close(code, reason); err != nil {
		s.wheel.log.Debug("close a socket", "code", int(code), "err", err) // the peer was gone, or did not answer
	}
}

// batch takes frames off the queue, a chunk's worth; none are left when it returns 0.
func (s *Socket) batch(scratch []byte) ([]byte, int) {
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

// End closes the socket after what is queued, once; later calls change nothing.
func (s *Socket) End(code websocket.StatusCode, reason string) {
	s.finish(code, reason, false)
}

// finish ends the socket; atOnce forgets what is queued and bounds the wait for the peer.
func (s *Socket) finish(code websocket.StatusCode, reason string, atOnce bool) {
	s.mu.Lock()
	if s.ending && !atOnce {
		s.mu.Unlock()
		return
	}
	if !s.ending {
		s.ending, s.code, s.reason = true, code, reason
	}
	if atOnce {
		s.letGo()
	}
	start := !s.writing
	s.writing = true
	s.mu.Unlock()
	s.begin(start)
}
