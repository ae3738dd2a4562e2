package difference_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"centrala/manuscript/difference"
)

// brief writes a difference on one line a block: [-out-] {+in+}.
func brief(d difference.Difference) string {
	var b strings.Builder
	for _, block := range d.Blocks {
		b.WriteString(string(block.Kind) + ": ")
		for _, p := range block.Parts {
			switch p.Op {
			case difference.In:
				b.WriteString("{+" + p.Text + "+}")
			case difference.Out:
				b.WriteString("[-" + p.Text + "-]")
			default:
				b.WriteString(p.Text)
			}
		}
		b.WriteString("\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func TestDifference(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what, from, to, want string
		changes, words       int
	}{
		{"nothing", "", "", "", 0, 0},
		{"the same", "a\n\nb", "a\r\n\r\n\r\nb\n", "same: a\nsame: b", 0, 0},
		{"a first text", "", "Nowy tekst.", "added: {+Nowy tekst.+}", 1, 2},
		{"all taken out", "Raz\n\nDwa", "", "removed: [-Raz-]\nremoved: [-Dwa-]", 2, 2},
		{"a word", "Zwrot trwa dwa dni robocze.", "Zwrot trwa trzy dni robocze.", "changed: Zwrot trwa [-dwa-]{+trzy+} dni robocze.", 1, 2},
		{"words beside each other are one place", "Zwrot trwa nie więcej niż tydzień.", "Zwrot trwa około dwóch tygodni.", "changed: Zwrot trwa [-nie więcej niż tydzień-]{+około dwóch tygodni+}.", 1, 7},
		{"a mark", "Tak, od razu", "Tak od razu", "changed: Tak[-,-] od razu", 1, 0},
		{"two places", "Raz dwa trzy cztery pięć", "Raz 2 trzy cztery 5", "changed: Raz [-dwa-]{+2+} trzy cztery [-pięć-]{+5+}", 2, 4},
		{"a paragraph between", "Jeden.\n\nTrzy.", "Jeden.\n\nDwa.\n\nTrzy.", "same: Jeden.\nadded: {+Dwa.+}\nsame: Trzy.", 1, 1},
		{"one goes, one changes", "Stary akapit o niczym.\n\nBank księguje przelew do dwóch dni.", "Bank księguje przelew do trzech dni.", "removed: [-Stary akapit o niczym.-]\nchanged: Bank księguje przelew do [-dwóch-]{+trzech+} dni.", 2, 6},
		{"one comes before one that changes", "Bank księguje przelew do dwóch dni.", "Całkiem nowe zdanie tutaj.\n\nBank księguje przelew do trzech dni.", "added: {+Całkiem nowe zdanie tutaj.+}\nchanged: Bank księguje przelew do [-dwóch-]{+trzech+} dni.", 2, 6},
		{"another text", "Ala ma kota", "Nic tu po mnie", "removed: [-Ala ma kota-]\nadded: {+Nic tu po mnie+}", 2, 7},
		{"a table's row", "| a | 1 |\n|---|---|\n| b | 2 |", "| a | 1 |\n|---|---|\n| b | 3 |", "changed: | a | 1 |\n|---|---|\n| b | [-2-]{+3+} |", 1, 2},
	} {
		d := difference.Of(c.from, c.to)
		if got := brief(d); got != c.want || d.Changes != c.changes || d.Words != c.words {
			t.Errorf("%s: %d changes, %d words\n%s\nwant %d, %d\n%s", c.what, d.Changes, d.Words, got, c.changes, c.words, c.want)
		}
	}
	if d := difference.Of("", ""); d.Blocks == nil {
		t.Error("no blocks are a list too")
	}
}

// sides are the two texts that a difference tells of.
func sides(d difference.Difference) (from, to string) {
	var a, b []string
	for _, block := range d.Blocks {
		var out, in strings.Builder
		for _, p := range block.Parts {
			if p.Op != difference.In {
				out.WriteString(p.Text)
			}
			if p.Op != difference.Out {
				in.WriteString(p.Text)
			}
		}
		if out.Len() > 0 {
			a = append(a, out.String())
		}
		if in.Len() > 0 {
			b = append(b, in.String())
		}
	}
	return strings.Join(a, "\n\n"), strings.Join(b, "\n\n")
}

// Whatever the texts are, both can be read back from what is told of them, and who changed nothing
// is told of nothing.
func TestDifferenceLosesNothing(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	vocabulary := strings.Fields("zwrot paczka, termin. 14 dni — bank *przelew* kurier “reklamacja” żółć # - | ~")
	text := func() []string {
		out := make([]string, r.IntN(8))
		for i := range out {
			words := make([]string, 1+r.IntN(12))
			for j := range words {
				words[j] = vocabulary[r.IntN(len(vocabulary))]
			}
			out[i] = strings.Join(words, []string{" ", "\n"}[r.IntN(2)])
		}
		return out
	}
	for range 3000 {
		a := text()
		b := slices.Clone(a)
		for range r.IntN(4) { // some of it is edited
			switch {
			case len(b) > 0 && r.IntN(2) == 0:
				i := r.IntN(len(b))
				b[i] = strings.Replace(b[i], "zwrot", "wymiana", 1)
			case len(b) > 0:
				b = slices.Delete(b, 0, 1)
			default:
				b = append(b, text()...)
			}
		}
		from, to := strings.Join(a, "\n\n"), strings.Join(b, "\n\n")
		d := difference.Of(from, to)
		if gotFrom, gotTo := sides(d); gotFrom != from || gotTo != to {
			t.Fatalf("of\n%q\n%q\nis left\n%q\n%q", from, to, gotFrom, gotTo)
		}
		if (from == to) != (d.Changes == 0) {
			t.Fatalf("%q and %q: %d changes", from, to, d.Changes)
		}
	}
}

// Two books that have nothing in common, or everything but their order, cost seconds where all
// pairs of their words would cost hours.
func TestDifferenceIsBounded(t *testing.T) {
	t.Parallel()
	const n = 1 << 19
	r := rand.New(rand.NewPCG(3, 4))
	noise := func(words, between int) string {
		var b strings.Builder
		for i := 0; b.Len() < n; i++ {
			fmt.Fprintf(&b, "%x ", r.IntN(words))
			if between > 0 && i%between == 0 {
				b.WriteString("\n\n")
			}
		}
		return b.String()
	}
	book := noise(1000, 30)
	lines := strings.Split(book, "\n\n")
	slices.Reverse(lines)
	for what, texts := range map[string][2]string{
		"one paragraph, few words": {noise(10, 0), noise(10, 0)}, "one paragraph, many words": {noise(1<<20, 0), noise(1<<20, 0)},
		"many paragraphs": {book, noise(1000, 30)}, "short paragraphs": {noise(4, 1), noise(4, 1)}, "turned around": {book, strings.Join(lines, "\n\n")},
		"edited here and there": {book, strings.ReplaceAll(book, "ff ", "gg ")}, "one letter": {strings.Repeat("a", n), strings.Repeat("a", n-1)}, "marks": {strings.Repeat("*", n), strings.Repeat("_*", n/2)},
		"one side": {"", book}, "spaces": {strings.Repeat(" a", n/2), strings.Repeat("a ", n/2)},
	} {
		began := time.Now()
		d := difference.Of(texts[0], texts[1])
		took := time.Since(began)
		t.Logf("%s: %v, %d blocks, %d changes", what, took, len(d.Blocks), d.Changes)
		if took > time.Minute {
			t.Errorf("%s: %v", what, took)
		}
		if what == "edited here and there" && (d.Changes < 100 || !slices.ContainsFunc(d.Blocks, func(b difference.Block) bool { return b.Kind == difference.Changed && len(b.Parts) > 3 })) {
			t.Errorf("%s: words are not told apart", what)
		}
	}
}
