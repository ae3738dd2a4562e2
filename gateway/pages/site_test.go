package pages_test

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"centrala"
	"centrala/gateway/pages"
	"centrala/store/library"
)

// keep puts articles on the shelf as they are, and brings the index after them.
func (h *house) keep(t testing.TB, articles ...centrala.Article) []centrala.Article {
	t.Helper()
	for i, a := range articles {
		saved, err := library.New(h.db).SaveArticle(context.Background(), a)
		if err != nil {
			t.Fatal(err)
		}
		articles[i] = saved
	}
	if err := h.help.Sync(context.Background()); err != nil {
		t.Fatal(err)
	}
	return articles
}

// written is an article of a few words.
func written(locale, slug, title string, more ...func(*centrala.Article)) centrala.Article {
	a := centrala.Article{Locale: locale, Content: centrala.Content{Slug: slug, Title: title, Summary: "O tym: " + title + ".", Body: "Treść artykułu " + title + ".", Section: "Zwroty"}}
	for _, f := range more {
		f(&a)
	}
	return a
}

func of(slug string) func(*centrala.Article) {
	return func(a *centrala.Article) { a.Translation = slug }
}

// What only some may read leaves no trace in anything that everybody gets, also where an author
// named it beside another article.
func TestPrivateArticlesLeaveNoTrace(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	private := h.keep(t, written("pl", "tajny-cennik", "Tajemny cennik", func(a *centrala.Article) {
		a.Readers, a.Popular = []centrala.Side{centrala.Seller}, 1
		a.Section = "Sekretna sekcja"
	}))[0]
	open := h.keep(t, written("pl", "zwrot", "Zwrot cennika", func(a *centrala.Article) { a.Related = []centrala.ArticleID{private.ID} }))[0]
	for _, path := range []string{"/help/pl", "/help/en", "/help/pl?side=seller", "/help/pl?section=zwroty", open.URL(), "/help/en/zwrot", "/help/search?lang=pl&q=tajemny+cennik",
		"/help/search?lang=pl&side=seller&q=tajemny+cennik", "/sitemap.xml", "/help/pl/feed.atom", "/robots.txt", "/contact?lang=pl&text=tajemny+cennik"} {
		if got := h.ask(t, "GET", path); got.Code != http.StatusOK || strings.Contains(got.Body.String(), "Tajemny") || strings.Contains(got.Body.String(), "tajny-cennik") || strings.Contains(got.Body.String(), "Sekretna") {
			t.Errorf("%s is answered with %d, and may tell of it", path, got.Code)
		}
	}
	if got := h.ask(t, "GET", "/help/search?lang=pl&q=tajemny+cennik", "Accept", "application/json"); strings.Contains(got.Body.String(), "Tajemny") {
		t.Errorf("a script is told of it: %s", got.Body)
	}
	for _, path := range []string{"/help/pl/tajny-cennik", "/help/en/tajny-cennik", "/help/pl?section=sekretna-sekcja", "/help/pl/tajny-cennik-2"} {
		if got := h.ask(t, "GET", path); got.Code != http.StatusNotFound || strings.Contains(got.Body.String(), "Tajemny") {
			t.Errorf("%s is answered with %d, and may tell of it", path, got.Code)
		}
	}
	if got := h.post(t, "/help/pl/tajny-cennik", url.Values{"kind": {"solved"}}); got.Code != http.StatusNotFound {
		t.Errorf("something is said about it: %d", got.Code)
	}
}

