package migrate

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// What Chatwoot's API tells of a portal, as far as it is of use here. Rows of its tables, which
// have numbers where the API has words and objects, are read too.
type (
	cArticle struct {
		ID          int64           `json:"id"`
		Title       string          `json:"title"`
		Slug        string          `json:"slug"`
		Description string          `json:"description"`
		Content     string          `json:"content"`
		Status      json.RawMessage `json:"status"` // draft, published, archived; 0, 1, 2
		Locale      string          `json:"locale"`
		CategoryID  int64           `json:"category_id"`
		Category    *cCategory      `json:"category"`
		PortalID    int64           `json:"portal_id"`
		Portal      *cPortal        `json:"portal"`
		Original    *int64          `json:"associated_article_id"`
		Translated  []cArticle      `json:"associated_articles"`
		Meta        struct {
			Tags []string `json:"tags"`
		} `json:"meta"`
	}
	cCategory struct {
		ID       int64       `json:"id"`
		Name     string      `json:"name"`
		Slug     string      `json:"slug"`
		Locale   string      `json:"locale"`
		Position int         `json:"position"`
		Original *int64      `json:"associated_category_id"`
		Linked   []cCategory `json:"linked_categories"`
	}
	cPortal struct {
		ID       int64       `json:"id"`
		Slug     string      `json:"slug"`
		Articles []cArticle  `json:"articles"`
		Shelves  []cCategory `json:"categories"`
		Config   struct {
			Default string `json:"default_locale"`
		} `json:"config"`
	}
)

// chat is what is known of a Chatwoot while it is read.
type chat struct {
	*builder
	portals map[int64]*cPortal
	only    *cPortal             // the portal, when there is one
	shelf   map[int64]*cCategory // every category
	root    map[int64]int64      // of categories: what they are linked to
	all     map[int64]*cArticle  // every article
	file    map[int64]string     // of articles
	first   map[int64]int64      // of articles: their original
	order   []int64              // in which they came
}

// chatwoot reads an export of portals, categories and articles.
func (b *builder) chatwoot(docs []document) {
	b.items, b.sections, b.categories = map[int64]*item{}, map[int64]*place{}, map[int64]*place{}
	c := &chat{builder: b, portals: map[int64]*cPortal{}, shelf: map[int64]*cCategory{}, root: map[int64]int64{}, all: map[int64]*cArticle{}, file: map[int64]string{}, first: map[int64]int64{}}
	each(b, docs, "portals", func(file string, p cPortal) {
		c.portal(&p)
		for _, s := range p.Shelves {
			c.category(s)
		}
		for _, a := range p.Articles {
			a.Portal = cmp.Or(a.Portal, &p)
			c.article(file, a)
		}
	})
	each(b, docs, "categories", func(_ string, s cCategory) { c.category(s) })
	each(b, docs, "articles", c.article)
	each(b, docs, "payload", func(file string, raw json.RawMessage) { c.payload(file, raw) })
	c.shelve()
	for _, id := range c.order {
		c.say(c.all[id])
	}
	b.render = func(t *text, _ string) (string, error) {
		b.pictures += strings.Count(t.body, "![")
		return c.follow(t.body), nil
	}
}

// payload is a list of the API, of articles or of categories.
func (c *chat) payload(file string, raw json.RawMessage) {
	var kind struct{ Content, Title *string }
	if json.Unmarshal(raw, &kind) == nil && (kind.Content != nil || kind.Title != nil) {
		var a cArticle
		if err := json.Unmarshal(raw, &a); err != nil {
			c.wrong(file, 0, "an article is not as an export has it (%v): export it again", err)
			return
		}
		c.article(file, a)
		return
	}
	var s cCategory
	if err := json.Unmarshal(raw, &s); err != nil || s.Locale == "" {
		c.wrong(file, 0, "the payload holds what is neither an article nor a category: export those two lists alone")
		return
	}
	c.category(s)
}

func (c *chat) portal(p *cPortal) {
	if p.ID != 0 || p.Slug != "" {
		c.portals[p.ID] = p
		c.only = p
	}
}

