// Package pages serves what people read in a browser without signing in: the Help Centre, the
// contact form, the page that asks how it was, the widget's document with its loader, the
// console's shell, and in a demonstration the shop. Every page but the widget and the console
// works without scripts; none has a script or a style in its text, and its policy forbids them.
//
// The addresses are those of section 5 of the protocol, without /v1, /healthz, /readyz and
// /metrics, which belong to others.
package pages

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/klauspost/compress/gzhttp"
	"gocloud.dev/blob"

	"centrala"
	"centrala/asking"
	"centrala/auth"
	"centrala/web"
	"centrala/words"
)

// Suggester finds articles by what people write.
type Suggester interface {
	Suggest(ctx context.Context, q centrala.Query) ([]centrala.Suggestion, error)
}

// Shelf has the articles, and keeps which were offered, opened, and solved the matter.
type Shelf interface {
	ArticleByID(ctx context.Context, id centrala.ArticleID) (centrala.Article, error)
	Offer(ctx context.Context, d centrala.Deflection) error
}

// Guard says whose token a request of the widget bears.
type Guard interface {
	Identify(ctx context.Context, token string) (auth.Principal, error)
}

// Surveys are the questions that were sent by mail.
type Surveys interface {
	SurveyByToken(ctx context.Context, hash []byte) (centrala.Survey, error)
	AnswerSurvey(ctx context.Context, id centrala.SurveyID, contact centrala.ContactID, score int, comment string) (centrala.Survey, *centrala.FollowUp, error)
	CommentSurvey(ctx context.Context, id centrala.SurveyID, contact centrala.ContactID, comment string) (centrala.Survey, error)
	Unsubscribe(ctx context.Context, contact centrala.ContactID) error
}

// Inboxes are the doors: the widget's, the form's, and the others that pages name.
type Inboxes interface {
	Inboxes(ctx context.Context) ([]centrala.Inbox, error)
	InboxBySlug(ctx context.Context, slug string) (centrala.Inbox, error)
}

// Intake takes what was written in the form.
type Intake interface {
	Receive(ctx context.Context, in centrala.Inbound) (centrala.Receipt, error)
	Conversation(ctx context.Context, scope centrala.Scope, id centrala.ConversationID) (centrala.Conversation, error)
}

// Secrets make and check what stands in the address and the form of a survey.
type Secrets struct {
	Hash       func(token string) []byte
	Nonce      func(token string, now time.Time) string
	CheckNonce func(token, nonce string, now time.Time) bool
}

// Filled is what somebody wrote in the contact form. Trap is a field that people do not see.
// It has the fields of form.Fields, in the same order, and is converted to it.
type Filled struct {
	Key     string
	Name    string
	Email   string
	Side    centrala.Side
	Subject string
	Text    string
	Locale  string
	Trap    string
	Files   []centrala.Part
}

// Enclosed is a file of an article.
type Enclosed struct {
	Name, URL string // the address is below the site's root
	Size      int64  // bytes
}

// Config is what the pages need. Log, Articles, Suggester, Shelf, Surveys, Inboxes, Intake,
// Form, Blobs, Secrets and SurveyQuestion are required.
type Config struct {
	Log       *slog.Logger
	Articles  Articles
	Suggester Suggester
	Shelf     Shelf
	Surveys   Surveys
	Inboxes   Inboxes
	Intake    Intake
	Form      func(inbox centrala.Inbox, f Filled, now time.Time) (centrala.Inbound, error) // the form's channel
	Blobs     *blob.Bucket
	Secrets   Secrets

	Site           auth.Site
	Brand          string // the marketplace, as customers know it
	ShopURL        string // where pages link back to, "" for nowhere
	Shop           []byte // the demonstration's shop page as YAML, nil for none
	Locale         string // first language, for readers who name none
	NoLimits       bool   // switches the rate limits off
	Theme          string // a style sheet of custom properties that changes how the pages look, "" for none
	SurveyQuestion func(locale string) string

	// Enclosed, when set, lists the files of an article.
	Enclosed func(ctx context.Context, id centrala.ArticleID) ([]Enclosed, error)

	Guard     Guard            // nil: nobody has a token
	Questions asking.Questions // what people looked for, nil: none are kept
	HoldOut   asking.HoldOut   // who is suggested nothing

	// Hours, when set, says what the widget tells while nobody of the inbox's team is there:
	// the heading and its short form, both "" inside hours.
	Hours func(ctx context.Context, inbox centrala.Inbox, locale string) (heading, short string)
	// Now is the clock, nil for the real one.
	Now func() time.Time
}

