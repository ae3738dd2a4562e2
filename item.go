package centrala

import (
	"strings"
	"time"
)

// InboundKind is what kind of thing an Inbound tells.
type InboundKind string

// The kinds. The zero kind is a message, too.
const (
	KindMessage  InboundKind = "message"
	KindPostback InboundKind = "postback" // a button was pressed; Text is what is on it
	KindComment  InboundKind = "comment"  // public, below a post
	KindEcho     InboundKind = "echo"     // our own words: confirmed, or written elsewhere
	KindEdit     InboundKind = "edit"     // an earlier message now says Text
	KindUnsend   InboundKind = "unsend"   // an earlier message was taken back
	KindReaction InboundKind = "reaction"
	KindDelivery InboundKind = "delivery" // something became of ours
	KindRead     InboundKind = "read"
	KindMatter   InboundKind = "matter" // Matters changed, and nothing was said
	KindReach    InboundKind = "reach"  // the person has blocked us, with About.Removed, or is back
)

// Says reports whether things of the kind bring a customer's words.
func (k InboundKind) Says() bool {
	return k == "" || k == KindMessage || k == KindPostback || k == KindComment
}

// About is an earlier message that an Inbound is about, and what becomes of it.
type About struct {
	ID      string     `json:"id,omitempty"`      // the vendor's
	Ours    DeliveryID `json:"ours,omitzero"`     // by the mark that we had sent along
	Upto    time.Time  `json:"upto,omitzero"`     // all that we sent up to then
	Version int64      `json:"version,omitempty"` // of an edit: the higher is the later

	State   DeliveryState `json:"state,omitempty"` // of a delivery: handed_over, delivered, read, failed
	Reason  string        `json:"reason,omitempty"`
	Cause   BounceCause   `json:"cause,omitempty"`
	Emoji   string        `json:"emoji,omitempty"`
	Removed bool          `json:"removed,omitempty"` // of a reaction; of a reach: they cannot be written to any more
}

// Matter is something of the marketplace that a conversation is about: an order, an offer, an
// issue, a call.
type Matter struct {
	Kind   string    `json:"kind"` // order, offer, issue, call, callback, post
	ID     string    `json:"id"`
	Title  string    `json:"title,omitempty"`
	URL    string    `json:"url,omitempty"`
	Status string    `json:"status,omitempty"` // in the vendor's words
	Due    time.Time `json:"due,omitzero"`     // when the vendor wants it decided
}

// WithMatters is the matters after news of some: those of the same kind and id are replaced. At
// most MaxMatters are kept, the latest.
func WithMatters(had, news []Matter) []Matter {
	out := make([]Matter, 0, len(had)+len(news))
	for _, m := range had {
		if !hasMatter(news, m) {
			out = append(out, m)
		}
	}
	out = append(out, news...)
	return out[max(0, len(out)-MaxMatters):]
}

// OfPost reports whether a vendor's conversation is the comments below a post of a page, the root of
// which its name holds.
func OfPost(thread string) bool { return strings.HasPrefix(thread, "post:") }

// MaxMatters is how many matters a conversation carries.
const MaxMatters = 20

func hasMatter(all []Matter, m Matter) bool {
	for _, o := range all {
		if o.Kind == m.Kind && o.ID == m.ID {
			return true
		}
	}
	return false
}
