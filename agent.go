package centrala

import (
	"slices"
	"time"
)

// Role says how much an agent may see and do.
type Role string

// The roles. An agent sees their own teams' conversations, a supervisor those of their own
// sides, an administrator all.
const (
	RoleAgent      Role = "agent"
	RoleSupervisor Role = "supervisor"
	RoleAdmin      Role = "admin"
)

// Valid reports whether r is one of the roles.
func (r Role) Valid() bool { return slices.Contains([]Role{RoleAgent, RoleSupervisor, RoleAdmin}, r) }

// PresenceStatus is whether an agent takes new conversations.
type PresenceStatus string

// The presences. Away lets the current conversations finish.
const (
	Online  PresenceStatus = "online"
	Away    PresenceStatus = "away"
	Offline PresenceStatus = "offline"
)

// DefaultCapacity is how much an agent carries unless told otherwise; see Channel.Cost.
const DefaultCapacity = 24

// Agent is a person of the team.
type Agent struct {
	ID       AgentID   `json:"id"`
	Email    string    `json:"email"`
	Name     string    `json:"name"`
	Role     Role      `json:"role"`
	Teams    []TeamID  `json:"teams"`
	Sides    []Side    `json:"sides"` // of the teams
	Capacity int       `json:"capacity"`
	Locale   string    `json:"locale"`
	Disabled bool      `json:"disabled,omitempty"`
	Created  time.Time `json:"created_at"`
}

// Line is an agent's presence and load at one moment.
type Line struct {
	Agent    AgentID        `json:"agent"`
	Name     string         `json:"name"`
	Teams    []TeamID       `json:"teams,omitempty"`
	Status   PresenceStatus `json:"status"`
	Load     int            `json:"load"`
	Capacity int            `json:"capacity"`
	Since    time.Time      `json:"since"`
	Served   time.Time      `json:"-"` // when a conversation was last given to them
}

// Team is a group of agents who answer one or more sides.
type Team struct {
	ID        TeamID `json:"id"`
	Name      string `json:"name"`
	Sides     []Side `json:"sides"`
	Hours     Hours  `json:"hours"`
	Signature string `json:"signature,omitempty"`
}

// Hours is when a team answers: an IANA zone, open intervals for each weekday in minutes
// from midnight, days that differ, and the text customers read outside. No intervals at all
// mean around the clock.
type Hours struct {
	Zone     string            `json:"zone,omitempty"`
	Week     [7][]Span         `json:"week"`              // Sunday first, as time.Weekday
	Days     map[string][]Span `json:"days,omitempty"`    // "2026-12-24": other hours, none = closed
	Holidays bool              `json:"holidays"`          // closed on Polish public holidays
	Outside  map[string]string `json:"outside,omitempty"` // locale → text
}

// Span is [From, To) in minutes from midnight; To may be 1440.
type Span struct {
	From int `json:"from"`
	To   int `json:"to"`
}

// Always reports whether the hours name no interval at all: the team always answers.
func (h Hours) Always() bool {
	for _, d := range h.Week {
		if len(d) > 0 {
			return false
		}
	}
	return len(h.Days) == 0
}

// Inbox is one configured door: a widget, a mailbox, a form.
type Inbox struct {
	ID      InboxID `json:"id"`
	Slug    string  `json:"slug"` // in addresses: /widget/{slug}
	Name    string  `json:"name"`
	Channel Channel `json:"channel"`
	Side    Side    `json:"side,omitempty"` // all who come in here, if one side
	Team    TeamID  `json:"team,omitzero"`
	Enabled bool    `json:"enabled"`

	Origins []string `json:"origins,omitempty"` // widget: who may embed and connect
	JWKS    string   `json:"jwks,omitempty"`    // where the host site's public keys are
	Mailbox *Mailbox `json:"mailbox,omitempty"`
	Account *Account `json:"account,omitempty"` // of a social channel

	Acknowledge bool              `json:"acknowledge,omitempty"`  // mail and forms: who begins a conversation is told at once that it came
	AckText     map[string]string `json:"ack_text,omitempty"`     // locale → our own words for that; without: the house's
	AckArticles bool              `json:"ack_articles,omitempty"` // outside hours it names articles that surely answer

	Bot bool `json:"bot,omitempty"` // widget: the answer bot may offer a passage of the Help Centre while a person is called

	// Secret is the HS256 secret of signed identities; empty in answers and logs.
	Secret string `json:"-"`
}

// Macro is a canned reply. Text may hold {{blanks}} that the console asks for.
type Macro struct {
	ID    MacroID           `json:"id"`
	Title string            `json:"title"`
	Side  Side              `json:"side,omitempty"`
	Team  TeamID            `json:"team,omitzero"`
	Text  map[string]string `json:"text"` // locale → text
}

// Together reports whether two doors are one people's: the same team answers at both or, where
// a door has no team, they are for the same side. A mail that comes in by both is then one
// matter; otherwise each team has its own.
func (i Inbox) Together(o Inbox) bool {
	switch {
	case i.ID == o.ID:
		return true
	case i.Team != 0 && o.Team != 0:
		return i.Team == o.Team
	case i.Team == 0 && o.Team == 0:
		return i.Side == o.Side
	}
	return i.Side != NoSide && i.Side == o.Side
}
