package channelstest

import (
	"context"
	"errors"
	"testing"

	"centrala"
	"centrala/lab"
)

// Cyrus is a lab.Cyrus that ends with the test. It lets "bok" in with Password.
type Cyrus struct {
	*lab.Cyrus
	Server centrala.Server
}

// NewCyrus starts a Cyrus, which ends with the test.
func NewCyrus(t testing.TB) *Cyrus {
	t.Helper()
	server, err := lab.StartCyrus(context.Background(), testLog{t})
	if errors.Is(err, lab.ErrNoCyrus) {
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
	return &Cyrus{Cyrus: server, Server: centrala.Server{Host: "localhost", Port: port(t, server.Addr), TLS: "none", User: lab.DovecotUser}}
}
