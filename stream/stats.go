package stream

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go"

	"centrala"
	"centrala/watch"
)

// Stats are the figures of this node since it started, and the groups' lag on all nodes.
type Stats struct {
	Lanes     [centrala.Lanes]LaneStats
	Swept     uint64 // events that the sweep handed over
	Groups    map[string]GroupStats
	LiveSeen  uint64 // events of other nodes shown to Live
	LiveLost  uint64 // events dropped because Live was too slow; OnGap was told
	Connected bool
	Stored    watch.Distribution // seconds from an event's making to the stream

	// What nodes say to each other beside the stream.
	Said, Heard, Dropped uint64
}

// LaneStats are the figures of one lane's publisher.
type LaneStats struct {
	Queued     int    // events waiting to be published
	Published  uint64 // events stored, sweeps included
	Duplicates uint64 // of these, events that the stream had already
	Spilled    uint64 // events left to the sweep because the lane was full
}

// GroupStats are the figures of one group's work.
type GroupStats struct {
	Handled uint64             // events handled on this node
	Retried uint64             // second and third tries
	Buried  uint64             // dead letters
	Lag     uint64             // events on the stream that no node has handled yet
	Took    watch.Distribution // seconds from an event's making to its handler's end
}

// Stats returns the figures. Lag is asked from the stream, for five seconds at most; with an
// error it is missing and the rest is valid.
func (b *Bus) Stats(ctx context.Context) (Stats, error) {
	s := Stats{Stored: b.stored.Read(), Groups: map[string]GroupStats{}, Connected: b.pub.IsConnected() && b.sub.IsConnected()}
	for i, l := range b.lanes {
		s.Lanes[i] = LaneStats{l.depth(), l.published.Load(), l.duplicates.Load(), l.spills.Load()}
	}
	if b.relay != nil {
		s.Swept = b.relay.swept.Load()
	}
	s.LiveSeen, s.LiveLost = b.live.seen.Load(), b.live.lost.Load()
	f := &b.fleeting
	s.Said, s.Heard, s.Dropped = f.said.Load(), f.heard.Load(), f.unsaid.Load()+f.lost.Load()
	lag, err := b.lag(ctx)
	for _, g := range b.groups {
		s.Groups[g.name] = GroupStats{g.handled.Load(), g.retried.Load(), g.buried.Load(), lag[g.name], g.took.Read()}
	}
	return s, err
}

func (b *Bus) lag(ctx context.Context) (map[string]uint64, error) {
	lag := map[string]uint64{}
	of := map[string]string{}
	for _, g := range b.groups {
		for _, s := range g.strands {
			of[s.config().Durable] = g.name
		}
	}
	if len(of) == 0 {
		return lag, nil
	}
	ctx, cancel := context.WithTimeout(ctx, ackTimeout)
	defer cancel()
	found := 0
	for c := range b.jets.Consumers(streamName, nats.Context(ctx)) {
		if name, ok := of[c.Name]; ok {
			lag[name] += c.NumPending + uint64(c.NumAckPending)
			found++
		}
	}
	if found < len(of) {
		return lag, fmt.Errorf("stream: the lag of %d of %d consumers is unknown", len(of)-found, len(of))
	}
	return lag, nil
}
