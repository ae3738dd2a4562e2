package pages

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"strings"
	"time"

	"centrala"
	"centrala/web"
	"centrala/words"
)

//go:embed templates
var templates embed.FS

// page is one template with the entry of web/pages that dresses it.
type page struct {
	*template.Template
	look string
}

// looks says which style sheet and script each page has: web/pages/NAME.css and NAME.ts.
func looks() map[string]string {
	return map[string]string{
		"shop": "shop", "home": "help", "shelf": "help", "section": "help", "article": "help", "search": "help", "said": "help",
		"contact": "contact", "sent": "contact", "survey": "survey", "thanks": "survey", "unsubscribe": "survey", "gone": "survey",
	}
}

func loadTemplates() (map[string]*page, error) {
	all := map[string]*page{}
	for name, look := range looks() {
		t, err := template.New("layout.html").Funcs(template.FuncMap{"icon": icon}).ParseFS(templates, "templates/layout.html", "templates/seek.html", "templates/"+name+".html")
		if err != nil {
			return nil, fmt.Errorf("template %s: %w", name, err)
		}
		all[name] = &page{t, look}
	}
	return all, nil
}

// view is what every template knows.
type view struct {
	W       words.Words
	Title   string
	Brand   string
	ShopURL string
	Other   *link // the same page in the other language
	Robots  string
	Plain   bool   // only the brand at the top and nothing at the foot
	Query   string // in the search field at the top
	Look    web.Asset
	Theme   themed // how this site looks
	Data    any

	Locale     string    // of the Help Centre that links lead to: that of the words unless it is another
	Canonical  string    // the page's whole address, "" of pages that are nobody's to list
	About      string    // what is on the page, in a sentence
	Kind       string    // what it is to those who show its link: website, article
	Languages  []link    // the same page in other languages, below the site's root
	Alternates []link    // the whole addresses of what it is in each language, its own too
	Root       string    // the site's
	Feed       string    // what is new in its language, below the site's root
	Graph      any       // the page as data, for those who list pages
	Since      time.Time // when what it shows changed last; zero: it is not kept by browsers
}

// link is an address with a name.
type link struct{ Href, Text, Lang string }

// show writes a page. What is written is complete or an error: nothing of a page goes out
// before all of it is made.
func (p *pages) show(w http.ResponseWriter, status int, name string, v view) error {
	body, err := p.render(w, name, v)
	if err != nil {
		return err
	}
	w.WriteHeader(status)
	_, _ = w.Write(body) // the browser went away: nobody is left to tell
	return nil
}

// shelve writes a page that browsers keep, and answers who has it already that it has not changed.
func (p *pages) shelve(w http.ResponseWriter, r *http.Request, name string, v view) error {
	body, err := p.render(w, name, v)
	if err != nil {
		return err
	}
	unchanged(w, r, v.Since, body)
	return nil
}

// unchanged writes a body, or that who asks has it. Two that are alike have the same tag; it is a
// weak one, as bodies are packed on the way.
func unchanged(w http.ResponseWriter, r *http.Request, since time.Time, body []byte) {
	sum := sha256.Sum256(body)
	w.Header().Set("ETag", `W/"`+hex.EncodeToString(sum[:12])+`"`)
	http.ServeContent(w, r, "", since, bytes.NewReader(body))
}

