package bleve

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/analysis"
	"github.com/blevesearch/bleve/v2/document"
	"github.com/blevesearch/bleve/v2/index/scorch"
	"github.com/blevesearch/bleve/v2/mapping"
	index "github.com/blevesearch/bleve_index_api"
	bolt "go.etcd.io/bbolt/errors"

	"centrala"
	"centrala/search"
	"centrala/search/language"
)

// schema is raised whenever the way of indexing changes; an index of another schema is thrown
// away and made anew.
const schema = "3"

// ErrInUse is Open's error of an index that another process has open.
var ErrInUse = errors.New("in use by another process")

var errSchema = errors.New("it was made by another version")

// The fields of a passage. Words and their forms stand behind their locale, so that each language
// has its own dictionary and its own frequencies.
const (
	fieldExact   = "x" // words as they are
	fieldBack    = "r" // long words of languages with compounds, backwards: found by their end
	fieldBent    = "k" // stems and what else is compared
	fieldTitle   = "t" // the same of title, tags and heading alone
	fieldArticle = "a"
	fieldVersion = "v" // of the article, on its first passage
	fieldLocale  = "l"
	fieldSide    = "s" // whom it is offered to
	fieldReader  = "w" // who may read it
	fieldPassage = "p" // stored: all that is shown and weighed
	all          = "*" // of a side: everybody
)

// generation is one index on disk.
type generation struct {
	path    string
	index   bleve.Index
	raw     index.Index
	readers sync.WaitGroup

	mu  sync.Mutex
	now *view
}

func openGeneration(path string) (*generation, error) {
	i, err := bleve.OpenUsing(path, map[string]any{"bolt_timeout": "3s"})
	if errors.Is(err, bolt.ErrTimeout) {
		return nil, ErrInUse
	}
	if err != nil {
		return nil, err
	}
	version, err := i.GetInternal([]byte("schema"))
	if err == nil && string(version) != schema {
		err = errSchema
	}
	if err != nil {
		return nil, errors.Join(err, i.Close())
	}
	return newGeneration(path, i)
}

func makeGeneration(path string) (*generation, error) {
	i, err := bleve.NewUsing(path, mapping.NewIndexMapping(), scorch.Name, scorch.Name, map[string]any{"bolt_timeout": "3s"})
	if err != nil {
		return nil, fmt.Errorf("make the index: %w", err)
	}
	if err := i.SetInternal([]byte("schema"), []byte(schema)); err != nil {
		return nil, errors.Join(fmt.Errorf("mark the index: %w", err), i.Close())
	}
	return newGeneration(path, i)
}

func newGeneration(path string, i bleve.Index) (*generation, error) {
	raw, err := i.Advanced()
	if err != nil {
		return nil, errors.Join(err, i.Close())
	}
	return &generation{path: path, index: i, raw: raw}, nil
}

func (g *generation) name() string { return filepath.Base(g.path) }

// close waits for those who read.
func (g *generation) close() error {
	g.readers.Wait()
	g.mu.Lock()
	defer g.mu.Unlock()
	var err error
	if g.now != nil {
		err = g.now.release()
		g.now = nil
	}
	return errors.Join(err, g.index.Close())
}

// change puts articles in and takes others out, in one step.
func (g *generation) change(put []centrala.Article, remove []centrala.ArticleID) error {
	b := g.index.NewBatch()
	v, err := g.view()
	if err != nil {
		return err
	}
	defer v.done()
	had := map[string]bool{}
	for id := range affected(put, remove) {
		if err := v.each(fieldArticle, id.String(), func(n uint64) error {
			name, err := v.reader.ExternalID(index.NewIndexInternalID(nil, n))
			had[name] = true
			return err
		}); err != nil {
			return err
		}
	}
	for _, a := range put {
		for _, p := range search.Passages(a) {
			d, err := passageDocument(a, p)
			if err != nil {
				return err
			}
			delete(had, d.ID())
			if err := b.IndexAdvanced(d); err != nil {
				return fmt.Errorf("index %s: %w", a.ID, err)
			}
		}
	}
	for name := range had {
		b.Delete(name)
	}
	if b.Size() == 0 {
		return nil
	}
	if err := g.index.Batch(b); err != nil {
		return err
	}
	return g.renew()
}

