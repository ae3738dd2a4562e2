package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"centrala/lab"
)

// heard is what /v1/articles/search says.
type heard struct {
	Items  []struct{ Slug string }
	Engine string
}

func (p *process) ask(t *testing.T, text string) heard {
	t.Helper()
	var a heard
	p.must(t, http.MethodGet, "/v1/articles/search?locale=pl&q="+url.QueryEscape(text), "", nil, &a)
	return a
}

// edit writes an article and gives how long it takes until that is found, and by which engine.
func (p *process) edit(t *testing.T, admin, slug, word string) (took time.Duration, engine string) {
	t.Helper()
	began := time.Now()
	p.must(t, http.MethodPut, "/v1/articles/pl/"+slug, admin, map[string]any{"title": "Naprawa: " + word, "body": "Tak naprawisz " + word + "."}, nil)
	for {
		a := p.ask(t, word)
		if slices.ContainsFunc(a.Items, func(i struct{ Slug string }) bool { return i.Slug == slug }) {
			return time.Since(began), a.Engine
		}
		if time.Since(began) > time.Minute {
			t.Fatalf("%q is not found; %s answers", word, a.Engine)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// engineState is one of /v1/search.
type engineState struct {
	Name, Error string
	Answers, OK bool
	Articles    int
	Rebuilding  *struct{ Done, Of int }
	Rebuilt     *struct {
		At    time.Time
		Error string
	}
}

func (p *process) engines(t *testing.T, admin string) []engineState {
	t.Helper()
	var s struct{ Engines []engineState }
	p.must(t, http.MethodGet, "/v1/search", admin, nil, &s)
	return s.Engines
}

// until waits until a condition holds.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for began := time.Now(); !holds(); time.Sleep(50 * time.Millisecond) {
		if time.Since(began) > time.Minute {
			t.Fatalf("a minute later: not %s", what)
		}
	}
}

// The search with a Meilisearch server: edits are found within two seconds, also when the server is
// killed, wiped and comes back; who answers is said, and the service stays green.
func TestSearchWithMeilisearch(t *testing.T) {
	binary := os.Getenv("CENTRALA_TEST_MEILISEARCH")
	if binary == "" || strings.HasPrefix(binary, "http") {
		t.Skip("there is no Meilisearch to test with: set CENTRALA_TEST_MEILISEARCH to a server's program")
	}
	m, err := lab.StartMeilisearch(t.Context(), lab.MeilisearchConfig{Binary: binary, Dir: t.TempDir(), Key: "a-master-key-of-this-test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Stop(); err != nil {
			t.Error(err)
		}
	})
	h := newPremises(t, "", "search.meilisearch.url = \""+m.URL()+"\"\nsearch.meilisearch.key = \"a-master-key-of-this-test\"\n")
	p := h.serve(t)
	admin := h.furnish(t, p)
	p.edit(t, admin, "pierwszy", "telewizora")
	until(t, "meilisearch answers", func() bool { return p.ask(t, "telewizora").Engine == "meilisearch" })
	slowest := time.Duration(0)
	for i := range 12 {
		word := fmt.Sprintf("urządzenia typ%d", 100+i)
		took, _ := p.edit(t, admin, fmt.Sprintf("edycja-%d", i%4), word)
		slowest = max(slowest, took)
		if i%4 == 3 {
			until(t, "found by meilisearch", func() bool { a := p.ask(t, word); return a.Engine == "meilisearch" && len(a.Items) == 1 })
		}
	}
	t.Logf("the slowest of 12 edits is found after %s", slowest.Round(time.Millisecond))
	if slowest > 2*time.Second {
		t.Errorf("an edit is found after %s", slowest)
	}

	if err := errors.Join(m.Kill(), m.Wipe()); err != nil {
		t.Fatal(err)
	}
	took, engine := p.edit(t, admin, "bez-serwera", "lodówki")
	if engine != "bleve" || took > 2*time.Second {
		t.Errorf("without the server an edit is found by %s after %s", engine, took)
	}
	if status, body := p.get(t, "/readyz"); status != http.StatusOK || !strings.Contains(body, `"meilisearch":"`) || strings.Contains(body, `"meilisearch":"ok"`) {
		t.Errorf("/readyz says %d %s", status, body)
	}
	if err := m.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	back := time.Now()
	until(t, "healed", func() bool { a := p.ask(t, "lodówki"); return a.Engine == "meilisearch" && len(a.Items) == 1 })
	t.Logf("a wiped server is made anew and answers %s after its start", time.Since(back).Round(time.Millisecond))
	if log := p.said(); strings.Count(log, "does not answer") > 1 || strings.Contains(log, "a-master-key") {
		t.Errorf("the log says\n%s", log)
	}

	p.must(t, http.MethodPost, "/v1/search/rebuild", admin, nil, nil)
	until(t, "rebuilt", func() bool {
		return !slices.ContainsFunc(p.engines(t, admin), func(e engineState) bool { return e.Rebuilt == nil || e.Rebuilt.Error != "" })
	})
	for i, e := range p.engines(t, admin) {
		if !e.OK || e.Answers != (i == 0) || e.Articles != 6 {
			t.Errorf("after a rebuild %s is %+v", e.Name, e)
		}
	}
	out, code := h.run(t, "", "article", "reindex")
	if code == 0 || !strings.Contains(out, "POST /v1/search/rebuild") || !strings.Contains(out, "meilisearch: 6 articles") {
		t.Errorf("beside a running server it says %s, %d", out, code)
	}
	if code := p.end(t); code != 0 {
		t.Errorf("it ends with %d", code)
	}
	if out := h.must(t, "", "article", "reindex"); !strings.Contains(out, "bleve: 6 articles") {
		t.Errorf("beside a stopped server it says %s", out)
	}
}
