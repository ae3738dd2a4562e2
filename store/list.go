package store

import (
	"context"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	"centrala/store/column"

	"centrala"
	"centrala/store/engine"
)

// Conversations lists what scope may see and f asks for, a page at a time; next is the cursor
// of the following page, "" at the end. Everything is filtered inside the query.
func (db *DB) Conversations(ctx context.Context, scope centrala.Scope, f centrala.Filter) (items []centrala.Conversation, next string, err error) {
	if f.Limit <= 0 || f.Limit > 200 {
		f.Limit = 50
	}
	var args []any
	where := []string{scopeWhere(scope, &args), `c.merged_into = 0`}
	arg := func(v any) string {
		args = append(args, v)
		return "$" + strconv.Itoa(len(args))
	}
	where = append(where, db.filterWhere(f, arg)...)
	sort, down := sortOf(f.Order)
	if f.Cursor != "" {
		v, id, err := parseCursor(f.Cursor)
		if err != nil {
			return nil, "", err
		}
		than := ">"
		if down {
			than = "<"
		}
		where = append(where, fmt.Sprintf("(%s, c.id) %s (%s, %s)", sort, than, arg(v), arg(id)))
	}
	direction := "ASC"
	if down {
		direction = "DESC"
	}
	rows, err := db.conversations(ctx, `SELECT `+conversationColumns+conversationFrom+` WHERE `+strings.Join(where, " AND ")+
		fmt.Sprintf(" ORDER BY %s %s, c.id %s LIMIT %s", sort, direction, direction, arg(f.Limit+1)), args...)
	if err != nil {
		return nil, "", err
	}
	if len(rows) > f.Limit {
		rows = rows[:f.Limit]
		last := rows[f.Limit-1]
		next = formatCursor(sortValue(f.Order, last), int64(last.ID))
	}
	return rows, next, nil
}

func (db *DB) conversations(ctx context.Context, query string, args ...any) ([]centrala.Conversation, error) {
	rows, err := db.ro.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("list conversations: %w", err)
	}
	defer rows.Close()
	items := []centrala.Conversation{}
	for rows.Next() {
		var c conversation
		if err := rows.Scan(c.fields()...); err != nil {
			return nil, fmt.Errorf("list conversations: %w", err)
		}
		items = append(items, c.Conversation)
	}
	return items, wrap(rows.Err(), "list conversations")
}

func (db *DB) filterWhere(f centrala.Filter, arg func(any) string) []string {
	var where []string
	add := func(ok bool, column string, v any) {
		if ok {
			where = append(where, column+" = "+arg(v))
		}
	}
	add(f.Status != "", "c.status", string(f.Status))
	add(f.Side != "", "c.side", string(f.Side))
	add(f.Team != 0, "c.team", f.Team)
	add(f.Assignee != 0, "c.assignee", f.Assignee)
	add(f.Channel != "", "c.channel", string(f.Channel))
	add(f.Complaint, "c.complaint", 1)
	add(f.Contact != 0, "c.contact", f.Contact)
	if f.Mentioned != 0 {
		unread := ""
		if f.ToRead {
			unread = " AND m.unread = 1"
		}
		where = append(where, "c.id IN (SELECT m.conversation FROM mention m WHERE m.agent = "+arg(f.Mentioned)+unread+")")
	}
	if f.Unassigned {
		where = append(where, "c.assignee = 0")
	}
	if f.Tag != "" {
		where = append(where, "c.tags LIKE "+arg(`%"`+engine.Like(f.Tag)+`"%`)+` ESCAPE '\'`)
	}
	if words := strings.Fields(strings.TrimPrefix(f.Text, "#")); len(words) > 0 {
		if n, err := strconv.ParseInt(words[0], 10, 64); err == nil && len(words) == 1 {
			return append(where, "(c.number = "+arg(n)+" OR "+db.textWhere(words, arg)+")")
		}
		where = append(where, db.textWhere(words, arg))
	}
	return where
}

