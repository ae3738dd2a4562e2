package stream

import (
	"errors"
	"fmt"

	wmnats "github.com/ThreeDotsLabs/watermill-nats/v2/pkg/nats"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go"

	"centrala"
)

// publisher is Watermill's Publisher over JetStream with many messages in flight: the one of
// watermill-nats waits for each acknowledgement, at twice the processor time a message. On
// the wire the two are the same, watermill-nats's marshaler with its TrackMsgId: the
// message's UUID is the JetStream id that removes duplicates.
type publisher struct {
	conn    *nats.Conn
	jets    nats.JetStreamContext
	closed  <-chan struct{} // ends the waiting
	marshal wmnats.NATSMarshaler
}

var errClosed = errors.New("the stream is closed")

// parcel is a message on its way. err and duplicate are set by send.
type parcel struct {
	message   *nats.Msg // its header names the id by which doubles are removed
	event     centrala.Event
	err       error
	duplicate bool // the stream had it already
}

// Publish implements message.Publisher. It returns when all messages are acknowledged or
// failed; they are stored in the order given.
func (p *publisher) Publish(topic string, messages ...*message.Message) error {
	parcels := make([]parcel, 0, len(messages))
	var errs []error
	for _, m := range messages {
		n, err := p.marshal.Marshal(topic, m)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		n.Header.Set(nats.MsgIdHdr, m.UUID)
		parcels = append(parcels, parcel{message: n})
	}
	p.send(parcels)
	for _, s := range parcels {
		errs = append(errs, s.err)
	}
	return errors.Join(errs...)
}

// Close implements message.Publisher.
func (p *publisher) Close() error {
	p.conn.Close()
	return nil
}

// send publishes all parcels and waits until each is acknowledged or failed.
func (p *publisher) send(parcels []parcel) {
	futures := make([]nats.PubAckFuture, len(parcels))
	for i := range parcels {
		s := &parcels[i]
		futures[i], s.err = p.jets.PublishMsgAsync(s.message)
	}
	for i, f := range futures {
		if f == nil {
			continue
		}
		select {
		case ack := <-f.Ok():
			parcels[i].duplicate = ack.Duplicate
		case err := <-f.Err(): // ackTimeout bounds the wait
			parcels[i].err = fmt.Errorf("publish: %w", err)
		case <-p.closed:
			parcels[i].err = errClosed
		}
	}
}

// hopeless reports whether publishing the same thing again cannot succeed.
func hopeless(err error) bool {
	return errors.Is(err, nats.ErrMaxPayload) || errors.Is(err, nats.ErrBadSubject) || errors.Is(err, nats.ErrBadHeaderMsg)
}
