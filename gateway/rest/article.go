package rest

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"centrala"
	"centrala/auth"
	"centrala/markdown"
)

// Articles are the Help Centre's.
type Articles interface {
	Articles(ctx context.Context, f centrala.ArticleFilter) ([]centrala.Article, error)
	Article(ctx context.Context, locale, slug string) (centrala.Article, error)
	ArticleByID(ctx context.Context, id centrala.ArticleID) (centrala.Article, error)
	SaveArticle(ctx context.Context, a centrala.Article) (centrala.Article, error)
	RemoveArticle(ctx context.Context, id centrala.ArticleID) error
}

func (s *server) articleRoutes() {
	add(s, get("/v1/articles", "The Help Centre's articles, without their texts", auth.ReadArticles), s.listArticles)
	add(s, get("/v1/articles/{id}", "One article with its text", auth.ReadArticles), s.getArticle)
	add(s, put("/v1/articles/{locale}/{slug}", "Write the article of an address, or change it", auth.WriteArticles), s.putArticle)
	add(s, post("/v1/articles/preview", "An article as its readers would see it", auth.WriteArticles), s.preview)
	add(s, remove("/v1/articles/{id}", "Take an article out", auth.WriteArticles), s.deleteArticle)
}

// ArticleRow is an article in a list.
type ArticleRow struct {
	ID          centrala.ArticleID `json:"id"`
	Locale      string             `json:"locale"`
	Slug        string             `json:"slug"`
	Title       string             `json:"title"`
	Summary     string             `json:"summary"`
	Sides       []centrala.Side    `json:"sides"`
	Tags        []string           `json:"tags"`
	Section     string             `json:"section"`
	Translation string             `json:"translation,omitempty"`
	Popular     int                `json:"popular,omitempty"`
	URL         string             `json:"url"`
	UpdatedAt   time.Time          `json:"updated_at"`
}

// ArticlePage is an article with its text, in Markdown.
type ArticlePage struct {
	ArticleRow
	Body    string        `json:"body"`
	Related []RelatedPage `json:"related" doc:"That readers see, as its author has put them."`
}

// RelatedPage is an article that another one names.
type RelatedPage struct {
	ID    centrala.ArticleID `json:"id"`
	Title string             `json:"title"`
	URL   string             `json:"url"`
}

func (s *server) articlePage(ctx context.Context, a centrala.Article) (*answer[ArticlePage], error) {
	p := ArticlePage{articleRow(a), a.Body, []RelatedPage{}}
	if len(a.Related) > 0 {
		all, err := s.Articles.Articles(ctx, centrala.ArticleFilter{IDs: a.Related})
		if err != nil {
			return nil, err
		}
		for _, r := range all {
			p.Related = append(p.Related, RelatedPage{r.ID, r.Title, r.URL()})
		}
	}
	return ok(p), nil
}

func articleRow(a centrala.Article) ArticleRow {
	return ArticleRow{ID: a.ID, Locale: a.Locale, Slug: a.Slug, Title: a.Title, Summary: a.Summary, Sides: a.Sides, Tags: a.Tags,
		Section: a.Section, Translation: a.Translation, Popular: a.Popular, URL: a.URL(), UpdatedAt: a.UpdatedAt.UTC()}
}

type articleQuery struct {
	Q      string        `query:"q" maxLength:"100" doc:"Part of a title, section or tag."`
	Locale string        `query:"locale" maxLength:"10"`
	Side   centrala.Side `query:"side" enum:"buyer,seller,advertiser"`
	After  articleWish   `query:"cursor"`
	Limit  int           `query:"limit" minimum:"1" maximum:"200"`
}

func (s *server) listArticles(ctx context.Context, _ caller, q *articleQuery) (*answer[List[ArticleRow]], error) {
	all, err := s.Articles.Articles(ctx, centrala.ArticleFilter{Locale: q.Locale, Side: q.Side})
	if err != nil {
		return nil, err
	}
	if q.After.ID != 0 {
		i := slices.IndexFunc(all, func(a centrala.Article) bool { return a.ID == q.After.ID })
		if i < 0 {
			return nil, centrala.InvalidField("cursor", "The article that this cursor stands on is gone: begin again.")
		}
		all = all[i+1:]
	}
	limit, want := cmp.Or(q.Limit, 100), strings.ToLower(q.Q)
	var out []ArticleRow
	for _, a := range all {
		if want != "" && !strings.Contains(strings.ToLower(a.Title+"\n"+a.Section+"\n"+strings.Join(a.Tags, "\n")), want) {
			continue
		}
		if len(out) == limit {
			return page(out, out[limit-1].ID.String()), nil
		}
		out = append(out, articleRow(a))
	}
	return page(out, ""), nil
}

type articlePath struct {
	ID articleRef `path:"id"`
}

func (s *server) getArticle(ctx context.Context, _ caller, in *articlePath) (*answer[ArticlePage], error) {
	a, err := s.Articles.ArticleByID(ctx, in.ID.ID)
	if err != nil {
		return nil, err
	}
	return s.articlePage(ctx, a)
}

