package main

import (
	"bytes"
	"crypto/tls"
	"encoding/pem"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"centrala/channels/channelstest"
)

// A renewed certificate is used without a restart, looked for once a minute; a pair that cannot be
// used leaves the one before in use and the log says why, once, until it can.
func TestCertificateIsRenewed(t *testing.T) {
	t.Parallel()
	old, fresh := pairOf(t), pairOf(t)
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "fullchain.pem"), filepath.Join(dir, "privkey.pem")
	modified := time.Now()
	put := func(name string, b []byte) {
		t.Helper()
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
		modified = modified.Add(time.Second) // a clock that is too coarse must not hide a change
		if err := os.Chtimes(name, modified, modified); err != nil {
			t.Fatal(err)
		}
	}
	put(cert, old.cert)
	put(key, old.key)
	var log bytes.Buffer
	now := time.Now()
	c, err := loadCertificate(cert, key, slog.New(slog.NewTextHandler(&log, nil)), func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.TLS = &tls.Config{GetCertificate: c.For}
	s.StartTLS()
	defer s.Close()
	serves := func(when string, want pair) {
		t.Helper()
		trust := want.trust.Clone()
		trust.ServerName = "localhost"
		conn, err := tls.Dial("tcp", s.Listener.Addr().String(), trust)
		if err != nil {
			t.Errorf("%s: %v", when, err)
			return
		}
		conn.Close()
	}
	later := func(d time.Duration) { now = now.Add(d) }

	serves("at the start", old)
	put(cert, fresh.cert)
	later(59 * time.Second)
	serves("within the minute", old)
	if log.Len() > 0 {
		t.Errorf("it looked already: %s", log.String())
	}
	for range 3 {
		later(time.Minute)
		serves("with a key of another certificate", old)
	}
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	later(time.Minute)
	serves("without a key", old)
	if said := log.String(); strings.Count(said, "not renewed") != 2 || !strings.Contains(said, "private key does not match") || !strings.Contains(said, "no such file") {
		t.Errorf("the log says: %s", said)
	}
	put(key, fresh.key)
	later(time.Minute)
	serves("when both are there", fresh)
	if said := log.String(); strings.Count(said, "is renewed") != 1 {
		t.Errorf("the log says: %s", said)
	}

	if _, err := loadCertificate(cert, filepath.Join(dir, "nowhere.pem"), slog.New(slog.DiscardHandler), time.Now); err == nil {
		t.Error("it starts without a key")
	}
}

// pair is a certificate and its key as two files hold them, and what trusts it.
type pair struct {
	cert, key []byte
	trust     *tls.Config
}

func pairOf(t *testing.T) pair {
	t.Helper()
	c := channelstest.NewCertificate(t)
	b, err := os.ReadFile(c.Path)
	if err != nil {
		t.Fatal(err)
	}
	cert, rest := pem.Decode(b)
	key, _ := pem.Decode(rest)
	return pair{pem.EncodeToMemory(cert), pem.EncodeToMemory(key), c.Trust}
}
