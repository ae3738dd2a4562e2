package store_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"centrala"
	"centrala/store"
	"centrala/store/storetest"
)

// lines are so many entries that an engine that sorts, or reads through a table, would notice: its
// planner knows their number, and so would whoever waits.
const lines = "60000"

// began is when the first of them came; one comes every second.
var began = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// A pagePlan is a page of a book, the index that it is read from, and how an engine reads it.
type pagePlan struct {
	index string
	plan  func(*store.DB, context.Context) (string, error)
}

func mailPage(index string, f centrala.EntryFilter) pagePlan {
	f.Limit = 50
	return pagePlan{index, func(db *store.DB, ctx context.Context) (string, error) { return db.BookPlan(ctx, f) }}
}

func hookPage(index string, f centrala.HookFilter) pagePlan {
	f.Limit = 50
	return pagePlan{index, func(db *store.DB, ctx context.Context) (string, error) { return db.HookPlan(ctx, f) }}
}

// readByIndexes fills a table on both databases, with n counting the rows, and holds each page to being
// read from its index in its order: nothing is sorted, and no table is read through.
func readByIndexes(t *testing.T, table, columns, values string, pages []pagePlan, more func(*testing.T, *store.DB)) {
	t.Helper()
	for name, dsn := range storetest.Both() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			db, err := store.Open(ctx, dsn(t), store.Options{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = db.Close() })
			series, ends := `WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < `+lines+`)`, `s`
			if name == "postgres" {
				series, ends = ``, `generate_series(1, `+lines+`) AS s(n)`
			}
			for _, statement := range []string{series + ` INSERT INTO ` + table + ` (` + columns + `, at) SELECT ` + values + `, 1767225600000000 + CAST(n AS bigint) * 1000000 FROM ` + ends, `ANALYZE ` + table} {
				if err := db.Fill(ctx, statement); err != nil {
					t.Fatal(err)
				}
			}
			for _, p := range pages {
				plan, err := p.plan(db, ctx)
				if err != nil {
					t.Fatal(err)
				}
				if !strings.Contains(plan, p.index) || strings.Contains(plan, "SCAN "+table[:1]+"\n") || strings.Contains(plan, "Seq Scan on "+table) ||
					strings.Contains(plan, "TEMP B-TREE") || strings.Contains(plan, "Sort") {
					t.Errorf("%s is not how it goes:\n%s", p.index, plan)
				}
			}
			more(t, db)
		})
	}
}

func TestBookIsReadByItsIndexes(t *testing.T) {
	t.Parallel()
	readByIndexes(t, "intake", `id, inbox, external_id, outcome, reason, sender, subject, raw, event`,
		`n, 1 + n % 100, 'INBOX:1:' || n, CASE WHEN n % 300 = 0 THEN 'quarantined' WHEN n % 5 = 0 THEN 'automatic' ELSE 'ingested' END,
			'because', 'person' || n % 5000 || '@example.test', 'About ' || n, '', 0`,
		[]pagePlan{
			mailPage("intake_at", centrala.EntryFilter{From: began.Add(time.Hour), Before: began.Add(10 * time.Hour)}),
			mailPage("intake_inbox", centrala.EntryFilter{Inbox: 2}),
			mailPage("intake_outcome", centrala.EntryFilter{Outcome: centrala.Quarantined}),
		}, func(t *testing.T, db *store.DB) {
			items, next, err := db.Entries(t.Context(), centrala.Everything(), centrala.EntryFilter{Text: "abouT 77", Limit: 50})
			if err != nil || len(items) != 50 || next == "" {
				t.Errorf("the search finds %d, %v", len(items), err)
			}
			tally, err := db.EntryTally(t.Context(), centrala.Everything(), centrala.EntryFilter{})
			if err != nil || tally[centrala.Ingested] != 48_000 || tally[centrala.Automatic] != 11_800 || tally[centrala.Quarantined] != 200 {
				t.Errorf("the tally is %v, %v", tally, err)
			}
		})
}

func TestHooksAreReadByTheirIndexes(t *testing.T) {
	t.Parallel()
	readByIndexes(t, "hook", `id, inbox, channel, key, what, outcome, cause, detail, size, kept, parser, tries, items, messages, conversation, number, seq, address, read_at`,
		`n, 1 + n % 100, CASE WHEN n % 200 = 0 THEN 'telegram' ELSE 'whatsapp' END, 'k' || n, 'page / messages ' || (n % 5000),
			CASE WHEN n % 300 = 0 THEN 'unread' WHEN n % 5 = 0 THEN 'nothing' ELSE 'taken' END, 'read', 'message 1', 700, 0, 1, 0, 1, 1, n / 3, n / 3, 1, '', 0`,
		[]pagePlan{
			hookPage("hook_at", centrala.HookFilter{From: began.Add(time.Hour), Before: began.Add(10 * time.Hour)}),
			hookPage("hook_inbox", centrala.HookFilter{Inbox: 2}),
			hookPage("hook_channel", centrala.HookFilter{Channel: centrala.Telegram}),
			hookPage("hook_outcome", centrala.HookFilter{Outcome: centrala.HookUnread}),
		}, func(t *testing.T, db *store.DB) {
			items, next, err := db.Hooks(t.Context(), centrala.Everything(), centrala.HookFilter{Text: "messageS 77", Limit: 50})
			if err != nil || len(items) != 50 || next == "" {
				t.Errorf("the search finds %d, %v", len(items), err)
			}
			for f, want := range map[centrala.HookFilter]int{{}: 60_000, {Inbox: 2}: 600, {Channel: centrala.Telegram}: 300} {
				tally, err := db.HookTally(t.Context(), centrala.Everything(), f)
				if sum := tally[centrala.HookTaken] + tally[centrala.HookNothing] + tally[centrala.HookUnread]; err != nil || sum != want {
					t.Errorf("the tally is %v, %v", tally, err)
				}
			}
		})
}
