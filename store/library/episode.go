package library

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"centrala"
	"centrala/deflection"
	"centrala/store"
	"centrala/store/column"
)

// day is the episode that a step belongs to, which it begins when none runs; 0 when nobody knows
// whose step it is, or it is an agent's.
func day(tx *store.Tx, d centrala.Deflection) (int64, error) {
	if d.Visitor == "" || d.Place == centrala.AtComposer {
		return 0, nil
	}
	if err := tx.Alone("day of " + d.Visitor); err != nil {
		return 0, err
	}
	var (
		id, at, contact int64
		place           centrala.Place
	)
	err := tx.BesideRow(`SELECT id, place, at, contact_at FROM deflection WHERE visitor = $1 AND visitor <> '' AND at > $2 ORDER BY at DESC, id DESC LIMIT 1`,
		[]any{d.Visitor, column.Micros(tx.Now().Add(-deflection.Day))}, &id, &place, &at, &contact)
	if errors.Is(err, sql.ErrNoRows) {
		return begin(tx, d)
	}
	if err != nil || place != "" {
		return id, err
	}
	return id, measure(tx, id, column.Time(at), column.Time(contact), d)
}

// begin opens an episode: a measured one, if it begins with a chance to prevent a contact.
func begin(tx *store.Tx, d centrala.Deflection) (int64, error) {
	place := centrala.Place("")
	if deflection.Measures(d) {
		talks, err := inTalk(tx, d.Visitor)
		if err != nil {
			return 0, err
		}
		if !talks {
			place = d.Place
		}
	}
	id := tx.NewID()
	_, err := tx.Beside(`INSERT INTO deflection (id, visitor, held, place, locale, side, at, opened_at, solved_at, unsolved_at, contact_at, conversation)
		VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0, 0, 0, 0)`, id, d.Visitor, column.Flag(d.Kind == "held"), place, d.Locale, d.Side, column.Micros(tx.Now()))
	if err != nil {
		return 0, fmt.Errorf("begin the visitor's day: %w", err)
	}
	return id, nil
}

// measure makes an episode a measured one with the first step that is a chance to prevent a contact,
// unless the contact was before that.
func measure(tx *store.Tx, id int64, at, contact time.Time, d centrala.Deflection) error {
	if !deflection.Measures(d) {
		return nil
	}
	const put = `UPDATE deflection SET place = $2, held = $3, locale = $4, side = $5, at = $6 WHERE id = $1`
	when := tx.Now()
	if !contact.IsZero() {
		if tx.Now().Sub(contact) > deflection.Grace {
			return nil
		}
		when = at // it was on its way when they wrote
	} else if talks, err := inTalk(tx, d.Visitor); err != nil || talks {
		return err
	}
	if _, err := tx.Beside(put, id, d.Place, column.Flag(d.Kind == "held"), d.Locale, d.Side, column.Micros(when)); err != nil {
		return fmt.Errorf("measure the visitor's day: %w", err)
	}
	return nil
}

// inTalk reports whether a visitor is in a conversation that is not over.
func inTalk(tx *store.Tx, visitor string) (bool, error) {
	var status centrala.Status
	err := tx.BesideRow(`SELECT c.status FROM deflection d JOIN conversation c ON c.id = d.conversation
		WHERE d.visitor = $1 AND d.visitor <> '' AND d.conversation <> 0 ORDER BY d.at DESC, d.id DESC LIMIT 1`, []any{visitor}, &status)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for the visitor's conversation: %w", err)
	}
	return status != centrala.Resolved, nil
}

