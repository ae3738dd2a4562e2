package rest_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"gocloud.dev/blob"

	"centrala"
	"centrala/gateway/rest"
	"centrala/store/library"
)

// ofArticles are the blobs of articles.
func (h *house) ofArticles() (keys []string) {
	h.t.Helper()
	it := h.blobs.List(&blob.ListOptions{Prefix: "articles/"})
	for {
		o, err := it.Next(context.Background())
		if errors.Is(err, io.EOF) {
			return keys
		}
		if err != nil {
			h.t.Fatal(err)
		}
		keys = append(keys, o.Key)
	}
}

// A file is read by whoever may read its article, and by nobody else, whatever happens to the
// article; with the article it is gone.
func TestFilesOfArticles(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	lib, ctx := library.New(h.db), t.Context()
	m := must[centrala.Manuscript](t)(lib.StartArticle(ctx, "pl", 0, centrala.Content{Slug: "zwrot", Title: "Zwrot", Body: "x"}, h.staff["admin"].ID))
	at := "/v1/manuscripts/" + m.ID.String() + "/files"

	var f struct {
		ID, Name, Type, URL string
		Size                int
	}
	got := h.uploadTo(at, h.tokens["supervisor"], `C:\a\..\ekran (1)`+"\u202e"+`.png`, png)
	if got.into(t, &f); got.status != http.StatusCreated || f.Type != "image/png" || f.Size != len(png) || f.Name != "ekran (1).png" || !strings.HasSuffix(f.URL, "/ekran%20%281%29.png") {
		t.Fatalf("%d %s", got.status, got.body)
	}
	reads := func(when string, want map[string]int) {
		t.Helper()
		visitor, _ := h.enter(h.web)
		for who, token := range map[string]string{"a stranger": "", "a visitor": visitor, "an agent": h.tokens["agent"], "an author": h.tokens["supervisor"]} {
			got := h.do(call{method: "GET", path: f.URL, token: token})
			if got.status != want[who] {
				t.Errorf("%s, %s: %d, want %d", when, who, got.status, want[who])
			}
			if got.status == http.StatusOK && got.body != string(png) || got.status != http.StatusOK && strings.Contains(got.body, f.Name) {
				t.Errorf("%s, %s reads %q", when, who, got.body)
			}
			if public := strings.HasPrefix(got.header.Get("Cache-Control"), "public"); public != (want["a stranger"] == http.StatusOK) {
				t.Errorf("%s, %s: kept as %q", when, who, got.header.Get("Cache-Control"))
			}
		}
	}
	const yes, no = http.StatusOK, http.StatusNotFound
	authors := map[string]int{"a stranger": no, "a visitor": no, "an agent": no, "an author": yes}
	staff := map[string]int{"a stranger": no, "a visitor": no, "an agent": yes, "an author": yes}
	all := map[string]int{"a stranger": yes, "a visitor": yes, "an agent": yes, "an author": yes}
	reads("drafted", authors)
	must[centrala.Article](t)(lib.PublishDraft(ctx, m.ID, 1, 0))
	reads("published", all)
	if got := h.do(call{method: "GET", path: f.URL}); got.header.Get("Content-Type") != "image/png" || !strings.HasPrefix(got.header.Get("Content-Disposition"), "inline") || got.header.Get("X-Content-Type-Options") != "nosniff" ||
		!strings.Contains(got.header.Get("Content-Security-Policy"), "sandbox") || !strings.Contains(got.header.Get("Cache-Control"), "immutable") {
		t.Errorf("headers %v", got.header)
	}
	a := must[centrala.Article](t)(lib.ArticleByID(ctx, m.ID))
	a.Readers = []centrala.Side{centrala.Seller}
	must[centrala.Article](t)(lib.SaveArticle(ctx, a))
	reads("for sellers alone", staff)
	if err := lib.Withdraw(ctx, m.ID, 0); err != nil {
		t.Fatal(err)
	}
	reads("withdrawn", authors)

	for _, wrong := range []string{"/help/files/" + f.ID + "/other.png", "/help/files/af_0000000000001/ekran%20(1).png", "/help/files/x/y", f.URL + "/x"} {
		if got := h.do(call{method: "GET", path: wrong, token: h.tokens["admin"]}); got.status != no {
			t.Errorf("%s: %d", wrong, got.status)
		}
	}
	if got := h.do(call{method: "DELETE", path: "/v1/manuscripts/" + m.ID.String() + "/draft", token: h.tokens["admin"]}); got.status != http.StatusNoContent || len(h.ofArticles()) != 0 {
		t.Errorf("thrown away: %d, blobs %q are left", got.status, h.ofArticles())
	}
	reads("gone", map[string]int{"a stranger": no, "a visitor": no, "an agent": no, "an author": no})
}

