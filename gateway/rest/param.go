package rest

import (
	"bytes"
	"encoding"
	"encoding/json"
	"reflect"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"centrala"
)

// ref is an identifier in a path. What is none becomes the zero identifier, which nothing has:
// such an address is as good as one that leads nowhere. It is a struct, since the framework
// would read a number type as digits.
type ref[T any, P interface {
	*T
	encoding.TextUnmarshaler
}] struct{ ID T }

// UnmarshalText implements encoding.TextUnmarshaler.
func (r *ref[T, P]) UnmarshalText(b []byte) error {
	if err := P(&r.ID).UnmarshalText(b); err != nil {
		*r = ref[T, P]{}
	}
	return nil
}

// wish is an identifier in a query, where one that cannot be is told.
type wish[T any, P interface {
	*T
	encoding.TextUnmarshaler
}] struct{ ID T }

// UnmarshalText implements encoding.TextUnmarshaler.
func (w *wish[T, P]) UnmarshalText(b []byte) error { return P(&w.ID).UnmarshalText(b) }

// number is a positive number in a path, 0 for everything else.
type number struct{ N int64 }

// UnmarshalText implements encoding.TextUnmarshaler.
func (n *number) UnmarshalText(b []byte) error {
	v, err := strconv.ParseInt(string(b), 10, 64)
	if err == nil {
		n.N = max(v, 0)
	}
	return nil
}

// The identifiers that stand in addresses.
type (
	agentRef        = ref[centrala.AgentID, *centrala.AgentID]
	articleRef      = ref[centrala.ArticleID, *centrala.ArticleID]
	fileRef         = ref[centrala.FileID, *centrala.FileID]
	attachmentRef   = ref[centrala.AttachmentID, *centrala.AttachmentID]
	contactRef      = ref[centrala.ContactID, *centrala.ContactID]
	conversationRef = ref[centrala.ConversationID, *centrala.ConversationID]
	entryRef        = ref[centrala.EntryID, *centrala.EntryID]
	deliveryRef     = ref[centrala.DeliveryID, *centrala.DeliveryID]
	followUpRef     = ref[centrala.FollowUpID, *centrala.FollowUpID]
	hookRef         = ref[centrala.HookID, *centrala.HookID]
	inboxRef        = ref[centrala.InboxID, *centrala.InboxID]
	keyRef          = ref[centrala.KeyID, *centrala.KeyID]
	macroRef        = ref[centrala.MacroID, *centrala.MacroID]
	teamRef         = ref[centrala.TeamID, *centrala.TeamID]

	agentWish   = wish[centrala.AgentID, *centrala.AgentID]
	articleWish = wish[centrala.ArticleID, *centrala.ArticleID]
	contactWish = wish[centrala.ContactID, *centrala.ContactID]
	inboxWish   = wish[centrala.InboxID, *centrala.InboxID]
	talkWish    = wish[centrala.ConversationID, *centrala.ConversationID]
	teamWish    = wish[centrala.TeamID, *centrala.TeamID]
)

// maybe is a field of a change: left out it is not set and nothing changes; null sets the
// zero value.
type maybe[T any] struct {
	set bool
	v   T
}

// UnmarshalJSON implements json.Unmarshaler.
func (m *maybe[T]) UnmarshalJSON(b []byte) error {
	m.set = true
	if bytes.Equal(b, []byte("null")) {
		return nil
	}
	return json.Unmarshal(b, &m.v)
}

// MarshalJSON implements json.Marshaler, for the description's sake.
func (m maybe[T]) MarshalJSON() ([]byte, error) { return json.Marshal(m.v) }

// Schema implements huma.SchemaProvider.
func (maybe[T]) Schema(r huma.Registry) *huma.Schema {
	s := *r.Schema(reflect.TypeFor[T](), false, "")
	s.Nullable = true
	s.PrecomputeMessages()
	return &s
}

// into writes the field to where it belongs, if it was given.
func (m maybe[T]) into(to *T) {
	if m.set {
		*to = m.v
	}
}

// side checks a side that may be none.
func side(s centrala.Side) error {
	if s != centrala.NoSide && !s.Valid() {
		return centrala.InvalidField("side", "A side is buyer, seller or advertiser.")
	}
	return nil
}
