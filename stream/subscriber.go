package stream

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go"
)

// What a consumer is told about a message (docs.nats.io, "Acknowledging messages").
var (
	ackDone     = []byte("+ACK")
	ackAgain    = []byte("-NAK")
	ackProgress = []byte("+WPI")
)

// subscriber is Watermill's Subscriber over JetStream consumers that exist already. It reads
// what watermill-nats writes; that one's own subscriber is not used, because on Close it drops
// the message being handled, so that it comes twice, and can send on a closed channel.
//
// Close takes back the subscriptions first, then waits for the messages that are being handled,
// and gives the others back, so that a node that stops politely leaves nothing behind that
// others would have to wait for.
type subscriber struct {
	conn  *nats.Conn
	log   *slog.Logger
	grace time.Duration // how long Close waits for a message that is being handled

	// consumer tells which consumer carries a topic, after making sure that it exists.
	consumer func(topic string) (nats.ConsumerConfig, error)

	mu     sync.Mutex
	closed bool
	subs   []*subscription
}

// subscription is one Subscribe.
type subscription struct {
	of      *subscriber
	name    string
	sub     *nats.Subscription
	out     chan *message.Message
	ctx     context.Context // of the messages
	cancel  context.CancelFunc
	leaving chan struct{} // closed when no more messages are wanted
	once    sync.Once
	ended   chan struct{} // closed after the last message
}

// Subscribe implements message.Subscriber. One message at a time comes out; the next follows
// its acknowledgement.
func (s *subscriber) Subscribe(ctx context.Context, topic string) (<-chan *message.Message, error) {
	c, err := s.consumer(topic)
	if err != nil {
		return nil, err
	}
	n := &subscription{of: s, name: topic, out: make(chan *message.Message), leaving: make(chan struct{}), ended: make(chan struct{})}
	n.ctx, n.cancel = context.WithCancel(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		n.cancel()
		return nil, fmt.Errorf("subscribe %s: subscriber is closed", topic)
	}
	n.sub, err = s.conn.QueueSubscribe(c.DeliverSubject, c.DeliverGroup, n.receive)
	if err != nil {
		n.cancel()
		return nil, fmt.Errorf("subscribe %s: %w", topic, err)
	}
	n.sub.SetClosedHandler(func(string) {
		close(n.out)
		close(n.ended)
	})
	context.AfterFunc(n.ctx, n.leave)
	s.subs = append(s.subs, n)
	return n.out, nil
}

// Close implements message.Subscriber. Calling it again waits for the first.
func (s *subscriber) Close() error {
	s.mu.Lock()
	s.closed = true
	subs := s.subs
	s.mu.Unlock()
	for _, n := range subs {
		n.leave()
	}
	patience := time.NewTimer(s.grace)
	defer patience.Stop()
	for _, n := range subs {
		select {
		case <-n.ended:
		case <-patience.C:
			patience.Reset(0)
		}
		n.cancel()
	}
	for _, n := range subs {
		_ = n.sub.Unsubscribe() // does nothing to one that has ended
		if !within(n.ended, time.Second) {
			return fmt.Errorf("a message of %s was never let go", n.name)
		}
	}
	return nil
}

// leave takes the subscription back at the server. What arrives until that is known there is
// given back.
func (n *subscription) leave() {
	n.once.Do(func() {
		close(n.leaving)
		if !n.of.conn.IsConnected() || n.sub.Drain() != nil { // draining waits for the server
			_ = n.sub.Unsubscribe() // fails when the connection is closed, which ended it too
		}
	})
}

// receive hands a message out and waits for its acknowledgement. It runs on the
// subscription's own goroutine.
func (n *subscription) receive(m *nats.Msg) {
	w := arrived(m)
	ctx, cancel := context.WithCancel(n.ctx)
	defer cancel()
	w.SetContext(ctx)
	select {
	case <-n.leaving:
		n.answer(m, ackAgain)
		return
	default:
	}
	select {
	case n.out <- w:
	case <-n.leaving:
		n.answer(m, ackAgain)
		return
	}
	select {
	case <-w.Acked():
		n.answer(m, ackDone)
	case <-w.Nacked():
		n.answer(m, ackAgain)
	case <-n.ctx.Done():
		n.answer(m, ackAgain)
	}
}

// answer tells the consumer. An answer that is lost makes the message come again.
func (n *subscription) answer(m *nats.Msg, what []byte) {
	if err := n.of.conn.Publish(m.Reply, what); err != nil {
		n.of.log.Warn("an event could not be acknowledged and will come again", "consumer", n.name, "error", err)
	}
}
