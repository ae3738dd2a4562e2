package wire

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"time"
)

// A Door is where a socket leads.
type Door struct {
	Addr     string // host:port
	Path     string
	Protocol string // the subprotocol asked for; "" is none
	Local    net.IP // source address; nil leaves it to the system
	Buffer   int    // bytes of the reader; 0 is 4096
}

// A Socket is the client's end of a WebSocket (RFC 6455), as thin as can be, so that the
// cores are left to the server. It answers pings while it reads. One goroutine may read;
// any number may write.
type Socket struct {
	conn net.Conn
	r    *bufio.Reader
	in   []byte // the message of the last Read
	got  int64  // bytes of all frames that were read, with their headers
	mu   sync.Mutex
	out  []byte
}

const (
	opContinue = 0x0
	opText     = 0x1
	opBinary   = 0x2
	opClose    = 0x8
	opPing     = 0x9
	opPong     = 0xa

	largest = 1 << 20 // of a frame; the protocol's is 256 KiB
)

// A Closed is how the server ended a socket.
type Closed struct {
	Code   int
	Reason string
}

func (c *Closed) Error() string {
	return fmt.Sprintf("the server closed the socket with %d %s", c.Code, c.Reason)
}

// Dial opens a socket. When ctx ends the connection is closed, whatever waits on it.
func Dial(ctx context.Context, d Door) (*Socket, error) {
	dialer := net.Dialer{Timeout: 20 * time.Second}
	if d.Local != nil {
		dialer.LocalAddr = &net.TCPAddr{IP: d.Local}
	}
	conn, err := dialer.DialContext(ctx, "tcp", d.Addr)
	if err != nil {
		return nil, err
	}
	if d.Buffer == 0 {
		d.Buffer = 4096
	}
	s := &Socket{conn: conn, r: bufio.NewReaderSize(conn, d.Buffer)}
	if err := s.greet(d); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", d.Path, err), conn.Close())
	}
	context.AfterFunc(ctx, func() { _ = conn.Close() }) // closed twice when it was closed before
	return s, nil
}

// greet asks for the upgrade.
func (s *Socket) greet(d Door) error {
	if err := s.conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		return err
	}
	var nonce [16]byte
	binary.LittleEndian.PutUint64(nonce[:], rand.Uint64())
	binary.LittleEndian.PutUint64(nonce[8:], rand.Uint64())
	request := fmt.Sprintf("GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n",
		d.Path, d.Addr, base64.StdEncoding.EncodeToString(nonce[:]))
	if d.Protocol != "" {
		request += "Sec-WebSocket-Protocol: " + d.Protocol + "\r\n"
	}
	if _, err := io.WriteString(s.conn, request+"\r\n"); err != nil {
		return err
	}
	res, err := http.ReadResponse(s.r, nil)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusSwitchingProtocols {
		why, _ := io.ReadAll(io.LimitReader(res.Body, 300)) // the status says enough when there is no more
		return fmt.Errorf("%s %s", res.Status, why)
	}
	if got := res.Header.Get("Sec-WebSocket-Protocol"); got != d.Protocol {
		return fmt.Errorf("the server chose the subprotocol %q, not %q", got, d.Protocol)
	}
	return s.conn.SetDeadline(time.Time{})
}

// Within bounds every read and write from now on, together; 0 takes the bound away.
func (s *Socket) Within(d time.Duration) error {
	if d == 0 {
		return s.conn.SetDeadline(time.Time{})
	}
	return s.conn.SetDeadline(time.Now().Add(d))
}

// Got is how many bytes of frames came in so far. Only the reader may ask.
func (s *Socket) Got() int64 { return s.got }

