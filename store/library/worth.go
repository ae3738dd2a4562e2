package library

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"centrala"
	"centrala/deflection"
	"centrala/store/column"
)

// window is a part of what was measured, as the end of a query.
type window struct {
	where string
	args  []any
}

// within is what happened from until to on some sides; nil: all. It needs the columns at and side.
func within(from, to time.Time, sides []centrala.Side) window {
	w := window{where: `at >= $1 AND at < $2`, args: []any{column.Micros(from), column.Micros(to)}}
	if sides == nil {
		return w
	}
	if len(sides) == 0 {
		w.where += ` AND 1 = 0`
		return w
	}
	marks := make([]string, len(sides))
	for i, s := range sides {
		w.args = append(w.args, string(s))
		marks[i] = "$" + strconv.Itoa(len(w.args))
	}
	w.where += ` AND side IN (` + strings.Join(marks, ", ") + `)`
	return w
}

// over is the end of the part of a period that a day has passed since.
func (l *Library) over(to time.Time) time.Time {
	if last := l.db.Now().Add(-deflection.Day); last.Before(to) {
		return last
	}
	return to
}

// wrote is the condition that somebody began to write within a day of a moment.
func wrote(contact, at string) string {
	return fmt.Sprintf("(%s > 0 AND %s <= %s + %d)", contact, contact, at, deflection.Day.Microseconds())
}

func countIf(condition string) string {
	return "coalesce(sum(CASE WHEN " + condition + " THEN 1 ELSE 0 END), 0)"
}

// Deflected is what the Help Centre was worth from until to, on some sides; nil: on all. Episodes
// that began less than a day ago are not over, and not counted.
func (l *Library) Deflected(ctx context.Context, from, to time.Time, sides []centrala.Side) (deflection.Report, error) {
	r := deflection.Report{From: from, To: to}
	for _, part := range []func(context.Context, *deflection.Report, []centrala.Side) error{l.people, l.places, l.bot, l.articleHelp} {
		if err := part(ctx, &r, sides); err != nil {
			return r, fmt.Errorf("add up what the Help Centre was worth: %w", err)
		}
	}
	r.Measure()
	return r, nil
}

// people counts episodes by their group.
func (l *Library) people(ctx context.Context, r *deflection.Report, sides []centrala.Side) error {
	type group struct {
		held bool
		deflection.Shown
	}
	w := within(r.From, l.over(r.To), sides)
	groups, err := column.All(ctx, l.reads, func(g *group) []any {
		return []any{column.Truth(&g.held), &g.People.People, &g.Contacted, &g.Opened, &g.Solved, &g.Quiet, &g.Unsolved}
	}, `SELECT held, count(*), `+countIf(wrote("contact_at", "at"))+`, `+countIf("opened_at > 0")+`, `+countIf("solved_at > 0")+`, `+
		countIf("solved_at > 0 AND NOT "+wrote("contact_at", "at"))+`, `+countIf("unsolved_at > 0 AND solved_at = 0")+`
		FROM deflection WHERE `+w.where+` AND place <> '' GROUP BY held`, w.args...)
	for _, g := range groups {
		if g.held {
			r.Held = g.People
		} else {
			r.Shown = g.Shown
		}
	}
	return err
}

// places counts steps by where they were.
func (l *Library) places(ctx context.Context, r *deflection.Report, sides []centrala.Side) error {
	type count struct {
		place centrala.Place
		kind  string
		n     int
	}
	w := within(r.From, r.To, sides)
	counts, err := column.All(ctx, l.reads, func(c *count) []any { return []any{&c.place, &c.kind, &c.n} },
		`SELECT place, kind, count(*) FROM suggestion WHERE `+w.where+` GROUP BY place, kind ORDER BY place, kind`, w.args...)
	r.Places = []deflection.PlaceCount{}
	for _, c := range counts {
		i := slices.IndexFunc(r.Places, func(p deflection.PlaceCount) bool { return p.Place == c.place })
		if i < 0 {
			i, r.Places = len(r.Places), append(r.Places, deflection.PlaceCount{Place: c.place})
		}
		p := &r.Places[i]
		switch c.kind {
		case "offered":
			p.Offered += c.n
		case "opened":
			p.Opened += c.n
		case "solved":
			p.Solved += c.n
		case "unsolved":
			p.Unsolved += c.n
		}
	}
	r.Places = slices.DeleteFunc(r.Places, func(p deflection.PlaceCount) bool { return p == deflection.PlaceCount{Place: p.Place} })
	return err
}

// bot counts the conversations in which the answer bot quoted something.
func (l *Library) bot(ctx context.Context, r *deflection.Report, sides []centrala.Side) error {
	w := within(r.From, r.To, sides)
	b, err := column.One(ctx, l.reads, func(b *deflection.Bot) []any { return []any{&b.Answered, &b.Solved, &b.Unsolved, &b.HandedOver} },
		`SELECT `+countIf("turn.quoted = 1")+`, `+countIf("turn.solved = 1")+`, `+countIf("turn.unsolved = 1 AND turn.solved = 0")+`, `+
			countIf("turn.quoted = 1 AND turn.solved = 0 AND (c.first_reply > 0 OR c.status <> 'resolved')")+`
		FROM (SELECT conversation, max(CASE WHEN kind = 'opened' THEN 1 ELSE 0 END) AS quoted, max(CASE WHEN kind = 'solved' THEN 1 ELSE 0 END) AS solved,
			max(CASE WHEN kind = 'unsolved' THEN 1 ELSE 0 END) AS unsolved
			FROM suggestion WHERE `+w.where+` AND place = 'bot' AND conversation <> 0 GROUP BY conversation) AS turn JOIN conversation c ON c.id = turn.conversation`, w.args...)
	r.Bot = b
	return err
}

// articleHelp counts by article, those first of which most was said.
func (l *Library) articleHelp(ctx context.Context, r *deflection.Report, sides []centrala.Side) error {
	all, err := l.helped(ctx, r.From, r.To, sides, 0)
	if err != nil {
		return err
	}
	flags, err := l.flags(ctx, r.To, sides, 0)
	if err != nil {
		return err
	}
	for id, f := range flags {
		a, ok := all[id]
		if !ok {
			a = &deflection.ArticleHelp{ID: id}
			all[id] = a
		}
		a.Flag = f
	}
	type named struct {
		id    centrala.ArticleID
		title string
	}
	titles, err := column.All(ctx, l.reads, func(n *named) []any { return []any{&n.id, &n.title} }, `SELECT id, title FROM article`)
	if err != nil {
		return err
	}
	for _, n := range titles {
		if a := all[n.id]; a != nil {
			a.Title = n.title
		}
	}
	r.Articles = []deflection.ArticleHelp{}
	for _, id := range slices.Sorted(maps.Keys(all)) {
		r.Articles = append(r.Articles, *all[id])
	}
	slices.SortStableFunc(r.Articles, func(a, b deflection.ArticleHelp) int {
		return cmp.Or(cmp.Compare(b.Told, a.Told), cmp.Compare(b.Opened, a.Opened))
	})
	return nil
}
