package pages

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"centrala"
	"centrala/gateway/pages/catalogue"
	"centrala/words"
)

// Articles is what the Help Centre holds. Edition is another word whenever Catalogue or Shelves
// would tell something else.
type Articles interface {
	Articles(ctx context.Context, f centrala.ArticleFilter) ([]centrala.Article, error)
	Article(ctx context.Context, locale, slug string) (centrala.Article, error)
	Catalogue(ctx context.Context) ([]centrala.Article, error)
	Shelves(ctx context.Context) ([]centrala.Shelf, error)
	Edition(ctx context.Context) (string, error)
}

// stand is the catalogue as it was read last.
type stand struct {
	mu        sync.Mutex
	edition   string
	since     time.Time // when it was read
	catalogue *catalogue.Catalogue
}

// catalogue is what stands in the Help Centre now, and since when: what has not changed is not read
// again.
func (p *pages) catalogue(ctx context.Context) (*catalogue.Catalogue, time.Time, error) {
	edition, err := p.Articles.Edition(ctx)
	if err != nil {
		return nil, time.Time{}, err
	}
	p.stand.mu.Lock()
	defer p.stand.mu.Unlock()
	if p.stand.catalogue != nil && p.stand.edition == edition {
		return p.stand.catalogue, p.stand.since, nil
	}
	articles, err := p.Articles.Catalogue(ctx) // may be newer than the edition: then it is read once more
	if err != nil {
		return nil, time.Time{}, err
	}
	shelves, err := p.Articles.Shelves(ctx)
	if err != nil {
		return nil, time.Time{}, err
	}
	p.stand.catalogue, p.stand.edition, p.stand.since = catalogue.New(articles, shelves, p.order), edition, p.Now().Truncate(time.Second)
	return p.stand.catalogue, p.stand.since, nil
}

// order is in which languages readers of another one get what theirs has not: that of the texts
// around it, then the site's first.
func (p *pages) order(locale string) []string {
	return []string{words.For(locale).Locale(), p.Locale}
}

// shelfLocale is the language of the Help Centre that a request is for, and the words around it;
// NotFound when there is no such one: neither words nor an article.
func (p *pages) shelfLocale(r *http.Request, c *catalogue.Catalogue) (string, words.Words, error) {
	asked := r.PathValue("locale")
	if asked == "" {
		asked = r.URL.Query().Get("lang")
	}
	if asked == "" || !known(asked) && !slices.Contains(c.Locales(), asked) {
		if r.PathValue("locale") != "" {
			return "", words.Words{}, centrala.Errorf(centrala.NotFound, "There is no Help Centre in this language.")
		}
		asked = p.words(r).Locale()
	}
	return asked, words.For(asked), nil
}

// languageName is what a language calls itself.
func languageName(locale string) string {
	if known(locale) {
		return words.For(locale).LanguageName()
	}
	tag, err := language.Parse(locale)
	if err != nil {
		return locale
	}
	if name := display.Self.Name(tag); name != "" {
		return name
	}
	return locale
}

// languages are links to the same page in other languages than its own: those of the texts, and
// those that articles are in. address is where each stands.
func languages(c *catalogue.Catalogue, own string, address func(locale string) string) []link {
	all := words.Locales()
	for _, l := range c.Locales() {
		if !slices.Contains(all, l) {
			all = append(all, l)
		}
	}
	var out []link
	for _, l := range all {
		if l != own {
			out = append(out, link{Href: address(l), Text: languageName(l), Lang: l})
		}
	}
	return out
}

// root is the site's address without a slash at its end: as configured, else as it was asked for.
func (p *pages) root(r *http.Request) string {
	if b := p.Site.Base; b != nil {
		return b.Scheme + "://" + b.Host
	}
	if p.Site.Secure(r) {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}
