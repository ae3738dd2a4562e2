package centrala

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"
)

// kind names the things that have an identifier; it is the type parameter that keeps a
// contact's id from being passed where a conversation's is meant.
type kind interface{ prefix() string }

// ID identifies one thing of kind K. It is a positive 63-bit number that grows with time, so
// that rows append to their indexes; on the wire it is the kind's prefix and thirteen base-32
// characters ("c_0d4z…"). The zero ID means "none" and is null in JSON.
type ID[K kind] int64

type (
	agentKind        struct{}
	articleKind      struct{}
	attachmentKind   struct{}
	contactKind      struct{}
	conversationKind struct{}
	deliveryKind     struct{}
	entryKind        struct{}
	eventKind        struct{}
	fileKind         struct{}
	followUpKind     struct{}
	hookKind         struct{}
	inboxKind        struct{}
	keyKind          struct{}
	macroKind        struct{}
	mergerKind       struct{}
	questionKind     struct{}
	surveyKind       struct{}
	teamKind         struct{}
)

func (agentKind) prefix() string        { return "a_" }
func (articleKind) prefix() string      { return "ar_" }
func (attachmentKind) prefix() string   { return "at_" }
func (contactKind) prefix() string      { return "ct_" }
func (conversationKind) prefix() string { return "c_" }
func (deliveryKind) prefix() string     { return "d_" }
func (entryKind) prefix() string        { return "e_" }
func (eventKind) prefix() string        { return "ev_" }
func (fileKind) prefix() string         { return "af_" }
func (followUpKind) prefix() string     { return "f_" }
func (hookKind) prefix() string         { return "h_" }
func (inboxKind) prefix() string        { return "in_" }
func (keyKind) prefix() string          { return "k_" }
func (macroKind) prefix() string        { return "mc_" }
func (mergerKind) prefix() string       { return "mg_" }
func (questionKind) prefix() string     { return "q_" }
func (surveyKind) prefix() string       { return "sv_" }
func (teamKind) prefix() string         { return "t_" }

// The identifiers of the vocabulary. A message is the timeline face of an event and shares
// its number; on the wire it is shown as "m_…" by Message.
type (
	AgentID        = ID[agentKind]
	ArticleID      = ID[articleKind]
	AttachmentID   = ID[attachmentKind]
	ContactID      = ID[contactKind]
	ConversationID = ID[conversationKind]
	DeliveryID     = ID[deliveryKind]
	EntryID        = ID[entryKind]
	EventID        = ID[eventKind]
	FileID         = ID[fileKind] // of an article's file
	FollowUpID     = ID[followUpKind]
	HookID         = ID[hookKind]
	InboxID        = ID[inboxKind]
	KeyID          = ID[keyKind]
	MacroID        = ID[macroKind]
	MergerID       = ID[mergerKind]
	QuestionID     = ID[questionKind]
	SurveyID       = ID[surveyKind]
	TeamID         = ID[teamKind]
)

// alphabet is Crockford's base 32 in lower case: sorted like the numbers it stands for, and
// without the letters that are mistaken for digits.
const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"

const idDigits = 13 // 63 bits

// String is the wire form, or "" for the zero ID.
func (id ID[K]) String() string {
	var room [4 + idDigits]byte
	b, _ := id.AppendText(room[:0]) // never fails
	return string(b)
}

// AppendText appends the wire form, nothing for the zero ID. It never fails.
func (id ID[K]) AppendText(b []byte) ([]byte, error) {
	if id == 0 {
		return b, nil
	}
	var k K
	b = append(b, k.prefix()...)
	for shift := 5 * (idDigits - 1); shift >= 0; shift -= 5 {
		b = append(b, alphabet[uint64(id)>>shift&31])
	}
	return b, nil
}

// ParseID reads the wire form of an ID of kind K. Anything else is an Invalid error.
func ParseID[K kind](s string) (ID[K], error) {
	var k K
	digits, ok := strings.CutPrefix(s, k.prefix())
	if !ok || len(digits) != idDigits {
		return 0, Errorf(Invalid, "%.40q is not an identifier that begins with %s", s, k.prefix())
	}
	var v uint64
	for i := range idDigits {
		d := strings.IndexByte(alphabet, digits[i])
		if d < 0 {
			return 0, Errorf(Invalid, "%.40q is not an identifier that begins with %s", s, k.prefix())
		}
		v = v<<5 | uint64(d)
	}
	if v == 0 || v > 1<<63-1 {
		return 0, Errorf(Invalid, "%.40q is not an identifier that begins with %s", s, k.prefix())
	}
	return ID[K](v), nil
}

// MarshalJSON writes the wire form, null for the zero ID.
func (id ID[K]) MarshalJSON() ([]byte, error) {
	if id == 0 {
		return []byte("null"), nil
	}
	return []byte(`"` + id.String() + `"`), nil
}

// UnmarshalJSON reads the wire form; null and "" are the zero ID.
func (id *ID[K]) UnmarshalJSON(b []byte) error {
	var s *string
	if err := json.Unmarshal(b, &s); err != nil {
		return fmt.Errorf("identifier: %w", err)
	}
	if s == nil || *s == "" {
		*id = 0
		return nil
	}
	v, err := ParseID[K](*s)
	*id = v
	return err
}

// MarshalText writes the wire form, nothing for the zero ID.
func (id ID[K]) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText reads the wire form, as in an address; the empty text is the zero ID.
func (id *ID[K]) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*id = 0
		return nil
	}
	v, err := ParseID[K](string(b))
	*id = v
	return err
}

const (
	idEpoch  = 1_767_225_600_000 // the year 2026 begins, in Unix milliseconds
	idRandom = 22                // random bits below the time
)

// FirstID is the least number that an identifier made at t or later can have. The clock counts
// from 2026, leaves the highest bit clear until November 2060, and ends in 2095.
func FirstID(t time.Time) int64 { return max(t.UnixMilli()-idEpoch, 0) << idRandom }

// Made is when the identifier was made, to the millisecond.
func (id ID[K]) Made() time.Time { return time.UnixMilli(int64(id)>>idRandom + idEpoch).UTC() }

// IDs makes identifiers. The upper 41 bits are milliseconds, the lower 22 random, and each is
// greater than the one before, so two processes may make them side by side and rows still
// append. The zero value is ready; it is safe for concurrent use.
type IDs struct {
	mu   sync.Mutex
	last int64
}

// Ahead is how far the last identifier's time is after now: more than a moment when the clock
// was set back. Identifiers only rise, so none has that time until the clock has caught up.
func (g *IDs) Ahead(now time.Time) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.last == 0 {
		return 0
	}
	return max(EventID(g.last).Made().Sub(now), 0)
}

// Next returns an identifier made at now, greater than all that this IDs made before.
func (g *IDs) Next(now time.Time) int64 {
	random := rand.Int64N(1 << idRandom)
	g.mu.Lock()
	defer g.mu.Unlock()
	id := FirstID(now) | random
	if id <= g.last {
		id = g.last + 1
	}
	g.last = id
	return id
}
