package manuscript

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"centrala"
)

// Fate is what an import does with something.
type Fate string

// The fates. Nothing is ever taken away by an import.
const (
	Created   Fate = "created"
	Changed   Fate = "changed"
	Untouched Fate = "untouched"
)

// Step is what an import does with one page, shelf or word list.
type Step struct {
	What string // article, draft, section, category, words
	Name string // its address, key or locale
	File string
	Fate Fate

	page    *Page
	article centrala.ArticleID
	topic   centrala.ArticleID
	related []centrala.ArticleID
	shelf   *centrala.Shelf
	words   *centrala.WordList
}

// Plan is what an import will do, in its order.
type Plan struct {
	Steps    []Step
	Elsewise int // articles that the store has and the collection has not: they stay

	store store
}

// Count is how many steps have a fate.
func (p Plan) Count(f Fate) (n int) {
	for _, s := range p.Steps {
		if s.Fate == f {
			n++
		}
	}
	return n
}

// Compare holds a collection against a store. What it names and nobody has is a problem.
func Compare(ctx context.Context, want Collection, have Source, files Cabinet) (Plan, []Problem, error) {
	s, err := gather(ctx, have, files)
	if err != nil {
		return Plan{}, nil, err
	}
	m := matcher{store: s, want: want, files: files, new: map[string]centrala.ArticleID{}, pages: map[string]*Page{}, byID: map[centrala.ArticleID]*Page{}}
	for i, p := range s.Pages {
		m.pages[key(p)] = &s.Pages[i]
	}
	m.want.Pages = slices.Clone(want.Pages)
	for i := range m.want.Pages {
		m.want.Pages[i].plain()
	}
	m.want.sort()
	plan := Plan{store: s}
	for _, l := range m.want.Shelves {
		plan.Steps = append(plan.Steps, m.shelf(l))
	}
	for _, w := range m.want.Words {
		plan.Steps = append(plan.Steps, m.list(w))
	}
	m.number()
	there := map[centrala.ArticleID]bool{}
	for i := range m.want.Pages {
		step, err := m.page(&m.want.Pages[i])
		if err != nil {
			return plan, nil, err
		}
		plan.Steps = append(plan.Steps, step)
		there[step.article] = true
	}
	for id := range s.versions {
		if !there[id] {
			plan.Elsewise++
		}
	}
	sortProblems(m.problems)
	return plan, m.problems, nil
}

// maxAttached is how many files an article has at most.
const maxAttached = 200

// key is a page's place among those of a collection: an article may have a draft beside it.
func key(p Page) string {
	if p.Draft != nil {
		return "draft " + of(p)
	}
	return p.Address()
}

type matcher struct {
	store    store
	want     Collection
	files    Cabinet
	new      map[string]centrala.ArticleID // of what the store has not, by address
	pages    map[string]*Page              // the store's
	byID     map[centrala.ArticleID]*Page  // what articles will be: readers' pages before drafts
	problems []Problem
}

// number gives every page an article: the one of its address, or a new one.
func (m *matcher) number() {
	var ids centrala.IDs
	for i, p := range m.want.Pages {
		at := of(p)
		if m.id(at) == 0 {
			m.new[at] = centrala.ArticleID(ids.Next(time.Now()))
		}
		if id := m.id(at); m.byID[id] == nil {
			m.byID[id] = &m.want.Pages[i]
		}
	}
	for i, p := range m.store.Pages {
		if id := m.id(of(p)); m.byID[id] == nil {
			m.byID[id] = &m.store.Pages[i]
		}
	}
}

// id is the article at an address: that readers see, that will be there, or that is begun; or that
// once stood there.
func (m *matcher) id(at string) centrala.ArticleID {
	return cmp.Or(m.store.ids[at], m.new[at], m.store.begun[at])
}

// named is the article that a page names in a field. Of a translation, a slug alone is of another
// language.
func (m *matcher) named(p *Page, field, name string) centrala.ArticleID {
	at := []string{whole(p.Locale, name)}
	if field == "translation" && !strings.Contains(name, "/") {
		at = nil
		for _, a := range slices.Concat(sortedKeys(m.store.ids), sortedKeys(m.new), sortedKeys(m.store.begun)) {
			if locale, slug := parts(a); slug == name && locale != p.Locale && !slices.Contains(at, a) {
				at = append(at, a)
			}
		}
	}
	if len(at) > 1 {
		m.problems = append(m.problems, p.problem(field, "%.80q may be %s or %s: write which one", name, at[0], at[1]))
		return 0
	}
	if len(at) == 1 && m.id(at[0]) != 0 {
		return m.id(at[0])
	}
	m.problems = append(m.problems, p.problem(field, "%s names %.80q, and there is no such article: correct it, or put that article into the folder", field, name))
	return 0
}

// page is what happens to a page.
func (m *matcher) page(p *Page) (Step, error) {
	step := Step{What: "article", Name: p.Address(), File: p.File, Fate: Created, page: p, article: m.id(of(*p))}
	if p.Draft != nil {
		step.What = "draft"
	}
	step.topic = step.article
	if p.Translation != "" {
		step.topic = m.original(p, step.article)
	}
	for _, name := range p.Related {
		step.related = append(step.related, m.named(p, "related", name))
	}
	if there := m.pages[key(*p)]; there != nil {
		same, err := m.same(*p, *there, step)
		if step.Fate = Changed; same || err != nil {
			step.Fate = Untouched
			return step, err
		}
	}
	return step, m.take(p)
}