// mark notes in an episode what a step says of it.
func mark(tx *store.Tx, episode int64, d centrala.Deflection) error {
	var err error
	switch {
	case episode == 0:
	case d.Kind == "opened":
		_, err = tx.Beside(`UPDATE deflection SET opened_at = $2 WHERE id = $1 AND opened_at = 0`, episode, column.Micros(tx.Now()))
	case d.Kind == "solved" || d.Kind == "unsolved":
		const said = `coalesce((SELECT min(s.at) FROM suggestion s WHERE s.episode = $1 AND s.episode <> 0 AND s.kind = `
		_, err = tx.Beside(`UPDATE deflection SET solved_at = `+said+`'solved'), 0), unsolved_at = `+said+`'unsolved'), 0) WHERE id = $1`, episode)
	}
	if err == nil && d.Question != 0 && d.Kind == "opened" {
		_, err = tx.Beside(`UPDATE question SET opened = 1 WHERE id = $1`, d.Question)
	}
	if err != nil {
		return fmt.Errorf("note a step of the visitor's day: %w", err)
	}
	return nil
}

// Contacts are the events after which Handle wants to look who has begun to write.
func Contacts() []centrala.EventType {
	return []centrala.EventType{centrala.ConversationOpened, centrala.ConversationReopened}
}

// Handle notes that somebody wrote who could have been helped by articles: in their episodes of the
// last two days, and in what they looked for in the last one. An event may come twice, and late.
func (l *Library) Handle(ctx context.Context, e centrala.Event) error {
	visitor, err := column.One(ctx, l.reads, func(s *string) []any { return []any{s} },
		`SELECT e.sender FROM event e JOIN conversation c ON c.id = e.conversation JOIN contact k ON k.id = c.contact
		WHERE e.conversation = $1 AND e.seq >= $2 AND e.seq <= $3 AND e.at = $4 AND e.type = 'message.received' AND e.author_kind = 'customer' AND e.sender <> '' AND k.blocked = 0
		ORDER BY e.seq LIMIT 1`, e.Conversation, max(e.Seq, 1), max(e.Seq, 1)+8, column.Micros(e.At))
	if errors.Is(err, sql.ErrNoRows) {
		return nil // came by mail, was erased, or it was an agent who reopened it
	}
	if err != nil {
		return fmt.Errorf("read who wrote: %w", err)
	}
	return l.contacted(ctx, visitor, e.Conversation, e.At)
}

// contacted notes that a visitor began to write at a time.
func (l *Library) contacted(ctx context.Context, visitor string, c centrala.ConversationID, at time.Time) error {
	when, latest := column.Micros(at), column.Micros(at.Add(deflection.Grace))
	return l.db.Update(ctx, func(tx *store.Tx) error {
		if err := tx.Alone("day of " + visitor); err != nil {
			return err
		}
		_, err := tx.Beside(`UPDATE deflection SET contact_at = $2, conversation = $3
			WHERE visitor = $1 AND visitor <> '' AND at > $4 AND at <= $5 AND (contact_at = 0 OR contact_at > $2)`,
			visitor, when, c, column.Micros(at.Add(-2*deflection.Day)), latest)
		if err != nil {
			return fmt.Errorf("note the contact: %w", err)
		}
		var days int
		err = tx.BesideRow(`SELECT count(*) FROM deflection WHERE visitor = $1 AND visitor <> '' AND at > $2 AND at <= $3`, []any{visitor, column.Micros(at.Add(-deflection.Day)), latest}, &days)
		if err != nil {
			return fmt.Errorf("look for the visitor's day: %w", err)
		}
		if days == 0 {
			_, err = tx.Beside(`INSERT INTO deflection (id, visitor, held, place, locale, side, at, opened_at, solved_at, unsolved_at, contact_at, conversation)
				VALUES ($1, $2, 0, '', '', '', $3, 0, 0, 0, $3, $4)`, tx.NewID(), visitor, when, c)
			if err != nil {
				return fmt.Errorf("begin the visitor's day: %w", err)
			}
		}
		_, err = tx.Beside(`UPDATE question SET conversation = $2 WHERE visitor = $1 AND visitor <> '' AND conversation = 0 AND at > $3 AND at <= $4`,
			visitor, c, column.Micros(at.Add(-deflection.Day)), latest)
		if err != nil {
			return fmt.Errorf("note what they looked for: %w", err)
		}
		return nil
	})
}
