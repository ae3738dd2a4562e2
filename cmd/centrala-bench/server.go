package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// A Server is a child process that serves a house.
type Server struct {
	*House
	cmd   *exec.Cmd
	tail  *tail
	ended chan struct{} // closed when the process has ended
	err   error         // how; read after ended
	Took  time.Duration // from its start to the first good answer of /readyz
}

const (
	startLimit = 60 * time.Second
	endLimit   = 30 * time.Second
)

// startServer runs `binary demo` on a free port of the loopback and waits until it is ready.
// The caller stops it.
func startServer(ctx context.Context, binary, data string) (*Server, error) {
	addr, err := freeAddress()
	if err != nil {
		return nil, err
	}
	s := &Server{House: At(addr), tail: &tail{}, ended: make(chan struct{})}
	s.cmd = exec.Command(binary, "demo", "--data", data, "--listen", addr, "--no-limits")
	s.cmd.Dir = filepath.Dir(data) // a configuration file of the folder we are in is not meant
	s.cmd.Stdout, s.cmd.Stderr = s.tail, s.tail
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "CENTRALA_") {
			s.cmd.Env = append(s.cmd.Env, v)
		}
	}
	start := time.Now()
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		s.err = s.cmd.Wait()
		close(s.ended)
	}()
	if err := s.ready(ctx, start); err != nil {
		return nil, errors.Join(fmt.Errorf("%s does not start: %w; the last it said:\n%s", binary, err, s.tail), s.Stop())
	}
	return s, nil
}

// ready waits for /readyz.
func (s *Server) ready(ctx context.Context, start time.Time) error {
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	last := errors.New("no answer")
	for time.Since(start) < startLimit {
		select {
		case <-s.ended:
			return fmt.Errorf("it ended at once: %v", s.err)
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
		err := s.do(ctx, call{method: http.MethodGet, path: "/readyz"})
		if err == nil {
			s.Took = time.Since(start)
			return nil
		}
		if !errors.Is(err, syscall.ECONNREFUSED) {
			last = err
		}
	}
	return fmt.Errorf("/readyz is not good after %s: %w", startLimit, last)
}

const (
	calm      = 0.1 // cores
	calmLimit = 20 * time.Second
)

// Calm waits until the server has done what it does by itself after a start, such as building
// its index: until it keeps less than a tenth of a core busy, or 20 s are over.
func (s *Server) Calm(ctx context.Context) error {
	for end := time.Now().Add(calmLimit); time.Now().Before(end); {
		cores, err := coresOf(ctx, s.PID(), time.Second)
		if err != nil || cores < calm {
			return err
		}
	}
	return nil
}

// Stop asks the process to end, and ends it when it does not listen. Stopping twice is fine.
func (s *Server) Stop() error {
	s.Leave()
	select {
	case <-s.ended:
		return nil
	default:
	}
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-s.ended:
		return s.err
	case <-time.After(endLimit):
		err := s.cmd.Process.Kill()
		<-s.ended
		return errors.Join(fmt.Errorf("the server did not end within %s and was killed; the last it said:\n%s", endLimit, s.tail), err)
	}
}

// PID of the process.
func (s *Server) PID() int { return s.cmd.Process.Pid }

// freeAddress is a loopback address that nobody listens on right now.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// A Relay is a child process that is the null relay.
type Relay struct {
	Addr string
	PID  int
	Stop func() error
}

// startRelay runs this program again as the null relay. The caller stops it.
func startRelay() (r Relay, err error) {
	self, err := os.Executable()
	if err != nil {
		return r, err
	}
	cmd := exec.Command(self, "relay")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return r, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return r, err
	}
	if err := cmd.Start(); err != nil {
		return r, err
	}
	r.PID = cmd.Process.Pid
	r.Stop = func() error { return errors.Join(in.Close(), cmd.Wait()) }
	var line [64]byte
	n, err := out.Read(line[:])
	if err != nil && !errors.Is(err, io.EOF) || n == 0 {
		return r, errors.Join(errors.New("the relay does not start"), err, r.Stop())
	}
	r.Addr = strings.TrimSpace(string(line[:n]))
	return r, nil
}

// A tail keeps the last of what was written to it.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

const tailSize = 4 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, p...)
	if over := len(t.buf) - tailSize; over > 0 {
		t.buf = append(t.buf[:0], t.buf[over:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.buf)
}