type articleInput struct {
	Locale string `path:"locale"`
	Slug   string `path:"slug"`
	Body   struct {
		Title       string               `json:"title" required:"true" minLength:"1" maxLength:"200"`
		Summary     string               `json:"summary,omitempty" maxLength:"500"`
		Body        string               `json:"body" required:"true" maxLength:"200000" doc:"Markdown."`
		Sides       []centrala.Side      `json:"sides,omitempty" maxItems:"3"`
		Tags        []string             `json:"tags,omitempty" maxItems:"20"`
		Readers     []centrala.Side      `json:"readers,omitempty" maxItems:"3" doc:"Who alone may read it; none: everybody."`
		Related     []centrala.ArticleID `json:"related,omitempty" maxItems:"10"`
		Section     string               `json:"section,omitempty" maxLength:"100"`
		Translation string               `json:"translation,omitempty" maxLength:"120"`
		Popular     int                  `json:"popular,omitempty" minimum:"0" maximum:"100"`
	}
}

func (s *server) putArticle(ctx context.Context, c caller, in *articleInput) (*answer[ArticlePage], error) {
	b := in.Body
	if err := markdown.Check(b.Body); err != nil {
		return nil, err
	}
	a, err := s.Articles.SaveArticle(ctx, centrala.Article{Locale: in.Locale, Translation: b.Translation, Content: centrala.Content{Slug: in.Slug, Title: b.Title, Summary: b.Summary, Body: b.Body, Sides: b.Sides, Readers: b.Readers, Tags: b.Tags, Related: b.Related, Section: b.Section, Popular: b.Popular}})
	if err != nil {
		return nil, err
	}
	if err := s.audited(ctx, c, "article.saved", a.ID.String(), a.URL()); err != nil {
		return nil, err
	}
	return s.articlePage(ctx, a)
}

func (s *server) deleteArticle(ctx context.Context, c caller, in *articlePath) (*nothing, error) {
	a, err := s.Articles.ArticleByID(ctx, in.ID.ID)
	if err != nil {
		return nil, err
	}
	if err := s.without(ctx, a.ID, func() error { return s.Articles.RemoveArticle(ctx, a.ID) }); err != nil {
		return nil, err
	}
	return nil, s.audited(ctx, c, "article.removed", a.ID.String(), a.URL())
}

type searchQuery struct {
	Q      string        `query:"q" maxLength:"500"`
	Locale string        `query:"locale" maxLength:"10"`
	Side   centrala.Side `query:"side" enum:"buyer,seller,advertiser"`
	Limit  int           `query:"limit" minimum:"1" maximum:"20"`
	Prefix bool          `query:"prefix" doc:"The last word may be unfinished: as people type."`
	About  talkWish      `query:"conversation" doc:"Agents: as its customer would ask, in their language and of their side."`
}

// Found is what the Help Centre answers.
type Found struct {
	Items  []centrala.Suggestion `json:"items"`
	Engine string                `json:"engine"`
	TookMS int64                 `json:"took_ms"`
	Locale string                `json:"locale,omitempty" doc:"As was asked within a conversation."`
	Side   centrala.Side         `json:"side,omitempty"`
}

// searchArticles answers everybody. Who shows who they are is told more: visitors whose side is
// signed what that side reads, who works in the house everything.
func (s *server) searchArticles(ctx context.Context, c caller, q *searchQuery) (*answer[Found], error) {
	began := s.Now()
	out := Found{Items: []centrala.Suggestion{}}
	p, err := s.known(ctx, c, q.About.ID != 0)
	if err != nil {
		return nil, err
	}
	ask := centrala.Query{Text: q.Q, Locale: q.Locale, Side: q.Side, Limit: q.Limit, Prefix: q.Prefix, Asker: p.Asker()}
	if ask.Asker == centrala.Proved {
		ask.Side = p.Visitor.Claims.Side
	}
	if q.About.ID != 0 {
		if ask.Side, ask.Locale, err = s.customers(ctx, p, q.About.ID, q.Locale); err != nil {
			return nil, err
		}
		out.Side, out.Locale = ask.Side, ask.Locale
	}
	if p.Visitor != nil && s.HoldOut.Holds(p.ID, began) { // their socket has noted it
		ask.Text = ""
	}
	items, engine, err := s.Index.Ask(ctx, ask)
	if err != nil {
		return nil, err
	}
	out.Engine = engine
	if items != nil {
		out.Items = items
	}
	out.TookMS = s.Now().Sub(began).Milliseconds()
	return ok(out), nil
}

// known is who asks, where everybody may: nobody in particular without a token, or with one that
// no longer counts. A colleague who looks at the pages of customers is one of them, although the
// browser sends the session: it counts where they ask about a conversation.
func (s *server) known(ctx context.Context, c caller, session bool) (auth.Principal, error) {
	token, cookie := auth.TokenOf(c.r)
	if token == "" || cookie && !session {
		return auth.Principal{}, nil
	}
	p, err := s.Guard.Identify(ctx, token)
	if centrala.CodeOf(err) == centrala.Unauthorized {
		return auth.Principal{}, nil
	}
	return p, err
}

// customers are the side and the language of a conversation's customer, for who may read it.
func (s *server) customers(ctx context.Context, p auth.Principal, id centrala.ConversationID, otherwise string) (centrala.Side, string, error) {
	if !auth.Can(p, auth.ReadConversations) {
		return centrala.NoSide, "", &centrala.Error{Code: centrala.Forbidden, Field: "conversation", Message: "Only who may read conversations names one."}
	}
	talk, err := s.Store.Conversation(ctx, p.Scope, id)
	if err != nil {
		return centrala.NoSide, "", err
	}
	who, err := s.Store.Contact(ctx, p.Scope, talk.Contact)
	return talk.Side, cmp.Or(who.Locale, otherwise), err
}
