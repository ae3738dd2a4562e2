package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"
)

const (
	startLimit = time.Minute // for a process to be of use
	endLimit   = 45 * time.Second
)

// A process is one child. Its methods may be called from one goroutine at a time, PID and
// ended from any.
type process struct {
	name  string
	cmd   *exec.Cmd
	tail  *tail
	done  chan struct{} // closed when it has ended
	cause error         // how; read after done
}

// spawn starts cmd, whose output goes to log, and to the tail that errors quote.
func spawn(name string, cmd *exec.Cmd, log io.Writer) (*process, error) {
	p := &process{name: name, cmd: cmd, tail: &tail{}, done: make(chan struct{})}
	var out io.Writer = p.tail
	if log != nil {
		out = io.MultiWriter(p.tail, log)
	}
	cmd.Stdout, cmd.Stderr = out, out
	endsWithUs(cmd)
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go func() {
		p.cause = cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

// await waits until ready says so, the process has ended, ctx has, or a minute is over.
func (p *process) await(ctx context.Context, every time.Duration, ready func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for {
		err := ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-p.done:
			return fmt.Errorf("%s ended at its start: %w; the last it said:\n%s", p.name, p.cause, p.tail)
		default:
		}
		if Rest(ctx, every) != nil {
			return fmt.Errorf("%s is of no use after %s: %w; the last it said:\n%s", p.name, startLimit, err, p.tail)
		}
	}
}

// signal sends s; a process that is gone already is no error.
func (p *process) signal(s os.Signal) error {
	if err := p.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	return nil
}

// kill ends it without a word.
func (p *process) kill() error {
	err := p.signal(syscall.SIGKILL)
	<-p.done
	return err
}

// stop asks it to end by s, and is an error when it does not end well or takes too long.
// Stopping what has ended tells again how it did.
func (p *process) stop(s os.Signal) error {
	if err := p.signal(s); err != nil {
		return err
	}
	t := time.NewTimer(endLimit)
	defer t.Stop()
	select {
	case <-p.done:
		if p.cause != nil {
			return fmt.Errorf("%s did not end well: %w; the last it said:\n%s", p.name, p.cause, p.tail)
		}
		return nil
	case <-t.C:
		return errors.Join(fmt.Errorf("%s did not end within %s and was killed; the last it said:\n%s", p.name, endLimit, p.tail), p.kill())
	}
}

// ended reports whether it has.
func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// green is nil when a program answers 200 about itself, else it says what the program said.
func green(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	why, err := io.ReadAll(io.LimitReader(res.Body, 2<<10))
	_ = res.Body.Close() // it was read
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s: %s", url, res.Status, why)
	}
	return err
}

// FreeAddress is an address of the loopback that nobody listens on right now, and that neither
// this process nor another one of this lab is given while this process lives. Its port lies
// below those that systems give away by themselves, so that no connection takes it while the
// server that it is for is down.
func FreeAddress() (string, error) {
	for {
		port := 15_000 + rand.IntN(17_000)
		mine, err := reserve(port)
		if err != nil {
			return "", fmt.Errorf("reserve a port: %w", err)
		}
		if !mine {
			continue
		}
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		switch {
		case err == nil:
			return l.Addr().String(), l.Close()
		case !errors.Is(err, syscall.EADDRINUSE):
			return "", err
		}
	}
}

// beside finds a program that was built with the one that runs: in its folder, else on the path.
func beside(name string) (string, error) {
	if self, err := os.Executable(); err == nil {
		at := filepath.Join(filepath.Dir(self), name)
		if _, err := os.Stat(at); err == nil {
			return at, nil
		}
	}
	return exec.LookPath(name)
}

// A tail keeps the last of what was written to it.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

const tailSize = 4 << 10

// Write implements io.Writer.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, p...)
	if over := len(t.buf) - tailSize; over > 0 {
		t.buf = append(t.buf[:0], t.buf[over:]...)
	}
	return len(p), nil
}

// String is what is kept.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.buf)
}

// Rest waits, or less when ctx ends.
func Rest(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