// pages is the handler's state; all of it is safe for concurrent use.
type pages struct {
	Config
	templates map[string]*page
	shop      *shop
	sends     *auth.Limiter // messages through the form
	tries     *auth.Limiter // forms and files sent to us, good or not
	clicks    *auth.Limiter // what readers say about articles
	tells     *auth.Limiter // whether one article helped
	asks      *auth.Limiter // searches while somebody types
	stand     stand
	theme     themed
	looks     *auth.Limiter // what one of them looks for
}

// What one address may do.
const (
	sendsPerHour    = 5
	triesPerHour    = 40
	clicksPerMinute = 60
	asksPerMinute   = 240
)

// New makes the handler of all pages. It fails when something required is missing or the
// shop's words cannot be read.
func New(c Config) (http.Handler, error) {
	if err := c.complete(); err != nil {
		return nil, fmt.Errorf("pages: %w", err)
	}
	p := &pages{Config: c}
	var err error
	if p.templates, err = loadTemplates(); err != nil {
		return nil, fmt.Errorf("pages: %w", err)
	}
	if c.Shop != nil {
		if p.shop, err = readShop(c.Shop); err != nil {
			return nil, fmt.Errorf("pages: the shop's words: %w", err)
		}
	}
	if p.theme, err = readTheme(c.Theme); err != nil {
		return nil, fmt.Errorf("pages: the theme: %w", err)
	}
	limit := func(n int, per time.Duration) *auth.Limiter {
		if c.NoLimits {
			n = 0
		}
		return auth.NewLimiter(n, per, c.Now)
	}
	p.sends, p.tries, p.clicks = limit(sendsPerHour, time.Hour), limit(triesPerHour, time.Hour), limit(clicksPerMinute, time.Minute)
	p.tells, p.asks = auth.NewLimiter(1, time.Minute, c.Now), limit(asksPerMinute, time.Minute)
	p.looks = auth.NewLimiter(1, asking.Between, c.Now)
	// The jitter hides how well a page compresses: some repeat what is in their address beside a
	// secret of the form (the BREACH attack).
	packed, err := gzhttp.NewWrapper(gzhttp.MinSize(1000), gzhttp.EnableZstd(false), gzhttp.RandomJitter(32, 0, false))
	if err != nil {
		return nil, fmt.Errorf("pages: %w", err)
	}
	return p.guarded(p.routes(packed)), nil
}

func (c *Config) complete() error {
	switch {
	case c.Log == nil, c.Articles == nil, c.Suggester == nil, c.Shelf == nil, c.Surveys == nil, c.Inboxes == nil, c.Intake == nil:
		return errors.New("a port is missing")
	case c.Form == nil, c.Blobs == nil, c.SurveyQuestion == nil:
		return errors.New("the form, the files or the question is missing")
	case c.Secrets.Hash == nil, c.Secrets.Nonce == nil, c.Secrets.CheckNonce == nil:
		return errors.New("a secret is missing")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Locale == "" {
		c.Locale = words.Polish
	}
	return nil
}

// handler is a page: an error of the vocabulary becomes the page that says so.
type handler func(w http.ResponseWriter, r *http.Request) error

// routes are all pages, packed for the way, and the web part's files, which the build has packed.
func (p *pages) routes(packed func(http.Handler) http.HandlerFunc) http.Handler {
	mux := http.NewServeMux()
	add := func(pattern string, h handler) { mux.Handle(pattern, packed(p.page(h))) }
	add("GET /{$}", p.front)
	mux.Handle("GET /widget.js", web.Loader())
	mux.Handle("GET /assets/", web.Assets())
	add("GET /widget/{inbox}", p.widget)
	add("GET /widget/{inbox}/articles/{id}", p.reading)
	add("GET /console", p.console)
	add("GET /console/", p.console)
	add("GET /help", p.home)
	add("GET /help/{locale}", p.home)
	add("GET /help/{locale}/{slug}", p.article)
	add("POST /help/{locale}/{slug}", p.verdict)
	add("GET /help/{locale}/feed.atom", p.atom)
	add("GET /help/search", p.search)
	add("POST /help/feedback", p.feedback)
	add("GET /contact", p.contact)
	add("POST /contact", p.write)
	add("GET /contact/sent", p.sent)
	add("GET /s/{token}", p.survey)
	add("POST /s/{token}", p.answer)
	add("GET /s/{token}/thanks", p.thanks)
	add("POST /s/{token}/comment", p.comment)
	add("GET /s/{token}/unsubscribe", p.unsubscribing)
	add("POST /s/{token}/unsubscribe", p.unsubscribe)
	add("GET /robots.txt", p.robots)
	add("GET /sitemap.xml", p.sitemap)
	add("GET /favicon.svg", p.favicon)
	if p.theme.Href != "" {
		mux.Handle("GET "+p.theme.Href, packed(http.HandlerFunc(p.theme.serve)))
	}
	add("/", p.nothing)
	return mux
}
