package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"centrala"
)

const articleColumns = `SELECT id, locale, slug, title, summary, body, sides, tags, section, translation, popular, source, updated_at FROM article`

func articleFields(a *centrala.Article) []any {
	return []any{&a.ID, &a.Locale, &a.Slug, &a.Title, &a.Summary, &a.Body, asJSON(&a.Sides), asJSON(&a.Tags), &a.Section,
		&a.Translation, &a.Popular, &a.Source, instant{&a.UpdatedAt}}
}

// Article reads the article at an address; NotFound when there is none.
func (db *DB) Article(ctx context.Context, locale, slug string) (centrala.Article, error) {
	if !storable(locale + slug) {
		return centrala.Article{}, missing(errNone, "article", "at this address")
	}
	a, err := one(ctx, db.ro, articleFields, articleColumns+` WHERE locale = $1 AND slug = $2`, locale, slug)
	return a, missing(err, "article", fmt.Sprintf("%.10q/%.80q", locale, slug))
}

// ArticleByID reads one article; NotFound when there is none.
func (db *DB) ArticleByID(ctx context.Context, id centrala.ArticleID) (centrala.Article, error) {
	a, err := one(ctx, db.ro, articleFields, articleColumns+` WHERE id = $1`, id)
	return a, missing(err, "article", id.String())
}

// Articles lists whole articles by locale, section and title. A side keeps its own articles
// and those of no side.
func (db *DB) Articles(ctx context.Context, f centrala.ArticleFilter) ([]centrala.Article, error) {
	var (
		where = "1 = 1"
		args  []any
	)
	narrow := func(condition string, arg string) {
		if arg != "" {
			args = append(args, arg)
			where += " AND " + strings.ReplaceAll(condition, "?", "$"+strconv.Itoa(len(args)))
		}
	}
	narrow("locale = ?", f.Locale)
	narrow("section = ?", f.Section)
	if f.Side != centrala.NoSide {
		if err := checkSides(f.Side); err != nil {
			return nil, err
		}
		narrow("(sides = '[]' OR sides LIKE ?)", `%"`+string(f.Side)+`"%`)
	}
	articles, err := all(ctx, db.ro, articleFields, articleColumns+` WHERE `+where+` ORDER BY locale, section, title, id`, args...)
	return articles, wrap(err, "read the articles")
}

// SaveArticle makes the article of a locale and slug, or changes the one that is there as a
// whole; with an ID it changes that one, which may move it (Conflict when the place is
// taken). Event article.saved, unless nothing is different: importing again is quiet.
func (db *DB) SaveArticle(ctx context.Context, a centrala.Article) (centrala.Article, error) {
	a.Title, a.Sides, a.Tags = strings.TrimSpace(a.Title), some(a.Sides), some(a.Tags)
	if err := checkArticle(a); err != nil {
		return centrala.Article{}, err
	}
	var out centrala.Article
	err := db.write(ctx, func(tx *Tx) error {
		var err error
		out, err = tx.saveArticle(a)
		return err
	})
	return out, err
}

func checkArticle(a centrala.Article) error {
	if a.Locale == "" {
		return centrala.InvalidField("locale", "The article has no locale.")
	}
	if err := checkLocale(a.Locale); err != nil {
		return err
	}
	if err := checkWords("article", a.Summary, a.Body, a.Section, a.Translation, a.Source); err != nil {
		return err
	}
	if err := checkSides(a.Sides...); err != nil {
		return err
	}
	if err := checkSlug(a.Slug, "-_.", 200); err != nil {
		return err
	}
	return checkName("title", a.Title, 300)
}

func (tx *Tx) saveArticle(a centrala.Article) (centrala.Article, error) {
	place, args := ` WHERE locale = $1 AND slug = $2`, []any{a.Locale, a.Slug}
	if a.ID != 0 {
		place, args = ` WHERE id = $1`, []any{a.ID}
	}
	var old centrala.Article
	err := tx.row(articleColumns+place+tx.w.db.dialect.forUpdate("article"), args, articleFields(&old)...)
	switch {
	case errors.Is(err, sql.ErrNoRows) && a.ID != 0:
		return a, missing(err, "article", a.ID.String())
	case errors.Is(err, sql.ErrNoRows):
		a.ID, a.UpdatedAt = centrala.ArticleID(tx.id()), fromMicros(micros(tx.now))
		_, err = tx.exec(`INSERT INTO article (id, locale, slug, title, summary, body, sides, tags, section, translation, popular, source, updated_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`, articleArgs(a)...)
	case err != nil:
		return a, fmt.Errorf("read the article: %w", err)
	default:
		a.ID, a.UpdatedAt = old.ID, old.UpdatedAt
		if reflect.DeepEqual(a, old) {
			return a, nil
		}
		a.UpdatedAt = fromMicros(micros(tx.now))
		_, err = tx.exec(`UPDATE article SET locale = $2, slug = $3, title = $4, summary = $5, body = $6, sides = $7, tags = $8, section = $9,
			translation = $10, popular = $11, source = $12, updated_at = $13 WHERE id = $1`, articleArgs(a)...)
	}
	if err != nil {
		return a, taken(wrap(err, "save the article"), "slug", "Another article has this address.")
	}
	return a, tx.emit(centrala.ArticleSaved, system(), centrala.Facts{Kind: "saved", Article: a.ID})
}

func articleArgs(a centrala.Article) []any {
	return []any{a.ID, a.Locale, a.Slug, a.Title, a.Summary, a.Body, asJSON(&a.Sides), asJSON(&a.Tags), a.Section,
		a.Translation, a.Popular, a.Source, micros(a.UpdatedAt)}
}

// RemoveArticle removes an article; NotFound when there is none. Event article.removed.
func (db *DB) RemoveArticle(ctx context.Context, id centrala.ArticleID) error {
	return db.write(ctx, func(tx *Tx) error {
		n, err := tx.exec(`DELETE FROM article WHERE id = $1`, id)
		if err == nil && n == 0 {
			err = errNone
		}
		if err != nil {
			return missing(err, "article", id.String())
		}
		return tx.emit(centrala.ArticleRemoved, system(), centrala.Facts{Kind: "removed", Article: id})
	})
}
