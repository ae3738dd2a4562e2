package deflection

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"centrala"
)

// Asked is one question as it is grouped.
type Asked struct {
	Text         string
	Stems        string // see Stems
	Locale       string
	Side         centrala.Side
	Answered     bool // something was found that surely answers
	Nearest      centrala.ArticleID
	Score        float64
	Conversation centrala.ConversationID
	At           time.Time
}

// Group is questions of one matter that found nothing, in one language and of one side: an article
// to write.
type Group struct {
	Text          string // as it was asked most often
	Locale        string
	Side          centrala.Side
	Count         int                       // searches that found nothing
	Conversations []centrala.ConversationID // that followed, the latest first, each once
	Nearest       centrala.ArticleID        // that was named most often; 0: none was near
	Score         float64                   // of it, on average
}

// A group leaves the list when articles answered at least enough of the last searches for it.
const (
	lastSearches = 10
	enough       = 6
)

// near is the score from which an article is said to be near a question.
const near = 0.2

// Groups puts questions together that ask for the same in other words, order or spelling, and gives
// those matters that articles do not answer by now, most asked first. The same questions give the
// same groups, in whatever order they come.
func Groups(all []Asked) []Group {
	type place struct {
		locale string
		side   centrala.Side
	}
	apart := map[place][]Asked{}
	for _, q := range all {
		if q.Stems != "" && q.Text != "" {
			at := place{q.Locale, q.Side}
			apart[at] = append(apart[at], q)
		}
	}
	var out []Group
	for at, asked := range apart {
		for _, matter := range matters(asked) {
			if g, ok := open(matter); ok {
				g.Locale, g.Side = at.locale, at.side
				out = append(out, g)
			}
		}
	}
	slices.SortFunc(out, func(a, b Group) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(len(b.Conversations), len(a.Conversations)), cmp.Compare(a.Text, b.Text),
			cmp.Compare(a.Locale, b.Locale), cmp.Compare(a.Side, b.Side))
	})
	return out
}

// open is what a matter comes to, unless articles answer it by now.
func open(asked []Asked) (Group, bool) {
	slices.SortFunc(asked, func(a, b Asked) int {
		return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.Text, b.Text), cmp.Compare(a.Conversation, b.Conversation), cmp.Compare(a.Nearest, b.Nearest))
	})
	last := asked[:min(len(asked), lastSearches)]
	answered := 0
	for _, q := range last {
		if q.Answered {
			answered++
		}
	}
	if answered*lastSearches >= enough*len(last) {
		return Group{}, false
	}
	var g Group
	texts, named, scores := map[string]int{}, map[centrala.ArticleID]int{}, map[centrala.ArticleID]float64{}
	for _, q := range asked {
		if q.Conversation != 0 && !slices.Contains(g.Conversations, q.Conversation) && !q.Answered {
			g.Conversations = append(g.Conversations, q.Conversation)
		}
		if q.Answered {
			continue
		}
		g.Count++
		texts[strings.ToLower(q.Text)]++
		if q.Nearest != 0 && q.Score >= near {
			named[q.Nearest]++
			scores[q.Nearest] += q.Score
		}
	}
	g.Text = commonest(texts)
	for _, id := range slices.Sorted(maps.Keys(named)) {
		if n := named[id]; n > named[g.Nearest] || n == named[g.Nearest] && scores[id] > scores[g.Nearest] {
			g.Nearest = id
		}
	}
	if g.Nearest != 0 {
		g.Score = scores[g.Nearest] / float64(named[g.Nearest])
	}
	return g, true
}

// commonest is the text that was asked most often; of those the shortest, of those the first.
func commonest(texts map[string]int) string {
	best := ""
	for t, n := range texts {
		if best == "" || cmp.Or(cmp.Compare(n, texts[best]), cmp.Compare(len(best), len(t)), cmp.Compare(best, t)) > 0 {
			best = t
		}
	}
	return best
}

// matters puts together the questions of one language and side.
func matters(asked []Asked) [][]Asked {
	g := newGatherer(sets(asked))
	for _, key := range g.order {
		g.put(key)
	}
	return g.groups
}

// sets puts together questions of the same words, once what are probably slips is put right.
func sets(asked []Asked) map[string][]Asked {
	meant := spellings(asked)
	bySet := map[string][]Asked{}
	for _, q := range asked {
		words := strings.Fields(q.Stems)
		for i, w := range words {
			if m, ok := meant[w]; ok {
				words[i] = m
			}
		}
		slices.Sort(words)
		key := strings.Join(slices.Compact(words), " ")
		bySet[key] = append(bySet[key], q)
	}
	return bySet
}

// gatherer joins sets of words, those asked most often first: each goes to the first set that
// leads a group and is like it, or leads one itself.
type gatherer struct {
	asked  map[string][]Asked
	order  []string
	often  map[string]int // sets that have a word
	heads  [][]string
	groups [][]Asked
	blocks map[string][]int // of a rare word: the groups whose leader has it among its rare ones
}

