package library

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"centrala"
	"centrala/store"
	"centrala/store/column"
)

// manuscript is a draft with what its article's row would say if there were one.
type manuscript struct {
	centrala.Draft
	topic  centrala.ArticleID
	locale string
	source string
}

const draftColumns = `SELECT d.article, d.topic, d.locale, d.source, d.content, d.state, d.base, d.basis, d.author, d.saved_at, d.save, d.due, d.note FROM draft d`

func draftFields(d *manuscript) []any {
	return []any{&d.Article, &d.topic, &d.locale, &d.source, column.JSON(&d.Content), &d.State, &d.Base, &d.Basis, &d.By, column.Instant(&d.SavedAt), &d.Save, column.Instant(&d.Due), &d.Note}
}

// draftOf reads and locks the draft of an article; sql.ErrNoRows when there is none.
func draftOf(tx *store.Tx, id centrala.ArticleID) (manuscript, error) {
	var d manuscript
	err := tx.Row(draftColumns+` WHERE d.article = $1`+tx.Lock("d"), []any{id}, draftFields(&d)...)
	return d, err
}

// putDraft writes a draft of a, in place of the one there is.
func putDraft(tx *store.Tx, a centrala.Article, d centrala.Draft) error {
	_, err := tx.Exec(`INSERT INTO draft (article, topic, locale, source, content, state, base, basis, author, saved_at, save, due, note)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
		ON CONFLICT (article) DO UPDATE SET content = excluded.content, state = excluded.state, base = excluded.base, basis = excluded.basis, author = excluded.author,
		saved_at = excluded.saved_at, save = excluded.save, due = excluded.due, note = excluded.note`,
		a.ID, a.Topic, a.Locale, a.Source, column.JSON(d.Content), d.State, d.Base, d.Basis, d.By, column.Micros(tx.Now()), d.Save, column.Micros(d.Due), d.Note)
	if err != nil {
		return fmt.Errorf("save the draft: %w", err)
	}
	return nil
}

// StartArticle begins an article that nobody reads yet: a translation of topic, or an original
// when that is 0. A topic has one article in a language (Conflict).
func (l *Library) StartArticle(ctx context.Context, locale string, topic centrala.ArticleID, c centrala.Content, by centrala.AgentID) (centrala.Manuscript, error) {
	if err := check(locale, &c); err != nil {
		return centrala.Manuscript{}, err
	}
	var id centrala.ArticleID
	err := l.db.Update(ctx, func(tx *store.Tx) error {
		id = centrala.ArticleID(tx.NewID())
		if err := standingAll(tx, c.Related); err != nil {
			return err
		}
		d := centrala.Draft{Article: id, Content: c, State: centrala.Writing, By: by, Save: 1}
		a := centrala.Article{ID: id, Topic: id, Locale: locale}
		if topic != 0 {
			if err := translatable(tx, topic, locale); err != nil {
				return err
			}
			a.Topic = topic
			var err error
			if d.Basis, err = newest(tx, topic); err != nil {
				return err
			}
		}
		return putDraft(tx, a, d)
	})
	if err != nil {
		return centrala.Manuscript{}, err
	}
	return l.Manuscript(ctx, id)
}

// standingAll refuses related articles of which there is neither a page nor a draft.
func standingAll(tx *store.Tx, related []centrala.ArticleID) error {
	for _, id := range related {
		var n int
		if err := tx.Row(`SELECT (SELECT count(*) FROM article WHERE id = $1) + (SELECT count(*) FROM draft WHERE article = $1)`, []any{id}, &n); err != nil {
			return fmt.Errorf("look for a related article: %w", err)
		}
		if n == 0 {
			return centrala.InvalidField("related", "There is no article %s.", id)
		}
	}
	return nil
}

