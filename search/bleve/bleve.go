// Package bleve is the embedded engine of the Help Centre: no service, one folder.
package bleve

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/analysis/analyzer/custom"
	"github.com/blevesearch/bleve/v2/analysis/analyzer/keyword"
	"github.com/blevesearch/bleve/v2/analysis/analyzer/simple"
	"github.com/blevesearch/bleve/v2/analysis/token/lowercase"
	"github.com/blevesearch/bleve/v2/analysis/tokenizer/whitespace"
	"github.com/blevesearch/bleve/v2/mapping"
	"github.com/blevesearch/bleve/v2/search/query"
	bolt "go.etcd.io/bbolt/errors"

	"centrala"
	"centrala/search"
)

// schema is raised whenever the way of indexing changes; an index of another schema is
// thrown away and made anew.
const schema = "2"

// Engine is an index in a folder. It is safe for concurrent use.
type Engine struct {
	index bleve.Index
	lang  analysers
}

// Open opens the index in dir, or makes it. An index that cannot be read, or was made by
// another version, is replaced by an empty one: what it held is in the store. One that another
// process has open is an error.
func Open(dir string) (*Engine, error) {
	lang, err := newAnalysers()
	if err != nil {
		return nil, fmt.Errorf("analysers: %w", err)
	}
	index, err := bleve.OpenUsing(dir, map[string]any{"bolt_timeout": "3s"})
	if errors.Is(err, bolt.ErrTimeout) { // it is well, and somebody's: never replace it
		return nil, fmt.Errorf("the index in %s is in use by another process", dir)
	}
	if err == nil {
		version, _ := index.GetInternal([]byte("schema"))
		if string(version) == schema {
			return &Engine{index, lang}, nil
		}
		err = index.Close()
	}
	if err != nil || !errors.Is(err, bleve.ErrorIndexPathDoesNotExist) {
		if err := os.RemoveAll(dir); err != nil {
			return nil, fmt.Errorf("replace the index: %w", err)
		}
	}
	m, err := documentMapping()
	if err != nil {
		return nil, fmt.Errorf("index mapping: %w", err)
	}
	if index, err = bleve.New(dir, m); err != nil {
		return nil, fmt.Errorf("make the index: %w", err)
	}
	if err := index.SetInternal([]byte("schema"), []byte(schema)); err != nil {
		return nil, errors.Join(fmt.Errorf("mark the index: %w", err), index.Close())
	}
	return &Engine{index, lang}, nil
}

// Close closes the index.
func (e *Engine) Close() error { return e.index.Close() }

// Name implements search.Index.
func (e *Engine) Name() string { return "bleve" }

// document is an article as the index sees it: each text in three forms, words separated by
// spaces.
type document struct {
	Title, TitleStem, TitleTrunk string
	Tags, TagsStem               string
	Lead, LeadStem, LeadTrunk    string
	Body, BodyStem, BodyTrunk    string
	Locale                       string
	Sides                        []string
	Slug, Name, Summary, Plain   string
	Version                      string
}

const anySide = "any"

func documentMapping() (mapping.IndexMapping, error) {
	m := bleve.NewIndexMapping()
	err := m.AddCustomAnalyzer("prepared", map[string]any{"type": custom.Name, "tokenizer": whitespace.Name, "token_filters": []string{lowercase.Name}})
	if err != nil {
		return nil, err
	}
	d := bleve.NewDocumentStaticMapping()
	for _, name := range []string{"Title", "TitleStem", "TitleTrunk", "Tags", "TagsStem", "Lead", "LeadStem", "LeadTrunk", "Body", "BodyStem", "BodyTrunk"} {
		f := bleve.NewTextFieldMapping()
		f.Analyzer, f.Store, f.IncludeInAll, f.IncludeTermVectors, f.DocValues = "prepared", false, false, false, false
		d.AddFieldMappingsAt(name, f)
	}
	for _, name := range []string{"Locale", "Sides"} {
		f := bleve.NewTextFieldMapping()
		f.Analyzer, f.Store, f.IncludeInAll, f.IncludeTermVectors = keyword.Name, false, false, false
		d.AddFieldMappingsAt(name, f)
	}
	for _, name := range []string{"Slug", "Name", "Summary", "Plain", "Version"} {
		f := bleve.NewTextFieldMapping()
		f.Analyzer, f.Index, f.IncludeInAll, f.DocValues = simple.Name, false, false, false
		d.AddFieldMappingsAt(name, f)
	}
	loc := bleve.NewTextFieldMapping()
	loc.Analyzer, loc.Store, loc.IncludeInAll = keyword.Name, true, false
	d.AddFieldMappingsAt("Locale", loc)
	m.DefaultMapping = d
	return m, nil
}

func (e *Engine) document(a centrala.Article) document {
	d := document{Locale: a.Locale, Slug: a.Slug, Name: a.Title, Summary: a.Summary, Version: fmt.Sprint(a.UpdatedAt.UnixMicro())}
	d.Plain = search.Plain(a.Body)
	d.Title, d.TitleStem, d.TitleTrunk = fields(e.lang.words(a.Locale, a.Title))
	d.Tags, d.TagsStem, _ = fields(e.lang.words(a.Locale, strings.Join(a.Tags, " ")))
	d.Lead, d.LeadStem, d.LeadTrunk = fields(e.lang.words(a.Locale, a.Summary))
	d.Body, d.BodyStem, d.BodyTrunk = fields(e.lang.words(a.Locale, d.Plain))
	for _, s := range a.Sides {
		d.Sides = append(d.Sides, string(s))
	}
	if len(d.Sides) == 0 {
		d.Sides = []string{anySide}
	}
	return d
}

// Put implements search.Index.
func (e *Engine) Put(_ context.Context, articles []centrala.Article) error {
	b := e.index.NewBatch()
	for _, a := range articles {
		if err := b.Index(a.ID.String(), e.document(a)); err != nil {
			return fmt.Errorf("index %s: %w", a.ID, err)
		}
	}
	return e.index.Batch(b)
}

// Remove implements search.Index.
func (e *Engine) Remove(_ context.Context, ids []centrala.ArticleID) error {
	b := e.index.NewBatch()
	for _, id := range ids {
		b.Delete(id.String())
	}
	return e.index.Batch(b)
}

// Versions implements search.Index.
func (e *Engine) Versions(ctx context.Context) (map[centrala.ArticleID]int64, error) {
	n, err := e.index.DocCount()
	if err != nil {
		return nil, err
	}
	r := bleve.NewSearchRequestOptions(query.NewMatchAllQuery(), int(n), 0, false)
	r.Fields = []string{"Version"}
	found, err := e.index.SearchInContext(ctx, r)
	if err != nil {
		return nil, err
	}
	out := make(map[centrala.ArticleID]int64, len(found.Hits))
	for _, h := range found.Hits {
		var id centrala.ArticleID
		if err := id.UnmarshalText([]byte(h.ID)); err != nil {
			return nil, err
		}
		var v int64
		if _, err := fmt.Sscan(text(h.Fields["Version"]), &v); err != nil {
			return nil, fmt.Errorf("version of %s: %w", h.ID, err)
		}
		out[id] = v
	}
	return out, nil
}

func text(v any) string {
	s, _ := v.(string)
	return s
}
