package rest

import (
	"context"
	"net/mail"
	"time"

	"centrala"
	"centrala/auth"
)

// Agents are everybody of the team.
type Agents interface {
	Agents(ctx context.Context) ([]centrala.Agent, error)
	Agent(ctx context.Context, id centrala.AgentID) (centrala.Agent, error)
	SaveAgent(ctx context.Context, a centrala.Agent) (centrala.Agent, error)
	Credentials(ctx context.Context, email string) (a centrala.Agent, passwordHash, totp string, err error)
	SetTOTP(ctx context.Context, id centrala.AgentID, secret string) error
}

func (s *server) agentRoutes() {
	add(s, get("/v1/agents", "Everybody of the team, with their lines as they are now", auth.ReadHouse), s.listAgents)
	add(s, post("/v1/agents", "Let somebody in; the answer holds a one-time link", auth.ManageAgents).creates().once(), s.createAgent)
	add(s, patch("/v1/agents/{id}", "Change role, teams, capacity, name; or shut somebody out", auth.ManageAgents), s.patchAgent)
	add(s, post("/v1/agents/{id}/reset", "A one-time link for a new password", auth.ManageAgents).once(), s.resetAgent)
}

// Colleague is an agent as the team sees them.
type Colleague struct {
	ID        centrala.AgentID        `json:"id"`
	Name      string                  `json:"name"`
	Email     string                  `json:"email"`
	Role      centrala.Role           `json:"role" enum:"agent,supervisor,admin"`
	Teams     []centrala.TeamID       `json:"teams"`
	Sides     []centrala.Side         `json:"sides"`
	Capacity  int                     `json:"capacity" doc:"A chat takes 4 of it, a social message 3, everything that can wait 2."`
	Locale    string                  `json:"locale"`
	Disabled  bool                    `json:"disabled,omitempty"`
	CreatedAt time.Time               `json:"created_at"`
	Status    centrala.PresenceStatus `json:"status" enum:"online,away,offline"`
	Load      int                     `json:"load"`
}

func colleagueView(a centrala.Agent, lines []centrala.Line) Colleague {
	v := Colleague{ID: a.ID, Name: a.Name, Email: a.Email, Role: a.Role, Teams: a.Teams, Sides: a.Sides, Capacity: a.Capacity,
		Locale: a.Locale, Disabled: a.Disabled, CreatedAt: a.Created.UTC(), Status: centrala.Offline}
	if v.Teams == nil {
		v.Teams = []centrala.TeamID{}
	}
	if v.Sides == nil {
		v.Sides = []centrala.Side{}
	}
	for _, l := range lines {
		if l.Agent == a.ID {
			v.Status, v.Load = l.Status, l.Load
		}
	}
	return v
}

// colleague is one agent with their line.
func (s *server) colleague(ctx context.Context, a centrala.Agent) (Colleague, error) {
	lines, err := s.Store.Lines(ctx)
	return colleagueView(a, lines), err
}

func (s *server) listAgents(ctx context.Context, _ caller, _ *nothing) (*answer[List[Colleague]], error) {
	agents, err := s.Store.Agents(ctx)
	if err != nil {
		return nil, err
	}
	lines, err := s.Store.Lines(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]Colleague, len(agents))
	for i, a := range agents {
		out[i] = colleagueView(a, lines)
	}
	return page(out, ""), nil
}

type newAgent struct {
	Body struct {
		Name     string            `json:"name" required:"true" minLength:"1" maxLength:"100"`
		Email    string            `json:"email" required:"true" maxLength:"254"`
		Role     centrala.Role     `json:"role" required:"true" enum:"agent,supervisor,admin"`
		Teams    []centrala.TeamID `json:"teams"`
		Capacity int               `json:"capacity,omitempty" minimum:"1" maximum:"1000"`
		Locale   string            `json:"locale,omitempty" enum:"pl,en"`
	}
}

// Hired is a new agent and the link with which they set their password, shown this once.
type Hired struct {
	Agent Colleague `json:"agent"`
	Link  string    `json:"link"`
}

func (s *server) createAgent(ctx context.Context, c caller, in *newAgent) (*answer[Hired], error) {
	b := in.Body
	if !plausibleEmail(b.Email) {
		return nil, centrala.InvalidField("email", "%.80q is not an e-mail address.", b.Email)
	}
	a, err := s.Store.SaveAgent(ctx, centrala.Agent{Name: b.Name, Email: b.Email, Role: b.Role, Teams: b.Teams, Capacity: b.Capacity, Locale: b.Locale})
	if err != nil {
		return nil, err
	}
	if err := s.audited(ctx, c, "agent.created", a.ID.String(), string(a.Role)); err != nil {
		return nil, err
	}
	token, err := s.Guard.Link(ctx, a.ID)
	if err != nil {
		return nil, err
	}
	v, err := s.colleague(ctx, a)
	return ok(Hired{v, s.linkAddress(c, token)}), err
}

type agentChange struct {
	ID   agentRef `path:"id"`
	Body struct {
		Name     *string            `json:"name,omitempty" minLength:"1" maxLength:"100"`
		Role     *centrala.Role     `json:"role,omitempty" enum:"agent,supervisor,admin"`
		Teams    *[]centrala.TeamID `json:"teams,omitempty"`
		Capacity *int               `json:"capacity,omitempty" minimum:"1" maximum:"1000"`
		Locale   *string            `json:"locale,omitempty" enum:"pl,en"`
		Disabled *bool              `json:"disabled,omitempty"`
	}
}

// set writes a value that was given.
func set[T any](to *T, v *T) {
	if v != nil {
		*to = *v
	}
}

func (s *server) patchAgent(ctx context.Context, c caller, in *agentChange) (*answer[Colleague], error) {
	a, err := s.Store.Agent(ctx, in.ID.ID)
	if err != nil {
		return nil, err
	}
	b := in.Body
	if b.Disabled != nil && *b.Disabled && c.Agent != nil && a.ID == c.Agent.ID {
		return nil, &centrala.Error{Code: centrala.Conflict, Field: "disabled", Message: "You cannot shut yourself out."}
	}
	set(&a.Name, b.Name)
	set(&a.Role, b.Role)
	set(&a.Teams, b.Teams)
	set(&a.Capacity, b.Capacity)
	set(&a.Locale, b.Locale)
	set(&a.Disabled, b.Disabled)
	if a, err = s.Store.SaveAgent(ctx, a); err != nil {
		return nil, err
	}
	s.Ended(a.ID.String())
	detail := "role " + string(a.Role)
	if a.Disabled {
		detail += ", disabled"
	}
	if err := s.audited(ctx, c, "agent.changed", a.ID.String(), detail); err != nil {
		return nil, err
	}
	v, err := s.colleague(ctx, a)
	return ok(v), err
}

type agentPath struct {
	ID   agentRef `path:"id"`
	Body *struct{}
}

// ResetLink is a one-time address, shown this once and good for a day.
type ResetLink struct {
	Link string `json:"link"`
}

func (s *server) resetAgent(ctx context.Context, c caller, in *agentPath) (*answer[ResetLink], error) {
	token, err := s.Guard.Link(ctx, in.ID.ID)
	if err != nil {
		return nil, err
	}
	if err := s.audited(ctx, c, "agent.reset", in.ID.ID.String(), ""); err != nil {
		return nil, err
	}
	return ok(ResetLink{s.linkAddress(c, token)}), nil
}

// plausibleEmail reports whether s is one bare address.
func plausibleEmail(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && len(s) <= 254
}