// textWhere finds conversations in which every word occurs: in the subject, the contact's
// name or address, or one of the messages, with Polish letters or without.
func (db *DB) textWhere(words []string, arg func(any) string) string {
	var all []string
	for _, w := range words[:min(len(words), 6)] {
		a := arg(db.dialect.Pattern(w))
		in := func(column string) string { return db.dialect.Holds(column, a) }
		all = append(all, `(`+in("c.subject")+` OR `+in("coalesce(k.name, '')")+` OR `+in("coalesce(k.email, '')")+`
			OR c.origin <> 0 AND EXISTS (SELECT 1 FROM contact o WHERE o.id = c.origin AND (`+in("o.name")+` OR `+in("o.email")+`))
			OR EXISTS (SELECT 1 FROM event e WHERE e.conversation = c.id AND e.seq > 0 AND `+in("e.text")+`))`)
	}
	return strings.Join(all, " AND ")
}

func sortOf(o centrala.Order) (column string, down bool) {
	switch o {
	case centrala.ByDue:
		return "CASE WHEN c.due = 0 THEN 9223372036854775807 ELSE c.due END", false
	case centrala.ByQueue:
		return "c.queued_at", false
	default:
		return "c.updated_at", true
	}
}

func sortValue(o centrala.Order, c centrala.Conversation) int64 {
	switch o {
	case centrala.ByDue:
		if c.Due.IsZero() {
			return 1<<63 - 1
		}
		return column.Micros(c.Due)
	case centrala.ByQueue:
		return column.Micros(c.QueuedAt)
	default:
		return column.Micros(c.UpdatedAt)
	}
}

func formatCursor(v, id int64) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(v, 36) + "." + strconv.FormatInt(id, 36)))
}

func parseCursor(s string) (v, id int64, err error) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	left, right, ok := strings.Cut(string(b), ".")
	if err == nil && ok {
		if v, err = strconv.ParseInt(left, 36, 64); err == nil {
			id, err = strconv.ParseInt(right, 36, 64)
		}
	}
	if err != nil || !ok {
		return 0, 0, centrala.InvalidField("cursor", "This is no cursor of a list.")
	}
	return v, id, nil
}

// Counts is what stands in the rail of an agent's console.
func (db *DB) Counts(ctx context.Context, scope centrala.Scope, agent centrala.AgentID) (centrala.Counts, error) {
	n := centrala.Counts{Waiting: map[centrala.Side]int{}}
	scope.Own = true // mentions are counted apart
	var args []any
	where := scopeWhere(scope, &args)
	args = append(args, agent)
	me := fmt.Sprintf("$%d", len(args))
	rows, err := db.ro.QueryContext(ctx, `SELECT c.side, c.status, CASE WHEN c.assignee = `+me+` THEN 1 ELSE 0 END, count(*)
		FROM conversation c WHERE c.status <> 'resolved' AND c.merged_into = 0 AND `+where+` GROUP BY 1, 2, 3`, args...)
	if err != nil {
		return n, fmt.Errorf("count conversations: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var (
			side   centrala.Side
			status centrala.Status
			mine   bool
			count  int
		)
		if err := rows.Scan(&side, &status, &mine, &count); err != nil {
			return n, fmt.Errorf("count conversations: %w", err)
		}
		switch status {
		case centrala.Waiting:
			n.Queue += count
			n.Waiting[side] += count
		case centrala.Snoozed:
			if mine {
				n.Snoozed += count
			}
		case centrala.Open:
			if mine {
				n.Mine += count
			}
			n.Team += count
		}
	}
	if err := rows.Err(); err != nil {
		return n, fmt.Errorf("count conversations: %w", err)
	}
	if n.Mentions, err = db.toRead(ctx, agent); err != nil {
		return n, err
	}
	n.FollowUps, err = db.openFollowUps(ctx, scope)
	return n, err
}

