package searchtest

import (
	"bufio"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
)

// Debian's hunspell-pl: how Polish words are inflected.
const hunspell = "/usr/share/hunspell/pl_PL"

// inflections are Polish words in all their forms, read of hunspell's tables.
type inflections struct {
	roots map[string]string   // word to the flags of its endings
	of    map[string][]string // form to its words, of those that were asked for
	rules map[rune][]ending
}

// ending is a rule: it replaces the end of words that match a pattern.
type ending struct {
	strip, add string
	match      []set // the last letters
}

// set is what one letter may be.
type set struct {
	letters string
	not     bool // none of them
	any     bool
}

// readInflections reads the tables for some words, in lower case. An inflection keeps a word's
// first letters.
func readInflections(t testing.TB, wanted map[string]bool) *inflections {
	t.Helper()
	begin := map[string]bool{}
	for w := range wanted {
		begin[beginning(w)] = true
	}
	in := &inflections{roots: map[string]string{}, of: map[string][]string{}, rules: map[rune][]ending{}}
	lines := func(name string, f func(line string)) {
		file, err := os.Open(hunspell + name)
		if errors.Is(err, fs.ErrNotExist) {
			missing(t, "hunspell-pl")
		}
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		s := bufio.NewScanner(charmap.ISO8859_2.NewDecoder().Reader(file))
		for s.Scan() {
			f(s.Text())
		}
		if err := s.Err(); err != nil {
			t.Fatal(err)
		}
	}
	lines(".aff", func(line string) {
		f := strings.Fields(line)
		if len(f) < 5 || f[0] != "SFX" {
			return
		}
		e := ending{strip: strings.Trim(f[2], "0"), add: strings.Trim(f[3], "0"), match: pattern(f[4])}
		flag := []rune(f[1])[0]
		in.rules[flag] = append(in.rules[flag], e)
	})
	lines(".dic", func(line string) {
		word, flags, _ := strings.Cut(line, "/")
		if flags != "" && begin[beginning(word)] {
			in.roots[word] += flags
		}
	})
	for word := range in.roots {
		for _, form := range in.forms(word) {
			if wanted[form] {
				in.of[form] = append(in.of[form], word)
			}
		}
	}
	for _, words := range in.of {
		slices.Sort(words)
	}
	return in
}

func beginning(word string) string { return string([]rune(word)[:min(3, len([]rune(word)))]) }

func pattern(s string) []set {
	var out []set
	r := []rune(s)
	for i := 0; i < len(r); i++ {
		switch r[i] {
		case '.':
			out = append(out, set{any: true})
		case '[':
			one := set{}
			for i++; i < len(r) && r[i] != ']'; i++ {
				if r[i] == '^' {
					one.not = true
				} else {
					one.letters += string(r[i])
				}
			}
			out = append(out, one)
		default:
			out = append(out, set{letters: string(r[i])})
		}
	}
	return out
}

func (e ending) of(word string) (string, bool) {
	r := []rune(word)
	if len(r) < len(e.match) || !strings.HasSuffix(word, e.strip) {
		return "", false
	}
	for i, m := range e.match {
		if !m.any && strings.ContainsRune(m.letters, r[len(r)-len(e.match)+i]) == m.not {
			return "", false
		}
	}
	return strings.TrimSuffix(word, e.strip) + e.add, true
}

// forms are a word and its inflections.
func (in *inflections) forms(word string) []string {
	out := []string{word}
	for _, flag := range in.roots[word] {
		for _, e := range in.rules[flag] {
			if f, ok := e.of(word); ok {
				out = append(out, f)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// others are the forms that a word of a text may also have; none when the tables do not know it.
func (in *inflections) others(form string) []string {
	var out []string
	for _, word := range in.of[form] {
		for _, f := range in.forms(word) {
			if f != form {
				out = append(out, f)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
