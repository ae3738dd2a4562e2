package manuscript

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"

	"centrala"
)

// Target is a store as it is written.
type Target interface {
	PutArticle(ctx context.Context, a centrala.Article, once []centrala.Redirect) (centrala.Article, error)
	PutDraft(ctx context.Context, a centrala.Article, d centrala.Draft) error
	DiscardDraft(ctx context.Context, id centrala.ArticleID) error
	SaveShelf(ctx context.Context, s centrala.Shelf) error
	SaveWordList(ctx context.Context, w centrala.WordList) error
}

// Apply does what is planned, and calls done behind every step. An error ends it; what was done
// stays, and doing the same again begins where it ended. The cabinet may be nil, if no page has
// files.
func (p Plan) Apply(ctx context.Context, to Target, files Cabinet, done func(Step)) error {
	for _, step := range p.Steps {
		if step.Fate != Untouched {
			if err := p.apply(ctx, to, files, step); err != nil {
				return fmt.Errorf("%s: %w", step.File, err)
			}
		}
		done(step)
	}
	return nil
}

func (p Plan) apply(ctx context.Context, to Target, files Cabinet, step Step) error {
	switch {
	case step.shelf != nil:
		return to.SaveShelf(ctx, *step.shelf)
	case step.words != nil:
		return to.SaveWordList(ctx, *step.words)
	}
	page := *step.page
	a := centrala.Article{ID: step.article, Topic: step.topic, Locale: page.Locale, Version: page.Version, Basis: page.Basis, Source: page.File}
	_, known := p.store.versions[a.ID]
	begin := len(page.Files) > 0 && !known // files are attached to what is there
	if begin {
		if err := to.PutDraft(ctx, a, page.draft(step)); err != nil {
			return err
		}
		p.store.versions[a.ID] = 0
	}
	if err := page.file(ctx, p.store.filed, step.article, files); err != nil {
		return err
	}
	d := page.draft(step)
	if page.Draft != nil {
		return to.PutDraft(ctx, a, d)
	}
	a.Content = d.Content
	var once []centrala.Redirect
	for _, name := range page.Aliases {
		locale, slug := parts(whole(page.Locale, name))
		once = append(once, centrala.Redirect{Locale: locale, Slug: slug})
	}
	if _, err := to.PutArticle(ctx, a, once); err != nil || !begin {
		return err
	}
	return to.DiscardDraft(ctx, a.ID)
}

// draft is what a page is as a draft: its own state, or one that is begun.
func (p Page) draft(step Step) centrala.Draft {
	c := p.Content
	c.Related = step.related
	d := centrala.Draft{Content: c, State: centrala.Writing, Basis: p.Basis}
	if p.Draft != nil {
		d.State, d.Base, d.Due, d.Note = p.Draft.State, p.Draft.Base, p.Draft.Due, p.Draft.Note
	}
	return d
}

// parts are the locale and the slug of an address.
func parts(address string) (locale, slug string) {
	locale, slug, _ = strings.Cut(address, "/")
	return locale, slug
}

// file puts what is attached to a page into the cabinet, unless it is there, and has the text link
// to it there.
func (p *Page) file(ctx context.Context, filed map[centrala.ArticleID][]Filed, article centrala.ArticleID, files Cabinet) error {
	if len(p.Files) == 0 {
		return nil
	}
	if files == nil {
		return fmt.Errorf("%s cannot be attached: this store keeps no files", p.Files[0].Name)
	}
	addresses := map[string]string{}
	for _, f := range p.Files {
		content, err := f.Open()
		if err != nil {
			return err
		}
		there, err := find(ctx, filed[article], f, content, files)
		if err != nil {
			return err
		}
		if there.Address == "" {
			if there, err = files.SaveFile(ctx, article, f.Name, content); err != nil {
				return fmt.Errorf("attach %s: %w", f.Name, err)
			}
			filed[article] = append(filed[article], there)
		}
		addresses["files/"+p.stem()+"/"+url.PathEscape(f.Name)] = there.Address
	}
	p.Body = relink(p.Body, func(to string, _ int) (string, bool) {
		at, ok := addresses[to]
		return at, ok
	})
	return nil
}

// find looks for a file among those that are there.
func find(ctx context.Context, filed []Filed, f File, content []byte, files Cabinet) (Filed, error) {
	names := map[string]string{}
	for _, t := range filed {
		names[t.Address] = freeName(t.Name, names)
	}
	for _, t := range slices.Backward(filed) {
		if names[t.Address] != f.Name || t.Size != int64(len(content)) {
			continue
		}
		there, err := files.OpenFile(ctx, t)
		if err != nil {
			return Filed{}, err
		}
		if bytes.Equal(there, content) {
			return t, nil
		}
	}
	return Filed{}, nil
}

// List says what would be done, for who reads a terminal.
func (p Plan) List(w io.Writer) error {
	for _, s := range p.Steps {
		if _, err := fmt.Fprintf(w, "%-9s  %-8s  %s\n", s.Fate, s.What, s.Name); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(w, "Nothing was imported. It would be", p.Sum())
	return err
}

// often is after how many steps a long import says how far it is.
const often = 250

// Carry does what is planned and says how far it is, what was done, and where it ended when it did
// not come to its end.
func (p Plan) Carry(ctx context.Context, to Target, files Cabinet, w io.Writer) error {
	n := 0
	err := p.Apply(ctx, to, files, func(Step) {
		if n++; n%often == 0 {
			fmt.Fprintf(w, "%d of %d\n", n, len(p.Steps))
		}
	})
	if err != nil {
		return fmt.Errorf("%d of %d are imported and stay; import again when this is mended: %w", n, len(p.Steps), err)
	}
	_, err = fmt.Fprintln(w, "Imported:", p.Sum())
	return err
}
