package manuscript_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"centrala"
	"centrala/manuscript"
)

// author writes random articles.
type author struct {
	*rand.Rand
	t *testing.T
	s *shelf
}

var pieces = []string{"Zwrot", "w 14 dni", "\"", "'", ": ", " #", "- ", "---", "\n", "\r\n", "\t", "ł", "😀", "👩‍👧", "&amp;", "*", "!x", "|", ">", "%", "@", "`", "{a: b}", "[x]", "null", "true", "1.0",
	"2026-01-01", "\u00a0", "\u2028", "\u0085", "\x01", "\x7f", "\ufeff", "\\", "\\n", "$", "~", "\n---\n", "\r", " ", "  "}

func (a author) text(n int) string {
	var b strings.Builder
	for range a.IntN(n + 1) {
		b.WriteString(pieces[a.IntN(len(pieces))])
	}
	return b.String()
}

// some is a text that is not blank.
func (a author) some(n int) string {
	for {
		if s := strings.TrimSpace(a.text(n)); strings.TrimSpace(centrala.Plain(s)) != "" {
			return s
		}
	}
}

func (a author) slug() string {
	const first, rest = "abcdefghijklmnopqrstuvwxyz0123456789", "abcdefghijklmnopqrstuvwxyz0123456789-_."
	if a.IntN(12) == 0 {
		return []string{"readme", "files", "drafts", "null", "true", "123", "1e3", "0x1f", "2026-01-01", "1_000", "a..b", "a.", "no", "sections.yaml"}[a.IntN(14)]
	}
	b := []byte{first[a.IntN(len(first))]}
	for range a.IntN(200) / (1 + a.IntN(30)) {
		b = append(b, rest[a.IntN(len(rest))])
	}
	return string(b)
}

func (a author) list(n int, of func() string) (out []string) {
	for range a.IntN(n) {
		out = append(out, of())
	}
	return out
}

func (a author) sides() (out []centrala.Side) {
	for _, s := range centrala.Sides() {
		if a.IntN(3) == 0 {
			out = append(out, s)
		}
	}
	return out
}

func (a author) content(others []centrala.ArticleID) centrala.Content {
	c := centrala.Content{Slug: a.slug(), Title: a.some(6), Summary: a.text(5), Body: a.text(60), Section: a.text(3), Sides: a.sides(), Readers: a.sides(),
		Tags: a.list(4, func() string { return a.text(3) }), Popular: a.IntN(3)}
	for range a.IntN(3) {
		if len(others) > 0 {
			if other := others[a.IntN(len(others))]; !slices.Contains(c.Related, other) {
				c.Related = append(c.Related, other)
			}
		}
	}
	return c
}

// must fails the test, but for conflicts: addresses are drawn.
func (a author) must(err error) bool {
	a.t.Helper()
	if err != nil && centrala.CodeOf(err) != centrala.Conflict {
		a.t.Fatal(err)
	}
	return err == nil
}

// write fills the shelf: articles with versions and files, translations, moves, drafts, names, words.
func (a author) write(n int) {
	ctx, t := a.t.Context(), a.t
	var ids, originals []centrala.ArticleID
	locale := map[centrala.ArticleID]string{}
	for i := range n {
		var topic centrala.ArticleID
		l := []string{"pl", "en", "pt-BR"}[a.IntN(3)]
		if len(originals) > 0 && a.IntN(3) == 0 {
			topic = originals[a.IntN(len(originals))]
		}
		m, err := a.s.StartArticle(ctx, l, topic, a.content(ids), 7)
		if !a.must(err) {
			continue
		}
		ids, locale[m.ID] = append(ids, m.ID), l
		if topic == 0 {
			originals = append(originals, m.ID)
		}
		for range a.IntN(3) {
			name := []string{"a.png", "b c.pdf", "ł.txt", "a.png", "../x.md", ".ssh"}[a.IntN(6)]
			f, err := a.s.drawer.SaveFile(ctx, m.ID, name, []byte(fmt.Sprint(i, name)))
			if err != nil {
				t.Fatal(err)
			}
			m.Draft.Body += "\n\n[plik](" + strings.ReplaceAll(f.Address, " ", "%20") + ")"
			d, err := a.s.SaveDraft(ctx, *m.Draft)
			a.must(err)
			m.Draft = &d
		}
		if a.IntN(5) == 0 {
			continue // nobody has seen it
		}
		art, err := a.s.PublishDraft(ctx, m.ID, m.Draft.Save, 7)
		if !a.must(err) {
			continue
		}
		for range a.IntN(3) {
			c := a.content(ids[:len(ids)-1])
			if a.IntN(2) == 0 {
				c.Slug = art.Slug
			}
			d, err := a.s.SaveDraft(ctx, centrala.Draft{Article: m.ID, Content: c, Base: art.Version, Basis: art.Basis})
			if !a.must(err) || a.IntN(4) == 0 {
				break
			}
			if next, err := a.s.PublishDraft(ctx, m.ID, d.Save, 7); a.must(err) {
				art = next
			}
		}
	}
	for _, id := range ids {
		switch a.IntN(8) {
		case 0:
			a.must(a.s.AskReview(ctx, id, a.text(4)))
		case 1:
			a.must(a.s.Schedule(ctx, id, time.Now().Add(time.Hour).Truncate(time.Microsecond), 7))
		}
	}
	for range a.IntN(4) {
		kind := []centrala.ShelfKind{centrala.SectionShelf, centrala.CategoryShelf}[a.IntN(2)]
		s := centrala.Shelf{Kind: kind, Key: a.some(3), Names: map[string]string{"pl": a.some(3), "en": a.some(3)}, Position: a.IntN(3)}
		if kind == centrala.CategoryShelf {
			s.Sides = a.sides()
		} else if a.IntN(2) == 0 {
			s.Parent = a.some(2)
		}
		a.must(a.s.SaveShelf(ctx, s))
	}
	a.must(a.s.SaveWordList(ctx, centrala.WordList{Locale: "pl", Synonyms: [][]string{{a.some(2), a.some(2)}, {"paczka", "przesyłka"}}, Stop: []string{"no", "null", "ale"}}))
}

