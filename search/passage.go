package search

import (
	"encoding/binary"
	"errors"
	"iter"
	"strings"

	"centrala"
	"centrala/markdown"
	"centrala/search/language"
)

// Key is a form of a word as an index keeps it: "x" and the word, "s" and its stem, "l" and what
// is left of it without an ending.
type Key string

// ExactKey is the key of a folded word as it is.
func ExactKey(exact string) Key { return Key("x" + exact) }

func stemKey(stem string) Key   { return Key("s" + stem) }
func lightKey(light string) Key { return Key("l" + light) }

// Exact reports whether k is a word as it is.
func (k Key) Exact() bool { return k != "" && k[0] == 'x' }

// Keys are all forms of a word. A code has one.
func Keys(w language.Word) []Key {
	keys := []Key{ExactKey(w.Exact)}
	if w.Stem != "" {
		keys = append(keys, stemKey(w.Stem))
	}
	if w.Light != "" {
		keys = append(keys, lightKey(w.Light))
	}
	return keys
}

// print is a key in four bytes (FNV-1a); an index on disk relies on it.
func (k Key) print() uint32 { return printed(k[0], string(k[1:])) }

func printed(kind byte, form string) uint32 {
	const prime = 16777619
	h := (uint32(2166136261) ^ uint32(kind)) * prime
	for i := range len(form) {
		h = (h ^ uint32(form[i])) * prime
	}
	return h
}

// prints are a word's keys' prints, 0 where it has none.
func prints(w language.Word) [3]uint32 {
	out := [3]uint32{printed('x', w.Exact)}
	if w.Stem != "" {
		out[1] = printed('s', w.Stem)
	}
	if w.Light != "" {
		out[2] = printed('l', w.Light)
	}
	return out
}

// Place is where in a passage a word stands.
type Place uint8

// The places, the most telling first.
const (
	InTitle Place = iota
	InTags
	InHeading
	InSummary
	InText
	places
)

// Passage is what is found: one section of an article, or a part of a long one, with what its
// article says of itself. Engines find passages; how well one answers is weighed alike for all.
type Passage struct {
	Article centrala.ArticleID
	Number  int // of the article's passages, from 0: the beginning
	Locale  string
	Slug    string
	Title   string
	Summary string
	Heading string
	Anchor  string
	Text    string
	tokens  []byte // its words, see token
}

// maxPassage is the most text in one passage; a longer section makes several.
const maxPassage = 8 << 10

// Passages cuts an article into what is indexed: its beginning, and each section. What of a long
// article is read, markdown.MaxRead says.
func Passages(a centrala.Article) []Passage {
	lang := language.For(a.Locale)
	var head []byte
	head = write(head, InTitle, lang.Words(a.Title))
	for _, t := range a.Tags {
		head = write(head, InTags, lang.Words(t))
	}
	head = write(head, InSummary, lang.Words(a.Summary))
	var out []Passage
	for _, s := range markdown.Sections(a.Body) {
		rest := s.Text
		for first := true; first || rest != ""; first = false {
			p := Passage{Article: a.ID, Number: len(out), Locale: a.Locale, Slug: a.Slug, Title: a.Title, Summary: a.Summary, Heading: s.Heading, Anchor: s.Anchor}
			p.Text, rest = piece(rest)
			p.tokens = write(append([]byte{}, head...), InHeading, lang.Words(s.Heading))
			p.tokens = write(p.tokens, InText, lang.Words(p.Text))
			out = append(out, p)
		}
	}
	return out
}

// piece takes a passage's text off a section: to the end of a line, or else of a word.
func piece(s string) (first, rest string) {
	if len(s) <= maxPassage {
		return s, ""
	}
	cut := centrala.Clip(s, maxPassage)
	for _, end := range []string{"\n", " "} {
		if i := strings.LastIndex(cut, end); i > maxPassage/2 {
			cut = cut[:i]
			break
		}
	}
	return cut, strings.TrimSpace(s[len(cut):])
}

// EachWord gives the words of an article's passage as an engine indexes them, and where each stands.
func (p *Passage) EachWord(a centrala.Article) iter.Seq2[Place, language.Word] {
	lang := language.For(p.Locale)
	return func(yield func(Place, language.Word) bool) {
		for place, texts := range [places][]string{InTitle: {a.Title}, InTags: a.Tags, InHeading: {p.Heading}, InSummary: {a.Summary}, InText: {p.Text}} {
			for _, s := range texts {
				for _, w := range lang.Words(s) {
					if !yield(Place(place), w) {
						return
					}
				}
			}
		}
	}
}

// URL is where the passage is shown.
func (p *Passage) URL() string {
	url := centrala.Article{Locale: p.Locale, Content: centrala.Content{Slug: p.Slug}}.URL()
	if p.Anchor != "" {
		url += "#" + p.Anchor
	}
	return url
}

// token is a word of a passage: the prints of its forms, 0 where it has none.
type token struct {
	place  Place
	whole  bool // stands beside its parts
	prints [3]uint32
}

const tokenSize = 13

func write(to []byte, place Place, words []language.Word) []byte {
	for _, w := range words {
		head := byte(place)
		if w.Whole {
			head |= 0x80
		}
		to = append(to, head)
		for _, n := range prints(w) {
			to = binary.LittleEndian.AppendUint32(to, n)
		}
	}
	return to
}

func readToken(b []byte) token {
	return token{Place(b[0] & 0x7f), b[0]&0x80 != 0, [3]uint32{binary.LittleEndian.Uint32(b[1:]), binary.LittleEndian.Uint32(b[5:]), binary.LittleEndian.Uint32(b[9:])}}
}

// AppendBinary writes a passage as engines keep it.
func (p *Passage) AppendBinary(to []byte) ([]byte, error) {
	to = binary.AppendUvarint(to, uint64(p.Article))
	to = binary.AppendUvarint(to, uint64(p.Number))
	for _, s := range []string{p.Locale, p.Slug, p.Title, p.Summary, p.Heading, p.Anchor, p.Text} {
		to = append(binary.AppendUvarint(to, uint64(len(s))), s...)
	}
	return append(to, p.tokens...), nil
}

var errTorn = errors.New("a passage is not what was written")

// UnmarshalBinary reads a passage; its words are kept in b.
func (p *Passage) UnmarshalBinary(b []byte) error {
	ok := true
	number := func() uint64 {
		n, size := binary.Uvarint(b)
		if ok = ok && size > 0; !ok {
			return 0
		}
		b = b[size:]
		return n
	}
	text := func() string {
		n := number()
		if ok = ok && n <= uint64(len(b)); !ok {
			return ""
		}
		s := string(b[:n])
		b = b[n:]
		return s
	}
	p.Article, p.Number = centrala.ArticleID(number()), int(number())
	p.Locale, p.Slug, p.Title, p.Summary, p.Heading, p.Anchor, p.Text = text(), text(), text(), text(), text(), text(), text()
	if !ok || len(b)%tokenSize != 0 {
		return errTorn
	}
	p.tokens = b
	return nil
}
