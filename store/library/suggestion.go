package library

import (
	"context"
	"fmt"

	"centrala"
	"centrala/store"
	"centrala/store/column"
)

// MaxOffered is how many articles one suggestion may name.
const MaxOffered = 20

// steps are the kinds of a deflection, each with the event that tells of it; what is held back is
// told to nobody.
var steps = map[string]centrala.EventType{
	"offered": centrala.SuggestionOffered, "opened": centrala.SuggestionOpened,
	"solved": centrala.SuggestionSolved, "unsolved": centrala.SuggestionUnsolved, "held": "",
}

// Offer records one step of a suggestion's way: which articles were offered, opened, or solved the
// matter or not, and which would have been offered to somebody who is shown none (held). Event
// suggestion.offered, opened, solved or unsolved; within the conversation when one is named, which
// must exist then. Articles that are opened, or said something of, must exist too, else NotFound.
// The step is noted as of now, not of d.At.
//
// The first step of a known visitor begins their episode, which runs for a day. Within it the same
// step in the same place about the same article counts once, and what is said of an article is the
// last word.
func (l *Library) Offer(ctx context.Context, d centrala.Deflection) error {
	event, ok := steps[d.Kind]
	if !ok {
		return centrala.InvalidField("kind", "%.20q is none of offered, opened, solved, unsolved and held.", d.Kind)
	}
	if len(d.Articles) == 0 || len(d.Articles) > MaxOffered {
		return centrala.InvalidField("articles", "A suggestion names 1 to %d articles.", MaxOffered)
	}
	if err := checkStep(d.Place, d.Visitor, d.Locale, d.Side); err != nil {
		return err
	}
	var fresh []centrala.ArticleID
	err := l.db.Update(ctx, func(tx *store.Tx) error {
		if d.Kind != "offered" && d.Kind != "held" { // what the index offers may have been removed a moment ago
			if err := onShelf(tx, d.Articles); err != nil {
				return err
			}
		}
		episode, err := day(tx, d)
		if err != nil {
			return err
		}
		if fresh, err = noted(tx, episode, d); err != nil || len(fresh) == 0 {
			return err
		}
		if err := mark(tx, episode, d); err != nil {
			return err
		}
		facts := centrala.Facts{Kind: d.Kind, Articles: fresh, State: string(d.Place)}
		switch {
		case event == "":
			return nil
		case d.Conversation != 0:
			return tx.EmitIn(d.Conversation, event, bySystem(), facts)
		}
		return tx.Emit(event, bySystem(), facts)
	})
	if err == nil {
		l.tally.steps[d.Kind].Add(uint64(len(fresh)))
	}
	return err
}

// checkStep refuses what cannot stand in a row of a step or a question.
func checkStep(place centrala.Place, visitor, locale string, side centrala.Side) error {
	if len(place) > 20 || len(visitor) > 100 {
		return centrala.InvalidField("place", "A place has 20 bytes at most, and a visitor 100.")
	}
	if side != centrala.NoSide {
		if err := column.CheckSides(side); err != nil {
			return err
		}
	}
	return first(
		func() error { return column.CheckWords("place", string(place), visitor) },
		func() error { return column.CheckLocale(locale) },
	)
}

// noted keeps a row for each article of a step, and says of which ones it is news.
func noted(tx *store.Tx, episode int64, d centrala.Deflection) ([]centrala.ArticleID, error) {
	var fresh []centrala.ArticleID
	for _, a := range d.Articles {
		if episode != 0 {
			again, err := repeated(tx, episode, a, d)
			if err != nil {
				return nil, err
			}
			if again {
				continue
			}
			fresh = append(fresh, a)
			if turned, err := turn(tx, episode, a, d); err != nil || turned {
				if err != nil {
					return nil, err
				}
				continue
			}
		} else {
			fresh = append(fresh, a)
		}
		_, err := tx.Beside(`INSERT INTO suggestion (id, kind, place, article, conversation, visitor, locale, side, episode, at) VALUES ($1, $2, $3, $4, $5, '', $6, $7, $8, $9)`,
			tx.NewID(), d.Kind, d.Place, a, d.Conversation, d.Locale, d.Side, episode, column.Micros(tx.Now()))
		if err != nil {
			return nil, fmt.Errorf("record a suggestion: %w", err)
		}
	}
	return fresh, nil
}

// repeated reports whether an episode has had this step about this article.
func repeated(tx *store.Tx, episode int64, a centrala.ArticleID, d centrala.Deflection) (bool, error) {
	query, args := `SELECT count(*) FROM suggestion WHERE episode = $1 AND episode <> 0 AND article = $2 AND kind = $3`, []any{episode, a, d.Kind}
	if d.Kind != "solved" && d.Kind != "unsolved" {
		query, args = query+` AND place = $4`, append(args, d.Place)
	}
	var n int
	err := tx.BesideRow(query, args, &n)
	if err != nil {
		return false, fmt.Errorf("look for the same step: %w", err)
	}
	return n > 0, nil
}

// turn puts what somebody says of an article in the place of what they said before.
func turn(tx *store.Tx, episode int64, a centrala.ArticleID, d centrala.Deflection) (bool, error) {
	other := map[string]string{"solved": "unsolved", "unsolved": "solved"}[d.Kind]
	if other == "" {
		return false, nil
	}
	n, err := tx.Beside(`UPDATE suggestion SET kind = $4, place = $5, at = $6, conversation = $7 WHERE episode = $1 AND episode <> 0 AND article = $2 AND kind = $3`,
		episode, a, other, d.Kind, d.Place, column.Micros(tx.Now()), d.Conversation)
	if err != nil {
		return false, fmt.Errorf("change what was said of an article: %w", err)
	}
	return n > 0, nil
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
