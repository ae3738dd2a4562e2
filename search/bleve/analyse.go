package bleve

import (
	"strings"
	"unicode"

	"centrala"

	"github.com/blevesearch/bleve/v2/analysis"
	"github.com/blevesearch/bleve/v2/analysis/lang/en"
	"github.com/blevesearch/bleve/v2/analysis/lang/pl"
	"github.com/blevesearch/bleve/v2/registry"
	"golang.org/x/text/unicode/norm"
)

// word is one word of a text in the forms under which it is indexed and looked for.
type word struct {
	exact string // lower case, without diacritics
	stem  string // the language's stem, without diacritics
	light string // exact without its ending
	trunk []string
}

// analysers cut texts into words with bleve's own analysers of the two languages. Folding
// comes after stemming, because the stemmer knows Polish only with its letters; so that a
// question typed without them is found too, words are also compared by their beginnings.
type analysers struct{ pl, en analysis.Analyzer }

func newAnalysers() (analysers, error) {
	var a analysers
	cache := registry.NewCache()
	var err error
	if a.pl, err = pl.AnalyzerConstructor(nil, cache); err != nil {
		return a, err
	}
	a.en, err = en.AnalyzerConstructor(nil, cache)
	return a, err
}

// words cuts a text into words; the stop words of the language are left out, unless nothing
// else is there.
func (a analysers) words(locale, text string) []word {
	analyser := a.pl
	if strings.HasPrefix(locale, "en") {
		analyser = a.en
	}
	source := []byte(norm.NFC.String(text))
	var out []word
	for _, t := range analyser.Analyze(source) {
		out = append(out, newWord(string(source[t.Start:t.End]), string(t.Term)))
	}
	if len(out) == 0 {
		for _, f := range strings.FieldsFunc(text, notWord) {
			out = append(out, newWord(f, f))
		}
	}
	return out
}

const lightMark = "="

func notWord(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }

func newWord(original, stem string) word {
	w := word{exact: centrala.Fold(original), stem: centrala.Fold(stem)}
	w.light = light(w.exact)
	for _, n := range []int{4, 6} {
		if len(w.exact) >= n {
			w.trunk = append(w.trunk, w.exact[:n])
		}
	}
	return w
}

// light takes a Polish ending off a folded word: what is left is crude, but the same for
// "hasło", "hasla" and "hasłem", with and without diacritics, where the stemmer is lost.
func light(exact string) string {
	for _, ending := range []string{"iego", "iemu", "ymi", "imi", "ami", "ach", "owi", "ego", "emu", "iem", "ej", "em", "om", "ow", "ie", "ia", "iu", "ym", "im", "ic", "yc", "ac",
		"y", "i", "a", "e", "u", "o"} {
		if rest, ok := strings.CutSuffix(exact, ending); ok && len(rest) >= 3 {
			return rest
		}
	}
	return exact
}

// fields are the texts of a field in its forms, as the index takes them. Light stems stand
// among the trunks, marked so that they are not mistaken for them.
func fields(words []word) (exact, stem, trunk string) {
	var e, s, t strings.Builder
	for _, w := range words {
		e.WriteString(w.exact + " ")
		s.WriteString(w.stem + " ")
		t.WriteString(lightMark + w.light + " ")
		for _, p := range w.trunk {
			t.WriteString(p + " ")
		}
	}
	return e.String(), s.String(), t.String()
}
