package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"centrala"
	"centrala/search"
	"centrala/search/bleve"
	"centrala/search/meilisearch"
	"centrala/search/remote"
	"centrala/store"
	"centrala/store/library"
)

// ArticleSearchCmd asks the Help Centre.
type ArticleSearchCmd struct {
	Query  string `arg:"" help:"The question."`
	Locale string `default:"pl" help:"Language of the articles; \"\" for any."`
	Side   string `enum:",buyer,seller,advertiser" default:"" help:"buyer, seller or advertiser."`
	Limit  int    `default:"5" help:"How many, 1 to 20."`
	Weak   bool   `help:"Also what may not answer."`
	JSON   bool   `name:"json" help:"As GET /v1/articles/search answers."`
	URL    string `help:"Ask a running server at this address, which tells what everybody may read; without it, the data folder is asked for all that is published."`
}

// Run implements the command.
func (a *ArticleSearchCmd) Run(ctx context.Context, cli *CLI) error {
	if a.Limit < 1 || a.Limit > 20 {
		return errors.New("--limit: 1 to 20")
	}
	if a.URL != "" && a.Weak {
		return errors.New("--weak: a server only tells what surely answers; leave out --url or --weak")
	}
	found, err := a.ask(ctx, cli)
	if err != nil {
		return err
	}
	if a.JSON {
		e := json.NewEncoder(cli.Out)
		e.SetEscapeHTML(false)
		return e.Encode(found)
	}
	return found.Write(cli.Out, a.URL)
}

func (a *ArticleSearchCmd) ask(ctx context.Context, cli *CLI) (found remote.Answers, err error) {
	q := centrala.Query{Text: a.Query, Locale: a.Locale, Side: centrala.Side(a.Side), Limit: a.Limit, Weak: a.Weak, Asker: centrala.Inside}
	if a.URL != "" {
		return remote.Search(ctx, &http.Client{Timeout: 15 * time.Second}, a.URL, q)
	}
	err = cli.use(ctx, func(h *house) error {
		found, err = indexed(ctx, h, q)
		return err
	})
	return found, err
}

// indexed asks the Meilisearch server that is configured or, without one, an index made aside of the
// articles of the data folder: that works beside a running server and without one.
func indexed(ctx context.Context, h *house, q centrala.Query) (found remote.Answers, err error) {
	l := library.New(h.DB)
	if h.cfg.Search.Meilisearch.URL != "" {
		o, err := h.cfg.meilisearch("search")
		if err != nil {
			return found, err
		}
		lists, err := l.WordLists(ctx)
		if err != nil {
			return found, err
		}
		engine := meilisearch.New(o)
		if _, err := engine.Versions(ctx); err != nil { // reads what it has, and changes nothing
			return found, err
		}
		if err := engine.Learn(ctx, lists); err != nil {
			return found, err
		}
		return answered(ctx, search.New(engine, l, slog.New(slog.DiscardHandler)), q)
	}
	dir, err := os.MkdirTemp("", "centrala-index-")
	if err != nil {
		return found, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	engine, err := bleve.Open(filepath.Join(dir, "index"), slog.New(slog.DiscardHandler))
	if err != nil {
		return found, err
	}
	defer func() { err = errors.Join(err, engine.Close()) }()
	help := search.New(engine, l, slog.New(slog.DiscardHandler))
	if err := help.Sync(ctx); err != nil {
		return found, err
	}
	return answered(ctx, help, q)
}

func answered(ctx context.Context, help *search.HelpCentre, q centrala.Query) (found remote.Answers, err error) {
	began := time.Now()
	found.Engine = help.Engine()
	found.Items, err = help.Suggest(ctx, q)
	found.TookMS = time.Since(began).Milliseconds()
	return found, err
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
