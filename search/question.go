package search

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"centrala"
	"centrala/search/language"
)

// Vocabulary is what an index knows of one locale's words. Exact words are given without their
// key's letter.
type Vocabulary interface {
	// Passages is how many there are.
	Passages() int
	// Count is how many passages have a form.
	Count(k Key) int
	// Begin gives up to n exact words that begin so, End those that end so: the most frequent first.
	Begin(prefix string, n int) []string
	End(suffix string, n int) []string
	// Near gives exact words within so many slips of one: letters missing, added or changed.
	Near(word string, slips int) []string
}

// Form is a form of a word, and how much finding it is worth, from 0 to 1.
type Form struct {
	Key   Key
	Worth float64
}

// What finding a word in another form than it was asked for is worth.
const (
	asAsked    = 1
	inflected  = .97
	unmarked   = .94 // the marks that were left out thought of
	crude      = .84 // without its ending
	begun      = .94 // as the beginning of a word: the last one of somebody who types
	meaning    = .93 // a synonym
	oneSlip    = .86
	twoSlips   = .74
	inCompound = .80
)

// Asked is a word of a question.
type Asked struct {
	Weight float64 // how much it says: what is rare says more; 0 of a helper
	Forms  []Form
	Means  [][]int // sets of helpers, each of which together says the same
}

// Question is a question as an index of one locale understands it.
type Question struct {
	Words  []Asked // first those that were asked, then helpers: words of synonyms and of parts
	asked  int
	total  float64 // of all weights
	echoes map[uint32][]echo
	stop   map[uint32]bool // prints of words that say nothing
}

// echo is a form of a word by its print.
type echo struct {
	word  int
	worth float64
}

// maxAsked is how many words of a question are looked for; maxForms how many forms of each.
const (
	maxAsked = 24
	maxForms = 24
)

// Understand reads a question with what an index and a language's searchers know.
func Understand(q centrala.Query, locale string, l *Lore, v Vocabulary) *Question {
	known := l.of(locale)
	r := reader{lang: language.For(locale), lore: known, v: v, q: &Question{echoes: map[uint32][]echo{}, stop: known.stop}}
	words, parts := joined(r.lang.Words(centrala.Clip(q.Text, MaxQuery)))
	if len(words) == 0 {
		return r.q
	}
	last := -1
	if end, _ := utf8.DecodeLastRuneInString(q.Text); q.Prefix && !strings.ContainsRune(" \t\n,.?!;:", end) {
		last = len(words) - 1
	}
	r.read(words, parts, last)
	for i := range r.q.Words {
		slices.SortStableFunc(r.q.Words[i].Forms, func(a, b Form) int { return cmp.Compare(b.Worth, a.Worth) })
		r.q.Words[i].Forms = r.q.Words[i].Forms[:min(len(r.q.Words[i].Forms), maxForms)]
		for _, f := range r.q.Words[i].Forms {
			p := f.Key.print()
			r.q.echoes[p] = append(r.q.echoes[p], echo{i, f.Worth})
		}
	}
	return r.q
}

// reader makes one question.
type reader struct {
	lang *language.Language
	lore *lore
	v    Vocabulary
	q    *Question
}

// read takes the words that say something, or all when none does; the one at last is unfinished.
// Of a word that joins others those are its parts.
func (r *reader) read(words []language.Word, parts [][]language.Word, last int) {
	place := make([]int, len(words)) // of each word in the question
	stopped := !slices.ContainsFunc(words, func(w language.Word) bool { return !r.lore.stops(w) })
	for i, w := range words {
		place[i] = -1
		if len(r.q.Words) == maxAsked || !stopped && r.lore.stops(w) {
			continue
		}
		place[i] = len(r.q.Words)
		a := Asked{Forms: r.forms(w, i == last)}
		a.Weight = r.weight(a.Forms)
		r.q.total += a.Weight
		r.q.Words = append(r.q.Words, a)
	}
	r.q.asked = len(r.q.Words)
	for i, w := range words {
		for _, s := range r.lore.says(words[i:]) {
			for _, other := range s.others {
				r.means(place[i:i+len(s.words)], other, meaning)
			}
		}
		switch at := place[i]; {
		case at < 0 || w.Code:
		case w.Whole:
			r.means([]int{at}, parts[i], inflected)
		case r.lang.Compounds() && !r.known(r.q.Words[at].Forms):
			r.means([]int{at}, r.split(w), inCompound)
		}
	}
}

// means lets words of the question be said by others, together.
func (r *reader) means(asked []int, others []language.Word, worth float64) {
	if len(others) == 0 || len(r.q.Words) > 4*maxAsked {
		return
	}
	var helpers []int
	for _, o := range others {
		forms := r.own(o)
		for i := range forms {
			forms[i].Worth *= worth
		}
		helpers = append(helpers, len(r.q.Words))
		r.q.Words = append(r.q.Words, Asked{Forms: forms})
	}
	for _, at := range asked {
		if at >= 0 {
			r.q.Words[at].Means = append(r.q.Words[at].Means, helpers)
		}
	}
}

