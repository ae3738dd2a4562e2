package pages_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"centrala/store/library"

	"centrala"
)

func TestArticle(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.stock(t)
	body := plain(h.ask(t, "GET", "/help/pl/kiedy-wroca-pieniadze").Body.String())
	for what, want := range map[string]string{
		"summary box":   `<section class="short" aria-labelledby="w-skrocie"><h2 id="w-skrocie">W skrócie</h2>`,
		"summary row":   `<tr><th scope="row">BLIK, przelew</th><td>2 dni robocze</td></tr>`,
		"steps":         `<ol class="steps">`,
		"anchor":        `<h2 id="gdy-termin-minal">Gdy termin minął</h2>`,
		"contents":      `<a href="#jak-sprawdzic-gdzie-sa">Jak sprawdzić, gdzie są</a>`,
		"side":          `<a href="/help/pl?side=buyer">Kupuję</a>`,
		"section":       `<a href="/help/pl?section=zwroty-i-pieniadze">Zwroty i pieniądze</a>`,
		"other version": `<a href="/help/en/when-will-i-get-my-money-back" lang="en" hreflang="en">English</a>`,
		"related":       `aria-labelledby="also"`,
		"question":      `Czy to rozwiązało sprawę?`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s: %s", what, want)
		}
	}
	back := h.ask(t, "GET", "/help/en/when-will-i-get-my-money-back").Body.String()
	if !strings.Contains(back, `<a href="/help/pl/kiedy-wroca-pieniadze" lang="pl" hreflang="pl">Polski</a>`) {
		t.Error("the English article does not lead to the Polish one")
	}
	if n := strings.Count(body, "<h1"); n != 1 {
		t.Errorf("%d headings of the first level", n)
	}
}

