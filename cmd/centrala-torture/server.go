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
	"syscall"
	"time"
)

// A Server is the program under torture: one data folder, one address, many lives.
type Server struct {
	Binary, Data, Addr string
	Log                io.Writer // what the program says
	Env                []string  // beside the environment's own

	cmd   *exec.Cmd
	ended chan error
	Lives int
}

// NewServer names a server on a free port of the loopback.
func NewServer(binary, data string, log io.Writer) (*Server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	return &Server{Binary: binary, Data: data, Addr: l.Addr().String(), Log: log}, l.Close()
}

// Start runs the program and waits until /readyz is green.
func (s *Server) Start(ctx context.Context) error {
	s.cmd = exec.Command(s.Binary, "demo", "--data", s.Data, "--listen", s.Addr, "--no-limits")
	s.cmd.Dir = filepath.Dir(s.Data) // a configuration file where we stand is not meant
	s.cmd.Env = append(os.Environ(), s.Env...)
	s.cmd.Stdout, s.cmd.Stderr = s.Log, s.Log
	if err := s.cmd.Start(); err != nil {
		return err
	}
	s.Lives++
	s.ended = make(chan error, 1)
	go func(cmd *exec.Cmd, ended chan error) { ended <- cmd.Wait() }(s.cmd, s.ended)
	for deadline := time.Now().Add(time.Minute); ; {
		if s.ready(ctx) {
			return nil
		}
		select {
		case err := <-s.ended:
			s.ended <- err
			return fmt.Errorf("life %d ended at its start: %w", s.Lives, err)
		default:
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("life %d: /readyz is not green after a minute", s.Lives)
		}
		if err := rest(ctx, 10*time.Millisecond); err != nil {
			return err
		}
	}
}

func (s *Server) ready(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.Addr+"/readyz", nil)
	if err != nil {
		return false
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return false
	}
	return errors.Join(res.Body.Close()) == nil && res.StatusCode == http.StatusOK
}

// Kill ends this life without a word.
func (s *Server) Kill() error {
	err := s.cmd.Process.Kill()
	<-s.ended
	return err
}

// Stop ends this life politely, and is an error when that takes longer than it may.
func (s *Server) Stop() error {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case err := <-s.ended:
		if err != nil {
			return fmt.Errorf("life %d did not end well: %w", s.Lives, err)
		}
		return nil
	case <-time.After(time.Minute):
		return errors.Join(fmt.Errorf("life %d did not end within a minute", s.Lives), s.Kill())
	}
}