// own are a word's forms by grammar alone.
func (r *reader) own(w language.Word) []Form {
	forms := []Form{{ExactKey(w.Exact), asAsked}}
	if w.Code {
		return forms
	}
	if w.Plain {
		for i, s := range r.lang.Stems(w.Exact) {
			if i == 0 {
				forms = append(forms, Form{stemKey(s), inflected})
			} else if r.v.Count(stemKey(s)) > 0 {
				forms = append(forms, Form{stemKey(s), unmarked})
			}
		}
	} else {
		forms = append(forms, Form{stemKey(w.Stem), inflected})
	}
	if n := len(w.Light); n >= 4 || n == 3 && len(w.Exact) <= 5 {
		forms = append(forms, Form{lightKey(w.Light), crude})
	}
	return forms
}

// forms are a word's own, and what else may have been meant: the word that it begins, the parts
// and wholes of compounds, and when nobody writes it so, the words that it is a slip of.
func (r *reader) forms(w language.Word, unfinished bool) []Form {
	forms := r.own(w)
	more := func(words []string, worth float64) {
		for _, s := range words {
			if s != w.Exact {
				forms = append(forms, Form{ExactKey(s), worth})
			}
		}
	}
	if unfinished && len(w.Exact) >= 2 {
		more(r.v.Begin(w.Exact, maxForms), begun)
	}
	if w.Code {
		return forms
	}
	if r.lang.Compounds() && len(w.Exact) >= 5 {
		more(r.v.Begin(w.Exact, 8), inCompound)
		more(r.v.End(w.Exact, 8), inCompound)
	}
	if !r.known(forms) {
		forms = append(forms, r.slips(w)...)
	}
	return forms
}

// known reports whether somebody writes a word so, or in another inflection.
func (r *reader) known(forms []Form) bool {
	return slices.ContainsFunc(forms, func(f Form) bool { return f.Worth > crude && r.v.Count(f.Key) > 0 })
}

// maxSlips is how many words one may be a slip of; longest how long it may be, in bytes.
const (
	maxSlips = 5
	longest  = 40
)

// slips are the known words that one may be a slip of the finger of, with their inflections.
func (r *reader) slips(w language.Word) []Form {
	allowed := 0
	switch n := utf8.RuneCountInString(w.Exact); {
	case n >= 8:
		allowed = 2
	case n >= 4:
		allowed = 1
	}
	if allowed == 0 || len(w.Exact) > longest {
		return nil
	}
	type near struct {
		word  string
		slips int
		count int
	}
	var all []near
	for _, s := range r.v.Near(w.Exact, allowed) {
		if n := Slips(w.Exact, s); n <= allowed {
			all = append(all, near{s, n, r.v.Count(ExactKey(s))})
		}
	}
	slices.SortFunc(all, func(a, b near) int {
		return cmp.Or(cmp.Compare(a.slips, b.slips), cmp.Compare(b.count, a.count), cmp.Compare(a.word, b.word))
	})
	var out []Form
	for i, n := range all[:min(len(all), maxSlips)] {
		if n.slips > all[0].slips && i > 0 {
			break
		}
		worth := oneSlip
		if n.slips > 1 {
			worth = twoSlips
		}
		for _, f := range r.own(r.lang.Word(n.word)) {
			out = append(out, Form{f.Key, f.Worth * worth})
		}
	}
	return out
}

// split cuts a compound that nobody writes into two known words: "Bildschirmhelligkeit".
func (r *reader) split(w language.Word) []language.Word {
	const shortest = 4
	for i := len(w.Exact) - shortest; i >= shortest; i-- {
		if !utf8.RuneStart(w.Exact[i]) {
			continue
		}
		tail := r.lang.Word(w.Exact[i:])
		if !r.known(r.own(tail)) {
			continue
		}
		for _, joint := range []string{"", "s", "es", "n", "en", "er"} {
			head, ok := strings.CutSuffix(w.Exact[:i], joint)
			if first := r.lang.Word(head); ok && len(head) >= shortest && r.known(r.own(first)) {
				return []language.Word{first, tail}
			}
		}
	}
	return nil
}

// Weights: what every passage says weighs nothing; a word that no passage has is in part a word
// that does not matter.
const (
	lightest = .04
	strange  = .75
)

// weight is how much a word says, by how few passages have it.
func (r *reader) weight(forms []Form) float64 {
	count := 0
	for _, f := range forms {
		if f.Worth > crude || count == 0 {
			count = max(count, r.v.Count(f.Key))
		}
	}
	if count == 0 {
		return strange
	}
	return Rarity(count, r.v.Passages())
}

// Rarity is from 0 to 1: near 0 when all passages have a word, 1 when none.
func Rarity(count, passages int) float64 {
	n := float64(passages) + 1
	return max(lightest, math.Log(n/(float64(min(count, passages))+.5))/math.Log(n/.5))
}

// Slips is how many slips of the finger make one word of another: letters missing, added,
// changed or swapped with their neighbour.
func Slips(a, b string) int {
	x, y := []rune(a), []rune(b)
	before, last, row := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(y)]
}
