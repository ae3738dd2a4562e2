package searchtest

import (
	"bufio"
	_ "embed"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strings"
	"testing"

	"centrala"
	"centrala/search"
)

// unanswered are titles of LibreOffice's help that no page of GNOME's answers.
//
//go:embed testdata/unanswered.txt
var unanswered string

// measure is what a set of questions shows of an engine.
type measure struct {
	n        int
	mrr      float64 // of the first 5: the mean of one over the right page's place
	ndcg     float64 // of the first 8, with one right page
	rejected int     // nothing is sure enough to be shown
}

func (m *measure) add(place int, rejected bool) { // from 1; 0: not found
	m.n++
	if place > 0 && place <= 5 {
		m.mrr += 1 / float64(place)
	}
	if place > 0 && place <= 8 {
		m.ndcg += 1 / math.Log2(1+float64(place))
	}
	if rejected {
		m.rejected++
	}
}

func (m *measure) String() string {
	n := float64(max(m.n, 1))
	return fmt.Sprintf("%4d questions  MRR@5 %.3f  nDCG@8 %.3f  rejected %5.1f %%", m.n, m.mrr/n, m.ndcg/n, 100*float64(m.rejected)/n)
}

// certainty is how often the first suggestion is the right page, by fifths of its score.
type certainty [5]struct{ n, right int }

func (c *certainty) add(found []centrala.Suggestion, right bool) {
	if len(found) == 0 {
		return
	}
	bin := &c[min(int(found[0].Score*5), 4)]
	bin.n++
	if right {
		bin.right++
	}
}

func (c *certainty) String() string {
	var b strings.Builder
	b.WriteString("the first is right, by its score:")
	for i, bin := range c {
		fmt.Fprintf(&b, "  %.1f–%.1f %d of %d", float64(i)/5, float64(i+1)/5, bin.right, bin.n)
	}
	return b.String()
}

// floors are the least MRR@5 of Polish questions.
var floors = map[Kind]float64{plain: .85, unmarked: .80, slipped: .70, inflected: .70}

// What is rejected: of the questions that nothing answers at least, of others at most.
const (
	rejects = .80
	loses   = .05
)

// Relevance asks an engine for the pages of GNOME's help, as articles in one language, and holds
// the answers against what is promised: in the half of the pages by which weights may be chosen,
// and in the other.
func Relevance(t *testing.T, locale string, open func(testing.TB) search.Index) {
	t.Helper()
	pages := GNOME(t, locale)
	index := open(t)
	if err := index.Put(t.Context(), pages); err != nil {
		t.Fatal(err)
	}
	help := search.New(index, nil, slog.New(slog.DiscardHandler))
	measures := [2]map[Kind]*measure{{}, {}}
	var sure certainty
	all := questions(t, locale, pages)
	if locale == "pl" {
		for _, title := range noAnswers(t) {
			within := func(frames []string) string { return strings.Replace(frames[len(title)%len(frames)], "%s", title, 1) }
			all = append(all, question{title, unknown, "", title}, question{within(sentences[locale][half(title)]), unknownAsked, "", title}, question{within(messages[locale][half(title)]), unknownChat, "", title})
		}
	}
	for _, q := range all {
		found, err := help.Suggest(t.Context(), centrala.Query{Text: q.text, Locale: locale, Weak: true})
		if err != nil {
			t.Fatalf("%q: %v", q.text, err)
		}
		place := 1 + slices.IndexFunc(found, func(s centrala.Suggestion) bool { return s.Slug == q.slug })
		surest := 0.0
		for _, s := range found {
			surest = max(surest, s.Score)
		}
		m := measures[half(q.of)]
		if m[q.kind] == nil {
			m[q.kind] = &measure{}
		}
		m[q.kind].add(place, surest < search.Sure)
		sure.add(found, place == 1)
		if testing.Verbose() {
			report(t, q, place, surest, found)
		}
	}
	t.Logf("%s %s, %v", index.Name(), locale, &sure)
	for h, name := range []string{"chosen by", "held out"} {
		answerable := &measure{}
		for _, k := range []Kind{plain, unmarked, slipped, inflected, reordered, asked, told, quoted, chatted, unknown, unknownAsked, unknownChat} {
			m := measures[h][k]
			if m == nil {
				continue
			}
			t.Logf("%s %s, %s, %-18s %v", index.Name(), locale, name, k, m)
			if floor := floors[k]; locale == "pl" && m.mrr/float64(m.n) < floor {
				t.Errorf("%s, %s: MRR@5 is %.3f, less than %.2f", name, k, m.mrr/float64(m.n), floor)
			}
			if k != unknown && k != unknownAsked && k != unknownChat && k != chatted { // messages are a measure, no promise
				answerable.n += m.n
				answerable.rejected += m.rejected
			}
		}
		lost := float64(answerable.rejected) / float64(answerable.n)
		t.Logf("%s %s, %s: %.1f %% of what has an answer is rejected", index.Name(), locale, name, 100*lost)
		if lost > loses {
			t.Errorf("%s: %.1f %% of what has an answer is rejected, more than %.0f %%", name, 100*lost, 100*loses)
		}
		for _, k := range []Kind{unknown, unknownAsked, unknownChat} {
			if m := measures[h][k]; m != nil && float64(m.rejected) < rejects*float64(m.n) {
				t.Errorf("%s, %s: %d of %d are rejected, fewer than %.0f %%", name, k, m.rejected, m.n, 100*rejects)
			}
		}
	}
}

// report tells of a question that went wrong.
func report(t *testing.T, q question, place int, surest float64, found []centrala.Suggestion) {
	t.Helper()
	wrong := ""
	switch {
	case q.slug == "" && surest >= search.Sure:
		wrong = "is answered"
	case q.slug != "" && surest < search.Sure:
		wrong = "is rejected"
	case q.slug != "" && place == 0:
		wrong = "is not found"
	default:
		return
	}
	var first string
	if len(found) > 0 {
		first = fmt.Sprintf("%s %q", found[0].Slug, found[0].Title)
	}
	t.Logf("%s (%s, %s) %s: place %d, %.2f, first %s", strings.TrimSpace(q.text), q.kind, q.slug, wrong, place, surest, first)
}

func noAnswers(t testing.TB) []string {
	var out []string
	s := bufio.NewScanner(strings.NewReader(unanswered))
	for s.Scan() {
		if line := strings.TrimSpace(s.Text()); line != "" && !strings.HasPrefix(line, "#") {
			out = append(out, line)
		}
	}
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}
