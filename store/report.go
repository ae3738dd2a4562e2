package store

import (
	"context"
	"fmt"
	"time"

	"centrala/store/column"

	"centrala"
)

// Tiles adds up the conversations that were opened from until to and that scope may see. Spam
// and conversations that were merged into another are no inquiries. Times run on the
// calendar, from the opening to the first answer of a person; exactly six hours is not under.
func (db *DB) Tiles(ctx context.Context, scope centrala.Scope, from, to time.Time) (centrala.Tiles, error) {
	t := centrala.Tiles{From: from.UTC(), To: to.UTC()}
	args := []any{column.Micros(from), column.Micros(to)}
	where := ` FROM conversation c WHERE c.opened_at >= $1 AND c.opened_at < $2 AND c.spam = 0 AND c.merged_into = 0 AND ` + scopeWhere(scope, &args)
	query := fmt.Sprintf(`SELECT count(*), %s, %s, %s, %s, %s, coalesce(min(CASE WHEN c.first_reply = 0 AND c.status <> 'resolved' THEN c.opened_at END), 0)`,
		countIf("c.first_reply > 0"),
		countIf(fmt.Sprintf("c.first_reply > 0 AND c.first_reply - c.opened_at < %d", (6*time.Hour).Microseconds())),
		countIf(fmt.Sprintf("c.first_reply > 0 AND c.first_reply - c.opened_at < %d", (4*time.Hour).Microseconds())),
		countIf("c.complaint <> 0"),
		countIf("c.first_reply = 0"))
	var oldest time.Time
	err := db.ro.QueryRowContext(ctx, query+where, args...).
		Scan(&t.Inquiries, &t.Answered, &t.Under6h, &t.Under4h, &t.Complaints, &t.Unanswered, column.Instant(&oldest))
	if err != nil {
		return t, fmt.Errorf("add up the conversations: %w", err)
	}
	t.UnansweredSince = maybe(oldest)
	if t.MedianS, err = db.median(ctx, t.Answered, where, args); err != nil {
		return t, err
	}
	t.FollowUps, err = db.followUpTiles(ctx, scope, from, to)
	return t, err
}

// countIf is the SQL that counts the rows of which a condition is true.
func countIf(condition string) string {
	return "coalesce(sum(CASE WHEN " + condition + " THEN 1 ELSE 0 END), 0)"
}

// median is the median of the first answers' times in whole seconds; 0 when there are none.
func (db *DB) median(ctx context.Context, answered int, where string, args []any) (int64, error) {
	if answered == 0 {
		return 0, nil
	}
	// The one in the middle, or the two.
	middle := fmt.Sprintf(` AND c.first_reply > 0 ORDER BY c.first_reply - c.opened_at LIMIT %d OFFSET %d`, 2-answered%2, (answered-1)/2)
	took, err := column.All(ctx, db.ro, func(n *int64) []any { return []any{n} }, `SELECT c.first_reply - c.opened_at`+where+middle, args...)
	if err != nil || len(took) == 0 {
		return 0, wrap(err, "find the median")
	}
	var sum int64
	for _, n := range took {
		sum += n
	}
	return sum / int64(len(took)) / time.Second.Microseconds(), nil
}

func (db *DB) followUpTiles(ctx context.Context, scope centrala.Scope, from, to time.Time) (centrala.FollowUpTiles, error) {
	var t centrala.FollowUpTiles
	args := []any{column.Micros(from), column.Micros(to)}
	err := db.ro.QueryRowContext(ctx, `SELECT count(*), `+countIf("f.state = 'closed'")+`, `+
		countIf("f.contacted_at > 0 AND f.contacted_at <= f.due_at")+` FROM follow_up f JOIN conversation c ON c.id = f.conversation
		WHERE f.opened_at >= $1 AND f.opened_at < $2 AND `+followUpWhere(scope, &args), args...).Scan(&t.Opened, &t.Closed, &t.InTime)
	return t, wrap(err, "add up the follow-ups")
}