// An article that a language lacks is shown in the next best, says so, and is listed where it is at
// home; a slug of another language leads to the article of this one.
func TestAnArticleInAnotherLanguage(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.keep(t, written("pl", "zwrot", "Zwrot"), written("pl", "blik", "BLIK"))
	h.keep(t, written("en", "return", "Return", of("zwrot")), written("de", "rueckgabe", "Rückgabe", of("zwrot")))
	got := h.ask(t, "GET", "/help/en/blik")
	body := plain(got.Body.String())
	for what, want := range map[string]string{
		"words":     `<html lang="en">`,
		"heading":   `<h1 lang="pl">BLIK</h1>`,
		"text":      `<div lang="pl">`,
		"note":      "This article is not available in English yet. It is shown in Polski.",
		"canonical": `<link rel="canonical" href="http://localhost/help/pl/blik">`,
		"form":      `action="/help/en/blik"`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s: %.3000s", what, body)
		}
	}
	if strings.Contains(body, "hreflang=\"en\" href=") {
		t.Error("it claims to be there in English")
	}
	for from, to := range map[string]string{"/help/en/zwrot": "/help/en/return", "/help/de/return": "/help/de/rueckgabe", "/help/pl/rueckgabe": "/help/pl/zwrot"} {
		if got := h.ask(t, "GET", from); got.Code != http.StatusFound || got.Header().Get("Location") != to {
			t.Errorf("%s leads to %q with %d, want %s", from, got.Header().Get("Location"), got.Code, to)
		}
	}
	german := plain(h.ask(t, "GET", "/help/de/rueckgabe").Body.String())
	for what, want := range map[string]string{
		"English words":     `<html lang="en">`,
		"its own heading":   `<h1>Rückgabe</h1>`,
		"the other":         `<link rel="alternate" hreflang="pl" href="http://localhost/help/pl/zwrot">`,
		"itself":            `<link rel="alternate" hreflang="de" href="http://localhost/help/de/rueckgabe">`,
		"the switch":        `<a href="/help/en/return" lang="en" hreflang="en">English</a>`,
		"the way home":      `<a class="brand" href="/help/de">`,
		"the feed":          `<link rel="alternate" type="application/atom+xml" href="/help/de/feed.atom"`,
		"search in its own": `<input type="hidden" name="lang" value="de">`,
	} {
		if !strings.Contains(german, want) {
			t.Errorf("the German article has no %s: %.2500s", what, german)
		}
	}
	if home := plain(h.ask(t, "GET", "/help/pl").Body.String()); !strings.Contains(home, `<a href="/help/de" lang="de" hreflang="de">Deutsch</a>`) {
		t.Error("the home does not lead to German")
	}
	if home := h.ask(t, "GET", "/help/de").Body.String(); !strings.Contains(home, `<a href="/help/de/blik" lang="pl" hreflang="pl">`) {
		t.Error("the German home does not have what is only in Polish")
	}
	if got := h.ask(t, "GET", "/help/uk"); got.Code != http.StatusNotFound {
		t.Errorf("a language of nothing is answered with %d", got.Code)
	}
}

// A translation whose original has changed since says so, and leads to it.
func TestATranslationThatIsBehind(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.keep(t, written("pl", "zwrot", "Zwrot"))
	h.keep(t, written("en", "return", "Return", of("zwrot")))
	if body := h.ask(t, "GET", "/help/en/return").Body.String(); strings.Contains(body, "older than the original") {
		t.Fatal("a fresh translation is called old")
	}
	h.keep(t, written("pl", "zwrot", "Zwrot", func(a *centrala.Article) { a.Body = "Inaczej." }))
	if body := h.ask(t, "GET", "/help/en/return").Body.String(); !strings.Contains(body, "older than the original") || !strings.Contains(body, `<a class="link" href="/help/pl/zwrot">`) {
		t.Errorf("an old translation is not called so: %.2000s", body)
	}
}

