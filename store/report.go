package store

import (
	"context"
	"fmt"
	"time"

	"centrala"
)

// Tiles adds up the conversations that were opened from until to and that scope may see. Spam
// and conversations that were merged into another are no inquiries. Times run on the
// calendar, from the opening to the first answer of a person; exactly six hours is not under.
func (db *DB) Tiles(ctx context.Context, scope centrala.Scope, from, to time.Time) (centrala.Tiles, error) {
	t := centrala.Tiles{From: from.UTC(), To: to.UTC()}
	args := []any{micros(from), micros(to)}
	where := ` FROM conversation c WHERE c.opened_at >= $1 AND c.opened_at < $2 AND c.spam = 0 AND c.merged_into = 0 AND ` + scopeWhere(scope, &args)
	query := fmt.Sprintf(`SELECT count(*),
		coalesce(sum(CASE WHEN c.first_reply > 0 THEN 1 ELSE 0 END), 0),
		coalesce(sum(CASE WHEN c.first_reply > 0 AND c.first_reply - c.opened_at < %d THEN 1 ELSE 0 END), 0),
		coalesce(sum(CASE WHEN c.first_reply > 0 AND c.first_reply - c.opened_at < %d THEN 1 ELSE 0 END), 0),
		coalesce(sum(CASE WHEN c.complaint <> 0 THEN 1 ELSE 0 END), 0),
		coalesce(sum(CASE WHEN c.first_reply = 0 THEN 1 ELSE 0 END), 0)`, (6 * time.Hour).Microseconds(), (4 * time.Hour).Microseconds())
	err := db.ro.QueryRowContext(ctx, query+where, args...).
		Scan(&t.Inquiries, &t.Answered, &t.Under6h, &t.Under4h, &t.Complaints, &t.Unanswered)
	if err != nil {
		return t, fmt.Errorf("add up the conversations: %w", err)
	}
	if t.Answered == 0 {
		return t, nil
	}
	// The middle one, or the two in the middle.
	middle := fmt.Sprintf(` AND c.first_reply > 0 ORDER BY c.first_reply - c.opened_at LIMIT %d OFFSET %d`, 2-t.Answered%2, (t.Answered-1)/2)
	took, err := all(ctx, db.ro, func(n *int64) []any { return []any{n} }, `SELECT c.first_reply - c.opened_at`+where+middle, args...)
	if err != nil {
		return t, fmt.Errorf("find the median: %w", err)
	}
	var sum int64
	for _, n := range took {
		sum += n
	}
	if len(took) > 0 {
		t.MedianS = time.Duration(sum/int64(len(took))*int64(time.Microsecond)).Milliseconds() / 1000
	}
	return t, nil
}
