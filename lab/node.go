package lab

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// A Node is a centrala: one data folder, one address, and as many lives as it is given. Fill
// the fields, then Start.
type Node struct {
	Binary string    // cmd/centrala, built
	Data   string    // its folder
	Addr   string    // host:port to listen on; "" takes a free one of the loopback at the first Start
	Args   []string  // the command and its flags; nil: demo --no-limits
	Env    []string  // CENTRALA_… and others; what the environment says of CENTRALA_… is not passed on
	Wrap   []string  // a program in front of it, such as strace with its flags
	Log    io.Writer // what it says; nil: only errors quote the last of it

	Lives int           // how often it was started
	Took  time.Duration // from the last start to the first good answer of /readyz

	p *process
}

// Start runs the program and waits until /readyz is green.
func (n *Node) Start(ctx context.Context) error {
	if n.Addr == "" {
		addr, err := FreeAddress()
		if err != nil {
			return err
		}
		n.Addr = addr
	}
	args := n.Args
	if args == nil {
		args = []string{"demo", "--no-limits"}
	}
	line := append(append(append([]string{}, n.Wrap...), n.Binary), append(args, "--data", n.Data, "--listen", n.Addr)...)
	cmd := exec.Command(line[0], line[1:]...)
	cmd.Dir = filepath.Dir(n.Data) // a configuration file of the folder we are in is not meant
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "CENTRALA_") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(cmd.Env, n.Env...)
	n.Lives++
	began := time.Now()
	p, err := spawn(fmt.Sprintf("centrala at %s, life %d,", n.Addr, n.Lives), cmd, n.Log)
	if err != nil {
		return err
	}
	n.p = p
	if err := p.await(ctx, 2*time.Millisecond, n.Ready); err != nil {
		if !p.ended() {
			_ = p.kill() // the error that counts is that it is of no use
		}
		return err
	}
	n.Took = time.Since(began)
	return nil
}

// Ready is nil when /readyz is green.
func (n *Node) Ready(ctx context.Context) error { return green(ctx, "http://"+n.Addr+"/readyz") }

// Kill ends this life without a word.
func (n *Node) Kill() error { return n.p.kill() }

// Stop ends this life politely. It is an error when it does not end well or takes too long.
func (n *Node) Stop() error {
	if n.p == nil {
		return nil
	}
	return n.p.stop(syscall.SIGTERM)
}

// Pause freezes the process as it is, and Resume has it go on: a machine that swaps.
func (n *Node) Pause() error { return n.p.signal(syscall.SIGSTOP) }

// Resume is told at Pause.
func (n *Node) Resume() error { return n.p.signal(syscall.SIGCONT) }

// Ended is closed when this life is over.
func (n *Node) Ended() <-chan struct{} { return n.p.done }

// Said is the last of what it said.
func (n *Node) Said() string { return n.p.tail.String() }

// PID of this life; with Wrap it is the wrapper's.
func (n *Node) PID() int { return n.p.cmd.Process.Pid }
