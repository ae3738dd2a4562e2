package library

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"centrala"
	"centrala/deflection"
	"centrala/store"
	"centrala/store/column"
)

// MaxQuestion is how much of a question is kept, in bytes.
const MaxQuestion = 500

// Asked records what somebody looked for, once they were done typing; the caller has taken out
// what is personal. Whoever asks the same again within a day, here or elsewhere, has asked once,
// and what they found last counts. It is noted as of now, not of q.At.
func (l *Library) Asked(ctx context.Context, q centrala.Question) (centrala.QuestionID, error) {
	q.Text = centrala.Clip(strings.Join(strings.Fields(q.Text), " "), MaxQuestion)
	if q.Text == "" {
		return 0, centrala.InvalidField("text", "Nothing was asked.")
	}
	err := first(
		func() error { return column.CheckWords("text", q.Text) },
		func() error { return checkStep(q.Place, q.Visitor, q.Locale, q.Side) },
	)
	if err != nil {
		return 0, err
	}
	stems := deflection.Stems(q.Locale, q.Text)
	var id centrala.QuestionID
	err = l.db.Update(ctx, func(tx *store.Tx) error {
		if err := askedBefore(tx, q, stems, &id); err != nil {
			return err
		}
		if id != 0 {
			_, err := tx.Beside(`UPDATE question SET found = $2, nearest = $3, score = $4, opened = CASE WHEN $5 = 1 THEN 1 ELSE opened END,
				conversation = CASE WHEN conversation = 0 THEN $6 ELSE conversation END WHERE id = $1`, id, q.Found, q.Nearest, q.Score, column.Flag(q.Opened), q.Conversation)
			return err
		}
		id = centrala.QuestionID(tx.NewID())
		_, err := tx.Beside(`INSERT INTO question (id, text, stems, locale, side, place, visitor, found, nearest, score, opened, conversation, at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
			id, q.Text, stems, q.Locale, q.Side, q.Place, q.Visitor, q.Found, q.Nearest, q.Score, column.Flag(q.Opened), q.Conversation, column.Micros(tx.Now()))
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("record a question: %w", err)
	}
	if q.Found > 0 {
		l.tally.answered.Add(1)
	} else {
		l.tally.unanswered.Add(1)
	}
	return id, nil
}

// askedBefore finds the same question of the same visitor within the last day; id stays 0 when
// there is none.
func askedBefore(tx *store.Tx, q centrala.Question, stems string, id *centrala.QuestionID) error {
	*id = 0
	if q.Visitor == "" {
		return nil
	}
	if err := tx.Alone("day of " + q.Visitor); err != nil {
		return err
	}
	err := tx.BesideRow(`SELECT id FROM question WHERE visitor = $1 AND visitor <> '' AND at > $2 AND stems = $3 AND locale = $4 ORDER BY at DESC, id DESC LIMIT 1`,
		[]any{q.Visitor, column.Micros(tx.Now().Add(-deflection.Day)), stems, q.Locale}, id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	return err
}
