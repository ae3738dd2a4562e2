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

// touchEvery is how exactly the last use of a session or key is known: to write it down with
// every request would make each read a commit.
const touchEvery = time.Minute

// StartSession lets an agent in under a token that is known only by its hash: until it was
// not used for idle, and at most for longest. NotFound when there is no such agent, or they may
// no longer sign in.
func (db *DB) StartSession(ctx context.Context, tokenHash []byte, agent centrala.AgentID, now time.Time, idle, longest time.Duration) error {
	return db.write(ctx, func(tx *Tx) error {
		if err := tx.mayEnter(agent); err != nil {
			return err
		}
		_, err := tx.Exec(`INSERT INTO agent_session (token_hash, agent, created_at, used_at, idle, ends_at) VALUES ($1, $2, $3, $3, $4, $5)`,
			tokenHash, agent, column.Micros(now), idle.Microseconds(), column.Micros(now.Add(longest)))
		if err != nil {
			return fmt.Errorf("start the session: %w", err)
		}
		_, err = tx.Exec(`DELETE FROM agent_session WHERE ends_at < $1`, column.Micros(now))
		return wrap(err, "clear away old sessions")
	})
}

// mayEnter locks the agent's row, so that nobody comes in while they are being disabled.
func (tx *Tx) mayEnter(agent centrala.AgentID) error {
	var id centrala.AgentID
	err := tx.Row(`SELECT id FROM agent WHERE id = $1 AND disabled = 0`+tx.w.db.dialect.ForUpdate("agent"), []any{agent}, &id)
	return column.Missing(err, "agent", agent.String())
}

// Session tells whose session this is: one indexed read. NotFound when there is none or it
// was ended, Unauthorized when it is over by itself. Its use is noted at most once a minute;
// when that fails (a full disk) the session is good all the same.
func (db *DB) Session(ctx context.Context, tokenHash []byte) (centrala.AgentID, error) {
	var (
		agent      centrala.AgentID
		used, ends time.Time
		idle       int64
	)
	err := db.ro.QueryRowContext(ctx, `SELECT agent, used_at, idle, ends_at FROM agent_session WHERE token_hash = $1`, tokenHash).
		Scan(&agent, column.Instant(&used), &idle, column.Instant(&ends))
	if errors.Is(err, sql.ErrNoRows) {
		return 0, centrala.Errorf(centrala.NotFound, "There is no such session.")
	}
	if err != nil {
		return 0, fmt.Errorf("read the session: %w", err)
	}
	now := db.now()
	// A use may have gone unnoted for a minute; that minute is the user's.
	if !now.Before(ends) || now.Sub(used) >= time.Duration(idle)*time.Microsecond+touchEvery {
		return 0, centrala.Errorf(centrala.Unauthorized, "The session is over. Sign in again.")
	}
	if now.Sub(used) >= touchEvery {
		db.touch(ctx, `UPDATE agent_session SET used_at = $2 WHERE token_hash = $1 AND used_at < $2`, tokenHash, now)
	}
	return agent, nil
}

// touch notes a use. It is worth a line in the log, not a refusal, when it cannot.
func (db *DB) touch(ctx context.Context, query string, id any, now time.Time) {
	err := db.write(ctx, func(tx *Tx) error {
		_, err := tx.Exec(query, id, column.Micros(now))
		return err
	})
	if err != nil {
		db.log.WarnContext(ctx, "note a use", "err", err)
	}
}

// EndSession ends one session. One that does not exist is as ended as can be.
func (db *DB) EndSession(ctx context.Context, tokenHash []byte) error {
	return db.write(ctx, func(tx *Tx) error {
		_, err := tx.Exec(`DELETE FROM agent_session WHERE token_hash = $1`, tokenHash)
		return wrap(err, "end the session")
	})
}

// EndSessions ends all sessions of an agent.
func (db *DB) EndSessions(ctx context.Context, agent centrala.AgentID) error {
	return db.write(ctx, func(tx *Tx) error {
		_, err := tx.Exec(`DELETE FROM agent_session WHERE agent = $1`, agent)
		return wrap(err, "end the sessions")
	})
}

// OneTime keeps the hash of a token that lets an agent do one thing once, until expires.
// NotFound when there is no such agent, or they may no longer sign in.
func (db *DB) OneTime(ctx context.Context, tokenHash []byte, purpose string, agent centrala.AgentID, expires time.Time) error {
	return db.write(ctx, func(tx *Tx) error {
		if err := tx.mayEnter(agent); err != nil {
			return err
		}
		if _, err := tx.Exec(`DELETE FROM one_time WHERE expires_at < $1`, column.Micros(tx.now)); err != nil {
			return fmt.Errorf("clear away old links: %w", err)
		}
		_, err := tx.Exec(`INSERT INTO one_time (token_hash, purpose, agent, expires_at) VALUES ($1, $2, $3, $4)`,
			tokenHash, purpose, agent, column.Micros(expires))
		return wrap(err, "keep the one-time link")
	})
}

// UseOneTime uses a token up and tells whose it was. NotFound when it was used before, has
// expired, or was for something else; of two who come at once, one gets it.
func (db *DB) UseOneTime(ctx context.Context, tokenHash []byte, purpose string) (centrala.AgentID, error) {
	var agent centrala.AgentID
	err := db.write(ctx, func(tx *Tx) error {
		err := tx.Row(`DELETE FROM one_time WHERE token_hash = $1 AND purpose = $2 AND expires_at > $3 RETURNING agent`,
			[]any{tokenHash, purpose, column.Micros(tx.now)}, &agent)
		if errors.Is(err, sql.ErrNoRows) {
			return centrala.Errorf(centrala.NotFound, "This link was used already, or is too old.")
		}
		tx.wrote()
		return wrap(err, "use the one-time link")
	})
	return agent, err
}
