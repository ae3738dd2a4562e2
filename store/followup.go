package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"centrala/store/column"

	"centrala"
)

// followUpStates are the states of a follow-up; it only moves forward.
func followUpStates() []string { return []string{"new", "contacted", "closed"} }

// closeReasons are what may be said of why a follow-up is closed.
func closeReasons() []string {
	return []string{"resolved", "explained", "compensated", "unreachable", "declined"}
}

// followUpsKept is how long a closed follow-up stays in the list of all.
const followUpsKept = 7 * 24 * time.Hour

type followUpRow struct {
	centrala.FollowUp
	closed time.Time
}

// The score and the comment are the survey's present ones.
const followUpColumns = `SELECT f.id, f.survey, f.conversation, c.contact, coalesce(k.name, ''), f.side, f.team, f.owner, coalesce(o.name, ''),
	s.score, s.comment, f.state, f.note, f.reason, f.due_at, f.opened_at, f.closed_at
	FROM follow_up f JOIN survey s ON s.id = f.survey JOIN conversation c ON c.id = f.conversation
	LEFT JOIN contact k ON k.id = c.contact LEFT JOIN agent o ON o.id = f.owner`

func (f *followUpRow) fields() []any {
	return []any{&f.ID, &f.Survey, &f.Conversation, &f.Contact, &f.ContactName, &f.Side, &f.Team, &f.Owner, &f.OwnerName,
		&f.Score, &f.Comment, &f.State, &f.Note, &f.Reason, column.Instant(&f.Due), column.Instant(&f.OpenedAt), column.Instant(&f.closed)}
}

func (f *followUpRow) followUp() *centrala.FollowUp {
	f.ClosedAt = maybe(f.closed)
	return &f.FollowUp
}

// followUpWhere keeps a query on follow-ups within scope: those of conversations that it may
// see, and those that the agent owns.
func followUpWhere(scope centrala.Scope, args *[]any) string {
	where := scopeWhere(scope, args)
	if scope.Agent != 0 && scope.Contact == 0 {
		*args = append(*args, scope.Agent)
		where = fmt.Sprintf("(%s OR f.owner = $%d)", where, len(*args))
	}
	return where
}

// FollowUps lists the follow-ups that scope may see, the soonest due first, at most 500: in
// one state, or, without state, those not closed and those closed in the last seven days.
// Customers see none.
func (db *DB) FollowUps(ctx context.Context, scope centrala.Scope, state string) ([]centrala.FollowUp, error) {
	if scope.Customer() {
		return []centrala.FollowUp{}, nil
	}
	var args []any
	where := followUpWhere(scope, &args)
	if state == "" {
		args = append(args, column.Micros(db.now().Add(-followUpsKept)))
		where += fmt.Sprintf(" AND (f.state <> 'closed' OR f.closed_at > $%d)", len(args))
	} else {
		if !slices.Contains(followUpStates(), state) {
			return nil, centrala.InvalidField("state", "%.20q is none of %s.", state, strings.Join(followUpStates(), ", "))
		}
		args = append(args, state)
		where += fmt.Sprintf(" AND f.state = $%d", len(args))
	}
	rows, err := column.All(ctx, db.ro, (*followUpRow).fields, followUpColumns+` WHERE `+where+` ORDER BY f.due_at, f.id LIMIT 500`, args...)
	if err != nil {
		return nil, fmt.Errorf("read the follow-ups: %w", err)
	}
	out := make([]centrala.FollowUp, 0, len(rows))
	for i := range rows {
		out = append(out, *rows[i].followUp())
	}
	return out, nil
}

// openFollowUps counts the follow-ups that scope may see and that are not closed.
func (db *DB) openFollowUps(ctx context.Context, scope centrala.Scope) (n int, err error) {
	if scope.Customer() {
		return 0, nil
	}
	var args []any
	err = db.ro.QueryRowContext(ctx, `SELECT count(*) FROM follow_up f JOIN conversation c ON c.id = f.conversation
		WHERE f.state IN ('new', 'contacted') AND `+followUpWhere(scope, &args), args...).Scan(&n)
	return n, wrap(err, "count the follow-ups")
}

