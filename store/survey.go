package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"centrala/store/column"

	"centrala"
	"centrala/manners"
)

// surveyRow is a survey with what only the store needs to know of it.
type surveyRow struct {
	centrala.Survey
	firstAnswered time.Time
}

const surveyColumns = `SELECT s.id, s.conversation, c.contact, s.agent, s.team, s.side, s.channel, s.locale, s.token_hash, s.created_at, s.mail_at,
	s.sent_at, s.expires_at, s.cancelled, s.score, s.comment, s.answered_at, s.first_answered_at
	FROM survey s JOIN conversation c ON c.id = s.conversation`

func (s *surveyRow) fields() []any {
	return []any{&s.ID, &s.Conversation, &s.Contact, &s.Agent, &s.Team, &s.Side, &s.Channel, &s.Locale, &s.TokenHash, column.Instant(&s.CreatedAt),
		column.Instant(&s.MailAt), column.Instant(&s.SentAt), column.Instant(&s.ExpiresAt), &s.Cancelled, &s.Score, &s.Comment, column.Instant(&s.AnsweredAt),
		column.Instant(&s.firstAnswered)}
}

func surveys(rows []surveyRow) []centrala.Survey {
	out := make([]centrala.Survey, len(rows))
	for i := range rows {
		out[i] = rows[i].Survey
	}
	return out
}

// Invite asks the contact of a conversation how it was. ID, Contact and CreatedAt are given
// here; ExpiresAt must be set. A conversation has at most one survey that is neither answered
// nor cancelled: a second is a Conflict. Event survey.sent.
func (db *DB) Invite(ctx context.Context, s centrala.Survey) (centrala.Survey, error) {
	if s.ExpiresAt.IsZero() {
		return centrala.Survey{}, centrala.InvalidField("expires_at", "The survey has no end.")
	}
	if err := column.CheckLocale(s.Locale); err != nil {
		return centrala.Survey{}, err
	}
	var token any
	if len(s.TokenHash) > 0 {
		token = s.TokenHash
	}
	var out surveyRow
	err := db.write(ctx, func(tx *Tx) error {
		id := centrala.SurveyID(tx.NewID())
		n, err := tx.Exec(`INSERT INTO survey (id, conversation, agent, team, side, channel, locale, token_hash, created_at, mail_at, expires_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (conversation) WHERE cancelled = 0 AND score IS NULL DO NOTHING`,
			id, s.Conversation, s.Agent, s.Team, s.Side, s.Channel, s.Locale, token, column.Micros(tx.now), column.Micros(s.MailAt), column.Micros(s.ExpiresAt))
		if err != nil {
			return fmt.Errorf("invite: %w", err)
		}
		if n == 0 {
			return centrala.Errorf(centrala.Conflict, "This conversation's customer is being asked already.")
		}
		if err := tx.EmitIn(s.Conversation, centrala.SurveySent, system(), centrala.Facts{Kind: "sent", Survey: id, Agent: s.Agent, Team: s.Team}); err != nil {
			return err
		}
		out, err = column.One(context.Background(), tx, (*surveyRow).fields, surveyColumns+` WHERE s.id = $1`, id)
		return wrap(err, "read the survey")
	})
	return out.Survey, err
}

// Surveys lists the questions that wait for a contact's answer in an inbox, the oldest first.
func (db *DB) Surveys(ctx context.Context, contact centrala.ContactID, inbox centrala.InboxID) ([]centrala.Survey, error) {
	rows, err := column.All(ctx, db.ro, (*surveyRow).fields, surveyColumns+` WHERE `+cameAs("c", "$1")+` AND c.inbox = $2
		AND s.cancelled = 0 AND s.score IS NULL AND s.expires_at > $3 ORDER BY s.id`, contact, inbox, column.Micros(db.now()))
	return surveys(rows), wrap(err, "read the surveys")
}

