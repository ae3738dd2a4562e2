package stream

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

// A server of a cluster that is cut off from the others keeps its clients: their connections
// work, and nothing that they publish or wait for gets anywhere. So each connection asks the
// stream now and then, and one that gets no answer for a while goes to another server.
const (
	reachEvery = time.Second
	reachTime  = 2 * time.Second // for an answer
	reachLimit = 6 * time.Second // without any: longer than a leader takes to be elected
	reachHeard = 4 * time.Second // copies that a leader has not heard from for longer do not count; they answer each second
)

// reach watches one connection. It is one goroutine's.
type reach struct {
	bus    *Bus
	role   string
	conn   *nats.Conn
	jets   nats.JetStreamContext
	silent time.Time // since when there is no answer; zero: there is one
}

// keepReach moves the connections off servers that reach nobody, until the bus closes. It is for
// a stream of its own servers.
func (b *Bus) keepReach() {
	var both sync.WaitGroup
	for role, c := range map[string]*nats.Conn{"publish": b.pub, "subscribe": b.sub} {
		jets, err := c.JetStream()
		if err != nil { // options that contradict each other: there are none
			b.log.Error("the stream's reach is not watched", "connection", role, "error", err)
			continue
		}
		r := &reach{bus: b, role: role, conn: c, jets: jets}
		both.Go(r.run)
	}
	both.Wait()
}

func (r *reach) run() {
	t := time.NewTicker(reachEvery)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			r.look(time.Now())
		case <-r.bus.ending:
			return
		}
	}
}

// look asks the stream and, when that has been in vain for too long, goes to another server.
func (r *reach) look(now time.Time) {
	if !r.conn.IsConnected() {
		r.silent = time.Time{} // it is looking for a server by itself
		return
	}
	ctx, cancel := context.WithTimeout(r.bus.ctx, reachTime)
	info, err := r.jets.StreamInfo(streamName, nats.Context(ctx))
	cancel()
	if err == nil && !led(info.Cluster) {
		err = errors.New("the stream has no leader that hears most of its servers")
	}
	switch {
	case err == nil:
		r.silent = time.Time{}
	case r.silent.IsZero():
		r.silent = now
	case time.Since(r.silent) > reachLimit && len(r.conn.Servers()) > 1:
		r.silent = time.Time{}
		r.bus.log.Warn("the stream does not answer; trying another server", "connection", r.role, "server", r.conn.ConnectedUrlRedacted(), "error", err)
		if err := r.conn.ForceReconnect(); err != nil {
			r.bus.log.Warn("the connection cannot be moved", "connection", r.role, "error", err)
		}
	}
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

// failing is for how long some lane has not been able to publish.
func (b *Bus) failing() (longest time.Duration) {
	for _, l := range b.lanes {
		longest = max(longest, l.failing())
	}
	return longest
}
