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

// SaveArticle publishes an article at once, as imports do: the one of its locale and slug, or with
// an ID that one, which may move it (Conflict when the place is taken). Translation names the
// original by its slug; Invalid when there is none. Nothing happens when nothing is different:
// importing again is quiet.
func (l *Library) SaveArticle(ctx context.Context, a centrala.Article) (centrala.Article, error) {
	if err := check(a.Locale, &a.Content); err != nil {
		return centrala.Article{}, err
	}
	if err := column.CheckWords("article", a.Translation, a.Source); err != nil {
		return centrala.Article{}, err
	}
	var out centrala.Article
	err := l.db.Update(ctx, func(tx *store.Tx) error {
		var err error
		out, err = save(tx, a)
		return err
	})
	return out, err
}

func save(tx *store.Tx, a centrala.Article) (centrala.Article, error) {
	old, err := standing(tx, a)
	switch {
	case errors.Is(err, sql.ErrNoRows) && a.ID != 0:
		return a, column.Missing(err, "article", a.ID.String())
	case errors.Is(err, sql.ErrNoRows):
		a.ID = centrala.ArticleID(tx.NewID())
	case err != nil:
		return a, fmt.Errorf("read the article: %w", err)
	default:
		a.ID = old.ID
	}
	if a.Topic, err = topic(tx, a); err != nil {
		return a, err
	}
	a.Version, a.Basis, a.PublishedAt, a.UpdatedAt = old.Version, old.Basis, old.PublishedAt, old.UpdatedAt
	if reflect.DeepEqual(a, old) {
		return a, nil
	}
	if a.Translation != "" && !reflect.DeepEqual(a.Content, old.Content) { // it says what the original says now
		if a.Basis, err = newest(tx, a.Topic); err != nil {
			return a, err
		}
	}
	return publish(tx, old, a, centrala.Version{})
}

// standing is the article that a names, as readers see it.
func standing(tx *store.Tx, a centrala.Article) (centrala.Article, error) {
	place, args := ` WHERE a.locale = $1 AND a.slug = $2`, []any{a.Locale, a.Slug}
	if a.ID != 0 {
		place, args = ` WHERE a.id = $1`, []any{a.ID}
	}
	var old centrala.Article
	err := tx.Row(articleColumns+place+tx.Lock("a"), args, articleFields(&old)...)
	return old, err
}

// topic is the original that an article names as the one it translates, or itself.
func topic(tx *store.Tx, a centrala.Article) (centrala.ArticleID, error) {
	if a.Translation == "" {
		return a.ID, nil
	}
	var topic centrala.ArticleID
	err := tx.Row(`SELECT topic FROM article WHERE slug = $1 AND locale <> $2 AND id <> $3 ORDER BY id LIMIT 1`, []any{a.Translation, a.Locale, a.ID}, &topic)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, centrala.InvalidField("translation", "There is no article %.80q in another language that this one could translate.", a.Translation)
	}
	if err != nil {
		return 0, fmt.Errorf("read the original: %w", err)
	}
	return topic, nil
}

// newest is the number of an article's last version, 0 without one.
func newest(tx *store.Tx, id centrala.ArticleID) (int, error) {
	var n int
	if err := tx.Row(`SELECT COALESCE(max(number), 0) FROM article_version WHERE article = $1`, []any{id}, &n); err != nil {
		return 0, fmt.Errorf("read the article's versions: %w", err)
	}
	return n, nil
}

// publish makes a what readers see in place of old, which may be none, and adds the version; of
// which only author, what it brings back, and the least number it may have are given.
func publish(tx *store.Tx, old, a centrala.Article, v centrala.Version) (centrala.Article, error) {
	if err := free(tx, a); err != nil {
		return a, err
	}
	n, err := newest(tx, a.ID)
	if err != nil {
		return a, err
	}
	a.Version, a.PublishedAt, a.UpdatedAt = max(n+1, v.Number), column.Time(column.Micros(tx.Now())), column.Time(column.Micros(tx.Now()))
	args := []any{a.ID, a.Topic, a.Locale, a.Slug, a.Title, a.Summary, a.Body, a.Section, column.JSON(a.Sides), column.JSON(a.Readers), column.JSON(a.Tags), column.JSON(a.Related),
		a.Popular, a.Version, a.Basis, a.Source, column.Micros(a.PublishedAt), column.Micros(a.UpdatedAt)}
	put := `INSERT INTO article (id, topic, locale, slug, title, summary, body, section, sides, readers, tags, related, popular, version, basis, source, published_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`
	if old.ID != 0 {
		put = `UPDATE article SET topic = $2, locale = $3, slug = $4, title = $5, summary = $6, body = $7, section = $8, sides = $9, readers = $10, tags = $11, related = $12,
			popular = $13, version = $14, basis = $15, source = $16, published_at = $17, updated_at = $18 WHERE id = $1`
	}
	if _, err := tx.Exec(put, args...); err != nil {
		return a, column.Taken(fmt.Errorf("save the article: %w", err), "slug", occupied)
	}
	if err := keep(tx, a, v); err != nil {
		return a, err
	}
	if err := moved(tx, old, a); err != nil {
		return a, err
	}
	return a, saved(tx, a.ID, v.By)
}

