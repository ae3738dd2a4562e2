package storetest

import (
	"fmt"
	"testing"

	"centrala"
)

func auditCases() []testCase {
	return []testCase{{"audit/is read page by page, the latest first", audit}}
}

func audit(t *testing.T, h *house) {
	ctx := t.Context()
	before := h.clock.now().Add(-1)
	by := centrala.Author{Kind: centrala.ByAgent, ID: h.ania.ID.String(), Name: "Ania"}
	for i := range 7 {
		need(t, h.Audit(ctx, centrala.AuditEntry{By: by, Action: "test.done", Subject: fmt.Sprint(i), Detail: "a\x00b\xff", Address: "10.0.0.0/24"}))
	}
	var subjects []string
	cursor, pages := "", 0
	for {
		page, next, err := h.AuditLog(ctx, cursor, 3)
		need(t, err)
		for _, e := range page {
			if e.Action != "test.done" {
				continue
			}
			if e.By != by || e.Detail != "a\ufffdb\ufffd" || e.Address != "10.0.0.0/24" || e.At.Before(before.Truncate(1000)) {
				t.Fatalf("got %+v", e)
			}
			subjects = append(subjects, e.Subject)
		}
		if pages++; next == "" || pages > 10 {
			break
		}
		cursor = next
	}
	same(t, "lines", subjects, []string{"6", "5", "4", "3", "2", "1", "0"})
	_, _, err := h.AuditLog(ctx, "###", 3)
	refused(t, err, centrala.Invalid, "cursor")
}
