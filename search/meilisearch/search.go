package meilisearch

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	client "github.com/meilisearch/meilisearch-go"

	"centrala"
	"centrala/search"
)

// A search asks the server twice. First which passages have the question's words: a list for each
// word, all in one request, the rarest words first; a word that many passages have brings those that
// have most of the others too, as Meilisearch ranks them. Then for the passages that share most
// with the question, which are read and weighed.

const (
	candidates = 64  // passages that are read for one question
	ample      = 512 // how many are enough to leave out what nearly every passage has
	asked      = 10  // words of a question that are looked for; Meilisearch reads no more of one
	longList   = 300 // passages of a word that are taken whole
	shortList  = 60  // passages of one that more have, ranked
	titled     = 1.6 // how much more a word is worth in a title, when candidates are counted
	strong     = .9  // the worth from which a form is the word that was asked for
)

var (
	errUnread = errors.New("the words of the index are not read yet")
	errLost   = errors.New("the index has not the words that it had")
)

// list is one list of passages: those that have a word of the question's.
type list struct {
	locale string
	word   int
	worth  float64
	words  string // the filter of the passages that have it, whoever may be told of them
	ask    *client.SearchRequest
}

// Search implements search.Index.
func (e *Engine) Search(ctx context.Context, q centrala.Query) ([]centrala.Suggestion, error) {
	questions, lists, err := e.understand(q)
	if err != nil || len(lists) == 0 {
		return nil, err
	}
	found, err := e.candidates(ctx, lists)
	if err == nil && len(found) == 0 {
		err = e.lost(ctx, lists[0])
	}
	if err != nil {
		return nil, err
	}
	var hits []search.Hit
	for locale, ids := range found {
		passages, err := e.passages(ctx, locale, ids)
		if err != nil {
			return nil, err
		}
		for _, p := range passages {
			hits = append(hits, search.Hit{Passage: p, Verdict: search.Weigh(questions[locale], p), Question: questions[locale]})
		}
	}
	return search.Best(hits, q.Limit), nil
}

// understand reads a question, and says which lists to ask for.
func (e *Engine) understand(q centrala.Query) (map[string]*search.Question, []list, error) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if !e.known {
		return nil, nil, errUnread
	}
	questions := map[string]*search.Question{}
	var lists []list
	for locale, d := range e.words {
		if q.Locale != "" && q.Locale != locale || d.passages == 0 {
			continue
		}
		question := search.Understand(q, locale, &e.lore, d)
		questions[locale] = question
		lists = append(lists, e.plan(question, d, locale, allowed(q.Side, q.Asker))...)
	}
	return questions, lists, nil
}

// form is what of one word is looked for together.
type forms struct {
	keys, bent []string
	worth      float64 // of the best
	count      int     // passages that have one of them, at most
}

// plan says which lists of one locale to ask for.
func (e *Engine) plan(q *search.Question, d *dictionary, locale string, may []string) []list {
	var out []list
	said := spoken(q, d)
	seen := 0
	for word, w := range q.ByWeight() {
		if word == asked || seen >= ample && w.Weight < search.Rarity(d.passages/4, d.passages) {
			break
		}
		for _, f := range split(w, d) {
			seen += f.count
			one := func(filter string, worth float64, long bool) {
				r := &client.SearchRequest{IndexUID: e.uid(locale), Filter: append(slices.Clone(may), filter)}
				if long {
					r.Limit, r.AttributesToRetrieve = shortList, []string{fieldID}
					r.Query, r.MatchingStrategy, r.Locales = others(said, word), client.Last, []string{"eng"}
				} else { // the names alone, as values of a facet: a tenth of what hits cost
					r.HitsPerPage, r.Facets = new(int64), []string{fieldID}
				}
				out = append(out, list{locale, word, worth * w.Weight, filter, r})
			}
			long := f.count > longList
			one(in(fieldKeys, f.keys...), f.worth, long)
			if len(f.bent) > 0 {
				one(in(fieldTitled, f.bent...), f.worth*titled, false)
			}
		}
	}
	return out
}

// split parts the forms that some passage has into those that are the word asked for, and those
// that may be.
func split(w search.Asked, d *dictionary) []forms {
	var sure, maybe forms
	for _, f := range w.Forms {
		n := d.Count(f.Key)
		if n == 0 {
			continue
		}
		to := &sure
		if f.Worth < strong {
			to = &maybe
		}
		to.keys = append(to.keys, string(f.Key))
		if !f.Key.Exact() {
			to.bent = append(to.bent, string(f.Key))
		}
		to.worth = max(to.worth, f.Worth)
		to.count += n
	}
	var out []forms
	for _, f := range []forms{sure, maybe} {
		if len(f.keys) > 0 {
			out = append(out, f)
		}
	}
	return out
}

