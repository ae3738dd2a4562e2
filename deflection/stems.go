package deflection

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"centrala/search/language"
)

// maxStems bounds what a question is compared by; who writes a whole letter is compared by its
// first words that say something.
const maxStems = 24

// stops are the words of each language that say nothing of the matter, folded.
var stops = sync.OnceValue(func() map[string]map[string]bool {
	out := map[string]map[string]bool{}
	for _, list := range language.Lists() {
		l, set := language.For(list.Locale), map[string]bool{}
		for _, w := range list.Stop {
			set[l.Word(strings.ToLower(w)).Exact] = true
		}
		out[list.Locale] = set
	}
	return out
})

// Stems are the words of a question as questions are compared, each once and sorted, with spaces
// between: without those that say nothing of the matter, unless there are no others.
func Stems(locale, text string) string {
	locale, _, _ = strings.Cut(strings.ToLower(locale), "-")
	set := stops()[locale]
	var telling, all []string
	l, parts := language.For(locale), 0
	for _, w := range l.Words(text) {
		if parts > 0 {
			parts-- // of what stands there whole
			continue
		}
		if w.Whole {
			parts = w.Parts
		}
		stem := cmp.Or(w.Stem, w.Exact)
		if w.Light != "" { // the stemmer leaves the endings of words that it does not know
			stem = cmp.Or(l.Word(stem).Light, w.Light)
		}
		if stem == "" {
			continue
		}
		if all = append(all, stem); !set[w.Exact] {
			telling = append(telling, stem)
		}
		if len(telling) == maxStems || len(all) == 4*maxStems {
			break
		}
	}
	if len(telling) == 0 {
		telling = all[:min(len(all), maxStems)]
	}
	slices.Sort(telling)
	return strings.Join(slices.Compact(telling), " ")
}
