package stream

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go"

	"centrala"
)

// Strands is how many events of a group may be in flight on all nodes.
const Strands = strandsPerGroup

// Pair returns the publisher and the subscriber that the bus works with, on connections of
// their own. Each topic outside centrala.> is a stream of its own here, since the suite
// publishes one id on several topics. Subscribers with the same group share the messages;
// without a group each gets all.
func (b *Bus) Pair(t *testing.T, group string) (message.Publisher, message.Subscriber) {
	connect := func() *nats.Conn {
		c, err := b.connect("test")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		return c
	}
	pc, sc := connect(), connect()
	jets, err := pc.JetStream(nats.PublishAsyncTimeout(ackTimeout))
	if err != nil {
		t.Fatal(err)
	}
	p := pair{jets: b.jets, group: group}
	p.subscriber = &subscriber{conn: sc, log: b.log, grace: time.Second, consumer: func(topic string) (nats.ConsumerConfig, error) {
		group := p.group
		if group == "" {
			group = "all_" + watermill.NewShortUUID()
		}
		c := (&strand{group: newGroup(b, group, nil, nil)}).config()
		c.Durable += strings.ReplaceAll(topic, ".", "_")
		c.DeliverSubject += "." + topic
		c.FilterSubjects = []string{topic}
		if err := p.SubscribeInitialize(topic); err != nil {
			return c, err
		}
		_, err := p.jets.UpdateConsumer(p.stream(topic), &c)
		return c, err
	}}
	return &publisher{conn: pc, jets: jets, closed: b.ctx.Done()}, p
}

type pair struct {
	*subscriber
	jets  nats.JetStreamContext
	group string
}

func (pair) stream(topic string) string {
	if strings.HasPrefix(topic, subjectPrefix) {
		return streamName
	}
	return topic
}

// SubscribeInitialize implements message.SubscribeInitializer.
func (p pair) SubscribeInitialize(topic string) error {
	if p.stream(topic) == streamName {
		return nil
	}
	_, err := p.jets.AddStream(&nats.StreamConfig{Name: topic, Subjects: []string{topic}, MaxBytes: 1 << 20})
	return err
}

// Foreign publishes raw data, as a program that is not ours would.
func (b *Bus) Foreign(subject string, headers nats.Header, data string) error {
	_, err := b.jets.PublishMsg(&nats.Msg{Subject: subject, Header: headers, Data: []byte(data)})
	return err
}

// Kill ends the bus as a crash would: nothing is acknowledged, marked or published any more.
func (b *Bus) Kill() {
	b.closeOnce.Do(func() {
		b.pub.Close()
		b.sub.Close()
		b.closing.Store(true)
		close(b.ending)
		b.cancel()
		if b.srv != nil {
			b.srv.recovered.Store(false)
			b.closed = b.srv.stop()
		}
	})
}

// RunOutOfDisk has the embedded server do what it does on a full disk. The returned function
// tells whether it has recovered.
func (b *Bus) RunOutOfDisk() func() bool {
	if err := b.srv.srv.ShutdownJetStream(); err != nil {
		panic(err)
	}
	return b.srv.srv.JetStreamEnabled
}

// StreamConfig is the stream as it is at the server.
func (b *Bus) StreamConfig() (nats.StreamConfig, error) {
	info, err := b.jets.StreamInfo(streamName)
	if err != nil {
		return nats.StreamConfig{}, err
	}
	return info.Config, nil
}

// Consumers are the durable consumers at the server.
func (b *Bus) Consumers() map[string]nats.ConsumerConfig {
	all := map[string]nats.ConsumerConfig{}
	for c := range b.jets.Consumers(streamName) {
		all[c.Name] = c.Config
	}
	return all
}

// Remove deletes the stream, as an operator's mistake would.
func (b *Bus) Remove() error { return b.jets.DeleteStream(streamName) }

// Held reports whether some lane is waiting for a sweep.
func (b *Bus) Held() bool {
	for _, l := range b.lanes {
		l.mu.Lock()
		s := l.state
		l.mu.Unlock()
		if s != flowing {
			return true
		}
	}
	return false
}