// translatable refuses a topic that does not exist, or has the language already.
func translatable(tx *store.Tx, topic centrala.ArticleID, locale string) error {
	const all = `(SELECT id, topic, locale FROM article UNION SELECT article, topic, locale FROM draft) AS every`
	var originals, taken int
	if err := tx.Row(`SELECT count(CASE WHEN id = $1 AND topic = $1 THEN 1 END), count(CASE WHEN locale = $2 THEN 1 END) FROM `+all+` WHERE topic = $1`, []any{topic, locale}, &originals, &taken); err != nil {
		return fmt.Errorf("read the topic: %w", err)
	}
	if originals == 0 {
		return column.Missing(sql.ErrNoRows, "topic", topic.String())
	}
	if taken != 0 {
		return &centrala.Error{Code: centrala.Conflict, Field: "locale", Message: "This article is there in this language."}
	}
	return nil
}

// SaveDraft keeps what somebody is writing: d.Save is that of the draft they read, 0 when there
// was none, and Conflict when somebody has saved another since. Base is the version that the text
// takes into account, no older than before; of a translation, so is Basis.
func (l *Library) SaveDraft(ctx context.Context, d centrala.Draft) (centrala.Draft, error) {
	var out manuscript
	err := l.db.Update(ctx, func(tx *store.Tx) error {
		a, old, err := work(tx, d.Article)
		if err != nil {
			return err
		}
		if err := check(a.Locale, &d.Content); err != nil {
			return err
		}
		if slices.Contains(d.Related, d.Article) {
			return centrala.InvalidField("related", "An article is not related to itself.")
		}
		if err := standingAll(tx, d.Related); err != nil {
			return err
		}
		if d.Save != old.Save {
			return &centrala.Error{Code: centrala.Conflict, Field: "save", Message: "Somebody else has saved this draft since."}
		}
		last, err := newest(tx, d.Article)
		if err != nil {
			return err
		}
		if d.Base > last || d.Base < old.Base {
			return centrala.InvalidField("base", "The article's last version is %d.", last)
		}
		d.State, d.Due, d.Note, d.Save = cmp.Or(old.State, centrala.Writing), old.Due, old.Note, old.Save+1
		if err := putDraft(tx, a, d); err != nil {
			return err
		}
		out, err = draftOf(tx, d.Article)
		return err
	})
	return out.Draft, err
}

// work is an article with its draft as they are now: either may be the zero one, not both.
func work(tx *store.Tx, id centrala.ArticleID) (centrala.Article, centrala.Draft, error) {
	a, err := standing(tx, centrala.Article{ID: id})
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return a, centrala.Draft{}, fmt.Errorf("read the article: %w", err)
	}
	d, err := draftOf(tx, id)
	switch {
	case errors.Is(err, sql.ErrNoRows) && a.ID == 0:
		return a, d.Draft, column.Missing(err, "article", id.String())
	case err != nil && !errors.Is(err, sql.ErrNoRows):
		return a, d.Draft, fmt.Errorf("read the draft: %w", err)
	case a.ID == 0:
		a = centrala.Article{ID: id, Topic: d.topic, Locale: d.locale, Source: d.source}
	}
	return a, d.Draft, nil
}

// step changes the state of a draft that is in one of some states.
func (l *Library) step(ctx context.Context, id centrala.ArticleID, from []centrala.DraftState, change func(*centrala.Draft)) error {
	return l.db.Update(ctx, func(tx *store.Tx) error {
		a, d, err := work(tx, id)
		if err != nil {
			return err
		}
		if !slices.Contains(from, d.State) {
			return &centrala.Error{Code: centrala.Conflict, Field: "state", Message: "The draft is no more what it was: look at it again."}
		}
		change(&d)
		d.Save++
		return putDraft(tx, a, d)
	})
}

// AskReview has a draft wait for somebody else's yes, with a note to them.
func (l *Library) AskReview(ctx context.Context, id centrala.ArticleID, note string) error {
	if err := column.CheckWords("note", note); err != nil {
		return err
	}
	return l.step(ctx, id, []centrala.DraftState{centrala.Writing}, func(d *centrala.Draft) { d.State, d.Note = centrala.Review, note })
}

// SendBack has a draft be written again, with a note to its author; what was scheduled is so no
// more.
func (l *Library) SendBack(ctx context.Context, id centrala.ArticleID, note string) error {
	if err := column.CheckWords("note", note); err != nil {
		return err
	}
	return l.step(ctx, id, []centrala.DraftState{centrala.Review, centrala.Scheduled}, func(d *centrala.Draft) {
		d.State, d.Note, d.Due = centrala.Writing, note, time.Time{}
	})
}

