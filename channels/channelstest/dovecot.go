package channelstest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net/netip"
	"path/filepath"
	"testing"
	"time"

	"centrala"
	"centrala/lab"
)

// Dovecot is a lab.Dovecot that ends with the test.
type Dovecot struct {
	*lab.Dovecot
	Server centrala.Server // "none"; the same host with TLSPort for "tls"
	TLS    *tls.Config     // trusts its certificate
	Cert   string          // the PEM file of certificate and key
}

// Password is what Dovecot lets "bok" in with.
const Password = lab.DovecotPassword

// NewDovecot starts a Dovecot, which ends with the test.
func NewDovecot(t testing.TB) *Dovecot {
	t.Helper()
	return NewDovecotLike(t, lab.DovecotConfig{})
}

// NewDovecotLike starts a Dovecot that is like c, with a certificate of its own.
func NewDovecotLike(t testing.TB, c lab.DovecotConfig) *Dovecot {
	t.Helper()
	cert := NewCertificate(t)
	c.Cert, c.Log = cert.Path, testLog{t}
	server, err := c.Start(context.Background())
	if errors.Is(err, lab.ErrNoDovecot) {
		Missing(t, err.Error())
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Log(err)
		}
	})
	return &Dovecot{Dovecot: server, Cert: cert.Path, TLS: cert.Trust,
		Server: centrala.Server{Host: "localhost", Port: port(t, server.Addr), TLS: "none", User: lab.DovecotUser}}
}

// Encrypted is the server's address for TLS from the first byte, or for STARTTLS.
func (d *Dovecot) Encrypted(t testing.TB, how string) centrala.Server {
	t.Helper()
	s := d.Server
	if s.TLS = how; how == "tls" {
		s.Port = port(t, d.TLSAddr)
	}
	return s
}

// Start starts the server again and waits until it answers.
func (d *Dovecot) Start(t testing.TB) {
	t.Helper()
	if err := d.Dovecot.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// Stop ends the server and every connection to it.
func (d *Dovecot) Stop(t testing.TB) {
	t.Helper()
	if err := d.Dovecot.Stop(); err != nil {
		t.Fatal(err)
	}
}

// Renumber is lab.Dovecot's.
func (d *Dovecot) Renumber(t testing.TB) {
	t.Helper()
	if err := d.Dovecot.Renumber(); err != nil {
		t.Fatal(err)
	}
}

// port is that of an address.
func port(t testing.TB, addr string) int {
	t.Helper()
	a, err := netip.ParseAddrPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	return int(a.Port())
}

// Certificate is a certificate for localhost: a PEM file with its key, and the configuration
// that trusts it.
type Certificate struct {
	Path  string
	Trust *tls.Config
}

// NewCertificate makes a Certificate.
func NewCertificate(t testing.TB) Certificate {
	t.Helper()
	path := filepath.Join(scratch(t), "cert.pem")
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"}, IsCA: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	write(t, path, append(public, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})...))
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(public)
	return Certificate{path, &tls.Config{RootCAs: pool}}
}
