package stream_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	wmnats "github.com/ThreeDotsLabs/watermill-nats/v2/pkg/nats"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/pubsub/tests"

	"centrala/stream"
)

// Watermill's own suite runs against the publisher and the subscriber that the bus works with.
func TestWatermillSuite(t *testing.T) {
	t.Parallel()
	bus := open(t, stream.Config{Dir: t.TempDir()})
	tests.TestPubSub(t, tests.Features{
		ConsumerGroups:                      true,
		GuaranteedOrder:                     true,
		GuaranteedOrderWithSingleSubscriber: true,
		Persistent:                          true,
		NewSubscriberReceivesOldMessages:    true,
		ForceShort:                          true, // 50 subscribers of 5000 messages each measure nothing here
	}, func(t *testing.T) (message.Publisher, message.Subscriber) {
		return bus.Pair(t, "")
	}, func(t *testing.T, group string) (message.Publisher, message.Subscriber) {
		return bus.Pair(t, group)
	})
}

// What the bus writes can be read with watermill-nats, and the other way round.
func TestSpeaksWatermillNATS(t *testing.T) {
	t.Parallel()
	url := startServer(t).ClientURL()
	bus := open(t, stream.Config{URL: url})
	pub, sub := bus.Pair(t, "ours")
	js := wmnats.JetStreamConfig{TrackMsgId: true, DurablePrefix: "theirs"}
	theirPub, err := wmnats.NewPublisher(wmnats.PublisherConfig{URL: url, JetStream: js}, nil)
	must(t, err)
	defer func() { must(t, theirPub.Close()) }()
	theirSub, err := wmnats.NewSubscriber(wmnats.SubscriberConfig{URL: url, JetStream: js, QueueGroupPrefix: "theirs"}, nil)
	must(t, err)
	defer func() { must(t, theirSub.Close()) }()

	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	const topic = "centrala.3.test.hello"
	ours, err := sub.Subscribe(ctx, topic)
	must(t, err)
	theirs, err := theirSub.Subscribe(ctx, topic)
	must(t, err)
	for from, p := range map[string]message.Publisher{"ours": pub, "theirs": theirPub} {
		m := message.NewMessage(watermill.NewUUID(), []byte(from))
		m.Metadata.Set("k", "v")
		for range 2 { // the second is a double
			must(t, p.Publish(topic, m))
		}
	}
	for to, ch := range map[string]<-chan *message.Message{"ours": ours, "theirs": theirs} {
		got := map[string]int{}
		for range 2 {
			select {
			case m := <-ch:
				got[string(m.Payload)+m.Metadata.Get("k")]++
				m.Ack()
			case <-ctx.Done():
				t.Fatalf("%s got only %v", to, got)
			}
		}
		if fmt.Sprint(got) != "map[oursv:1 theirsv:1]" {
			t.Errorf("%s got %v", to, got)
		}
	}
	if n := len(bus.Consumers()); n != 2 {
		t.Errorf("%d consumers, want one each", n)
	}
}
