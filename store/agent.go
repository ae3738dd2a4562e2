package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"centrala/store/column"

	"centrala"
)

// Agents lists everybody of the team, by name, those who may no longer sign in included.
func (db *DB) Agents(ctx context.Context) ([]centrala.Agent, error) {
	agents, err := agentsOf(ctx, db.ro, "1 = 1")
	if err != nil {
		return nil, fmt.Errorf("read the agents: %w", err)
	}
	slices.SortStableFunc(agents, func(a, b centrala.Agent) int {
		return cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	})
	return agents, nil
}

// Agent reads one agent; NotFound when there is none.
func (db *DB) Agent(ctx context.Context, id centrala.AgentID) (centrala.Agent, error) {
	a, err := agentOf(ctx, db.ro, "a.id = $1", id)
	return a, column.Missing(err, "agent", id.String())
}

// membership is an agent beside one of their teams.
type membership struct {
	centrala.Agent
	team  centrala.TeamID
	sides []centrala.Side
}

func (m *membership) fields() []any {
	return []any{&m.ID, &m.Email, &m.Name, &m.Role, &m.Capacity, &m.Locale, &m.Disabled, column.Instant(&m.Created), &m.team, column.JSON(&m.sides)}
}

// agentsOf reads agents with their teams, and the sides of those.
func agentsOf(ctx context.Context, q column.Querier, where string, args ...any) ([]centrala.Agent, error) {
	rows, err := column.All(ctx, q, (*membership).fields, `SELECT a.id, a.email, a.name, a.role, a.capacity, a.locale, a.disabled, a.created_at,
		coalesce(t.id, 0), coalesce(t.sides, '[]')
		FROM agent a LEFT JOIN agent_team m ON m.agent = a.id LEFT JOIN team t ON t.id = m.team
		WHERE `+where+` ORDER BY a.id, t.id`, args...)
	if err != nil {
		return nil, err
	}
	agents := []centrala.Agent{}
	for _, row := range rows {
		if n := len(agents); n == 0 || agents[n-1].ID != row.ID {
			row.Teams, row.Sides = []centrala.TeamID{}, []centrala.Side{}
			agents = append(agents, row.Agent)
		}
		a := &agents[len(agents)-1]
		if row.team != 0 {
			a.Teams = append(a.Teams, row.team)
		}
		for _, s := range row.sides {
			if !slices.Contains(a.Sides, s) {
				a.Sides = append(a.Sides, s)
			}
		}
	}
	return agents, nil
}

func agentOf(ctx context.Context, q column.Querier, where string, args ...any) (centrala.Agent, error) {
	agents, err := agentsOf(ctx, q, where, args...)
	if err == nil && len(agents) == 0 {
		err = sql.ErrNoRows
	}
	if err != nil {
		return centrala.Agent{}, err
	}
	return agents[0], nil
}

// SaveAgent makes an agent (ID zero) or changes one as a whole, except for Created and the
// password. An e-mail address that another agent has is a Conflict, a team that does not
// exist Invalid, and so that nobody is locked out, the last administrator who can sign in
// stays one (Conflict). Who is disabled is signed out everywhere. Event agent.changed.
func (db *DB) SaveAgent(ctx context.Context, a centrala.Agent) (centrala.Agent, error) {
	a.Email = address(a.Email)
	a.Name = strings.TrimSpace(a.Name)
	if a.Capacity == 0 {
		a.Capacity = centrala.DefaultCapacity
	}
	if err := checkAgent(a); err != nil {
		return centrala.Agent{}, err
	}
	var out centrala.Agent
	err := db.write(ctx, func(tx *Tx) error {
		var err error
		out, err = tx.saveAgent(a)
		return err
	})
	return out, err
}