// Read gives the next message, which is good until the next Read. The error is a *Closed when
// the server said why it ended the socket.
func (s *Socket) Read() ([]byte, error) {
	s.in = s.in[:0]
	for {
		op, last, body, err := s.frame()
		if err != nil {
			return nil, err
		}
		switch op {
		case opText, opBinary, opContinue:
			if last {
				return body, nil
			}
		case opPing:
			if err := s.write(opPong, body); err != nil {
				return nil, err
			}
			s.in = s.in[:len(s.in)-len(body)]
		case opPong:
			s.in = s.in[:len(s.in)-len(body)]
		case opClose:
			c := &Closed{Code: 1005}
			if len(body) >= 2 {
				c.Code, c.Reason = int(binary.BigEndian.Uint16(body)), string(body[2:])
			}
			return nil, c
		default:
			return nil, fmt.Errorf("a frame of the unknown kind %#x", op)
		}
	}
}

// frame reads one frame behind what s.in holds. body is the frame's own for a control frame,
// and everything so far for the others.
func (s *Socket) frame() (op byte, last bool, body []byte, err error) {
	var h [8]byte
	if _, err = io.ReadFull(s.r, h[:2]); err != nil {
		return 0, false, nil, err
	}
	op, last = h[0]&0xf, h[0]&0x80 != 0
	n, head := int(h[1]&0x7f), 2
	switch {
	case h[1]&0x80 != 0:
		return 0, false, nil, errors.New("the server masks its frames")
	case n == 126:
		_, err = io.ReadFull(s.r, h[:2])
		n, head = int(binary.BigEndian.Uint16(h[:2])), 4
	case n == 127:
		_, err = io.ReadFull(s.r, h[:8])
		n, head = int(min(binary.BigEndian.Uint64(h[:8]), largest+1)), 10
	}
	if err != nil {
		return 0, false, nil, err
	}
	had := len(s.in)
	if had+n > largest {
		return 0, false, nil, fmt.Errorf("a message of more than %d bytes", largest)
	}
	if need := had + n; cap(s.in) < need {
		s.in = append(make([]byte, 0, need+need/2), s.in...)
	}
	s.in = s.in[:had+n]
	if _, err = io.ReadFull(s.r, s.in[had:]); err != nil {
		return 0, false, nil, err
	}
	s.got += int64(head + n)
	if op >= opClose {
		return op, last, s.in[had:], nil
	}
	return op, last, s.in, nil
}

// Write sends one text message.
func (s *Socket) Write(body []byte) error { return s.write(opText, body) }

func (s *Socket) write(op byte, body []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.out = appendFrame(s.out[:0], op, body)
	_, err := s.conn.Write(s.out)
	return err
}

// appendFrame puts a whole masked frame behind dst.
func appendFrame(dst []byte, op byte, body []byte) []byte {
	dst = append(dst, 0x80|op)
	switch n := len(body); {
	case n < 126:
		dst = append(dst, 0x80|byte(n))
	case n < 1<<16:
		dst = binary.BigEndian.AppendUint16(append(dst, 0x80|126), uint16(n))
	default:
		dst = binary.BigEndian.AppendUint64(append(dst, 0x80|127), uint64(n))
	}
	mask := rand.Uint32()
	dst = binary.LittleEndian.AppendUint32(dst, mask)
	from := len(dst)
	dst = append(dst, body...)
	wide := uint64(mask)<<32 | uint64(mask)
	rest := dst[from:]
	for len(rest) >= 8 {
		binary.LittleEndian.PutUint64(rest, binary.LittleEndian.Uint64(rest)^wide)
		rest = rest[8:]
	}
	for i := range rest {
		rest[i] ^= byte(mask >> (8 * (i % 4)))
	}
	return dst
}

// Close says goodbye and closes.
func (s *Socket) Close() error {
	return errors.Join(s.write(opClose, []byte{0x03, 0xe8}), s.conn.Close())
}

// Cut ends the connection as a network does that is gone: with a reset, and without a word.
func (s *Socket) Cut() error {
	if c, ok := s.conn.(*net.TCPConn); ok {
		if err := c.SetLinger(0); err != nil {
			return err
		}
	}
	return s.conn.Close()
}

// Slim lets go of what a socket that only answers pings does not need.
func (s *Socket) Slim() { s.in, s.out = nil, nil }