func TestShelvesOnThePages(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for i := range 70 {
		h.keep(t, written("pl", "artykul-"+string(rune('a'+i/26))+string(rune('a'+i%26)), "Artykuł "+string(rune('A'+i/26))+string(rune('A'+i%26))))
	}
	if err := library.New(h.db).SaveShelf(t.Context(), centrala.Shelf{Kind: centrala.SectionShelf, Key: "Zwroty", Parent: "c", Names: map[string]string{"pl": "Zwroty i reszta"}}); err != nil {
		t.Fatal(err)
	}
	if err := library.New(h.db).SaveShelf(t.Context(), centrala.Shelf{Kind: centrala.CategoryShelf, Key: "c", Names: map[string]string{"pl": "Po zakupie"}}); err != nil {
		t.Fatal(err)
	}
	for path, wants := range map[string][]string{
		"/help/pl?side=buyer":            {`<h2 class="cat"><a href="/help/pl?category=c">Po zakupie</a></h2>`, `<h3 id="zwroty">Zwroty i reszta</h3>`, `<a class="link" href="/help/pl?section=zwroty">Wszystkie, 70<`, "70 artykułów"},
		"/help/pl?category=c":            {`<h1 class="big-title">Po zakupie</h1>`, `<h2 id="zwroty">Zwroty i reszta</h2>`},
		"/help/pl?section=zwroty":        {`<a href="/help/pl?category=c">Po zakupie</a>`, "Strona 1 z 2", `rel="next" href="/help/pl?section=zwroty&amp;page=2"`},
		"/help/pl?section=zwroty&page=2": {"Strona 2 z 2", `rel="prev" href="/help/pl?section=zwroty"`, `<link rel="canonical" href="http://localhost/help/pl?section=zwroty&amp;page=2">`},
		"/help/pl/artykul-aa":            {`<a href="/help/pl">Pomoc</a> / <a href="/help/pl?category=c">Po zakupie</a> / <a href="/help/pl?section=zwroty">Zwroty i reszta</a>`},
	} {
		body := plain(h.ask(t, "GET", path).Body.String())
		for _, want := range wants {
			if !strings.Contains(body, want) {
				t.Errorf("%s lacks %s: %.3000s", path, want, body)
			}
		}
	}
	for _, path := range []string{"/help/pl?section=nic", "/help/pl?category=nic", "/help/pl?section=zwroty&page=3", "/help/pl?section=zwroty&page=0", "/help/pl?section=zwroty&page=x"} {
		if got := h.ask(t, "GET", path); got.Code != http.StatusNotFound {
			t.Errorf("%s is answered with %d", path, got.Code)
		}
	}
}

// Whoever says whether an article helped says it once; no leads on to the form with what is known.
func TestAVerdictCountsOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := h.keep(t, written("pl", "zwrot", "Zwrot", func(a *centrala.Article) { a.Sides = []centrala.Side{centrala.Buyer} }))[0]
	got := h.post(t, a.URL(), url.Values{"kind": {"solved"}}, "User-Agent", "one")
	if got.Code != http.StatusSeeOther || got.Header().Get("Location") != a.URL()+"#tell" {
		t.Fatalf("yes is answered with %d to %q", got.Code, got.Header().Get("Location"))
	}
	cookie := got.Header().Get("Set-Cookie")
	for _, want := range []string{"helped=", "HttpOnly", "SameSite=Lax", "Path=/help/"} {
		if !strings.Contains(cookie, want) {
			t.Errorf("the cookie %q lacks %s", cookie, want)
		}
	}
	cookie, _, _ = strings.Cut(cookie, ";")
	body := h.ask(t, "GET", a.URL(), "Cookie", cookie).Body.String()
	if !strings.Contains(body, "Cieszymy się") || strings.Contains(body, `value="unsolved"`) {
		t.Error("who has said it is asked again")
	}
	if other := h.ask(t, "GET", a.URL()); !strings.Contains(other.Body.String(), `value="unsolved"`) || !strings.Contains(strings.Join(other.Header().Values("Vary"), ","), "Cookie") {
		t.Error("somebody else is not asked")
	}
	h.post(t, a.URL(), url.Values{"kind": {"solved"}}, "User-Agent", "one") // a second press, before the cookie came
	h.post(t, a.URL(), url.Values{"kind": {"unsolved"}}, "User-Agent", "two", "Cookie", cookie)
	if n := h.events(t, centrala.SuggestionSolved) + h.events(t, centrala.SuggestionUnsolved); n != 1 {
		t.Errorf("%d counted of one reader", n)
	}
	no := h.post(t, a.URL(), url.Values{"kind": {"unsolved"}, "asked": {"zwrot  pieniędzy"}}, "User-Agent", "three")
	to, err := url.Parse(no.Header().Get("Location"))
	if err != nil || no.Code != http.StatusSeeOther || to.Path != "/contact" {
		t.Fatalf("no is answered with %d to %q", no.Code, no.Header().Get("Location"))
	}
	if q := to.Query(); q.Get("text") != "Artykuł „Zwrot” nie pomógł.\nSzukane słowa: zwrot pieniędzy\n\n" || q.Get("side") != "buyer" || q.Get("article") != a.ID.String() {
		t.Errorf("the form is told %v", q)
	}
	if n := h.events(t, centrala.SuggestionUnsolved); n != 1 {
		t.Errorf("%d of no counted", n)
	}
	if script := h.post(t, a.URL(), url.Values{"kind": {"solved"}}, "User-Agent", "four", "Accept", "application/json"); script.Code != http.StatusNoContent {
		t.Errorf("a script is answered with %d", script.Code)
	}
	for name, c := range map[string]struct {
		kind   string
		header []string
		want   int
	}{
		"another site": {"solved", []string{"Origin", "https://evil.example"}, http.StatusForbidden},
		"another kind": {"offered", nil, http.StatusUnprocessableEntity},
		"no kind":      {"", nil, http.StatusUnprocessableEntity},
	} {
		if got := h.post(t, a.URL(), url.Values{"kind": {c.kind}}, c.header...); got.Code != c.want {
			t.Errorf("%s is answered with %d, want %d", name, got.Code, c.want)
		}
	}
	if got := h.ask(t, "GET", a.URL(), "Cookie", "helped="+a.ID.String()+":<b>"); strings.Contains(got.Body.String(), "<b>") && !strings.Contains(got.Body.String(), "<b>Czy") {
		t.Error("a cookie writes into the page")
	}
}

