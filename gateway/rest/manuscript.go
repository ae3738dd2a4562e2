package rest

import (
	"context"
	"time"

	"centrala"
	"centrala/auth"
	"centrala/markdown"
)

// Manuscripts are the Help Centre's articles as their authors see them.
type Manuscripts interface {
	Manuscripts(ctx context.Context, f centrala.ManuscriptFilter) ([]centrala.Manuscript, error)
	Manuscript(ctx context.Context, id centrala.ArticleID) (centrala.Manuscript, error)
	StartArticle(ctx context.Context, locale string, topic centrala.ArticleID, c centrala.Content, by centrala.AgentID) (centrala.Manuscript, error)
	SaveDraft(ctx context.Context, d centrala.Draft) (centrala.Draft, error)
	DiscardDraft(ctx context.Context, id centrala.ArticleID) error
}

// Publishing is how a draft becomes what readers see, and back.
type Publishing interface {
	AskReview(ctx context.Context, id centrala.ArticleID, note string) error
	SendBack(ctx context.Context, id centrala.ArticleID, note string) error
	Schedule(ctx context.Context, id centrala.ArticleID, due time.Time, by centrala.AgentID) error
	PublishDraft(ctx context.Context, id centrala.ArticleID, save int, by centrala.AgentID) (centrala.Article, error)
	Withdraw(ctx context.Context, id centrala.ArticleID, by centrala.AgentID) error
}

// Versions is what articles were.
type Versions interface {
	Versions(ctx context.Context, id centrala.ArticleID) ([]centrala.Version, error)
	Version(ctx context.Context, id centrala.ArticleID, number int) (centrala.Version, error)
	Restore(ctx context.Context, id centrala.ArticleID, number int, by centrala.AgentID) (centrala.Article, error)
}

func (s *server) manuscriptRoutes() {
	add(s, get("/v1/manuscripts", "The Help Centre's articles as their authors see them, without their texts", auth.WriteArticles), s.listManuscripts)
	add(s, post("/v1/manuscripts", "Begin an article, or a translation of one", auth.WriteArticles).creates(), s.startArticle)
	add(s, get("/v1/manuscripts/{id}", "What readers see of an article, and its draft", auth.WriteArticles), s.getManuscript)
	add(s, put("/v1/manuscripts/{id}/draft", "Save a draft", auth.WriteArticles), s.putDraft)
	add(s, remove("/v1/manuscripts/{id}/draft", "Throw a draft away", auth.WriteArticles), s.deleteDraft)
	add(s, post("/v1/manuscripts/{id}/review", "Have somebody else look at a draft", auth.WriteArticles), s.askReview)
	add(s, post("/v1/manuscripts/{id}/return", "Send a draft back to its author, or take it off the schedule", auth.WriteArticles), s.sendBack)
	add(s, post("/v1/manuscripts/{id}/schedule", "Have a draft come out at a time", auth.WriteArticles), s.schedule)
	add(s, post("/v1/manuscripts/{id}/publish", "Make a draft what readers see", auth.WriteArticles), s.publish)
	add(s, post("/v1/manuscripts/{id}/withdraw", "Take an article away from its readers", auth.WriteArticles), s.withdraw)
	add(s, get("/v1/manuscripts/{id}/versions", "What an article was, the latest first", auth.WriteArticles), s.listVersions)
	add(s, get("/v1/manuscripts/{id}/versions/{number}", "One version, with its text", auth.WriteArticles), s.getVersion)
	add(s, post("/v1/manuscripts/{id}/versions/{number}/restore", "Publish an earlier version again, as a new one", auth.WriteArticles), s.restore)
}

// ManuscriptRow is an article in its authors' list.
type ManuscriptRow struct {
	ArticleRow
	Topic   centrala.ArticleID  `json:"topic"`
	Version int                 `json:"version" doc:"The number of what readers see; 0: nothing."`
	Numbers int                 `json:"numbers" doc:"How many versions there were."`
	Draft   centrala.DraftState `json:"draft" enum:",writing,review,scheduled"`
	Stale   time.Time           `json:"stale,omitzero" doc:"Since when this translation does not say what its original does."`
}

func manuscriptRow(m centrala.Manuscript) ManuscriptRow {
	r := ManuscriptRow{ArticleRow: articleRow(m.Article), Topic: m.Topic, Version: m.Version, Numbers: m.Numbers, Stale: m.Stale}
	if m.Draft != nil {
		r.Draft = m.Draft.State
	}
	return r
}