func (c *chat) category(s cCategory) {
	if old := c.shelf[s.ID]; old == nil || old.Locale == "" {
		c.shelf[s.ID] = &s
	}
	if s.Original != nil {
		c.root[s.ID] = *s.Original
	}
	for _, l := range s.Linked {
		c.root[l.ID] = s.ID
		c.category(l)
	}
}

func (c *chat) article(file string, a cArticle) {
	if a.Portal != nil {
		c.portal(a.Portal)
	}
	if a.Category != nil {
		a.CategoryID = cmp.Or(a.CategoryID, a.Category.ID)
		if a.Category.Locale != "" || c.shelf[a.CategoryID] == nil {
			c.category(*a.Category)
		}
	}
	if c.all[a.ID] == nil {
		c.order = append(c.order, a.ID)
		c.all[a.ID], c.file[a.ID] = &a, file
	}
	if a.Original != nil && *a.Original != a.ID {
		c.first[a.ID] = *a.Original
	}
	for _, t := range a.Translated {
		t.Portal = cmp.Or(t.Portal, a.Portal)
		c.first[t.ID] = a.ID
		c.article(file, t)
	}
}

// up follows numbers to the first one.
func up(of map[int64]int64, id int64) int64 {
	for range 10 { // they are one step deep, unless somebody wrote nonsense
		next, ok := of[id]
		if !ok {
			break
		}
		id = next
	}
	return id
}

// shelve makes sections of categories: those that are linked are one in several languages.
func (c *chat) shelve() {
	for _, s := range sorted(c.shelf) {
		root := up(c.root, s.ID)
		p := c.sections[root]
		if p == nil {
			p = &place{id: root, position: s.Position, source: s.Locale, names: map[string]string{}}
			if r := c.shelf[root]; r != nil {
				p.position, p.source = r.Position, r.Locale
			}
			c.sections[root] = p
		}
		if p.names[s.Locale] == "" {
			p.names[s.Locale] = s.Name
		}
	}
}

// say keeps an article as what it says in its language.
func (c *chat) say(a *cArticle) {
	file := c.file[a.ID]
	category := c.shelf[a.CategoryID]
	locale := a.Locale
	if locale == "" && category != nil {
		locale = category.Locale
	}
	if locale == "" && c.only != nil {
		locale = c.only.Config.Default
	}
	status := strings.Trim(string(a.Status), `"`)
	switch {
	case status == "archived" || status == "2":
		c.note(file, "article %d (%s) is archived: not imported", a.ID, a.Title)
		return
	case locale == "":
		c.wrong(file, 0, "article %d (%s) has no language: export the categories too, they have it", a.ID, a.Title)
		return
	}
	root := up(c.first, a.ID)
	it := c.items[root]
	if it == nil {
		it = &item{id: root, source: locale, section: up(c.root, a.CategoryID), tags: a.Meta.Tags, texts: map[string]*text{}}
		c.items[root] = it
	}
	if root == a.ID {
		it.source, it.tags = locale, a.Meta.Tags
	}
	if it.texts[locale] != nil {
		c.note(file, "article %d (%s) says what article %d does in the same language: it stands on its own", a.ID, a.Title, root)
		it = &item{id: a.ID, source: locale, section: up(c.root, a.CategoryID), tags: a.Meta.Tags, texts: map[string]*text{}}
		c.items[a.ID] = it
	}
	t := &text{title: a.Title, summary: a.Description, body: strings.ReplaceAll(a.Content, "\r\n", "\n"), slug: a.Slug, draft: status != "published" && status != "1", file: file}
	portal := cmp.Or(a.Portal, c.portals[a.PortalID], c.only)
	if a.Slug != "" && portal != nil && portal.Slug != "" {
		t.old = fmt.Sprintf("/hc/%s/articles/%s", portal.Slug, a.Slug)
	}
	it.texts[locale] = t
}

var cAddress = regexp.MustCompile(`(?:https?://[^\s/()<>"]+)?(/hc/[\w-]+/articles/[\w-]+)`)

// follow has links to articles that came along lead to where they stand now.
func (c *chat) follow(body string) string {
	return cAddress.ReplaceAllStringFunc(body, func(s string) string {
		if to := c.at[cAddress.FindStringSubmatch(s)[1]]; to != "" {
			return to
		}
		return s
	})
}
