package main

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// certificateAge is how long a renewed certificate may lie there before it is used.
const certificateAge = time.Minute

// certificate is the server's TLS certificate as its files have it. It is safe for concurrent use.
type certificate struct {
	cert, key string // files
	log       *slog.Logger
	now       func() time.Time

	mu      sync.Mutex
	looked  time.Time
	written [2]fileStamp // of the files as they were last read
	trouble string       // why they could not be used, "" when they could
	current *tls.Certificate
}

// fileStamp changes whenever a file is written anew.
type fileStamp struct {
	at   time.Time
	size int64
}

// loadCertificate reads the files; that they cannot be read at the start is an error.
func loadCertificate(cert, key string, log *slog.Logger, now func() time.Time) (*certificate, error) {
	c := &certificate{cert: cert, key: key, log: log, now: now, looked: now()}
	var err error
	if c.written, err = c.stamps(); err != nil {
		return nil, err
	}
	if c.current, err = c.read(); err != nil {
		return nil, err
	}
	return c, nil
}

// For is the certificate for a handshake, as tls.Config.GetCertificate wants it. At most once a
// minute it looks whether the files have changed. Files that cannot be used leave the certificate
// that was there; the log says why, once for each reason, and they are tried again.
func (c *certificate) For(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.now(); now.Sub(c.looked) >= certificateAge {
		c.looked = now
		c.look()
	}
	return c.current, nil
}

func (c *certificate) look() {
	written, err := c.stamps()
	if err == nil && written == c.written && c.trouble == "" {
		return
	}
	c.written = written // before they are read: what is written meanwhile is another change
	var fresh *tls.Certificate
	if err == nil {
		fresh, err = c.read()
	}
	if err != nil {
		if c.trouble != err.Error() {
			c.log.Error("the TLS certificate is not renewed, the one before stays in use", "err", err)
		}
		c.trouble = err.Error()
		return
	}
	c.current, c.trouble = fresh, ""
	c.log.Info("the TLS certificate is renewed", "ends", fresh.Leaf.NotAfter)
}

func (c *certificate) stamps() (s [2]fileStamp, err error) {
	for i, name := range [2]string{c.cert, c.key} {
		info, err := os.Stat(name)
		if err != nil {
			return s, err
		}
		s[i] = fileStamp{info.ModTime(), info.Size()}
	}
	return s, nil
}

func (c *certificate) read() (*tls.Certificate, error) {
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		return nil, fmt.Errorf("read %s and %s: %w", c.cert, c.key, err)
	}
	return &pair, nil
}