// Subject is where events of a lane and type go.
func Subject(lane int, t string) string { return subject(lane, centrala.EventType(t)) }

// SetLiveLimit lets fewer events wait for the live handlers. Call it before Start.
func (b *Bus) SetLiveLimit(events int) { b.live.limit = events }

// SetPage has a sweep take fewer events at once. Call it between Relay and Start.
func (b *Bus) SetPage(events int) { b.relay.page = events }

// LiveArrived is how many events have come over the connection of the subscriptions.
func (b *Bus) LiveArrived() uint64 { return b.sub.Stats().InMsgs }

// Flights is what a lane would have in flight together, one after another, of events offered.
func Flights(events []centrala.Event) [][]centrala.Event {
	l := newLane(0, &Bus{cfg: Config{Limits: Limits{LaneQueue: len(events)}}})
	for _, e := range events {
		l.offer(e)
	}
	l.release()
	var flights [][]centrala.Event
	for {
		f, _, _ := l.chunk()
		if len(f) == 0 {
			return flights
		}
		flights = append(flights, slices.Clone(f))
	}
}

// Messages is how many messages the stream holds.
func (b *Bus) Messages(t *testing.T) uint64 {
	info, err := b.jets.StreamInfo(streamName)
	if err != nil {
		t.Fatal(err)
	}
	return info.State.Msgs
}

// Where tells where events are that have not arrived: what waits in this node's lanes, what the
// stream holds and how far its consumers are.
func (b *Bus) Where() string {
	var w strings.Builder
	fmt.Fprintf(&w, "%s publishes to %s, hears %s, ready: %v\n", b.cfg.Node, b.pub.ConnectedUrl(), b.sub.ConnectedUrl(), b.Ready())
	for _, l := range b.lanes {
		l.mu.Lock()
		if l.state != flowing || len(l.queue)+len(l.swept) > 0 || l.busy {
			fmt.Fprintf(&w, "  lane %d: state %d, %d queued, %d swept, in flight: %v\n", l.n, l.state, len(l.queue), len(l.swept), l.busy)
		}
		l.mu.Unlock()
	}
	copies := func(c *nats.ClusterInfo) string {
		if c == nil {
			return "alone"
		}
		s := "led by " + c.Leader
		for _, p := range c.Replicas {
			s += fmt.Sprintf(", %s heard %s ago, current: %v, lag %d", p.Name, p.Active.Round(time.Millisecond), p.Current, p.Lag)
		}
		return s
	}
	info, err := b.jets.StreamInfo(streamName)
	if err != nil {
		fmt.Fprintf(&w, "  the stream: %v\n", err)
	} else {
		fmt.Fprintf(&w, "  the stream holds %d, %s\n", info.State.Msgs, copies(info.Cluster))
	}
	for _, g := range b.groups {
		for _, s := range g.strands {
			name := s.config().Durable
			c, err := b.jets.ConsumerInfo(streamName, name)
			if err != nil {
				fmt.Fprintf(&w, "  consumer %s: %v\n", name, err)
				continue
			}
			fmt.Fprintf(&w, "  consumer %s: delivered %d, acknowledged %d, %d unacknowledged, %d redelivered, %d to come, heard: %v, %s\n", name,
				c.Delivered.Stream, c.AckFloor.Stream, c.NumAckPending, c.NumRedelivered, c.NumPending, c.PushBound, copies(c.Cluster))
		}
	}
	return w.String()
}

// Hears is the address of the server by which this node hears the others.
func (b *Bus) Hears() string { return b.sub.ConnectedUrl() }

// Places are the addresses of the servers that the connections are at, to publish and to hear.
func (b *Bus) Places() []string { return []string{b.pub.ConnectedUrl(), b.sub.ConnectedUrl()} }

// Leads is the name of the server that leads the stream; when it is another than the wanted one,
// that is asked to step down.
func (b *Bus) Leads(want string) bool {
	info, err := b.jets.StreamInfo(streamName)
	if err != nil || info.Cluster == nil {
		return false
	}
	if info.Cluster.Leader == want {
		return true
	}
	_, _ = b.pub.Request("$JS.API.STREAM.LEADER.STEPDOWN."+streamName, nil, time.Second) // the next look tells
	return false
}