// Schedule has a draft come out at a time, in the name of who schedules it.
func (l *Library) Schedule(ctx context.Context, id centrala.ArticleID, due time.Time, by centrala.AgentID) error {
	return l.step(ctx, id, []centrala.DraftState{centrala.Writing, centrala.Review, centrala.Scheduled}, func(d *centrala.Draft) {
		d.State, d.Due, d.By = centrala.Scheduled, due, by
	})
}

// DiscardDraft throws a draft away; NotFound when there is none. An article that nobody
// reads is gone with it and its files, whose blobs are the caller's to delete.
func (l *Library) DiscardDraft(ctx context.Context, id centrala.ArticleID) error {
	return l.db.Update(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(`DELETE FROM draft WHERE article = $1`, id)
		if err == nil && n == 0 {
			err = sql.ErrNoRows
		}
		if err != nil {
			return column.Missing(err, "draft", id.String())
		}
		if _, err := tx.Exec(`DELETE FROM article_file WHERE article = $1 AND NOT EXISTS (SELECT 1 FROM article WHERE id = $1)`, id); err != nil {
			return fmt.Errorf("remove the article's files: %w", err)
		}
		return nil
	})
}

// PublishDraft makes a draft what readers see: of the save that its publisher has read, and over
// no other version than the one that it takes into account (Conflict).
func (l *Library) PublishDraft(ctx context.Context, id centrala.ArticleID, save int, by centrala.AgentID) (centrala.Article, error) {
	var out centrala.Article
	err := l.db.Update(ctx, func(tx *store.Tx) error {
		a, d, err := work(tx, id)
		if err != nil {
			return err
		}
		if d.Save == 0 {
			return column.Missing(sql.ErrNoRows, "draft", id.String())
		}
		if d.Save != save {
			return &centrala.Error{Code: centrala.Conflict, Field: "save", Message: "Somebody else has saved this draft since."}
		}
		out, err = publishDraft(tx, a, d, by)
		return err
	})
	return out, err
}

func publishDraft(tx *store.Tx, a centrala.Article, d centrala.Draft, by centrala.AgentID) (centrala.Article, error) {
	last, err := newest(tx, a.ID)
	if err != nil {
		return a, err
	}
	if d.Base != last {
		return a, &centrala.Error{Code: centrala.Conflict, Field: "base", Message: fmt.Sprintf("Version %d has come out since this draft was begun: take it into account first.", last)}
	}
	old := a
	if a.Version == 0 {
		old = centrala.Article{}
	}
	a.Content, a.Basis = d.Content, d.Basis
	if a, err = publish(tx, old, a, centrala.Version{By: by}); err != nil {
		return a, err
	}
	if _, err := tx.Exec(`DELETE FROM draft WHERE article = $1`, a.ID); err != nil {
		return a, fmt.Errorf("end the draft: %w", err)
	}
	return a, nil
}

// PublishDue publishes what is scheduled for now or before, fifty at a time. What cannot come out,
// since something else did meanwhile, goes back to its author with the reason as note.
func (l *Library) PublishDue(ctx context.Context) error {
	return l.db.Update(ctx, func(tx *store.Tx) error {
		due, err := column.All(ctx, tx, draftFields, draftColumns+` WHERE d.state = 'scheduled' AND d.due <= $1 ORDER BY d.due, d.article LIMIT 50`+tx.Lock("d"), column.Micros(tx.Now()))
		if err != nil {
			return fmt.Errorf("read what is due: %w", err)
		}
		for _, d := range due {
			a, _, err := work(tx, d.Article)
			if err != nil {
				return err
			}
			_, err = publishDraft(tx, a, d.Draft, d.By)
			if centrala.CodeOf(err) == centrala.Conflict {
				d.State, d.Due, d.Note, d.Save = centrala.Writing, time.Time{}, err.Error(), d.Save+1
				err = putDraft(tx, a, d.Draft)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}
