package load

import (
	"context"
	"os"
	"time"

	"centrala/cmd/centrala-bench/host"
	"centrala/cmd/centrala-bench/wire"
)

// A Site is a running installation: its nodes as their clients know them, and the processes
// that it consists of.
type Site struct {
	Nodes    []*wire.House
	Servers  []int // processes of centrala, one a node
	Embedded bool  // nothing else runs for them; else other children of this process do: a database, a stream
}

// helpers is the processor time of what runs for the servers, so far.
func (s *Site) helpers() (time.Duration, error) {
	if s.Embedded {
		return 0, nil
	}
	return host.CPUBelow(os.Getpid(), s.Servers...)
}

// Front is the node that customers come to.
func (s *Site) Front() *wire.House { return s.Nodes[0] }

// Back is the node that agents sit at: another one where there are several.
func (s *Site) Back() *wire.House { return s.Nodes[len(s.Nodes)-1] }

// Administrator signs in who may change the house, and gives the token.
func (s *Site) Administrator(ctx context.Context) (string, error) {
	token, _, err := s.Back().Login(ctx, administrator, password)
	return token, err
}

// Seller signs in somebody who answers sellers, and gives the token.
func (s *Site) Seller(ctx context.Context) (string, error) {
	token, _, err := s.Back().Login(ctx, sellers, password)
	return token, err
}

// rest waits, unless ctx ends first.
func rest(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
