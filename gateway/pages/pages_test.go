package pages_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"centrala"
	"centrala/gateway/pages"
	"centrala/words"
)

// everyPage names every page once with what stands on it in Polish and in English.
func everyPage(h *house, t *testing.T) []struct{ path, pl, en string } {
	open, answered := h.asked(t, "open"), h.asked(t, "answered")
	h.answerByForm(t, answered, 9)
	return []struct{ path, pl, en string }{
		{"/", "Do koszyka", "Add to basket"},
		{"/help", "Czego szukasz?", "What are you looking for?"},
		{"/help?side=seller", "Sprzedaję", "Selling"},
		{"/help/search?q=blik", "Wyniki: blik", "Results: blik"},
		{"/help/search?q=qwrtyzz", "Nic takiego nie mamy.", "We have nothing on that."},
		{"/help/search", "Wyniki wyszukiwania", "Search results"},
		{"/contact", "O co chodzi?", "What is it about?"},
		{"/contact/sent?case=48221", "#48221", "#48221"},
		{open, "Na ile prawdopodobne", "How likely"},
		{open + "/unsubscribe", "Nie przysyłać więcej ankiet?", "No more surveys?"},
		{answered + "/thanks", "Twoja ocena jest zapisana", "Your score is saved"},
		{"/s/nothing", "Ten odnośnik już nie działa", "This link no longer works"},
		{"/nothing", "Tego tu nie ma", "This is not here"},
		{"/help/pl/nothing", "Tego tu nie ma", "Tego tu nie ma"}, // a language in the path decides
	}
}

func TestEveryPageInBothLanguages(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.stock(t)
	for _, p := range everyPage(h, t) {
		for locale, want := range map[string]string{"pl": p.pl, "en": p.en} {
			survey := strings.HasPrefix(p.path, "/s/") && p.path != "/s/nothing"
			path := p.path
			if survey { // the question is in the language it was asked in, unless the reader says otherwise
				path += "?lang=" + locale
			}
			got := h.ask(t, "GET", path, "Accept-Language", locale+";q=0.9, de")
			if body := plain(got.Body.String()); !strings.Contains(body, want) || want != p.pl && strings.Contains(body, p.pl) {
				t.Errorf("%s in %s does not say %q", path, locale, want)
			}
			if p.path != "/help/pl/nothing" && got.Header().Get("Content-Language") != locale {
				t.Errorf("%s in %s is in %q", path, locale, got.Header().Get("Content-Language"))
			}
		}
	}
}

// plain is a text with ordinary spaces.
func plain(s string) string { return strings.ReplaceAll(s, "\u00a0", " ") }

func TestLanguageOfAReader(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, c := range []struct{ path, accept, want string }{
		{"/help", "", "pl"},
		{"/help", "de-DE, fr", "pl"},
		{"/help", "en-GB,en;q=0.9,pl;q=0.8", "en"},
		{"/help", "en;q=0.3, pl-PL;q=0.7", "pl"},
		{"/help", "en;q=0, *", "pl"},
		{"/help", "en;q=nonsense", "pl"},
		{"/help?lang=en", "pl", "en"},
		{"/help?lang=xx", "en", "en"},
		{"/help/en", "pl", "en"},
	} {
		if got := h.ask(t, "GET", c.path, "Accept-Language", c.accept).Header().Get("Content-Language"); got != c.want {
			t.Errorf("%s for %q is in %q, want %q", c.path, c.accept, got, c.want)
		}
	}
	if got := h.ask(t, "GET", "/help/de"); got.Code != http.StatusNotFound {
		t.Errorf("/help/de: %d", got.Code)
	}
}

func TestSecurityHeadersOnEveryAnswer(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.stock(t)
	paths := []string{"/widget/web", "/widget/none", "/widget.js", "/console", "/console/settings/people", "/assets/none.js", "/robots.txt", "/favicon.svg",
		"/help/pl/kiedy-wroca-pieniadze", "/help/pl", "/help/en"}
	for _, p := range everyPage(h, t) {
		paths = append(paths, p.path)
	}
	for _, path := range paths {
		for _, method := range []string{"GET", "HEAD", "POST", "OPTIONS", "PUT"} {
			got := h.ask(t, method, path)
			csp := got.Header().Get("Content-Security-Policy")
			for _, want := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "base-uri 'none'", "frame-ancestors '"} {
				if !strings.Contains(csp, want) {
					t.Errorf("%s %s: policy %q lacks %s", method, path, csp, want)
				}
			}
			if strings.Contains(csp, "unsafe") || strings.Contains(csp, "*") {
				t.Errorf("%s %s: policy %q", method, path, csp)
			}
			if got.Header().Get("X-Content-Type-Options") != "nosniff" || got.Header().Get("Referrer-Policy") == "" {
				t.Errorf("%s %s: headers %v", method, path, got.Header())
			}
			if got.Code >= 500 && !strings.Contains(got.Body.String(), "make build") {
				t.Errorf("%s %s: %d", method, path, got.Code)
			}
			noInline(t, path, got)
		}
	}
}

// noInline fails on scripts, styles and handlers in a page's text, which its policy forbids.
func noInline(t *testing.T, path string, got *httptest.ResponseRecorder) {
	t.Helper()
	if !strings.HasPrefix(got.Header().Get("Content-Type"), "text/html") || strings.Contains(got.Body.String(), "make build") {
		return
	}
	for tag := range tags(t, got.Body.String()) {
		if tag.Data == "style" || tag.Data == "script" && attr(tag, "src") == "" && attr(tag, "type") != "application/json" && attr(tag, "type") != "application/ld+json" {
			t.Errorf("%s has an inline %s", path, tag.Data)
		}
		for _, a := range tag.Attr {
			if a.Key == "style" || strings.HasPrefix(a.Key, "on") || strings.HasPrefix(strings.ToLower(strings.TrimSpace(a.Val)), "javascript:") {
				t.Errorf("%s: <%s %s=%q>", path, tag.Data, a.Key, a.Val)
			}
		}
	}
}

