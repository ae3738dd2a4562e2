package library_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"centrala"
	"centrala/deflection"
	"centrala/store"
	"centrala/store/column"
)

// explainer notes how the database goes about each query, and asks it then.
type explainer struct {
	column.Querier
	t     *testing.T
	how   string // EXPLAIN, of the engine
	plans []string
}

func (e *explainer) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	rows, err := e.Querier.QueryContext(ctx, e.how+query, args...)
	if err != nil {
		e.t.Fatalf("explain %s: %v", query, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		e.t.Fatal(err)
	}
	var plan strings.Builder
	for rows.Next() {
		row := make([]any, len(columns))
		for i := range row {
			row[i] = new(sql.RawBytes)
		}
		if err := rows.Scan(row...); err != nil {
			e.t.Fatal(err)
		}
		fmt.Fprintf(&plan, "%s\n", *row[len(row)-1].(*sql.RawBytes))
	}
	if err := rows.Err(); err != nil {
		e.t.Fatal(err)
	}
	e.plans = append(e.plans, query+"\n"+plan.String())
	return e.Querier.QueryContext(ctx, query, args...)
}

// whole is a plan that goes through a whole table of what is measured, or through all of its index.
var whole = regexp.MustCompile(`SCAN (s|d|q|suggestion|deflection|question|event|e|c|conversation)\b|Seq Scan on (suggestion|deflection|question|event|conversation)\b`)

// fill keeps n steps of 400 days, a tenth as many episodes and questions.
func fill(t *testing.T, s *shelves, n int) {
	t.Helper()
	postgres := s.engine == "postgres"
	series := `(WITH RECURSIVE g(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM g WHERE i < %d) SELECT i FROM g) AS g`
	if postgres {
		series = `generate_series(1, %d) AS g(i)`
	}
	now := s.db.Now().Add(-time.Minute).UnixMicro()
	at := func(n int) string { // the last of them now, the first 400 days ago
		return fmt.Sprintf(`%d - CAST(%d - i AS bigint) * %d`, now, n, 400*deflection.Day.Microseconds()/int64(n))
	}
	queries := []string{
		`INSERT INTO suggestion (id, kind, place, article, conversation, visitor, locale, side, episode, at) SELECT i, CASE i % 10 WHEN 7 THEN 'opened' WHEN 8 THEN 'solved' WHEN 9 THEN 'unsolved' ELSE 'offered' END,
			'widget', 1 + i % 500, 0, '', 'pl', 'buyer', 1 + i / 10, ` + at(n) + ` FROM ` + fmt.Sprintf(series, n),
		`INSERT INTO deflection (id, visitor, held, place, locale, side, at, opened_at, solved_at, unsolved_at, contact_at, conversation) SELECT i, '', CASE WHEN i % 10 = 0 THEN 1 ELSE 0 END,
			'widget', 'pl', 'buyer', ` + at(n/10) + `, 0, 0, 0, 0, 0 FROM ` + fmt.Sprintf(series, n/10),
		`INSERT INTO question (id, text, stems, locale, side, place, visitor, found, nearest, score, opened, conversation, at) SELECT i, 'pytanie ' || i, 'pytan ' || i, 'pl', 'buyer', 'widget', '', 0, 0, 0, 0, 0, ` +
			at(n/10) + ` FROM ` + fmt.Sprintf(series, n/10),
	}
	if postgres {
		queries = append(queries, `ANALYZE suggestion`, `ANALYZE deflection`, `ANALYZE question`)
	}
	err := s.db.Update(t.Context(), func(tx *store.Tx) error {
		for _, q := range queries {
			if _, err := tx.Beside(q); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// What is asked of some weeks costs by the weeks and not by the years. CENTRALA_STEPS says of how
// many steps; with a million each question's time is told by -v.
func TestNoWholeTableIsRead(t *testing.T) {
	t.Parallel()
	steps := 40_000
	if n, err := strconv.Atoi(os.Getenv("CENTRALA_STEPS")); err == nil {
		steps = n
	}
	onBoth(t, func(t *testing.T, s *shelves) {
		ctx := t.Context()
		if _, err := s.SaveArticle(ctx, centrala.Article{Locale: "pl", Content: centrala.Content{Slug: "a", Title: "A", Body: "a"}}); err != nil {
			t.Fatal(err)
		}
		fill(t, s, steps)
		how := map[string]string{"sqlite": "EXPLAIN QUERY PLAN ", "postgres": "EXPLAIN "}[s.engine]
		e := &explainer{Querier: s.db.Reads(), t: t, how: how}
		now := s.db.Now()
		began := time.Now()
		r, err := s.Deflected(ctx, now.Add(-30*deflection.Day), now, nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("the report of 30 days of %d steps: %v", steps, time.Since(began).Round(time.Millisecond))
		if len(r.Articles) < 100 || r.Shown.People.People < steps/10/20 {
			t.Fatalf("%d articles, %+v", len(r.Articles), r.Shown)
		}
		began = time.Now()
		if _, err := s.Help(ctx, 8, 30); err != nil {
			t.Fatal(err)
		}
		t.Logf("an article's help: %v", time.Since(began).Round(time.Millisecond))
		began = time.Now()
		asked, n, err := s.Looked(ctx, now.Add(-30*deflection.Day), "pl", []centrala.Side{centrala.Buyer})
		if err != nil || n < steps/10/20 {
			t.Fatal(n, err)
		}
		t.Logf("%d questions: %v", n, time.Since(began).Round(time.Millisecond))
		began = time.Now()
		groups := deflection.Groups(asked)
		t.Logf("in %d groups: %v", len(groups), time.Since(began).Round(time.Millisecond))

		through := s.Through(e)
		for _, do := range []func() error{
			func() error { _, err := through.Deflected(ctx, now.Add(-30*deflection.Day), now, nil); return err },
			func() error {
				_, err := through.Deflected(ctx, now.Add(-7*deflection.Day), now, []centrala.Side{centrala.Buyer, centrala.NoSide})
				return err
			},
			func() error { _, err := through.Help(ctx, 8, 30); return err },
			func() error {
				_, _, err := through.Looked(ctx, now.Add(-30*deflection.Day), "pl", []centrala.Side{centrala.Buyer})
				return err
			},
			func() error { return through.Sweep(ctx, 0) },
		} {
			if err := do(); err != nil {
				t.Fatal(err)
			}
		}
		for _, p := range e.plans {
			if whole.MatchString(p) {
				t.Errorf("reads a whole table:\n%s", p)
			}
		}
		if len(e.plans) < 18 {
			t.Errorf("%d queries were explained", len(e.plans))
		}
	})
}