func TestHTMLInAnArticleIsInert(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const evil = `<script>alert(1)</script><img src=x onerror=alert(1)>"'`
	a, err := library.New(h.db).SaveArticle(context.Background(), centrala.Article{Locale: "pl", Content: centrala.Content{Slug: "zly", Title: evil, Summary: evil, Section: evil, Tags: []string{evil}, Sides: []centrala.Side{centrala.Buyer}, Popular: 1, Body: "# " + evil + "\n\n" + evil + "\n\n## W skrócie " + evil + "\n\n[go](javascript:alert(1)) [go](data:text/html,x) ![x](javascript:alert(1))\n\n<b onclick=alert(1)>x</b>\n"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.help.Sync(context.Background()); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{a.URL(), "/help/pl", "/help/pl?side=buyer", "/help/search?lang=pl&q=" + url.QueryEscape(evil), "/help/search?lang=pl&q=script",
		"/contact?lang=pl&text=" + url.QueryEscape(evil), "/widget/web"} {
		got := h.ask(t, "GET", path)
		if got.Code != http.StatusOK {
			t.Errorf("%s: %d", path, got.Code)
		}
		if body := got.Body.String(); strings.Contains(body, "<script>") || strings.Contains(body, "<img src=x") || strings.Contains(body, "<b onclick") {
			t.Errorf("%s: HTML of the article is live", path)
		}
		noInline(t, path, got)
	}
	if body := h.ask(t, "GET", a.URL()).Body.String(); strings.Count(body, "<h1") != 1 {
		t.Error("a heading of the article is one of the page")
	}
}

func TestFeedback(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.stock(t)
	a, err := library.New(h.db).Article(context.Background(), "pl", "kiedy-wroca-pieniadze")
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{"kind": {"solved"}, "place": {"help"}, "article": {a.ID.String()}, "back": {a.URL()}}
	got := h.post(t, "/help/feedback", form)
	if got.Code != http.StatusSeeOther || got.Header().Get("Location") != a.URL()+"?thanks#tell" {
		t.Fatalf("feedback: %d to %q", got.Code, got.Header().Get("Location"))
	}
	if n := h.events(t, centrala.SuggestionSolved); n != 1 {
		t.Errorf("%d recorded", n)
	}
	if body := h.ask(t, "GET", a.URL()+"?thanks").Body.String(); !strings.Contains(body, "Cieszymy się") {
		t.Error("no thanks")
	}
	for name, c := range map[string]struct {
		form    url.Values
		headers []string
		want    int
	}{
		"another site":     {form, []string{"Origin", "https://evil.example"}, http.StatusForbidden},
		"no article":       {url.Values{"kind": {"solved"}}, nil, http.StatusUnprocessableEntity},
		"a wrong article":  {url.Values{"kind": {"solved"}, "article": {"ar_nonsense"}}, nil, http.StatusUnprocessableEntity},
		"an empty article": {url.Values{"kind": {"solved"}, "article": {""}}, nil, http.StatusUnprocessableEntity},
		"a wrong kind":     {url.Values{"kind": {"<b>"}, "article": {a.ID.String()}}, nil, http.StatusUnprocessableEntity},
		"a script":         {url.Values{"kind": {"opened"}, "article": {a.ID.String()}}, nil, http.StatusNoContent},
		"a way out":        {url.Values{"kind": {"opened"}, "article": {a.ID.String()}, "back": {"//evil.example/help/"}}, nil, http.StatusNoContent},
		"another way out":  {url.Values{"kind": {"opened"}, "article": {a.ID.String()}, "back": {"/help//evil.example"}}, nil, http.StatusNoContent},
	} {
		if got := h.post(t, "/help/feedback", c.form, c.headers...); got.Code != c.want {
			t.Errorf("%s: %d, want %d", name, got.Code, c.want)
		}
	}
	if n := h.events(t, centrala.SuggestionSolved); n != 1 {
		t.Errorf("%d recorded after refused ones", n)
	}
	limited := false
	for range 100 {
		limited = limited || h.post(t, "/help/feedback", form).Code == http.StatusTooManyRequests
	}
	if !limited {
		t.Error("one address may say as much as it likes")
	}
}

// events counts the events of a type in the log.
func (h *house) events(t testing.TB, of centrala.EventType) int {
	t.Helper()
	commits, err := h.db.Since(context.Background(), centrala.Everything(), 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, c := range commits {
		if c.Event.Type == of {
			n++
		}
	}
	return n
}

// Who follows an old address comes to the new one; what only some may read is not there for who has
// proved nothing.
func TestMovedAndPrivateArticles(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	lib, ctx := library.New(h.db), context.Background()
	a, err := lib.SaveArticle(ctx, centrala.Article{Locale: "pl", Content: centrala.Content{Slug: "stary", Title: "Zwrot", Body: "Treść.", Section: "Zwroty"}})
	if err != nil {
		t.Fatal(err)
	}
	a.Slug = "nowy"
	if _, err := lib.SaveArticle(ctx, a); err != nil {
		t.Fatal(err)
	}
	if got := h.ask(t, "GET", "/help/pl/stary"); got.Code != http.StatusMovedPermanently || got.Header().Get("Location") != "/help/pl/nowy" {
		t.Errorf("the old address is answered with %d %s", got.Code, got.Header().Get("Location"))
	}
	hidden := centrala.Article{Locale: "pl", Content: centrala.Content{Slug: "tajny", Title: "Tajny cennik", Body: "Treść.", Section: "Zwroty", Sides: []centrala.Side{centrala.Seller}, Readers: []centrala.Side{centrala.Seller}}}
	if _, err := lib.SaveArticle(ctx, hidden); err != nil {
		t.Fatal(err)
	}
	if err := h.help.Sync(ctx); err != nil {
		t.Fatal(err)
	}
	if got := h.ask(t, "GET", "/help/pl/tajny"); got.Code != http.StatusNotFound {
		t.Errorf("an article with readers is answered with %d", got.Code)
	}
	for _, path := range []string{"/help/pl", "/help/pl?side=seller", "/help/pl/nowy", "/help/search?q=tajny+cennik&lang=pl"} {
		if got := h.ask(t, "GET", path); got.Code != http.StatusOK || strings.Contains(got.Body.String(), "Tajny cennik") {
			t.Errorf("%s is answered with %d, and may tell of it", path, got.Code)
		}
	}
}
