package library

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"

	"centrala"
	"centrala/store/column"
)

// catalogueColumns reads articles without their texts.
const catalogueColumns = `SELECT id, topic, locale, slug, title, summary, section, sides, tags, related, popular, version, basis, published_at, updated_at FROM article`

func catalogueFields(a *centrala.Article) []any {
	return []any{&a.ID, &a.Topic, &a.Locale, &a.Slug, &a.Title, &a.Summary, &a.Section, column.JSON(&a.Sides), column.JSON(&a.Tags), column.JSON(&a.Related),
		&a.Popular, &a.Version, &a.Basis, column.Instant(&a.PublishedAt), column.Instant(&a.UpdatedAt)}
}

// Catalogue lists what everybody may read, in all languages, by locale, section and title, without
// the texts. What only some may read is not in it.
func (l *Library) Catalogue(ctx context.Context) ([]centrala.Article, error) {
	all, err := column.All(ctx, l.db.Reads(), catalogueFields, catalogueColumns+` WHERE readers = '[]' ORDER BY locale, section, title, id`)
	if err != nil {
		return nil, fmt.Errorf("read the catalogue: %w", err)
	}
	return all, nil
}

// Edition is a word that is another one whenever an article or a shelf has changed: who knows it need
// not read the catalogue again. It costs one pass over an index, not over the articles.
func (l *Library) Edition(ctx context.Context) (string, error) {
	type sum struct{ n, last, all int64 }
	s, err := column.One(ctx, l.db.Reads(), func(s *sum) []any { return []any{&s.n, &s.last, &s.all} },
		`SELECT count(*), COALESCE(max(updated_at), 0), CAST(COALESCE(sum(updated_at % 1000000007), 0) AS bigint) FROM article`)
	if err != nil {
		return "", fmt.Errorf("read when articles changed: %w", err)
	}
	shelves, err := l.Shelves(ctx)
	if err != nil {
		return "", err
	}
	h := fnv.New64a()
	if err := json.NewEncoder(h).Encode(shelves); err != nil {
		return "", fmt.Errorf("sum up the shelves: %w", err)
	}
	return fmt.Sprintf("%d-%x-%x-%x", s.n, s.last, s.all, h.Sum64()), nil
}
