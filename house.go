package centrala

import (
	"slices"
	"time"
)

// APIKey lets a program in. Its secret is shown once and stored hashed.
type APIKey struct {
	ID      KeyID      `json:"id"`
	Name    string     `json:"name"`
	Scopes  []string   `json:"scopes"` // of KeyScopes
	Sides   []Side     `json:"sides"`  // none: all
	Created time.Time  `json:"created_at"`
	Used    *time.Time `json:"used_at,omitempty"`
	Revoked *time.Time `json:"revoked_at,omitempty"`
}

// KeyScopes lists what an API key may be allowed.
func KeyScopes() []string {
	return []string{"conversations:read", "conversations:write", "contacts:read", "contacts:write", "articles:read",
		"articles:write", "mail:read", "mail:write", "surveys:read", "reports:read", "stream:read", "settings:write"}
}

// Allows reports whether the key has a scope.
func (k APIKey) Allows(scope string) bool { return slices.Contains(k.Scopes, scope) }

// AuditEntry is one line of the audit log: who did what to what, never a customer's words.
type AuditEntry struct {
	ID      int64     `json:"id"`
	At      time.Time `json:"at"`
	By      Author    `json:"by"`
	Action  string    `json:"action"`  // agent.created, contact.blocked, key.revoked …
	Subject string    `json:"subject"` // wire id or name
	Detail  string    `json:"detail,omitempty"`
	Address string    `json:"address,omitempty"` // network address, cut to its prefix
}

// DeadLetter is an event that a group's handler gave up on. It is read and replayed by an
// administrator; the group's sweep does its work meanwhile.
type DeadLetter struct {
	ID       int64     `json:"id"`
	Group    string    `json:"group"`
	Event    Event     `json:"event"`
	Error    string    `json:"error"`
	Attempts int       `json:"attempts"`
	At       time.Time `json:"at"`
}

// ContactChange is what a person edits about a contact; nil leaves a field as it is.
type ContactChange struct {
	Name, Email, Phone, Locale *string
	Side                       *Side
}

// Counts is what stands in the console's rail.
type Counts struct {
	Mine      int          `json:"mine"`
	Queue     int          `json:"queue"`
	Team      int          `json:"team"`
	Snoozed   int          `json:"snoozed"`
	Resolved  int          `json:"resolved"`
	Mentions  int          `json:"mentions"` // notes that name the agent and are still to be read
	Waiting   map[Side]int `json:"waiting"`
	FollowUps int          `json:"follow_ups"`
}

// Tiles is the shift's dashboard: of the conversations opened in a period, how many were
// answered by a person, how soon, and what went wrong. Unanswered counts those that no person
// has answered yet and that are not spam.
type Tiles struct {
	From       time.Time `json:"from"`
	To         time.Time `json:"to"`
	Inquiries  int       `json:"inquiries"`
	Answered   int       `json:"answered"`
	Under6h    int       `json:"under_6h"`
	Under4h    int       `json:"under_4h"`
	Complaints int       `json:"complaints"`
	Unanswered int       `json:"unanswered"`
	MedianS    int64     `json:"median_first_reply_s"`

	UnansweredSince *time.Time    `json:"unanswered_oldest_at"` // of those not resolved either; null: none
	FollowUps       FollowUpTiles `json:"follow_ups"`
}

// FollowUpTiles tells of the follow-ups opened in a period: how many are closed by now, and
// with how many somebody was in touch by the time that was promised.
type FollowUpTiles struct {
	Opened int `json:"opened"`
	Closed int `json:"closed"`
	InTime int `json:"in_time"`
}

// ArticleFilter narrows a list of articles; zero fields do not narrow.
type ArticleFilter struct {
	Locale  string
	Side    Side
	Section string
	Topic   ArticleID
	Public  bool        // only what everybody may read
	IDs     []ArticleID // these alone, in this order; nil: all
}
