package lab

import (
	"context"
	"errors"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ErrNoTracer tells that system calls of another process cannot be changed here.
var ErrNoTracer = errors.New("strace is missing (apt-get install strace), or may not attach to other processes here")

// A Tracer changes what system calls of a running process do (strace -e inject). Its process
// goes on as before when it is stopped.
type Tracer struct{ p *process }

// Inject attaches to a process and all its threads: every one of the named calls is changed as
// how says, such as error=EIO or delay_enter=50000 (microseconds). It returns when it is
// attached.
func Inject(ctx context.Context, pid int, calls, how string) (*Tracer, error) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		return nil, ErrNoTracer
	}
	cmd := exec.Command(strace, "-f", "-o", "/dev/null", "-p", strconv.Itoa(pid), "-e", "trace="+calls, "-e", "inject="+calls+":"+how)
	p, err := spawn("strace", cmd, nil)
	if err != nil {
		return nil, err
	}
	err = p.await(ctx, 5*time.Millisecond, func(context.Context) error {
		if strings.Contains(p.tail.String(), "attached") {
			return nil
		}
		return errors.New("not attached yet")
	})
	if err != nil {
		return nil, errors.Join(ErrNoTracer, err)
	}
	return &Tracer{p}, nil
}

// Stop lets go of the process.
func (t *Tracer) Stop() error {
	if err := t.p.signal(syscall.SIGINT); err != nil {
		return err
	}
	<-t.p.done // it says by its code how what it traced ended
	return nil
}
