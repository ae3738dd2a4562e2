package rest_test

import (
	"net/http"
	"strings"
	"testing"
)

// An author sees what readers will; what is past the bounds of an article is told when it is saved,
// and shown as plain words.
func TestPreview(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	draw := func(body obj) string {
		t.Helper()
		got := h.do(call{method: "POST", path: "/v1/articles/preview", token: h.tokens["supervisor"], body: body})
		if got.status != http.StatusOK {
			t.Fatalf("preview: %d %s", got.status, got.body)
		}
		var p struct{ HTML string }
		got.into(t, &p)
		return p.HTML
	}
	const text = "# W skrócie\n\n| a | b |\n|---|---|\n| BLIK | 2 dni |\n\n1. Raz <script>alert(1)</script>\n"
	whole := draw(obj{"title": "Zwrot & <b>reszta", "summary": "Krótko.", "body": text})
	for _, want := range []string{"<h1>Zwrot &amp; &lt;b&gt;reszta</h1>", `<section class="short"`, `<ol class="steps">`} {
		if !strings.Contains(whole, want) {
			t.Errorf("no %s in %s", want, whole)
		}
	}
	if strings.Contains(whole, "<script") {
		t.Errorf("it runs: %s", whole)
	}
	if card := draw(obj{"title": "Zwrot", "summary": "Krótko.", "body": text, "as": "widget"}); card != "<b>Zwrot</b><p>Krótko.</p>" {
		t.Errorf("the widget offers %s", card)
	}
	if card := draw(obj{"title": "Zwrot", "body": "Najpierw *to*.\n\n## Potem\n\nNie.", "as": "widget"}); card != "<b>Zwrot</b><p>Najpierw to.</p>" {
		t.Errorf("the widget offers %s", card)
	}

	deep := strings.Repeat("> ", 60_000) + "dno"
	if got := draw(obj{"title": "x", "body": deep}); strings.Count(got, "<blockquote>") != 16 || !strings.Contains(got, "dno") {
		t.Errorf("%d quotes in one another", strings.Count(got, "<blockquote>"))
	}
	for _, c := range []call{
		{method: "PUT", path: "/v1/articles/pl/gleboko", body: obj{"title": "x", "body": deep}},
		{method: "POST", path: "/v1/manuscripts", body: obj{"locale": "pl", "title": "x", "body": deep}},
		{method: "PUT", path: "/v1/manuscripts/ar_0000000000000/draft", body: obj{"title": "x", "body": deep, "save": 0, "base": 0}},
	} {
		c.token = h.tokens["admin"]
		if got := h.do(c); got.status != http.StatusUnprocessableEntity || got.problem(t).Field != "body" || !strings.Contains(got.body, "nest 16 deep") {
			t.Errorf("%s %s: %d %s", c.method, c.path, got.status, got.body)
		}
	}
}
