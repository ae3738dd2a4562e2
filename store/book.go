package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"centrala/store/column"

	"centrala"
)

const entryColumns = `i.id, i.inbox, i.external_id, i.folder, i.uid, i.outcome, i.reason, i.cause, i.detail, i.sender, i.sender_name, i.recipient,
	i.subject, i.message_id, i.size, i.raw, i.written_at, i.at, i.conversation, coalesce(c.number, 0), coalesce(e.seq, 0), i.delivery, i.link, i.parser,
	i.facts, i.decided_by, i.decided_at, i.event`

// line is one row of the book.
type line struct {
	centrala.Entry
	event centrala.EventID
	facts facts
}

func lineFields(l *line) []any {
	return []any{&l.ID, &l.Inbox, &l.ExternalID, &l.Folder, &l.UID, &l.Outcome, &l.Reason, &l.Cause.Code, &l.Cause.Detail, &l.From.Address, &l.From.Name,
		&l.To, &l.Subject, &l.MessageID, &l.Size, &l.Raw, column.Instant(&l.Written), column.Instant(&l.At), &l.Conversation, &l.Number, &l.Seq, &l.Delivery,
		&l.Link, &l.Parser, column.Object(&l.facts), &l.DecidedBy, column.Instant(&l.DecidedAt), &l.event}
}

func (l *line) entry() centrala.Entry {
	l.HasRaw, l.Trust, l.Report = l.Raw != "", l.facts.Trust, l.facts.Report
	if strings.HasPrefix(l.MessageID, erasedMark) {
		l.MessageID = ""
	}
	return l.Entry
}

// bookScope is the condition that scope may see an entry: with its conversation, or, while it
// has none, with its inbox.
func bookScope(scope centrala.Scope, arg func(any) string, args *[]any) string {
	if scope.All {
		return "1 = 1"
	}
	talk := scopeWhere(scope, args)
	door := doorScope(scope, arg)
	return `CASE WHEN i.conversation <> 0 THEN EXISTS (SELECT 1 FROM conversation c WHERE c.id = i.conversation AND ` + talk + `)
		ELSE i.inbox IN (SELECT n.id FROM inbox n WHERE ` + strings.Join(door, " OR ") + `) END`
}

// doorScope are the conditions of which one holds for an inbox n that scope may see.
func doorScope(scope centrala.Scope, arg func(any) string) []string {
	door := []string{"(n.team = 0 AND n.side = '')"}
	for _, t := range scope.Teams {
		door = append(door, "n.team = "+arg(t))
	}
	for _, s := range scope.Sides {
		door = append(door, "n.side = "+arg(string(s)))
	}
	return door
}

// bookWhere is the condition of a filter, without its outcome and its cursor.
func (db *DB) bookWhere(scope centrala.Scope, f centrala.EntryFilter, args *[]any) (where []string, arg func(any) string) {
	arg = func(v any) string {
		*args = append(*args, v)
		return "$" + strconv.Itoa(len(*args))
	}
	where = []string{bookScope(scope, arg, args)}
	if f.Inbox != 0 {
		where = append(where, "i.inbox = "+arg(f.Inbox))
	}
	if !f.From.IsZero() {
		where = append(where, "i.at >= "+arg(column.Micros(f.From)))
	}
	if !f.Before.IsZero() {
		where = append(where, "i.at < "+arg(column.Micros(f.Before)))
	}
	if f.Conversation != 0 {
		where = append(where, "i.event IN (SELECT w.id FROM event w WHERE w.conversation = "+arg(f.Conversation)+" AND w.seq = "+arg(f.Seq)+")")
	}
	where = append(where, db.sought(f.Text, []string{"i.sender", "i.sender_name", "i.subject", "i.message_id", "i.reason"},
		"i.conversation IN (SELECT v.id FROM conversation v WHERE v.number = %s)", arg)...)
	return where, arg
}

// sought are the conditions of a search: each of its first six words is a part of a word of one of the
// columns, or the number of a conversation, which byNumber compares.
func (db *DB) sought(text string, columns []string, byNumber string, arg func(any) string) (where []string) {
	words := strings.Fields(text)
	for _, w := range words[:min(len(words), 6)] {
		a := arg(db.dialect.Pattern(w))
		var any []string
		for _, column := range columns {
			any = append(any, db.dialect.Holds(column, a))
		}
		if n, err := strconv.ParseInt(strings.TrimPrefix(w, "#"), 10, 64); err == nil {
			any = append(any, fmt.Sprintf(byNumber, arg(n)))
		}
		where = append(where, "("+strings.Join(any, " OR ")+")")
	}
	return where
}

// tally reads counts by outcome.
func tally[O ~string](ctx context.Context, q column.Querier, query string, args []any) (map[O]int, error) {
	type count struct {
		outcome O
		n       int
	}
	counts, err := column.All(ctx, q, func(c *count) []any { return []any{&c.outcome, &c.n} }, query, args...)
	if err != nil {
		return nil, fmt.Errorf("count the book: %w", err)
	}
	out := make(map[O]int)
	for _, c := range counts {
		out[c.outcome] = c.n
	}
	return out, nil
}

