package rest

import (
	"context"
	"slices"

	"centrala"
	"centrala/auth"
)

// Macros are canned replies.
type Macros interface {
	Macros(ctx context.Context) ([]centrala.Macro, error)
	SaveMacro(ctx context.Context, m centrala.Macro) (centrala.Macro, error)
	RemoveMacro(ctx context.Context, id centrala.MacroID) error
}

func (s *server) macroRoutes() {
	add(s, get("/v1/macros", "Canned replies of the own teams and sides", auth.ReadHouse), s.listMacros)
	add(s, post("/v1/macros", "A new canned reply", auth.WriteMacros).creates(), s.createMacro)
	add(s, patch("/v1/macros/{id}", "Change a canned reply", auth.WriteMacros), s.patchMacro)
	add(s, remove("/v1/macros/{id}", "Remove a canned reply", auth.WriteMacros), s.deleteMacro)
}

// macroFor reports whether c is meant to use m.
func macroFor(c caller, m centrala.Macro) bool {
	if c.Scope.All {
		return true
	}
	sides := c.Scope.Sides
	if c.Agent != nil {
		sides = c.Agent.Sides
	}
	return (m.Team == 0 || slices.Contains(c.Scope.Teams, m.Team) || c.Role() == centrala.RoleSupervisor) &&
		(m.Side == centrala.NoSide || slices.Contains(sides, m.Side))
}

func (s *server) visibleMacros(ctx context.Context, c caller) ([]centrala.Macro, error) {
	macros, err := s.Store.Macros(ctx)
	return slices.DeleteFunc(macros, func(m centrala.Macro) bool { return !macroFor(c, m) }), err
}

func (s *server) listMacros(ctx context.Context, c caller, _ *nothing) (*answer[List[centrala.Macro]], error) {
	macros, err := s.visibleMacros(ctx, c)
	if err != nil {
		return nil, err
	}
	return page(macros, ""), nil
}

type macroBody struct {
	Title *string                `json:"title,omitempty" minLength:"1" maxLength:"100"`
	Side  maybe[centrala.Side]   `json:"side,omitempty"`
	Team  maybe[centrala.TeamID] `json:"team,omitempty"`
	Text  *map[string]string     `json:"text,omitempty" doc:"By locale; {{blanks}} are filled in by the console."`
}

func (s *server) saveMacro(ctx context.Context, c caller, m centrala.Macro, b macroBody) (*answer[centrala.Macro], error) {
	set(&m.Title, b.Title)
	b.Side.into(&m.Side)
	b.Team.into(&m.Team)
	set(&m.Text, b.Text)
	if err := side(m.Side); err != nil {
		return nil, err
	}
	if !macroFor(c, m) {
		return nil, centrala.Errorf(centrala.Forbidden, "Canned replies of other sides are not yours to write.")
	}
	m, err := s.Store.SaveMacro(ctx, m)
	if err != nil {
		return nil, err
	}
	return ok(m), s.audited(ctx, c, "macro.saved", m.ID.String(), m.Title)
}

type newMacro struct{ Body macroBody }

func (s *server) createMacro(ctx context.Context, c caller, in *newMacro) (*answer[centrala.Macro], error) {
	return s.saveMacro(ctx, c, centrala.Macro{}, in.Body)
}

type macroChange struct {
	ID   macroRef `path:"id"`
	Body macroBody
}

// macro finds one that c may see.
func (s *server) macro(ctx context.Context, c caller, id centrala.MacroID) (centrala.Macro, error) {
	macros, err := s.visibleMacros(ctx, c)
	if err != nil {
		return centrala.Macro{}, err
	}
	i := slices.IndexFunc(macros, func(m centrala.Macro) bool { return m.ID == id })
	if i < 0 {
		return centrala.Macro{}, centrala.Errorf(centrala.NotFound, "There is no such canned reply.")
	}
	return macros[i], nil
}

func (s *server) patchMacro(ctx context.Context, c caller, in *macroChange) (*answer[centrala.Macro], error) {
	m, err := s.macro(ctx, c, in.ID.ID)
	if err != nil {
		return nil, err
	}
	return s.saveMacro(ctx, c, m, in.Body)
}

type macroPath struct {
	ID macroRef `path:"id"`
}

func (s *server) deleteMacro(ctx context.Context, c caller, in *macroPath) (*nothing, error) {
	m, err := s.macro(ctx, c, in.ID.ID)
	if err != nil {
		return nil, err
	}
	if err := s.Store.RemoveMacro(ctx, m.ID); err != nil {
		return nil, err
	}
	return nil, s.audited(ctx, c, "macro.removed", m.ID.String(), m.Title)
}
