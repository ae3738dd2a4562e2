package bleve

import (
	"context"
	"slices"
	"strings"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/search/query"

	"centrala"
	"centrala/search"
)

// maxWords is how many words of a question are looked for.
const maxWords = 24

// shadow is the part of the best hit's score below which a hit is left out: it shares a word
// with the question and not its matter.
const shadow = .1

// maxFuzzy is the longest word, in bytes, that is looked for with a slip of the finger.
const maxFuzzy = 40

// SnippetLength is about how many characters of an article are shown with a hit.
const SnippetLength = 180

// Search implements search.Index.
func (e *Engine) Search(ctx context.Context, q centrala.Query) ([]centrala.Suggestion, error) {
	words := e.lang.words(q.Locale, q.Text)
	if len(words) == 0 {
		return nil, nil
	}
	words = words[:min(len(words), maxWords)]
	unfinished := q.Prefix && !strings.HasSuffix(q.Text, " ")
	clauses := make([]query.Query, 0, len(words))
	for i, w := range words {
		clauses = append(clauses, clause(w, unfinished && i == len(words)-1))
	}
	r := bleve.NewSearchRequestOptions(within(q, query.NewDisjunctionQuery(clauses)), q.Limit, 0, false)
	r.Fields = []string{"Slug", "Name", "Summary", "Plain", "Locale"}
	found, err := e.index.SearchInContext(ctx, r)
	if err != nil {
		return nil, err
	}
	var out []centrala.Suggestion
	for _, h := range found.Hits {
		if h.Score < found.MaxScore*shadow {
			break
		}
		var id centrala.ArticleID
		if err := id.UnmarshalText([]byte(h.ID)); err != nil {
			return nil, err
		}
		a := centrala.Article{Locale: text(h.Fields["Locale"]), Slug: text(h.Fields["Slug"])}
		out = append(out, centrala.Suggestion{ID: id, Slug: a.Slug, Title: text(h.Fields["Name"]), URL: a.URL(), Score: h.Score,
			Snippet: e.snippet(words, a.Locale, text(h.Fields["Summary"]), text(h.Fields["Plain"]))})
	}
	return out, nil
}

// snippet prefers the article's own summary when it speaks of the question.
func (e *Engine) snippet(words []word, locale, summary, plain string) string {
	wanted := func(s string) bool {
		folded := centrala.Fold(s)
		return slices.ContainsFunc(words, func(w word) bool {
			return folded == w.exact || len(w.trunk) > 0 && strings.HasPrefix(folded, w.trunk[len(w.trunk)-1])
		})
	}
	if summary != "" && slices.ContainsFunc(strings.FieldsFunc(summary, notWord), wanted) || plain == "" {
		return search.Shorten(summary, SnippetLength)
	}
	return search.Snippet(plain, wanted, SnippetLength)
}

// clause looks for one word of the question: as it is, by its stem, by its beginning, with a
// slip of the finger, and, when it is still being typed, as the beginning of a word.
func clause(w word, unfinished bool) query.Query {
	var any []query.Query
	term := func(field, value string, boost float64) {
		t := query.NewTermQuery(value)
		t.SetField(field)
		t.SetBoost(boost)
		any = append(any, t)
	}
	term("Title", w.exact, 1)
	term("Tags", w.exact, 1)
	term("Lead", w.exact, .6)
	term("Body", w.exact, .3)
	term("TitleStem", w.stem, 2)
	term("TagsStem", w.stem, 2)
	term("LeadStem", w.stem, 1.2)
	term("BodyStem", w.stem, .5)
	term("TitleTrunk", lightMark+w.light, 10)
	term("LeadTrunk", lightMark+w.light, 6)
	term("BodyTrunk", lightMark+w.light, 3)
	for _, p := range w.trunk {
		term("TitleTrunk", p, 1.5)
		term("BodyTrunk", p, .2)
	}
	if n := len(w.exact); n >= 4 && n <= maxFuzzy {
		for field, boost := range map[string]float64{"Title": 2, "Tags": 1, "Body": .3} {
			f := query.NewFuzzyQuery(w.exact)
			f.SetField(field)
			f.SetBoost(boost)
			f.SetFuzziness(min(1+n/9, 2))
			f.Prefix = 1
			any = append(any, f)
		}
	}
	if unfinished && len(w.exact) >= 2 {
		for field, boost := range map[string]float64{"Title": 3, "Tags": 2, "Body": .4} {
			p := query.NewPrefixQuery(w.exact)
			p.SetField(field)
			p.SetBoost(boost)
			any = append(any, p)
		}
	}
	return query.NewDisjunctionQuery(any)
}

// within keeps the hits to a language and to what a side may read.
func within(q centrala.Query, found query.Query) query.Query {
	all := []query.Query{found}
	only := func(field string, values ...string) {
		var any []query.Query
		for _, v := range values {
			t := query.NewTermQuery(v)
			t.SetField(field)
			t.SetBoost(0)
			any = append(any, t)
		}
		all = append(all, query.NewDisjunctionQuery(any))
	}
	if q.Locale != "" {
		only("Locale", q.Locale)
	}
	if q.Side != centrala.NoSide {
		only("Sides", string(q.Side), anySide)
	}
	if len(all) == 1 {
		return found
	}
	return query.NewConjunctionQuery(all)
}