type manuscriptQuery struct {
	Q       string        `query:"q" maxLength:"100" doc:"Part of a title, section or tag."`
	Locale  string        `query:"locale" maxLength:"10"`
	Side    centrala.Side `query:"side" enum:"buyer,seller,advertiser"`
	Section string        `query:"section" maxLength:"100"`
	Topic   articleWish   `query:"topic"`
	State   string        `query:"state" enum:"writing,review,scheduled,published,withdrawn,stale"`
}

func (s *server) listManuscripts(ctx context.Context, _ caller, q *manuscriptQuery) (*answer[List[ManuscriptRow]], error) {
	all, err := s.Manuscripts.Manuscripts(ctx, centrala.ManuscriptFilter{Locale: q.Locale, Side: q.Side, Section: q.Section, Topic: q.Topic.ID, State: q.State, Text: q.Q})
	if err != nil {
		return nil, err
	}
	rows := make([]ManuscriptRow, len(all))
	for i, m := range all {
		rows[i] = manuscriptRow(m)
	}
	return page(rows, ""), nil
}

func (s *server) getManuscript(ctx context.Context, _ caller, in *articlePath) (*answer[centrala.Manuscript], error) {
	m, err := s.Manuscripts.Manuscript(ctx, in.ID.ID)
	return ok(m), err
}

// contentBody is what an author writes.
type contentBody struct {
	Slug    string               `json:"slug,omitempty" maxLength:"200" doc:"Made from the title if left out."`
	Title   string               `json:"title" required:"true" minLength:"1" maxLength:"300"`
	Summary string               `json:"summary,omitempty" maxLength:"500"`
	Body    string               `json:"body" required:"true" maxLength:"200000" doc:"Markdown."`
	Section string               `json:"section,omitempty" maxLength:"100"`
	Sides   []centrala.Side      `json:"sides,omitempty" maxItems:"3" doc:"Whom it is offered to; none: everybody."`
	Readers []centrala.Side      `json:"readers,omitempty" maxItems:"3" doc:"Who alone may read it; none: everybody."`
	Tags    []string             `json:"tags,omitempty" maxItems:"50" doc:"Words that customers use for it."`
	Related []centrala.ArticleID `json:"related,omitempty" maxItems:"10"`
	Popular int                  `json:"popular,omitempty" minimum:"0" maximum:"100"`
}

func (b contentBody) content() centrala.Content {
	c := centrala.Content{Slug: b.Slug, Title: b.Title, Summary: b.Summary, Body: b.Body, Section: b.Section, Sides: b.Sides, Readers: b.Readers, Tags: b.Tags, Related: b.Related, Popular: b.Popular}
	if c.Slug == "" {
		c.Slug = centrala.Slug(b.Title, 80)
	}
	return c
}

type newManuscript struct {
	Body struct {
		contentBody
		Locale string             `json:"locale" required:"true" minLength:"2" maxLength:"10"`
		Topic  centrala.ArticleID `json:"topic,omitempty" doc:"The original, of a translation."`
	}
}

func (s *server) startArticle(ctx context.Context, c caller, in *newManuscript) (*answer[centrala.Manuscript], error) {
	if err := markdown.Check(in.Body.Body); err != nil {
		return nil, err
	}
	m, err := s.Manuscripts.StartArticle(ctx, in.Body.Locale, in.Body.Topic, in.Body.content(), c.author())
	if err != nil {
		return nil, err
	}
	return ok(m), s.audited(ctx, c, "article.begun", m.ID.String(), m.Locale+"/"+m.Slug)
}

type draftInput struct {
	ID   articleRef `path:"id"`
	Body struct {
		contentBody
		Save  int `json:"save" required:"true" minimum:"0" doc:"That of the draft that was read; 0: there was none."`
		Base  int `json:"base" required:"true" minimum:"0" doc:"The version that the text takes into account."`
		Basis int `json:"basis,omitempty" minimum:"0" doc:"Of a translation: the original's version that it says."`
	}
}

func (s *server) putDraft(ctx context.Context, c caller, in *draftInput) (*answer[centrala.Draft], error) {
	b := in.Body
	if err := markdown.Check(b.Body); err != nil {
		return nil, err
	}
	d, err := s.Manuscripts.SaveDraft(ctx, centrala.Draft{Article: in.ID.ID, Content: b.content(), Save: b.Save, Base: b.Base, Basis: b.Basis, By: c.author()})
	return ok(d), err
}

func (s *server) deleteDraft(ctx context.Context, c caller, in *articlePath) (*nothing, error) {
	if err := s.without(ctx, in.ID.ID, func() error { return s.Manuscripts.DiscardDraft(ctx, in.ID.ID) }); err != nil {
		return nil, err
	}
	return nil, s.audited(ctx, c, "article.discarded", in.ID.ID.String(), "")
}
