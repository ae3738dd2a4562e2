package stream

import (
	"fmt"
	"slices"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go"

	"centrala"
)

// strandsPerGroup is how many consumers a group has; each carries the lanes that are equal
// modulo this number. A consumer is files at the server: 1.2 ms to create, 0.25 ms and more to
// load at each start, 10 ms to close. Eight to a group keep a start with eight groups under a
// tenth of a second, and still let eight handlers of a group run at a time.
const strandsPerGroup = 8

// strand is one durable consumer of a group and the handler's goroutine behind it. At most one
// of its events is unacknowledged on all nodes together, so the order within its lanes holds
// even when a node dies.
type strand struct {
	group *group
	n     int
	sub   *subscriber
}

// config is the consumer at the server.
func (s *strand) config() nats.ConsumerConfig {
	name := fmt.Sprintf("%s-%d", s.group.name, s.n)
	return nats.ConsumerConfig{
		Durable: name, DeliverSubject: fmt.Sprintf("work.centrala.%s.%d", s.group.name, s.n), DeliverGroup: name,
		DeliverPolicy: nats.DeliverAllPolicy, AckPolicy: nats.AckExplicitPolicy, ReplayPolicy: nats.ReplayInstantPolicy,
		MaxAckPending: 1, AckWait: ackWait, MaxDeliver: -1, FilterSubjects: s.subjects(),
		// A group that no program has any more goes away with the last event it could read.
		InactiveThreshold: s.group.bus.cfg.Limits.MaxAge,
	}
}

func (s *strand) subjects() []string {
	var subjects []string
	for lane := s.n; lane < centrala.Lanes; lane += strandsPerGroup {
		if len(s.group.types) == 0 {
			subjects = append(subjects, subject(lane, ">"))
		}
		for _, t := range s.group.types {
			subjects = append(subjects, subject(lane, t))
		}
	}
	slices.Sort(subjects)
	return slices.Compact(subjects)
}

func (s *strand) start() error {
	s.sub = &subscriber{conn: s.group.bus.sub, log: s.group.log, grace: 4 * time.Second,
		consumer: func(string) (nats.ConsumerConfig, error) { return s.config(), nil }}
	events, err := s.sub.Subscribe(s.group.bus.ctx, s.config().Durable)
	if err != nil {
		return err
	}
	s.group.running.Go(func() {
		for m := range events {
			s.take(m)
		}
	})
	return nil
}

// take works on one event and answers for it.
func (s *strand) take(m *message.Message) {
	alive := func() {
		// Unanswered, the event would go to another node after ackWait; that is all that a
		// failure here does too.
		_ = s.group.bus.sub.Publish(m.Metadata[metaReply], ackProgress)
	}
	e, err := decode(m.Payload)
	if err != nil {
		s.refuse(m, err, alive)
		return
	}
	e.Trace = m.Metadata[metaTrace]
	if s.group.work(e, alive) == giveUp {
		m.Nack()
		return
	}
	m.Ack()
}

// refuse buries what is not an event.
func (s *strand) refuse(m *message.Message, cause error, alive func()) {
	d := centrala.DeadLetter{Event: centrala.Event{Type: centrala.EventType(m.Metadata[metaType])},
		Error: fmt.Sprintf("message %.60q: %v", m.UUID, cause), Attempts: 1}
	for s.group.bury(d) != nil {
		if !s.group.wait(time.Second, alive) {
			m.Nack()
			return
		}
	}
	m.Ack()
}
