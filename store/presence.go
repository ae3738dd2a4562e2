package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"centrala/store/column"

	"centrala"
)

// Lease is how long an agent counts as present after the last sign of life, and Grace how
// much longer before what they hold is given to others.
const (
	Lease = 30 * time.Second
	Grace = 90 * time.Second
)

// SetPresence says whether an agent takes new conversations, and renews the lease.
func (db *DB) SetPresence(ctx context.Context, agent centrala.AgentID, status centrala.PresenceStatus) error {
	return db.write(ctx, func(tx *Tx) error {
		var before centrala.PresenceStatus
		err := tx.Row(`SELECT status FROM presence WHERE agent = $1`+tx.w.db.dialect.ForUpdate("presence"), []any{agent}, &before)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		now, until := column.Micros(tx.now), column.Micros(tx.now.Add(Lease))
		if status == centrala.Offline {
			until = now
		}
		_, err = tx.keep(`INSERT INTO presence (agent, status, since, lease_until, served_at) VALUES ($1, $2, $3, $4, 0)
			ON CONFLICT (agent) DO UPDATE SET since = CASE WHEN presence.status = excluded.status THEN presence.since ELSE excluded.since END,
			status = excluded.status, lease_until = excluded.lease_until`, agent, string(status), now, until)
		if err != nil {
			return fmt.Errorf("set the presence: %w", err)
		}
		if before == status || before == "" && status == centrala.Offline {
			return nil
		}
		return tx.Emit(centrala.AgentPresence, centrala.Author{Kind: centrala.ByAgent, ID: agent.String()},
			centrala.Facts{Kind: "presence", Agent: agent, State: string(status)})
	})
}

// Heartbeat renews the leases of agents who are connected.
func (db *DB) Heartbeat(ctx context.Context, agents []centrala.AgentID) error {
	if len(agents) == 0 {
		return nil
	}
	return db.write(ctx, func(tx *Tx) error {
		for _, a := range agents {
			if _, err := tx.keep(`UPDATE presence SET lease_until = $2 WHERE agent = $1 AND status <> 'offline'`, a, column.Micros(tx.now.Add(Lease))); err != nil {
				return fmt.Errorf("renew the presence: %w", err)
			}
		}
		return nil
	})
}

// linesQuery counts loads by the index of those who have something, which SQLite only finds when it
// is told that nobody has none.
func (db *DB) linesQuery() string {
	return `SELECT a.id, a.name, p.status, a.capacity, p.since, p.served_at,
		(SELECT ` + loadSum + ` FROM conversation WHERE assignee = a.id AND assignee <> 0 AND status = 'open'),
		coalesce((SELECT '[' || ` + db.dialect.Join("t.team") + ` || ']' FROM agent_team t WHERE t.agent = a.id), '[]')
		FROM presence p JOIN agent a ON a.id = p.agent
		WHERE p.status <> 'offline' AND p.lease_until > $1 AND a.disabled = 0 ORDER BY a.id`
}

// Lines lists the agents who are there or on a break, with what they carry.
func (db *DB) Lines(ctx context.Context) ([]centrala.Line, error) {
	rows, err := db.ro.QueryContext(ctx, db.linesQuery(), column.Micros(db.now()))
	if err != nil {
		return nil, fmt.Errorf("read the lines: %w", err)
	}
	defer rows.Close()
	out := []centrala.Line{}
	for rows.Next() {
		var (
			l     centrala.Line
			teams []int64
		)
		if err := rows.Scan(&l.Agent, &l.Name, &l.Status, &l.Capacity, column.Instant(&l.Since), column.Instant(&l.Served), &l.Load, column.List(&teams)); err != nil {
			return nil, fmt.Errorf("read the lines: %w", err)
		}
		for _, t := range teams {
			l.Teams = append(l.Teams, centrala.TeamID(t))
		}
		out = append(out, l)
	}
	return out, wrap(rows.Err(), "read the lines")
}

// LapsedAgents lists agents who have been gone for longer than lease and grace and are still
// marked as present or still hold open chats.
func (db *DB) LapsedAgents(ctx context.Context) ([]centrala.AgentID, error) {
	rows, err := db.ro.QueryContext(ctx, `SELECT p.agent FROM presence p WHERE p.lease_until < $1 AND (p.status <> 'offline' OR EXISTS
		(SELECT 1 FROM conversation c WHERE c.assignee = p.agent AND c.status = 'open' AND c.channel = 'chat')) LIMIT 500`,
		column.Micros(db.now().Add(-Grace)))
	if err != nil {
		return nil, fmt.Errorf("look for agents who left: %w", err)
	}
	defer rows.Close()
	var out []centrala.AgentID
	for rows.Next() {
		var a centrala.AgentID
		if err := rows.Scan(&a); err != nil {
			return nil, fmt.Errorf("look for agents who left: %w", err)
		}
		out = append(out, a)
	}
	return out, wrap(rows.Err(), "look for agents who left")
}
