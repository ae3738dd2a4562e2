package stream

import (
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/nats-io/nats.go"
)

// Fleeting things are said to the other nodes beside the stream: they are stored nowhere, come
// at most once and in the order of one node's saying, and what cannot be said now is dropped.
const fleetingPrefix = "fleeting.centrala."

// What may wait to be said, and to be heard, before it is dropped.
const (
	fleetingUnsaid  = 1 << 12
	fleetingUnheard = 1 << 14
	fleetingBytes   = 8 << 20
)

// fleeting is what the nodes say to each other.
type fleeting struct {
	hear map[string]func(node string, data []byte)
	out  chan *nats.Msg // nil when there are no other nodes

	said, unsaid, heard, lost atomic.Uint64
}

// begin makes it ready to speak when there may be other nodes: an embedded stream has none.
func (f *fleeting) begin(others bool) {
	f.hear = map[string]func(string, []byte){}
	if others {
		f.out = make(chan *nats.Msg, fleetingUnsaid)
	}
}

// Hear has f hear what other nodes say about a topic. f runs on one goroutine for each topic
// and must not block. Register before Start; a topic is small letters, and has one hearer.
func (b *Bus) Hear(topic string, f func(node string, data []byte)) { b.fleeting.hear[topic] = f }

// Say tells the other nodes something about a topic, now or never: while the connection is lost
// it is dropped. It never blocks, and may be called before Start.
func (b *Bus) Say(topic string, data []byte) {
	if b.fleeting.out == nil {
		return
	}
	select {
	case b.fleeting.out <- &nats.Msg{Subject: fleetingPrefix + topic, Header: nats.Header{metaNode: {b.cfg.Node}}, Data: data}:
	default:
		b.fleeting.unsaid.Add(1)
	}
}

// speak says what Say took until the bus closes.
func (b *Bus) speak() {
	for {
		select {
		case m := <-b.fleeting.out:
			if err := b.pub.PublishMsg(m); err != nil {
				b.fleeting.unsaid.Add(1)
				continue
			}
			b.fleeting.said.Add(1)
		case <-b.ending:
			return
		}
	}
}

func (f *fleeting) subscribe(c *nats.Conn, node string) error {
	for topic, hear := range f.hear {
		if strings.Trim(topic, "abcdefghijklmnopqrstuvwxyz") != "" || topic == "" {
			return fmt.Errorf("%q is not a topic: small letters", topic)
		}
		dropped := 0 // of this subscription, on its goroutine
		s, err := c.Subscribe(fleetingPrefix+topic, func(m *nats.Msg) {
			if n, err := m.Sub.Dropped(); err == nil && n != dropped {
				f.lost.Add(uint64(n - dropped))
				dropped = n
			}
			if by := m.Header.Get(metaNode); by != node {
				f.heard.Add(1)
				hear(by, m.Data)
			}
		})
		if err != nil {
			return fmt.Errorf("hear %s: %w", topic, err)
		}
		if err := s.SetPendingLimits(fleetingUnheard, fleetingBytes); err != nil {
			return fmt.Errorf("limit what waits of %s: %w", topic, err)
		}
	}
	return nil
}
