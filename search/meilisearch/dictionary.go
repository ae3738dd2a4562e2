package meilisearch

import (
	"encoding/binary"
	"slices"
	"strings"
	"unicode/utf8"

	"centrala"
	"centrala/search"
	"centrala/search/language"
)

// dictionary is what an engine knows of one locale's words: in how many passages each form is,
// and of each article what it adds to that. It follows from the index and is read of it.
type dictionary struct {
	lang     *language.Language
	number   map[search.Key]uint32
	counts   []uint32 // by number
	exact    []string // words as they are, in order; also those that are no more
	back     []string // of languages with compounds the long ones, backwards
	passages int
	articles map[centrala.ArticleID]entry
}

// entry is what of an article is in a dictionary.
type entry struct {
	version  int64
	passages [][]byte // the numbers of each one's forms, each as its distance from the one before
}

// backFrom is how long a word must be to have parts, in bytes.
const backFrom = 8

func newDictionary(locale string) *dictionary {
	return &dictionary{lang: language.For(locale), number: map[search.Key]uint32{}, articles: map[centrala.ArticleID]entry{}}
}

// set makes an article's passages these, each with its forms; none removes it.
func (d *dictionary) set(id centrala.ArticleID, version int64, passages [][]string) {
	was := d.articles[id]
	for _, p := range was.passages {
		each(p, func(n uint32) { d.counts[n]-- })
	}
	d.passages += len(passages) - len(was.passages)
	if len(passages) == 0 {
		delete(d.articles, id)
		return
	}
	now := entry{version: version}
	for _, keys := range passages {
		numbers := make([]uint32, 0, len(keys))
		for _, k := range keys {
			numbers = append(numbers, d.numberOf(search.Key(k)))
		}
		slices.Sort(numbers)
		numbers = slices.Compact(numbers)
		for _, n := range numbers {
			d.counts[n]++
		}
		now.passages = append(now.passages, pack(numbers))
	}
	d.articles[id] = now
}

func (d *dictionary) numberOf(k search.Key) uint32 {
	if n, ok := d.number[k]; ok {
		return n
	}
	k = search.Key(strings.Clone(string(k)))
	n := uint32(len(d.counts))
	d.number[k], d.counts = n, append(d.counts, 0)
	if k.Exact() {
		word := string(k[1:])
		d.exact = append(d.exact, word)
		if d.lang.Compounds() && len(word) >= backFrom && !strings.ContainsAny(word, "0123456789") {
			d.back = append(d.back, reversed(word))
		}
	}
	return n
}

// sort must be called after set and before the next question.
func (d *dictionary) sort() {
	slices.Sort(d.exact)
	slices.Sort(d.back)
}

func pack(numbers []uint32) []byte {
	out := make([]byte, 0, 2*len(numbers))
	last := uint32(0)
	for _, n := range numbers {
		out = binary.AppendUvarint(out, uint64(n-last))
		last = n
	}
	return slices.Clip(out)
}

func each(packed []byte, f func(uint32)) {
	last := uint64(0)
	for len(packed) > 0 {
		n, size := binary.Uvarint(packed)
		last += n
		f(uint32(last))
		packed = packed[size:]
	}
}

var _ search.Vocabulary = (*dictionary)(nil)

// Passages implements search.Vocabulary.
func (d *dictionary) Passages() int { return d.passages }

// Count implements search.Vocabulary.
func (d *dictionary) Count(k search.Key) int {
	n, ok := d.number[k]
	if !ok {
		return 0
	}
	return int(d.counts[n])
}

// maxBegun is how many words of a beginning are looked at.
const maxBegun = 400

// Begin implements search.Vocabulary.
func (d *dictionary) Begin(prefix string, n int) []string {
	return d.frequent(begun(d.exact, prefix), n)
}

// End implements search.Vocabulary.
func (d *dictionary) End(suffix string, n int) []string {
	var found []string
	for _, s := range begun(d.back, reversed(suffix)) {
		found = append(found, reversed(s))
	}
	return d.frequent(found, n)
}

// begun are the words of an ordered list that begin so.
func begun(words []string, prefix string) []string {
	from, _ := slices.BinarySearch(words, prefix)
	to := from
	for to < len(words) && to-from < maxBegun && strings.HasPrefix(words[to], prefix) {
		to++
	}
	return words[from:to]
}

// frequent are the n that most passages have.
func (d *dictionary) frequent(words []string, n int) []string {
	found := slices.DeleteFunc(slices.Clone(words), func(s string) bool { return d.Count(search.ExactKey(s)) == 0 })
	slices.SortStableFunc(found, func(a, b string) int { return d.Count(search.ExactKey(b)) - d.Count(search.ExactKey(a)) })
	return found[:min(n, len(found))]
}

// Near implements search.Vocabulary: one slip anywhere first; two only behind the first letter, and
// when one leads nowhere.
func (d *dictionary) Near(word string, slips int) []string {
	found := d.written(within(d.exact, word, 1))
	if len(found) == 0 && slips > 1 {
		_, size := utf8.DecodeRuneInString(word)
		first := word[:size]
		from, _ := slices.BinarySearch(d.exact, first)
		found = d.written(within(d.exact[from:past(d.exact, from, first)], word, 2))
	}
	return found
}

// written leaves those that some passage has.
func (d *dictionary) written(words []string) []string {
	return slices.DeleteFunc(words, func(s string) bool { return d.Count(search.ExactKey(s)) == 0 })
}

func reversed(s string) string {
	r := []rune(s)
	slices.Reverse(r)
	return string(r)
}
