package store

import (
	"context"
	"fmt"

	"centrala"
)

// MaxOffered is how many articles one suggestion may name.
const MaxOffered = 20

// Offer records one step of a suggestion's way: which articles were offered, opened, or
// solved the matter. Event suggestion.offered, opened or solved; within the conversation when
// one is named, which must exist then. Articles that are opened or solve something must
// exist too, else NotFound. The step is noted as of now, not of d.At.
func (db *DB) Offer(ctx context.Context, d centrala.Deflection) error {
	kinds := map[string]centrala.EventType{
		"offered": centrala.SuggestionOffered, "opened": centrala.SuggestionOpened, "solved": centrala.SuggestionSolved,
	}
	event, ok := kinds[d.Kind]
	if !ok {
		return centrala.InvalidField("kind", "%.20q is none of offered, opened and solved.", d.Kind)
	}
	if len(d.Articles) == 0 || len(d.Articles) > MaxOffered {
		return centrala.InvalidField("articles", "A suggestion names 1 to %d articles.", MaxOffered)
	}
	if err := checkWords("place", d.Place, d.Visitor); err != nil {
		return err
	}
	return db.write(ctx, func(tx *Tx) error {
		if d.Kind != "offered" { // what the index offers may have been removed a moment ago
			if err := tx.onShelf(d.Articles); err != nil {
				return err
			}
		}
		facts := centrala.Facts{Kind: d.Kind, Articles: d.Articles, State: d.Place}
		if d.Conversation != 0 {
			if err := tx.emitIn(d.Conversation, event, system(), facts); err != nil {
				return err
			}
		} else if err := tx.emit(event, system(), facts); err != nil {
			return err
		}
		for _, a := range d.Articles {
			_, err := tx.exec(`INSERT INTO suggestion (id, kind, place, article, conversation, visitor, at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
				tx.id(), d.Kind, d.Place, a, d.Conversation, d.Visitor, micros(tx.now))
			if err != nil {
				return fmt.Errorf("record a suggestion: %w", err)
			}
		}
		return nil
	})
}

// onShelf refuses articles that do not exist.
func (tx *Tx) onShelf(articles []centrala.ArticleID) error {
	for _, a := range articles {
		var n int
		if err := tx.row(`SELECT count(*) FROM article WHERE id = $1`, []any{a}, &n); err != nil {
			return fmt.Errorf("look for an article: %w", err)
		}
		if n == 0 {
			return &centrala.Error{Code: centrala.NotFound, Field: "article", Message: fmt.Sprintf("There is no article %s.", a)}
		}
	}
	return nil
}
