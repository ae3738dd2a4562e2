// Package meilisearch finds articles with a Meilisearch server, which several nodes may share.
package meilisearch

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	client "github.com/meilisearch/meilisearch-go"

	"centrala"
	"centrala/search"
)

// Options say which server, and how what is ours on it is called.
type Options struct {
	URL    string
	Key    string // with the right to search, read and change the indexes below; "" when the server needs none
	Prefix string // of the indexes' names: PREFIX_pl, PREFIX_en
	Node   string // who this is, among the nodes that share the server
}

var prefixes = regexp.MustCompile(`^[A-Za-z0-9-]{1,40}$`)

// Check refuses options that cannot be; the error begins with the one that is wrong.
func (o Options) Check() error {
	u, err := url.Parse(o.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil {
		return errors.New("url: not an address such as http://127.0.0.1:7700 (the key has a place of its own)")
	}
	if !prefixes.MatchString(o.Prefix) {
		return fmt.Errorf("prefix: %q is not of letters, digits and dashes alone", o.Prefix)
	}
	return nil
}

// Engine is an index on a Meilisearch server. It is safe for concurrent use, by several nodes.
// Nothing is asked of the server before Versions, Put or Rebuild is called, and no question is
// answered before one of these has read which words the index has.
type Engine struct {
	opt    Options
	server server
	lore   search.Lore

	mu    sync.RWMutex // held to read or change what is known of the server
	words map[string]*dictionary
	known bool             // the dictionaries were read, or made
	read  map[string]stamp // each index when it was last read, by locale; nil: it is to be read
	stale bool             // its settings are others, or its documents of an earlier version: to be made anew

	write    sync.Mutex                               // one change at a time; not held while a rebuild reads articles
	missed   map[centrala.ArticleID]*centrala.Article // changed while a rebuild runs, nil: removed; nil map: none runs
	building sync.Mutex                               // one rebuild at a time
	turns    watch
	tried    int // the last turn that this process wanted
}

// stamp tells whether an index is what it was.
type stamp struct{ created, updated time.Time }

// New is an engine on a server, which need not be there yet.
func New(opt Options) *Engine {
	return &Engine{opt: opt, server: connect(strings.TrimRight(opt.URL, "/"), opt.Key), words: map[string]*dictionary{}}
}

// Name implements search.Index.
func (e *Engine) Name() string { return "meilisearch" }

// Learn implements search.Index: the next question is read with the new lists, and no article is
// indexed anew.
func (e *Engine) Learn(_ context.Context, lists []centrala.WordList) error {
	return e.lore.Learn(lists)
}

// uid is the name of a locale's index.
func (e *Engine) uid(locale string) string { return e.opt.Prefix + "_" + locale }

// locale reads the name of an index in use; ok is false of others.
func (e *Engine) locale(uid string) (locale string, ok bool) {
	locale, ok = strings.CutPrefix(uid, e.opt.Prefix+"_")
	return locale, ok && locale != "" && !strings.Contains(locale, "_")
}

// Put implements search.Index. What another node put of a later version stays.
func (e *Engine) Put(ctx context.Context, articles []centrala.Article) error {
	e.write.Lock()
	defer e.write.Unlock()
	now, err := e.put(ctx, e.uid, articles)
	if err != nil {
		return err
	}
	e.know(now, nil)
	for i := range articles {
		if e.missed != nil {
			e.missed[articles[i].ID] = &articles[i]
		}
	}
	return nil
}

// Remove implements search.Index.
func (e *Engine) Remove(ctx context.Context, ids []centrala.ArticleID) error {
	e.write.Lock()
	defer e.write.Unlock()
	if err := e.remove(ctx, e.uid, e.locales(), ids); err != nil {
		return err
	}
	e.know(nil, ids)
	for _, id := range ids {
		if e.missed != nil {
			e.missed[id] = nil
		}
	}
	return nil
}

// locales are those of which there is an index, as far as is known.
func (e *Engine) locales() []string {
	e.mu.RLock()
	defer e.mu.RUnlock()
	var out []string
	for l := range e.words {
		out = append(out, l)
	}
	slices.Sort(out)
	return out
}

// know brings what this node changed into its dictionaries.
func (e *Engine) know(put []written, removed []centrala.ArticleID) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, id := range removed {
		for _, d := range e.words {
			d.set(id, 0, nil)
		}
	}
	for _, w := range put {
		for locale, d := range e.words {
			if locale != w.locale {
				d.set(w.id, 0, nil)
			}
		}
		if e.words[w.locale] == nil {
			e.words[w.locale] = newDictionary(w.locale)
		}
		e.words[w.locale].set(w.id, w.version, w.keys())
	}
	for _, d := range e.words {
		d.sort()
	}
	e.known = true
}

func (w *written) keys() [][]string {
	var out [][]string
	for _, d := range w.docs {
		out = append(out, d.Keys)
	}
	return out
}

// What is handed in at once, and how many articles one filter names.
const (
	maxBatch = 500
	maxBytes = 8 << 20
	maxNamed = 50
)

