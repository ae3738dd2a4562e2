package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"centrala/store/column"

	"centrala"
)

// Macros lists the canned replies by title.
func (db *DB) Macros(ctx context.Context) ([]centrala.Macro, error) {
	fields := func(m *centrala.Macro) []any { return []any{&m.ID, &m.Title, &m.Side, &m.Team, column.JSON(&m.Text)} }
	macros, err := column.All(ctx, db.ro, fields, `SELECT id, title, side, team, words FROM macro`)
	if err != nil {
		return nil, fmt.Errorf("read the macros: %w", err)
	}
	slices.SortStableFunc(macros, func(a, b centrala.Macro) int { return cmp.Compare(strings.ToLower(a.Title), strings.ToLower(b.Title)) })
	return macros, nil
}

// SaveMacro makes a canned reply (ID zero) or changes one as a whole.
func (db *DB) SaveMacro(ctx context.Context, m centrala.Macro) (centrala.Macro, error) {
	m.Title = strings.TrimSpace(m.Title)
	if err := checkMacro(m); err != nil {
		return centrala.Macro{}, err
	}
	out := m
	err := db.write(ctx, func(tx *Tx) error {
		out = m
		if out.ID == 0 {
			out.ID = centrala.MacroID(tx.NewID())
			_, err := tx.Exec(`INSERT INTO macro (id, title, side, team, words) VALUES ($1, $2, $3, $4, $5)`,
				out.ID, out.Title, out.Side, out.Team, column.JSON(&out.Text))
			return wrap(err, "save the macro")
		}
		n, err := tx.Exec(`UPDATE macro SET title = $2, side = $3, team = $4, words = $5 WHERE id = $1`,
			out.ID, out.Title, out.Side, out.Team, column.JSON(&out.Text))
		if err == nil && n == 0 {
			err = errNone
		}
		return column.Missing(err, "macro", out.ID.String())
	})
	return out, err
}

func checkMacro(m centrala.Macro) error {
	if m.Side != centrala.NoSide {
		if err := column.CheckSides(m.Side); err != nil {
			return err
		}
	}
	said := false
	for _, text := range m.Text {
		said = said || strings.TrimSpace(text) != ""
		if err := centrala.CheckText("text", text); err != nil {
			return err
		}
	}
	if !said {
		return centrala.InvalidField("text", "The text is empty.")
	}
	return column.CheckName("title", m.Title, 100)
}

// RemoveMacro removes a canned reply; NotFound when there is none.
func (db *DB) RemoveMacro(ctx context.Context, id centrala.MacroID) error {
	return db.write(ctx, func(tx *Tx) error {
		n, err := tx.Exec(`DELETE FROM macro WHERE id = $1`, id)
		if err == nil && n == 0 {
			err = errNone
		}
		return column.Missing(err, "macro", id.String())
	})
}
