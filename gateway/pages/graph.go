package pages

import (
	"strings"
	"time"

	"centrala"
	"centrala/markdown"
)

// thing is something of schema.org; templates write it as JSON.
type thing = map[string]any

func of(kind string, more thing) thing {
	more["@type"] = kind
	return more
}

// graph is a page's things in one document.
func graph(things ...thing) thing {
	return thing{"@context": "https://schema.org", "@graph": things}
}

// graphOfHome says whose Help Centre it is and how it is searched.
func graphOfHome(v view, brand string) thing {
	return graph(of("WebSite", thing{
		"name": brand + " – " + v.W.HelpCentre(), "url": v.Canonical, "inLanguage": v.Locale,
		"potentialAction": of("SearchAction", thing{
			"target":      of("EntryPoint", thing{"urlTemplate": v.Root + "/help/search?lang=" + v.Locale + "&q={search_term_string}"}),
			"query-input": "required name=search_term_string",
		}),
	}))
}

// crumbs is the way to a page, from the home.
func crumbs(v view, path []link) thing {
	items := []thing{}
	for i, l := range path {
		items = append(items, of("ListItem", thing{"position": i + 1, "name": l.Text, "item": v.Root + l.Href}))
	}
	return of("BreadcrumbList", thing{"itemListElement": items})
}

// graphOfPath is a page that is only a place.
func graphOfPath(v view, path []link) thing { return graph(crumbs(v, path)) }

// asked is how many headings of an article must be questions before it is a list of them.
const asked = 2

// graphOfArticle is an article, or where most of its headings are questions, their answers.
func graphOfArticle(v view, a centrala.Article, brand string, path []link) thing {
	first := a.PublishedAt
	if first.IsZero() {
		first = a.UpdatedAt
	}
	about := thing{"headline": centrala.Clip(a.Title, 110), "inLanguage": a.Locale, "url": v.Canonical, "mainEntityOfPage": v.Canonical,
		"datePublished": first.UTC().Format(time.RFC3339), "dateModified": a.UpdatedAt.UTC().Format(time.RFC3339),
		"author": of("Organization", thing{"name": brand}), "publisher": of("Organization", thing{"name": brand})}
	if a.Summary != "" {
		about["description"] = a.Summary
	}
	things := []thing{crumbs(v, path), of("Article", about)}
	var questions []thing
	headings := 0
	for _, s := range markdown.Sections(a.Body) {
		if s.Heading == "" {
			continue
		}
		headings++
		if strings.HasSuffix(s.Heading, "?") && s.Text != "" {
			questions = append(questions, of("Question", thing{"name": s.Heading, "acceptedAnswer": of("Answer", thing{"text": centrala.Clip(s.Text, 1000)})}))
		}
	}
	if len(questions) >= asked && 2*len(questions) > headings {
		things = append(things, of("FAQPage", thing{"url": v.Canonical, "inLanguage": a.Locale, "mainEntity": questions}))
	}
	return graph(things...)
}
