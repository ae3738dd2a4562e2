package library

import (
	"context"
	"database/sql"
	"fmt"

	"centrala"
	"centrala/store"
	"centrala/store/column"
)

// MaxFiles is how many files an article has at most.
const MaxFiles = 200

const fileColumns = `SELECT id, article, name, type, size, blob, author, at FROM article_file`

func fileFields(f *centrala.ArticleFile) []any {
	return []any{&f.ID, &f.Article, &f.Name, &f.Type, &f.Size, &f.Blob, &f.By, column.Instant(&f.At)}
}

// Files lists an article's files, the latest first.
func (l *Library) Files(ctx context.Context, article centrala.ArticleID) ([]centrala.ArticleFile, error) {
	all, err := column.All(ctx, l.db.Reads(), fileFields, fileColumns+` WHERE article = $1 ORDER BY id DESC`, article)
	if err != nil {
		return nil, fmt.Errorf("read the article's files: %w", err)
	}
	return all, nil
}

// File reads one file's row; NotFound when there is none. Who may read the file is said by its
// article.
func (l *Library) File(ctx context.Context, id centrala.FileID) (centrala.ArticleFile, error) {
	f, err := column.One(ctx, l.db.Reads(), fileFields, fileColumns+` WHERE id = $1`, id)
	return f, column.Missing(err, "file", id.String())
}

// SaveFile notes a file of an article that readers see or that has a draft, else NotFound; TooMany
// when it has enough. The blob is on disk before the row is.
func (l *Library) SaveFile(ctx context.Context, f centrala.ArticleFile) (centrala.ArticleFile, error) {
	err := first(
		func() error { return column.CheckName("name", f.Name, 200) },
		func() error { return column.CheckName("type", f.Type, 200) },
		func() error { return column.CheckName("blob", f.Blob, 200) },
		l.db.KeepFiles,
	)
	if err != nil {
		return f, err
	}
	err = l.db.Update(ctx, func(tx *store.Tx) error {
		if _, _, err := work(tx, f.Article); err != nil {
			return err
		}
		var n int
		if err := tx.Row(`SELECT count(*) FROM article_file WHERE article = $1`, []any{f.Article}, &n); err != nil {
			return fmt.Errorf("count the article's files: %w", err)
		}
		if n >= MaxFiles {
			return &centrala.Error{Code: centrala.TooMany, Field: "file", Message: fmt.Sprintf("An article has %d files at most.", MaxFiles)}
		}
		f.ID, f.At = centrala.FileID(tx.NewID()), column.Time(column.Micros(tx.Now()))
		_, err := tx.Exec(`INSERT INTO article_file (id, article, name, type, size, blob, author, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			f.ID, f.Article, f.Name, f.Type, f.Size, f.Blob, f.By, column.Micros(f.At))
		if err != nil {
			return fmt.Errorf("note the file: %w", err)
		}
		return nil
	})
	return f, err
}

// DeleteFile forgets a file; NotFound when there is none. Its blob is the caller's to delete.
func (l *Library) DeleteFile(ctx context.Context, id centrala.FileID) error {
	return l.db.Update(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(`DELETE FROM article_file WHERE id = $1`, id)
		if err == nil && n == 0 {
			err = sql.ErrNoRows
		}
		return column.Missing(err, "file", id.String())
	})
}
