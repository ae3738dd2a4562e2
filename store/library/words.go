package library

import (
	"context"
	"fmt"
	"strings"

	"centrala"
	"centrala/store"
	"centrala/store/column"
)

// The most that a word list holds: what is more than people keep by hand.
const (
	maxSynonyms = 1000
	maxStop     = 2000
	maxSet      = 50 // words or phrases that mean the same
	maxWord     = 80 // characters
)

// WordLists reads what searchers know of each language.
func (l *Library) WordLists(ctx context.Context) ([]centrala.WordList, error) {
	all, err := column.All(ctx, l.db.Reads(), func(w *centrala.WordList) []any {
		return []any{&w.Locale, column.JSON(&w.Synonyms), column.JSON(&w.Stop)}
	},
		`SELECT locale, synonyms, stop FROM word_list ORDER BY locale`)
	if err != nil {
		return nil, fmt.Errorf("read the word lists: %w", err)
	}
	return all, nil
}

// SaveWordList keeps the word list of a language, in place of what it was. Event article.words.
func (l *Library) SaveWordList(ctx context.Context, w centrala.WordList) error {
	if err := checkList(w); err != nil {
		return err
	}
	return l.db.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`INSERT INTO word_list (locale, synonyms, stop, at) VALUES ($1, $2, $3, $4)
			ON CONFLICT (locale) DO UPDATE SET synonyms = excluded.synonyms, stop = excluded.stop, at = excluded.at`,
			w.Locale, column.JSON(column.Some(w.Synonyms)), column.JSON(column.Some(w.Stop)), column.Micros(tx.Now()))
		if err != nil {
			return fmt.Errorf("save the word list: %w", err)
		}
		return tx.Emit(centrala.ArticleWords, bySystem(), centrala.Facts{Kind: "words", State: w.Locale})
	})
}

func checkList(w centrala.WordList) error {
	if w.Locale == "" {
		return centrala.InvalidField("locale", "The word list has no locale.")
	}
	if err := column.CheckLocale(w.Locale); err != nil {
		return err
	}
	if len(w.Synonyms) > maxSynonyms || len(w.Stop) > maxStop {
		return centrala.InvalidField("words", "A word list holds %d sets of synonyms and %d stop words at most.", maxSynonyms, maxStop)
	}
	for _, set := range w.Synonyms {
		if len(set) < 2 || len(set) > maxSet {
			return centrala.InvalidField("synonyms", "A set of synonyms has 2 to %d words, not %d: %.80q.", maxSet, len(set), strings.Join(set[:min(len(set), 5)], " "))
		}
		for _, word := range set {
			if err := column.CheckName("synonyms", word, maxWord); err != nil {
				return err
			}
		}
	}
	for _, word := range w.Stop {
		if err := column.CheckName("stop", word, maxWord); err != nil {
			return err
		}
		if strings.ContainsAny(strings.TrimSpace(word), " \t\n") {
			return centrala.InvalidField("stop", "A stop word is one word, not %.80q.", word)
		}
	}
	return nil
}