// address is the form in which an e-mail address is kept and looked for.
func address(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

func checkAgent(a centrala.Agent) error {
	local, domain, ok := strings.Cut(a.Email, "@")
	if !ok || local == "" || domain == "" || len(a.Email) > 254 || strings.ContainsAny(a.Email, " \t\r\n<>\x00") || !column.Storable(a.Email) {
		return centrala.InvalidField("email", "%.80q is not an e-mail address.", a.Email)
	}
	if !a.Role.Valid() {
		return centrala.InvalidField("role", "%.20q is not a role.", a.Role)
	}
	if a.Capacity < 1 || a.Capacity > 1000 {
		return centrala.InvalidField("capacity", "The capacity is 1 to 1000.")
	}
	if err := column.CheckLocale(a.Locale); err != nil {
		return err
	}
	return column.CheckName("name", a.Name, 100)
}

func (tx *Tx) saveAgent(a centrala.Agent) (centrala.Agent, error) {
	state, err := tx.mayBecome(a)
	if err != nil {
		return centrala.Agent{}, err
	}
	if a.ID == 0 {
		a.ID = centrala.AgentID(tx.NewID())
		_, err = tx.Exec(`INSERT INTO agent (id, email, name, role, capacity, locale, disabled, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			a.ID, a.Email, a.Name, a.Role, a.Capacity, a.Locale, column.Flag(a.Disabled), column.Micros(tx.now))
	} else {
		_, err = tx.Exec(`UPDATE agent SET email = $2, name = $3, role = $4, capacity = $5, locale = $6, disabled = $7 WHERE id = $1`,
			a.ID, a.Email, a.Name, a.Role, a.Capacity, a.Locale, column.Flag(a.Disabled))
	}
	if err != nil {
		return centrala.Agent{}, column.Taken(wrap(err, "save the agent"), "email", "Another agent has this e-mail address.")
	}
	if _, err := tx.Exec(`DELETE FROM agent_team WHERE agent = $1`, a.ID); err != nil {
		return centrala.Agent{}, fmt.Errorf("leave the teams: %w", err)
	}
	for _, t := range a.Teams {
		if _, err := tx.Exec(`INSERT INTO agent_team (agent, team) VALUES ($1, $2) ON CONFLICT DO NOTHING`, a.ID, t); err != nil {
			return centrala.Agent{}, fmt.Errorf("join a team: %w", err)
		}
	}
	if a.Disabled {
		if err := tx.lockOut(a.ID); err != nil {
			return centrala.Agent{}, err
		}
	}
	err = tx.Emit(centrala.AgentChanged, system(), centrala.Facts{Kind: "changed", Agent: a.ID, AgentName: a.Name, State: state})
	if err != nil {
		return centrala.Agent{}, err
	}
	return agentOf(context.Background(), tx, "a.id = $1", a.ID)
}

// system is the author of what the program does by itself.
func system() centrala.Author { return centrala.Author{Kind: centrala.BySystem, ID: "centrala"} }

// mayBecome checks everything that could speak against saving a, before anything is written,
// and says what the change is: created, saved or disabled.
func (tx *Tx) mayBecome(a centrala.Agent) (state string, err error) {
	var other centrala.AgentID
	switch err := tx.Row(`SELECT id FROM agent WHERE email = $1 AND id <> $2`, []any{a.Email, a.ID}, &other); {
	case err == nil:
		return "", &centrala.Error{Code: centrala.Conflict, Field: "email", Message: "Another agent has this e-mail address."}
	case !errors.Is(err, sql.ErrNoRows):
		return "", fmt.Errorf("look for the address: %w", err)
	}
	for _, t := range a.Teams {
		var n int
		if err := tx.Row(`SELECT count(*) FROM team WHERE id = $1`, []any{t}, &n); err != nil {
			return "", fmt.Errorf("look for the team: %w", err)
		}
		if n == 0 {
			return "", centrala.InvalidField("teams", "There is no team %s.", t)
		}
	}
	if a.ID == 0 {
		return "created", nil
	}
	var (
		role     centrala.Role
		disabled bool
	)
	err = tx.Row(`SELECT role, disabled FROM agent WHERE id = $1`+tx.w.db.dialect.ForUpdate("agent"), []any{a.ID}, &role, &disabled)
	if err != nil {
		return "", column.Missing(err, "agent", a.ID.String())
	}
	if role == centrala.RoleAdmin && !disabled && (a.Role != centrala.RoleAdmin || a.Disabled) {
		if err := tx.notTheLastAdmin(); err != nil {
			return "", err
		}
	}
	if a.Disabled && !disabled {
		return "disabled", nil
	}
	return "saved", nil
}

// notTheLastAdmin locks all administrators, so that two of them cannot go at the same moment
// on two nodes.
func (tx *Tx) notTheLastAdmin() error {
	n, err := tx.Exec(`UPDATE agent SET role = role WHERE role = 'admin' AND disabled = 0`)
	if err != nil {
		return fmt.Errorf("count the administrators: %w", err)
	}
	if n < 2 {
		return &centrala.Error{Code: centrala.Conflict, Field: "role", Message: "This is the last administrator."}
	}
	return nil
}

// lockOut ends everything that lets an agent in without a password.
func (tx *Tx) lockOut(id centrala.AgentID) error {
	if _, err := tx.Exec(`DELETE FROM agent_session WHERE agent = $1`, id); err != nil {
		return fmt.Errorf("end the sessions: %w", err)
	}
	_, err := tx.Exec(`DELETE FROM one_time WHERE agent = $1`, id)
	return wrap(err, "void the one-time links")
}

// Credentials reads what a sign-in is checked against: the agent, also a disabled one, the
// hash of the password, "" when none was set, and the TOTP secret, "" when there is none.
// An unknown address is NotFound.
func (db *DB) Credentials(ctx context.Context, email string) (a centrala.Agent, passwordHash, totp string, err error) {
	email = address(email)
	if !column.Storable(email) {
		return a, "", "", column.Missing(errNone, "agent", "of this address")
	}
	type row struct {
		password string
		totp     []byte
	}
	r, err := column.One(ctx, db.ro, func(r *row) []any { return []any{&r.password, &r.totp} }, `SELECT password, totp FROM agent WHERE email = $1`, email)
	if err != nil {
		return a, "", "", column.Missing(err, "agent", email)
	}
	if a, err = agentOf(ctx, db.ro, "a.email = $1", email); err != nil {
		return a, "", "", column.Missing(err, "agent", email)
	}
	if len(r.totp) > 0 {
		plain, err := db.unseal(r.totp)
		if err != nil {
			return a, "", "", fmt.Errorf("second factor of %s: %w", a.ID, err)
		}
		totp = string(plain)
	}
	return a, r.password, totp, nil
}

// SetPassword sets the hash of an agent's password, ends all their sessions and voids their
// one-time links. Event agent.changed with state password.
func (db *DB) SetPassword(ctx context.Context, id centrala.AgentID, hash string) error {
	return db.write(ctx, func(tx *Tx) error {
		n, err := tx.Exec(`UPDATE agent SET password = $2 WHERE id = $1`, id, hash)
		if err == nil && n == 0 {
			err = sql.ErrNoRows
		}
		if err != nil {
			return column.Missing(err, "agent", id.String())
		}
		if err := tx.lockOut(id); err != nil {
			return err
		}
		return tx.Emit(centrala.AgentChanged, system(), centrala.Facts{Kind: "changed", Agent: id, State: "password"})
	})
}

// SetTOTP sets the secret of an agent's second factor, kept sealed; "" takes it away.
func (db *DB) SetTOTP(ctx context.Context, id centrala.AgentID, secret string) error {
	var sealed []byte
	if secret != "" {
		var err error
		if sealed, err = db.sealed([]byte(secret)); err != nil {
			return err
		}
	}
	return db.write(ctx, func(tx *Tx) error {
		n, err := tx.Exec(`UPDATE agent SET totp = $2 WHERE id = $1`, id, sealed)
		if err == nil && n == 0 {
			err = sql.ErrNoRows
		}
		return column.Missing(err, "agent", id.String())
	})
}
