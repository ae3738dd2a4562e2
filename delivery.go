package centrala

import (
	"slices"
	"time"
)

// DeliveryState is where an outgoing message is.
type DeliveryState string

// The states, in order, and the three ways it can end badly.
const (
	DeliveryQueued      DeliveryState = "queued"
	DeliveryLeased      DeliveryState = "leased"
	DeliveryHandingOver DeliveryState = "handing_over"
	DeliveryHandedOver  DeliveryState = "handed_over"
	Delivered           DeliveryState = "delivered"
	DeliveryRead        DeliveryState = "read"
	DeliveryBounced     DeliveryState = "bounced"
	DeliveryFailed      DeliveryState = "failed"
	DeliveryUnknown     DeliveryState = "unknown"
)

// follows is which states may come after each. Within an attempt a delivery only moves
// forward; back to queued is where another attempt begins. What the outside proves (a receipt,
// a bounce) counts whenever it comes, except against a stronger proof: what was read did not
// bounce, and what was delivered did not fail.
var follows = map[DeliveryState][]DeliveryState{
	DeliveryQueued:      {DeliveryLeased, DeliveryHandedOver, Delivered, DeliveryRead, DeliveryBounced},
	DeliveryLeased:      {DeliveryQueued, DeliveryHandingOver, DeliveryHandedOver, Delivered, DeliveryRead, DeliveryBounced},
	DeliveryHandingOver: {DeliveryQueued, DeliveryHandedOver, Delivered, DeliveryRead, DeliveryBounced, DeliveryFailed, DeliveryUnknown},
	DeliveryHandedOver:  {Delivered, DeliveryRead, DeliveryBounced, DeliveryFailed},
	Delivered:           {DeliveryRead, DeliveryBounced},
	DeliveryBounced:     {DeliveryQueued},
	DeliveryFailed:      {DeliveryQueued, Delivered, DeliveryRead, DeliveryBounced},
	DeliveryUnknown:     {DeliveryQueued, DeliveryHandedOver, Delivered, DeliveryRead, DeliveryBounced, DeliveryFailed},
}

// MayBecome reports whether next may come after s.
func (s DeliveryState) MayBecome(next DeliveryState) bool { return slices.Contains(follows[s], next) }

// slowness is the states from what is told first, when the portions of an answer differ.
var slowness = []DeliveryState{DeliveryFailed, DeliveryBounced, DeliveryUnknown, DeliveryQueued, DeliveryLeased, DeliveryHandingOver,
	DeliveryHandedOver, Delivered, DeliveryRead}

// LeastState is the state of an answer whose portions are in several: a failed one tells, else the
// one that is furthest behind. "" of none.
func LeastState(all ...DeliveryState) DeliveryState {
	least := len(slowness)
	for _, s := range all {
		if at := slices.Index(slowness, s); at >= 0 {
			least = min(least, at)
		}
	}
	if least == len(slowness) {
		return ""
	}
	return slowness[least]
}

// Delivery is the ledger row of one outgoing message on one channel.
type Delivery struct {
	ID           DeliveryID     `json:"id"`
	Conversation ConversationID `json:"conversation"`
	Seq          int64          `json:"seq"`
	Portion      int            `json:"portion,omitempty"` // of an answer that left as several messages, from 0
	Channel      Channel        `json:"channel"`
	State        DeliveryState  `json:"state"`
	Attempts     int            `json:"attempts"`
	Reason       string         `json:"reason,omitempty"`
	Cause        BounceCause    `json:"cause,omitempty"` // of what came back
	At           time.Time      `json:"at"`
	History      []Attempt      `json:"history"` // the attempts in order
}

// Attempt is one try to send a delivery. Began and Ended are zero until it came so far; what
// was begun and has no end may have reached the other side.
type Attempt struct {
	Number     int           `json:"number"`
	Node       string        `json:"node"` // whose it was
	Leased     time.Time     `json:"leased_at"`
	Began      time.Time     `json:"began_at,omitzero"` // when handing over was on disk
	Ended      time.Time     `json:"ended_at,omitzero"`
	Outcome    DeliveryState `json:"outcome,omitempty"` // handed_over, failed, unknown; queued: nothing was taken, it is tried again
	Reason     string        `json:"reason,omitempty"`
	ExternalID string        `json:"external_id,omitempty"`
}

// Settlement is how an attempt to deliver ended, or what the other side told of it later.
type Settlement struct {
	Attempt    int           // whose outcome it is; 0: told by the other side
	State      DeliveryState // handed_over, delivered, read, failed, bounced, unknown; queued: try again at Next
	ExternalID string
	Reason     string
	Cause      BounceCause // of what came back
	Next       time.Time
}

// Lease is what a pool asks the log for.
type Lease struct {
	Inbox InboxID
	For   time.Duration
	Limit int

	// Echo says that the other side tells us what it took. An attempt of which nobody knows how it
	// ended is made again by itself when nothing was told for that long; 0: it does not.
	Echo time.Duration

	// Repeatable says that the other side takes a message once however often it is sent: what
	// was being handed over when its lease ended is then sent again instead of becoming unknown.
	Repeatable bool

	// Apart asks for one delivery at most to the people of each domain, and for none to those of
	// the domains in Except.
	Apart  bool
	Except []string // lower case
}

// Rejected is a final refusal by the other side: trying again would not help.
// Cause is why, for programs; "" when it has no name.
type Rejected struct {
	Reason string
	Cause  BounceCause
}

// Error implements error.
func (r *Rejected) Error() string { return "rejected: " + r.Reason }

// Ambiguous is a failure after which nobody knows whether the other side has the message.
type Ambiguous struct{ Err error }

// Error implements error.
func (a *Ambiguous) Error() string { return "may have been taken: " + a.Err.Error() }

// Unwrap returns the cause.
func (a *Ambiguous) Unwrap() error { return a.Err }
