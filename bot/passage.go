package bot

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"centrala"
	"centrala/markdown"
	"centrala/search"
)

// Clear is how many times the odds of the next article those of the surest passage have to be. Of two
// that are nearly alike nobody knows which one is meant, and the bot says nothing. It goes by odds
// since scores crowd together near 1: .98 is surer than .94 by as much as .6 is than .33.
const Clear = 2

// odds are those of a score, which is a share.
func odds(score float64) float64 {
	const most = 1 - 1e-6
	score = min(max(score, 0), most)
	return score / (1 - score)
}

// Choose is the one suggestion that may be offered: sure, and clearly surer than its rivals.
func Choose(found []centrala.Suggestion) (centrala.Suggestion, bool) {
	if len(found) == 0 {
		return centrala.Suggestion{}, false
	}
	found = slices.Clone(found)
	slices.SortStableFunc(found, func(a, b centrala.Suggestion) int {
		switch {
		case a.Score > b.Score:
			return -1
		case a.Score < b.Score:
			return 1
		}
		return 0
	})
	if found[0].Score < search.Sure || len(found) > 1 && odds(found[0].Score) < Clear*odds(found[1].Score) {
		return centrala.Suggestion{}, false
	}
	return found[0], true
}

// How much of a section is quoted, in characters, and how little is not worth it: such as a heading
// over a picture.
const (
	longest  = 700
	shortest = 40
)

// Passage is what is quoted of an article: the words of one section as they stand there.
type Passage struct {
	Title, Heading string
	Anchor         string // of the section
	Text           string
	Whole          bool // nothing of the section was left out
}

// Cut is the passage of an article at an anchor: the section's words, cut at the end of a sentence
// when they are many. An article that begins with a heading begins with what is below it. It is not
// ok when there is no such section, or too little in it.
func Cut(a centrala.Article, anchor string) (p Passage, ok bool) {
	for i, s := range markdown.Sections(a.Body) {
		if s.Anchor != anchor && (anchor != "" || i != 1) {
			continue
		}
		text := sentences(s.Text, longest)
		p = Passage{a.Title, s.Heading, s.Anchor, text, text == s.Text}
		if ok = utf8.RuneCountInString(text) >= shortest; ok || anchor != "" || i > 0 {
			return p, ok
		}
	}
	return p, false
}

// sentences is as much of the beginning of a text as fits into n characters: whole sentences or
// lines; if the first alone is too long, whole words.
func sentences(s string, n int) string {
	r := []rune(strings.TrimSpace(s))
	if len(r) <= n {
		return string(r)
	}
	end, space := 0, 0
	for i := range n {
		switch {
		case r[i] == '\n':
			end = i
		case strings.ContainsRune(".?!…", r[i]) && unicode.IsSpace(r[i+1]):
			end = i + 1
		case unicode.IsSpace(r[i]):
			space = i
		}
	}
	if end == 0 {
		return strings.TrimSpace(string(r[:max(space, 1)])) + " …"
	}
	return strings.TrimSpace(string(r[:end]))
}

// AsksForPerson reports whether somebody says that they want a person and not a machine, in Polish,
// English or German.
func AsksForPerson(text string) bool {
	for word := range strings.FieldsFuncSeq(centrala.Fold(text), func(r rune) bool { return !unicode.IsLetter(r) }) {
		for _, p := range []string{"czlowiek", "konsultant", "pracownik", "operator", "ludz", "human", "person", "mensch", "mitarbeiter"} {
			if strings.HasPrefix(word, p) && !strings.HasPrefix(word, "personal") && !strings.HasPrefix(word, "persone") {
				return true
			}
		}
		if slices.Contains([]string{"agent", "agenta", "agentem", "kims", "jemandem"}, word) {
			return true
		}
	}
	return false
}
