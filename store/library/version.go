package library

import (
	"context"
	"database/sql"
	"errors"

	"centrala"
	"centrala/store"
	"centrala/store/column"
)

const versionColumns = `SELECT article, number, content, basis, author, at, restored, until FROM article_version`

func versionFields(v *centrala.Version) []any {
	return []any{&v.Article, &v.Number, column.JSON(&v.Content), &v.Basis, &v.By, column.Instant(&v.At), &v.Restored, column.Instant(&v.Until)}
}

// Versions lists what an article was, the latest first.
func (l *Library) Versions(ctx context.Context, id centrala.ArticleID) ([]centrala.Version, error) {
	all, err := column.All(ctx, l.db.Reads(), versionFields, versionColumns+` WHERE article = $1 ORDER BY number DESC`, id)
	return all, column.Missing(err, "article", id.String())
}

// Version reads one version of an article; NotFound when there is none of this number.
func (l *Library) Version(ctx context.Context, id centrala.ArticleID, number int) (centrala.Version, error) {
	v, err := column.One(ctx, l.db.Reads(), versionFields, versionColumns+` WHERE article = $1 AND number = $2`, id, number)
	return v, column.Missing(err, "version", id.String())
}

// Restore publishes what an article was once as a new version; nothing is lost by it. What is
// drafted stays, and has to take the new version into account.
func (l *Library) Restore(ctx context.Context, id centrala.ArticleID, number int, by centrala.AgentID) (centrala.Article, error) {
	var out centrala.Article
	err := l.db.Update(ctx, func(tx *store.Tx) error {
		a, _, err := work(tx, id)
		if err != nil {
			return err
		}
		var v centrala.Version
		if err := tx.Row(versionColumns+` WHERE article = $1 AND number = $2`, []any{id, number}, versionFields(&v)...); err != nil {
			return column.Missing(err, "version", id.String())
		}
		old, err := standing(tx, centrala.Article{ID: id})
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		a.Content, a.Basis = v.Content, v.Basis
		out, err = publish(tx, old, a, centrala.Version{By: by, Restored: number})
		return err
	})
	return out, err
}
