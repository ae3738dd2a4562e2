// Package language knows the words of the Help Centre's languages: how a text is cut into them,
// and under which forms two of them are the same. Polish, English and German have a stemmer; any
// other language is compared word by word, without case and marks.
package language

import (
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"centrala"

	"golang.org/x/text/unicode/norm"
)

// Word is one word of a text in the forms in which it is looked for: all folded.
type Word struct {
	Exact string // the word itself
	Stem  string // without its inflection, as the language's stemmer sees it; "" of a Code
	Light string // without a common ending, crudely: the same with diacritics and without; "" where the language needs none
	Code  bool   // has digits: an order's number, an error's code. Never bent, never corrected
	Whole bool   // stands for the words that follow it: "wi-fi" before "wi" and "fi"
	Parts int    // of a Whole: how many follow
	Plain bool   // was written without diacritics
}

// MaxWord is the longest word in bytes; what is longer is compared by its beginning.
const MaxWord = 64

// Language is the grammar of one language. It is safe for concurrent use.
type Language struct {
	name  string
	fold  func(lower string) string
	stem  func(lower string) string // nil: none
	light func(folded string) string
	doubt func(folded string) []string // what may have been meant by a word without its marks; nil: nothing else

	mu     sync.RWMutex
	known  map[string]Word
	doubts map[string][]string
}

// maxKnown bounds what is remembered of words seen, so that a text costs its new words only.
const maxKnown = 1 << 16

// For is the language of a locale: "pl", "en-GB".
func For(locale string) *Language {
	base, _, _ := strings.Cut(strings.ToLower(locale), "-")
	switch base {
	case "pl":
		return polish()
	case "en":
		return english()
	case "de":
		return german()
	}
	return other()
}

// Compounds reports whether the language writes several words as one: "Rücksendeetikett".
func (l *Language) Compounds() bool { return l.name == "de" }

// Words cuts a text into its words. Words joined by a dash, a dot, a slash or an underscore come
// as a whole too, before their parts: "e-mail" as "email", a code with all its marks.
func (l *Language) Words(text string) []Word {
	if !norm.NFC.IsNormalString(text) {
		text = norm.NFC.String(text)
	}
	out := make([]Word, 0, len(text)/7+1)
	for text != "" {
		start := strings.IndexFunc(text, inWord)
		if start < 0 {
			break
		}
		text = text[start:]
		end := chain(text)
		out = l.chain(out, text[:end])
		rest := text[end:]
		if after, ok := strings.CutPrefix(strings.TrimPrefix(rest, "'"), "’"); ok || len(after) < len(rest) {
			rest = possessive(after)
		}
		text = rest
	}
	return out
}

// possessive takes the s of "user's" away: it is no word.
func possessive(rest string) string {
	if rest != "" && (rest[0] == 's' || rest[0] == 'S') {
		if r, _ := utf8.DecodeRuneInString(rest[1:]); rest[1:] == "" || !inWord(r) {
			return rest[1:]
		}
	}
	return rest
}

func inWord(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r)
}

func joins(r rune) bool { return r == '-' || r == '_' || r == '/' || r == '.' || r == '‑' }

// chain is how many bytes the words joined at the beginning of a text take.
func chain(text string) int {
	end, joint := 0, false
	for i, r := range text {
		switch {
		case inWord(r):
			end, joint = i+utf8.RuneLen(r), false
		case joins(r) && !joint && i > 0:
			joint = true
		default:
			return end
		}
	}
	return end
}

// chain adds the words of a chain.
func (l *Language) chain(out []Word, s string) []Word {
	if strings.IndexFunc(s, joins) < 0 {
		return append(out, l.Word(s))
	}
	parts := strings.FieldsFunc(s, joins)
	digits := strings.ContainsFunc(s, unicode.IsDigit)
	if len(s) <= MaxWord && (digits || !strings.Contains(s, "/")) {
		whole := Word{Code: true, Exact: l.fold(strings.ToLower(s))}
		if !digits {
			whole = l.Word(strings.Join(parts, ""))
		}
		whole.Whole, whole.Parts = true, len(parts)
		out = append(out, whole)
	}
	for _, p := range parts {
		out = append(out, l.Word(p))
	}
	return out
}

// Word is one word in its forms.
func (l *Language) Word(s string) Word {
	l.mu.RLock()
	w, ok := l.known[s]
	l.mu.RUnlock()
	if ok {
		return w
	}
	w = l.forms(strings.ToLower(centrala.Clip(s, MaxWord)))
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.known) >= maxKnown || l.known == nil {
		l.known = make(map[string]Word, maxKnown/8)
	}
	l.known[strings.Clone(s)] = w
	return w
}

func (l *Language) forms(lower string) Word {
	w := Word{Exact: l.fold(lower)}
	w.Plain = w.Exact == lower
	if strings.ContainsFunc(lower, unicode.IsDigit) {
		w.Code = true
		return w
	}
	w.Stem = w.Exact
	if l.stem != nil {
		if s := l.fold(l.stem(lower)); len(s) >= 2 {
			w.Stem = s
		}
	}
	if l.light != nil {
		w.Light = l.light(w.Exact)
	}
	return w
}

// Stems are what a folded word may be the inflection of, once the marks that were left out are
// thought of: "hasla" may be "hasła", whose stem is "haslo". The word's own comes first.
func (l *Language) Stems(folded string) []string {
	l.mu.RLock()
	out, ok := l.doubts[folded]
	l.mu.RUnlock()
	if ok {
		return out
	}
	out = slices.Clip(l.stems(folded))
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.doubts) >= maxKnown/8 || l.doubts == nil {
		l.doubts = map[string][]string{}
	}
	l.doubts[strings.Clone(folded)] = out
	return out
}

func (l *Language) stems(folded string) []string {
	out := []string{l.Word(folded).Stem}
	if l.doubt == nil || l.stem == nil {
		return out
	}
	seen := map[string]bool{out[0]: true}
	for _, meant := range l.doubt(folded) {
		if s := l.fold(l.stem(meant)); len(s) >= 2 && !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}
