package centrala

import (
	"encoding/json"
	"time"
)

// EventType names what happened. The list is part of the wire contract (docs/protocol.md).
type EventType string

// The types of this version.
const (
	ConversationOpened      EventType = "conversation.opened"
	ConversationQueued      EventType = "conversation.queued"
	ConversationAssigned    EventType = "conversation.assigned"
	ConversationUnassigned  EventType = "conversation.unassigned"
	ConversationTransferred EventType = "conversation.transferred"
	ConversationSnoozed     EventType = "conversation.snoozed"
	ConversationReopened    EventType = "conversation.reopened"
	ConversationResolved    EventType = "conversation.resolved"
	ConversationMerged      EventType = "conversation.merged"
	ConversationPrioritised EventType = "conversation.prioritised"
	ConversationTagged      EventType = "conversation.tagged"
	ConversationComplained  EventType = "conversation.complained"
	MessageReceived         EventType = "message.received" // from a customer
	MessageSent             EventType = "message.sent"     // from an agent or a bot
	MessageNoted            EventType = "message.noted"
	MessageChanged          EventType = "message.changed"
	DeliveryUpdated         EventType = "delivery.updated"
	DeliveryReturned        EventType = "delivery.returned"
	ParticipantJoined       EventType = "participant.joined"
	ParticipantLeft         EventType = "participant.left"
	MailElsewhere           EventType = "mail.elsewhere"
	FuseBlown               EventType = "fuse.blown"
	ContactCreated          EventType = "contact.created"
	ContactNamed            EventType = "contact.named"
	ContactMerged           EventType = "contact.merged"
	ContactParted           EventType = "contact.parted"
	ContactErased           EventType = "contact.erased"
	AgentChanged            EventType = "agent.changed"
	AgentPresence           EventType = "agent.presence"
	ArticleSaved            EventType = "article.saved"
	ArticleRemoved          EventType = "article.removed"
	ArticleWords            EventType = "article.words" // what searchers know of a language is another
	SLAWarned               EventType = "sla.warned"
	SLABreached             EventType = "sla.breached"
	SuggestionOffered       EventType = "suggestion.offered"
	SuggestionOpened        EventType = "suggestion.opened"
	SuggestionSolved        EventType = "suggestion.solved"
	BotTurned               EventType = "bot.turned"      // the answer bot's turn came to another state
	BotHandover             EventType = "bot.handed_over" // its quotation was not enough: a person is wanted
	SuggestionUnsolved      EventType = "suggestion.unsolved"
	SurveySent              EventType = "survey.sent"
	SurveyAnswered          EventType = "survey.answered"
	FollowUpOpened          EventType = "follow_up.opened"
	FollowUpClosed          EventType = "follow_up.closed"
)

// Event is one fact of the log. Within a conversation N is 1, 2, 3 … over all types; events
// of the timeline also have a Seq. An event carries identifiers, never people's words: those
// are read from the log, so that erasing them there erases them everywhere.
type Event struct {
	ID           EventID
	Type         EventType
	At           time.Time
	Conversation ConversationID // zero for events outside any conversation
	N            int64
	Seq          int64 // 0: not in the timeline
	Side         Side
	Channel      Channel
	Data         Facts

	// Trace is the W3C traceparent of what caused the event, "" when that is not traced. It goes
	// with the event from the commit to whoever handles it and is not in the log.
	Trace string
}

// Lanes is how many lanes the stream has; a conversation's events all travel in one.
const Lanes = 16

// Lane is the lane of the event: the same for all events of a conversation. Events outside
// any conversation share lane 0.
func (e Event) Lane() int {
	// Fibonacci hashing: the low bits of an id are random, the high bits time.
	return int(uint64(e.Conversation) * 0x9E3779B97F4A7C15 >> 60)
}

type wireEvent struct {
	ID           EventID        `json:"id"`
	Type         EventType      `json:"type"`
	V            int            `json:"v"`
	At           time.Time      `json:"at"`
	Conversation ConversationID `json:"conversation,omitzero"`
	N            int64          `json:"n,omitempty"`
	Seq          int64          `json:"seq,omitempty"`
	Side         Side           `json:"side,omitempty"`
	Channel      Channel        `json:"channel,omitempty"`
	Data         Facts          `json:"data"`
}

// MarshalJSON writes the envelope of docs/protocol.md, section "Events on the stream".
func (e Event) MarshalJSON() ([]byte, error) {
	return json.Marshal(wireEvent{e.ID, e.Type, 1, e.At, e.Conversation, e.N, e.Seq, e.Side, e.Channel, e.Data})
}

// UnmarshalJSON reads the envelope; unknown fields are ignored.
func (e *Event) UnmarshalJSON(b []byte) error {
	var w wireEvent
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	*e = Event{ID: w.ID, Type: w.Type, At: w.At, Conversation: w.Conversation, N: w.N, Seq: w.Seq, Side: w.Side, Channel: w.Channel, Data: w.Data}
	return nil
}

// Commit is an event that is on disk, together with what it left behind. Message is set for
// events of the timeline, Conversation for all events inside one; both are shared and must
// not be changed by whoever receives them.
type Commit struct {
	Event        Event
	Message      *Message
	Conversation *Conversation
}
