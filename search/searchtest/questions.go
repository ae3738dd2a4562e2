package searchtest

import (
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode"

	"centrala"
)

// Kind is how a question differs from the words of the page that answers it.
type Kind string

// The kinds of known-item questions, made by rule. Most are a page's title, asked is one within a
// sentence; told is the page's description, quoted a sentence of its text.
const (
	plain     Kind = "plain"
	unmarked  Kind = "no diacritics"
	slipped   Kind = "typo"
	inflected Kind = "inflected"
	reordered Kind = "reordered"
	asked     Kind = "as a question"
	told      Kind = "description"
	quoted    Kind = "sentence"
	chatted   Kind = "in a message"

	unknown      Kind = "no answer"
	unknownAsked Kind = "no answer, asked"
	unknownChat  Kind = "no answer, message"
)

// question is one with the page that answers it.
type question struct {
	text string
	kind Kind
	slug string // "": none answers
	of   string // what it was made of: the slug, or a title
}

// half of the pages is what weights were chosen by; the other shows whether they hold elsewhere.
func half(slug string) int {
	h := fnv.New32a()
	h.Write([]byte(slug)) // never fails
	return int(h.Sum32()>>7) % 2
}

// sentences put a title into a question, for each half in other words.
var sentences = map[string][2][]string{
	"pl": {
		{"Jak to zrobić: %s?", "Gdzie znajdę pomoc na temat „%s”?", "Dzień dobry, mam pytanie: %s", "Potrzebuję informacji: %s, proszę o pomoc"},
		{"Czy ktoś mi wytłumaczy, o co chodzi: %s?", "Nie wiem, jak się za to zabrać: %s", "Szukam czegoś takiego: %s", "Witam serdecznie, interesuje mnie %s, z góry dziękuję"},
	},
	"en": {
		{"How do I do this: %s?", "Where can I find help about %s?", "Hello, I have a question about %s", "Please tell me more about %s"},
		{"Could somebody explain %s to me?", "I am looking for something on %s", "Hi there, %s please, many thanks", "Not sure what to do about %s"},
	},
	"de": {
		{"Wie geht das: %s?", "Wo finde ich Hilfe zu „%s“?", "Guten Tag, ich habe eine Frage zu %s", "Bitte helfen Sie mir bei %s"},
		{"Kann mir jemand %s erklären?", "Ich suche etwas zu %s", "Liebes Team, es geht um %s", "Weiß jemand Bescheid über %s?"},
	},
}

// messages put a title among words that say something else, for each half in other ones. No list of
// stop words was made with them in sight.
var messages = map[string][2][]string{
	"pl": {
		{"Od rana męczę się z tym i kończy mi się cierpliwość: %s", "Kolega z pracy twierdzi, że to proste (%s), a u mnie wyskakują błędy", "Utknąłem na tym etapie: %s. Poradźcie!"},
		{"Wczoraj wieczorem dostałam nowy sprzęt od brata. %s. Mieliście podobnie?", "Przeczytałem już połowę forum i nadal klapa, czyli %s", "%s to dla mnie czarna magia, ratunku"},
	},
	"en": {
		{"Been struggling since this morning and running out of patience: %s", "A colleague claims it is easy (%s) but mine keeps failing", "Stuck at this stage: %s. Any hints?"},
		{"Got a new machine from my brother last night. %s. Has it happened to others?", "Read half the forum already and no luck, namely %s", "%s is black magic to me, rescue needed"},
	},
	"de": {
		{"Seit heute Morgen quäle ich mich damit und verliere die Geduld: %s", "Ein Kollege behauptet, das sei einfach (%s), bei mir klappt es nie", "Ich hänge an dieser Stelle fest: %s. Habt ihr Tipps?"},
		{"Gestern Abend bekam ich ein neues Gerät von meinem Bruder. %s. Kennt ihr das?", "Das halbe Forum gelesen und trotzdem kein Glück, nämlich %s", "%s ist für mich schwarze Magie, Rettung nötig"},
	},
}

