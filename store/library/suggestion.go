package library

import (
	"context"
	"fmt"

	"centrala/store/column"

	"centrala"
	"centrala/store"
)

// MaxOffered is how many articles one suggestion may name.
const MaxOffered = 20

// Offer records one step of a suggestion's way: which articles were offered, opened, or
// solved the matter. Event suggestion.offered, opened or solved; within the conversation when
// one is named, which must exist then. Articles that are opened or solve something must
// exist too, else NotFound. The step is noted as of now, not of d.At.
func (l *Library) Offer(ctx context.Context, d centrala.Deflection) error {
	kinds := map[string]centrala.EventType{
		"offered": centrala.SuggestionOffered, "opened": centrala.SuggestionOpened, "solved": centrala.SuggestionSolved,
		"unsolved": "", "held": "", // counted, and news to nobody
	}
	event, ok := kinds[d.Kind]
	if !ok {
		return centrala.InvalidField("kind", "%.20q is none of offered, opened, solved, unsolved and held.", d.Kind)
	}
	if len(d.Articles) == 0 || len(d.Articles) > MaxOffered {
		return centrala.InvalidField("articles", "A suggestion names 1 to %d articles.", MaxOffered)
	}
	if err := column.CheckWords("place", string(d.Place), d.Visitor); err != nil {
		return err
	}
	return l.db.Update(ctx, func(tx *store.Tx) error {
		if d.Kind != "offered" && d.Kind != "held" { // what the index offers may have been removed a moment ago
			if err := onShelf(tx, d.Articles); err != nil {
				return err
			}
		}
		facts := centrala.Facts{Kind: d.Kind, Articles: d.Articles, State: string(d.Place)}
		switch {
		case event == "":
		case d.Conversation != 0:
			if err := tx.EmitIn(d.Conversation, event, bySystem(), facts); err != nil {
				return err
			}
		default:
			if err := tx.Emit(event, bySystem(), facts); err != nil {
				return err
			}
		}
		for _, a := range d.Articles {
			_, err := tx.Exec(`INSERT INTO suggestion (id, kind, place, article, conversation, visitor, locale, side, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
				tx.NewID(), d.Kind, d.Place, a, d.Conversation, d.Visitor, d.Locale, d.Side, column.Micros(tx.Now()))
			if err != nil {
				return fmt.Errorf("record a suggestion: %w", err)
			}
		}
		return nil
	})
}

// onShelf refuses articles that do not exist.
func onShelf(tx *store.Tx, articles []centrala.ArticleID) error {
	for _, a := range articles {
		var n int
		if err := tx.Row(`SELECT count(*) FROM article WHERE id = $1`, []any{a}, &n); err != nil {
			return fmt.Errorf("look for an article: %w", err)
		}
		if n == 0 {
			return &centrala.Error{Code: centrala.NotFound, Field: "article", Message: fmt.Sprintf("There is no article %s.", a)}
		}
	}
	return nil
}