// spoken is what of each word Meilisearch is told, by the words' weight: the stem that most passages
// have, "" of a code.
func spoken(q *search.Question, d *dictionary) []string {
	var out []string
	for _, w := range q.ByWeight() {
		best, most := "", 0
		for _, f := range w.Forms {
			if n := d.Count(f.Key); n > most && f.Key[0] == 's' {
				best, most = string(f.Key[1:]), n
			}
		}
		out = append(out, best)
	}
	return out
}

// others are the rarest words beside one, as many as Meilisearch looks at.
func others(said []string, word int) string {
	var out []string
	for i, s := range said {
		if s != "" && i != word && len(out) < asked {
			out = append(out, s)
		}
	}
	return strings.Join(out, " ")
}

// lost makes sure that nothing is found because nobody may be told, and not because the index was
// emptied behind our back.
func (e *Engine) lost(ctx context.Context, l list) error {
	var got client.DocumentsResult
	err := e.server.Index(l.ask.IndexUID).GetDocuments(ctx, &client.DocumentsQuery{Limit: 1, Fields: []string{fieldID}, Filter: l.words}, &got)
	if err == nil && got.Total == 0 {
		return errLost
	}
	return said("look for what is not found", err)
}

// namesOf are the passages of one answer.
func namesOf(r *client.SearchResponse) ([]string, error) {
	var out []string
	for _, h := range r.Hits {
		id, _, _, err := identity(h[fieldID])
		if err != nil {
			return nil, fmt.Errorf("search: %w", err)
		}
		out = append(out, id)
	}
	if len(r.FacetDistribution) == 0 {
		return out, nil
	}
	var facets map[string]map[string]int
	if err := json.Unmarshal(r.FacetDistribution, &facets); err != nil {
		return nil, fmt.Errorf("search: its facets are none: %w", err)
	}
	for id := range facets[fieldID] {
		out = append(out, id)
	}
	return out, nil
}

// candidates are the passages that share most with a question, by locale.
func (e *Engine) candidates(ctx context.Context, lists []list) (map[string][]string, error) {
	r := &client.MultiSearchRequest{}
	for _, l := range lists {
		r.Queries = append(r.Queries, l.ask)
	}
	got, err := e.server.MultiSearch(ctx, r)
	if err != nil {
		return nil, said("search", err)
	}
	if len(got.Results) != len(lists) {
		return nil, fmt.Errorf("search: %d answers to %d questions", len(got.Results), len(lists))
	}
	worth := map[string]map[string]map[int]float64{} // by locale, passage and word
	for i, l := range lists {
		if worth[l.locale] == nil {
			worth[l.locale] = map[string]map[int]float64{}
		}
		ids, err := namesOf(&got.Results[i])
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			of := worth[l.locale][id]
			if of == nil {
				of = map[int]float64{}
				worth[l.locale][id] = of
			}
			of[l.word] = max(of[l.word], l.worth)
		}
	}
	out := map[string][]string{}
	for locale, ids := range worth {
		sum := map[string]float64{}
		for id, of := range ids {
			for _, w := range of {
				sum[id] += w
			}
		}
		best := make([]string, 0, len(ids))
		for id := range ids {
			best = append(best, id)
		}
		slices.SortFunc(best, func(a, b string) int { return cmp.Or(cmp.Compare(sum[b], sum[a]), cmp.Compare(a, b)) })
		if len(best) > 0 {
			out[locale] = best[:min(candidates, len(best))]
		}
	}
	return out, nil
}

// passages reads some of one locale; of an article only those of its latest version.
func (e *Engine) passages(ctx context.Context, locale string, ids []string) ([]*search.Passage, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var got client.DocumentsResult
	err := e.server.Index(e.uid(locale)).GetDocuments(ctx, &client.DocumentsQuery{Ids: ids, Limit: int64(len(ids)), Fields: []string{fieldID, fieldPassage}}, &got)
	if err != nil {
		return nil, said("read what is found", err)
	}
	latest := map[centrala.ArticleID]int64{}
	versions := make([]int64, len(got.Results))
	out := make([]*search.Passage, len(got.Results))
	for i, h := range got.Results {
		_, article, version, err := identity(h[fieldID])
		var stored []byte
		if err == nil {
			err = json.Unmarshal(h[fieldPassage], &stored)
		}
		p := &search.Passage{}
		if err == nil {
			err = p.UnmarshalBinary(stored)
		}
		if err != nil {
			return nil, fmt.Errorf("a passage of %s: %w", e.uid(locale), err)
		}
		latest[article] = max(latest[article], version)
		versions[i], out[i] = version, p
	}
	kept := out[:0]
	for i, p := range out {
		if versions[i] == latest[p.Article] {
			kept = append(kept, p)
		}
	}
	return kept, nil
}
