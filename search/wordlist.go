package search

import (
	"maps"
	"slices"
	"strings"
	"sync/atomic"

	"centrala"
	"centrala/search/language"
)

// What one word list may hold.
const (
	maxSets = 2000
	maxSet  = 50   // members of one set of synonyms
	maxStop = 5000 // stop words
)

// Lore is what the searchers of each language know beside its grammar: language.Lists until
// somebody teaches them others. The zero value is ready; one question sees one state of it.
type Lore struct {
	taught atomic.Pointer[map[string]*lore]
}

// lore is a word list made ready.
type lore struct {
	stop     map[uint32]bool // by print
	synonyms map[Key][]synonym
}

// synonym is a word or phrase of a set, found by a key of its first word.
type synonym struct {
	words  []language.Word
	others [][]language.Word // that mean the same
}

// Learn replaces the lists of the locales that are given; those of others stay. A list that is
// too long, or of no locale, is refused and then none is learnt.
func (l *Lore) Learn(lists []centrala.WordList) error {
	fresh := map[string]*lore{}
	for _, list := range lists {
		if list.Locale == "" {
			return centrala.InvalidField("locale", "A word list is of a language.")
		}
		if len(list.Synonyms) > maxSets || len(list.Stop) > maxStop || slices.ContainsFunc(list.Synonyms, func(s []string) bool { return len(s) > maxSet }) {
			return centrala.InvalidField("synonyms", "A word list has at most %d sets of %d synonyms, and %d stop words.", maxSets, maxSet, maxStop)
		}
		fresh[base(list.Locale)] = newLore(list)
	}
	for {
		was := l.all()
		next := maps.Clone(*was)
		maps.Copy(next, fresh)
		if l.taught.CompareAndSwap(was, &next) {
			return nil
		}
	}
}

// all is what is known now.
func (l *Lore) all() *map[string]*lore {
	if p := l.taught.Load(); p != nil {
		return p
	}
	own := map[string]*lore{}
	for _, list := range language.Lists() {
		own[base(list.Locale)] = newLore(list)
	}
	l.taught.CompareAndSwap(nil, &own)
	return l.taught.Load()
}

var unlearned = newLore(centrala.WordList{})

func (l *Lore) of(locale string) *lore {
	if found := (*l.all())[base(locale)]; found != nil {
		return found
	}
	return unlearned
}

// base is the language of a locale: a list of "en" is for "en-GB" too.
func base(locale string) string {
	b, _, _ := strings.Cut(strings.ToLower(locale), "-")
	return b
}

func newLore(list centrala.WordList) *lore {
	lang := language.For(list.Locale)
	out := &lore{stop: map[uint32]bool{}, synonyms: map[Key][]synonym{}}
	for _, s := range list.Stop {
		for _, w := range lang.Words(s) {
			out.stop[printed('x', w.Exact)] = true
		}
	}
	for _, set := range list.Synonyms {
		var members [][]language.Word
		for _, s := range set {
			if words, _ := joined(lang.Words(s)); len(words) > 0 {
				members = append(members, words)
			}
		}
		for i, m := range members {
			others := slices.Concat(members[:i], members[i+1:])
			for _, k := range Keys(m[0]) {
				out.synonyms[k] = append(out.synonyms[k], synonym{m, others})
			}
		}
	}
	return out
}

// stops reports whether a word says nothing of the matter.
func (l *lore) stops(w language.Word) bool { return l.stop[printed('x', w.Exact)] }

// joined leaves of joined words the whole, with its parts aside.
func joined(words []language.Word) (out []language.Word, parts [][]language.Word) {
	for i := 0; i < len(words); i++ {
		w := words[i]
		out, parts = append(out, w), append(parts, nil)
		if w.Whole {
			parts[len(parts)-1] = words[i+1 : i+1+w.Parts]
			i += w.Parts
		}
	}
	return out, parts
}

// says finds the synonyms that begin at the first of some words, with how many of them each takes.
func (l *lore) says(words []language.Word) []synonym {
	var out []synonym
	for _, k := range Keys(words[0]) {
		for _, s := range l.synonyms[k] {
			if len(s.words) <= len(words) && !slices.ContainsFunc(out, func(o synonym) bool { return &o.words[0] == &s.words[0] }) && alike(s.words, words) {
				out = append(out, s)
			}
		}
	}
	return out
}

// alike reports whether each word is a form of the other's.
func alike(a, b []language.Word) bool {
	for i := range a {
		if a[i].Exact != b[i].Exact && (a[i].Stem == "" || a[i].Stem != b[i].Stem) && (len(a[i].Light) < 4 || a[i].Light != b[i].Light) {
			return false
		}
	}
	return true
}
