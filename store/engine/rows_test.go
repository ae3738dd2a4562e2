package engine

import (
	"slices"
	"testing"
)

func TestRows(t *testing.T) {
	t.Parallel()
	two := NewRows("INSERT INTO t (a, b) VALUES ", 2, "")
	one := NewRows("DELETE FROM t WHERE a IN (", 1, ")")
	for n := range 200 {
		var args []any
		for i := range n {
			args = append(args, 2*i, 2*i+1)
		}
		var sent []any
		for _, s := range two.Statements(args) {
			sent = append(sent, s.Args...)
		}
		if !slices.Equal(sent, args) {
			t.Fatalf("%d rows: %v", n, sent)
		}
	}
	var texts []string
	for _, s := range two.Statements(make([]any, 2*3)) {
		texts = append(texts, s.Query)
	}
	if want := []string{"INSERT INTO t (a, b) VALUES ($1,$2),($3,$4)", "INSERT INTO t (a, b) VALUES ($1,$2)"}; !slices.Equal(texts, want) {
		t.Errorf("three rows: %q", texts)
	}
	if list := one.Statements(make([]any, 3*mostRows)); len(list) != 3 || len(list[0].Args) != mostRows {
		t.Errorf("%d statements", len(list))
	}
	s := one.One([]any{7, 8, 9})
	if s.Query != "DELETE FROM t WHERE a IN ($1,$2,$3,$4)" || !slices.Equal(s.Args, []any{7, 8, 9, 9}) {
		t.Errorf("%+v", s)
	}
	if s := two.One(make([]any, 2*mostRows)); len(s.Args) != 2*mostRows {
		t.Errorf("%d arguments for the most rows", len(s.Args))
	}
}

func TestNameless(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		"COMMIT":                                  "COMMIT",
		"SELECT a FROM t WHERE b = $1":            "SELECT a FROM t WHERE b = ?",
		"UPDATE t SET a = $1, b = $2 || 'x'":      "UPDATE t SET a = ?, b = ? || 'x'",
		"SELECT $1, $2, $1":                       "SELECT $1, $2, $1",
		"SELECT $2, $1":                           "SELECT $2, $1",
		"VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)": "VALUES (?,?,?,?,?,?,?,?,?,?)",
		"SELECT $1 WHERE a = $10":                 "SELECT $1 WHERE a = $10",
		"SELECT '$' || $1":                        "SELECT '$' || $1",
	} {
		if got := nameless(query); got != want {
			t.Errorf("%q became %q, want %q", query, got, want)
		}
	}
}
