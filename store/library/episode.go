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

// Nobody is kept for long: after visitorKept what is measured is tied to no visitor any more. It is
// the day that an episode runs, the day in which its last step may still be followed by a contact,
// and one for a stream that is behind.
const visitorKept = 3 * deflection.Day

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
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return begin(tx, d)
	case err != nil:
		return 0, fmt.Errorf("look for the visitor's day: %w", err)
	case place == "" && contact == at && d.Conversation == 0 && tx.Now().Sub(column.Time(at)) <= deflection.Grace:
		// it was on its way when they wrote
		_, err = tx.Beside(`UPDATE deflection SET place = $2, held = $3, locale = $4, side = $5 WHERE id = $1`, id, d.Place, column.Flag(d.Kind == "held"), d.Locale, d.Side)
		if err != nil {
			return 0, fmt.Errorf("complete the visitor's day: %w", err)
		}
	}
	return id, nil
}

// begin opens an episode. One that begins while they are in a conversation measures nothing: there
// is no contact left to prevent.
func begin(tx *store.Tx, d centrala.Deflection) (int64, error) {
	talks := d.Conversation != 0
	if !talks {
		var status centrala.Status
		err := tx.BesideRow(`SELECT c.status FROM deflection d JOIN conversation c ON c.id = d.conversation
			WHERE d.visitor = $1 AND d.visitor <> '' AND d.conversation <> 0 ORDER BY d.at DESC, d.id DESC LIMIT 1`, []any{d.Visitor}, &status)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return 0, fmt.Errorf("look for the visitor's conversation: %w", err)
		}
		talks = err == nil && status != centrala.Resolved
	}
	place := d.Place
	if talks {
		place = ""
	}
	id := tx.NewID()
	_, err := tx.Beside(`INSERT INTO deflection (id, visitor, held, place, locale, side, at, opened_at, solved_at, unsolved_at, contact_at, conversation)
		VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0, 0, 0, 0)`, id, d.Visitor, column.Flag(d.Kind == "held"), place, d.Locale, d.Side, column.Micros(tx.Now()))
	if err != nil {
		return 0, fmt.Errorf("begin the visitor's day: %w", err)
	}
	return id, nil
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
	visitor, err := column.One(ctx, l.db.Reads(), func(s *string) []any { return []any{s} },
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

// How far Sweep looks back for contacts that no event told of, and how many it takes at a time.
const (
	sweepBack  = 2 * time.Hour
	sweepAfter = time.Minute
	sweepLimit = 500
)

// Sweep does what events have missed, and forgets: visitors after some days, and all that was
// measured more than keep ago. 0 keeps it.
func (l *Library) Sweep(ctx context.Context, keep time.Duration) error {
	type contact struct {
		visitor string
		in      centrala.ConversationID
		at      time.Time
	}
	now := l.db.Now()
	missed, err := column.All(ctx, l.db.Reads(), func(c *contact) []any { return []any{&c.visitor, &c.in, column.Instant(&c.at)} },
		`SELECT e.sender, c.id, e.at FROM conversation c JOIN event e ON e.conversation = c.id AND e.seq = 1 JOIN contact k ON k.id = c.contact
		WHERE c.opened_at > $1 AND c.opened_at <= $2 AND e.author_kind = 'customer' AND e.sender <> '' AND k.blocked = 0
		AND NOT EXISTS (SELECT 1 FROM deflection d WHERE d.visitor = e.sender AND d.visitor <> '' AND d.contact_at > 0 AND d.contact_at <= e.at AND d.at > e.at - $3)
		ORDER BY c.opened_at LIMIT $4`,
		column.Micros(now.Add(-sweepBack)), column.Micros(now.Add(-sweepAfter)), deflection.Day.Microseconds(), sweepLimit)
	if err != nil {
		return fmt.Errorf("look for contacts that were missed: %w", err)
	}
	for _, c := range missed {
		if err := l.contacted(ctx, c.visitor, c.in, c.at); err != nil {
			return err
		}
	}
	return l.forget(ctx, now, keep)
}

// forgetAtOnce bounds what one commit forgets, so that nobody waits for it.
const forgetAtOnce = 2000

// forget unties what is some days old from its visitors, and removes what is older than keep. Who
// is in a conversation still is known from it anyway.
func (l *Library) forget(ctx context.Context, now time.Time, keep time.Duration) error {
	type rule struct{ query string }
	known := column.Micros(now.Add(-visitorKept))
	const some = ` LIMIT $2)`
	rules := []rule{
		{`UPDATE question SET visitor = '' WHERE id IN (SELECT id FROM question WHERE visitor <> '' AND at < $1` + some},
		{`UPDATE deflection SET visitor = '' WHERE id IN (SELECT d.id FROM deflection d WHERE d.visitor <> '' AND d.at < $1
			AND (d.conversation = 0 OR NOT EXISTS (SELECT 1 FROM conversation c WHERE c.id = d.conversation AND c.status <> 'resolved'))` + some},
		{`UPDATE suggestion SET visitor = '' WHERE id IN (SELECT id FROM suggestion WHERE visitor <> '' AND at < $1` + some},
	}
	before := []int64{known, known, known}
	if keep > 0 {
		for _, table := range []string{"suggestion", "deflection", "question"} {
			rules = append(rules, rule{`DELETE FROM ` + table + ` WHERE id IN (SELECT id FROM ` + table + ` WHERE at < $1` + some})
			before = append(before, column.Micros(now.Add(-keep)))
		}
	}
	for i, r := range rules {
		for n := int64(forgetAtOnce); n == forgetAtOnce; {
			if err := ctx.Err(); err != nil {
				return err
			}
			err := l.db.Update(ctx, func(tx *store.Tx) error {
				var err error
				n, err = tx.Beside(r.query, before[i], forgetAtOnce)
				return err
			})
			if err != nil {
				return fmt.Errorf("forget what was measured long ago: %w", err)
			}
		}
	}
	return nil
}
