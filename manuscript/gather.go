package manuscript

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"centrala"
)

// Source is a store as it is read.
type Source interface {
	Manuscripts(ctx context.Context, f centrala.ManuscriptFilter) ([]centrala.Manuscript, error)
	Redirects(ctx context.Context) ([]centrala.Redirect, error)
	Shelves(ctx context.Context) ([]centrala.Shelf, error)
	WordLists(ctx context.Context) ([]centrala.WordList, error)
}

// Cabinet is where a store keeps what is attached to articles.
type Cabinet interface {
	Files(ctx context.Context, article centrala.ArticleID) ([]Filed, error)
	OpenFile(ctx context.Context, f Filed) ([]byte, error)
	SaveFile(ctx context.Context, article centrala.ArticleID, name string, content []byte) (Filed, error)
	Takes(name string, content []byte) error // says why a file would not be kept
}

// Filed is a file in a cabinet.
type Filed struct {
	Name    string
	Size    int64
	Address string // below the site's root: what texts link to
	Key     string // the cabinet's own
}

// Gather is all that a store has: what readers see, and every draft. The cabinet may be nil: then
// nothing is attached to anything.
func Gather(ctx context.Context, from Source, files Cabinet) (Collection, error) {
	s, err := gather(ctx, from, files)
	return s.Collection, err
}

// store is a collection with what a store knows of its pages.
type store struct {
	Collection
	ids      map[string]centrala.ArticleID // of articles that readers see, by address
	begun    map[string]centrala.ArticleID // of those that only have a draft
	versions map[centrala.ArticleID]int
	filed    map[centrala.ArticleID][]Filed
}

func gather(ctx context.Context, from Source, files Cabinet) (store, error) {
	s := store{ids: map[string]centrala.ArticleID{}, begun: map[string]centrala.ArticleID{}, versions: map[centrala.ArticleID]int{}, filed: map[centrala.ArticleID][]Filed{}}
	all, err := from.Manuscripts(ctx, centrala.ManuscriptFilter{})
	if err != nil {
		return s, err
	}
	redirects, err := from.Redirects(ctx)
	if err != nil {
		return s, err
	}
	if s.Shelves, err = from.Shelves(ctx); err != nil {
		return s, err
	}
	if s.Words, err = from.WordLists(ctx); err != nil {
		return s, err
	}
	once := map[centrala.ArticleID][]string{}
	at := map[centrala.ArticleID]string{}
	s.place(all, at)
	for _, r := range redirects {
		once[r.Article] = append(once[r.Article], r.Locale+"/"+r.Slug)
	}
	for _, m := range all {
		if files != nil {
			if s.filed[m.ID], err = files.Files(ctx, m.ID); err != nil {
				return s, fmt.Errorf("read the files of %s: %w", at[m.ID], err)
			}
		}
		for _, p := range pages(m, at, once[m.ID]) {
			p.enclose(ctx, s.filed[m.ID], files)
			s.Pages = append(s.Pages, p)
		}
	}
	s.sort()
	return s, nil
}

// place gives every manuscript an address of its own: a draft that nobody has seen may want one
// that is taken.
func (s *store) place(all []centrala.Manuscript, at map[centrala.ArticleID]string) {
	for _, m := range all {
		s.versions[m.ID] = m.Version
		if m.Version > 0 {
			at[m.ID] = m.Locale + "/" + m.Slug
			s.ids[at[m.ID]] = m.ID
		}
	}
	for _, m := range all {
		if m.Version > 0 {
			continue
		}
		want := m.Locale + "/" + m.Slug
		free := want
		for n := 2; s.ids[free] != 0 || s.begun[free] != 0; n++ {
			free = centrala.Clip(want, 200) + "-" + strconv.Itoa(n)
		}
		if at[m.ID] = free; free != want {
			s.Notes = append(s.Notes, Problem{File: "/help/" + want, What: "more than one article wants this address: the draft is called " + free})
		}
		s.begun[free] = m.ID
	}
}

// pages are what a manuscript is as pages: one that readers see, and its draft.
func pages(m centrala.Manuscript, at map[centrala.ArticleID]string, once []string) (out []Page) {
	page := func(c centrala.Content) Page {
		p := Page{File: "/help/" + m.Locale + "/" + c.Slug, Locale: m.Locale, Content: c}
		for _, id := range c.Related {
			if there, ok := at[id]; ok { // what was removed is related to nothing
				p.Related = append(p.Related, short(m.Locale, there))
			}
		}
		if !m.Original() {
			p.Translation = at[m.Topic]
		}
		p.Content.Related = nil
		return p
	}
	if m.Version > 0 {
		p := page(m.Content)
		p.Version, p.Basis = m.Version, m.Basis
		for _, a := range once {
			p.Aliases = append(p.Aliases, short(m.Locale, a))
		}
		out = append(out, p)
	}
	if d := m.Draft; d != nil {
		p := page(d.Content)
		if m.Version == 0 {
			_, p.Slug, _ = strings.Cut(at[m.ID], "/")
		}
		p.Draft = &Draft{State: d.State, Base: d.Base, Due: d.Due, Note: d.Note}
		p.Basis = d.Basis
		if there := at[m.ID]; there != p.Address() {
			p.Draft.Of = short(m.Locale, there)
		}
		out = append(out, p)
	}
	return out
}

// enclose has a page hold its files, and its text name them as those of the folder.
func (p *Page) enclose(ctx context.Context, filed []Filed, files Cabinet) {
	if len(filed) == 0 {
		return
	}
	names := map[string]string{}
	for _, f := range filed {
		names[f.Address] = freeName(f.Name, names)
		p.Files = append(p.Files, File{Name: names[f.Address], Size: f.Size, Open: func() ([]byte, error) { return files.OpenFile(ctx, f) }})
	}
	slices.SortFunc(p.Files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	p.Body = relink(p.Body, func(to string, _ int) (string, bool) {
		if name := names[to]; name != "" {
			return "files/" + p.stem() + "/" + url.PathEscape(name), true
		}
		return "", false
	})
}

// Published leaves what readers see. A translation of what they do not see stands on its own then,
// and what is related to it loses that: both are noted.
func (c Collection) Published() Collection {
	seen := map[string]bool{}
	for _, p := range c.Pages {
		if p.Draft == nil {
			seen[p.Address()] = true
		}
	}
	pages := c.Pages
	c.Pages = nil
	for _, p := range pages {
		if p.Draft != nil {
			continue
		}
		note := func(what string) { c.Notes = append(c.Notes, Problem{File: p.File, What: what}) }
		if p.Translation != "" && !seen[whole(p.Locale, p.Translation)] {
			note("it translates " + p.Translation + ", which readers do not see: without drafts it stands on its own")
			p.Translation, p.Basis = "", 0
		}
		p.Related = slices.DeleteFunc(slices.Clone(p.Related), func(name string) bool {
			gone := !seen[whole(p.Locale, name)]
			if gone {
				note("it is related to " + name + ", which readers do not see: left out")
			}
			return gone
		})
		c.Pages = append(c.Pages, p)
	}
	return c
}
