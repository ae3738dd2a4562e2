package bleve

import (
	"errors"
	"slices"
	"unicode/utf8"

	index "github.com/blevesearch/bleve_index_api"

	"centrala/search"
)

// vocabulary is a view's words in one locale. A search that fails on the way says so at its end.
type vocabulary struct {
	v      *view
	locale string
	err    error
}

var _ search.Vocabulary = (*vocabulary)(nil)

func (w *vocabulary) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

func (w *vocabulary) Passages() int {
	n, err := w.v.count(fieldLocale, w.locale)
	w.fail(err)
	return n
}

func (w *vocabulary) Count(k search.Key) int {
	n, err := w.v.count(field(k), w.term(k))
	w.fail(err)
	return n
}

func field(k search.Key) string {
	if k.Exact() {
		return fieldExact
	}
	return fieldBent
}

func (w *vocabulary) term(k search.Key) string {
	if k.Exact() {
		return w.locale + " " + string(k[1:])
	}
	return w.locale + " " + string(k)
}

// remembered asks for words once.
func (w *vocabulary) remembered(how, what string, ask func() ([]string, error)) []string {
	key := wish{how, w.locale, what}
	if found, ok := w.v.known.granted(key); ok {
		return found
	}
	found, err := ask()
	if err != nil {
		w.fail(err)
		return nil
	}
	w.v.known.grant(key, found)
	return found
}

// maxBegun is how many words of a beginning are looked at.
const maxBegun = 400

var errEnough = errors.New("enough")

// frequent reads words of a dictionary and gives the n that most passages have.
func (w *vocabulary) frequent(dict, prefix string, n int, read func(string) string) ([]string, error) {
	start := len(w.locale) + 1
	var found []string
	err := w.v.dictionary(dict, w.locale+" "+prefix, func(term string) error {
		found = append(found, read(term[start:]))
		if len(found) == maxBegun {
			return errEnough
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return nil, err
	}
	counts := map[string]int{}
	for _, s := range found {
		counts[s] = w.Count(search.ExactKey(s))
	}
	found = slices.DeleteFunc(found, func(s string) bool { return counts[s] == 0 })
	slices.SortStableFunc(found, func(a, b string) int { return counts[b] - counts[a] })
	return slices.Clip(found[:min(n, len(found))]), nil
}

func same(s string) string { return s }

func (w *vocabulary) Begin(prefix string, n int) []string {
	return w.remembered("begin", prefix, func() ([]string, error) { return w.frequent(fieldExact, prefix, n, same) })
}

func (w *vocabulary) End(suffix string, n int) []string {
	return w.remembered("end", suffix, func() ([]string, error) { return w.frequent(fieldBack, reversed(suffix), n, reversed) })
}

// Near looks for one slip anywhere first; for two only behind the first letter, and when one leads
// nowhere: an automaton of two passes most of the dictionary.
func (w *vocabulary) Near(word string, slips int) []string {
	return w.remembered("near", word, func() ([]string, error) {
		found, err := w.within(word, 1, "")
		for _, s := range swapped(word) {
			if w.Count(search.ExactKey(s)) > 0 {
				found = append(found, s)
			}
		}
		if err == nil && len(found) == 0 && slips > 1 {
			_, size := utf8.DecodeRuneInString(word)
			found, err = w.within(word, 2, word[:size])
		}
		return found, err
	})
}

// within are the words that so many changes make of one.
func (w *vocabulary) within(word string, changes int, begin string) ([]string, error) {
	fuzzy, ok := w.v.reader.(index.IndexReaderFuzzy)
	if !ok {
		return nil, errors.New("the index cannot look for slips")
	}
	d, err := fuzzy.FieldDictFuzzy(fieldExact, w.locale+" "+word, changes, w.locale+" "+begin)
	if err != nil {
		return nil, err
	}
	var found []string
	for {
		e, err := d.Next()
		if err != nil || e == nil {
			return found, errors.Join(err, d.Close())
		}
		if s := e.Term[len(w.locale)+1:]; w.Count(search.ExactKey(s)) > 0 {
			found = append(found, s)
		}
	}
}

// swapped are the words in which two neighbours are.
func swapped(word string) []string {
	r := []rune(word)
	var out []string
	for i := range len(r) - 1 {
		if r[i] != r[i+1] {
			r[i], r[i+1] = r[i+1], r[i]
			out = append(out, string(r))
			r[i], r[i+1] = r[i+1], r[i]
		}
	}
	return out
}