const occupied = "Another article has this address."

// free refuses an address where another article stands.
func free(tx *store.Tx, a centrala.Article) error {
	var n int
	if err := tx.Row(`SELECT count(*) FROM article WHERE locale = $1 AND slug = $2 AND id <> $3`, []any{a.Locale, a.Slug, a.ID}, &n); err != nil {
		return fmt.Errorf("look at the address: %w", err)
	}
	if n > 0 {
		return &centrala.Error{Code: centrala.Conflict, Field: "slug", Message: occupied}
	}
	return nil
}

// keep adds the version that a is now, and ends the one before.
func keep(tx *store.Tx, a centrala.Article, v centrala.Version) error {
	if err := endVersion(tx, a.ID); err != nil {
		return err
	}
	_, err := tx.Exec(`INSERT INTO article_version (article, number, content, basis, author, at, restored, until) VALUES ($1, $2, $3, $4, $5, $6, $7, 0)`,
		a.ID, a.Version, column.JSON(a.Content), a.Basis, v.By, column.Micros(tx.Now()), v.Restored)
	if err != nil {
		return fmt.Errorf("keep the version: %w", err)
	}
	return nil
}

// endVersion notes that readers see the last version no more.
func endVersion(tx *store.Tx, id centrala.ArticleID) error {
	if _, err := tx.Exec(`UPDATE article_version SET until = $2 WHERE article = $1 AND until = 0`, id, column.Micros(tx.Now())); err != nil {
		return fmt.Errorf("end the version before: %w", err)
	}
	return nil
}

// moved leaves a redirect where old stood, and takes away what led elsewhere from where a stands.
func moved(tx *store.Tx, old, a centrala.Article) error {
	if _, err := tx.Exec(`DELETE FROM redirect WHERE locale = $1 AND slug = $2`, a.Locale, a.Slug); err != nil {
		return fmt.Errorf("end a redirect: %w", err)
	}
	if old.ID == 0 || old.Locale == a.Locale && old.Slug == a.Slug {
		return nil
	}
	if _, err := tx.Exec(`INSERT INTO redirect (locale, slug, article) VALUES ($1, $2, $3) ON CONFLICT (locale, slug) DO UPDATE SET article = excluded.article`, old.Locale, old.Slug, a.ID); err != nil {
		return fmt.Errorf("leave a redirect: %w", err)
	}
	return nil
}

// Withdraw takes an article away from its readers; what they saw is a draft from now on, unless
// there is one already. NotFound when they see none.
func (l *Library) Withdraw(ctx context.Context, id centrala.ArticleID, by centrala.AgentID) error {
	return l.db.Update(ctx, func(tx *store.Tx) error {
		a, err := standing(tx, centrala.Article{ID: id})
		if err != nil {
			return column.Missing(err, "article", id.String())
		}
		d, err := draftOf(tx, id)
		if errors.Is(err, sql.ErrNoRows) {
			err = putDraft(tx, a, centrala.Draft{Article: id, Content: a.Content, State: centrala.Writing, Base: a.Version, Basis: a.Basis, By: by, Save: 1})
		} else if err == nil {
			err = putDraft(tx, a, d.Draft)
		}
		if err != nil {
			return err
		}
		return takeAway(tx, id, by)
	})
}

// takeAway removes what readers see.
func takeAway(tx *store.Tx, id centrala.ArticleID, by centrala.AgentID) error {
	if _, err := tx.Exec(`DELETE FROM article WHERE id = $1`, id); err != nil {
		return fmt.Errorf("take the article away: %w", err)
	}
	if err := endVersion(tx, id); err != nil {
		return err
	}
	return tx.Emit(centrala.ArticleRemoved, bySystem(), centrala.Facts{Kind: "removed", Article: id, Agent: by})
}

// RemoveArticle removes an article with its draft, its versions, the addresses it once had and its
// files, whose blobs are the caller's to delete; NotFound when there is neither. What translates it
// stays, each on its own.
func (l *Library) RemoveArticle(ctx context.Context, id centrala.ArticleID) error {
	return l.db.Update(ctx, func(tx *store.Tx) error {
		var n int
		if err := tx.Row(`SELECT (SELECT count(*) FROM article WHERE id = $1) + (SELECT count(*) FROM draft WHERE article = $1)`, []any{id}, &n); err != nil {
			return fmt.Errorf("look for the article: %w", err)
		}
		if n == 0 {
			return column.Missing(sql.ErrNoRows, "article", id.String())
		}
		for _, table := range []string{"draft", "redirect", "article_version", "article_file"} {
			if _, err := tx.Exec(`DELETE FROM `+table+` WHERE article = $1`, id); err != nil {
				return fmt.Errorf("remove the article's %s: %w", table, err)
			}
		}
		for _, table := range []string{"article", "draft"} {
			key := map[string]string{"article": "id", "draft": "article"}[table]
			if _, err := tx.Exec(`UPDATE `+table+` SET topic = `+key+`, basis = 0 WHERE topic = $1 AND `+key+` <> $1`, id); err != nil {
				return fmt.Errorf("free what translates the article: %w", err)
			}
		}
		return takeAway(tx, id, 0)
	})
}