// SurveyByToken reads the survey whose mailed address has the token that hashes to hash, in
// whatever state it is; NotFound when there is none.
func (db *DB) SurveyByToken(ctx context.Context, hash []byte) (centrala.Survey, error) {
	s, err := column.One(ctx, db.ro, (*surveyRow).fields, surveyColumns+` WHERE s.token_hash = $1`, hash)
	return s.Survey, column.Missing(err, "survey", "at this address")
}

// SurveyByID reads one survey; NotFound when there is none.
func (db *DB) SurveyByID(ctx context.Context, id centrala.SurveyID) (centrala.Survey, error) {
	s, err := column.One(ctx, db.ro, (*surveyRow).fields, surveyColumns+` WHERE s.id = $1`, id)
	return s.Survey, column.Missing(err, "survey", id.String())
}

// CancelSurveys takes back what a conversation's customer was asked and did not answer.
func (db *DB) CancelSurveys(ctx context.Context, id centrala.ConversationID) error {
	return db.write(ctx, func(tx *Tx) error {
		_, err := tx.Exec(`UPDATE survey SET cancelled = 1 WHERE conversation = $1 AND cancelled = 0 AND score IS NULL`, id)
		return wrap(err, "cancel the surveys")
	})
}

// DueSurveys lists, the longest due first, the surveys that should go out by mail now: not
// answered, cancelled, expired or sent, to contacts who have an address and may be asked.
func (db *DB) DueSurveys(ctx context.Context, limit int) ([]centrala.Survey, error) {
	now := column.Micros(db.now())
	rows, err := column.All(ctx, db.ro, (*surveyRow).fields, surveyColumns+` JOIN contact k ON k.id = c.contact
		WHERE s.cancelled = 0 AND s.score IS NULL AND s.sent_at = 0 AND s.mail_at > 0 AND s.mail_at <= $1 AND s.expires_at > $1
		AND k.email <> '' AND k.no_surveys = 0 AND k.blocked = 0 AND k.bounced_at = 0 ORDER BY s.mail_at, s.id LIMIT $2`, now, limit)
	return surveys(rows), wrap(err, "read the due surveys")
}

// SentSurvey claims a due survey for mailing and keeps the hash of the token in the mail's
// address. Of two who try, one gets it; the other, and whoever comes after an answer or a
// cancellation, gets Conflict and sends nothing.
func (db *DB) SentSurvey(ctx context.Context, id centrala.SurveyID, tokenHash []byte) error {
	return db.write(ctx, func(tx *Tx) error {
		_, err := tx.claimSurvey(id, tokenHash)
		return err
	})
}

// MailSurvey is SentSurvey and QueueNotice in one: whoever claims the survey has its mail in
// the queue of deliveries, and nobody else has. The notice is of the survey's conversation.
func (db *DB) MailSurvey(ctx context.Context, id centrala.SurveyID, tokenHash []byte, n centrala.Notice) error {
	return db.write(ctx, func(tx *Tx) error {
		if err := tx.maySurvey(id, n); err != nil {
			return err
		}
		conversation, err := tx.claimSurvey(id, tokenHash)
		if err != nil {
			return err
		}
		mail := n
		mail.Conversation = conversation
		return tx.queueNotice(mail)
	})
}

// maySurvey refuses, as Conflict, a mail that the budgets of what the program writes by itself
// have no room for now; the question stays due. That a conversation was acknowledged does not
// count.
func (tx *Tx) maySurvey(id centrala.SurveyID, n centrala.Notice) error {
	var of centrala.ConversationID
	err := tx.Row(`SELECT conversation FROM survey WHERE id = $1`, []any{id}, &of)
	if errors.Is(err, sql.ErrNoRows) {
		return nil // there is nothing to claim, which the claim says
	}
	if err != nil {
		return fmt.Errorf("read the survey: %w", err)
	}
	c, err := tx.byID(of)
	if err != nil {
		return fmt.Errorf("read the conversation: %w", err)
	}
	to, err := tx.recipient(c, &n)
	if err == nil {
		err = tx.Alone("mail to " + address(to))
	}
	if err != nil {
		return err
	}
	may, err := tx.mayWrite(c, to)
	if err != nil || may == manners.MayWrite || may == manners.Acknowledged {
		return err
	}
	return centrala.Errorf(centrala.Conflict, "The survey waits: too much was written by itself lately.")
}