// What somebody searched for comes with them to the article's form.
func TestWhatWasLookedForIsKnownAtTheArticle(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := h.keep(t, written("pl", "zwrot", "Zwrot"))[0]
	for from, want := range map[string]string{
		"http://localhost/help/search?lang=pl&q=zwrot+pieni%C4%99dzy": "zwrot pieniędzy",
		"https://evil.example/help/search?q=x":                        "",
		"http://localhost/help/pl?q=x":                                "",
		"":                                                            "",
	} {
		body := h.ask(t, "GET", a.URL(), "Referer", from).Body.String()
		if !strings.Contains(body, `<input type="hidden" name="asked" value="`+want+`">`) {
			t.Errorf("from %q: not %q", from, want)
		}
	}
}

func TestAWrongAddressIsGuessed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.keep(t, written("pl", "kiedy-wroca-pieniadze", "Kiedy wrócą pieniądze"))
	got := h.ask(t, "GET", "/help/pl/kiedy-pieniadze-wroca")
	if got.Code != http.StatusNotFound || !strings.Contains(got.Body.String(), `href="/help/pl/kiedy-wroca-pieniadze"`) || !strings.Contains(plain(got.Body.String()), "Może chodzi o to") {
		t.Errorf("%d %.2500s", got.Code, got.Body)
	}
	if got := h.ask(t, "GET", "/help/pl/%FFx"); got.Code != http.StatusNotFound {
		t.Errorf("no text is answered with %d", got.Code)
	}
}

// What has not changed is not sent again; what has is, whatever changed.
func TestPagesAreKeptUntilSomethingChanges(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.keep(t, written("pl", "zwrot", "Zwrot"))
	paths := []string{"/help/pl", "/help/pl?side=buyer", "/help/pl?section=zwroty", "/help/pl/zwrot", "/help/search?lang=pl&q=zwrot", "/sitemap.xml", "/help/pl/feed.atom"}
	tags := map[string]string{}
	for _, path := range paths {
		got := h.ask(t, "GET", path)
		tag, since := got.Header().Get("ETag"), got.Header().Get("Last-Modified")
		if got.Code != http.StatusOK || !strings.HasPrefix(tag, `W/"`) || since == "" || got.Header().Get("Cache-Control") != "no-cache" {
			t.Fatalf("%s: %d %v", path, got.Code, got.Header())
		}
		tags[path] = tag
		for _, header := range [][]string{{"If-None-Match", tag}, {"If-Modified-Since", since}, {"If-None-Match", tag, "Accept-Encoding", "gzip"}} {
			if again := h.ask(t, "GET", path, header...); again.Code != http.StatusNotModified || again.Body.Len() > 0 {
				t.Errorf("%s with %v: %d and %d bytes", path, header, again.Code, again.Body.Len())
			}
		}
	}
	h.keep(t, written("pl", "zwrot", "Zwrot inaczej"))
	for _, path := range paths {
		if path == "/sitemap.xml" { // its times are whole seconds
			continue
		}
		if got := h.ask(t, "GET", path, "If-None-Match", tags[path]); got.Code != http.StatusOK || !strings.Contains(got.Body.String(), "inaczej") {
			t.Errorf("%s after a change: %d", path, got.Code)
		}
	}
	if err := library.New(h.db).SaveShelf(t.Context(), centrala.Shelf{Kind: centrala.SectionShelf, Key: "Zwroty", Names: map[string]string{"pl": "Po nowemu"}}); err != nil {
		t.Fatal(err)
	}
	if body := h.ask(t, "GET", "/help/pl/zwrot").Body.String(); !strings.Contains(body, "Po nowemu") {
		t.Error("a new name of a section is not seen")
	}
}

