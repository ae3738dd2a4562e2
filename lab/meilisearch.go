package lab

import (
	"context"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// MeilisearchConfig says what a Meilisearch is for.
type MeilisearchConfig struct {
	Binary string
	Dir    string    // of its data
	Key    string    // its master key, 16 letters at least; "": it needs none
	Log    io.Writer // what it says; nil: only errors quote the last of it
}

// A Meilisearch is one server, whose address stays the same in all its lives. The methods are for one
// goroutine at a time.
type Meilisearch struct {
	c    MeilisearchConfig
	addr string
	p    *process
}

// StartMeilisearch starts a server and waits until it answers. The caller stops it.
func StartMeilisearch(ctx context.Context, c MeilisearchConfig) (*Meilisearch, error) {
	addr, err := FreeAddress()
	if err != nil {
		return nil, err
	}
	m := &Meilisearch{c: c, addr: addr}
	return m, m.Start(ctx)
}

// URL is what a client connects to.
func (m *Meilisearch) URL() string { return "http://" + m.addr }

// Addr is its host and port.
func (m *Meilisearch) Addr() string { return m.addr }

// Start starts it again and waits until it answers.
func (m *Meilisearch) Start(ctx context.Context) error {
	args := []string{"--http-addr", m.addr, "--db-path", m.c.Dir + "/data.ms", "--dump-dir", m.c.Dir + "/dumps", "--snapshot-dir", m.c.Dir + "/snapshots", "--no-analytics", "--env", "development"}
	if m.c.Key != "" {
		args = append(args, "--master-key", m.c.Key)
	}
	cmd := exec.Command(m.c.Binary, args...)
	cmd.Dir = m.c.Dir
	var err error
	if m.p, err = spawn("meilisearch", cmd, m.c.Log); err != nil {
		return err
	}
	return m.p.await(ctx, 20*time.Millisecond, func(ctx context.Context) error { return green(ctx, m.URL()+"/health") })
}

// Kill ends it without a word.
func (m *Meilisearch) Kill() error { return m.p.kill() }

// Wipe removes what it has stored. It must not run.
func (m *Meilisearch) Wipe() error { return os.RemoveAll(m.c.Dir + "/data.ms") }

// Stop ends it. It may be called twice.
func (m *Meilisearch) Stop() error {
	if m.p == nil || m.p.ended() {
		return nil
	}
	if err := m.p.signal(syscall.SIGTERM); err != nil {
		return err
	}
	<-m.p.done
	return nil
}
