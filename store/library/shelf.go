package library

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"

	"centrala"
	"centrala/store"
	"centrala/store/column"
)

const shelfColumns = `SELECT kind, key, parent, names, sides, position FROM shelf`

func shelfFields(s *centrala.Shelf) []any {
	return []any{&s.Kind, &s.Key, &s.Parent, column.JSON(&s.Names), column.List(&s.Sides), &s.Position}
}

// Shelves lists the names of sections and categories, by kind, position and key.
func (l *Library) Shelves(ctx context.Context) ([]centrala.Shelf, error) {
	all, err := column.All(ctx, l.db.Reads(), shelfFields, shelfColumns+` ORDER BY kind, position, key`)
	if err != nil {
		return nil, fmt.Errorf("read the shelves: %w", err)
	}
	return all, nil
}

// checkShelf refuses what is no place: a category stands in none, and a section is for the sides of
// its category.
func checkShelf(s centrala.Shelf) error {
	if s.Kind != centrala.SectionShelf && s.Kind != centrala.CategoryShelf {
		return centrala.InvalidField("kind", "%.20q is neither section nor category.", s.Kind)
	}
	if s.Kind == centrala.CategoryShelf && s.Parent != "" {
		return centrala.InvalidField("parent", "A category stands in no other.")
	}
	if s.Kind == centrala.SectionShelf && len(s.Sides) > 0 {
		return centrala.InvalidField("sides", "A section is for the sides of its category, and has none of its own.")
	}
	err := first(
		func() error { return column.CheckName("key", s.Key, 100) },
		func() error { return column.CheckName("parent", cmp.Or(s.Parent, "none"), 100) },
		func() error { return column.CheckSides(s.Sides...) },
	)
	if err != nil {
		return err
	}
	for locale, name := range s.Names {
		if locale == "" {
			return centrala.InvalidField("names", "A name has no locale.")
		}
		if err := first(func() error { return column.CheckLocale(locale) }, func() error { return column.CheckName("names", name, 100) }); err != nil {
			return err
		}
	}
	return nil
}

// SaveShelf names a section or a category, in place of how it was named.
func (l *Library) SaveShelf(ctx context.Context, s centrala.Shelf) error {
	if err := checkShelf(s); err != nil {
		return err
	}
	if s.Names == nil {
		s.Names = map[string]string{}
	}
	return l.db.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`INSERT INTO shelf (kind, key, parent, names, sides, position) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (kind, key) DO UPDATE SET parent = excluded.parent, names = excluded.names, sides = excluded.sides, position = excluded.position`,
			s.Kind, s.Key, s.Parent, column.JSON(s.Names), column.JSON(column.Some(s.Sides)), s.Position)
		if err != nil {
			return fmt.Errorf("save the shelf: %w", err)
		}
		return nil
	})
}

// RemoveShelf forgets the name of a section or a category, not what stands there; NotFound when it
// has none.
func (l *Library) RemoveShelf(ctx context.Context, kind centrala.ShelfKind, key string) error {
	if !column.Storable(key) {
		return column.Missing(sql.ErrNoRows, "shelf", "of this key")
	}
	return l.db.Update(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(`DELETE FROM shelf WHERE kind = $1 AND key = $2`, kind, key)
		if err == nil && n == 0 {
			err = sql.ErrNoRows
		}
		return column.Missing(err, "shelf", key)
	})
}
