package fill

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"centrala/store"
)

// row puts one in, with nothing in the columns that are not named.
func row(t *testing.T, db *sql.DB, table string, named map[string]any) {
	t.Helper()
	rows, err := db.Query("SELECT name, type FROM pragma_table_info($1)", table)
	if err != nil {
		t.Fatal(err)
	}
	var columns, marks []string
	var values []any
	for rows.Next() {
		var name, kind string
		if err := rows.Scan(&name, &kind); err != nil {
			t.Fatal(err)
		}
		v, ok := named[name]
		switch {
		case !ok && name == "subject" && table == "contact": // NULL, as it is unique
		case !ok && strings.EqualFold(kind, "text"):
			v = ""
		case !ok:
			v = 0
		}
		columns, marks, values = append(columns, name), append(marks, "?"), append(values, v)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("INSERT INTO "+table+" ("+strings.Join(columns, ",")+") VALUES ("+strings.Join(marks, ",")+")", values...); err != nil {
		t.Fatal(err)
	}
}

// number is the answer to a query.
func number(t *testing.T, db *sql.DB, query string) (n int64) {
	t.Helper()
	if err := db.QueryRow(query).Scan(&n); err != nil {
		t.Fatal(query, err)
	}
	return n
}

func TestCopy(t *testing.T) {
	t.Parallel()
	database := "sqlite:" + filepath.Join(t.TempDir(), "c.db")
	house, err := store.Open(t.Context(), database, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := house.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file:"+strings.TrimPrefix(database, "sqlite:"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := Copy(t.Context(), database, 5, nil); err == nil {
		t.Error("nothing is copied")
	}
	const id = int64(1) << 60
	now := time.Now().UnixMicro()
	row(t, db, "contact", map[string]any{"id": id, "created_at": now})
	row(t, db, "conversation", map[string]any{"id": id, "contact": id, "number": 7, "status": "resolved", "channel": "chat", "opened_at": now, "tags": "[]"})
	for n, text := range []string{"Dzień dobry", "", "Słucham"} {
		row(t, db, "event", map[string]any{"id": id + int64(n), "conversation": id, "n": n + 1, "seq": n + 1, "at": now, "text": text, "key": nil})
	}
	row(t, db, "event", map[string]any{"id": id + 9, "conversation": id, "n": 4, "seq": 4, "at": now, "text": "x", "key": "k", "sender": "ct_1"})
	for _, want := range []int{4, 8} { // a second past beside the first
		made, err := Copy(t.Context(), database, 10, nil)
		if err != nil || made != 12 {
			t.Fatalf("%d messages of 10 were made, 3 a copy: %v", made, err)
		}
		if got := number(t, db, "SELECT count(*) FROM conversation WHERE status = 'resolved' AND id <> 1152921504606846976"); got != int64(want) {
			t.Errorf("%d conversations, want %d", got, want)
		}
	}
	for query, want := range map[string]int64{
		"SELECT count(*) FROM event":                            4 + 8*4,
		"SELECT count(DISTINCT number) FROM conversation":       9,
		"SELECT count(*) FROM contact":                          9,
		"SELECT count(*) FROM event WHERE text = 'Dzień dobry'": 9,
		"SELECT count(DISTINCT key) FROM event":                 9,
		"SELECT count(*) FROM event e JOIN conversation c ON c.id = e.conversation JOIN contact p ON p.id = c.contact": 4 + 8*4,
		"SELECT count(DISTINCT opened_at) FROM conversation":                                                           9,
	} {
		if got := number(t, db, query); got != want {
			t.Errorf("%s gives %d, want %d", query, got, want)
		}
	}
}
