package centrala

import "slices"

// Scope is what one reader may see. It is an argument of every query, so that nothing is
// filtered after the fact; what lies outside it does not exist for that reader (NotFound).
// The zero Scope sees nothing.
type Scope struct {
	All     bool      // administrators, and the program itself
	Sides   []Side    // supervisors and API keys: these sides
	Teams   []TeamID  // agents: conversations of these teams …
	Agent   AgentID   // … and those assigned to this agent, or whose notes mention them
	Contact ContactID // visitors: the conversations to which they came as this contact …
	Inbox   InboxID   // … of this inbox

	// Own leaves out what an agent sees only because a note mentions them: it is theirs to read
	// and not theirs to take.
	Own bool
}

// Everything is the scope of the program itself.
func Everything() Scope { return Scope{All: true} }

// Customer reports whether the reader is a customer, who never sees notes.
func (s Scope) Customer() bool { return s.Contact != 0 }

// Sees reports whether the reader may see c.
func (s Scope) Sees(c *Conversation) bool {
	switch {
	case s.All:
		return true
	case s.Contact != 0:
		return c.Visitor() == s.Contact && (s.Inbox == 0 || c.Inbox == s.Inbox)
	case s.Agent != 0 && (c.Assignee == s.Agent || !s.Own && c.Mentioned(s.Agent)):
		return true
	case c.Team != 0 && slices.Contains(s.Teams, c.Team):
		return true
	case c.Side != NoSide && slices.Contains(s.Sides, c.Side):
		return true
	}
	return false
}

// Filter narrows a list or a watch. Zero fields do not narrow.
type Filter struct {
	Status   Status  `json:"status,omitempty"`
	Side     Side    `json:"side,omitempty"`
	Team     TeamID  `json:"team,omitzero"`
	Assignee AgentID `json:"assignee,omitzero"`

	Tag        string    `json:"-"`
	Channel    Channel   `json:"-"`
	Complaint  bool      `json:"-"`
	Contact    ContactID `json:"-"`
	Unassigned bool      `json:"-"`
	Mentioned  AgentID   `json:"-"` // whose notes mention this agent
	ToRead     bool      `json:"-"` // of those, only what they have not read yet
	Text       string    `json:"-"` // words anywhere in the conversation
	Cursor     string    `json:"-"`
	Limit      int       `json:"-"`
	Order      Order     `json:"-"`
}

// Order is how a list of conversations is sorted.
type Order string

// The orders: latest change first, soonest deadline first, place in the queue.
const (
	ByLatest Order = ""
	ByDue    Order = "due"
	ByQueue  Order = "queue"
)

// Matches reports whether c passes the parts of the filter that a live watch knows.
func (f Filter) Matches(c *Conversation) bool {
	return (f.Status == "" || c.Status == f.Status) &&
		(f.Side == NoSide || c.Side == f.Side) &&
		(f.Team == 0 || c.Team == f.Team) &&
		(f.Assignee == 0 || c.Assignee == f.Assignee)
}

// Page asks for a part of a timeline: up to Limit entries before or after a seq, or the
// latest when neither is given.
type Page struct {
	Before, After int64
	Limit         int
}

// Same reports whether two scopes see the same.
func (s Scope) Same(t Scope) bool {
	return s.All == t.All && s.Agent == t.Agent && s.Contact == t.Contact && s.Inbox == t.Inbox && s.Own == t.Own &&
		slices.Equal(s.Sides, t.Sides) && slices.Equal(s.Teams, t.Teams)
}
