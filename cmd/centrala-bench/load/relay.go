package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/coder/websocket"
	"golang.org/x/sync/errgroup"

	"centrala/cmd/centrala-bench/wire"
)

// The null relay is a server that does nothing but pass messages on between visitors and
// agents: what the machine, the WebSocket library and the driver allow at most. Visitors are
// numbered; a message begins with {"conversation":"0017" in both directions.
const (
	relayHead   = `{"type":"message","conversation":"`
	relayDigits = 4
)

type relay struct {
	mu       sync.RWMutex
	visitors map[int]*websocket.Conn
	agents   map[int]*websocket.Conn
}

// ServeRelay is the child process: it says where it listens on out and works until in ends.
func ServeRelay(in io.Reader, out io.Writer) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	r := &relay{visitors: map[int]*websocket.Conn{}, agents: map[int]*websocket.Conn{}}
	server := &http.Server{Handler: r, ReadHeaderTimeout: 10 * time.Second}
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	if _, err := fmt.Fprintln(out, l.Addr()); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, in)
	err = errors.Join(err, server.Close())
	if e := <-done; !errors.Is(e, http.ErrServerClosed) {
		err = errors.Join(err, e)
	}
	return err
}

func (r *relay) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	n, err := strconv.Atoi(q.URL.Query().Get("n"))
	if err != nil {
		http.Error(w, "n is a number", http.StatusBadRequest)
		return
	}
	here, there := r.visitors, r.agents
	agent := q.URL.Path == "/agent"
	if agent {
		here, there = there, here
	}
	c, err := websocket.Accept(w, q, &websocket.AcceptOptions{CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		return // Accept has answered
	}
	defer c.CloseNow()
	r.mu.Lock()
	here[n] = c
	r.mu.Unlock()
	for {
		kind, b, err := c.Read(q.Context())
		if err != nil {
			return
		}
		visitor, err := relayNumber(b)
		if err != nil {
			_ = c.Close(websocket.StatusUnsupportedData, err.Error()) // it goes away either way
			return
		}
		to := visitor
		r.mu.RLock()
		if !agent && len(there) > 0 { // all agents come before the first visitor
			to = visitor % len(there)
		}
		other := there[to]
		r.mu.RUnlock()
		if other == nil {
			_ = c.Close(websocket.StatusUnsupportedData, "nobody is there")
			return
		}
		if err := other.Write(q.Context(), kind, b); err != nil {
			return
		}
	}
}

// relayNumber is the visitor's number in a message.
func relayNumber(b []byte) (int, error) {
	if len(b) < len(relayHead)+relayDigits || string(b[:len(relayHead)]) != relayHead {
		return 0, errors.New("a message begins with its conversation")
	}
	return strconv.Atoi(string(b[len(relayHead) : len(relayHead)+relayDigits]))
}

// relayLine speaks through the relay in frames like the server's.
func relayLine() Line {
	return Line{Compose: func(dst []byte, t *talk, who, text string) ([]byte, error) {
		dst = append(append(dst, relayHead...), t.id...)
		dst = append(append(dst, `","seq":1,"message":{"author":{"kind":"`...), who...)
		return append(append(append(dst, `"},"text":"`...), text...), `"}}`...), nil
	}}
}

// ThroughRelay runs the closed loop through the relay at addr.
func ThroughRelay(ctx context.Context, addr string, visitors int, p Pace) ([]Bout, error) {
	ctx, end := context.WithCancel(ctx)
	defer end()
	g, ctx := errgroup.WithContext(ctx)
	board, line := NewBoard(), relayLine()
	for n := range toAnswer(visitors) {
		s, err := wire.Dial(ctx, wire.Door{Addr: addr, Path: fmt.Sprintf("/agent?n=%d", n)})
		if err != nil {
			return nil, err
		}
		a := &Answerer{board: board, line: line, sock: s}
		g.Go(func() error { return a.Run(ctx) })
	}
	var crowd []*Visitor
	for n := range visitors {
		s, err := wire.Dial(ctx, wire.Door{Addr: addr, Path: fmt.Sprintf("/visitor?n=%d", n)})
		if err != nil {
			return nil, err
		}
		crowd = append(crowd, &Visitor{board: board, line: line, sock: s, talk: board.talk(fmt.Sprintf("%0*d", relayDigits, n))})
	}
	var bouts []Bout
	g.Go(func() error {
		defer end()
		var err error
		bouts, err = closedLoop(ctx, crowd, p)
		return err
	})
	return bouts, g.Wait()
}
