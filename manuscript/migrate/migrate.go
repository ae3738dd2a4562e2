// Package migrate reads the exports of other help centres as collections of manuscripts: what they
// call an article, a section and a translation becomes what we call so. What cannot come along is
// noted, never dropped in silence.
package migrate

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"centrala"
	"centrala/manuscript"
)

// Moved is where an article stood, and where it stands now.
type Moved struct{ From, To string }

// Read reads an export: from is zendesk or chatwoot, dir a folder of its .json files. segments
// says of user segments (of Zendesk) which side they are.
func Read(from string, dir fs.FS, segments map[string]string) (manuscript.Collection, []Moved, []manuscript.Problem, error) {
	var b builder
	docs, err := b.open(dir)
	if err != nil {
		return manuscript.Collection{}, nil, nil, err
	}
	for segment, side := range segments {
		if !centrala.Side(side).Valid() {
			return manuscript.Collection{}, nil, nil, fmt.Errorf("segment %s: %q is none of buyer, seller and advertiser", segment, side)
		}
	}
	switch from {
	case "zendesk":
		b.zendesk(docs, segments)
	case "chatwoot":
		b.chatwoot(docs)
	default:
		return manuscript.Collection{}, nil, nil, fmt.Errorf("%q is neither zendesk nor chatwoot", from)
	}
	if len(b.problems) == 0 {
		b.assemble()
	}
	return b.Collection, b.moved, b.problems, nil
}

// Table is the moved addresses as lines of old and new, for the redirects of a web server.
func Table(moved []Moved) string {
	var b strings.Builder
	for _, m := range moved {
		fmt.Fprintf(&b, "%s\t%s\n", m.From, m.To)
	}
	return b.String()
}

// Only is a folder in which nothing but one file is to be seen.
func Only(dir fs.FS, name string) fs.FS { return only{dir, name} }

type only struct {
	fs.FS
	name string
}

// Glob implements fs.GlobFS.
func (o only) Glob(string) ([]string, error) { return []string{o.name}, nil }

const maxDocument = 256 << 20 // bytes of one file

// document is one file: lists of things by what they are called.
type document struct {
	name  string
	lists map[string][]json.RawMessage
}

// open reads all .json files of a folder.
func (b *builder) open(dir fs.FS) ([]document, error) {
	names, err := fs.Glob(dir, "*.json")
	if err != nil {
		return nil, fmt.Errorf("read the folder: %w", err)
	}
	var out []document
	for _, name := range names {
		content, err := whole(dir, name)
		if err != nil {
			return nil, err
		}
		d := document{name: name, lists: map[string][]json.RawMessage{}}
		if err := d.read(content); err != nil {
			b.wrong(name, line(content, err), "it is not the JSON of an export (%v): export it again", err)
			continue
		}
		out = append(out, d)
	}
	if len(names) == 0 {
		b.wrong(".", 0, "there is no .json file: name the file, or the folder of the files")
	}
	return out, nil
}

func whole(dir fs.FS, name string) (content []byte, err error) {
	f, err := dir.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	content, err = io.ReadAll(io.LimitReader(f, maxDocument+1))
	if err == nil && len(content) > maxDocument {
		err = fmt.Errorf("%s is larger than %d MB", name, maxDocument>>20)
	}
	return content, err
}

