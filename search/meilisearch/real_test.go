package meilisearch_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"centrala/lab"
	"centrala/search"
	"centrala/search/meilisearch"
	"centrala/search/searchtest"
)

// shared is a server for all tests that do it no harm.
var shared struct {
	once   sync.Once
	url    string
	server *lab.Meilisearch
	err    error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if shared.server != nil {
		if err := shared.server.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	if sharedDir != "" {
		_ = os.RemoveAll(sharedDir)
	}
	os.Exit(code)
}

var sharedDir string

// wanted is what CENTRALA_TEST_MEILISEARCH says, or the test is skipped.
func wanted(t testing.TB) string {
	t.Helper()
	s := os.Getenv("CENTRALA_TEST_MEILISEARCH")
	if s == "" {
		t.Skip("there is no Meilisearch to test with: set CENTRALA_TEST_MEILISEARCH to a server's program or to its address")
	}
	return s
}

// real is the address of a real server.
func real(t testing.TB) string {
	t.Helper()
	s := wanted(t)
	if strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://") {
		return s
	}
	shared.once.Do(func() {
		if sharedDir, shared.err = os.MkdirTemp("", "centrala-meilisearch-"); shared.err != nil {
			return
		}
		if shared.server, shared.err = lab.StartMeilisearch(context.Background(), lab.MeilisearchConfig{Binary: s, Dir: sharedDir}); shared.err == nil {
			shared.url = shared.server.URL()
		}
	})
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.url
}

var names atomic.Int64

// open is an engine with indexes of its own.
func open(t testing.TB, url string) *meilisearch.Engine {
	t.Helper()
	return meilisearch.New(meilisearch.Options{URL: url, Prefix: fmt.Sprintf("test%d-%d", os.Getpid(), names.Add(1)), Node: "one"})
}

func TestRealServer(t *testing.T) {
	t.Parallel()
	url := real(t)
	searchtest.Run(t, func(t testing.TB) search.Index { return open(t, url) })
}

func TestRelevance(t *testing.T) {
	t.Parallel()
	url := real(t)
	for _, locale := range []string{"pl", "en", "de"} {
		t.Run(locale, func(t *testing.T) {
			t.Parallel()
			searchtest.Relevance(t, locale, func(t testing.TB) search.Index { return open(t, url) })
		})
	}
}

func TestByHand(t *testing.T) {
	t.Parallel()
	url := real(t)
	searchtest.ByHand(t, func(t testing.TB) search.Index { return open(t, url) })
}
