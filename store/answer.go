package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"centrala/store/column"

	"centrala"
)

// How soon somebody who was not content is promised a first contact.
const (
	recoverSoon = 4 * time.Hour  // scores 0 to 3
	recoverNext = 24 * time.Hour // scores 4 to 6
)

// AnswerSurvey records a score from 0 to 10 and, when not empty, a comment. contact must be
// the one who was asked; zero means that a token proved it. A later answer replaces the first
// one for centrala.AnswerWindow; after that, and for a question that was taken back or is too
// old, it is Closed. All answers are kept; the same answer again changes nothing.
//
// In the same transaction: event survey.answered, and for a score up to 6 one follow-up for
// the survey, event follow_up.opened. It is returned by the answer that opened it; a worse
// answer makes it due sooner, a better one leaves it open and shows in it.
func (db *DB) AnswerSurvey(ctx context.Context, id centrala.SurveyID, contact centrala.ContactID, score int, comment string) (centrala.Survey, *centrala.FollowUp, error) {
	if score < 0 || score > 10 {
		return centrala.Survey{}, nil, centrala.InvalidField("score", "The score is a whole number from 0 to 10.")
	}
	return db.answer(ctx, id, contact, &score, comment)
}

// CommentSurvey puts words to the answer that a survey has, as long as that may be replaced;
// without an answer it is a Conflict. Otherwise as AnswerSurvey.
func (db *DB) CommentSurvey(ctx context.Context, id centrala.SurveyID, contact centrala.ContactID, comment string) (centrala.Survey, error) {
	s, _, err := db.answer(ctx, id, contact, nil, comment)
	return s, err
}

// asked is errNone unless it was the contact who was asked about a conversation.
func (tx *Tx) asked(id centrala.ConversationID, contact centrala.ContactID) error {
	c, err := tx.byID(id)
	if err == nil && c.Visitor() != contact {
		err = errNone
	}
	return err
}

func (db *DB) answer(ctx context.Context, id centrala.SurveyID, contact centrala.ContactID, score *int, comment string) (centrala.Survey, *centrala.FollowUp, error) {
	comment = strings.TrimSpace(comment)
	if err := centrala.CheckText("comment", comment); err != nil {
		return centrala.Survey{}, nil, err
	}
	var (
		s      surveyRow
		opened *centrala.FollowUp
	)
	err := db.write(ctx, func(tx *Tx) error {
		s, opened = surveyRow{}, nil
		err := tx.Row(surveyColumns+` WHERE s.id = $1`+tx.w.db.dialect.ForUpdate("s"), []any{id}, s.fields()...)
		if err == nil && contact != 0 {
			err = tx.asked(s.Conversation, contact)
		}
		if err != nil {
			return column.Missing(err, "survey", id.String())
		}
		changed, err := s.answered(score, comment, tx.now)
		if err != nil || !changed {
			return err
		}
		if err := tx.saveAnswer(s); err != nil {
			return err
		}
		opened, err = tx.openFollowUp(s.Survey)
		return err
	})
	if err != nil {
		return centrala.Survey{}, nil, err
	}
	return s.Survey, opened, nil
}

// answered changes s to what it is with a score, or the one it has, and a comment at now, and
// reports whether that is anything new.
func (s *surveyRow) answered(score *int, comment string, now time.Time) (changed bool, err error) {
	switch {
	case s.Cancelled:
		return false, centrala.Errorf(centrala.Closed, "This question was taken back.")
	case s.Score != nil && now.Sub(s.firstAnswered) >= centrala.AnswerWindow:
		return false, centrala.Errorf(centrala.Closed, "The answer can no longer be changed.")
	case s.Score == nil && !now.Before(s.ExpiresAt):
		return false, centrala.Errorf(centrala.Closed, "This question is too old to be answered.")
	case s.Score == nil && score == nil:
		return false, centrala.Errorf(centrala.Conflict, "A comment comes after the score.")
	}
	if score == nil {
		score = s.Score
	}
	if comment == "" {
		comment = s.Comment
	}
	if s.Score != nil && *s.Score == *score && s.Comment == comment {
		return false, nil
	}
	if s.Score == nil {
		s.firstAnswered = column.Time(column.Micros(now))
	}
	s.Score, s.Comment, s.AnsweredAt = score, comment, column.Time(column.Micros(now))
	return true, nil
}

// saveAnswer writes the present answer over the one before, and beside all there were.
func (tx *Tx) saveAnswer(s surveyRow) error {
	_, err := tx.Exec(`UPDATE survey SET score = $2, comment = $3, answered_at = $4, first_answered_at = $5 WHERE id = $1`,
		s.ID, *s.Score, s.Comment, column.Micros(s.AnsweredAt), column.Micros(s.firstAnswered))
	if err != nil {
		return fmt.Errorf("answer the survey: %w", err)
	}
	_, err = tx.Exec(`INSERT INTO survey_answer (id, survey, score, comment, at) VALUES ($1, $2, $3, $4, $5)`,
		tx.NewID(), s.ID, *s.Score, s.Comment, column.Micros(tx.now))
	if err != nil {
		return fmt.Errorf("keep the answer: %w", err)
	}
	by := centrala.Author{Kind: centrala.ByCustomer, ID: s.Contact.String()}
	return tx.EmitIn(s.Conversation, centrala.SurveyAnswered, by,
		centrala.Facts{Kind: "answered", Survey: s.ID, Score: s.Score, Agent: s.Agent, Team: s.Team})
}

// openFollowUp opens the follow-up of somebody who was not content, or hurries the one there is.
func (tx *Tx) openFollowUp(s centrala.Survey) (*centrala.FollowUp, error) {
	if centrala.BandOf(*s.Score) != centrala.Detractor {
		return nil, nil
	}
	due := tx.now.Add(recoverNext)
	if *s.Score <= 3 {
		due = tx.now.Add(recoverSoon)
	}
	id := centrala.FollowUpID(tx.NewID())
	n, err := tx.Exec(`INSERT INTO follow_up (id, survey, conversation, side, team, state, due_at, opened_at)
		VALUES ($1, $2, $3, $4, $5, 'new', $6, $7) ON CONFLICT (survey) DO NOTHING`,
		id, s.ID, s.Conversation, s.Side, s.Team, column.Micros(due), column.Micros(tx.now))
	if err != nil {
		return nil, fmt.Errorf("open the follow-up: %w", err)
	}
	if n == 0 {
		_, err := tx.Exec(`UPDATE follow_up SET due_at = $2 WHERE survey = $1 AND state = 'new' AND due_at > $2`, s.ID, column.Micros(due))
		return nil, wrap(err, "hurry the follow-up")
	}
	err = tx.EmitIn(s.Conversation, centrala.FollowUpOpened, system(),
		centrala.Facts{Kind: "opened", FollowUp: id, Survey: s.ID, Score: s.Score, Agent: s.Agent, Team: s.Team, Side: s.Side})
	if err != nil {
		return nil, err
	}
	f, err := column.One(context.Background(), tx, (*followUpRow).fields, followUpColumns+` WHERE f.id = $1`, id)
	if err != nil {
		return nil, fmt.Errorf("read the follow-up: %w", err)
	}
	return f.followUp(), nil
}
