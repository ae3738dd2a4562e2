package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"centrala/store/column"

	"centrala"
)

const hookColumns = `h.id, h.inbox, h.channel, h.key, h.what, h.outcome, h.cause, h.detail, h.size, h.kept, h.parser, h.tries, h.items, h.messages, h.conversation,
	h.number, h.seq, h.address, h.at, h.read_at`

func hookFields(h *centrala.Hook) []any {
	return []any{&h.ID, &h.Inbox, &h.Channel, &h.Key, &h.What, &h.Outcome, &h.Cause.Code, &h.Cause.Detail, &h.Size, column.Truth(&h.HasBody), &h.Parser, &h.Tries, &h.Items, &h.Messages,
		&h.Conversation, &h.Number, &h.Seq, &h.Address, column.Instant(&h.At), column.Instant(&h.ReadAt)}
}

// hookWhere is the condition of a filter, without its outcome and its cursor. A hook is seen with
// its inbox.
func (db *DB) hookWhere(scope centrala.Scope, f centrala.HookFilter, args *[]any) (where []string, arg func(any) string) {
	arg = func(v any) string {
		*args = append(*args, v)
		return "$" + strconv.Itoa(len(*args))
	}
	where = []string{"1 = 1"}
	if !scope.All {
		where[0] = "h.inbox IN (SELECT n.id FROM inbox n WHERE " + strings.Join(doorScope(scope, arg), " OR ") + ")"
	}
	if f.Inbox != 0 {
		where = append(where, "h.inbox = "+arg(f.Inbox))
	}
	if f.Channel != "" {
		where = append(where, "h.channel = "+arg(string(f.Channel)))
	}
	if !f.From.IsZero() {
		where = append(where, "h.at >= "+arg(column.Micros(f.From)))
	}
	if !f.Before.IsZero() {
		where = append(where, "h.at < "+arg(column.Micros(f.Before)))
	}
	where = append(where, db.sought(f.Text, []string{"h.what", "h.key", "h.cause", "h.detail"}, "h.number = %s", arg)...)
	return where, arg
}

// Hooks lists the book of hooks, the newest first, without their bodies; next is the cursor of the
// following page, "" at the end.
func (db *DB) Hooks(ctx context.Context, scope centrala.Scope, f centrala.HookFilter) (items []centrala.Hook, next string, err error) {
	if f.Limit <= 0 || f.Limit > 200 {
		f.Limit = 50
	}
	query, args, err := db.hookQuery(scope, f)
	if err != nil {
		return nil, "", err
	}
	if items, err = column.All(ctx, db.ro, hookFields, query, args...); err != nil {
		return nil, "", fmt.Errorf("read the book of hooks: %w", err)
	}
	if len(items) > f.Limit {
		last := items[f.Limit-1]
		items, next = items[:f.Limit], formatCursor(column.Micros(last.At), int64(last.ID))
	}
	return items, next, nil
}

func (db *DB) hookQuery(scope centrala.Scope, f centrala.HookFilter) (query string, args []any, err error) {
	where, arg := db.hookWhere(scope, f, &args)
	if f.Outcome != "" {
		where = append(where, "h.outcome = "+arg(string(f.Outcome)))
	}
	if f.Cursor != "" {
		at, id, err := parseCursor(f.Cursor)
		if err != nil {
			return "", nil, err
		}
		where = append(where, fmt.Sprintf("(h.at, h.id) < (%s, %s)", arg(at), arg(id)))
	}
	return `SELECT ` + hookColumns + ` FROM hook h WHERE ` + strings.Join(where, " AND ") + ` ORDER BY h.at DESC, h.id DESC LIMIT ` + arg(f.Limit+1), args, nil
}

// HookTally counts by outcome what the filter lets through, whatever outcome it asks for.
func (db *DB) HookTally(ctx context.Context, scope centrala.Scope, f centrala.HookFilter) (map[centrala.HookOutcome]int, error) {
	var args []any
	where, _ := db.hookWhere(scope, f, &args)
	counts, err := tally[centrala.HookOutcome](ctx, db.ro, `SELECT h.outcome, count(*) FROM hook h WHERE `+strings.Join(where, " AND ")+` GROUP BY h.outcome`, args)
	if err != nil {
		return nil, err
	}
	for _, o := range centrala.HookOutcomes() {
		counts[o] += 0
	}
	return counts, nil
}

// Hook is one hook, with its body while that is kept, if scope may see its inbox.
func (db *DB) Hook(ctx context.Context, scope centrala.Scope, id centrala.HookID) (centrala.Hook, error) {
	hooks, err := db.HooksOf(ctx, scope, []centrala.HookID{id}, true)
	if err == nil && len(hooks) == 0 {
		err = absent(sql.ErrNoRows, "There is no such hook.")
	}
	if err != nil {
		return centrala.Hook{}, err
	}
	return hooks[0], nil
}

// HooksOf are the hooks of these ids that scope may see, the oldest first; with bodies they have
// theirs, while those are kept.
func (db *DB) HooksOf(ctx context.Context, scope centrala.Scope, ids []centrala.HookID, bodies bool) ([]centrala.Hook, error) {
	var hooks []centrala.Hook
	for len(ids) > 0 {
		some := ids[:min(len(ids), 64)]
		ids = ids[len(some):]
		var args []any
		where, arg := db.hookWhere(scope, centrala.HookFilter{}, &args)
		query := `SELECT ` + hookColumns + `, NULL FROM hook h`
		if bodies {
			query = `SELECT ` + hookColumns + `, b.body FROM hook h LEFT JOIN hook_body b ON b.hook = h.id`
		}
		rows, err := db.ro.QueryContext(ctx, query+` WHERE `+where[0]+` AND h.id IN (`+oneOf(some, arg)+`) ORDER BY h.id`, args...)
		if err != nil {
			return nil, fmt.Errorf("read the hooks: %w", err)
		}
		for rows.Next() {
			h, err := db.scanHook(rows)
			if err != nil {
				_ = rows.Close()
				return nil, err
			}
			hooks = append(hooks, h)
		}
		if err := rows.Err(); err != nil {
			return nil, fmt.Errorf("read the hooks: %w", err)
		}
	}
	slices.SortFunc(hooks, func(a, b centrala.Hook) int { return cmp.Compare(a.ID, b.ID) })
	return hooks, nil
}