// Entries lists the book of fetched messages, the newest first, as far as scope may see it; next
// is the cursor of the following page, "" at the end.
func (db *DB) Entries(ctx context.Context, scope centrala.Scope, f centrala.EntryFilter) (items []centrala.Entry, next string, err error) {
	if f.Limit <= 0 || f.Limit > 200 {
		f.Limit = 50
	}
	query, args, err := db.bookQuery(scope, f)
	if err != nil {
		return nil, "", err
	}
	lines, err := column.All(ctx, db.ro, lineFields, query, args...)
	if err != nil {
		return nil, "", fmt.Errorf("read the book: %w", err)
	}
	if len(lines) > f.Limit {
		last := lines[f.Limit-1]
		lines, next = lines[:f.Limit], formatCursor(column.Micros(last.At), int64(last.ID))
	}
	items = make([]centrala.Entry, len(lines))
	for i := range lines {
		items[i] = lines[i].entry()
	}
	return items, next, nil
}

func (db *DB) bookQuery(scope centrala.Scope, f centrala.EntryFilter) (query string, args []any, err error) {
	where, arg := db.bookWhere(scope, f, &args)
	if f.Outcome != "" {
		where = append(where, "i.outcome = "+arg(string(f.Outcome)))
	}
	if f.Cursor != "" {
		at, id, err := parseCursor(f.Cursor)
		if err != nil {
			return "", nil, err
		}
		where = append(where, fmt.Sprintf("(i.at, i.id) < (%s, %s)", arg(at), arg(id)))
	}
	return `SELECT ` + entryColumns + ` FROM intake i LEFT JOIN conversation c ON c.id = i.conversation LEFT JOIN event e ON e.id = i.event
		WHERE ` + strings.Join(where, " AND ") + ` ORDER BY i.at DESC, i.id DESC LIMIT ` + arg(f.Limit+1), args, nil
}

// EntryTally counts by outcome what the filter lets through, whatever outcome it asks for: the
// sum is what was fetched.
func (db *DB) EntryTally(ctx context.Context, scope centrala.Scope, f centrala.EntryFilter) (map[centrala.Outcome]int, error) {
	var args []any
	where, _ := db.bookWhere(scope, f, &args)
	return tally[centrala.Outcome](ctx, db.ro, `SELECT i.outcome, count(*) FROM intake i WHERE `+strings.Join(where, " AND ")+` GROUP BY i.outcome`, args)
}

// Entry is one entry of the book, if scope may see it.
func (db *DB) Entry(ctx context.Context, scope centrala.Scope, id centrala.EntryID) (centrala.Entry, error) {
	l, err := db.line(ctx, db.ro, scope, id)
	return l.entry(), err
}

func (db *DB) line(ctx context.Context, q column.Querier, scope centrala.Scope, id centrala.EntryID) (line, error) {
	var args []any
	where, arg := db.bookWhere(scope, centrala.EntryFilter{}, &args)
	l, err := column.One(ctx, q, lineFields, `SELECT `+entryColumns+` FROM intake i LEFT JOIN conversation c ON c.id = i.conversation LEFT JOIN event e ON e.id = i.event
		WHERE `+where[0]+` AND i.id = `+arg(id), args...)
	return l, absent(err, "There is no such entry.")
}

// Acquainted is what the log knows about the sender of an entry, read again as in.
func (db *DB) Acquainted(ctx context.Context, scope centrala.Scope, e centrala.Entry, in centrala.Inbound) (centrala.Acquaintance, error) {
	var a centrala.Acquaintance
	err := db.ro.QueryRowContext(ctx, `SELECT count(*) FROM intake WHERE lower(sender) = lower($1) AND outcome = 'ingested' AND at < $2 AND sender <> ''`,
		e.From.Address, column.Micros(e.At)).Scan(&a.Wrote)
	if err != nil {
		return a, fmt.Errorf("count the sender's mails: %w", err)
	}
	found := in.ReplyTo
	a.Answers = found != 0
	for _, key := range in.ThreadKeys() {
		if found != 0 {
			break
		}
		err := db.ro.QueryRowContext(ctx, `SELECT conversation, ours FROM mail WHERE message_id = $1 ORDER BY event LIMIT 1`, key).Scan(&found, &a.Answers)
		if code := centrala.CodeOf(absent(err, "There is no such mail.")); code != "" && code != centrala.NotFound {
			return a, fmt.Errorf("look for what it answers: %w", err)
		}
	}
	if found == 0 {
		return a, nil
	}
	c, err := db.Conversation(ctx, scope, found)
	switch centrala.CodeOf(err) {
	case "":
		a.Conversation, a.Number = c.ID, c.Number
		return a, nil
	case centrala.NotFound: // not within sight
		return a, nil
	}
	return a, err
}
