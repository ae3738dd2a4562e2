package store

import (
	"context"
	"strings"

	"centrala/store/engine"

	"centrala"
)

// Fill runs a statement beside the writer, to make a past that is long enough to measure.
func (db *DB) Fill(ctx context.Context, statement string) error {
	return db.write(ctx, func(tx *Tx) error {
		_, err := tx.Exec(statement)
		return err
	})
}

// BookPlan is how the engine carries out a page of the book.
func (db *DB) BookPlan(ctx context.Context, f centrala.EntryFilter) (string, error) {
	query, args, err := db.bookQuery(centrala.Everything(), f)
	if err != nil {
		return "", err
	}
	return db.plan(ctx, query, args)
}

// HookPlan is how the engine carries out a page of the book of hooks.
func (db *DB) HookPlan(ctx context.Context, f centrala.HookFilter) (string, error) {
	query, args, err := db.hookQuery(centrala.Everything(), f)
	if err != nil {
		return "", err
	}
	return db.plan(ctx, query, args)
}

func (db *DB) plan(ctx context.Context, query string, args []any) (string, error) {
	how, columns := "EXPLAIN QUERY PLAN ", 4
	if db.dialect == engine.Postgres {
		how, columns = "EXPLAIN ", 1
	}
	rows, err := db.ro.QueryContext(ctx, how+query, args...)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	var plan []string
	for rows.Next() {
		cells := make([]any, columns)
		var line string
		for i := range cells {
			cells[i] = new(any)
		}
		cells[columns-1] = &line
		if err := rows.Scan(cells...); err != nil {
			return "", err
		}
		plan = append(plan, line)
	}
	return strings.Join(plan, "\n"), rows.Err()
}