// told is a collection as JSON, without what a store makes itself.
func told(t *testing.T, c manuscript.Collection) string {
	t.Helper()
	c.Pages = slices.Clone(c.Pages)
	for i := range c.Pages {
		c.Pages[i].File = "" // who wants an address that is taken is called otherwise
	}
	b, err := json.MarshalIndent(struct {
		P any
		S any
		W any
	}{c.Pages, c.Shelves, c.Words}, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func alike(t *testing.T, what string, got, want fstest.MapFS) {
	t.Helper()
	if a, b := slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)); !slices.Equal(a, b) {
		t.Fatalf("%s: the files are\n%q\nwant\n%q", what, a, b)
	}
	for name, file := range want {
		if !bytes.Equal(got[name].Data, file.Data) {
			t.Fatalf("%s: %s is\n%q\nwant\n%q", what, name, got[name].Data, file.Data)
		}
	}
}

// What is exported, imported into an empty store and exported again is the same: to the byte as a
// folder, and as a Help Centre. Importing it where it came from, or twice, does nothing.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	rounds := 12
	if testing.Short() {
		rounds = 3
	}
	for seed := range uint64(rounds) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			from, to := sqlite(t), sqlite(t)
			if seed == 1 {
				to = postgres(t)
			}
			author{rand.New(rand.NewPCG(seed, 6)), t, from}.write(25)
			c, folder := from.folder(t)
			if plan := from.take(t, folder); plan.Count(manuscript.Untouched) != len(plan.Steps) || plan.Elsewise != 0 {
				t.Fatalf("importing it where it came from: %+v", plan.Steps)
			}
			before := versions(t, from)
			if got := to.take(t, folder); got.Count(manuscript.Created) != len(got.Steps) {
				t.Fatalf("into nothing: %+v", got.Steps)
			}
			got, again := to.folder(t)
			alike(t, "exported again", again, folder)
			if a, b := told(t, got), told(t, c); a != b {
				la, lb := strings.Split(a, "\n"), strings.Split(b, "\n")
				i := 0
				for i < min(len(la), len(lb)) && la[i] == lb[i] {
					i++
				}
				t.Fatalf("it is\n…%s\nwant\n…%s", strings.Join(la[max(0, i-12):min(len(la), i+3)], "\n"), strings.Join(lb[max(0, i-12):min(len(lb), i+3)], "\n"))
			}
			if plan := to.take(t, folder); plan.Count(manuscript.Untouched) != len(plan.Steps) {
				t.Fatalf("twice: %+v", plan.Steps)
			}
			if after := versions(t, from); before != after {
				t.Fatalf("there are %d versions, want %d", after, before)
			}
			if n, want := versions(t, to), published(c); n != want {
				t.Fatalf("%d versions of %d articles", n, want)
			}
			_, again = to.folder(t)
			alike(t, "after importing twice", again, folder)
		})
	}
}

func published(c manuscript.Collection) (n int) {
	for _, p := range c.Pages {
		if p.Draft == nil {
			n++
		}
	}
	return n
}

func versions(t *testing.T, s *shelf) (n int) {
	t.Helper()
	all, err := s.Manuscripts(t.Context(), centrala.ManuscriptFilter{})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		n += m.Numbers
	}
	return n
}