func affected(put []centrala.Article, remove []centrala.ArticleID) map[centrala.ArticleID]bool {
	ids := map[centrala.ArticleID]bool{}
	for _, a := range put {
		ids[a.ID] = true
	}
	for _, id := range remove {
		ids[id] = true
	}
	return ids
}

// lines is an analyser of what is in words already: one a line.
type lines struct{}

func (lines) Analyze(text []byte) analysis.TokenStream {
	n := 0
	for _, c := range text {
		if c == '\n' {
			n++
		}
	}
	tokens, out := make([]analysis.Token, n), make(analysis.TokenStream, n)
	from := 0
	for i := range n {
		end := from
		for text[end] != '\n' {
			end++
		}
		tokens[i] = analysis.Token{Term: text[from:end], Position: i + 1, Start: from, End: end}
		out[i], from = &tokens[i], end+1
	}
	return out
}

// backFrom is how long a word must be to have parts, in bytes.
const backFrom = 8

// passageDocument is a passage as bleve takes it.
func passageDocument(a centrala.Article, p search.Passage) (*document.Document, error) {
	d := document.NewDocument(a.ID.String() + "/" + strconv.Itoa(p.Number))
	stored, err := p.AppendBinary(nil)
	if err != nil {
		return nil, err
	}
	d.AddField(document.NewTextFieldWithIndexingOptions(fieldPassage, nil, stored, index.StoreField))
	var exact, back, bent, title terms
	compounds := language.For(a.Locale).Compounds()
	for place, w := range p.EachWord(a) {
		for _, k := range search.Keys(w) {
			if k.Exact() {
				exact.add(p.Locale, string(k[1:]))
				continue
			}
			bent.add(p.Locale, string(k))
			if place <= search.InHeading {
				title.add(p.Locale, string(k))
			}
		}
		if compounds && len(w.Exact) >= backFrom && !w.Code {
			back.add(p.Locale, reversed(w.Exact))
		}
	}
	add := func(field string, t terms) {
		if len(t) > 0 {
			d.AddField(document.NewTextFieldCustom(field, nil, t, index.IndexField|index.SkipFreqNorm, lines{}))
		}
	}
	add(fieldExact, exact)
	add(fieldBack, back)
	add(fieldBent, bent)
	add(fieldTitle, title)
	add(fieldArticle, terms(a.ID.String()+"\n"))
	add(fieldLocale, terms(a.Locale+"\n"))
	add(fieldSide, sides(a.Sides))
	add(fieldReader, sides(a.Readers))
	if p.Number == 0 {
		add(fieldVersion, terms(a.ID.String()+" "+strconv.FormatInt(a.UpdatedAt.UnixMicro(), 10)+"\n"))
	}
	return d, nil
}

// terms are words, each ended by a line's end.
type terms []byte

func (t *terms) add(locale, s string) {
	*t = append(append(append(append(*t, locale...), ' '), s...), '\n')
}

func sides(of []centrala.Side) terms {
	if len(of) == 0 {
		return terms(all + "\n")
	}
	var t terms
	for _, s := range of {
		t = append(append(t, s...), '\n')
	}
	return t
}

func reversed(s string) string {
	r := []rune(s)
	slices.Reverse(r)
	return string(r)
}

// versions reads which articles there are.
func (g *generation) versions() (map[centrala.ArticleID]int64, error) {
	v, err := g.view()
	if err != nil {
		return nil, err
	}
	defer v.done()
	out := map[centrala.ArticleID]int64{}
	err = v.dictionary(fieldVersion, "", func(term string) error {
		n, err := v.count(fieldVersion, term)
		if err != nil || n == 0 { // of a passage that is no more
			return err
		}
		name, version, _ := strings.Cut(term, " ")
		var id centrala.ArticleID
		if err := id.UnmarshalText([]byte(name)); err != nil {
			return err
		}
		out[id], err = strconv.ParseInt(version, 10, 64)
		return err
	})
	return out, err
}
