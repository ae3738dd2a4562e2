package library

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"centrala"
	"centrala/deflection"
	"centrala/store/column"
)

// told is what is said of articles, and that they were opened: the few steps among all that were
// offered.
const told = ` AND kind <> 'offered' AND kind IN ('opened', 'solved', 'unsolved')`

// of narrows a window to one article; 0: none.
func (w window) of(id centrala.ArticleID) window {
	if id != 0 {
		w.args = append(w.args, id)
		w.where += ` AND article = $` + strconv.Itoa(len(w.args))
	}
	return w
}

// helped is what articles were worth from until to; one article, or all when that is 0.
func (l *Library) helped(ctx context.Context, from, to time.Time, sides []centrala.Side, one centrala.ArticleID) (map[centrala.ArticleID]*deflection.ArticleHelp, error) {
	type count struct {
		id                       centrala.ArticleID
		opened, solved, unsolved int
	}
	w := within(from, to, sides).of(one)
	counts, err := column.All(ctx, l.reads, func(c *count) []any { return []any{&c.id, &c.opened, &c.solved, &c.unsolved} },
		`SELECT article, `+countIf("kind = 'opened'")+`, `+countIf("kind = 'solved'")+`, `+countIf("kind = 'unsolved'")+`
		FROM suggestion WHERE `+w.where+told+` GROUP BY article`, w.args...)
	if err != nil {
		return nil, fmt.Errorf("count what was said of articles: %w", err)
	}
	out := make(map[centrala.ArticleID]*deflection.ArticleHelp, len(counts))
	for _, c := range counts {
		out[c.id] = &deflection.ArticleHelp{ID: c.id, Opened: c.opened, Told: c.solved + c.unsolved, Solved: c.solved}
	}
	type calm struct {
		id             centrala.ArticleID
		watched, quiet int
	}
	w = within(from, l.over(to), sides).of(one)
	n := len(w.args) // a step is a day from the beginning of its episode, at most
	w.args = append(w.args, column.Micros(from.Add(-deflection.Day)), column.Micros(to.Add(deflection.Day)))
	quiet, err := column.All(ctx, l.reads, func(c *calm) []any { return []any{&c.id, &c.watched, &c.quiet} },
		`SELECT s.article, count(*), `+countIf("NOT "+wrote("d.contact_at", "s.at"))+`
		FROM (SELECT article, at, episode FROM suggestion WHERE `+w.where+` AND kind <> 'offered' AND kind = 'opened' AND episode <> 0) AS s
		JOIN deflection d ON d.id = s.episode WHERE d.at >= $`+strconv.Itoa(n+1)+` AND d.at < $`+strconv.Itoa(n+2)+` AND (d.contact_at = 0 OR d.contact_at >= s.at) GROUP BY s.article`, w.args...)
	if err != nil {
		return nil, fmt.Errorf("count who did not write: %w", err)
	}
	for _, q := range quiet {
		if a := out[q.id]; a != nil {
			a.Watched, a.Quiet = q.watched, q.quiet
		}
	}
	return out, nil
}

// flags says which articles stopped helping, as of a time.
func (l *Library) flags(ctx context.Context, to time.Time, sides []centrala.Side, one centrala.ArticleID) (map[centrala.ArticleID]deflection.Flag, error) {
	type row struct {
		id centrala.ArticleID
		deflection.Trend
	}
	trends := map[centrala.ArticleID]deflection.Trend{}
	w := within(to.Add(-deflection.Recent-deflection.Before), to, sides).of(one)
	w.args = append(w.args, column.Micros(to.Add(-deflection.Recent)))
	recent := `at >= $` + strconv.Itoa(len(w.args))
	rows, err := column.All(ctx, l.reads, func(r *row) []any {
		return []any{&r.id, &r.Recent.N, &r.Recent.Of, &r.Before.N, &r.Before.Of}
	}, `SELECT article, `+countIf(recent+" AND kind = 'solved'")+`, `+countIf(recent)+`, `+countIf("NOT "+recent+" AND kind = 'solved'")+`, `+countIf("NOT "+recent)+`
		FROM suggestion WHERE `+w.where+` AND kind <> 'offered' AND kind IN ('solved', 'unsolved') GROUP BY article`, w.args...)
	if err != nil {
		return nil, fmt.Errorf("compare what is said of articles: %w", err)
	}
	for _, r := range rows {
		trends[r.id] = r.Trend
	}
	w = within(to.Add(-deflection.Recent-deflection.Before), to, sides).of(one)
	newest, err := column.All(ctx, l.reads, func(r *row) []any {
		return []any{&r.id, &r.Version.N, &r.Version.Of, &r.Previous.N, &r.Previous.Of}
	}, `SELECT a.id, `+countIf("v.number = a.version AND s.kind = 'solved'")+`, `+countIf("v.number = a.version")+`, `+
		countIf("v.number < a.version AND s.kind = 'solved'")+`, `+countIf("v.number < a.version")+`
		FROM (SELECT article, at, kind FROM suggestion WHERE `+w.where+` AND kind <> 'offered' AND kind IN ('solved', 'unsolved')) AS s
		JOIN article a ON a.id = s.article
		JOIN article_version v ON v.article = a.id AND v.number >= a.version - 1 AND v.number <= a.version AND v.at <= s.at AND (v.until = 0 OR v.until > s.at) GROUP BY a.id`, w.args...)
	if err != nil {
		return nil, fmt.Errorf("compare versions of articles: %w", err)
	}
	for _, r := range newest {
		t := trends[r.id]
		t.Version, t.Previous = r.Version, r.Previous
		trends[r.id] = t
	}
	out := map[centrala.ArticleID]deflection.Flag{}
	for id, t := range trends {
		if f := t.Flag(); f != deflection.Fine {
			out[id] = f
		}
	}
	return out, nil
}

// Help is what one article was worth in the last days, and each of its versions since it is told.
// An article that nobody has opened yet has helped nobody.
func (l *Library) Help(ctx context.Context, id centrala.ArticleID, days int) (deflection.Help, error) {
	now := l.db.Now()
	all, err := l.helped(ctx, now.Add(-time.Duration(days)*deflection.Day), now.Add(time.Microsecond), nil, id)
	if err != nil {
		return deflection.Help{}, err
	}
	h := deflection.Help{Days: days, Versions: []deflection.VersionHelp{}}
	if a := all[id]; a != nil {
		h.Opened, h.Told, h.Solved, h.Quiet, h.Watched = a.Opened, a.Told, a.Solved, a.Quiet, a.Watched
	}
	flags, err := l.flags(ctx, now, nil, id)
	if err != nil {
		return h, err
	}
	h.Flag = flags[id]
	h.Versions, err = column.All(ctx, l.reads, func(v *deflection.VersionHelp) []any { return []any{&v.Number, &v.Told, &v.Solved} },
		`SELECT v.number, count(*), `+countIf("s.kind = 'solved'")+` FROM article_version v
		JOIN suggestion s ON s.article = v.article AND s.at >= v.at AND (v.until = 0 OR s.at < v.until) AND s.kind IN ('solved', 'unsolved')
		WHERE v.article = $1 GROUP BY v.number ORDER BY v.number DESC`, id)
	if err != nil {
		return h, fmt.Errorf("count what was said of versions: %w", err)
	}
	return h, nil
}
