package library

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"reflect"

	"centrala"
	"centrala/store"
	"centrala/store/column"
)

// maxNumber is the highest number that the first version of an article may bring along.
const maxNumber = 1_000_000

// Redirects lists the addresses where articles once stood, by locale and slug.
func (l *Library) Redirects(ctx context.Context) ([]centrala.Redirect, error) {
	all, err := column.All(ctx, l.db.Reads(), func(r *centrala.Redirect) []any { return []any{&r.Locale, &r.Slug, &r.Article} },
		`SELECT locale, slug, article FROM redirect ORDER BY locale, slug`)
	if err != nil {
		return nil, fmt.Errorf("read the redirects: %w", err)
	}
	return all, nil
}

// PutArticle publishes an article that comes from outside with an identifier and a topic of its
// own: it is made when there is none, and nothing happens when nothing is different. Version is
// the number that its first version has at least. Basis is the original's version that it says, 0
// for the last when the text is new, and never above the last. Of once, each leads to it from now
// on; Conflict when another article stands at one of them, or at its own address.
func (l *Library) PutArticle(ctx context.Context, a centrala.Article, once []centrala.Redirect) (centrala.Article, error) {
	if err := check(a.Locale, &a.Content); err != nil {
		return a, err
	}
	if a.ID == 0 || a.Topic == 0 {
		return a, centrala.InvalidField("article", "The article has no identifier or no topic.")
	}
	err := l.db.Update(ctx, func(tx *store.Tx) error {
		old, err := standing(tx, centrala.Article{ID: a.ID})
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("read the article: %w", err)
		}
		if a.Basis, err = basis(tx, a, old); err != nil {
			return err
		}
		same := old.ID != 0 && a.Locale == old.Locale && a.Topic == old.Topic && a.Basis == old.Basis && reflect.DeepEqual(a.Content, old.Content)
		if !same {
			first := 0
			if old.ID == 0 {
				first = min(a.Version, maxNumber)
			} else {
				a.Source = old.Source
			}
			if a, err = publish(tx, old, a, centrala.Version{Number: first}); err != nil {
				return err
			}
		}
		return lead(tx, a, once)
	})
	return a, err
}

// basis is the original's version that a says, in place of old.
func basis(tx *store.Tx, a, old centrala.Article) (int, error) {
	if a.Original() {
		return 0, nil
	}
	last, err := newest(tx, a.Topic)
	switch {
	case err != nil:
		return 0, err
	case a.Basis > 0:
		return min(a.Basis, last), nil
	case old.ID != 0 && old.Topic == a.Topic && reflect.DeepEqual(a.Content, old.Content):
		return old.Basis, nil
	}
	return last, nil
}

// lead has addresses lead to a.
func lead(tx *store.Tx, a centrala.Article, once []centrala.Redirect) error {
	for _, r := range once {
		if err := first(
			func() error { return column.CheckLocale(r.Locale) },
			func() error { return column.CheckSlug(r.Slug, "-_.", 200) },
			func() error {
				return free(tx, centrala.Article{ID: a.ID, Locale: r.Locale, Content: centrala.Content{Slug: r.Slug}})
			},
		); err != nil {
			return err
		}
		if r.Locale == a.Locale && r.Slug == a.Slug {
			continue
		}
		if _, err := tx.Exec(`INSERT INTO redirect (locale, slug, article) VALUES ($1, $2, $3) ON CONFLICT (locale, slug) DO UPDATE SET article = excluded.article`, r.Locale, r.Slug, a.ID); err != nil {
			return fmt.Errorf("leave a redirect: %w", err)
		}
	}
	return nil
}

// PutDraft keeps a draft that comes from outside, in place of the one there is: of the article
// that is there, or of a new one with the identifier, topic and locale of a. Base 0 takes the last
// version into account. Nothing happens when nothing is different.
func (l *Library) PutDraft(ctx context.Context, a centrala.Article, d centrala.Draft) error {
	if err := check(a.Locale, &d.Content); err != nil {
		return err
	}
	if a.ID == 0 || a.Topic == 0 {
		return centrala.InvalidField("article", "The draft's article has no identifier or no topic.")
	}
	if d.State == centrala.Scheduled == d.Due.IsZero() {
		return centrala.InvalidField("due", "A draft is scheduled for a time, and only then has one.")
	}
	if err := column.CheckWords("note", d.Note); err != nil {
		return err
	}
	return l.db.Update(ctx, func(tx *store.Tx) error {
		there, old, err := work(tx, a.ID)
		if err == nil {
			a = there
		} else if centrala.CodeOf(err) != centrala.NotFound {
			return err
		}
		last, err := newest(tx, a.ID)
		if err != nil {
			return err
		}
		if d.Base == 0 || d.Base > last {
			d.Base = last
		}
		if !a.Original() {
			if d.Basis, err = basis(tx, centrala.Article{ID: a.ID, Topic: a.Topic, Basis: d.Basis}, centrala.Article{}); err != nil {
				return err
			}
		}
		d.Article, d.By, d.Save, d.SavedAt = a.ID, old.By, old.Save, old.SavedAt
		d.Due = column.Time(column.Micros(d.Due))
		old.Readers, old.Related = column.Some(old.Readers), column.Some(old.Related)
		if old.Save != 0 && reflect.DeepEqual(d, old) {
			return nil
		}
		d.By, d.Save = 0, old.Save+1
		return putDraft(tx, a, d)
	})
}