// put adds articles to the indexes that uid names, and then takes their earlier versions out, in
// this order: an article is never missing. It returns those that are now indexed; of others
// somebody put a later version.
func (e *Engine) put(ctx context.Context, uid func(locale string) string, articles []centrala.Article) ([]written, error) {
	var all []written
	for some := range slices.Chunk(articles, maxNamed) {
		by := map[string][]written{}
		for _, a := range some {
			w, err := write(a)
			if err != nil {
				return nil, err
			}
			by[a.Locale] = append(by[a.Locale], w)
		}
		for locale, ws := range by {
			if err := e.replace(ctx, uid(locale), ws); err != nil {
				return nil, err
			}
			for _, other := range e.locales() {
				if moved := e.heldIn(other, ws); other != locale && len(moved) > 0 {
					if err := e.remove(ctx, uid, []string{other}, moved); err != nil {
						return nil, err
					}
				}
			}
			all = append(all, ws...)
		}
	}
	return all, nil
}

// heldIn are the articles that a locale's index has.
func (e *Engine) heldIn(locale string, ws []written) []centrala.ArticleID {
	e.mu.RLock()
	defer e.mu.RUnlock()
	var out []centrala.ArticleID
	for _, w := range ws {
		if d := e.words[locale]; d != nil && len(d.articles[w.id].passages) > 0 {
			out = append(out, w.id)
		}
	}
	return out
}

// replace puts articles into one index in place of their earlier versions.
func (e *Engine) replace(ctx context.Context, uid string, ws []written) error {
	if err := e.ensure(ctx, uid); err != nil {
		return err
	}
	tasks, err := e.add(ctx, uid, ws)
	if err != nil {
		return err
	}
	var earlier []string
	for _, w := range ws {
		earlier = append(earlier, fmt.Sprintf("(%s = %s AND (%s < %d OR (%s = %d AND %s >= %d)))",
			fieldArticle, quoted(w.id.String()), fieldVersion, w.version, fieldVersion, w.version, fieldNumber, len(w.docs)))
	}
	t, err := e.discard(ctx, uid, strings.Join(earlier, " OR "))
	if err != nil {
		return err
	}
	if err := e.server.done(ctx, append(tasks, t)...); err != nil {
		return err
	}
	return e.yield(ctx, uid, ws)
}

// yield takes what was put out again where a later version is: of two nodes the one that comes last
// sees both.
func (e *Engine) yield(ctx context.Context, uid string, ws []written) error {
	put := map[centrala.ArticleID]int64{}
	var ids []centrala.ArticleID
	for _, w := range ws {
		put[w.id] = w.version
		ids = append(ids, w.id)
	}
	var late []string
	err := e.server.each(ctx, uid, []string{ofArticles(ids), fieldNumber + " = 0"}, []string{fieldID}, func(h client.Hit) error {
		_, article, version, err := identity(h[fieldID])
		if err == nil && version > put[article] {
			late = append(late, fmt.Sprintf("(%s = %s AND %s < %d)", fieldArticle, quoted(article.String()), fieldVersion, version))
		}
		return err
	})
	if err != nil || len(late) == 0 {
		return err
	}
	t, err := e.discard(ctx, uid, strings.Join(late, " OR "))
	if err != nil {
		return err
	}
	return e.server.done(ctx, t)
}

// ensure makes an index that is not there, set up: one that documents make by themselves is not.
func (e *Engine) ensure(ctx context.Context, uid string) error {
	some, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	_, err := e.server.GetIndex(some, uid)
	if err = said("look for the index "+uid, err); !refused(err, "index_not_found") {
		return err
	}
	if exists, err := e.server.create(ctx, uid); err != nil || exists {
		return err
	}
	return e.server.setUp(ctx, uid)
}

// add hands documents in, in batches of bounded size.
func (e *Engine) add(ctx context.Context, uid string, ws []written) ([]*client.TaskInfo, error) {
	key := fieldID
	var tasks []*client.TaskInfo
	var batch []document
	size := 0
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		t, err := enqueue(ctx, "add to "+uid, func(ctx context.Context) (*client.TaskInfo, error) {
			return e.server.Index(uid).AddDocuments(ctx, batch, &client.DocumentOptions{PrimaryKey: &key})
		})
		tasks, batch, size = append(tasks, t), nil, 0
		return err
	}
	for _, w := range ws {
		for _, d := range w.docs {
			batch = append(batch, d)
			if size += d.size(); len(batch) == maxBatch || size > maxBytes {
				if err := flush(); err != nil {
					return nil, err
				}
			}
		}
	}
	return tasks, flush()
}

func (d *document) size() int {
	n := len(d.Title) + len(d.Text) + 4*len(d.Passage)/3
	for _, k := range d.Keys {
		n += len(k) + 3
	}
	return n
}

func (e *Engine) discard(ctx context.Context, uid, filter string) (*client.TaskInfo, error) {
	return enqueue(ctx, "remove from "+uid, func(ctx context.Context) (*client.TaskInfo, error) {
		return e.server.Index(uid).DeleteDocumentsByFilter(ctx, filter, nil)
	})
}

// remove takes articles out of the indexes of some locales.
func (e *Engine) remove(ctx context.Context, uid func(string) string, locales []string, ids []centrala.ArticleID) error {
	var tasks []*client.TaskInfo
	for some := range slices.Chunk(ids, maxNamed) {
		for _, l := range locales {
			t, err := e.discard(ctx, uid(l), ofArticles(some))
			if refused(err, "index_not_found") {
				continue
			}
			if err != nil {
				return err
			}
			tasks = append(tasks, t)
		}
	}
	var errs []error
	for _, t := range tasks {
		if err := e.server.done(ctx, t); !refused(err, "index_not_found") {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
