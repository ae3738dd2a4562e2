package manuscript

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"centrala"
)

// What can stand in an address; the store refuses what does not match.
var (
	slugForm   = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,199}$`)
	localeForm = regexp.MustCompile(`^[A-Za-z0-9-]{1,10}$`)
)

const (
	maxTitle   = 300 // characters
	maxRelated = 10
)

// repeats reports whether a page is related to one article twice, or to itself.
func repeats(p Page) bool {
	seen := map[string]bool{of(p): true}
	for _, name := range p.Related {
		at := whole(p.Locale, name)
		if seen[at] {
			return true
		}
		seen[at] = true
	}
	return false
}

// plain leaves out of what is read on one line what nobody sees, as the store does.
func (p *Page) plain() {
	p.Title, p.Summary, p.Section = strings.TrimSpace(centrala.Plain(p.Title)), centrala.Plain(p.Summary), centrala.Plain(p.Section)
	p.Tags = slices.Clone(p.Tags)
	for i, tag := range p.Tags {
		p.Tags[i] = centrala.Plain(tag)
	}
}

func storable(texts ...string) bool {
	return !slices.ContainsFunc(texts, func(s string) bool { return !utf8.ValidString(s) || strings.Contains(s, "\x00") })
}

// Check says what of one page cannot be kept.
func Check(p Page) (out []Problem) {
	add := func(field, format string, args ...any) { out = append(out, p.problem(field, format, args...)) }
	if strings.TrimSpace(centrala.Plain(p.Title)) == "" {
		add("title", "the front matter has no title: write a line \"title: …\"")
	} else if utf8.RuneCountInString(p.Title) > maxTitle {
		add("title", "the title has more than %d characters: shorten it", maxTitle)
	}
	if !localeForm.MatchString(p.Locale) {
		add("locale", "%.20q is not a locale: write pl, en or the like", p.Locale)
	}
	if !slugForm.MatchString(p.Slug) && strings.TrimSpace(p.Title) != "" {
		add("slug", "%.80q cannot be a slug: it has 1 to 200 of a to z, 0 to 9, '-', '_' and '.', and begins with a letter or digit", p.Slug)
	}
	for field, sides := range map[string][]centrala.Side{"sides": p.Sides, "readers": p.Readers} {
		for _, s := range sides {
			if !s.Valid() {
				add(field, "%.40q is not a side: write buyer, seller or advertiser", s)
			}
		}
	}
	if len(p.Related) > maxRelated || repeats(p) {
		add("related", "an article names %d related ones at most, each once, and not itself", maxRelated)
	}
	if len(p.Body) > maxBody {
		out = append(out, Problem{File: p.File, What: "the text has more than 8 MB: cut it into several articles"})
	}
	if !storable(p.Body) {
		out = append(out, Problem{File: p.File, What: "the text is not valid UTF-8: save the file as UTF-8"})
	}
	if !storable(slices.Concat([]string{p.Title, p.Summary, p.Section}, p.Tags)...) {
		out = append(out, Problem{File: p.File, Line: 1, What: "the front matter holds characters that cannot be kept: take out \\0 and what is not UTF-8"})
	}
	for field, n := range map[string]int{"popular": p.Popular, "version": p.Version, "basis": p.Basis} {
		if n < 0 || n > 1_000_000 {
			add(field, "%s is a number from 0", field)
		}
	}
	for field, named := range map[string][]string{"related": p.Related, "aliases": p.Aliases, "translation": one(p.Translation)} {
		for _, name := range named {
			if !address(whole(p.Locale, name)) {
				add(field, "%.80q is not the address of an article: write its slug, or its locale and slug like \"pl/zwrot\"", name)
			}
		}
	}
	if p.Draft != nil {
		out = append(out, checkDraft(p, *p.Draft)...)
	}
	sortProblems(out)
	return out
}

func checkDraft(p Page, d Draft) (out []Problem) {
	if !slices.Contains([]centrala.DraftState{centrala.Writing, centrala.Review, centrala.Scheduled}, d.State) {
		out = append(out, p.problem("draft", "a draft is writing, review or scheduled, not %.40q", d.State))
	}
	if d.State == centrala.Scheduled == d.Due.IsZero() {
		out = append(out, p.problem("due", "a scheduled draft, and no other, has a line \"due: 2026-12-01T08:00:00Z\""))
	}
	if d.Of != "" && !address(whole(p.Locale, d.Of)) {
		out = append(out, p.problem("of", "%.80q is not the address of an article: write its slug", d.Of))
	}
	if !storable(d.Note) || d.Base < 0 {
		out = append(out, p.problem("note", "the note or the base cannot be kept: take it out"))
	}
	if len(p.Aliases) > 0 {
		out = append(out, p.problem("aliases", "a draft has no aliases: they belong to the article that readers see"))
	}
	return out
}

func one(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

func address(s string) bool {
	locale, slug, ok := strings.Cut(s, "/")
	return ok && localeForm.MatchString(locale) && slugForm.MatchString(slug)
}

// checkPlaces says which pages want the same place.
func checkPlaces(c Collection) (out []Problem) {
	stands, once := map[string]Page{}, map[string]Page{}
	for _, p := range c.Pages {
		key := p.Address()
		if p.Draft != nil {
			key = "draft of " + of(p)
		}
		if other, taken := stands[key]; taken {
			out = append(out, p.problem("slug", "%s has the same address %s: give one of them another slug", other.File, p.Address()))
			continue
		}
		stands[key] = p
	}
	for _, p := range c.Pages {
		for _, name := range p.Aliases {
			at := whole(p.Locale, name)
			if other, taken := stands[at]; taken {
				out = append(out, p.problem("aliases", "at %s stands %s: take the alias out", at, other.File))
			} else if other, taken := once[at]; taken && other.File != p.File {
				out = append(out, p.problem("aliases", "%s is an alias of %s too: take one away", at, other.File))
			}
			once[at] = p
		}
	}
	return out
}

// of is the address of the article that a draft's page belongs to.
func of(p Page) string {
	if p.Draft != nil && p.Draft.Of != "" {
		return whole(p.Locale, p.Draft.Of)
	}
	return p.Address()
}

// stem is what a page's file and the folder of its files are called.
func (p Page) stem() string {
	_, slug, _ := strings.Cut(of(p), "/")
	return slug
}
