package stream

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"centrala"
)

// The stream's name and subjects: centrala.<lane>.<type>.
const (
	streamName    = "CENTRALA"
	subjectPrefix = "centrala."
	allSubjects   = "centrala.>"
)

const (
	ackTimeout = 5 * time.Second // for the stream to acknowledge a publish or answer a request
	ackWait    = 5 * time.Second // for a handler, before another node gets the event

	provisionTime = time.Minute // to create what is missing, in a cluster that is busy
)

func subject(lane int, t centrala.EventType) string {
	return subjectPrefix + strconv.Itoa(lane) + "." + string(t)
}

// connect opens one of the bus's connections. It is kept up for ever: everything that was
// lost meanwhile is in the log.
func (b *Bus) connect(role string) (*nats.Conn, error) {
	log := b.log.With("connection", role)
	options := []nats.Option{
		nats.Name("centrala " + b.cfg.Node + " " + role),
		nats.Timeout(ackTimeout),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(100 * time.Millisecond),
		nats.ReconnectJitter(100*time.Millisecond, 200*time.Millisecond),
		nats.ReconnectBufSize(-1),          // fail at once: a lane tries again in order
		nats.PingInterval(5 * time.Second), // a machine that is gone says nothing
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				log.Warn("stream connection lost", "error", err)
			}
		}),
		nats.ReconnectHandler(func(*nats.Conn) {
			log.Info("stream connection is back")
			if role == "subscribe" {
				b.live.gap()
				b.resumed.Store(true)
			}
		}),
		nats.ErrorHandler(func(_ *nats.Conn, s *nats.Subscription, err error) {
			if errors.Is(err, nats.ErrSlowConsumer) {
				return // told by the subscription itself, once it has seen what is left
			}
			log.Warn("stream connection", "error", err)
		}),
	}
	if b.srv != nil {
		options = append(options, nats.InProcessServer(b.srv))
	}
	c, err := nats.Connect(b.cfg.URL, options...)
	if err != nil {
		return nil, fmt.Errorf("connect to the stream: %w", err)
	}
	return c, nil
}

// ensureStream makes the stream be as the configuration says. It waits for a cluster whose
// servers are still finding each other.
func (b *Bus) ensureStream(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, provisionTime)
	defer cancel()
	return persist(ctx, "create stream", b.makeStream)
}

// noSuitablePeers is JetStream's refusal while too few servers of the cluster are there.
const noSuitablePeers nats.ErrorCode = 10005

// persist asks until there is an answer. What is asked while a cluster elects a leader may be
// answered by nobody: then it is asked again, and not waited for.
func persist(ctx context.Context, what string, ask func(context.Context) error) error {
	for {
		once, cancel := context.WithTimeout(ctx, ackTimeout)
		err := ask(once)
		cancel()
		var refused *nats.APIError
		busy := errors.As(err, &refused) && (refused.Code >= 500 || refused.ErrorCode == noSuitablePeers)
		switch {
		case err == nil:
			return nil
		case !busy && !errors.Is(err, context.DeadlineExceeded), within(ctx.Done(), 250*time.Millisecond):
			return fmt.Errorf("%s: %w", what, err)
		}
	}
}

func (b *Bus) makeStream(ctx context.Context) error {
	want := &nats.StreamConfig{
		Name: streamName, Subjects: []string{allSubjects},
		Retention: nats.LimitsPolicy, Discard: nats.DiscardOld, Storage: nats.FileStorage,
		MaxAge: b.cfg.Limits.MaxAge, MaxBytes: b.cfg.Limits.MaxBytes, MaxMsgs: -1, MaxConsumers: -1,
		Duplicates: b.cfg.Limits.Duplicates, Replicas: b.replicas(),
	}
	info, err := b.jets.StreamInfo(streamName, nats.Context(ctx))
	switch {
	case errors.Is(err, nats.ErrStreamNotFound):
		_, err = b.jets.AddStream(want, nats.Context(ctx))
		if errors.Is(err, nats.ErrStreamNameAlreadyInUse) {
			_, err = b.jets.UpdateStream(want, nats.Context(ctx)) // another node was first
		}
	case err == nil && !sameStream(info.Config, *want):
		_, err = b.jets.UpdateStream(want, nats.Context(ctx))
	}
	return err
}

func (b *Bus) replicas() int {
	if b.cfg.Replicas == 0 && b.pub.ConnectedClusterName() != "" {
		return 3
	}
	return max(b.cfg.Replicas, 1)
}

func sameStream(a, b nats.StreamConfig) bool {
	return a.MaxAge == b.MaxAge && a.MaxBytes == b.MaxBytes && a.Duplicates == b.Duplicates &&
		a.Replicas == b.Replicas && slices.Equal(a.Subjects, b.Subjects)
}

// ensureConsumers makes every durable consumer of the registered groups be as it should.
// They are never made by subscribing: nats.go deletes such a one when its subscriber closes,
// and the other nodes then get nothing.
func (b *Bus) ensureConsumers(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, provisionTime)
	defer cancel()
	have := map[string]nats.ConsumerConfig{}
	err := persist(ctx, "list consumers", func(ctx context.Context) error {
		for info := range b.jets.Consumers(streamName, nats.Context(ctx)) {
			have[info.Name] = info.Config
		}
		return ctx.Err()
	})
	if err != nil {
		return err
	}
	var missing []nats.ConsumerConfig
	for _, g := range b.groups {
		for _, s := range g.strands {
			want := s.config()
			if old, ok := have[want.Durable]; !ok || !sameConsumer(old, want) {
				missing = append(missing, want)
			}
		}
	}
	return b.createConsumers(ctx, missing)
}

// createConsumers asks for several at a time: each is a handful of new files on the server.
func (b *Bus) createConsumers(ctx context.Context, missing []nats.ConsumerConfig) error {
	const atOnce = 4
	errs := make([]error, atOnce)
	var wait sync.WaitGroup
	for w := range atOnce {
		wait.Go(func() {
			for i := w; i < len(missing) && errs[w] == nil; i += atOnce {
				errs[w] = b.createConsumer(ctx, missing[i])
			}
		})
	}
	wait.Wait()
	return errors.Join(errs...)
}

func (b *Bus) createConsumer(ctx context.Context, c nats.ConsumerConfig) error {
	// UpdateConsumer creates too; AddConsumer returns an old one without looking at its filters.
	return persist(ctx, "create consumer "+c.Durable, func(ctx context.Context) error {
		_, err := b.jets.UpdateConsumer(streamName, &c, nats.Context(ctx))
		return err
	})
}

func sameConsumer(a, b nats.ConsumerConfig) bool {
	return a.DeliverSubject == b.DeliverSubject && a.DeliverGroup == b.DeliverGroup &&
		a.MaxAckPending == b.MaxAckPending && a.AckWait == b.AckWait &&
		a.InactiveThreshold == b.InactiveThreshold && slices.Equal(filters(a), filters(b))
}

func filters(c nats.ConsumerConfig) []string {
	f := slices.Clone(c.FilterSubjects)
	if c.FilterSubject != "" {
		f = append(f, c.FilterSubject)
	}
	slices.Sort(f)
	return f
}

// validGroup keeps names fit for a subject and a file.
func validGroup(name string) bool {
	return name != "" && len(name) <= 40 && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-_") == ""
}
