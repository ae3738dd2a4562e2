package store

import (
	"path/filepath"
	"strings"
	"testing"
)

// Who is on the line is read with every round of routing, so it must not walk through all
// conversations there are.
func TestLinesAreReadByTheirIndex(t *testing.T) {
	t.Parallel()
	db, err := Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "c.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	rows, err := db.ro.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+db.linesQuery(), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var plan strings.Builder
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		plan.WriteString(detail + "\n")
	}
	if err := rows.Err(); err != nil || !strings.Contains(plan.String(), "conversation_assignee") || strings.Contains(plan.String(), "SCAN conversation") {
		t.Errorf("%v, the plan is\n%s", err, &plan)
	}
}
