package deflection_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"centrala"
	"centrala/deflection"
)

var noon = time.Date(2026, 11, 12, 12, 0, 0, 0, time.UTC)

func ask(minute int, text string) deflection.Asked {
	return deflection.Asked{Text: text, Stems: deflection.Stems("pl", text), Locale: "pl", Side: centrala.Buyer, At: noon.Add(time.Duration(minute) * time.Minute)}
}

func texts(groups []deflection.Group) []string {
	var out []string
	for _, g := range groups {
		out = append(out, fmt.Sprintf("%d %s", g.Count, g.Text))
	}
	return out
}

func TestGroups(t *testing.T) {
	t.Parallel()
	var all []deflection.Asked
	for i, text := range []string{
		"zwrot za wulkanizację", "zwrot za wulkanizację", "Zwrot za wulkanizacje", "wulkanizacja zwrot", "jak dostać zwrot za wulkanizację", "zwrot za wulkanizcję",
		"paczka w innym automacie", "paczka inny automat",
		"faktura vat oss niemcy", "faktura vat",
		"zwrot pieniędzy blik", "zwrot pieniędzy karta",
		"zwrot",
		"kod ERR_42", "kod ERR_43",
	} {
		all = append(all, ask(i, text))
	}
	groups := deflection.Groups(all)
	want := []string{"6 zwrot za wulkanizację", "2 faktura vat", "2 paczka inny automat", "1 kod err_42", "1 kod err_43", "1 zwrot", "1 zwrot pieniędzy blik", "1 zwrot pieniędzy karta"}
	if got := texts(groups); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	dice := rand.New(rand.NewPCG(3, 5))
	for range 20 {
		dice.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		if again := deflection.Groups(all); !reflect.DeepEqual(again, groups) {
			t.Fatalf("in another order: %v", texts(again))
		}
	}
}

func TestGroupsApart(t *testing.T) {
	t.Parallel()
	a, b, c, erased := ask(0, "zmienić nip"), ask(1, "zmienić nip"), ask(2, "zmienić nip"), ask(3, "")
	b.Side, c.Locale = centrala.Seller, "en"
	if groups := deflection.Groups([]deflection.Asked{a, b, c, erased}); len(groups) != 3 {
		t.Errorf("sides and languages are apart, and erased words are no question: %v", texts(groups))
	}
}

func TestGroupLeaves(t *testing.T) {
	t.Parallel()
	var all []deflection.Asked
	for i := range 30 {
		all = append(all, ask(i, "limit kampanii"))
	}
	answer := func(last, of int) []deflection.Asked {
		out := slices.Clone(all)
		for i := range last {
			out[len(out)-of+i].Answered = true
		}
		return out
	}
	if n := len(deflection.Groups(answer(5, 10))); n != 1 {
		t.Error("5 of the last 10 are answered: it is still open")
	}
	if n := len(deflection.Groups(answer(6, 10))); n != 0 {
		t.Error("6 of the last 10 are answered: it is closed")
	}
	if n := len(deflection.Groups(answer(15, 30))); n != 1 {
		t.Error("what was answered before the last 10 says nothing")
	}
	one := ask(0, "coś nowego")
	one.Answered = true
	if n := len(deflection.Groups([]deflection.Asked{one})); n != 0 {
		t.Error("what was answered is no article to write")
	}
}

func TestGroupTells(t *testing.T) {
	t.Parallel()
	var all []deflection.Asked
	for i, c := range []struct {
		conversation centrala.ConversationID
		nearest      centrala.ArticleID
		score        float64
		answered     bool
	}{{11, 1, 0.3, false}, {12, 2, 0.45, false}, {11, 1, 0.4, false}, {0, 3, 0.1, false}, {0, 3, 0.15, false}, {0, 3, 0.1, false}, {13, 4, 0.9, true}} {
		q := ask(i, "opóźnienie wypłaty")
		q.Conversation, q.Nearest, q.Score, q.Answered = c.conversation, c.nearest, c.score, c.answered
		all = append(all, q)
	}
	g := deflection.Groups(all)[0]
	if g.Count != 6 || !slices.Equal(g.Conversations, []centrala.ConversationID{11, 12}) || g.Nearest != 1 || !about(g.Score, 0.35, 1e-9) {
		t.Errorf("%+v", g)
	}
}