// render makes a page, and sets the headers that say what it is.
func (p *pages) render(w http.ResponseWriter, name string, v view) ([]byte, error) {
	t := p.templates[name]
	v.Brand, v.ShopURL, v.Theme = p.Brand, p.ShopURL, p.theme
	if v.Locale == "" {
		v.Locale = v.W.Locale()
	}
	var err error
	if v.Look, err = look(t.look); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := t.Execute(&b, v); err != nil {
		return nil, fmt.Errorf("page %s: %w", name, err)
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", v.W.Locale())
	return b.Bytes(), nil
}

// look finds the style and the script of a page. Without a web build the page is bare, and
// readable.
func look(name string) (web.Asset, error) {
	a, err := web.Find("pages", name+".css")
	if err != nil && !errors.Is(err, web.ErrNotBuilt) && !errors.Is(err, fs.ErrNotExist) {
		return a, err
	}
	script, err := web.Find("pages", name+".ts")
	if err != nil && !errors.Is(err, web.ErrNotBuilt) && !errors.Is(err, fs.ErrNotExist) {
		return a, err
	}
	a.JS, a.Preload = script.JS, script.Preload
	return a, nil
}

// policy is what pages may load: their own, and nothing else. more replaces directives.
func policy(more ...string) string {
	rules := [][2]string{
		{"default-src", "'none'"}, {"script-src", "'self'"}, {"style-src", "'self'"}, {"img-src", "'self'"}, {"media-src", "'self'"}, {"connect-src", "'self'"},
		{"frame-src", "'self'"}, {"manifest-src", "'self'"}, {"form-action", "'self'"}, {"base-uri", "'none'"}, {"frame-ancestors", "'none'"},
	}
	var b strings.Builder
	for i, r := range rules {
		for j := 0; j+1 < len(more); j += 2 {
			if more[j] == r[0] {
				r[1] = more[j+1]
			}
		}
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(r[0] + " " + r[1])
	}
	return b.String()
}

// guarded gives every answer the headers that keep its readers safe, and answers only to the
// names of this site.
func (p *pages) guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy())
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "strict-origin-when-cross-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=()")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-cache")
		if p.Site.Secure(r) {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		if !p.Site.HostOK(r) {
			http.Error(w, "This server has another name.", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// page makes an http.Handler of a page: what it returns as an error is answered in the style
// of the house, and logged when it is ours.
func (p *pages) page(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Vary", "Accept-Language")
		err := h(w, r)
		switch {
		case err == nil:
		case centrala.CodeOf(err) == centrala.NotFound:
			p.lost(w, r)
		case errors.Is(err, context.Canceled) && r.Context().Err() != nil: // the reader went away
		default:
			number := faultNumber()
			p.Log.Error("page", "path", route(r), "number", number, "err", err)
			p.say(w, r, http.StatusInternalServerError, p.words(r).PageFault(), p.words(r).PageFaultWhy(number))
		}
	})
}

// route is the pattern that was asked for: a path may hold a token, which no log gets.
func route(r *http.Request) string { return r.Pattern }

// faultNumber joins what a reader sees with the line in the log.
func faultNumber() string {
	b := make([]byte, 3)
	_, _ = rand.Read(b) // never fails
	return strings.ToUpper(hex.EncodeToString(b))
}

// said is a page of a heading and a sentence.
type said struct {
	Heading, Text string
	Maybe         []link // what may have been meant
}

// say answers with a heading and a sentence.
func (p *pages) say(w http.ResponseWriter, r *http.Request, status int, heading, text string) {
	v := view{W: p.words(r), Title: heading, Robots: "noindex", Data: said{Heading: heading, Text: text}}
	if err := p.show(w, status, "said", v); err != nil {
		p.Log.Error("page", "path", route(r), "err", err)
		http.Error(w, heading, status)
	}
}

func (p *pages) nothing(_ http.ResponseWriter, r *http.Request) error {
	return centrala.Errorf(centrala.NotFound, "There is no page here for %s.", r.Method)
}

// words are in the language of a request: that in its address, else the one its reader likes
// best, else the site's.
func (p *pages) words(r *http.Request) words.Words {
	for _, asked := range []string{r.URL.Query().Get("lang"), r.PathValue("locale")} {
		if known(asked) {
			return words.For(asked)
		}
	}
	if l := preferred(r.Header.Get("Accept-Language")); l != "" {
		return words.For(l)
	}
	return words.For(p.Locale)
}

func known(locale string) bool { return locale == words.Polish || locale == words.English }

// preferred is the language of ours that an Accept-Language header likes best, "" when it
// names none of them (RFC 9110, 12.5.4). What it says first wins among equals.
func preferred(header string) string {
	best, most := "", 0.0
	for part := range strings.SplitSeq(header, ",") {
		tag, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		lang, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
		if q := quality(params); known(lang) && q > most {
			best, most = lang, q
		}
	}
	return best
}

// quality reads "q=0.8"; nothing is 1.
func quality(params string) float64 {
	q := 1.0
	if v, ok := strings.CutPrefix(strings.ReplaceAll(params, " ", ""), "q="); ok {
		if _, err := fmt.Sscanf(v, "%g", &q); err != nil {
			return 0
		}
	}
	return q
}

// in gives the address of a page in another language.
func in(locale, address string) string {
	sep := "?"
	if strings.Contains(address, "?") {
		sep = "&"
	}
	return address + sep + "lang=" + locale
}

func other(w words.Words) words.Words {
	if w.Locale() == words.Polish {
		return words.For(words.English)
	}
	return words.For(words.Polish)
}

// switched links to the same page in the other language.
func switched(w words.Words, href string) *link {
	o := other(w)
	return &link{Href: href, Text: o.LanguageName(), Lang: o.Locale()}
}