// tags yields the start tags of a page.
func tags(t *testing.T, page string) func(func(html.Token) bool) {
	t.Helper()
	return func(yield func(html.Token) bool) {
		z := html.NewTokenizer(strings.NewReader(page))
		for {
			switch z.Next() {
			case html.ErrorToken:
				return
			case html.StartTagToken, html.SelfClosingTagToken:
				if !yield(z.Token()) {
					return
				}
			}
		}
	}
}

func attr(tag html.Token, key string) string {
	for _, a := range tag.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func TestAForeignNameIsNotAnswered(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := httptest.NewRequestWithContext(t.Context(), "GET", "http://evil.example/help", nil)
	w := httptest.NewRecorder()
	h.h.ServeHTTP(w, r)
	if w.Code != http.StatusMisdirectedRequest {
		t.Errorf("another name: %d", w.Code)
	}
}

func TestWithoutAShop(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(c *pages.Config) { c.Shop = nil })
	if got := h.ask(t, "GET", "/"); got.Code != http.StatusFound || got.Header().Get("Location") != "/help" {
		t.Errorf("/ without a shop: %d to %q", got.Code, got.Header().Get("Location"))
	}
	if _, err := pages.New(pages.Config{}); err == nil {
		t.Error("a configuration without parts is taken")
	}
	broken := h.config
	broken.Shop = []byte("shop: [")
	if _, err := pages.New(broken); err == nil {
		t.Error("a broken shop is taken")
	}
}

func TestShopLoadsTheWidget(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	body := h.ask(t, "GET", "/?lang=en").Body.String()
	if !strings.Contains(body, `<script async src="/widget.js" data-inbox="web" data-locale="en"></script>`) {
		t.Errorf("no loader in %.600s", body)
	}
	if !strings.Contains(body, words.For("en").Money(12900)) {
		t.Error("no price")
	}
}

// post sends a form the way our own page in a browser does.
func (h *house) post(t testing.TB, path string, form url.Values, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), "POST", "http://localhost"+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", "http://localhost")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.h.ServeHTTP(w, r)
	return w
}

// broken is a shelf that fell over.
type broken struct{}

func (broken) Article(context.Context, string, string) (centrala.Article, error) {
	return centrala.Article{}, errors.New("disk on fire at /var/lib/secret")
}

func (broken) Articles(context.Context, centrala.ArticleFilter) ([]centrala.Article, error) {
	return nil, errors.New("disk on fire at /var/lib/secret")
}

func (broken) Catalogue(context.Context) ([]centrala.Article, error) {
	return nil, errors.New("disk on fire at /var/lib/secret")
}

func (broken) Shelves(context.Context) ([]centrala.Shelf, error) {
	return nil, errors.New("disk on fire at /var/lib/secret")
}

func (broken) Edition(context.Context) (string, error) {
	return "", errors.New("disk on fire at /var/lib/secret")
}

func TestOurFaultHasANumberAndNoCause(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	h := newHouse(t, func(c *pages.Config) {
		c.Articles, c.Log = broken{}, slog.New(slog.NewTextHandler(&log, nil))
	})
	for locale, want := range map[string]string{"pl": "To nasz błąd", "en": "This is our fault"} {
		got := h.ask(t, "GET", "/help/"+locale)
		number := regexp.MustCompile(`[0-9A-F]{6}`).FindString(got.Body.String())
		if got.Code != http.StatusInternalServerError || !strings.Contains(got.Body.String(), want) || strings.Contains(got.Body.String(), "secret") {
			t.Errorf("%s: %d %s", locale, got.Code, got.Body)
		}
		if number == "" || !strings.Contains(log.String(), number) {
			t.Errorf("%s: the number %q is not in the log", locale, number)
		}
		noInline(t, locale, got)
	}
}

// Documents go out packed to who takes that, the widget's first of all, and are the same.
func TestPagesArePacked(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.stock(t)
	for _, path := range []string{"/", "/help", "/help/pl/kiedy-wroca-pieniadze", "/contact", "/widget/web", "/console"} {
		plain := h.ask(t, "GET", path)
		got := h.ask(t, "GET", path, "Accept-Encoding", "gzip")
		if plain.Header().Get("Content-Encoding") != "" || !strings.Contains(strings.Join(got.Header().Values("Vary"), ","), "Accept-Encoding") {
			t.Errorf("%s: %v; packed %v", path, plain.Header(), got.Header())
		}
		if len(plain.Body.Bytes()) < 1000 {
			continue // not worth it, as where the web part is not built
		}
		if got.Header().Get("Content-Encoding") != "gzip" || got.Body.Len() > plain.Body.Len() {
			t.Errorf("%s: %q, %d bytes of %d", path, got.Header().Get("Content-Encoding"), got.Body.Len(), plain.Body.Len())
			continue
		}
		z, err := gzip.NewReader(got.Body)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(z)
		if err != nil || len(b) != plain.Body.Len() {
			t.Errorf("%s: %d bytes unpacked, %d plain: %v", path, len(b), plain.Body.Len(), err)
		}
	}
}