// A month of a busy house: 10 000 questions, nearly all different, many of the same few words.
func month(n int) []deflection.Asked {
	dice := rand.New(rand.NewPCG(17, 4))
	syllables := strings.Fields("ka ro mi te lo pa sze wi no du ra bo ski za ne go pli tra")
	vocabulary := make([]string, 1500)
	for i := range vocabulary {
		for range 2 + dice.IntN(3) {
			vocabulary[i] += syllables[dice.IntN(len(syllables))]
		}
	}
	out := make([]deflection.Asked, n)
	for i := range out {
		words := []string{[]string{"zwrot", "paczka", "faktura", "konto"}[dice.IntN(4)]}
		for range 1 + dice.IntN(5) {
			words = append(words, vocabulary[int(float64(len(vocabulary))*dice.Float64()*dice.Float64())])
		}
		if dice.IntN(8) == 0 { // a slip
			w := []byte(words[len(words)-1])
			w[dice.IntN(len(w))] = byte('a' + dice.IntN(26))
			words[len(words)-1] = string(w)
		}
		out[i] = ask(i, strings.Join(words, " "))
	}
	return out
}

func TestGroupsOfAMonth(t *testing.T) {
	t.Parallel()
	all := month(10_000)
	total := 0
	groups := deflection.Groups(all)
	for _, g := range groups {
		total += g.Count
	}
	if total != len(all) || len(groups) < 1000 || len(groups) > 9500 {
		t.Errorf("%d questions in %d groups", total, len(groups))
	}
}

// Looking only where a rare word points finds what looking everywhere finds.
func TestRareWordsMissNothing(t *testing.T) {
	t.Parallel()
	all := month(2000)
	if got, want := deflection.ByRareWords(all), deflection.Plainly(all); !slices.Equal(got, want) {
		t.Errorf("%d groups, and %d when all are compared", len(got), len(want))
	}
}

func TestDistance(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"kot", "kot", 0}, {"kot", "kto", 1}, {"kot", "kotek", 2}, {"łódź", "łód", 1}, {"przelew", "pzrelwe", 2}, {"abc", "xyz", 3}, {"", "ab", 2}} {
		if got := deflection.Distance(c.a, c.b); got != c.want || deflection.Distance(c.b, c.a) != c.want {
			t.Errorf("%q to %q: %d", c.a, c.b, got)
		}
	}
}

func BenchmarkGroups(b *testing.B) {
	all := month(10_000)
	for b.Loop() {
		deflection.Groups(all)
	}
}

// What whoever writes an article begins with.
func TestBest(t *testing.T) {
	t.Parallel()
	said := func(c centrala.ConversationID, score, minute int, text string) deflection.Said {
		return deflection.Said{Conversation: c, Score: score, At: noon.Add(time.Duration(minute) * time.Minute), Text: text}
	}
	got := deflection.Best([]deflection.Said{
		said(1, 10, 1, "Dzień dobry"), said(1, 10, 2, "Usługę zwraca warsztat, my oddajemy prowizję."), said(1, 10, 3, "Czy to wszystko na dziś?"),
		said(2, 3, 9, "To jest odpowiedź, która nikomu nie pomogła."),
		said(3, -1, 8, "Po wizycie potrzebujemy protokołu z warsztatu."),
		said(4, 9, 5, "Jeśli termin nie minął, anulujesz ją w zamówieniu."),
		said(5, 9, 7, "usługę zwraca warsztat,  my oddajemy prowizję."),
		said(6, 8, 9, strings.Repeat("ż", 900)),
	}, 3)
	if len(got) != 3 || got[0].Conversation != 5 || got[1].Conversation != 4 || got[2].Conversation != 6 || !strings.HasSuffix(got[2].Text, "ż…") {
		t.Errorf("%+v", got)
	}
}
