package language

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/blevesearch/bleve/v2/analysis"
	"github.com/blevesearch/bleve/v2/analysis/lang/de"
	"github.com/blevesearch/bleve/v2/analysis/lang/en"
	"github.com/blevesearch/bleve/v2/analysis/lang/pl"

	"centrala"
)

// The languages are made when they are first asked for: Polish reads a table of two megabytes.
var (
	polish = sync.OnceValue(func() *Language {
		f, err := pl.NewPolishStemmerFilter()
		if err != nil {
			panic(fmt.Sprintf("the table of Polish stems that is compiled in cannot be read: %v", err))
		}
		return &Language{name: "pl", fold: centrala.Fold, stem: through(f), light: light, doubt: marked}
	})
	english = sync.OnceValue(func() *Language {
		return &Language{name: "en", fold: centrala.Fold, stem: through(en.NewEnglishStemmerFilter())}
	})
	german = sync.OnceValue(func() *Language {
		normal := through(de.NewGermanNormalizeFilter())
		return &Language{name: "de", fold: func(s string) string { return centrala.Fold(normal(s)) }, stem: through(de.NewGermanNormalizeFilter(), de.NewGermanLightStemmerFilter())}
	})
	other = sync.OnceValue(func() *Language { return &Language{fold: centrala.Fold} })
)

// through passes one word through bleve's filters.
func through(filters ...analysis.TokenFilter) func(string) string {
	return func(lower string) string {
		t := analysis.TokenStream{{Term: []byte(lower)}}
		for _, f := range filters {
			t = f.Filter(t)
		}
		return string(t[0].Term)
	}
}

// Polish endings, folded: of cases and persons, and what is left of verbs, participles and nouns of
// doing without them. The longest that fits is taken.
var (
	endings = longest(`a aby ach ami aj asz by bym bys bysmy byscie cie e ego ej em emu esz esmy i ia ich ie iego iem iemu im imi isz iu m my o om ow owi scie smy u y ych ym ymi ysz`)
	doings  = longest(`ac acj aj ajac al an ani aniu ec el en eni ia iac iaj iajac ial ian iani ic ien ieni ieniu il ion iwal iwan iwa ni on owa owac owal owan owani owanic uj ujac uje yc yl ywa ywal ywan`)
)

func longest(list string) []string {
	all := strings.Fields(list)
	slices.SortStableFunc(all, func(a, b string) int { return len(b) - len(a) })
	return all
}

// light takes Polish endings off a folded word: what is left is crude, but the same for "hasło",
// "hasla" and "hasłem", with and without diacritics, where the stemmer is lost; and often for
// what is done, who does it and that it was done: "udostępnić", "udostępniający".
func light(folded string) string {
	rest := without(folded, endings, 3)
	rest = without(rest, endings, 4)
	for range 2 {
		rest = without(rest, doings, 4)
	}
	return without(rest, []string{"owan", "ow", "uj"}, 3)
}

// without takes the first of some endings off that leaves n letters.
func without(s string, endings []string, n int) string {
	for _, ending := range endings {
		if rest, ok := strings.CutSuffix(s, ending); ok && len(rest) >= n {
			return rest
		}
	}
	return s
}

// marks are the Polish letters that people type without their marks.
var marks = map[byte][]string{'a': {"ą"}, 'c': {"ć"}, 'e': {"ę"}, 'l': {"ł"}, 'n': {"ń"}, 'o': {"ó"}, 's': {"ś"}, 'z': {"ż", "ź"}}

// maxMarked bounds the spellings that are thought of for one word.
const maxMarked = 120

// marked are the Polish spellings that a word without its marks may have: those with few marks
// first, at most three in a word.
func marked(folded string) []string {
	type spelling struct {
		text string
		next int // the first byte that may still be changed
	}
	var out []string
	level := []spelling{{folded, 0}}
	for range 3 {
		var more []spelling
		for _, s := range level {
			for i := s.next; i < len(s.text); i++ {
				for _, m := range marks[s.text[i]] {
					if len(out) == maxMarked {
						return out
					}
					t := s.text[:i] + m + s.text[i+1:]
					out = append(out, t)
					more = append(more, spelling{t, i + len(m)})
				}
			}
		}
		level = more
	}
	return out
}
