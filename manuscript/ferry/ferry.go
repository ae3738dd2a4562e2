// Package ferry is what the commands of articles do: bring a Help Centre from the disk into a
// store and back, and follow its links. What it has to say, it writes for who reads a terminal.
package ferry

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"centrala"
	"centrala/manuscript"
	"centrala/manuscript/link"
	"centrala/manuscript/migrate"
	"centrala/words"
)

// Cargo is what was read from the disk. It is open until Close.
type Cargo struct {
	manuscript.Collection
	Moved []migrate.Moved // of another help centre: where its articles stand now
	end   func() error
}

// Close closes the folder or archive that the cargo came from.
func (c *Cargo) Close() error { return c.end() }

// Read reads a folder, an archive or an export: from is folder, zendesk or chatwoot. All that is
// wrong is written, a line each, and then nothing is returned but an error.
func Read(path, from string, segments map[string]string, w io.Writer) (_ *Cargo, err error) {
	dir, end, problems, err := open(path, from)
	if err != nil {
		return nil, err
	}
	c := &Cargo{end: end}
	defer func() {
		if err != nil {
			err = errors.Join(err, end())
		}
	}()
	if len(problems) == 0 {
		if from == "folder" {
			c.Collection, problems, err = manuscript.Read(dir)
		} else {
			c.Collection, c.Moved, problems, err = migrate.Read(from, dir, segments)
		}
		if err != nil {
			return nil, err
		}
	}
	if len(problems) > 0 {
		return nil, refused(w, problems)
	}
	if len(c.Pages)+len(c.Shelves)+len(c.Words)+len(c.Notes) == 0 {
		return nil, fmt.Errorf("nothing was imported: there is no article in %s", path)
	}
	return c, nil
}

// open is a folder, an archive or a single file as a folder, from which nothing leads out.
func open(path, from string) (dir fs.FS, end func() error, problems []manuscript.Problem, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, nil, nil, err
	}
	if !info.IsDir() && strings.EqualFold(filepath.Ext(path), ".zip") {
		z, err := zip.OpenReader(path)
		if z == nil {
			return nil, nil, nil, fmt.Errorf("%s: %w", path, err)
		}
		dir, problems = manuscript.Archive(&z.Reader) // names that lead out are its matter
		return dir, z.Close, problems, nil
	}
	if !info.IsDir() && from == "folder" {
		return nil, nil, nil, fmt.Errorf("%s is neither a folder nor a .zip: name the folder that it is in", path)
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

func refused(w io.Writer, problems []manuscript.Problem) error {
	for _, p := range problems {
		if _, err := fmt.Fprintln(w, p); err != nil {
			return err
		}
	}
	return fmt.Errorf("nothing was imported: %d things are wrong, the first is %w", len(problems), problems[0])
}

// Land imports the cargo into a store or, with only, says what that would do. The table of what
// moved goes into a file, or is written when there is none.
func (c *Cargo) Land(ctx context.Context, into manuscript.Store, files manuscript.Cabinet, only bool, table string, w io.Writer) error {
	plan, problems, err := manuscript.Compare(ctx, c.Collection, into, files)
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		return refused(w, problems)
	}
	if err := notes(w, c.Notes); err != nil {
		return err
	}
	if only {
		return plan.List(w)
	}
	if err := plan.Carry(ctx, into, files, w); err != nil {
		return err
	}
	if len(c.Moved) > 0 && table != "" {
		return os.WriteFile(table, []byte(migrate.Table(c.Moved)), 0o644)
	}
	if len(c.Moved) > 0 {
		_, err = fmt.Fprintf(w, "Old address, new address (for the redirects of a web server):\n%s", migrate.Table(c.Moved))
	}
	return err
}

func notes(w io.Writer, all []manuscript.Problem) error {
	for _, n := range all {
		if _, err := fmt.Fprintln(w, "note:", n); err != nil {
			return err
		}
	}
	return nil
}

// Export writes a Help Centre into a folder: an empty one unless over.
func Export(ctx context.Context, from manuscript.Source, files manuscript.Cabinet, dir string, drafts, over bool, w io.Writer) (err error) {
	c, err := manuscript.Gather(ctx, from, files)
	if err != nil {
		return err
	}
	if !drafts {
		c = c.Published()
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	there, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	if len(there) > 0 && !over {
		return fmt.Errorf("%s is not empty: name another folder, or add --over", dir)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	n, err := c.Save(root)
	if err != nil {
		return fmt.Errorf("after %d files: %w", n, err)
	}
	if err := notes(w, c.Notes); err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%d articles and drafts, %d files written to %s.\n", len(c.Pages), n, dir)
	return err
}

// Shelf is what links are held against.
type Shelf interface {
	Articles(ctx context.Context, f centrala.ArticleFilter) ([]centrala.Article, error)
	Redirects(ctx context.Context) ([]centrala.Redirect, error)
	File(ctx context.Context, id centrala.FileID) (centrala.ArticleFile, error)
}

var filed = regexp.MustCompile(`/help/files/(af_[0-9a-z]+)`)

// Book is a store's articles, to follow their links.
func Book(ctx context.Context, from Shelf, base string) (*link.Book, error) {
	articles, err := from.Articles(ctx, centrala.ArticleFilter{})
	if err != nil {
		return nil, err
	}
	redirects, err := from.Redirects(ctx)
	if err != nil {
		return nil, err
	}
	files := map[string]bool{}
	for _, a := range articles {
		for _, m := range filed.FindAllStringSubmatch(a.Body, -1) {
			var id centrala.FileID
			if _, known := files[m[1]]; known || id.UnmarshalText([]byte(m[1])) != nil {
				continue
			}
			_, err := from.File(ctx, id)
			if err != nil && centrala.CodeOf(err) != centrala.NotFound {
				return nil, err
			}
			files[m[1]] = err == nil
		}
	}
	return link.New(articles, redirects, files, base, words.Polish, words.English), nil
}

// Within follows the links of all articles within the Help Centre, and tells how many articles
// there are and how many addresses lead outside.
func Within(ctx context.Context, from Shelf, base string) (faults []centrala.LinkFault, articles, outside int, err error) {
	book, err := Book(ctx, from, base)
	if err != nil {
		return nil, 0, 0, err
	}
	faults, out := book.Check()
	link.Sort(faults)
	return faults, book.Len(), len(out), nil
}

// Check follows all links; those that lead outside only with a client. An error tells how many are
// broken.
func Check(ctx context.Context, from Shelf, base string, client link.Client, w io.Writer) error {
	book, err := Book(ctx, from, base)
	if err != nil {
		return err
	}
	faults, outside := book.Check()
	left := 0
	if client != nil {
		var more []centrala.LinkFault
		more, left, err = link.Follow(ctx, client, outside, func(done, of int) {
			if done%100 == 0 {
				fmt.Fprintf(w, "%d of %d asked for\n", done, of)
			}
		})
		if err != nil {
			return err
		}
		faults = append(faults, more...)
	}
	broken, err := link.Write(w, faults)
	if err != nil {
		return err
	}
	if left > 0 {
		fmt.Fprintf(w, "%d more addresses were not asked for.\n", left)
	}
	if broken > 0 {
		return fmt.Errorf("%d links are broken", broken)
	}
	_, err = fmt.Fprintf(w, "No link is broken; %d addresses lead outside.\n", len(outside))
	return err
}
