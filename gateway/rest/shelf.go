package rest

import (
	"context"

	"centrala"
	"centrala/auth"
)

// Shelves are the names of the places where articles stand.
type Shelves interface {
	Shelves(ctx context.Context) ([]centrala.Shelf, error)
	SaveShelf(ctx context.Context, s centrala.Shelf) error
	RemoveShelf(ctx context.Context, kind centrala.ShelfKind, key string) error
}

func (s *server) shelfRoutes() {
	add(s, get("/v1/shelves", "What the Help Centre's sections and categories are called, and their order", auth.ReadArticles), s.listShelves)
	add(s, put("/v1/shelves/{kind}/{key}", "Name a section or a category, and say where it stands", auth.WriteArticles), s.putShelf)
	add(s, remove("/v1/shelves/{kind}/{key}", "Forget what a section or a category is called; what stands there stays", auth.WriteArticles), s.deleteShelf)
}

// ShelfRow is a section or a category.
type ShelfRow struct {
	Kind     centrala.ShelfKind `json:"kind" enum:"section,category"`
	Key      string             `json:"key" doc:"Of a section: what its articles name; of a category: what its sections name."`
	Parent   string             `json:"parent" doc:"Of a section: its category."`
	Names    map[string]string  `json:"names" doc:"By locale."`
	Sides    []centrala.Side    `json:"sides" doc:"Of a category: whose home it stands on; none: everybody's."`
	Position int                `json:"position" doc:"Among its like, the lowest first."`
}

func shelfRow(s centrala.Shelf) ShelfRow {
	r := ShelfRow{s.Kind, s.Key, s.Parent, s.Names, s.Sides, s.Position}
	if r.Names == nil {
		r.Names = map[string]string{}
	}
	if r.Sides == nil {
		r.Sides = []centrala.Side{}
	}
	return r
}

func (s *server) listShelves(ctx context.Context, _ caller, _ *nothing) (*answer[List[ShelfRow]], error) {
	all, err := s.Shelves.Shelves(ctx)
	if err != nil {
		return nil, err
	}
	rows := make([]ShelfRow, len(all))
	for i, v := range all {
		rows[i] = shelfRow(v)
	}
	return page(rows, ""), nil
}

type shelfPath struct {
	Kind centrala.ShelfKind `path:"kind" enum:"section,category"`
	Key  string             `path:"key" maxLength:"100"`
}

type shelfInput struct {
	Kind centrala.ShelfKind `path:"kind" enum:"section,category"`
	Key  string             `path:"key" maxLength:"100"`
	Body struct {
		Parent   string            `json:"parent,omitempty" maxLength:"100"`
		Names    map[string]string `json:"names,omitempty" maxProperties:"20"`
		Sides    []centrala.Side   `json:"sides,omitempty" maxItems:"3"`
		Position int               `json:"position,omitempty" minimum:"0" maximum:"100000"`
	}
}

func (s *server) putShelf(ctx context.Context, c caller, in *shelfInput) (*answer[ShelfRow], error) {
	b := in.Body
	shelf := centrala.Shelf{Kind: in.Kind, Key: in.Key, Parent: b.Parent, Names: b.Names, Sides: b.Sides, Position: b.Position}
	if err := s.Shelves.SaveShelf(ctx, shelf); err != nil {
		return nil, err
	}
	return ok(shelfRow(shelf)), s.audited(ctx, c, "shelf.saved", string(in.Kind), in.Key)
}

func (s *server) deleteShelf(ctx context.Context, c caller, in *shelfPath) (*nothing, error) {
	if err := s.Shelves.RemoveShelf(ctx, in.Kind, in.Key); err != nil {
		return nil, err
	}
	return nil, s.audited(ctx, c, "shelf.removed", string(in.Kind), in.Key)
}
