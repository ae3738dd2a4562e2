package meilisearch_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	client "github.com/meilisearch/meilisearch-go"

	"centrala"
	"centrala/lab"
	"centrala/search"
	"centrala/search/meilisearch"
)

// own is a server that the test may do harm to.
func own(t *testing.T, key string) *lab.Meilisearch {
	t.Helper()
	s := wanted(t)
	if strings.HasPrefix(s, "http") {
		t.Skip("a server at an address is done no harm: set CENTRALA_TEST_MEILISEARCH to a server's program")
	}
	m, err := lab.StartMeilisearch(t.Context(), lab.MeilisearchConfig{Binary: s, Dir: t.TempDir(), Key: key})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Stop(); err != nil {
			t.Error(err)
		}
	})
	return m
}

// one is an engine of a node.
func one(url, node string) *meilisearch.Engine {
	return meilisearch.New(meilisearch.Options{URL: url, Prefix: "kb", Node: node})
}

var written = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// numbered are articles, each found by its number.
func numbered(n int) []centrala.Article {
	var out []centrala.Article
	for i := range n {
		out = append(out, centrala.Article{ID: centrala.ArticleID(i + 1), Locale: "pl", UpdatedAt: written,
			Content: centrala.Content{Slug: fmt.Sprintf("a%d", i), Title: fmt.Sprintf("Zwrot zakupu nr%d", i), Body: strings.Repeat(fmt.Sprintf("Treść artykułu o łódkach, część %d. ", i), 30)}})
	}
	return out
}

func several(articles []centrala.Article, during func(i int)) func(func(centrala.Article, error) bool) {
	return func(yield func(centrala.Article, error) bool) {
		for i, a := range articles {
			if during != nil {
				during(i)
			}
			if !yield(a, nil) {
				return
			}
		}
	}
}

func finds(t *testing.T, e search.Finder, text, slug string) bool {
	t.Helper()
	found, err := e.Search(t.Context(), centrala.Query{Text: text, Locale: "pl", Limit: 3})
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return slices.ContainsFunc(found, func(s centrala.Suggestion) bool { return s.Slug == slug })
}

// holds fails unless an index has just these articles, and nothing is left beside it.
func holds(t *testing.T, e *meilisearch.Engine, url string, n int) {
	t.Helper()
	got, err := e.Versions(t.Context())
	if err != nil || len(got) != n {
		t.Fatalf("it has %d articles and not %d, %v", len(got), n, err)
	}
	for _, i := range []int{0, n / 2, n - 1} {
		if !finds(t, e, fmt.Sprintf("zwrot nr%d", i), fmt.Sprintf("a%d", i)) {
			t.Errorf("article %d is not found", i)
		}
	}
	for _, name := range indexes(t, url) {
		if name != "kb_pl" {
			t.Errorf("%s is left", name)
		}
	}
}

