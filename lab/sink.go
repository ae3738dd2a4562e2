package lab

import (
	"context"
	_ "embed" // the server's script
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

//go:embed sink.py
var sinkScript []byte

// ErrNoSink tells that this machine has no aiosmtpd to start.
var ErrNoSink = errors.New("no SMTP server is installed: apt-get install python3-aiosmtpd")

// SinkConfig says what a Sink asks of its clients.
type SinkConfig struct {
	Dir      string // an existing folder
	Folder   string // a maildir, default one in Dir
	Password string // of every user; "" for no login
	Cert     string // a PEM file with certificate and key: STARTTLS is required
	Log      io.Writer
}

// A Sink is an SMTP server, aiosmtpd, that keeps each mail on the disk before it says that it
// has taken it. Some recipients it treats badly, see its script. The methods are for one
// goroutine at a time; Mails may be called from any.
type Sink struct {
	Addr   string
	Folder string
	p      *process
}

// StartSink starts a Sink and waits until it greets. The caller stops it.
func StartSink(ctx context.Context, c SinkConfig) (*Sink, error) {
	python := ""
	for _, p := range []string{"/usr/bin/python3", "python3"} {
		if exec.Command(p, "-c", "import aiosmtpd").Run() == nil {
			python = p
			break
		}
	}
	if python == "" {
		return nil, ErrNoSink
	}
	s := &Sink{Folder: c.Folder}
	if s.Folder == "" {
		s.Folder = filepath.Join(c.Dir, "sent")
	}
	if _, err := newMaildir(s.Folder); err != nil {
		return nil, err
	}
	script := filepath.Join(c.Dir, "sink.py")
	if err := os.WriteFile(script, sinkScript, 0o644); err != nil {
		return nil, err
	}
	var err error
	if s.Addr, err = FreeAddress(); err != nil {
		return nil, err
	}
	_, port, err := net.SplitHostPort(s.Addr)
	if err != nil {
		return nil, err
	}
	if s.p, err = spawn("smtp server at "+s.Addr, exec.Command(python, script, port, s.Folder, c.Password, c.Cert), c.Log); err != nil {
		return nil, err
	}
	if err := s.p.await(ctx, 20*time.Millisecond, answers(s.Addr, "220 ")); err != nil {
		return nil, errors.Join(err, s.p.kill())
	}
	return s, nil
}

// Stop ends the server. It may be called twice.
func (s *Sink) Stop() error { return s.p.stop(syscall.SIGTERM) }

// Mails are the raw mails that were taken so far, by the names of their files.
func (s *Sink) Mails() (map[string][]byte, error) { return maildir(s.Folder).all() }
