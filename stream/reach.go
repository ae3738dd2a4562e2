package stream

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

// A server of a cluster that is cut off from the others keeps its clients: their connections
// work, and nothing that they publish or wait for gets anywhere. So each connection asks the
// stream now and then, and leaves a server where it gets no answer once there is one at another.
// While there is none it stays: a leader is being elected, which takes its time on busy machines,
// and whoever wanders about meanwhile comes by the server that is cut off.
const (
	reachEvery = time.Second
	reachTime  = 2 * time.Second // for an answer
	reachHeard = 4 * time.Second // copies that a leader has not heard from for longer do not count; they answer each second
	reachLimit = 5 * time.Second // without an answer: longer than reachHeard, or the leader that was cut off would still be believed
)

// keepReach moves the connections off servers that reach nobody, until the bus closes. It is for
// a stream of its own servers.
func (b *Bus) keepReach() {
	var both sync.WaitGroup
	for role, c := range map[string]*nats.Conn{"publish": b.pub, "subscribe": b.sub} {
		var silent time.Time
		both.Go(func() { b.every(reachEvery, func() { silent = b.reach(role, c, silent) }) })
	}
	both.Wait()
}

// reach asks the stream over a connection, and goes to another server when there has been no
// answer since silent, zero for one that had an answer. It returns what silent is from now on.
func (b *Bus) reach(role string, c *nats.Conn, silent time.Time) time.Time {
	if !c.IsConnected() {
		return time.Time{} // it is looking for a server by itself
	}
	err := b.ask(c)
	switch {
	case err == nil:
		return time.Time{}
	case silent.IsZero():
		return time.Now()
	case time.Since(silent) < reachLimit || !b.answersElsewhere(c) || b.ask(c) == nil: // a leader just elected answers everywhere
		return silent
	}
	b.log.Warn("the stream does not answer here; trying another server", "connection", role, "server", c.ConnectedUrlRedacted(), "error", err)
	if err := c.ForceReconnect(); err != nil {
		b.log.Warn("the connection cannot be moved", "connection", role, "error", err)
	}
	return time.Time{}
}

// answersElsewhere reports whether the stream answers at a server that c is not connected to.
func (b *Bus) answersElsewhere(c *nats.Conn) bool {
	here := c.ConnectedUrl()
	return slices.ContainsFunc(c.ServerPool(), func(s nats.Server) bool {
		if s.URL.String() == here {
			return false
		}
		there, err := nats.Connect(s.URL.String(), nats.Name("centrala "+b.cfg.Node+" look"), nats.Timeout(reachTime), nats.NoReconnect())
		if err != nil {
			return false
		}
		defer there.Close()
		return b.ask(there) == nil
	})
}

// ask reports why the stream cannot be worked with over a connection, nil when it can.
func (b *Bus) ask(c *nats.Conn) error {
	jets, err := c.JetStream()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(b.ctx, reachTime)
	defer cancel()
	info, err := jets.StreamInfo(streamName, nats.Context(ctx))
	if err == nil && !led(info.Cluster) {
		err = errors.New("the stream has no leader that hears most of its servers")
	}
	return err
}

// led reports whether the stream has a leader that has heard from most of its copies lately. One
// that is cut off goes on to answer for a long time.
func led(c *nats.ClusterInfo) bool {
	if c == nil || len(c.Replicas) == 0 {
		return true // there is one copy, and it answered
	}
	if c.Leader == "" {
		return false
	}
	heard := 1
	for _, p := range c.Replicas {
		if !p.Offline && p.Active < reachHeard {
			heard++
		}
	}
	return 2*heard > 1+len(c.Replicas)
}
