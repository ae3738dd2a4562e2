package library

import (
	"context"
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
	missed, err := column.All(ctx, l.reads, func(c *contact) []any { return []any{&c.visitor, &c.in, column.Instant(&c.at)} },
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