// The page as data is JSON, says what the page says, and nothing of an article can end its element.
func TestStructuredData(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const evil = `Zwrot </script><script>alert(1)</script> "`
	h.keep(t, written("pl", "zwrot", evil, func(a *centrala.Article) {
		a.Sides = []centrala.Side{centrala.Buyer}
		a.Body = "Wstęp.\n\n## Kiedy wrócą pieniądze?\n\nZa dwa dni.\n\n## Ile to kosztuje?\n\nNic.\n\n## Uwagi\n\nBrak.\n"
	}))
	kinds := func(path string) map[string]map[string]any {
		t.Helper()
		got := h.ask(t, "GET", path)
		noInline(t, path, got)
		out := map[string]map[string]any{}
		z := html.NewTokenizer(strings.NewReader(got.Body.String()))
		for z.Next() != html.ErrorToken {
			tag := z.Token()
			if tag.Data != "script" || attr(tag, "type") != "application/ld+json" || tag.Type != html.StartTagToken {
				continue
			}
			z.Next()
			var doc struct {
				Context string           `json:"@context"`
				Graph   []map[string]any `json:"@graph"`
			}
			if err := json.Unmarshal([]byte(z.Token().Data), &doc); err != nil || doc.Context != "https://schema.org" {
				t.Fatalf("%s: %v in %+v", path, err, doc)
			}
			for _, thing := range doc.Graph {
				out[thing["@type"].(string)] = thing
			}
		}
		return out
	}
	article := kinds("/help/pl/zwrot")
	if article["Article"]["headline"] != evil || article["Article"]["url"] != "http://localhost/help/pl/zwrot" || article["Article"]["inLanguage"] != "pl" {
		t.Errorf("%+v", article["Article"])
	}
	path := article["BreadcrumbList"]["itemListElement"].([]any)
	if len(path) != 4 || path[1].(map[string]any)["item"] != "http://localhost/help/pl?side=buyer" || path[2].(map[string]any)["name"] != "Zwroty" {
		t.Errorf("%+v", path)
	}
	if faq := article["FAQPage"]["mainEntity"].([]any); len(faq) != 2 || faq[0].(map[string]any)["acceptedAnswer"].(map[string]any)["text"] != "Za dwa dni." {
		t.Errorf("%+v", faq)
	}
	if home := kinds("/help/pl"); home["WebSite"]["url"] != "http://localhost/help/pl" {
		t.Errorf("%+v", home)
	}
	if section := kinds("/help/pl?section=zwroty"); len(section["BreadcrumbList"]["itemListElement"].([]any)) != 2 {
		t.Errorf("%+v", section)
	}
}

