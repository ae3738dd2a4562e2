package rest

import (
	"context"
	"time"

	"centrala"
	"centrala/auth"
)

// Teams are who answers which sides, and when.
type Teams interface {
	Teams(ctx context.Context) ([]centrala.Team, error)
	Team(ctx context.Context, id centrala.TeamID) (centrala.Team, error)
	SaveTeam(ctx context.Context, t centrala.Team) (centrala.Team, error)
	RemoveTeam(ctx context.Context, id centrala.TeamID) error
}

func (s *server) teamRoutes() {
	add(s, get("/v1/teams", "The teams", auth.ReadHouse), s.listTeams)
	add(s, post("/v1/teams", "A new team, answering around the clock until its hours are set", auth.ManageTeams).creates(), s.createTeam)
	add(s, patch("/v1/teams/{id}", "Change a team", auth.ManageTeams), s.patchTeam)
	add(s, remove("/v1/teams/{id}", "Dissolve a team that has no members, doors or unresolved conversations", auth.ManageTeams), s.deleteTeam)
	add(s, get("/v1/hours", "When every team answers, and whether it does now", auth.ReadHouse), s.listHours)
	add(s, put("/v1/hours/{id}", "Set when a team answers", auth.ManageTeams), s.putHours)
}

func teamView(t centrala.Team) centrala.Team {
	if t.Sides == nil {
		t.Sides = []centrala.Side{}
	}
	return t
}

func (s *server) listTeams(ctx context.Context, _ caller, _ *nothing) (*answer[List[centrala.Team]], error) {
	teams, err := s.Store.Teams(ctx)
	if err != nil {
		return nil, err
	}
	for i := range teams {
		teams[i] = teamView(teams[i])
	}
	return page(teams, ""), nil
}

type newTeam struct {
	Body struct {
		Name      string          `json:"name" required:"true" minLength:"1" maxLength:"100"`
		Sides     []centrala.Side `json:"sides" required:"true" maxItems:"3"`
		Signature string          `json:"signature,omitempty" maxLength:"2000"`
	}
}

func (s *server) createTeam(ctx context.Context, c caller, in *newTeam) (*answer[centrala.Team], error) {
	return s.saveTeam(ctx, c, centrala.Team{Name: in.Body.Name, Sides: in.Body.Sides, Signature: in.Body.Signature}, "team.created")
}

func (s *server) saveTeam(ctx context.Context, c caller, t centrala.Team, action string) (*answer[centrala.Team], error) {
	t, err := s.Store.SaveTeam(ctx, t)
	if err != nil {
		return nil, err
	}
	return ok(teamView(t)), s.audited(ctx, c, action, t.ID.String(), t.Name)
}

type teamChange struct {
	ID   teamRef `path:"id"`
	Body struct {
		Name      *string          `json:"name,omitempty" minLength:"1" maxLength:"100"`
		Sides     *[]centrala.Side `json:"sides,omitempty" maxItems:"3"`
		Signature *string          `json:"signature,omitempty" maxLength:"2000"`
	}
}

func (s *server) patchTeam(ctx context.Context, c caller, in *teamChange) (*answer[centrala.Team], error) {
	t, err := s.Store.Team(ctx, in.ID.ID)
	if err != nil {
		return nil, err
	}
	set(&t.Name, in.Body.Name)
	set(&t.Sides, in.Body.Sides)
	set(&t.Signature, in.Body.Signature)
	return s.saveTeam(ctx, c, t, "team.changed")
}

type teamPath struct {
	ID teamRef `path:"id"`
}

func (s *server) deleteTeam(ctx context.Context, c caller, in *teamPath) (*nothing, error) {
	if err := s.Store.RemoveTeam(ctx, in.ID.ID); err != nil {
		return nil, err
	}
	return nil, s.audited(ctx, c, "team.removed", in.ID.ID.String(), "")
}

// TeamHours is when a team answers, whether it does now, and when that changes next.
type TeamHours struct {
	Team      centrala.TeamID `json:"team"`
	Hours     centrala.Hours  `json:"hours"`
	Open      bool            `json:"open"`
	ChangesAt *time.Time      `json:"changes_at"`
}

func (s *server) hoursView(t centrala.Team) TeamHours {
	open, changes := s.Hours(t.Hours, s.Now())
	return TeamHours{Team: t.ID, Hours: t.Hours, Open: open, ChangesAt: instant(changes)}
}

func (s *server) listHours(ctx context.Context, _ caller, _ *nothing) (*answer[List[TeamHours]], error) {
	teams, err := s.Store.Teams(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]TeamHours, len(teams))
	for i, t := range teams {
		out[i] = s.hoursView(t)
	}
	return page(out, ""), nil
}

type hoursInput struct {
	ID   teamRef `path:"id"`
	Body centrala.Hours
}

func (s *server) putHours(ctx context.Context, c caller, in *hoursInput) (*answer[TeamHours], error) {
	t, err := s.Store.Team(ctx, in.ID.ID)
	if err != nil {
		return nil, err
	}
	t.Hours = in.Body
	if t, err = s.Store.SaveTeam(ctx, t); err != nil {
		return nil, err
	}
	return ok(s.hoursView(t)), s.audited(ctx, c, "team.hours", t.ID.String(), "")
}
