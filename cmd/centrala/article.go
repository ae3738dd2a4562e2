package main

import (
	"context"
	"errors"
	"fmt"

	"gocloud.dev/blob"

	"centrala/auth"
	"centrala/gateway/rest"
	"centrala/manuscript/ferry"
	links "centrala/manuscript/link"
	"centrala/store/library"
)

// ArticleCmd looks after the Help Centre.
type ArticleCmd struct {
	Import ArticleImportCmd `cmd:"" help:"Import a folder of Markdown, or an export of Zendesk or Chatwoot."`
	Export ArticleExportCmd `cmd:"" help:"Write the Help Centre as a folder of Markdown."`
	Check  ArticleCheckCmd  `cmd:"" help:"Follow the links of all articles; exit code 1 when one is broken."`
	Search ArticleSearchCmd `cmd:"" help:"Ask the Help Centre, as a customer would."`

	Reindex ArticleReindexCmd `cmd:"" help:"Make the indexes of the search anew from the articles, while the server is stopped."`
}

// ArticleImportCmd imports articles.
type ArticleImportCmd struct {
	Path    string            `arg:"" help:"Folder or .zip of Markdown; with --from, a .json file or a folder of them." type:"path"`
	From    string            `default:"folder" enum:"folder,zendesk,chatwoot" help:"What it is: folder, zendesk or chatwoot."`
	Check   bool              `help:"Only say what would be done."`
	Segment map[string]string `help:"Zendesk: who a user segment is (ID=seller); articles of others are not imported."`
	Moved   string            `help:"Write the table of old and new addresses into this file." type:"path"`
}

// Run implements the command.
func (a *ArticleImportCmd) Run(ctx context.Context, cli *CLI) error {
	cargo, err := ferry.Read(a.Path, a.From, a.Segment, cli.Out)
	if err != nil {
		return err
	}
	err = cli.shelf(ctx, func(l *library.Library, files ferry.Cabinet) error {
		if err := cargo.Land(ctx, l, files, a.Check, a.Moved, cli.Out); err != nil || a.Check {
			return err
		}
		_, err := fmt.Fprintln(cli.Out, "A running server finds them within seconds.")
		return err
	})
	return errors.Join(err, cargo.Close())
}

// shelf calls f with the articles and their files.
func (cli *CLI) shelf(ctx context.Context, f func(*library.Library, ferry.Cabinet) error) error {
	return cli.use(ctx, func(h *house) error {
		blobs, err := blob.OpenBucket(ctx, h.cfg.Blobs)
		if err != nil {
			return fmt.Errorf("open the files: %w", err)
		}
		l := library.New(h.DB)
		return errors.Join(f(l, ferry.Cabinet{Rows: l, Blobs: blobs, Sniff: rest.Sniff}), blobs.Close())
	})
}

// ArticleExportCmd writes articles out.
type ArticleExportCmd struct {
	Dir    string `arg:"" help:"Folder to write; made if it is not there." type:"path"`
	Drafts bool   `help:"Drafts too, into drafts/."`
	Over   bool   `help:"Write into a folder that is not empty. What is there under another name stays."`
}

// Run implements the command.
func (a *ArticleExportCmd) Run(ctx context.Context, cli *CLI) error {
	return cli.shelf(ctx, func(l *library.Library, files ferry.Cabinet) error {
		return ferry.Export(ctx, l, files, a.Dir, a.Drafts, a.Over, cli.Out)
	})
}

// ArticleCheckCmd follows links.
type ArticleCheckCmd struct {
	External bool `help:"Ask other servers for what articles link to, too."`
	Private  bool `help:"With --external: also addresses that are not on the public internet."`
}

// Run implements the command.
func (a *ArticleCheckCmd) Run(ctx context.Context, cli *CLI) error {
	return cli.use(ctx, func(h *house) error {
		var client links.Client
		if a.External {
			client = auth.OutgoingPictures(a.Private)
		}
		return ferry.Check(ctx, library.New(h.DB), h.cfg.URL, client, cli.Out)
	})
}
