// Package library keeps the Help Centre: articles as readers see them, what their authors are at,
// what they were, where they stand, and the words that searchers know. Its writing joins the
// store's group commit.
package library

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"centrala"
	"centrala/store"
	"centrala/store/column"
)

// Library is the Help Centre's part of a store. It is safe for concurrent use.
type Library struct {
	db    *store.DB
	reads column.Querier
	tally *tally
}

// New is the library of a store, which stays its caller's to close.
func New(db *store.DB) *Library { return &Library{db: db, reads: db.Reads(), tally: newTally()} }

// articleColumns reads articles; the original's slug is what files name a topic by.
const articleColumns = `SELECT a.id, a.topic, a.locale, a.slug, a.title, a.summary, a.body, a.section, a.sides, a.readers, a.tags, a.related, a.popular,
	COALESCE((SELECT o.slug FROM article o WHERE o.id = a.topic AND a.topic <> a.id), ''), a.version, a.basis, a.source, a.published_at, a.updated_at FROM article a`

func articleFields(a *centrala.Article) []any {
	return []any{&a.ID, &a.Topic, &a.Locale, &a.Slug, &a.Title, &a.Summary, &a.Body, &a.Section, column.JSON(&a.Sides), column.JSON(&a.Readers), column.JSON(&a.Tags), column.JSON(&a.Related),
		&a.Popular, &a.Translation, &a.Version, &a.Basis, &a.Source, column.Instant(&a.PublishedAt), column.Instant(&a.UpdatedAt)}
}

// Article reads the article at an address, or the one that stood there once: then its slug is
// another. NotFound when there is none that readers see.
func (l *Library) Article(ctx context.Context, locale, slug string) (centrala.Article, error) {
	if !column.Storable(locale + slug) {
		return centrala.Article{}, column.Missing(sql.ErrNoRows, "article", "at this address")
	}
	a, err := column.One(ctx, l.db.Reads(), articleFields, articleColumns+` WHERE a.locale = $1 AND a.slug = $2`, locale, slug)
	if errors.Is(err, sql.ErrNoRows) {
		a, err = column.One(ctx, l.db.Reads(), articleFields, articleColumns+` JOIN redirect r ON r.article = a.id WHERE r.locale = $1 AND r.slug = $2`, locale, slug)
	}
	return a, column.Missing(err, "article", fmt.Sprintf("%.10q/%.80q", locale, slug))
}

// ArticleByID reads one article as its readers see it; NotFound when they see none.
func (l *Library) ArticleByID(ctx context.Context, id centrala.ArticleID) (centrala.Article, error) {
	a, err := column.One(ctx, l.db.Reads(), articleFields, articleColumns+` WHERE a.id = $1`, id)
	return a, column.Missing(err, "article", id.String())
}

// Articles lists whole articles by locale, section and title, or in the order of f.IDs, as readers see them. A side keeps
// its own articles and those of no side.
func (l *Library) Articles(ctx context.Context, f centrala.ArticleFilter) ([]centrala.Article, error) {
	var (
		where = "1 = 1"
		args  []any
	)
	narrow := func(condition string, arg any) {
		args = append(args, arg)
		where += " AND " + strings.ReplaceAll(condition, "?", "$"+strconv.Itoa(len(args)))
	}
	if f.Locale != "" {
		narrow("a.locale = ?", f.Locale)
	}
	if f.Section != "" {
		narrow("a.section = ?", f.Section)
	}
	if f.Topic != 0 {
		narrow("a.topic = ?", f.Topic)
	}
	if f.IDs != nil {
		marks := make([]string, len(f.IDs))
		for i, id := range f.IDs {
			args = append(args, id)
			marks[i] = "$" + strconv.Itoa(len(args))
		}
		where += " AND a.id IN (" + strings.Join(append(marks, "0"), ", ") + ")"
	}
	if f.Public {
		where += " AND a.readers = '[]'"
	}
	if f.Side != centrala.NoSide {
		if err := column.CheckSides(f.Side); err != nil {
			return nil, err
		}
		narrow("(a.sides = '[]' OR a.sides LIKE ?)", `%"`+string(f.Side)+`"%`)
	}
	articles, err := column.All(ctx, l.db.Reads(), articleFields, articleColumns+` WHERE `+where+` ORDER BY a.locale, a.section, a.title, a.id`, args...)
	if err != nil {
		return nil, fmt.Errorf("read the articles: %w", err)
	}
	if f.IDs != nil {
		slices.SortStableFunc(articles, func(a, b centrala.Article) int {
			return cmp.Compare(slices.Index(f.IDs, a.ID), slices.Index(f.IDs, b.ID))
		})
	}
	return articles, nil
}

// The most that an article holds.
const (
	maxBody    = 8 << 20 // bytes; readers see markdown.MaxRead of them
	maxRelated = 10
)

// repeats reports whether something stands in a list twice.
func repeats[T comparable](list []T) bool {
	for i, v := range list {
		if slices.Contains(list[:i], v) {
			return true
		}
	}
	return false
}

// check refuses what cannot stand in an article.
func check(locale string, c *centrala.Content) error {
	c.Sides, c.Readers, c.Tags, c.Related = column.Some(c.Sides), column.Some(c.Readers), slices.Clone(column.Some(c.Tags)), column.Some(c.Related)
	if locale == "" {
		return centrala.InvalidField("locale", "The article has no locale.")
	}
	if len(c.Related) > maxRelated || repeats(c.Related) {
		return centrala.InvalidField("related", "An article names %d related ones at most, each once.", maxRelated)
	}
	if len(c.Body) > maxBody {
		return &centrala.Error{Code: centrala.TooLong, Field: "body", Message: "An article's text has 8 MB at most."}
	}
	err := first(
		func() error { return column.CheckLocale(locale) },
		func() error {
			return column.CheckWords("article", c.Summary, c.Body, c.Section, strings.Join(c.Tags, " "))
		},
		func() error { return column.CheckSides(slices.Concat(c.Sides, c.Readers)...) },
		func() error { return column.CheckSlug(c.Slug, "-_.", 200) },
		func() error { return column.CheckWords("title", c.Title) },
	)
	if err != nil {
		return err
	}
	c.Title, c.Summary, c.Section = strings.TrimSpace(centrala.Plain(c.Title)), centrala.Plain(c.Summary), centrala.Plain(c.Section)
	for i, tag := range c.Tags {
		c.Tags[i] = centrala.Plain(tag)
	}
	return column.CheckName("title", c.Title, 300)
}

// first is the first refusal of several checks.
func first(checks ...func() error) error {
	for _, c := range checks {
		if err := c(); err != nil {
			return err
		}
	}
	return nil
}

func bySystem() centrala.Author { return centrala.Author{Kind: centrala.BySystem, ID: "centrala"} }

// saved tells that readers see something else of an article.
func saved(tx *store.Tx, id centrala.ArticleID, by centrala.AgentID) error {
	return tx.Emit(centrala.ArticleSaved, bySystem(), centrala.Facts{Kind: "saved", Article: id, Agent: by})
}
