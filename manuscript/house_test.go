package manuscript_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"centrala"
	"centrala/manuscript"
	"centrala/store"
	"centrala/store/library"
	"centrala/store/storetest"
)

// shelf is a Help Centre with a store of its own.
type shelf struct {
	*library.Library
	drawer
}

func newShelf(t testing.TB, dsn string) *shelf {
	t.Helper()
	db, err := store.Open(context.Background(), dsn, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	l := library.New(db)
	return &shelf{l, drawer{there: l.Manuscript, files: map[centrala.ArticleID][]manuscript.Filed{}, content: map[string][]byte{}}}
}

// drawer is a cabinet in memory.
type drawer struct {
	there   func(context.Context, centrala.ArticleID) (centrala.Manuscript, error)
	files   map[centrala.ArticleID][]manuscript.Filed
	content map[string][]byte
}

func (d drawer) Files(_ context.Context, a centrala.ArticleID) ([]manuscript.Filed, error) {
	return d.files[a], nil
}

func (d drawer) OpenFile(_ context.Context, f manuscript.Filed) ([]byte, error) {
	return d.content[f.Address], nil
}

func (d drawer) SaveFile(_ context.Context, a centrala.ArticleID, name string, content []byte) (manuscript.Filed, error) {
	if _, err := d.there(context.Background(), a); err != nil {
		return manuscript.Filed{}, err
	}
	f := manuscript.Filed{Name: name, Size: int64(len(content)), Address: fmt.Sprintf("/help/files/at_%d/%s", len(d.content), name)}
	d.files[a], d.content[f.Address] = append(d.files[a], f), bytes.Clone(content)
	return f, nil
}

func (d drawer) Takes(name string, _ []byte) error {
	if strings.HasSuffix(name, ".exe") {
		return errors.New("a program")
	}
	return nil
}

// folder is what the shelf is as files.
func (s *shelf) folder(t *testing.T) (manuscript.Collection, fstest.MapFS) {
	t.Helper()
	c, err := manuscript.Gather(t.Context(), s, s.drawer)
	if err != nil {
		t.Fatal(err)
	}
	return c, written(t, c)
}

func written(t *testing.T, c manuscript.Collection) fstest.MapFS {
	t.Helper()
	dir := fstest.MapFS{}
	err := c.Write(func(name string, content []byte) error {
		if _, twice := dir[name]; twice || !fs.ValidPath(name) {
			return fmt.Errorf("%s is written twice, or no path", name)
		}
		dir[name] = &fstest.MapFile{Data: content}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// take imports a folder.
func (s *shelf) take(t *testing.T, dir fs.FS) manuscript.Plan {
	t.Helper()
	c, problems, err := manuscript.Read(dir)
	if err != nil || len(problems) > 0 {
		t.Fatalf("read: %v, %v", err, problems)
	}
	plan, problems, err := manuscript.Compare(t.Context(), c, s, s.drawer)
	if err != nil || len(problems) > 0 {
		t.Fatalf("compare: %v, %v", err, problems)
	}
	steps := 0
	if err := plan.Apply(t.Context(), s, s.drawer, func(manuscript.Step) { steps++ }); err != nil {
		t.Fatal(err)
	}
	if steps != len(plan.Steps) {
		t.Fatalf("%d of %d steps are told", steps, len(plan.Steps))
	}
	return plan
}

func sqlite(t *testing.T) *shelf   { return newShelf(t, storetest.SQLite(t)) }
func postgres(t *testing.T) *shelf { return newShelf(t, storetest.Postgres(t)) }
