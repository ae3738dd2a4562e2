package search

import (
	"cmp"
	"iter"
	"slices"
	"strings"

	"centrala"
	"centrala/search/language"
)

// Hit is a passage that an engine found, weighed.
type Hit struct {
	*Passage
	Verdict
	Question *Question
}

// SnippetLength is about how many characters of an article are shown with a hit.
const SnippetLength = 180

// ByWeight gives what is looked for, the rarest first: the question's words, each with the forms
// of what means the same. Rounds count from 0.
func (q *Question) ByWeight() iter.Seq2[int, Asked] {
	return func(yield func(int, Asked) bool) {
		words := slices.Clone(q.Words[:q.asked])
		slices.SortStableFunc(words, func(a, b Asked) int { return cmp.Compare(b.Weight, a.Weight) })
		for i, w := range words {
			for _, set := range w.Means {
				w.Forms = slices.Clone(w.Forms)
				for _, h := range set {
					w.Forms = append(w.Forms, q.Words[h].Forms...)
				}
			}
			if !yield(i, w) {
				return
			}
		}
	}
}

// Best makes suggestions of hits: of each article its best passage, the best article first.
func Best(hits []Hit, limit int) []centrala.Suggestion {
	slices.SortFunc(hits, func(a, b Hit) int {
		return cmp.Or(cmp.Compare(b.Rank, a.Rank), cmp.Compare(a.Article, b.Article), cmp.Compare(a.Number, b.Number))
	})
	var out []centrala.Suggestion
	seen := map[centrala.ArticleID]bool{}
	for _, h := range hits {
		if len(out) == limit || h.Score <= 0 {
			break
		}
		if seen[h.Article] {
			continue
		}
		seen[h.Article] = true
		out = append(out, centrala.Suggestion{ID: h.Article, Slug: h.Slug, Title: h.Title, Heading: h.Heading, URL: h.URL(), Score: h.Score, Snippet: h.snippet()})
	}
	return out
}

// snippet prefers the article's own summary when it speaks of the question.
func (h *Hit) snippet() string {
	lang := language.For(h.Locale)
	wanted := func(word string) bool { return h.Question.says(lang.Word(word)) }
	if h.Text == "" || h.Number == 0 && h.Summary != "" && slices.ContainsFunc(strings.FieldsFunc(h.Summary, between), wanted) {
		return Shorten(h.Summary, SnippetLength)
	}
	return Snippet(h.Text, wanted, SnippetLength)
}

// says reports whether a word is a form of one that was asked for.
func (q *Question) says(w language.Word) bool {
	for _, p := range prints(w) {
		if p != 0 && len(q.echoes[p]) > 0 {
			return true
		}
	}
	return false
}
