package main

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
)

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
