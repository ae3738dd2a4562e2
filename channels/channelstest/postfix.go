package channelstest

import (
	"context"
	"errors"
	"maps"
	"net"
	"slices"
	"strconv"
	"testing"

	"centrala"
	"centrala/lab"
)

// Postfix is a lab.Postfix that ends with the test. What is for firma.test it delivers into the
// Dovecot, and the Dovecot's user may log in.
type Postfix struct {
	*lab.Postfix
	Server  centrala.Server // "none", without a login
	Login   centrala.Server // "starttls", with one
	Secure  centrala.Server // "tls", with one
	Metered centrala.Server // as Server, for two mails a minute
}

// NewPostfix starts a Postfix, which ends with the test.
func NewPostfix(t testing.TB, box *Dovecot) *Postfix {
	t.Helper()
	server, err := lab.StartPostfix(context.Background(), "firma.test", box.Cert, box.Dovecot, testLog{t})
	if errors.Is(err, lab.ErrNotRoot) {
		t.Skip(err)
	}
	if errors.Is(err, lab.ErrNoPostfix) {
		Missing(t, err.Error())
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(server.Log())
		}
		if err := server.Close(); err != nil {
			t.Log(err)
		}
	})
	at := func(addr, how, user string) centrala.Server {
		return centrala.Server{Host: "localhost", Port: port(t, addr), TLS: how, User: user}
	}
	return &Postfix{Postfix: server, Server: at(server.Addr, "none", ""), Metered: at(server.Metered, "none", ""),
		Login: at(server.Login, "starttls", lab.DovecotUser), Secure: at(server.TLSLogin, "tls", lab.DovecotUser)}
}

// Wait waits until people outside have got n mails, and gives them in the order of arrival.
func (p *Postfix) Wait(t testing.TB, n int) (mails []string) {
	t.Helper()
	Eventually(t, strconv.Itoa(n)+" mails from Postfix", func() bool {
		all, err := p.Mails()
		if err != nil {
			t.Fatal(err)
		}
		mails = nil
		for _, name := range slices.Sorted(maps.Keys(all)) {
			mails = append(mails, string(all[name]))
		}
		return len(mails) >= n
	})
	return mails
}

// Address is where a server listens.
func Address(s centrala.Server) string { return net.JoinHostPort(s.Host, strconv.Itoa(s.Port)) }