// take looks whether a page's files would be kept.
func (m *matcher) take(p *Page) error {
	if len(p.Files) > maxAttached {
		m.problems = append(m.problems, Problem{File: p.File, What: fmt.Sprintf("it has %d files, and %d at most: put them into several articles", len(p.Files), maxAttached)})
	}
	for _, f := range p.Files {
		if m.files == nil {
			m.problems = append(m.problems, Problem{File: p.File, What: f.Name + " cannot be attached: no files are kept here"})
			continue
		}
		content, err := f.Open()
		if err != nil {
			return err
		}
		if err := m.files.Takes(f.Name, content); err != nil {
			m.problems = append(m.problems, Problem{File: p.File, What: fmt.Sprintf("%s cannot be attached (%v): take it out, or save it as another kind", f.Name, err)})
		}
	}
	return nil
}

// original is the article whose translation a page is in the end.
func (m *matcher) original(p *Page, self centrala.ArticleID) centrala.ArticleID {
	seen := map[centrala.ArticleID]bool{self: true}
	for at := p; ; {
		id := m.named(at, "translation", at.Translation)
		if id == 0 {
			return 0
		}
		if seen[id] {
			m.problems = append(m.problems, p.problem("translation", "it translates itself by way of %.80q: name the original", at.Translation))
			return 0
		}
		seen[id] = true
		next := m.byID[id]
		if next == nil || next.Translation == "" {
			return id
		}
		at = next
	}
}

// same reports whether the store has a page as it is wanted.
func (m *matcher) same(want, there Page, step Step) (bool, error) {
	for _, name := range want.Aliases {
		at := whole(want.Locale, name)
		if !slices.ContainsFunc(there.Aliases, func(a string) bool { return whole(there.Locale, a) == at }) {
			return false, nil
		}
	}
	basis := min(want.Basis, m.store.versions[step.topic])
	if want.Translation == "" {
		basis = 0
	}
	if basis != 0 && basis != there.Basis {
		return false, nil
	}
	var topic centrala.ArticleID
	if there.Translation != "" {
		topic = m.id(whole(there.Locale, there.Translation))
	}
	if (want.Translation != "" && topic != step.topic) || (want.Translation == "" && topic != 0) {
		return false, nil
	}
	if !slices.EqualFunc(want.Related, there.Related, func(a, b string) bool { return whole(want.Locale, a) == whole(there.Locale, b) }) {
		return false, nil
	}
	if want.Draft != nil && !sameDraft(*want.Draft, *there.Draft) {
		return false, nil
	}
	if !reflect.DeepEqual(tidy(want.Content), tidy(there.Content)) {
		return false, nil
	}
	return sameFiles(want.Files, there.Files)
}

func sameDraft(want, there Draft) bool {
	return want.State == there.State && want.Due.Equal(there.Due) && want.Note == there.Note && (want.Base == 0 || want.Base == there.Base)
}

// tidy is content as a store keeps it: lists that are empty are there.
func tidy(c centrala.Content) centrala.Content {
	c.Sides, c.Readers, c.Tags, c.Related = slices.Concat([]centrala.Side{}, c.Sides), slices.Concat([]centrala.Side{}, c.Readers), slices.Concat([]string{}, c.Tags), nil
	return c
}

// sameFiles reports whether all wanted files are there.
func sameFiles(want, there []File) (bool, error) {
	for _, w := range want {
		i := slices.IndexFunc(there, func(t File) bool { return t.Name == w.Name && t.Size == w.Size })
		if i < 0 {
			return false, nil
		}
		a, err := w.Open()
		if err != nil {
			return false, err
		}
		b, err := there[i].Open()
		if err != nil || !bytes.Equal(a, b) {
			return false, err
		}
	}
	return true, nil
}

func (m *matcher) shelf(l centrala.Shelf) Step {
	step := Step{What: string(l.Kind), Name: l.Key, File: sectionsFile, Fate: Created, shelf: &l}
	for _, t := range m.store.Shelves {
		if t.Kind == l.Kind && t.Key == l.Key {
			if step.Fate = Changed; t.Parent == l.Parent && t.Position == l.Position && slices.Equal(t.Sides, l.Sides) && maps.Equal(t.Names, l.Names) {
				step.Fate = Untouched
			}
		}
	}
	return step
}

func (m *matcher) list(w centrala.WordList) Step {
	step := Step{What: "words", Name: w.Locale, File: wordsFolder + "/" + w.Locale + ".yaml", Fate: Created, words: &w}
	for _, t := range m.store.Words {
		if t.Locale == w.Locale {
			if step.Fate = Changed; slices.Equal(t.Stop, w.Stop) && slices.EqualFunc(t.Synonyms, w.Synonyms, slices.Equal[[]string]) {
				step.Fate = Untouched
			}
		}
	}
	return step
}

// Sum is the plan in one line.
func (p Plan) Sum() string {
	articles := 0
	for _, s := range p.Steps {
		if s.page != nil {
			articles++
		}
	}
	sum := fmt.Sprintf("%d articles, %d names and word lists: %d created, %d changed, %d untouched.", articles, len(p.Steps)-articles, p.Count(Created), p.Count(Changed), p.Count(Untouched))
	if p.Elsewise > 0 {
		sum += fmt.Sprintf(" %d articles that are not in it stay as they are.", p.Elsewise)
	}
	return sum
}
