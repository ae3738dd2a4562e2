package library

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"centrala"
	"centrala/deflection"
	"centrala/store"
	"centrala/store/column"
)

// MaxLooked is how many questions are grouped at most, the latest ones.
const MaxLooked = 20_000

// Looked lists what people looked for since a time, the latest first, and says how many searches
// there were. locale "" is any, nil sides are all.
func (l *Library) Looked(ctx context.Context, since time.Time, locale string, sides []centrala.Side) ([]deflection.Asked, int, error) {
	w := within(since, l.db.Now().Add(time.Microsecond), sides)
	if locale != "" {
		w.args = append(w.args, locale)
		w.where += ` AND locale = $` + strconv.Itoa(len(w.args))
	}
	n, err := column.One(ctx, l.reads, func(n *int) []any { return []any{n} }, `SELECT count(*) FROM question WHERE `+w.where, w.args...)
	if err != nil {
		return nil, 0, fmt.Errorf("count the questions: %w", err)
	}
	w.args = append(w.args, MaxLooked)
	all, err := column.All(ctx, l.reads, func(a *deflection.Asked) []any {
		return []any{&a.Text, &a.Stems, &a.Locale, &a.Side, column.Truth(&a.Answered), &a.Nearest, &a.Score, &a.Conversation, column.Instant(&a.At)}
	}, `SELECT text, stems, locale, side, CASE WHEN found > 0 THEN 1 ELSE 0 END, nearest, score, conversation, at FROM question
		WHERE `+w.where+` ORDER BY at DESC LIMIT $`+strconv.Itoa(len(w.args)), w.args...)
	if err != nil {
		return nil, 0, fmt.Errorf("read the questions: %w", err)
	}
	return all, n, nil
}

// maxSaid is how many of the first entries of a conversation are read for answers.
const maxSaid = 60

// Said lists what agents answered in some conversations, of those that scope sees.
func (l *Library) Said(ctx context.Context, scope centrala.Scope, in []centrala.ConversationID) ([]deflection.Said, error) {
	out := []deflection.Said{}
	for len(in) > 0 {
		some := in[:min(len(in), 200)]
		in = in[len(some):]
		var args []any
		within := store.Within(scope, &args)
		marks := make([]string, len(some))
		for i, id := range some {
			args = append(args, id)
			marks[i] = "$" + strconv.Itoa(len(args))
		}
		args = append(args, maxSaid)
		said, err := column.All(ctx, l.reads, func(s *deflection.Said) []any {
			return []any{&s.Conversation, &s.Text, &s.Author, column.Instant(&s.At), &s.Score}
		}, `SELECT c.id, e.text, e.author_name, e.at, coalesce((SELECT s.score FROM survey s WHERE s.conversation = c.id AND s.score IS NOT NULL ORDER BY s.answered_at DESC, s.id DESC LIMIT 1), -1)
			FROM conversation c JOIN event e ON e.conversation = c.id
			WHERE c.id IN (`+strings.Join(marks, ", ")+`) AND `+within+` AND e.seq <= $`+strconv.Itoa(len(args))+` AND e.type = 'message.sent' AND e.author_kind = 'agent' AND e.text <> ''
			ORDER BY c.id, e.seq`, args...)
		if err != nil {
			return nil, fmt.Errorf("read what was answered: %w", err)
		}
		out = append(out, said...)
	}
	return out, nil
}