// Waiting lists what has no agent, in the order in which it should be taken: of each team and
// side the first 500, so that one team's backlog hides nobody else's. With teams it lists
// theirs only; team 0 has what no team was found for yet.
func (db *DB) Waiting(ctx context.Context, teams ...centrala.TeamID) ([]centrala.Conversation, error) {
	theirs, args := "", make([]any, len(teams))
	for i, t := range teams {
		args[i] = t
	}
	if len(teams) > 0 {
		theirs = ` AND team IN (` + numbered(len(teams)) + `)`
	}
	return db.conversations(ctx, `SELECT `+conversationColumns+conversationFrom+` WHERE c.id IN (SELECT id FROM
		(SELECT id, row_number() OVER (PARTITION BY team, side ORDER BY priority DESC, queued_at, id) AS place FROM conversation WHERE status = 'waiting'`+theirs+`) AS line
		WHERE line.place <= 500) ORDER BY c.priority DESC, c.queued_at, c.id`, args...)
}

// numbered is "$1, $2, …, $n".
func numbered(n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("$" + strconv.Itoa(i+1))
	}
	return b.String()
}

// Queue is a waiting conversation's place in its team's queue, 1 for the next; 0 when it
// does not wait.
func (db *DB) Queue(ctx context.Context, id centrala.ConversationID) (int, error) {
	var n int
	err := db.ro.QueryRowContext(ctx, `SELECT count(*) FROM conversation me JOIN conversation c ON c.status = 'waiting' AND c.team = me.team
		AND (c.priority > me.priority OR (c.priority = me.priority AND (c.queued_at < me.queued_at OR (c.queued_at = me.queued_at AND c.id <= me.id))))
		WHERE me.id = $1 AND me.status = 'waiting'`, id).Scan(&n)
	return n, wrap(err, "find the place in the queue")
}

// DueSnoozes lists conversations that should wake up now.
func (db *DB) DueSnoozes(ctx context.Context, limit int) ([]centrala.ConversationID, error) {
	return db.ids(ctx, `SELECT id FROM conversation WHERE status = 'snoozed' AND snoozed_until <= $1 ORDER BY snoozed_until LIMIT $2`,
		column.Micros(db.now()), limit)
}

// Ringing lists the conversations about whose promise something is to be said now, the longest
// due first. Of the indexes each leads to some of the few that are not over: in the queue,
// asleep, somebody's.
func (db *DB) Ringing(ctx context.Context, limit int) ([]centrala.ConversationID, error) {
	const rings = ` AND due <> 0 AND turn = 'agent' AND (due <= $1 AND alarm < 2
		OR due <= CASE channel WHEN 'chat' THEN CAST($2 AS bigint) ELSE CAST($3 AS bigint) END AND alarm < 1)`
	now := db.now()
	third := func(c centrala.Channel) int64 { return column.Micros(now.Add(centrala.Promise(c) / 3)) }
	return db.ids(ctx, `SELECT id FROM (
		SELECT id, due FROM conversation WHERE status = 'waiting' AND queued_at > 0`+rings+` UNION ALL
		SELECT id, due FROM conversation WHERE status = 'snoozed' AND snoozed_until > 0`+rings+` UNION ALL
		SELECT id, due FROM conversation WHERE assignee > 0 AND assignee <> 0 AND status = 'open'`+rings+`) clocks
		ORDER BY due LIMIT $4`, column.Micros(now), third(centrala.Chat), third(centrala.Email), limit)
}

// Unseen lists chats whose customer has left an answer unread for longer than olderThan.
func (db *DB) Unseen(ctx context.Context, olderThan time.Duration, limit int) ([]centrala.ConversationID, error) {
	return db.ids(ctx, `SELECT c.id FROM conversation c JOIN contact k ON k.id = c.contact LEFT JOIN contact o ON o.id = c.origin
		WHERE c.unseen_since <> 0 AND c.unseen_since <= $1 AND (k.email <> '' AND k.bounced_at = 0 OR o.email <> '' AND o.bounced_at = 0) ORDER BY c.unseen_since LIMIT $2`,
		column.Micros(db.now().Add(-olderThan)), limit)
}

func (db *DB) ids(ctx context.Context, query string, args ...any) ([]centrala.ConversationID, error) {
	rows, err := db.ro.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("list conversations: %w", err)
	}
	defer rows.Close()
	var out []centrala.ConversationID
	for rows.Next() {
		var id centrala.ConversationID
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("list conversations: %w", err)
		}
		out = append(out, id)
	}
	return out, wrap(rows.Err(), "list conversations")
}