func oneOf[T any](items []T, arg func(any) string) string {
	list := make([]string, len(items))
	for i, v := range items {
		list[i] = arg(v)
	}
	return strings.Join(list, ", ")
}

// ReplayHooks has hooks read again, with the parser of today: those of these ids that scope may
// see, that were taken, unread or of no use, and whose bodies are kept. It gives them as they were.
func (db *DB) ReplayHooks(ctx context.Context, scope centrala.Scope, ids []centrala.HookID) (were []centrala.Hook, err error) {
	err = db.write(ctx, func(tx *Tx) error {
		were = nil
		for _, id := range ids {
			var args []any
			where, arg := db.hookWhere(scope, centrala.HookFilter{}, &args)
			h, err := column.One(ctx, tx, hookFields, `SELECT `+hookColumns+` FROM hook h WHERE `+where[0]+` AND h.id = `+arg(id)+` AND h.kept = 1
				AND h.outcome IN ('unread', 'nothing', 'taken')`+tx.w.db.dialect.ForUpdate("h"), args...)
			if errors.Is(err, sql.ErrNoRows) {
				continue
			}
			if err == nil {
				_, err = tx.keep(`UPDATE hook SET outcome = 'new', cause = $2, detail = outcome WHERE id = $1`, id, centrala.CauseReplayed)
			}
			if err != nil {
				return fmt.Errorf("have a hook read again: %w", err)
			}
			were = append(were, h)
		}
		return nil
	})
	return were, err
}

// keepUnread is for how many times as long bodies are kept that could not be read, and keepLeast
// for how long when read ones are not kept at all.
const (
	keepUnread = 4
	keepLeast  = 14 * 24 * time.Hour
)

// SweepHooks forgets the bodies of hooks that have been read and are older than keep, and of those
// that could not be read after four times as long; those that wait to be read stay. It goes in
// small steps, between which others write.
func (db *DB) SweepHooks(ctx context.Context, keep time.Duration) error {
	now := db.now()
	read, unread := now.Add(-keep), now.Add(-keepUnread*keep)
	if keep <= 0 {
		read, unread = now.Add(time.Minute), now.Add(-keepUnread*keepLeast)
	}
	for ctx.Err() == nil {
		n := 0
		err := db.write(ctx, func(tx *Tx) error {
			var err error
			n, err = tx.forgetBodies(centrala.FirstID(read), centrala.FirstID(unread))
			return err
		})
		if err != nil || n == 0 {
			return err
		}
	}
	return ctx.Err()
}

func (tx *Tx) forgetBodies(read, unread int64) (int, error) {
	type old struct {
		id   centrala.HookID
		size int64
	}
	list, err := column.All(context.Background(), tx, func(o *old) []any { return []any{&o.id, &o.size} }, `SELECT b.hook, h.size FROM hook_body b JOIN hook h ON h.id = b.hook
		WHERE b.hook < $1 AND h.outcome <> 'new' AND (h.outcome <> 'unread' OR b.hook < $2) ORDER BY b.hook LIMIT 200`, read, unread)
	if err != nil {
		return 0, fmt.Errorf("list old hooks: %w", err)
	}
	size := int64(0)
	for i, o := range list {
		if size += o.size; size > hookBytes && i > 0 {
			return i, nil
		}
		for _, q := range []string{`UPDATE hook SET kept = 0 WHERE id = $1`, `DELETE FROM hook_body WHERE hook = $1`, `DELETE FROM hook_also WHERE hook = $1`} {
			if _, err := tx.keep(q, o.id); err != nil {
				return 0, fmt.Errorf("forget a hook's body: %w", err)
			}
		}
	}
	return len(list), nil
}

// HookStats is what the metrics tell of hooks and of the files that come with them.
type HookStats struct {
	Read      map[centrala.HookOutcome]uint64 // readings on this node since it began, by outcome
	New       int64                           // that wait to be read
	OldestNew time.Duration                   // 0 when there is none
	Unread    int64                           // that could not be
	Fetching  int64                           // files that vendors still have
	Fetched   uint64                          // files, by this node since it began
	Lost      uint64
}

// HookStats reads the counters, and asks the database for what waits.
func (db *DB) HookStats(ctx context.Context) (HookStats, error) {
	s := HookStats{Read: db.stats.hookOutcomes(), Fetched: db.stats.filesFetched.Load(), Lost: db.stats.filesLost.Load()}
	var oldest int64
	err := db.ro.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM hook WHERE outcome = 'new'), (SELECT coalesce(min(at), 0) FROM hook WHERE outcome = 'new'),
		(SELECT count(*) FROM hook WHERE outcome = 'unread'), (SELECT count(*) FROM attachment WHERE state = 'fetching')`).Scan(&s.New, &oldest, &s.Unread, &s.Fetching)
	s.OldestNew = age(db.now(), oldest)
	return s, wrap(err, "count the hooks")
}
