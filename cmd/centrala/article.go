package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"centrala"
	"centrala/manuscript"
	"centrala/search"
	"centrala/search/bleve"
	"centrala/search/meilisearch"
	"centrala/store"
	"centrala/store/library"
)

// ArticleCmd looks after the Help Centre.
type ArticleCmd struct {
	Import ArticleImportCmd `cmd:"" help:"Import a folder of Markdown files with front matter (title, locale, sides, tags, slug)."`
	Search ArticleSearchCmd `cmd:"" help:"Ask the Help Centre, as a customer would."`

	Reindex ArticleReindexCmd `cmd:"" help:"Make the indexes of the search anew from the articles, while the server is stopped."`
}

// ArticleImportCmd imports articles.
type ArticleImportCmd struct {
	Dir string `arg:"" type:"existingdir" help:"Folder to read; all .md files below it."`
}

// Run implements the command.
func (a *ArticleImportCmd) Run(ctx context.Context, cli *CLI) error {
	return cli.use(ctx, func(h *house) error {
		return manuscript.Load(ctx, os.DirFS(a.Dir), library.New(h.DB))
	})
}

// ArticleSearchCmd asks the Help Centre.
type ArticleSearchCmd struct {
	Query  string `arg:"" help:"The question."`
	Locale string `default:"pl" help:"Language of the articles."`
	Side   string `help:"buyer, seller or advertiser."`
	Limit  int    `default:"5" help:"How many."`
}

// Run implements the command. It indexes the articles aside, so that it works beside a running
// server and without one.
func (a *ArticleSearchCmd) Run(ctx context.Context, cli *CLI) error {
	return cli.use(ctx, func(h *house) (err error) {
		dir, err := os.MkdirTemp("", "centrala-index-")
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
		engine, err := bleve.Open(filepath.Join(dir, "index"), slog.New(slog.DiscardHandler))
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, engine.Close()) }()
		help := search.New(engine, library.New(h.DB), slog.New(slog.DiscardHandler))
		if err := help.Sync(ctx); err != nil {
			return err
		}
		found, err := help.Suggest(ctx, centrala.Query{Text: a.Query, Locale: a.Locale, Side: centrala.Side(a.Side), Limit: a.Limit, Weak: true, Asker: centrala.Inside})
		if err != nil {
			return err
		}
		if len(found) == 0 {
			_, err := fmt.Fprintln(cli.Out, "Nothing is found.")
			return err
		}
		w := tabwriter.NewWriter(cli.Out, 0, 4, 2, ' ', 0)
		for _, s := range found {
			fmt.Fprintf(w, "%.2f\t%s\t%s\n", s.Score, s.Title, s.URL)
		}
		return w.Flush()
	})
}

// ArticleReindexCmd makes the indexes anew.
type ArticleReindexCmd struct{}

// Run implements the command. An index on a server is made anew beside a running program too; the
// embedded one is that program's.
func (*ArticleReindexCmd) Run(ctx context.Context, cli *CLI) error {
	return cli.use(ctx, func(h *house) error {
		if h.cfg.Search.Meilisearch.URL != "" {
			o, err := h.cfg.meilisearch("reindex")
			if err == nil {
				err = reindex(ctx, cli.Out, meilisearch.New(o), h.DB)
			}
			if err != nil {
				return err
			}
		}
		near, err := bleve.Open(filepath.Join(h.cfg.Data, "index"), slog.New(slog.DiscardHandler))
		if errors.Is(err, bleve.ErrInUse) {
			return fmt.Errorf("the embedded index is the running server's: stop it, or have it do so itself with POST /v1/search/rebuild: %w", err)
		}
		if err != nil {
			return err
		}
		return errors.Join(reindex(ctx, cli.Out, near, h.DB), near.Close())
	})
}

// reindex makes one index anew and says so.
func reindex(ctx context.Context, out io.Writer, index search.Index, db *store.DB) error {
	began := time.Now()
	help := search.New(index, library.New(db), slog.New(slog.DiscardHandler))
	if err := help.Rebuild(ctx); err != nil {
		return fmt.Errorf("%s: %w", index.Name(), err)
	}
	_, err := fmt.Fprintf(out, "%s: %d articles, %s\n", index.Name(), help.Known(), time.Since(began).Round(time.Millisecond))
	return err
}