// maxBlock bounds how many groups a question is compared with because of one word.
const maxBlock = 300

func newGatherer(bySet map[string][]Asked) *gatherer {
	g := &gatherer{asked: bySet, often: map[string]int{}, blocks: map[string][]int{}}
	for key := range bySet {
		g.order = append(g.order, key)
		for _, w := range strings.Fields(key) {
			g.often[w]++
		}
	}
	slices.SortFunc(g.order, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(bySet[b]), len(bySet[a])), cmp.Compare(a, b))
	})
	return g
}

func (g *gatherer) put(key string) {
	words := strings.Fields(key)
	rare := g.rarest(words)
	best, likest := -1, 0.0
	for _, w := range rare {
		for _, i := range g.blocks[w] {
			if s := likeness(words, g.heads[i]); s > likest || s > 0 && s == likest && i < best {
				best, likest = i, s
			}
		}
	}
	if best >= 0 {
		g.groups[best] = append(g.groups[best], g.asked[key]...)
		return
	}
	g.heads = append(g.heads, words)
	g.groups = append(g.groups, slices.Clone(g.asked[key]))
	for _, w := range rare {
		if len(g.blocks[w]) < maxBlock {
			g.blocks[w] = append(g.blocks[w], len(g.heads)-1)
		}
	}
}

// rarest are the words of a set, of which any set that is like it has one among its own rarest: all
// but as many as they must have in common, less one.
func (g *gatherer) rarest(words []string) []string {
	sorted := slices.Clone(words)
	slices.SortFunc(sorted, func(a, b string) int { return cmp.Or(cmp.Compare(g.often[a], g.often[b]), cmp.Compare(a, b)) })
	common := min(2, len(words))
	return sorted[:len(words)-common+1]
}

// likeness is how much two sorted sets of words are one question: 0 when they are two. They are one
// when at least six of ten of all their words are in both (Jaccard), or when one with two words or
// more is in the other whole, and is half of it.
func likeness(a, b []string) float64 {
	both := 0
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch c := strings.Compare(a[i], b[j]); {
		case c == 0:
			both, i, j = both+1, i+1, j+1
		case c < 0:
			i++
		default:
			j++
		}
	}
	jaccard := float64(both) / float64(len(a)+len(b)-both)
	less := min(len(a), len(b))
	if jaccard >= 0.6 || both == less && less >= 2 && jaccard >= 0.5 {
		return jaccard
	}
	return 0
}

// spellings maps words that few ask for to the one they are probably a slip of: a letter away, or
// two in long words, and asked for at least three times as often.
func spellings(asked []Asked) map[string]string {
	often := map[string]int{}
	for _, q := range asked {
		for w := range strings.FieldsSeq(q.Stems) {
			often[w]++
		}
	}
	words := slices.SortedFunc(maps.Keys(often), func(a, b string) int {
		return cmp.Or(cmp.Compare(often[b], often[a]), cmp.Compare(a, b))
	})
	without := map[string][]string{} // words by what is left of them without a letter
	out := map[string]string{}
	for _, w := range words { // the frequent ones first: what they are is settled by then
		if slips(w) == 0 || strings.ContainsAny(w, "0123456789") {
			continue
		}
		keys := shortened(w)
		if m := meantBy(w, keys, without, often); m != "" {
			out[w] = m
			continue
		}
		if often[w] >= 3 {
			for _, k := range keys {
				if len(without[k]) < maxBlock {
					without[k] = append(without[k], w)
				}
			}
		}
	}
	return out
}

// meantBy is the most frequent word that w may be a slip of; "" when there is none.
func meantBy(w string, keys []string, without map[string][]string, often map[string]int) string {
	best := ""
	for _, k := range keys {
		for _, v := range without[k] {
			if often[v] < 3*often[w] || distance(w, v) > slips(w) {
				continue
			}
			if best == "" || cmp.Or(cmp.Compare(often[v], often[best]), cmp.Compare(best, v)) > 0 {
				best = v
			}
		}
	}
	return best
}

// slips is how many letters of a word may be wrong.
func slips(w string) int {
	switch n := utf8.RuneCountInString(w); {
	case n < 4:
		return 0
	case n < 8:
		return 1
	}
	return 2
}

// shortened is a word, and what is left of it without as many letters as may be wrong in it.
func shortened(w string) []string {
	out := []string{w}
	for n, from := slips(w), 0; n > 0; n-- {
		for _, s := range out[from:] {
			from++
			r := []rune(s)
			for i := range r {
				out = append(out, string(r[:i])+string(r[i+1:]))
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// distance is how many letters are put in, left out, changed, or changed places with the next one,
// to make a word of another.
func distance(s, t string) int {
	a, b := []rune(s), []rune(t)
	before, above, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range above {
		above[j] = j
	}
	for i := range a {
		row[0] = i + 1
		for j := range b {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(row[j]+1, above[j+1]+1, above[j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, above, row = above, row, before
	}
	return above[len(b)]
}
