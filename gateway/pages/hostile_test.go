package pages_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"centrala"
	"centrala/store/library"
)

// Books of 5 MB that were written to harm cost their page, the index and a search what long articles
// cost, and what can be read of them is found.
func TestHostileBooks(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const n = 5 << 20
	mk := func(unit string, n int) string { return strings.Repeat(unit, n/len(unit)) }
	began := time.Now()
	books := map[string]string{
		"quotes": mk("> ", n), "lists": mk("1. ", n), "brackets": mk("[a](", n), "scripts": mk("<script>alert(1)</script>\n\n", n), "text": mk("zażółć gęślą jaźń ", n), "one-line": mk("a", n),
		"rows": "|a|b|\n|-|-|\n" + mk("|<svg onload=alert(1)>|b|\n", n), "columns": mk("|a", n/2) + "|\n" + mk("|-", n/2) + "|\n",
	}
	for slug, body := range books {
		c := centrala.Content{Slug: slug, Title: "Książka", Body: "Początek " + strings.ReplaceAll(slug, "-", "") + "owy.\n\n" + body}
		if _, err := library.New(h.db).SaveArticle(t.Context(), centrala.Article{Locale: "pl", Content: c}); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.help.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d books of 5 MB are kept and indexed in %v", len(books), time.Since(began))
	for slug := range books {
		began := time.Now()
		got := h.ask(t, "GET", "/help/pl/"+slug)
		if took := time.Since(began); got.Code != http.StatusOK || took > time.Minute || got.Body.Len() > 24<<20 {
			t.Errorf("%s: %d, %d bytes in %v", slug, got.Code, got.Body.Len(), took)
		}
		if body := got.Body.String(); strings.Contains(body, "<script>alert") || strings.Contains(body, "<svg onload") {
			t.Errorf("%s runs", slug)
		}
		began = time.Now()
		got = h.ask(t, "GET", "/help/search?lang=pl&q="+url.QueryEscape("początek "+strings.ReplaceAll(slug, "-", "")+"owy"))
		if took := time.Since(began); !strings.Contains(got.Body.String(), "/help/pl/"+slug) || took > time.Minute {
			t.Errorf("%s is not found in %v", slug, took)
		}
	}
}
