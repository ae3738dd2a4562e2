package library

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"centrala"
	"centrala/store/column"
)

// Manuscript reads one article as its authors see it; NotFound when there is neither an article
// nor a draft.
func (l *Library) Manuscript(ctx context.Context, id centrala.ArticleID) (centrala.Manuscript, error) {
	all, err := l.manuscripts(ctx, ` WHERE a.id = $1`, ` WHERE d.article = $1`, id)
	if err != nil {
		return centrala.Manuscript{}, err
	}
	if len(all) == 0 {
		return centrala.Manuscript{}, &centrala.Error{Code: centrala.NotFound, Field: "article", Message: fmt.Sprintf("There is no article %s.", id)}
	}
	return all[0], nil
}

// Manuscripts lists articles as their authors see them, by locale, section and title.
func (l *Library) Manuscripts(ctx context.Context, f centrala.ManuscriptFilter) ([]centrala.Manuscript, error) {
	all, err := l.manuscripts(ctx, "", "")
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(m centrala.Manuscript) bool { return !f.Matches(m) }), nil
}

// manuscripts joins articles and drafts: a Help Centre has some thousands, and is read as a whole.
func (l *Library) manuscripts(ctx context.Context, ofArticles, ofDrafts string, args ...any) ([]centrala.Manuscript, error) {
	articles, err := column.All(ctx, l.db.Reads(), articleFields, articleColumns+ofArticles, args...)
	if err != nil {
		return nil, fmt.Errorf("read the articles: %w", err)
	}
	drafts, err := column.All(ctx, l.db.Reads(), draftFields, draftColumns+ofDrafts, args...)
	if err != nil {
		return nil, fmt.Errorf("read the drafts: %w", err)
	}
	byID := map[centrala.ArticleID]*centrala.Manuscript{}
	for _, a := range articles {
		byID[a.ID] = &centrala.Manuscript{Article: a}
	}
	for _, d := range drafts {
		m := byID[d.Article]
		if m == nil {
			m = &centrala.Manuscript{Article: centrala.Article{ID: d.Article, Topic: d.topic, Locale: d.locale, Source: d.source, Basis: d.Basis, Content: d.Content, UpdatedAt: d.SavedAt}}
			byID[d.Article] = m
		}
		m.Draft = &d.Draft
	}
	if err := l.count(ctx, byID); err != nil {
		return nil, err
	}
	out := make([]centrala.Manuscript, 0, len(byID))
	for _, m := range byID {
		out = append(out, *m)
	}
	slices.SortFunc(out, func(a, b centrala.Manuscript) int {
		return cmp.Or(strings.Compare(a.Locale, b.Locale), strings.Compare(a.Section, b.Section), strings.Compare(a.Title, b.Title), cmp.Compare(a.ID, b.ID))
	})
	return out, nil
}

// edge is when an article's version came out.
type edge struct {
	article centrala.ArticleID
	number  int
	at      time.Time
}

// count fills in how many versions there were, and since when translations are stale.
func (l *Library) count(ctx context.Context, byID map[centrala.ArticleID]*centrala.Manuscript) error {
	where, args := "", []any(nil)
	if len(byID) == 1 {
		for id, m := range byID {
			where, args = ` WHERE article IN ($1, $2)`, []any{id, m.Topic}
		}
	}
	edges, err := column.All(ctx, l.db.Reads(), func(e *edge) []any { return []any{&e.article, &e.number, column.Instant(&e.at)} },
		`SELECT article, number, at FROM article_version`+where+` ORDER BY article, number`, args...)
	if err != nil {
		return fmt.Errorf("read the versions: %w", err)
	}
	published := map[centrala.ArticleID][]edge{}
	for _, e := range edges {
		published[e.article] = append(published[e.article], e)
	}
	for id, m := range byID {
		m.Numbers = len(published[id])
		if m.Original() || m.Basis == 0 {
			continue
		}
		after := slices.IndexFunc(published[m.Topic], func(e edge) bool { return e.number > m.Basis })
		if after >= 0 {
			m.Stale = published[m.Topic][after].at
		}
	}
	return nil
}
