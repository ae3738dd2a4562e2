package pages

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"centrala"
	"centrala/web"
	"centrala/words"
)

// widgetConfig is what the widget's app is told: web/widget/config.ts.
type widgetConfig struct {
	Inbox      string          `json:"inbox"`
	Brand      string          `json:"brand"`
	Locale     string          `json:"locale"`
	Sides      bool            `json:"sides"`
	Hours      string          `json:"hours,omitempty"`
	Back       string          `json:"back,omitempty"`
	Popular    []widgetArticle `json:"popular"`
	Channels   []widgetChannel `json:"channels,omitempty"`
	Transcript string          `json:"transcript,omitempty"`
}

type widgetArticle struct {
	Title string        `json:"title"`
	URL   string        `json:"url"`
	Side  centrala.Side `json:"side,omitempty"`
}

type widgetChannel struct {
	Kind  string `json:"kind"`
	Label string `json:"label"`
	Href  string `json:"href"`
}

// appPage is the document of a browser application.
type appPage struct {
	Locale, Title, Bare string
	Config              template.JS // JSON, with < written as \u003c
	Look                web.Asset
	Preload             []string
}

const appDocument = `<!doctype html>
<html lang="{{.Locale}}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>{{.Title}}</title>
<link rel="icon" href="/favicon.svg" type="image/svg+xml">
{{- range .Look.CSS}}
<link rel="stylesheet" href="{{.}}">{{end}}
{{- range .Look.Preload}}
<link rel="modulepreload" href="{{.}}">{{end}}
{{- range .Preload}}
<link rel="modulepreload" href="{{.}}">{{end}}
</head>
<body>
{{- with .Config}}
<script type="application/json" id="centrala-config">{{.}}</script>{{end}}
<div id="app"></div>
<noscript><p>{{.Bare}}</p></noscript>
<script type="module" src="{{.Look.JS}}"></script>
</body>
</html>
`

// widget is the document in the frame on the host's page: only the pages on the inbox's
// allow-list, and our own, may show it.
func (p *pages) widget(w http.ResponseWriter, r *http.Request) error {
	in, err := p.Inboxes.InboxBySlug(r.Context(), r.PathValue("inbox"))
	if err != nil {
		return err
	}
	if !in.Enabled || in.Channel != centrala.Chat {
		return centrala.Errorf(centrala.NotFound, "There is no widget at this address.")
	}
	speak := words.For(p.Locale)
	if l := r.URL.Query().Get("locale"); known(l) {
		speak = words.For(l)
	}
	config, err := p.widgetConfig(r.Context(), in, speak.Locale())
	if err != nil {
		return err
	}
	raw, err := json.Marshal(config) // encoding/json writes <, > and & as escapes
	if err != nil {
		return fmt.Errorf("widget's configuration: %w", err)
	}
	h := w.Header()
	h.Set("Content-Security-Policy", policy("connect-src", "'self' "+sockets(r), "img-src", "'self' blob:", "form-action", "'none'",
		"frame-src", "'none'", "frame-ancestors", strings.Join(append([]string{"'self'"}, origins(in)...), " ")))
	h.Del("Cross-Origin-Opener-Policy")                                                                                      // a frame has no say in it
	a := appPage{Locale: speak.Locale(), Title: speak.HelpOf(p.Brand), Bare: speak.NeedsScripts(), Config: template.JS(raw)} // escaped JSON
	return p.app(w, "widget", a)
}

// app writes the document of an application of web/, with its language at hand.
func (p *pages) app(w http.ResponseWriter, name string, a appPage) error {
	var err error
	if a.Look, err = web.Find(name, "main.ts"); err != nil {
		p.Log.Warn("page", "app", name, "err", err)
		web.NotBuilt(w, nil)
		return nil
	}
	if texts, err := web.Find(name, "words/"+a.Locale+".json"); err == nil && texts.JS != "" {
		a.Preload = append(a.Preload, texts.JS) // spares a round trip; without it the app asks itself
	}
	t, err := template.New(name).Parse(appDocument)
	if err != nil {
		return fmt.Errorf("document of %s: %w", name, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	return t.Execute(w, a)
}

func (p *pages) widgetConfig(ctx context.Context, in centrala.Inbox, locale string) (widgetConfig, error) {
	c := widgetConfig{Inbox: in.Slug, Brand: p.Brand, Locale: locale, Sides: in.Side == centrala.NoSide, Popular: []widgetArticle{},
		Transcript: "/v1/conversations/{conversation}/transcript"}
	articles, err := p.popular(ctx, locale, in.Side)
	if err != nil {
		return c, err
	}
	for _, a := range articles {
		side := centrala.NoSide
		if len(a.Sides) == 1 {
			side = a.Sides[0]
		}
		c.Popular = append(c.Popular, widgetArticle{a.Title, a.URL(), side})
	}
	if p.Hours != nil {
		c.Hours, c.Back = p.Hours(ctx, in, locale)
	}
	c.Channels, err = p.otherWays(ctx, words.For(locale))
	return c, err
}

// popular lists the articles that stand on the home list of their side, in its order.
func (p *pages) popular(ctx context.Context, locale string, side centrala.Side) ([]centrala.Article, error) {
	all, err := p.Articles.Articles(ctx, centrala.ArticleFilter{Public: true, Locale: locale, Side: side})
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(a centrala.Article) bool { return a.Popular == 0 })
	slices.SortStableFunc(all, func(a, b centrala.Article) int { return cmp.Compare(a.Popular, b.Popular) })
	return all, nil
}

// otherWays are the doors beside the chat.
func (p *pages) otherWays(ctx context.Context, w words.Words) ([]widgetChannel, error) {
	doors, err := p.Inboxes.Inboxes(ctx)
	if err != nil {
		return nil, err
	}
	var ways []widgetChannel
	for _, d := range doors {
		switch {
		case !d.Enabled:
		case d.Channel == centrala.Form && !slices.ContainsFunc(ways, func(c widgetChannel) bool { return c.Kind == "form" }):
			ways = append(ways, widgetChannel{"form", w.WayForm(), in(w.Locale(), "/contact")})
		case d.Channel == centrala.Email && d.Mailbox != nil && d.Mailbox.Address != "":
			ways = append(ways, widgetChannel{"email", d.Mailbox.Address, "mailto:" + d.Mailbox.Address})
		}
	}
	return ways, nil
}

// origins are the entries of an inbox's allow-list that a policy can name; anything else
// would be a way to write directives of one's own.
func origins(in centrala.Inbox) []string {
	var out []string
	for _, o := range in.Origins {
		u, err := url.Parse(o)
		if err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && !strings.ContainsAny(u.Host, " ;,'\"\t\r\n") {
			out = append(out, u.Scheme+"://"+u.Host)
		}
	}
	return out
}

// sockets is the address of our WebSocket, for browsers that do not count it as 'self'.
func sockets(r *http.Request) string {
	if strings.ContainsAny(r.Host, " ;,'\"\t\r\n") {
		return ""
	}
	return "ws://" + r.Host + " wss://" + r.Host
}

// console is the shell of the agents' application, which reads the rest of the address itself.
func (p *pages) console(w http.ResponseWriter, r *http.Request) error {
	speak := p.words(r)
	w.Header().Set("Content-Security-Policy", policy("connect-src", "'self' "+sockets(r), "img-src", "'self' blob:"))
	w.Header().Set("Cache-Control", "no-store")
	return p.app(w, "console", appPage{Locale: speak.Locale(), Title: "centrala", Bare: speak.NeedsScripts()})
}