func TestSitemapAndFeed(t *testing.T) {
	t.Parallel()
	base, err := url.Parse("https://pomoc.example.com")
	if err != nil {
		t.Fatal(err)
	}
	h := newHouse(t, func(c *pages.Config) { c.Site.Base = base })
	h.stock(t)
	var urls struct {
		URLs []struct {
			Loc   string `xml:"loc"`
			Mod   string `xml:"lastmod"`
			Links []struct {
				Lang string `xml:"hreflang,attr"`
			} `xml:"http://www.w3.org/1999/xhtml link"`
		} `xml:"url"`
	}
	got := h.ask(t, "GET", "/sitemap.xml")
	if err := xml.Unmarshal(got.Body.Bytes(), &urls); err != nil || got.Header().Get("Content-Type") != "application/xml; charset=utf-8" {
		t.Fatal(err, got.Header())
	}
	articles := 0
	for _, u := range urls.URLs {
		if !strings.HasPrefix(u.Loc, "https://pomoc.example.com/help/") || u.Mod == "" {
			t.Errorf("%+v", u)
		}
		path := strings.TrimPrefix(u.Loc, "https://pomoc.example.com")
		page := h.ask(t, "GET", path)
		if page.Code != http.StatusOK || !strings.Contains(page.Body.String(), `<link rel="canonical" href="`+html.EscapeString(u.Loc)+`">`) {
			t.Errorf("%s is answered with %d, or is canonical elsewhere", path, page.Code)
		}
		if strings.Count(path, "/") == 3 {
			articles++
		}
	}
	if articles != 68 { // as many as the demonstration has
		t.Errorf("%d articles are listed", articles)
	}
	if got := h.ask(t, "GET", "/sitemap.xml?page=2"); got.Code != http.StatusNotFound {
		t.Errorf("a second file is answered with %d", got.Code)
	}
	if robots := h.ask(t, "GET", "/robots.txt").Body.String(); !strings.Contains(robots, "\nSitemap: https://pomoc.example.com/sitemap.xml\n") {
		t.Errorf("%s", robots)
	}
	feeds := map[string]string{}
	for _, locale := range []string{"pl", "en"} {
		got := h.ask(t, "GET", "/help/"+locale+"/feed.atom")
		feeds[locale] = got.Body.String()
		var feed struct {
			XMLName xml.Name `xml:"http://www.w3.org/2005/Atom feed"`
			ID      string   `xml:"id"`
			Entries []struct {
				ID      string `xml:"id"`
				Content string `xml:"content"`
				Updated string `xml:"updated"`
			} `xml:"entry"`
		}
		if err := xml.Unmarshal(got.Body.Bytes(), &feed); err != nil {
			t.Fatal(err)
		}
		if feed.ID != "https://pomoc.example.com/help/"+locale+"/feed.atom" || len(feed.Entries) < 19 {
			t.Errorf("%s: %s with %d entries", locale, feed.ID, len(feed.Entries))
		}
		ids := map[string]bool{}
		for _, e := range feed.Entries {
			if ids[e.ID] || !regexp.MustCompile(`^urn:uuid:[0-9a-f-]{36}$`).MatchString(e.ID) || e.Content == "" || e.Updated == "" || strings.Contains(e.Content, `href="/`) {
				t.Errorf("%+v", e)
			}
			ids[e.ID] = true
		}
	}
	names := regexp.MustCompile(`urn:uuid:[0-9a-f-]{36}`)
	before := strings.Join(names.FindAllString(feeds["pl"], -1), " ")
	moved := h.config
	moved.Site.Base, _ = url.Parse("https://help.example.org")
	again, err := pages.New(moved)
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	again.ServeHTTP(w, httptest.NewRequest("GET", "http://localhost/help/pl/feed.atom", nil))
	if after := strings.Join(names.FindAllString(w.Body.String(), -1), " "); after != before || after == "" {
		t.Error("entries have other names where the site has another one")
	}
}

