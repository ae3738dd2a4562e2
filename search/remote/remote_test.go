package remote_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"centrala"
	"centrala/search/remote"
)

// A server is asked by its address; what it refuses is said in its words, and what is no centrala
// is said to be none.
func TestSearch(t *testing.T) {
	t.Parallel()
	answer, status := "", http.StatusOK
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if got := r.URL.String(); got != "/v1/articles/search?limit=3&locale=pl&q=zwrot+i+%C5%82&side=buyer" {
			t.Errorf("asked for %s", got)
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(answer)) // who asked may have gone
	}))
	defer s.Close()
	ask := func() (remote.Answers, error) {
		return remote.Search(t.Context(), s.Client(), s.URL+"/", centrala.Query{Text: "zwrot i ł", Locale: "pl", Side: centrala.Buyer, Limit: 3})
	}
	answer = `{"items":[{"id":"ar_0000000000001","slug":"a","title":"Zwrot","heading":"Kiedy","url":"/help/pl/a#kiedy","snippet":"Masz 14 dni.","score":0.91}],"engine":"meilisearch","took_ms":4}`
	found, err := ask()
	if err != nil || found.Engine != "meilisearch" {
		t.Fatal(found, err)
	}
	var b strings.Builder
	if err := found.Write(&b, s.URL); err != nil || b.String() != "0.91  Zwrot › Kiedy\n      "+s.URL+"/help/pl/a#kiedy\n      Masz 14 dni.\nmeilisearch, 4 ms\n" {
		t.Errorf("written as\n%s%v", b.String(), err)
	}
	answer, status = `{"detail":"Slow down."}`, http.StatusTooManyRequests
	if _, err := ask(); err == nil || !strings.Contains(err.Error(), "429") || !strings.Contains(err.Error(), "Slow down.") {
		t.Errorf("refused: %v", err)
	}
	answer, status = "<html>", http.StatusOK
	if _, err := ask(); err == nil || !strings.Contains(err.Error(), "does not answer as centrala does") {
		t.Errorf("another program: %v", err)
	}
}