// questions are what is asked of each page, the same each time.
func questions(t testing.TB, locale string, pages []centrala.Article) []question {
	t.Helper()
	var tables *inflections
	if locale == "pl" {
		wanted := map[string]bool{}
		for _, p := range pages {
			for _, w := range strings.FieldsFunc(strings.ToLower(p.Title), notLetter) {
				wanted[w] = true
			}
		}
		tables = readInflections(t, wanted)
	}
	var out []question
	for _, p := range pages {
		h := fnv.New64a()
		h.Write([]byte(p.Slug)) // never fails
		chance := rand.New(rand.NewPCG(h.Sum64(), 1))
		add := func(k Kind, text string) {
			if text != "" {
				out = append(out, question{text, k, p.Slug, p.Slug})
			}
		}
		add(plain, p.Title)
		add(unmarked, without(p.Title))
		add(slipped, Slip(chance, p.Title))
		add(reordered, shuffled(chance, p.Title))
		frames := sentences[locale][half(p.Slug)]
		add(asked, strings.Replace(frames[chance.IntN(len(frames))], "%s", p.Title, 1))
		add(told, p.Summary)
		frames = messages[locale][half(p.Slug)]
		add(chatted, strings.Replace(frames[chance.IntN(len(frames))], "%s", p.Title, 1))
		add(quoted, sentence(chance, p.Body))
		if tables != nil {
			add(inflected, tables.bend(chance, p.Title))
		}
	}
	return out
}

func notLetter(r rune) bool { return !unicode.IsLetter(r) }

// without is a text without diacritics, as people type it.
func without(s string) string { return centrala.Fold(s) }

// Slip puts one slip of the finger into the longest word, at any of its letters: one is missing,
// doubled, changed for another or swapped with the next.
func Slip(chance *rand.Rand, title string) string {
	words := strings.Fields(title)
	if len(words) == 0 {
		return ""
	}
	at := 0
	for i, w := range words {
		if len([]rune(w)) > len([]rune(words[at])) {
			at = i
		}
	}
	r := []rune(words[at])
	if len(r) < 5 {
		return ""
	}
	i := chance.IntN(len(r) - 1)
	switch chance.IntN(4) {
	case 0:
		r = slices.Delete(r, i, i+1)
	case 1:
		r = slices.Insert(r, i, r[i])
	case 2:
		r[i] = rune('a' + chance.IntN(26))
	default:
		r[i], r[i+1] = r[i+1], r[i]
	}
	words[at] = string(r)
	return strings.Join(words, " ")
}

// sentence is one of five to fourteen words from a text, "" when there is none.
func sentence(chance *rand.Rand, body string) string {
	var all []string
	for line := range strings.Lines(body) {
		for s := range strings.SplitSeq(strings.TrimSpace(line), ". ") {
			if n := len(strings.Fields(s)); n >= 5 && n <= 14 && !strings.HasPrefix(s, "#") {
				all = append(all, s)
			}
		}
	}
	if len(all) == 0 {
		return ""
	}
	return all[chance.IntN(len(all))]
}

func shuffled(chance *rand.Rand, title string) string {
	words := strings.Fields(title)
	chance.Shuffle(len(words), func(i, j int) { words[i], words[j] = words[j], words[i] })
	return strings.Join(words, " ")
}

// bend puts each word that the tables know into another of its forms, "" when they know none.
func (in *inflections) bend(chance *rand.Rand, title string) string {
	words := strings.Fields(title)
	bent := 0
	for i, w := range words {
		bare := strings.TrimFunc(strings.ToLower(w), notLetter)
		if len([]rune(bare)) < 4 {
			continue
		}
		if forms := in.others(bare); len(forms) > 0 {
			words[i] = forms[chance.IntN(len(forms))]
			bent++
		}
	}
	if bent == 0 {
		return ""
	}
	return strings.Join(words, " ")
}
