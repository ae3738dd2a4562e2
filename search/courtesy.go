package search

import (
	"strings"
	"unicode"

	"centrala"
)

// courtesies are how people begin and end, folded: words that say nothing of the matter. Longer
// ones stand before those that begin like them.
var courtesies = [][]string{
	{"dzien", "dobry"}, {"dobry", "wieczor"}, {"dobry"}, {"witam", "serdecznie"}, {"witam"}, {"witajcie"}, {"czesc"}, {"hej"}, {"halo"}, {"siema"},
	{"mam", "pytanie"}, {"mam", "takie", "pytanie"}, {"z", "gory", "dziekuje"}, {"dziekuje", "bardzo"}, {"dziekuje"}, {"dziekujemy"}, {"dzieki"},
	{"prosze", "o", "pomoc"}, {"prosze", "o", "kontakt"}, {"prosze"}, {"poprosze"}, {"pozdrawiam"}, {"do", "widzenia"},
	{"good", "morning"}, {"good", "afternoon"}, {"good", "evening"}, {"hello"}, {"hi"}, {"hey"}, {"i", "have", "a", "question"},
	{"guten", "tag"}, {"guten", "morgen"}, {"guten", "abend"}, {"hallo"}, {"ich", "habe", "eine", "frage"}, {"vielen", "dank"}, {"danke", "schon"}, {"danke"}, {"bitte"},
	{"mit", "freundlichen", "grussen"}, {"viele", "grusse"},
	{"thank", "you"}, {"thanks"}, {"please"}, {"kind", "regards"}, {"best", "regards"}, {"regards"},
}

// Matter is a question without its courtesies; "" when it is nothing else. With unfinished the
// last word may be the beginning of one.
func Matter(text string, unfinished bool) string {
	type span struct{ from, to int }
	var words []string
	var spans []span
	from := -1
	for i, r := range text + " " {
		inside := unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r)
		if inside && from < 0 {
			from = i
		}
		if !inside && from >= 0 {
			words, spans, from = append(words, centrala.Fold(text[from:i])), append(spans, span{from, i}), -1
		}
	}
	unfinished = unfinished && len(spans) > 0 && spans[len(spans)-1].to == len(text)
	var b strings.Builder
	rest := 0
	for i := 0; i < len(words); {
		n := courtesy(words[i:], unfinished)
		if n == 0 {
			i++
			continue
		}
		b.WriteString(text[rest:spans[i].from])
		rest = spans[i+n-1].to
		i += n
	}
	b.WriteString(text[rest:])
	if !strings.ContainsFunc(b.String(), func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
		return ""
	}
	return strings.TrimLeft(b.String(), " ,.!?:;-\n\t")
}

// courtesy is how many words at the beginning are one.
func courtesy(words []string, unfinished bool) int {
	for _, c := range courtesies {
		if len(c) > len(words) && !unfinished {
			continue
		}
		n := 0
		for n < len(c) && n < len(words) && (words[n] == c[n] || unfinished && n == len(words)-1 && len(words[n]) > 2 && strings.HasPrefix(c[n], words[n])) {
			n++
		}
		if n == len(c) || unfinished && n > 0 && n == len(words) {
			return n
		}
	}
	return 0
}