// What is not taken leaves nothing behind; what is no picture is downloaded; what is removed, or
// whose article is, is gone from the disk.
func TestFilesAreKeptAndRemoved(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	lib, ctx := library.New(h.db), t.Context()
	one := must[centrala.Article](t)(lib.SaveArticle(ctx, centrala.Article{Locale: "pl", Content: centrala.Content{Slug: "a", Title: "A", Body: "x"}}))
	two := must[centrala.Article](t)(lib.SaveArticle(ctx, centrala.Article{Locale: "pl", Content: centrala.Content{Slug: "b", Title: "B", Body: "x"}}))
	at := func(a centrala.Article) string { return "/v1/manuscripts/" + a.ID.String() + "/files" }
	admin := h.tokens["admin"]
	for name, refused := range map[string]struct {
		content []byte
		status  int
	}{
		"a.svg":  {[]byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`), http.StatusUnsupportedMediaType},
		"a.html": {[]byte(`<script>alert(1)</script>`), http.StatusUnsupportedMediaType},
		"a.txt":  {nil, http.StatusUnprocessableEntity},
		"b.txt":  {bytes.Repeat([]byte("a "), rest.MaxFile/2+1), http.StatusRequestEntityTooLarge},
	} {
		if got := h.uploadTo(at(one), admin, name, refused.content); got.status != refused.status {
			t.Errorf("%s: %d %s, want %d", name, got.status, got.body, refused.status)
		}
	}
	if got := h.uploadTo("/v1/manuscripts/ar_0000000000001/files", admin, "a.txt", []byte("tekst")); got.status != http.StatusNotFound {
		t.Errorf("of no article: %d", got.status)
	}
	if left := h.ofArticles(); len(left) != 0 {
		t.Errorf("blobs %q of what was refused", left)
	}
	put := func(a centrala.Article, name string, content []byte) (f struct{ ID, URL string }) {
		t.Helper()
		got := h.uploadTo(at(a), admin, name, content)
		if got.status != http.StatusCreated {
			t.Fatalf("%s: %d %s", name, got.status, got.body)
		}
		got.into(t, &f)
		return f
	}
	text, picture, other := put(one, "cennik.csv", []byte("a,b\n")), put(one, "a.png", png), put(two, "b.png", png)
	if got := h.do(call{method: "GET", path: text.URL}); got.status != http.StatusOK || !strings.HasPrefix(got.header.Get("Content-Disposition"), "attachment") || got.header.Get("Content-Type") != "text/csv; charset=utf-8" {
		t.Errorf("a table: %d %v", got.status, got.header)
	}
	var list struct{ Items []struct{ Name, URL string } }
	h.do(call{method: "GET", path: at(one), token: admin}).into(t, &list)
	if len(list.Items) != 2 || list.Items[0].URL != picture.URL || list.Items[1].Name != "cennik.csv" {
		t.Errorf("files %+v", list)
	}
	for _, c := range []struct {
		path string
		want int
	}{{at(two) + "/" + text.ID, http.StatusNotFound}, {at(one) + "/" + text.ID, http.StatusNoContent}, {at(one) + "/" + text.ID, http.StatusNotFound}} {
		if got := h.do(call{method: "DELETE", path: c.path, token: admin}); got.status != c.want {
			t.Errorf("DELETE %s: %d %s, want %d", c.path, got.status, got.body, c.want)
		}
	}
	actions := []string{}
	for _, l := range h.lines() {
		actions = append(actions, l.Action)
	}
	if all := strings.Join(actions, " "); strings.Count(all, "article.file_added") != 3 || strings.Count(all, "article.file_removed") != 1 {
		t.Errorf("on record: %s", all)
	}
	if got := h.do(call{method: "DELETE", path: "/v1/articles/" + one.ID.String(), token: admin}); got.status != http.StatusNoContent {
		t.Errorf("removed: %d %s", got.status, got.body)
	}
	if left := h.ofArticles(); len(left) != 1 {
		t.Errorf("blobs %q are left, want that of the other article", left)
	}
	if got := h.do(call{method: "GET", path: other.URL}); got.status != http.StatusOK {
		t.Errorf("the other article's file: %d", got.status)
	}
}

// An article names those related to it, and readers learn of those that they may see, in its
// author's order; what cannot be related is refused.
func TestRelated(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	lib, ctx := library.New(h.db), t.Context()
	write := func(slug string, related ...centrala.ArticleID) centrala.Article {
		return must[centrala.Article](t)(lib.SaveArticle(ctx, centrala.Article{Locale: "pl", Content: centrala.Content{Slug: slug, Title: strings.ToUpper(slug), Body: "x", Related: related}}))
	}
	a, b, gone := write("a"), write("b"), write("c")
	main := write("d", b.ID, gone.ID, a.ID)
	if err := lib.RemoveArticle(ctx, gone.ID); err != nil {
		t.Fatal(err)
	}
	var page struct {
		Related []struct{ ID, Title, URL string }
	}
	h.do(call{method: "GET", path: "/v1/articles/" + main.ID.String(), token: h.tokens["agent"]}).into(t, &page)
	if len(page.Related) != 2 || page.Related[0].Title != "B" || page.Related[0].URL != "/help/pl/b" || page.Related[1].ID != a.ID.String() {
		t.Errorf("related %+v", page.Related)
	}
	for what, related := range map[string][]any{"none": {"ar_0000000000001"}, "itself": {main.ID}, "gone": {gone.ID}, "one twice": {a.ID, a.ID}} {
		got := h.do(call{method: "PUT", path: "/v1/manuscripts/" + main.ID.String() + "/draft", token: h.tokens["admin"], body: obj{"title": "x", "slug": "d", "body": "x", "save": 0, "base": 1, "related": related}})
		if got.status != http.StatusUnprocessableEntity || got.problem(t).Field != "related" {
			t.Errorf("related to %s: %d %s", what, got.status, got.body)
		}
	}
	got := h.do(call{method: "PUT", path: "/v1/manuscripts/" + main.ID.String() + "/draft", token: h.tokens["admin"], body: obj{"title": "x", "slug": "d", "body": "x", "save": 0, "base": 1, "related": []any{b.ID}}})
	if got.status != http.StatusOK {
		t.Errorf("related to another: %d %s", got.status, got.body)
	}
}