// UpdateFollowUp moves a follow-up on and writes to it; an empty argument leaves what is
// there. It only moves forward (Conflict). To leave new it needs a note, to be closed also a
// reason (Invalid). Who moves one that nobody owns owns it. NotFound outside the scope. Event
// follow_up.closed when it is closed.
func (db *DB) UpdateFollowUp(ctx context.Context, scope centrala.Scope, id centrala.FollowUpID, state, note, reason string, by centrala.Author) (centrala.FollowUp, error) {
	if reason != "" && !slices.Contains(closeReasons(), reason) {
		return centrala.FollowUp{}, centrala.InvalidField("reason", "%.20q is none of %s.", reason, strings.Join(closeReasons(), ", "))
	}
	if err := centrala.CheckText("note", note); err != nil {
		return centrala.FollowUp{}, err
	}
	return db.changeFollowUp(ctx, scope, id, func(tx *Tx, f *followUpRow) error {
		from := f.State
		if err := f.move(state, strings.TrimSpace(note), reason); err != nil {
			return err
		}
		contacted := time.Time{}
		if f.State != from {
			contacted = tx.now
			if f.Owner == 0 && by.Kind == centrala.ByAgent {
				if err := f.Owner.UnmarshalText([]byte(by.ID)); err != nil {
					return fmt.Errorf("who moves the follow-up: %w", err)
				}
			}
			if f.State == "closed" {
				f.closed = column.Time(column.Micros(tx.now))
			}
		}
		_, err := tx.Exec(`UPDATE follow_up SET state = $2, note = $3, reason = $4, owner = $5, closed_at = $6,
			contacted_at = CASE WHEN contacted_at = 0 THEN $7 ELSE contacted_at END WHERE id = $1`,
			f.ID, f.State, f.Note, f.Reason, f.Owner, column.Micros(f.closed), column.Micros(contacted))
		if err != nil {
			return fmt.Errorf("move the follow-up: %w", err)
		}
		if f.State == from || f.State != "closed" {
			return nil
		}
		return tx.EmitIn(f.Conversation, centrala.FollowUpClosed, by, centrala.Facts{Kind: "closed", FollowUp: f.ID, Survey: f.Survey,
			Score: &f.Score, Agent: f.Owner, Team: f.Team, Side: f.Side, State: f.Reason})
	})
}

// move checks and makes a step.
func (f *followUpRow) move(state, note, reason string) error {
	at, to := slices.Index(followUpStates(), f.State), slices.Index(followUpStates(), state)
	switch {
	case state == "":
		to = at
	case to < 0:
		return centrala.InvalidField("state", "%.20q is none of %s.", state, strings.Join(followUpStates(), ", "))
	case to < at:
		return &centrala.Error{Code: centrala.Conflict, Field: "state", Message: "The follow-up is " + f.State + " already."}
	}
	if note != "" {
		f.Note = note
	}
	if reason != "" {
		f.Reason = reason
	}
	f.State = followUpStates()[to]
	if f.State != "new" && f.Note == "" {
		return centrala.InvalidField("note", "A note says what was done.")
	}
	if f.State == "closed" && f.Reason == "" {
		return centrala.InvalidField("reason", "A reason says why it is closed.")
	}
	return nil
}

// OwnFollowUp gives a follow-up that scope may see to an agent; zero: to nobody. It is a
// Conflict when it is closed, NotFound when the agent may no longer sign in.
func (db *DB) OwnFollowUp(ctx context.Context, scope centrala.Scope, id centrala.FollowUpID, owner centrala.AgentID) (centrala.FollowUp, error) {
	return db.changeFollowUp(ctx, scope, id, func(tx *Tx, f *followUpRow) error {
		if f.State == "closed" {
			return &centrala.Error{Code: centrala.Conflict, Field: "state", Message: "The follow-up is closed."}
		}
		if owner != 0 {
			if err := tx.mayEnter(owner); err != nil {
				return err
			}
		}
		_, err := tx.Exec(`UPDATE follow_up SET owner = $2 WHERE id = $1`, id, owner)
		return wrap(err, "give the follow-up")
	})
}

// changeFollowUp locks a follow-up that scope may see, changes it, and reads it again.
func (db *DB) changeFollowUp(ctx context.Context, scope centrala.Scope, id centrala.FollowUpID, change func(*Tx, *followUpRow) error) (centrala.FollowUp, error) {
	if scope.Customer() {
		return centrala.FollowUp{}, column.Missing(errNone, "follow-up", id.String())
	}
	var out followUpRow
	err := db.write(ctx, func(tx *Tx) error {
		args := []any{id}
		where := ` WHERE f.id = $1 AND ` + followUpWhere(scope, &args)
		out = followUpRow{}
		if err := tx.Row(followUpColumns+where+tx.w.db.dialect.ForUpdate("f"), args, out.fields()...); err != nil {
			return column.Missing(err, "follow-up", id.String())
		}
		if err := change(tx, &out); err != nil {
			return err
		}
		var err error
		out, err = column.One(context.Background(), tx, (*followUpRow).fields, followUpColumns+` WHERE f.id = $1`, id)
		return wrap(err, "read the follow-up")
	})
	if err != nil {
		return centrala.FollowUp{}, err
	}
	return *out.followUp(), nil
}
