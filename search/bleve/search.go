package bleve

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"

	index "github.com/blevesearch/bleve_index_api"

	"centrala"
	"centrala/search"
)

// Search looks in two steps: whichever passages share the rarest words with the question are
// candidates, by a count over the words' lists alone; those are read and weighed.

// candidates is how many passages are read for one question; ample how many are enough to leave
// out of the count what nearly every passage has.
const (
	candidates = 64
	ample      = 512
)

// Search implements search.Index.
func (e *Engine) Search(ctx context.Context, q centrala.Query) ([]centrala.Suggestion, error) {
	g, done := e.use()
	defer done()
	v, err := g.view()
	if err != nil {
		return nil, err
	}
	defer v.done()
	locales := []string{q.Locale}
	if q.Locale == "" {
		locales = nil
		if err := v.dictionary(fieldLocale, "", func(l string) error { locales = append(locales, l); return nil }); err != nil {
			return nil, err
		}
	}
	var hits []search.Hit
	for _, locale := range locales {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		some, err := e.ask(v, q, locale)
		if err != nil {
			return nil, err
		}
		hits = append(hits, some...)
	}
	return search.Best(hits, q.Limit), nil
}

// ask puts a question to the passages of one locale.
func (e *Engine) ask(v *view, q centrala.Query, locale string) ([]search.Hit, error) {
	words := &vocabulary{v: v, locale: locale}
	question := search.Understand(q, locale, &e.lore, words)
	if words.err != nil {
		return nil, fmt.Errorf("words of the question: %w", words.err)
	}
	may, err := v.allowed(audience{q.Side, q.Asker})
	if err != nil {
		return nil, err
	}
	numbers, err := words.candidates(question, may)
	if err != nil {
		return nil, err
	}
	hits := make([]search.Hit, 0, len(numbers))
	for _, n := range numbers {
		p, err := v.passage(n)
		if err != nil {
			return nil, err
		}
		hits = append(hits, search.Hit{Passage: p, Verdict: search.Weigh(question, p), Question: question})
	}
	return hits, nil
}

// passage reads what is stored of one.
func (v *view) passage(n uint64) (*search.Passage, error) {
	name, err := v.reader.ExternalID(index.NewIndexInternalID(nil, n))
	if err != nil {
		return nil, err
	}
	d, err := v.reader.Document(name)
	if err != nil {
		return nil, err
	}
	if d == nil {
		return nil, fmt.Errorf("passage %s is gone from its own view", name)
	}
	var p search.Passage
	var stored []byte
	d.VisitFields(func(f index.Field) {
		if f.Name() == fieldPassage {
			stored = f.Value()
		}
	})
	if err := p.UnmarshalBinary(stored); err != nil {
		return nil, fmt.Errorf("passage %s: %w", name, err)
	}
	return &p, nil
}

// tally counts what passages share with a question.
type tally struct {
	sum   []float32 // by number
	round []uint16  // of the last word that was counted for it
	seen  []uint64
}

var tallies = sync.Pool{New: func() any { return &tally{} }}

func (t *tally) add(n uint64, round uint16, worth float32) {
	for uint64(len(t.sum)) <= n {
		t.sum, t.round = append(t.sum, make([]float32, 1024)...), append(t.round, make([]uint16, 1024)...)
	}
	if t.round[n] == round {
		return
	}
	if t.round[n] == 0 {
		t.seen = append(t.seen, n)
	}
	t.round[n] = round
	t.sum[n] += worth
}

func (t *tally) clear() {
	for _, n := range t.seen {
		t.sum[n], t.round[n] = 0, 0
	}
	t.seen = t.seen[:0]
}

// titled is how much more a word is worth in a title, when candidates are counted.
const titled = 1.6

// list is a term's list of passages, and what one of it is worth.
type list struct {
	field, term string
	worth       float64
}

// candidates are the passages that share most with a question.
func (w *vocabulary) candidates(q *search.Question, may mask) ([]uint64, error) {
	t := tallies.Get().(*tally)
	defer func() { t.clear(); tallies.Put(t) }()
	total := w.Passages()
	for round, asked := range q.ByWeight() {
		if len(t.seen) >= ample && asked.Weight < search.Rarity(total/4, total) {
			break
		}
		var lists []list
		for _, f := range asked.Forms {
			if w.Count(f.Key) == 0 {
				continue
			}
			worth := f.Worth * asked.Weight
			lists = append(lists, list{field(f.Key), w.term(f.Key), worth})
			if !f.Key.Exact() {
				lists = append(lists, list{fieldTitle, w.term(f.Key), worth * titled})
			}
		}
		slices.SortStableFunc(lists, func(a, b list) int { return cmp.Compare(b.worth, a.worth) })
		for _, l := range lists {
			err := w.v.each(l.field, l.term, func(n uint64) error {
				if may.has(n) {
					t.add(n, uint16(round+1), float32(l.worth))
				}
				return nil
			})
			if err != nil {
				return nil, err
			}
		}
	}
	if w.err != nil {
		return nil, w.err
	}
	slices.SortFunc(t.seen, func(a, b uint64) int { return cmp.Or(cmp.Compare(t.sum[b], t.sum[a]), cmp.Compare(a, b)) })
	found := slices.Clone(t.seen[:min(candidates, len(t.seen))])
	return found, nil
}