// read takes lists, single things, and a list that is called as its file.
func (d *document) read(content []byte) error {
	var all []json.RawMessage
	if json.Unmarshal(content, &all) == nil {
		kind := strings.TrimSuffix(d.name, ".json")
		for _, k := range []string{"articles", "sections", "categories", "translations", "portals"} {
			if strings.HasPrefix(path.Base(kind), k) {
				d.lists[k] = all
			}
		}
		if len(d.lists) == 0 {
			d.lists["payload"] = all
		}
		return nil
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(content, &fields); err != nil {
		return err
	}
	for name, raw := range fields {
		var list []json.RawMessage
		if json.Unmarshal(raw, &list) == nil {
			d.lists[name] = list
		} else if plural := map[string]string{"article": "articles", "section": "sections", "category": "categories", "translation": "translations", "portal": "portals"}[name]; plural != "" {
			d.lists[plural] = []json.RawMessage{raw}
		}
	}
	return nil
}

// line is where the parser stumbled, 0 when it does not say.
func line(content []byte, err error) int {
	var se *json.SyntaxError
	if errors.As(err, &se) {
		return strings.Count(string(content[:min(int(se.Offset), len(content))]), "\n") + 1
	}
	return 0
}

// each decodes the things of one name in all documents.
func each[T any](b *builder, docs []document, name string, do func(file string, v T)) {
	for _, d := range docs {
		for i, raw := range d.lists[name] {
			var v T
			if err := json.Unmarshal(raw, &v); err != nil {
				b.wrong(d.name, 0, "%s %d is not as an export has it (%v): export it again", name, i+1, err)
				continue
			}
			do(d.name, v)
		}
	}
}

// text is an article in one language.
type text struct {
	title, summary, body string
	slug                 string // as it was, if it had one
	old                  string // address
	draft, outdated      bool
	file                 string
}

// item is an article in all its languages.
type item struct {
	id      int64
	source  string // the original's locale
	section int64
	tags    []string
	readers []centrala.Side
	texts   map[string]*text // by locale
}

// place is a section or a category.
type place struct {
	id, parent int64
	position   int
	source     string
	names      map[string]string // by locale
}

type builder struct {
	manuscript.Collection
	problems   []manuscript.Problem
	moved      []Moved
	items      map[int64]*item
	sections   map[int64]*place
	categories map[int64]*place
	keys       map[*place]string
	locales    map[string]string // as they were → as they are
	at         map[string]string // where texts stand now, by where they stood
	pictures   int
	render     func(t *text, locale string) (string, error) // Markdown of a text
}

func (b *builder) wrong(file string, line int, format string, args ...any) {
	b.problems = append(b.problems, manuscript.Problem{File: file, Line: line, What: fmt.Sprintf(format, args...)})
}

func (b *builder) note(file, format string, args ...any) {
	b.Notes = append(b.Notes, manuscript.Problem{File: file, What: fmt.Sprintf(format, args...)})
}

// sorted are things in the order of their numbers.
func sorted[T any](m map[int64]*T) []*T {
	keys := make([]int64, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	out := make([]*T, len(keys))
	for i, k := range keys {
		out[i] = m[k]
	}
	return out
}

// assemble makes pages and shelves of what was read.
func (b *builder) assemble() {
	b.name()
	b.keys = map[*place]string{}
	b.shelve(centrala.CategoryShelf, b.categories)
	b.shelve(centrala.SectionShelf, b.sections)
	slugs := b.stand()
	for _, it := range sorted(b.items) {
		original := it.original()
		version := 0
		for _, t := range it.texts {
			if t.outdated {
				version = 2 // the original is one version ahead of what is outdated
			}
		}
		for _, locale := range locales(it.texts) {
			b.page(it, locale, original, version, slugs)
		}
	}
	if b.pictures > 0 {
		b.note("articles", "%d pictures are not shown: they are on other servers; export the articles, put the pictures beside them, let the texts link to those, and import again", b.pictures)
	}
	slices.SortFunc(b.moved, func(x, y Moved) int { return cmp.Or(strings.Compare(x.From, y.From), strings.Compare(x.To, y.To)) })
}

// original is the language that the others translate.
func (it *item) original() string {
	if it.texts[it.source] != nil {
		return it.source
	}
	return locales(it.texts)[0]
}

func locales[T any](m map[string]T) []string {
	out := make([]string, 0, len(m))
	for l := range m {
		out = append(out, l)
	}
	slices.Sort(out)
	return out
}

// name settles what locales are called: by their language alone, where that says which one it is.
func (b *builder) name() {
	b.locales = map[string]string{}
	regions := map[string][]string{}
	for _, it := range b.items {
		for l := range it.texts {
			language, _, _ := strings.Cut(strings.ReplaceAll(strings.ToLower(l), "_", "-"), "-")
			if !slices.Contains(regions[language], l) {
				regions[language] = append(regions[language], l)
			}
		}
	}
	for language, all := range regions {
		for _, l := range all {
			if b.locales[l] = language; len(all) > 1 {
				b.locales[l] = strings.ReplaceAll(l, "_", "-")
			}
		}
	}
}

// shelve makes shelves of places. Each is called by its name in its own language.
func (b *builder) shelve(kind centrala.ShelfKind, places map[int64]*place) {
	taken := map[string]bool{}
	for _, p := range sorted(places) {
		key := cmp.Or(strings.TrimSpace(p.names[p.source]), fmt.Sprint(kind, " ", p.id))
		for n, stem := 2, key; taken[key]; n++ {
			key = fmt.Sprintf("%s %d", stem, n)
		}
		taken[key], b.keys[p] = true, key
		s := centrala.Shelf{Kind: kind, Key: key, Names: map[string]string{}, Position: p.position}
		if kind == centrala.SectionShelf {
			s.Parent = b.keys[b.categories[p.parent]]
		}
		for locale, name := range p.names {
			if to := cmp.Or(b.locales[locale], strings.ReplaceAll(locale, "_", "-")); strings.TrimSpace(name) != "" {
				s.Names[to] = strings.TrimSpace(name)
			}
		}
		b.Shelves = append(b.Shelves, s)
	}
}

// stand gives every text a slug of its own.
func (b *builder) stand() map[*text]string {
	slugs, taken := map[*text]string{}, map[string]bool{}
	b.at = map[string]string{}
	for _, it := range sorted(b.items) {
		for _, l := range locales(it.texts) {
			t, locale := it.texts[l], b.locales[l]
			stem := t.slug
			if stem == "" || stem != centrala.Slug(stem, 200) {
				stem = cmp.Or(centrala.Slug(t.title, 80), fmt.Sprint("article-", it.id))
			}
			slug := stem
			for n := 2; taken[locale+"/"+slug]; n++ {
				slug = fmt.Sprintf("%s-%d", stem, n)
			}
			taken[locale+"/"+slug], slugs[t] = true, slug
			if t.old != "" {
				b.at[t.old] = "/help/" + locale + "/" + slug
				b.moved = append(b.moved, Moved{t.old, b.at[t.old]})
			}
		}
	}
	return slugs
}

func (b *builder) page(it *item, l, original string, version int, slugs map[*text]string) {
	t := it.texts[l]
	body, err := b.render(t, l)
	if err != nil {
		b.wrong(t.file, 0, "the text of %q (%d) cannot be read (%v): open and save it there", t.title, it.id, err)
		return
	}
	p := manuscript.Page{File: t.file, Locale: b.locales[l], Content: centrala.Content{Slug: slugs[t], Title: strings.TrimSpace(t.title), Summary: t.summary, Body: body,
		Section: b.keys[b.sections[it.section]], Readers: it.readers, Tags: it.tags}}
	switch {
	case l == original:
		p.Version = version
	default:
		if p.Translation = b.locales[original] + "/" + slugs[it.texts[original]]; t.outdated {
			p.Basis = 1
		}
	}
	if t.draft {
		p.Draft = &manuscript.Draft{State: centrala.Writing}
	}
	for _, bad := range manuscript.Check(p) {
		b.problems = append(b.problems, manuscript.Problem{File: t.file, What: fmt.Sprintf("article %d (%s): %s", it.id, l, bad.What)})
	}
	b.Pages = append(b.Pages, p)
}
