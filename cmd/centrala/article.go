package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"text/tabwriter"

	"centrala"
	"centrala/manuscript"
	"centrala/search"
	"centrala/search/bleve"
	"centrala/store/library"
)

// ArticleCmd looks after the Help Centre.
type ArticleCmd struct {
	Import ArticleImportCmd `cmd:"" help:"Import a folder of Markdown files with front matter (title, locale, sides, tags, slug)."`
	Search ArticleSearchCmd `cmd:"" help:"Ask the Help Centre, as a customer would."`
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
