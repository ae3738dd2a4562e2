// Package bleve is the embedded engine of the Help Centre: no service, one folder.
package bleve

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"centrala"
	"centrala/search"
)

// Engine is an index in a folder. It is safe for concurrent use.
//
// The folder holds one index in a folder of its own, whose name the file "current" tells. A
// rebuild makes the next one beside it.
type Engine struct {
	dir  string
	log  *slog.Logger
	lore search.Lore

	mu  sync.RWMutex // held to read or change cur
	cur *generation

	write    sync.Mutex                               // one change at a time; not held while a rebuild reads articles
	missed   map[centrala.ArticleID]*centrala.Article // changed while a rebuild runs, nil: removed; nil map: none runs
	building sync.Mutex                               // one rebuild at a time
}

// Open opens the index in dir, or makes it. One that cannot be read, or was made by another
// version, is replaced by an empty one, and that is logged: what it held is in the store. One
// that another process has open is an error.
func Open(dir string, log *slog.Logger) (*Engine, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("folder of the index: %w", err)
	}
	e := &Engine{dir: dir, log: log}
	name, err := current(dir)
	if err != nil {
		return nil, err
	}
	if name != "" {
		e.cur, err = openGeneration(filepath.Join(dir, name))
	}
	if errors.Is(err, ErrInUse) { // it is well, and somebody's: never replace it
		return nil, fmt.Errorf("the index in %s is %w", dir, ErrInUse)
	}
	if e.cur != nil {
		return e, e.sweep()
	}
	if why := cmp.Or(err, e.remains()); why != nil {
		log.Warn("the index is made anew from the articles", "folder", dir, "why", why)
	}
	next, err := makeGeneration(filepath.Join(dir, following(name)))
	if err != nil {
		return nil, err
	}
	e.cur = next
	if err := settle(dir, next.name()); err != nil {
		return nil, errors.Join(err, next.close())
	}
	return e, e.sweep()
}

// current is the name of the folder in use, "" when none is told.
func current(dir string) (string, error) {
	name, err := os.ReadFile(filepath.Join(dir, "current"))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("which index is in use: %w", err)
	}
	if s := strings.TrimSpace(string(name)); generationName(s) {
		return s, nil
	}
	return "", nil
}

func generationName(s string) bool {
	n, err := strconv.Atoi(s)
	return err == nil && n > 0
}

// following is the name of the next folder.
func following(name string) string {
	n, _ := strconv.Atoi(name) // "" is 0
	return strconv.Itoa(n + 1)
}

// settle makes a folder the one in use, at once and for good.
func settle(dir, name string) error {
	path := filepath.Join(dir, "current")
	f, err := os.Create(path + ".new")
	if err != nil {
		return fmt.Errorf("tell which index is in use: %w", err)
	}
	_, err = f.WriteString(name + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(path+".new", path)
	}
	if err != nil {
		return fmt.Errorf("tell which index is in use: %w", err)
	}
	return nil
}

// remains tells of an index that an earlier version left in the folder.
func (e *Engine) remains() error {
	entries, err := os.ReadDir(e.dir)
	if err != nil {
		return err
	}
	if len(entries) > 0 {
		return errSchema
	}
	return nil
}

// sweep removes what is not in use: earlier indexes, and rebuilds that were not finished.
func (e *Engine) sweep() error {
	entries, err := os.ReadDir(e.dir)
	if err != nil {
		return fmt.Errorf("folder of the index: %w", err)
	}
	for _, f := range entries {
		if f.Name() == "current" || f.Name() == e.cur.name() {
			continue
		}
		if err := os.RemoveAll(filepath.Join(e.dir, f.Name())); err != nil {
			return errors.Join(fmt.Errorf("remove what is left of an index: %w", err), e.cur.close())
		}
	}
	return nil
}

// Close closes the index, once nobody reads it.
func (e *Engine) Close() error {
	e.write.Lock()
	defer e.write.Unlock()
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.cur.close()
}

// Name implements search.Index.
func (e *Engine) Name() string { return "bleve" }

// Learn implements search.Index: the next question is read with the new lists, and no article is
// indexed anew.
func (e *Engine) Learn(_ context.Context, lists []centrala.WordList) error {
	return e.lore.Learn(lists)
}

// use is the index in use; done must be called.
func (e *Engine) use() (g *generation, done func()) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	e.cur.readers.Add(1)
	return e.cur, e.cur.readers.Done
}

// Put implements search.Index.
func (e *Engine) Put(_ context.Context, articles []centrala.Article) error {
	e.write.Lock()
	defer e.write.Unlock()
	if err := e.cur.change(articles, nil); err != nil {
		return err
	}
	if e.missed != nil {
		for i := range articles {
			e.missed[articles[i].ID] = &articles[i]
		}
	}
	return nil
}

// Remove implements search.Index.
func (e *Engine) Remove(_ context.Context, ids []centrala.ArticleID) error {
	e.write.Lock()
	defer e.write.Unlock()
	if err := e.cur.change(nil, ids); err != nil {
		return err
	}
	if e.missed != nil {
		for _, id := range ids {
			e.missed[id] = nil
		}
	}
	return nil
}

// Versions implements search.Index.
func (e *Engine) Versions(context.Context) (map[centrala.ArticleID]int64, error) {
	g, done := e.use()
	defer done()
	return g.versions()
}
