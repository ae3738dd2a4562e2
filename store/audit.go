package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"centrala/store/column"

	"centrala"
)

// Audit appends one line to the audit log, at the present moment. Lines are never changed.
func (db *DB) Audit(ctx context.Context, e centrala.AuditEntry) error {
	return db.write(ctx, func(tx *Tx) error { return tx.audit(e) })
}

// audit writes the line in the transaction that does what it tells of.
func (tx *Tx) audit(e centrala.AuditEntry) error {
	for _, s := range []*string{&e.Action, &e.Subject, &e.Detail, &e.Address} {
		*s = strings.ReplaceAll(strings.ToValidUTF8(*s, "\ufffd"), "\x00", "\ufffd") // a line is never refused
	}
	_, err := tx.Exec(`INSERT INTO audit (id, at, author, action, subject, detail, address) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		tx.NewID(), column.Micros(tx.now), column.JSON(&e.By), e.Action, e.Subject, e.Detail, e.Address)
	return wrap(err, "write the audit log")
}

// AuditLog reads the audit log, the latest line first, at most limit lines (0: 50, at most
// 200). next is the cursor of the following page, "" at the end.
func (db *DB) AuditLog(ctx context.Context, cursor string, limit int) (entries []centrala.AuditEntry, next string, err error) {
	before := int64(1<<63 - 1)
	if cursor != "" {
		if before, err = strconv.ParseInt(cursor, 36, 64); err != nil {
			return nil, "", centrala.InvalidField("cursor", "%.40q is not a cursor of this list.", cursor)
		}
	}
	if limit <= 0 {
		limit = 50
	}
	limit = min(limit, 200)
	fields := func(e *centrala.AuditEntry) []any {
		return []any{&e.ID, column.Instant(&e.At), column.JSON(&e.By), &e.Action, &e.Subject, &e.Detail, &e.Address}
	}
	entries, err = column.All(ctx, db.ro, fields, `SELECT id, at, author, action, subject, detail, address FROM audit
		WHERE id < $1 ORDER BY id DESC LIMIT $2`, before, limit+1)
	if err != nil {
		return nil, "", fmt.Errorf("read the audit log: %w", err)
	}
	if len(entries) > limit {
		entries = entries[:limit]
		next = strconv.FormatInt(entries[limit-1].ID, 36)
	}
	return entries, next, nil
}
