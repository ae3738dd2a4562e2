package search_test

import (
	"context"
	"log/slog"
	"math"
	"slices"
	"strings"
	"testing"

	"centrala"
	"centrala/search"
	"centrala/search/language"
)

// shelfOf is a vocabulary made of some articles' passages.
type shelfOf struct {
	passages []search.Passage
	counts   map[search.Key]int
	words    []string
}

func vocabularyOf(articles ...centrala.Article) *shelfOf {
	v := &shelfOf{counts: map[search.Key]int{}}
	for _, a := range articles {
		for _, p := range search.Passages(a) {
			v.passages = append(v.passages, p)
			seen := map[search.Key]bool{}
			for _, w := range p.EachWord(a) {
				for _, k := range search.Keys(w) {
					if !seen[k] {
						seen[k] = true
						v.counts[k]++
					}
				}
				if !slices.Contains(v.words, w.Exact) {
					v.words = append(v.words, w.Exact)
				}
			}
		}
	}
	return v
}

func (v *shelfOf) Passages() int          { return len(v.passages) }
func (v *shelfOf) Count(k search.Key) int { return v.counts[k] }
func (v *shelfOf) Begin(prefix string, _ int) []string {
	return v.those(func(s string) bool { return strings.HasPrefix(s, prefix) })
}
func (v *shelfOf) End(suffix string, _ int) []string {
	return v.those(func(s string) bool { return strings.HasSuffix(s, suffix) })
}
func (v *shelfOf) Near(word string, slips int) []string {
	return v.those(func(s string) bool { return search.Slips(word, s) <= slips })
}

func (v *shelfOf) those(f func(string) bool) []string {
	return slices.DeleteFunc(slices.Clone(v.words), func(s string) bool { return !f(s) })
}

// score is how surely the first passage answers.
func (v *shelfOf) score(q centrala.Query) float64 {
	var lore search.Lore
	return search.Weigh(search.Understand(q, "pl", &lore, v), &v.passages[0]).Score
}

func article(title, body string) centrala.Article {
	return centrala.Article{Locale: "pl", Content: centrala.Content{Slug: "a", Title: title, Body: body}}
}

// What a passage has more of makes it surer; what is asked for beside it less.
func TestWeigh(t *testing.T) {
	t.Parallel()
	v := vocabularyOf(article("Zwrot pieniędzy na kartę", "Pieniądze wracają do siedmiu dni. Płatność bankowa trwa dłużej."), article("Dostawa", "Paczka jest u kuriera."), article("Konto", "Zmiana hasła. Zwrot."), article("Rabaty", "Kupon i promocja."))
	ask := func(text string) float64 { return v.score(centrala.Query{Text: text, Locale: "pl"}) }
	order := []string{"paczka u kuriera", "zwrot paczki kurierem", "zwrot pieniędzy, paczka, kurier", "zwrot pieniędzy kurierem", "zwrot pieniędzy na kartę"}
	for i, text := range order[1:] {
		if got, less := ask(text), ask(order[i]); got < less || got == 0 {
			t.Errorf("%q has %.3f, less than %q with %.3f", text, got, order[i], less)
		}
	}
	for _, text := range []string{"zwrot pieniędzy na kartę", "zwrotow pieniedzy", "zwrrot pieniędzy", "jak mogę mieć zwrot pieniędzy?"} {
		if got := ask(text); got < search.Sure || got > 1 {
			t.Errorf("%q has %.3f", text, got)
		}
	}
	if got := ask("hulajnoga"); got != 0 {
		t.Errorf("what is nowhere has %.3f", got)
	}
	if whole, part := ask("pieniędzy"), v.score(centrala.Query{Text: "pienię", Locale: "pl", Prefix: true}); part < search.Sure || part > whole {
		t.Errorf("a word has %.3f and its beginning %.3f", whole, part)
	}
}

