package stream

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	wmnats "github.com/ThreeDotsLabs/watermill-nats/v2/pkg/nats"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go"

	"centrala"
	"centrala/object"
)

// Metadata of a message on the stream, as docs/protocol.md says. Node is the one whose own
// sockets have seen the event already; an event from a sweep has none.
const (
	metaType         = "type"
	metaConversation = "conversation"
	metaLane         = "lane"
	metaSide         = "side"
	metaChannel      = "channel"
	metaNode         = "node"
	metaTrace        = "traceparent"
)

// metaReply is where an event is acknowledged. It is added on arrival and never sent.
const metaReply = "_reply"

// encode makes the message of an event, as watermill-nats's marshaler would with TrackMsgId.
// node is empty for an event that no node's sockets may be assumed to have seen.
func encode(e centrala.Event, node string) (*nats.Msg, error) {
	if strings.Trim(string(e.Type), "abcdefghijklmnopqrstuvwxyz_.") != "" {
		return nil, fmt.Errorf("encode event: %.40q is not a type", e.Type)
	}
	payload, err := envelope(e)
	if err != nil {
		return nil, fmt.Errorf("encode event: %w", err)
	}
	id, lane := e.ID.String(), e.Lane()
	header := [...]struct{ name, value string }{
		{wmnats.WatermillUUIDHdr, id}, {nats.MsgIdHdr, id},
		{metaType, string(e.Type)}, {metaLane, strconv.Itoa(lane)}, {metaConversation, e.Conversation.String()},
		{metaSide, string(e.Side)}, {metaChannel, string(e.Channel)}, {metaNode, node}, {metaTrace, e.Trace},
	}
	m := &nats.Msg{Subject: subject(lane, e.Type), Header: make(nats.Header, len(header)), Data: payload}
	values := make([]string, len(header)) // one piece of memory for all
	for i, h := range header {
		if h.value != "" {
			values[i] = h.value
			m.Header[h.name] = values[i : i+1 : i+1]
		}
	}
	return m, nil
}

// envelope is what centrala.Event writes of itself.
func envelope(e centrala.Event) ([]byte, error) {
	o := object.Begin(make([]byte, 0, 256))
	object.Put(&o, "id", e.ID)
	o.String("type", string(e.Type))
	o.Int("v", 1)
	o.Time("at", e.At)
	if e.Conversation != 0 {
		object.Put(&o, "conversation", e.Conversation)
	}
	o.Positive("n", e.N)
	o.Positive("seq", e.Seq)
	o.Some("side", string(e.Side))
	o.Some("channel", string(e.Channel))
	if reflect.ValueOf(&e.Data).Elem().IsZero() { // as of nearly all
		o.Open("data")
		o.Close()
	} else {
		o.Any("data", &e.Data)
	}
	return o.End()
}

func decode(payload []byte) (centrala.Event, error) {
	var e centrala.Event
	if err := json.Unmarshal(payload, &e); err != nil {
		return e, fmt.Errorf("decode event: %w", err)
	}
	if e.ID == 0 {
		return e, fmt.Errorf("decode event: it has no id")
	}
	return e, nil
}

// arrived makes the message of what came from the stream. It never refuses, since a message
// that nobody is shown is never acknowledged and would stop its lane for ever.
func arrived(n *nats.Msg) *message.Message {
	m, err := (&wmnats.NATSMarshaler{}).Unmarshal(n)
	if err != nil {
		m = message.NewMessage(n.Header.Get(wmnats.WatermillUUIDHdr), n.Data)
	}
	m.Metadata[metaReply] = n.Reply
	return m
}
