package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"centrala/store/column"

	"centrala"
)

func teamFields(t *centrala.Team) []any {
	return []any{&t.ID, &t.Name, column.JSON(&t.Sides), column.JSON(&t.Hours), &t.Signature}
}

const teamColumns = `SELECT id, name, sides, hours, signature FROM team`

// Teams lists the teams by name.
func (db *DB) Teams(ctx context.Context) ([]centrala.Team, error) { return teamsBy(ctx, db.ro) }

func teamsBy(ctx context.Context, q column.Querier) ([]centrala.Team, error) {
	teams, err := column.All(ctx, q, teamFields, teamColumns)
	if err != nil {
		return nil, fmt.Errorf("read the teams: %w", err)
	}
	slices.SortFunc(teams, func(a, b centrala.Team) int { return cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
	return teams, nil
}

// Team reads one team; NotFound when there is none.
func (db *DB) Team(ctx context.Context, id centrala.TeamID) (centrala.Team, error) {
	t, err := column.One(ctx, db.ro, teamFields, teamColumns+` WHERE id = $1`, id)
	return t, column.Missing(err, "team", id.String())
}

// SaveTeam makes a team (ID zero) or changes one as a whole. The name is unique (Conflict).
// Event agent.changed with the team and no agent: who works on what is no longer the same.
func (db *DB) SaveTeam(ctx context.Context, t centrala.Team) (centrala.Team, error) {
	t.Name, t.Sides = strings.TrimSpace(t.Name), column.Some(t.Sides)
	if err := checkTeam(t); err != nil {
		return centrala.Team{}, err
	}
	var out centrala.Team
	err := db.write(ctx, func(tx *Tx) error {
		out = t
		state := "saved"
		var err error
		if out.ID == 0 {
			state = "created"
			out.ID = centrala.TeamID(tx.NewID())
			_, err = tx.Exec(`INSERT INTO team (id, name, sides, hours, signature) VALUES ($1, $2, $3, $4, $5)`,
				out.ID, out.Name, column.JSON(&out.Sides), column.JSON(&out.Hours), out.Signature)
		} else {
			var n int64
			n, err = tx.Exec(`UPDATE team SET name = $2, sides = $3, hours = $4, signature = $5 WHERE id = $1`,
				out.ID, out.Name, column.JSON(&out.Sides), column.JSON(&out.Hours), out.Signature)
			if err == nil && n == 0 {
				return column.Missing(errNone, "team", out.ID.String())
			}
		}
		if err != nil {
			return column.Taken(wrap(err, "save the team"), "name", "Another team has this name.")
		}
		return tx.Emit(centrala.AgentChanged, system(), centrala.Facts{Kind: "changed", Team: out.ID, TeamName: out.Name, State: state})
	})
	return out, err
}

func checkTeam(t centrala.Team) error {
	if err := column.CheckSides(t.Sides...); err != nil {
		return err
	}
	if _, err := time.LoadLocation(t.Hours.Zone); err != nil {
		return centrala.InvalidField("hours", "%.40q is not a time zone.", t.Hours.Zone)
	}
	for _, spans := range t.Hours.Week {
		if err := checkSpans(spans); err != nil {
			return err
		}
	}
	for day, spans := range t.Hours.Days {
		if _, err := time.Parse(time.DateOnly, day); err != nil {
			return centrala.InvalidField("hours", "%.20q is not a day like 2026-12-24.", day)
		}
		if err := checkSpans(spans); err != nil {
			return err
		}
	}
	if err := centrala.CheckText("signature", t.Signature); err != nil {
		return err
	}
	return column.CheckName("name", t.Name, 100)
}

func checkSpans(spans []centrala.Span) error {
	last := 0
	for _, s := range spans {
		if s.From < last || s.To <= s.From || s.To > 24*60 {
			return centrala.InvalidField("hours", "The hours of a day follow one another between 0 and 1440 minutes.")
		}
		last = s.To
	}
	return nil
}

// RemoveTeam removes a team that nothing holds on to any more; Conflict while it has members,
// inboxes or unresolved conversations.
func (db *DB) RemoveTeam(ctx context.Context, id centrala.TeamID) error {
	return db.write(ctx, func(tx *Tx) error {
		var members, inboxes, unresolved int
		err := tx.Row(`SELECT (SELECT count(*) FROM agent_team WHERE team = $1), (SELECT count(*) FROM inbox WHERE team = $1),
			(SELECT count(*) FROM conversation WHERE team = $1 AND status <> 'resolved')`, []any{id}, &members, &inboxes, &unresolved)
		if err != nil {
			return fmt.Errorf("look for what the team has: %w", err)
		}
		if members+inboxes+unresolved > 0 {
			return &centrala.Error{Code: centrala.Conflict, Field: "team",
				Message: fmt.Sprintf("The team still has %d members, %d inboxes and %d unresolved conversations.", members, inboxes, unresolved)}
		}
		n, err := tx.Exec(`DELETE FROM team WHERE id = $1`, id)
		if err == nil && n == 0 {
			err = errNone
		}
		if err != nil {
			return column.Missing(err, "team", id.String())
		}
		return tx.Emit(centrala.AgentChanged, system(), centrala.Facts{Kind: "changed", Team: id, State: "removed"})
	})
}
