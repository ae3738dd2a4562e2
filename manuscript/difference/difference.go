// Package difference tells what changed between two texts in Markdown: which paragraphs, and in them
// which words. It is pure, and its time and memory grow with the length of the texts: where they
// have little in common and are long, whole paragraphs are told instead of words.
package difference

import (
	"strings"
	"unicode"
)

// Op is what happened to a piece of text.
type Op string

// The pieces: in both texts, only in the later, only in the earlier.
const (
	Same Op = "same"
	In   Op = "in"
	Out  Op = "out"
)

// Kind is what happened to a paragraph.
type Kind string

// The kinds of blocks.
const (
	Kept    Kind = "same"
	Changed Kind = "changed"
	Added   Kind = "added"
	Removed Kind = "removed"
)

// Part is a piece of a block. Those that are not Out make the later paragraph, those that are not In
// the earlier one.
type Part struct {
	Op   Op     `json:"op" enum:"same,in,out"`
	Text string `json:"text"`
}

// Block is a paragraph: what stands between empty lines.
type Block struct {
	Kind  Kind   `json:"kind" enum:"same,changed,added,removed"`
	Parts []Part `json:"parts"`
}

// Difference is what changed.
type Difference struct {
	Changes int     `json:"changes"` // places
	Words   int     `json:"words"`   // that came or went
	Blocks  []Block `json:"blocks"`
}

// Of compares two texts.
func Of(from, to string) Difference {
	a, b := paragraphs(from), paragraphs(to)
	left := budget
	var d Difference
	for _, r := range align(a, b, &left) {
		if r.same {
			for _, p := range a[r.a0:r.a1] {
				d.add(Kept, Part{Same, p})
			}
			continue
		}
		d.gap(a[r.a0:r.a1], b[r.b0:r.b1], &left)
	}
	if d.Blocks == nil {
		d.Blocks = []Block{}
	}
	return d
}

// add adds a block and counts what is in it.
func (d *Difference) add(kind Kind, parts ...Part) {
	d.Blocks = append(d.Blocks, Block{kind, parts})
	changing := false
	for _, p := range parts {
		if p.Op == Same {
			changing = false
			continue
		}
		if !changing {
			d.Changes++
		}
		changing = true
		for _, t := range tokens(p.Text) {
			if isWord(t) {
				d.Words++
			}
		}
	}
}

// ahead is how many new paragraphs are looked through for the one that an old one became.
const ahead = 8

// gap tells of paragraphs between which none stayed: an old one and a new one that say much the same
// are one that changed.
func (d *Difference) gap(a, b []string, left *int) {
	was, is := make([]bag, len(a)), make([]bag, len(b))
	for i, p := range a {
		was[i] = bagOf(p)
	}
	for i, p := range b {
		is[i] = bagOf(p)
	}
	j := 0
	for i := range a {
		at := -1
		for k := j; k < min(len(b), j+ahead); k++ {
			if was[i].like(is[k]) {
				at = k
				break
			}
		}
		if at < 0 {
			d.add(Removed, Part{Out, a[i]})
			continue
		}
		for ; j < at; j++ {
			d.add(Added, Part{In, b[j]})
		}
		d.add(Changed, words(a[i], b[j], left)...)
		j++
	}
	for ; j < len(b); j++ {
		d.add(Added, Part{In, b[j]})
	}
}

// words compares two paragraphs.
func words(from, to string, left *int) []Part {
	a, b := tokens(from), tokens(to)
	var parts []Part
	put := func(op Op, text string) {
		if n := len(parts); text == "" {
			return
		} else if n > 0 && parts[n-1].Op == op {
			parts[n-1].Text += text
			return
		}
		parts = append(parts, Part{op, text})
	}
	runs := align(a, b, left)
	var out, in strings.Builder
	flush := func() {
		put(Out, out.String())
		put(In, in.String())
		out.Reset()
		in.Reset()
	}
	for i, r := range runs {
		was, is := strings.Join(a[r.a0:r.a1], ""), strings.Join(b[r.b0:r.b1], "")
		switch {
		case !r.same:
			out.WriteString(was)
			in.WriteString(is)
		case strings.TrimSpace(was) == "" && i > 0 && i < len(runs)-1: // a space between changes belongs to them
			out.WriteString(was)
			in.WriteString(was)
		default:
			flush()
			put(Same, was)
		}
	}
	flush()
	return parts
}

// paragraphs cuts a text at empty lines.
func paragraphs(s string) []string {
	var out []string
	var p []string
	end := func() {
		if len(p) > 0 {
			out = append(out, strings.Join(p, "\n"))
		}
		p = p[:0]
	}
	for line := range strings.SplitSeq(strings.ReplaceAll(s, "\r\n", "\n"), "\n") {
		if strings.TrimSpace(line) == "" {
			end()
			continue
		}
		p = append(p, line)
	}
	end()
	return out
}

// tokens cuts a paragraph into words, spaces and single marks, which together are the paragraph.
func tokens(s string) []string {
	var out []string
	start, last := 0, kindNone
	for i, r := range s {
		k := kindOf(r)
		if i > 0 && (k != last || k == kindMark) {
			out = append(out, s[start:i])
			start = i
		}
		last = k
	}
	if s != "" {
		out = append(out, s[start:])
	}
	return out
}

const (
	kindNone = iota
	kindWord
	kindSpace
	kindMark
)

func kindOf(r rune) int {
	switch {
	case unicode.IsLetter(r), unicode.IsDigit(r), unicode.IsMark(r):
		return kindWord
	case unicode.IsSpace(r):
		return kindSpace
	}
	return kindMark
}

func isWord(token string) bool {
	for _, r := range token {
		return kindOf(r) == kindWord
	}
	return false
}