func TestRarityAndSlips(t *testing.T) {
	t.Parallel()
	last := math.Inf(1)
	for _, count := range []int{0, 1, 2, 10, 100, 1000, 5000} {
		got := search.Rarity(count, 1000)
		if got > last || got <= 0 || got > 1 {
			t.Errorf("of %d in 1000: %.3f, before it %.3f", count, got, last)
		}
		last = got
	}
	if got := search.Rarity(0, 0); got <= 0 || got > 1 || math.IsNaN(got) {
		t.Errorf("of an empty index: %v", got)
	}
	for _, c := range []struct {
		a, b string
		want int
	}{{"zwrot", "zwrot", 0}, {"zwrot", "zwort", 1}, {"zwrot", "zwrt", 1}, {"zwrot", "zwroot", 1}, {"zwrot", "zarot", 1}, {"zwrot", "kwort", 2}, {"", "abc", 3}, {"ab", "ba", 1}} {
		if got := search.Slips(c.a, c.b); got != c.want || search.Slips(c.b, c.a) != got {
			t.Errorf("%q to %q is %d slips, want %d", c.a, c.b, got, c.want)
		}
	}
}

// A passage comes back as it was written; what is not one is an error.
func TestPassageIsKept(t *testing.T) {
	t.Parallel()
	a := article("Zwrot", "Wstęp.\n\n## Kiedy\n\n"+strings.Repeat("Długie zdanie o zwrotach. ", 2000))
	a.ID, a.Tags, a.Summary = 7, []string{"e-mail"}, "Skrót"
	all := search.Passages(a)
	if len(all) < 5 {
		t.Fatalf("a long section is %d passages", len(all))
	}
	for i, p := range all {
		b, err := p.AppendBinary(nil)
		if err != nil {
			t.Fatal(err)
		}
		var again search.Passage
		if err := again.UnmarshalBinary(b); err != nil {
			t.Fatal(err)
		}
		if c, err := again.AppendBinary(nil); err != nil || string(b) != string(c) || again.Number != i || again.Article != 7 || len(again.Text) > 8<<10 {
			t.Errorf("passage %d comes back as %d of %s, %d bytes of text, %v", i, again.Number, again.Article, len(again.Text), err)
		}
		for _, cut := range []int{0, 1, 5, len(b) - 1} {
			if err := new(search.Passage).UnmarshalBinary(b[:cut]); err == nil {
				t.Errorf("%d of %d bytes are a passage", cut, len(b))
			}
		}
	}
	if url := all[1].URL(); url != "/help/pl/a#kiedy" {
		t.Errorf("the second is at %s", url)
	}
}

func TestListsAreForTheirLanguage(t *testing.T) {
	t.Parallel()
	for _, l := range language.Lists() {
		if len(l.Stop) < 50 || len(l.Synonyms) == 0 {
			t.Errorf("%s: %d stop words, %d sets", l.Locale, len(l.Stop), len(l.Synonyms))
		}
		var lore search.Lore
		if err := lore.Learn([]centrala.WordList{l}); err != nil {
			t.Errorf("%s cannot be taught as it is: %v", l.Locale, err)
		}
	}
	var lore search.Lore
	if err := lore.Learn([]centrala.WordList{{Locale: "pl", Stop: make([]string, 100_000)}}); centrala.CodeOf(err) != centrala.Invalid {
		t.Errorf("a list without end: %v", err)
	}
}

// finder answers always alike.
type finder struct {
	search.Index
	found []centrala.Suggestion
}

func (finder) Name() string { return "finder" }

func (f finder) Search(context.Context, centrala.Query) ([]centrala.Suggestion, error) {
	return slices.Clone(f.found), nil
}

// What is not sure is shown to who looks for something, and to nobody else.
func TestSuggestKeepsWhatIsSure(t *testing.T) {
	t.Parallel()
	h := search.New(finder{found: []centrala.Suggestion{{Slug: "a", Score: .9}, {Slug: "b", Score: search.Sure}, {Slug: "c", Score: search.Sure - .01}, {Slug: "d", Score: .8}}}, nil, slog.New(slog.DiscardHandler))
	for weak, want := range map[bool]string{false: "a b d", true: "a b c d"} {
		found, err := h.Suggest(t.Context(), centrala.Query{Text: "zwrot", Weak: weak})
		var got []string
		for _, s := range found {
			got = append(got, s.Slug)
		}
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("weak %v: %q, %v", weak, got, err)
		}
	}
}