func (tx *Tx) claimSurvey(id centrala.SurveyID, tokenHash []byte) (conversation centrala.ConversationID, err error) {
	err = tx.Row(`UPDATE survey SET sent_at = $2, token_hash = $3 WHERE id = $1 AND sent_at = 0 AND cancelled = 0 AND score IS NULL
		RETURNING conversation`, []any{id, column.Micros(tx.now), tokenHash}, &conversation)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, centrala.Errorf(centrala.Conflict, "This survey is not to be sent any more.")
	}
	tx.wrote()
	return conversation, wrap(err, "claim the survey")
}

// LastAsked is when a contact was last asked how it was, on any channel; zero for never. What
// was cancelled before it went out by mail does not count.
func (db *DB) LastAsked(ctx context.Context, contact centrala.ContactID) (time.Time, error) {
	var at time.Time
	err := db.ro.QueryRowContext(ctx, `SELECT coalesce(max(s.created_at), 0) FROM survey s JOIN conversation c ON c.id = s.conversation
		WHERE c.contact = $1 AND (s.cancelled = 0 OR s.sent_at > 0)`, contact).Scan(column.Instant(&at))
	return at, wrap(err, "read when the contact was asked")
}

// Unsubscribe notes that a contact does not want to be asked again, and takes back what they
// are being asked now. NotFound when there is no such contact.
func (db *DB) Unsubscribe(ctx context.Context, contact centrala.ContactID) error {
	return db.write(ctx, func(tx *Tx) error {
		n, err := tx.Exec(`UPDATE contact SET no_surveys = 1 WHERE id = $1`, contact)
		if err == nil && n == 0 {
			err = errNone
		}
		if err != nil {
			return column.Missing(err, "contact", contact.String())
		}
		_, err = tx.Exec(`UPDATE survey SET cancelled = 1 WHERE cancelled = 0 AND score IS NULL
			AND conversation IN (SELECT id FROM conversation WHERE contact = $1)`, contact)
		return wrap(err, "cancel the surveys")
	})
}

// SurveyCounts adds up, for what scope may see, how many were asked from until to, and the
// answers that were given (or last changed) in that time: two views of one period, as an
// answer may come in another period than its question.
func (db *DB) SurveyCounts(ctx context.Context, scope centrala.Scope, from, to time.Time) (centrala.SurveyCounts, error) {
	var counts centrala.SurveyCounts
	args := []any{column.Micros(from), column.Micros(to)}
	mine := scopeWhere(scope, &args)
	err := db.ro.QueryRowContext(ctx, `SELECT count(*) FROM survey s JOIN conversation c ON c.id = s.conversation
		WHERE s.created_at >= $1 AND s.created_at < $2 AND (s.cancelled = 0 OR s.sent_at > 0) AND `+mine, args...).Scan(&counts.Asked)
	if err != nil {
		return counts, fmt.Errorf("count the surveys: %w", err)
	}
	type tally struct{ score, n int }
	tallies, err := column.All(ctx, db.ro, func(t *tally) []any { return []any{&t.score, &t.n} }, `SELECT s.score, count(*)
		FROM survey s JOIN conversation c ON c.id = s.conversation
		WHERE s.score IS NOT NULL AND s.answered_at >= $1 AND s.answered_at < $2 AND `+mine+` GROUP BY s.score`, args...)
	if err != nil {
		return counts, fmt.Errorf("count the answers: %w", err)
	}
	for _, t := range tallies {
		counts.Scores[t.score] += t.n
		switch centrala.BandOf(t.score) {
		case centrala.Promoter:
			counts.Promoters += t.n
		case centrala.Passive:
			counts.Passives += t.n
		case centrala.Detractor:
			counts.Detractors += t.n
		}
	}
	return counts, nil
}
