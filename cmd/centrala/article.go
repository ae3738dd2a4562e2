package main

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"centrala"
	"centrala/auth"
	"centrala/manuscript"
	"centrala/manuscript/link"
	"centrala/manuscript/migrate"
	"centrala/store/library"
)

// ArticleCmd looks after the Help Centre.
type ArticleCmd struct {
	Import ArticleImportCmd `cmd:"" help:"Import a folder of Markdown, or an export of Zendesk or Chatwoot."`
	Export ArticleExportCmd `cmd:"" help:"Write the Help Centre as a folder of Markdown."`
	Check  ArticleCheckCmd  `cmd:"" help:"Follow the links of all articles; exit code 1 when one is broken."`
	Search ArticleSearchCmd `cmd:"" help:"Ask the Help Centre, as a customer would."`
}

// ArticleImportCmd imports articles.
type ArticleImportCmd struct {
	Path    string            `arg:"" help:"Folder or .zip of Markdown; with --from, a .json file or a folder of them." type:"path"`
	From    string            `default:"folder" enum:"folder,zendesk,chatwoot" help:"What it is: folder, zendesk or chatwoot."`
	Check   bool              `help:"Only say what would be done."`
	Segment map[string]string `help:"Zendesk: who a user segment is (ID=seller); articles of others are not imported."`
	Moved   string            `help:"Write the table of old addresses and new ones into this file." type:"path"`
}

// Run implements the command.
func (a *ArticleImportCmd) Run(ctx context.Context, cli *CLI) (err error) {
	dir, end, problems, err := opened(a.Path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, end()) }()
	var c manuscript.Collection
	var moved []migrate.Moved
	if len(problems) == 0 {
		if a.From == "folder" {
			c, problems, err = manuscript.Read(dir)
		} else {
			c, moved, problems, err = migrate.Read(a.From, dir, a.Segment)
		}
		if err != nil {
			return err
		}
	}
	if len(problems) == 0 && len(c.Pages)+len(c.Shelves)+len(c.Words)+len(c.Notes) == 0 {
		return fmt.Errorf("nothing was imported: there is no article in %s", a.Path)
	}
	return cli.use(ctx, func(h *house) error {
		if len(problems) == 0 {
			return a.bring(ctx, cli, h, c, moved)
		}
		return refused(cli, problems)
	})
}

// opened is a folder, an archive or a single file as a folder, from which nothing leads out.
func opened(path string) (dir fs.FS, end func() error, problems []manuscript.Problem, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, nil, nil, err
	}
	if strings.EqualFold(filepath.Ext(path), ".zip") && !info.IsDir() {
		z, err := zip.OpenReader(path)
		if z == nil {
			return nil, nil, nil, fmt.Errorf("%s: %w", path, err)
		}
		dir, problems = manuscript.Archive(&z.Reader)
		return dir, z.Close, problems, nil
	}
	folder := path
	if !info.IsDir() {
		folder = filepath.Dir(path)
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, nil, nil, err
	}
	if dir = root.FS(); !info.IsDir() {
		dir = migrate.Only(dir, filepath.Base(path))
	}
	return dir, root.Close, nil, nil
}

func refused(cli *CLI, problems []manuscript.Problem) error {
	for _, p := range problems {
		fmt.Fprintln(cli.Out, p)
	}
	return fmt.Errorf("nothing was imported: %d things are wrong, the first is %w", len(problems), problems[0])
}

// bring compares and imports what was read, and says what was done.
func (a *ArticleImportCmd) bring(ctx context.Context, cli *CLI, h *house, c manuscript.Collection, moved []migrate.Moved) error {
	shelf := library.New(h.DB)
	plan, problems, err := manuscript.Compare(ctx, c, shelf, nil)
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		return refused(cli, problems)
	}
	for _, n := range c.Notes {
		fmt.Fprintln(cli.Out, "note:", n)
	}
	if a.Check {
		return plan.List(cli.Out)
	}
	if err := plan.Carry(ctx, shelf, nil, cli.Out); err != nil {
		return err
	}
	if err := a.tell(cli, moved); err != nil {
		return err
	}
	_, err = fmt.Fprintln(cli.Out, "A running server finds them within seconds.")
	return err
}

// tell says where what stood elsewhere stands now.
func (a *ArticleImportCmd) tell(cli *CLI, moved []migrate.Moved) error {
	if len(moved) == 0 {
		return nil
	}
	table := migrate.Table(moved)
	if a.Moved != "" {
		return os.WriteFile(a.Moved, []byte(table), 0o644)
	}
	_, err := fmt.Fprintf(cli.Out, "Old address, new address (for the redirects of a web server):\n%s", table)
	return err
}

// ArticleExportCmd writes articles out.
type ArticleExportCmd struct {
	Dir    string `arg:"" help:"Folder to write; made if it is not there." type:"path"`
	Drafts bool   `help:"Drafts too, into drafts/."`
	Over   bool   `help:"Write into a folder that is not empty. What is there under another name stays."`
}

// Run implements the command.
func (a *ArticleExportCmd) Run(ctx context.Context, cli *CLI) error {
	return cli.use(ctx, func(h *house) (err error) {
		c, err := manuscript.Gather(ctx, library.New(h.DB), nil)
		if err != nil {
			return err
		}
		if !a.Drafts {
			c = c.Published()
		}
		if err := os.MkdirAll(a.Dir, 0o755); err != nil {
			return err
		}
		if there, err := os.ReadDir(a.Dir); err != nil {
			return err
		} else if len(there) > 0 && !a.Over {
			return fmt.Errorf("%s is not empty: name another folder, or add --over", a.Dir)
		}
		root, err := os.OpenRoot(a.Dir)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, root.Close()) }()
		n, err := c.Save(root)
		if err != nil {
			return fmt.Errorf("after %d files: %w", n, err)
		}
		for _, note := range c.Notes {
			fmt.Fprintln(cli.Out, "note:", note)
		}
		_, err = fmt.Fprintf(cli.Out, "%d articles and drafts, %d files written to %s.\n", len(c.Pages), n, a.Dir)
		return err
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
		book, err := linkBook(ctx, library.New(h.DB), h.cfg.URL)
		if err != nil {
			return err
		}
		faults, outside := book.Check()
		if a.External {
			more, left, err := link.Follow(ctx, auth.OutgoingPictures(a.Private), outside, func(done, of int) {
				if done%100 == 0 {
					fmt.Fprintf(cli.Out, "%d of %d asked for\n", done, of)
				}
			})
			if err != nil {
				return err
			}
			if faults = append(faults, more...); left > 0 {
				fmt.Fprintf(cli.Out, "%d more addresses were not asked for.\n", left)
			}
		}
		broken, err := link.Write(cli.Out, faults)
		if err != nil {
			return err
		}
		if broken > 0 {
			return fmt.Errorf("%d links are broken", broken)
		}
		_, err = fmt.Fprintf(cli.Out, "No link is broken (%d lead outside).\n", len(outside))
		return err
	})
}

// linkBook is what the links of articles are held against.
func linkBook(ctx context.Context, l *library.Library, base string) (*link.Book, error) {
	articles, err := l.Articles(ctx, centrala.ArticleFilter{})
	if err != nil {
		return nil, err
	}
	redirects, err := l.Redirects(ctx)
	if err != nil {
		return nil, err
	}
	return link.New(articles, redirects, nil, base), nil
}
