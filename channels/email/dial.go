package email

import (
	"context"
	"crypto/tls"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"time"

	"centrala"
	"centrala/channels"
)

// dial connects to a mail server, encrypted from the first byte when its settings say "tls".
// Without encryption only this machine is dialled.
func (c *Channel) dial(ctx context.Context, s centrala.Server) (net.Conn, error) {
	return c.dialAs(ctx, s, c.tlsFor(s.Host))
}

// dialAs does so with a configuration of its own for the encryption.
func (c *Channel) dialAs(ctx context.Context, s centrala.Server, secured *tls.Config) (net.Conn, error) {
	d := channels.Dialer{AllowLinkLocal: c.c.AllowLinkLocal, LoopbackOnly: s.TLS == "none"}
	if s.TLS != "tls" && s.TLS != "starttls" && s.TLS != "none" {
		return nil, fmt.Errorf(`encryption is %q, not "tls", "starttls" or "none"`, s.TLS)
	}
	conn, err := d.DialContext(ctx, "tcp", net.JoinHostPort(s.Host, strconv.Itoa(s.Port)))
	if err != nil || s.TLS != "tls" {
		return conn, err
	}
	secure := tls.Client(conn, secured)
	ctx, cancel := context.WithTimeout(ctx, c.c.Timeout)
	defer cancel()
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = conn.Close() // it never came to be
		return nil, err
	}
	return secure, nil
}

func (c *Channel) tlsFor(host string) *tls.Config {
	t := c.c.TLS.Clone()
	if t == nil {
		t = &tls.Config{}
	}
	t.MinVersion = tls.VersionTLS12
	if t.ServerName == "" {
		t.ServerName = host
	}
	return t
}

func jittered(failures int, limit time.Duration) time.Duration {
	return channels.Backoff(failures, limit, rand.Float64())
}
