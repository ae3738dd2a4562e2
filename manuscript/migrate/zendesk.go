package migrate

import (
	"cmp"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"centrala"
)

// What Zendesk's Help Center API tells, as far as it is of use here.
type (
	zArticle struct {
		ID           int64          `json:"id"`
		HTMLURL      string         `json:"html_url"`
		SectionID    int64          `json:"section_id"`
		SourceLocale string         `json:"source_locale"`
		Labels       []string       `json:"label_names"`
		Segment      *int64         `json:"user_segment_id"`
		Translations []zTranslation `json:"translations"`
		zText
	}
	zText struct {
		Locale   string `json:"locale"`
		Title    string `json:"title"`
		Name     string `json:"name"`
		Body     string `json:"body"`
		Draft    bool   `json:"draft"`
		Outdated bool   `json:"outdated"`
	}
	zTranslation struct {
		SourceID   int64  `json:"source_id"`
		SourceType string `json:"source_type"`
		HTMLURL    string `json:"html_url"`
		zText
	}
	zPlace struct {
		ID           int64          `json:"id"`
		CategoryID   int64          `json:"category_id"`
		ParentID     int64          `json:"parent_section_id"`
		Position     int            `json:"position"`
		SourceLocale string         `json:"source_locale"`
		Translations []zTranslation `json:"translations"`
		zText
	}
)

// zendesk reads an export of the Help Center API.
func (b *builder) zendesk(docs []document, segments map[string]string) {
	b.items, b.sections, b.categories = map[int64]*item{}, map[int64]*place{}, map[int64]*place{}
	each(b, docs, "categories", func(_ string, z zPlace) { zShelve(b.categories, z) })
	each(b, docs, "sections", func(file string, z zPlace) {
		zShelve(b.sections, z)
		if z.ParentID != 0 {
			b.note(file, "section %d stands in section %d: sections stand side by side here", z.ID, z.ParentID)
		}
	})
	skipped := map[int64]bool{}
	each(b, docs, "articles", func(file string, z zArticle) {
		var readers []centrala.Side
		if z.Segment != nil {
			side := segments[strconv.FormatInt(*z.Segment, 10)]
			if side == "" {
				if !skipped[z.ID] {
					b.note(file, "article %d (%s) is for user segment %d alone: not imported; say who that is with --segment %d=seller", z.ID, cmp.Or(z.Title, z.Name), *z.Segment, *z.Segment)
				}
				skipped[z.ID] = true
				return
			}
			readers = []centrala.Side{centrala.Side(side)}
		}
		it := b.items[z.ID]
		if it == nil {
			it = &item{id: z.ID, source: cmp.Or(z.SourceLocale, z.Locale), section: z.SectionID, tags: z.Labels, readers: readers, texts: map[string]*text{}}
			b.items[z.ID] = it
		}
		it.zSay(file, z.HTMLURL, z.zText)
		for _, t := range z.Translations {
			it.zSay(file, t.HTMLURL, t.zText)
		}
	})
	each(b, docs, "translations", func(file string, t zTranslation) {
		switch kind := strings.ToLower(t.SourceType); {
		case kind == "section" && b.sections[t.SourceID] != nil:
			b.sections[t.SourceID].names[t.Locale] = t.Title
		case kind == "category" && b.categories[t.SourceID] != nil:
			b.categories[t.SourceID].names[t.Locale] = t.Title
		case kind == "article" && b.items[t.SourceID] != nil:
			b.items[t.SourceID].zSay(file, t.HTMLURL, t.zText)
		case !skipped[t.SourceID]:
			b.note(file, "a translation is of %s %d, which is not in the export: not imported", kind, t.SourceID)
		}
	})
	b.render = func(t *text, locale string) (string, error) {
		return markdownOf(t.body, func(href string) string { return b.zFollow(href, locale) }, func() { b.pictures++ })
	}
	for _, it := range sorted(b.items) {
		if b.sections[it.section] == nil && it.section != 0 {
			b.note("articles", "article %d stands in section %d, which is not in the export: it stands in none", it.id, it.section)
		}
	}
}

func zShelve(places map[int64]*place, z zPlace) {
	p := places[z.ID]
	if p == nil {
		p = &place{id: z.ID, parent: z.CategoryID, position: z.Position, source: cmp.Or(z.SourceLocale, z.Locale), names: map[string]string{}}
		places[z.ID] = p
	}
	p.names[z.Locale] = cmp.Or(z.Name, z.Title)
	for _, t := range z.Translations {
		p.names[t.Locale] = t.Title
	}
}

// zSay keeps an article in a language; what comes later knows better.
func (it *item) zSay(file, address string, z zText) {
	old := fmt.Sprintf("/hc/%s/articles/%d", z.Locale, it.id)
	if u, err := url.Parse(address); err == nil && u.Path != "" {
		old = u.EscapedPath()
	}
	if z.Title = cmp.Or(z.Title, z.Name); z.Title == "" && z.Body == "" {
		return
	}
	it.texts[z.Locale] = &text{title: z.Title, body: z.Body, old: old, draft: z.Draft, outdated: z.Outdated && z.Locale != it.source, file: file}
}

var zAddress = regexp.MustCompile(`^/hc/(?:([A-Za-z-]+)/)?articles/(\d+)`)

// zFollow is where a link of a text leads now: articles that came along have new addresses.
func (b *builder) zFollow(href, locale string) string {
	u, err := url.Parse(href)
	if err != nil || u.Host != "" && !strings.Contains(u.Host, ".zendesk.com") && !b.own(u.Path) {
		return href
	}
	m := zAddress.FindStringSubmatch(u.Path)
	if m == nil {
		return href
	}
	id, err := strconv.ParseInt(m[2], 10, 64)
	if err != nil || b.items[id] == nil {
		return href
	}
	it := b.items[id]
	for _, l := range []string{m[1], locale, it.original()} {
		if t := it.texts[l]; t != nil {
			return b.at[t.old]
		}
	}
	return href
}

// own reports whether a path is one of the export's, on whatever host it was.
func (b *builder) own(path string) bool {
	_, ok := b.at[path]
	return ok
}
