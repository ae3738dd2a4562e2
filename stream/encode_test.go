package stream

import (
	"reflect"
	"testing"
	"time"

	wmnats "github.com/ThreeDotsLabs/watermill-nats/v2/pkg/nats"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go"

	"centrala"
)

// What the bus sends is what watermill-nats would send, with its TrackMsgId, so that every
// program that uses that one can read it.
func TestEncodeAsWatermill(t *testing.T) {
	t.Parallel()
	e := centrala.Event{ID: 7, Type: centrala.MessageReceived, At: time.Now(), Conversation: 9, N: 3, Seq: 2, Side: centrala.Buyer, Channel: centrala.Chat}
	full := e
	full.Side, full.Data = "<\n>", centrala.Facts{Kind: "assigned", Agent: 4, Reason: "wolna linia"}
	bare := centrala.Event{ID: 8, Type: centrala.ArticleSaved, At: time.Now()}
	for _, test := range []struct {
		event centrala.Event
		node  string
		meta  message.Metadata
	}{
		{e, "n1", message.Metadata{"type": "message.received", "lane": "8", "conversation": e.Conversation.String(), "side": "buyer", "channel": "chat", "node": "n1"}},
		{full, "", message.Metadata{"type": "message.received", "lane": "8", "conversation": e.Conversation.String(), "side": "<\n>", "channel": "chat"}},
		{bare, "", message.Metadata{"type": "article.saved", "lane": "0"}},
	} {
		got, err := encode(test.event, test.node)
		if err != nil {
			t.Fatal(err)
		}
		if arrived(got).UUID != test.event.ID.String() {
			t.Errorf("the message is called %q", arrived(got).UUID)
		}
		payload, err := test.event.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		m := message.NewMessage(test.event.ID.String(), payload)
		m.Metadata = test.meta
		want, err := (&wmnats.NATSMarshaler{}).Marshal(subject(test.event.Lane(), test.event.Type), m)
		if err != nil {
			t.Fatal(err)
		}
		want.Header.Set(nats.MsgIdHdr, m.UUID)
		if got.Subject != want.Subject || !reflect.DeepEqual(got.Header, want.Header) || string(got.Data) != string(want.Data) {
			t.Errorf("sent   %s %v %s\nwanted %s %v %s", got.Subject, got.Header, got.Data, want.Subject, want.Header, want.Data)
		}
	}
}
