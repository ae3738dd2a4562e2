package stream

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// cleanMark is the file that says the last process let go of the folder in peace. Without it
// the end of the stream may be missing: it reaches the disk every syncEvery only.
const (
	cleanMark = "clean"
	syncEvery = 10 * time.Second
)

// embedded is a NATS server inside the process that listens nowhere.
type embedded struct {
	srv       *server.Server
	jets      server.JetStreamConfig
	dir       string
	lock      *os.File
	recovered atomic.Bool // the end of the stream is known to be whole, or was published again
}

func startEmbedded(c Config) (*embedded, error) {
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("stream folder: %w", err)
	}
	lock, err := lockFolder(filepath.Join(c.Dir, "lock"))
	if err != nil {
		return nil, fmt.Errorf("stream folder %s is in use by another process: %w", c.Dir, err)
	}
	e := &embedded{dir: c.Dir, lock: lock}
	clean, err := e.takeMark()
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	e.recovered.Store(clean)
	// The reserve lets JetStream's own bookkeeping live beside a full stream.
	e.jets = server.JetStreamConfig{StoreDir: c.Dir, MaxStore: c.Limits.MaxBytes + 256<<20, MaxMemory: 64 << 20, SyncInterval: syncEvery}
	e.srv, err = server.NewServer(&server.Options{
		ServerName: c.Node, DontListen: true, NoSigs: true,
		JetStream: true, StoreDir: c.Dir, SyncInterval: syncEvery,
		JetStreamMaxStore: e.jets.MaxStore, JetStreamMaxMemory: e.jets.MaxMemory,
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("embedded server: %w", err), lock.Close())
	}
	e.srv.SetLoggerV2(serverLog{c.Log}, false, false, false)
	e.srv.Start()
	if !e.srv.ReadyForConnections(10*time.Second) || !e.srv.JetStreamEnabled() {
		e.srv.Shutdown()
		return nil, errors.Join(errors.New("the embedded server did not start; is the stream folder writable, and the disk not full?"), lock.Close())
	}
	return e, nil
}

// InProcessConn makes e what a client connects to.
func (e *embedded) InProcessConn() (net.Conn, error) { return e.srv.InProcessConn() }

// takeMark removes the mark, durably, and reports whether it was there.
func (e *embedded) takeMark() (bool, error) {
	err := os.Remove(filepath.Join(e.dir, cleanMark))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err == nil {
		err = syncFolder(e.dir)
	}
	if err != nil {
		return false, fmt.Errorf("stream folder: %w", err)
	}
	return true, nil
}

// revive turns JetStream on again after it turned itself off, which it does when the disk is
// full. Clients stay connected meanwhile.
func (e *embedded) revive() error {
	if e.srv.JetStreamEnabled() {
		return nil
	}
	config := e.jets // EnableJetStream completes the folder in place
	if err := e.srv.EnableJetStream(&config); err != nil {
		return fmt.Errorf("jetstream is off (a full disk does that): %w", err)
	}
	return nil
}

// stop ends the server and says so in the folder.
func (e *embedded) stop() error {
	whole := e.recovered.Load() && e.srv.JetStreamEnabled()
	e.srv.Shutdown()
	e.srv.WaitForShutdown()
	var err error
	if whole {
		err = os.WriteFile(filepath.Join(e.dir, cleanMark), nil, 0o600)
		if err == nil {
			err = syncFolder(e.dir)
		}
	}
	if err = errors.Join(err, e.lock.Close()); err != nil {
		return fmt.Errorf("stream folder: %w", err)
	}
	return nil
}

// syncFolder makes a removal or a new file durable.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
