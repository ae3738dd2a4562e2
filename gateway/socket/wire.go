package socket

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// chunk is how much is handed to the kernel at once: progress is measured in chunks.
const chunk = 16 << 10

const (
	// readAhead is the read buffer of a socket: most frames fit in, larger ones pass it by.
	readAhead = 512
	// controlRoom holds one whole control frame: 125 bytes and its header.
	controlRoom = 136
	// sendRoom bounds what the kernel takes for a reader that does not read, so that "too slow"
	// is noticed; lastRoom is given in the end, for the frame under way and the close frame.
	sendRoom = 64 << 10
	lastRoom = 1 << 20
)

// wire is the connection below a WebSocket. Frames are whole on it: the library writes its
// control frames (pongs, closes) in one Write each, and the session writes its data frames,
// which are encoded once for all their readers, in batches with send. Nothing follows a close
// frame.
type wire struct {
	net.Conn
	early []byte // read ahead by the HTTP server

	mu     sync.Mutex // held while frames are written
	closed bool       // a close frame was written, or a frame was cut in the middle

	since atomic.Int64 // Unix nanoseconds when bytes last moved; 0 while none wait
	sent  *atomic.Int64
}

var errWireClosed = errors.New("the close frame has been sent")

// Read gives what the HTTP server had read too far, then the connection.
func (w *wire) Read(p []byte) (int, error) {
	if len(w.early) > 0 {
		n := copy(p, w.early)
		w.early = w.early[n:]
		if len(w.early) == 0 {
			w.early = nil
		}
		return n, nil
	}
	return w.Conn.Read(p)
}

// Write takes one whole control frame from the WebSocket library.
func (w *wire) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return 0, errWireClosed
	}
	w.closed = len(p) > 0 && p[0]&0x0f == opClose
	if err := w.put(p); err != nil {
		return 0, err
	}
	return len(p), nil
}

// send writes whole frames at the socket's speed. It blocks until the kernel has them all.
func (w *wire) send(frames []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return errWireClosed
	}
	return w.put(frames)
}

func (w *wire) put(p []byte) error {
	defer w.since.Store(0)
	for len(p) > 0 {
		w.since.Store(time.Now().UnixNano())
		n := min(len(p), chunk)
		if _, err := w.Conn.Write(p[:n]); err != nil {
			w.closed = true // what was cut cannot be followed by anything
			return err
		}
		w.sent.Add(int64(n))
		p = p[n:]
	}
	return nil
}

// stalled reports whether bytes have been waiting without any being taken for MaxStall.
func (w *wire) stalled(now time.Time) bool {
	since := w.since.Load()
	return since != 0 && now.UnixNano()-since > int64(MaxStall)
}

// giveUp makes room in the kernel for what is under way and a close frame, so that even a
// reader that sleeps finds out why it was closed, and bounds the wait for it.
func (w *wire) giveUp(now time.Time) error {
	return errors.Join(setRoom(w.Conn, lastRoom), w.SetWriteDeadline(now.Add(linger)))
}

// setRoom sets how much the kernel takes for the peer; connections without such a buffer
// (pipes) have none to set.
func setRoom(conn net.Conn, n int) error {
	if t, ok := conn.(interface{ NetConn() net.Conn }); ok { // TLS
		conn = t.NetConn()
	}
	if t, ok := conn.(interface{ SetWriteBuffer(int) error }); ok {
		return t.SetWriteBuffer(n)
	}
	return nil
}

// upgrade is the ResponseWriter that the WebSocket library takes the connection from: it puts
// the wire between them, with buffers as small as frames are.
type upgrade struct {
	http.ResponseWriter
	wire *wire
}

// Hijack implements http.Hijacker.
func (u upgrade) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(u.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, fmt.Errorf("take over the connection: %w", err)
	}
	if early, err := rw.Reader.Peek(rw.Reader.Buffered()); err == nil && len(early) > 0 {
		u.wire.early = bytes.Clone(early)
	}
	if err := errors.Join(conn.SetDeadline(time.Time{}), setRoom(conn, sendRoom)); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("prepare the connection: %w", err), conn.Close())
	}
	u.wire.Conn = conn
	return u.wire, bufio.NewReadWriter(bufio.NewReaderSize(u.wire, readAhead), bufio.NewWriterSize(u.wire, controlRoom)), nil
}

// The opcodes of RFC 6455, section 5.2, that are written here.
const (
	opText  = 0x1
	opClose = 0x8
	opPing  = 0x9
	final   = 0x80
)

// Text puts the header of an unmasked text frame before payload (RFC 6455, section 5.2).
func Text(payload []byte) []byte {
	b := make([]byte, 0, len(payload)+10)
	b = append(b, final|opText)
	switch n := len(payload); {
	case n < 126:
		b = append(b, byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 127), uint64(n))
	}
	return append(b, payload...)
}

// pingFrame is an empty ping.
func pingFrame() []byte { return []byte{final | opPing, 0} }