func indexes(t *testing.T, url string) []string {
	t.Helper()
	all, err := client.New(url).ListIndexes(t.Context(), &client.IndexesQuery{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, i := range all.Results {
		out = append(out, i.UID)
	}
	return out
}

// Killed in the middle of puts the server has what Put returned for, and takes the rest later.
func TestServerKilledWhileItTakesArticles(t *testing.T) {
	t.Parallel()
	m := own(t, "")
	e := one(m.URL(), "one")
	all := numbered(120)
	put := map[centrala.ArticleID]bool{}
	failures := 0
	for round := 0; len(put) < len(all); round++ {
		killed := make(chan error, 1)
		if round < 4 {
			time.AfterFunc(time.Duration(100+150*round)*time.Millisecond, func() { killed <- m.Kill() })
		}
		for some := range slices.Chunk(all, 10) {
			if put[some[0].ID] {
				continue
			}
			if err := e.Put(t.Context(), some); err != nil {
				failures++
				break
			}
			for _, a := range some {
				put[a.ID] = true
			}
		}
		if round < 4 {
			if err := errors.Join(<-killed, m.Start(t.Context())); err != nil {
				t.Fatal(err)
			}
		}
		got, err := one(m.URL(), "two").Versions(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for id := range put {
			if got[id] == 0 {
				t.Fatalf("article %d was taken and is lost", id)
			}
		}
	}
	t.Logf("%d puts failed", failures)
	holds(t, e, m.URL(), len(all))
}

// Killed in the middle of a rebuild, or of its swap, the server has the index before or the new one,
// whole; what is left is removed by the next rebuild.
func TestServerKilledWhileItRebuilds(t *testing.T) {
	t.Parallel()
	m := own(t, "")
	e := one(m.URL(), "one")
	old, fresh := numbered(60), numbered(90)
	if err := e.Put(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	outcomes := map[string]int{}
	const rounds = 4
	for round := range rounds {
		began := time.Now()
		if err := e.Rebuild(t.Context(), several(old, nil)); err != nil {
			t.Fatal(err)
		}
		whole := time.Since(began)
		killed := make(chan error, 1)
		time.AfterFunc(whole*time.Duration(2*round+3)/(2*rounds+2), func() { killed <- m.Kill() })
		err := e.Rebuild(t.Context(), several(fresh, nil))
		if err := errors.Join(<-killed, m.Start(t.Context())); err != nil {
			t.Fatal(err)
		}
		got, verr := e.Versions(t.Context())
		switch {
		case verr != nil:
			t.Fatal(verr)
		case len(got) == len(old) && err != nil:
			outcomes["before"]++
		case len(got) == len(fresh):
			outcomes["after"]++
		default:
			t.Fatalf("it has %d articles, the rebuild says %v", len(got), err)
		}
		if err := e.Rebuild(t.Context(), several(old, nil)); err != nil {
			t.Fatalf("the next one: %v", err)
		}
		holds(t, e, m.URL(), len(old))
	}
	t.Logf("killed %d times: %v", rounds, outcomes)
}

// A data folder that is wiped, and an index that somebody removes, are made anew; until then a
// search is an error and not an answer.
func TestWipedServer(t *testing.T) {
	t.Parallel()
	m := own(t, "")
	e := one(m.URL(), "one")
	s := &stock{all: numbered(30)}
	help := search.New(e, s, quiet)
	if err := help.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	for what, wipe := range map[string]func() error{
		"wiped":   func() error { return errors.Join(m.Kill(), m.Wipe(), m.Start(t.Context())) },
		"removed": func() error { return gone(t, m.URL()) },
		"emptied": func() error { return emptied(t, m.URL()) },
	} {
		if err := wipe(); err != nil {
			t.Fatal(err)
		}
		if found, err := e.Search(t.Context(), centrala.Query{Text: "zwrot nr7", Locale: "pl", Limit: 3}); err == nil {
			t.Errorf("%s: it answers %v", what, found)
		}
		if err := help.Sync(t.Context()); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		holds(t, e, m.URL(), 30)
	}
}

func finished(t *testing.T, c client.ServiceManager, info *client.TaskInfo, err error) error {
	t.Helper()
	if err != nil {
		return err
	}
	task, err := c.WaitForTask(t.Context(), info.TaskUID, 0)
	if err == nil && task.Status != client.TaskStatusSucceeded {
		err = errors.New(task.Error.Message)
	}
	return err
}

func gone(t *testing.T, url string) error {
	c := client.New(url)
	info, err := c.DeleteIndex(t.Context(), "kb_pl")
	return finished(t, c, info, err)
}

func emptied(t *testing.T, url string) error {
	c := client.New(url)
	info, err := c.Index("kb_pl").DeleteAllDocuments(t.Context(), nil)
	return finished(t, c, info, err)
}

// With a wrong key the error says what to do, and no error says the key or what was asked.
func TestWrongKey(t *testing.T) {
	t.Parallel()
	m := own(t, "a-master-key-of-this-test")
	for key, works := range map[string]bool{"a-master-key-of-this-test": true, "some-other-secret-key": false, "": false} {
		e := meilisearch.New(meilisearch.Options{URL: m.URL(), Key: key, Prefix: "kb", Node: "one"})
		err := e.Put(t.Context(), numbered(2))
		if works != (err == nil) {
			t.Errorf("with %q: %v", key, err)
		}
		if err != nil && (!strings.Contains(err.Error(), "search.meilisearch.key") || key != "" && strings.Contains(err.Error(), key)) {
			t.Errorf("with %q it says %v", key, err)
		}
	}
}

// Two nodes share an index: what one changes the other knows, an earlier version never takes a
// later one's place, and one rebuilds at a time.
func TestTwoNodes(t *testing.T) {
	t.Parallel()
	url := real(t)
	prefix := fmt.Sprintf("two%d", names.Add(1)) + "-" + time.Now().Format("150405")
	node := func(name string) *meilisearch.Engine {
		return meilisearch.New(meilisearch.Options{URL: url, Prefix: prefix, Node: name})
	}
	a, b := node("a"), node("b")
	early := numbered(3)
	late := numbered(3)
	for i := range late {
		late[i].Title, late[i].UpdatedAt = "Wypożyczalnia rowerów", written.Add(time.Hour)
	}
	if err := errors.Join(a.Put(t.Context(), late), b.Put(t.Context(), early)); err != nil {
		t.Fatal(err)
	}
	for _, e := range []*meilisearch.Engine{a, b, node("c")} {
		got, err := e.Versions(t.Context())
		if err != nil || len(got) != 3 || got[1] != late[0].UpdatedAt.UnixMicro() {
			t.Errorf("there are %v, %v", got, err)
		}
		if !finds(t, e, "rower", "a0") || finds(t, e, "zwrot nr1", "a1") {
			t.Error("an earlier version took the place of a later one")
		}
	}
	busy := make(chan error, 1)
	err := a.Rebuild(t.Context(), several(late, func(i int) {
		if i == 1 {
			busy <- b.Rebuild(t.Context(), several(early, nil))
		}
	}))
	if other := <-busy; err != nil || other == nil || !strings.Contains(other.Error(), "another node") {
		t.Errorf("a says %v, b %v", err, other)
	}
	if err := b.Rebuild(t.Context(), several(late[:2], nil)); err != nil {
		t.Error(err)
	}
	if got, err := a.Versions(t.Context()); err != nil || len(got) != 2 || finds(t, a, "rower", "a2") {
		t.Errorf("after the other's rebuild there are %v, %v", got, err)
	}
}

// Settings that somebody changed are put right by a rebuild, and the index answers meanwhile.
func TestSettingsAreMended(t *testing.T) {
	t.Parallel()
	m := own(t, "")
	s := &stock{all: numbered(20)}
	e := one(m.URL(), "one")
	help := search.New(e, s, quiet)
	if err := help.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	c := client.New(m.URL())
	info, err := c.Index("kb_pl").UpdateStopWords(t.Context(), &[]string{"zwrot"})
	if err := finished(t, c, info, err); err != nil {
		t.Fatal(err)
	}
	if got, err := e.Versions(t.Context()); err != nil || len(got) != 0 || !finds(t, e, "zwrot nr3", "a3") {
		t.Errorf("set up otherwise there are %d articles, %v", len(got), err)
	}
	if err := help.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	holds(t, e, m.URL(), 20)
	if words, err := c.Index("kb_pl").GetStopWords(t.Context()); err != nil || len(*words) != 0 {
		t.Errorf("its stop words are %v, %v", words, err)
	}
}

// A full disk is an error that says so; what is indexed answers, and with room again all is taken.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	s := wanted(t)
	if strings.HasPrefix(s, "http") {
		t.Skip("a server at an address is done no harm: set CENTRALA_TEST_MEILISEARCH to a server's program")
	}
	d, err := lab.NewDisk(t.TempDir(), 96<<20)
	if err != nil {
		t.Skipf("there is no small disk here: %v", err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	m, err := lab.StartMeilisearch(t.Context(), lab.MeilisearchConfig{Binary: s, Dir: d.Dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Stop(); err != nil {
			t.Error(err)
		}
	})
	e := one(m.URL(), "one")
	all := numbered(300)
	if err := e.Put(t.Context(), all[:40]); err != nil {
		t.Fatal(err)
	}
	if err := d.Fill(0); err != nil {
		t.Fatal(err)
	}
	err = e.Put(t.Context(), all)
	if err == nil {
		t.Error("a full disk takes articles")
	}
	t.Logf("of a full disk it says: %v", err)
	if !finds(t, e, "zwrot nr3", "a3") {
		t.Error("on a full disk nothing is found")
	}
	if err := d.Free(); err != nil {
		t.Fatal(err)
	}
	for began := time.Now(); ; {
		if err = e.Put(t.Context(), all); err == nil {
			break
		}
		if time.Since(began) > time.Minute {
			t.Fatalf("with room again: %v", err)
		}
		if err := lab.Rest(t.Context(), 200*time.Millisecond); err != nil {
			t.Fatal(err)
		}
	}
	holds(t, e, m.URL(), len(all))
}

var quiet = slog.New(slog.DiscardHandler)

// stock is articles as a store has them.
type stock struct{ all []centrala.Article }

func (s *stock) Articles(context.Context, centrala.ArticleFilter) ([]centrala.Article, error) {
	return slices.Clone(s.all), nil
}

func (s *stock) WordLists(context.Context) ([]centrala.WordList, error) { return nil, nil }

func (s *stock) ArticleByID(_ context.Context, id centrala.ArticleID) (centrala.Article, error) {
	for _, a := range s.all {
		if a.ID == id {
			return a, nil
		}
	}
	return centrala.Article{}, centrala.Errorf(centrala.NotFound, "no article %s", id)
}