// The chosen side's articles come first, and the others after them.
func TestTheChosenSideRanksFirst(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.keep(t,
		written("pl", "zwrot-kupna", "Zwrot towaru kupionego", func(a *centrala.Article) { a.Sides = []centrala.Side{centrala.Buyer} }),
		written("pl", "zwrot-sprzedazy", "Zwrot towaru sprzedanego", func(a *centrala.Article) { a.Sides = []centrala.Side{centrala.Seller} }))
	for side, want := range map[string][]string{"buyer": {"zwrot-kupna", "zwrot-sprzedazy"}, "seller": {"zwrot-sprzedazy", "zwrot-kupna"}} {
		var got struct {
			Items []struct{ URL, Side, Letter string } `json:"items"`
		}
		answer := h.ask(t, "GET", "/help/search?lang=pl&q=zwrot+towaru&side="+side, "Accept", "application/json")
		if err := json.Unmarshal(answer.Body.Bytes(), &got); err != nil || len(got.Items) != 2 {
			t.Fatalf("%s: %v %s", side, err, answer.Body)
		}
		if !strings.Contains(got.Items[0].URL, want[0]) || !strings.Contains(got.Items[1].URL, want[1]) || got.Items[0].Side != side || got.Items[0].Letter == "" {
			t.Errorf("%s: %+v", side, got.Items)
		}
		page := h.ask(t, "GET", "/help/search?lang=pl&q=zwrot+towaru&side="+side).Body.String()
		if first, second := strings.Index(page, want[0]), strings.Index(page, want[1]); first < 0 || second < first {
			t.Errorf("%s: on the page at %d and %d", side, first, second)
		}
	}
}

// Beside an article stand its files, but for those that its text shows already.
func TestFilesOfAnArticle(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(c *pages.Config) {
		c.Enclosed = func(context.Context, centrala.ArticleID) ([]pages.Enclosed, error) {
			return []pages.Enclosed{{Name: "<wzór>.pdf", URL: "/help/files/af_1/wz%C3%B3r.pdf", Size: 1_600_000}, {Name: "ekran.png", URL: "/help/files/af_2/ekran.png", Size: 9}}, nil
		}
	})
	a := h.keep(t, written("pl", "zwrot", "Zwrot", func(a *centrala.Article) { a.Body = "Tak: ![ekran](/help/files/af_2/ekran.png)" }))[0]
	body := plain(h.ask(t, "GET", a.URL()).Body.String())
	if !strings.Contains(body, `<h2 id="files">Załączniki</h2>`) || !strings.Contains(body, `href="/help/files/af_1/wz%C3%B3r.pdf"`) || !strings.Contains(body, "&lt;wzór&gt;.pdf</span><small>2 MB") {
		t.Errorf("no list of files: %.3000s", body)
	}
	if strings.Contains(body, "<span>ekran.png") {
		t.Error("a picture of the text is listed too")
	}
}

func TestASiteLooksAsItLikes(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(c *pages.Config) {
		c.Theme = ":root { --c-brand: #7a1f5c; --c-sheet: #fffaf5 } @media (prefers-color-scheme: dark) { :root { --c-sheet: #201018 } }"
	})
	body := h.ask(t, "GET", "/help/pl").Body.String()
	href := regexp.MustCompile(`/assets/theme-[0-9a-f]{12}\.css`).FindString(body)
	if href == "" || !strings.Contains(body, `content="#fffaf5"`) || !strings.Contains(body, `content="#201018"`) {
		t.Fatalf("the page knows nothing of it: %.1500s", body)
	}
	got := h.ask(t, "GET", href)
	if got.Code != http.StatusOK || got.Header().Get("Content-Type") != "text/css; charset=utf-8" || !strings.Contains(got.Header().Get("Cache-Control"), "immutable") || !strings.Contains(got.Body.String(), "--c-brand:#7a1f5c;") {
		t.Errorf("%d %v %s", got.Code, got.Header(), got.Body)
	}
	bad := h.config
	bad.Theme = ":root { --c-brand: url(x) }"
	if _, err := pages.New(bad); err == nil || !strings.Contains(err.Error(), "--c-brand") {
		t.Errorf("a look that loads something is taken: %v", err)
	}
}

// The feed, the list of pages and what scripts ask for are for everybody; how often is not.
func TestSearchingWhileTypingIsLimited(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.keep(t, written("pl", "zwrot", "Zwrot"))
	limited := false
	for range 300 {
		limited = limited || h.ask(t, "GET", "/help/search?q=zw", "Accept", "application/json").Code == http.StatusTooManyRequests
	}
	if !limited {
		t.Error("one address may ask as often as it likes")
	}
	if got := h.ask(t, "GET", "/help/search?lang=pl&q=zwrot"); got.Code != http.StatusOK {
		t.Errorf("and then it gets no page: %d", got.Code)
	}
}
