// Package quote tells what of a mail's text its author wrote this time from what is history
// and signature, in Polish, English and German and as the common mailers mark it.
package quote

import (
	"slices"
	"strings"
	"unicode"
)

// Kind is what a piece of a text is.
type Kind string

// The kinds.
const (
	New       Kind = "new"
	History   Kind = "history"   // of other mails, and what introduces it
	Signature Kind = "signature" // and what phones and lists add at the end
)

// Piece is some lines of a text that belong together.
type Piece struct {
	Kind Kind   `json:"kind"`
	Text string `json:"text"`
}

// ShownFirst is the part of a mail's text that its author wrote this time: without the history
// quoted below it and without the signature. Nothing is lost by it, because the whole text is
// kept; so it cuts what is plainly not new and leaves the rest. It never cuts everything. Of a
// text that is larger than 256 KiB it is the beginning.
func ShownFirst(full string) string {
	start, _ := head(full)
	lines := linesOf(start)
	// The signature may stand above the history or below it.
	first := strings.Join(withoutSignature(withoutHistory(withoutSignature(lines))), "\n")
	if strings.TrimSpace(first) == "" {
		return strings.Join(lines, "\n")
	}
	return first
}

// Pieces is the same text whole, from its first line to its last, as what is new and what is
// folded. What is new is what ShownFirst gives.
func Pieces(full string) []Piece {
	start, rest := head(full)
	all := pieces(start)
	if rest != "" && len(all) > 0 {
		all[len(all)-1].Text += "\n" + rest
	}
	return all
}

func pieces(full string) []Piece {
	lines := linesOf(full)
	kinds := make([]Kind, len(lines))
	all := make([]int, len(lines)) // where each line of a step's text stands in the whole
	for i := range all {
		all[i] = i
	}
	fold := func(before []string, at []int, after []string, kind Kind) []int {
		kept := align(before, after)
		left := make([]int, 0, len(kept))
		for i, n := range at {
			if len(left) < len(kept) && kept[len(left)] == i {
				left = append(left, n)
				continue
			}
			kinds[n] = kind
		}
		return left
	}
	unsigned := withoutSignature(lines)
	fresh := withoutHistory(unsigned)
	first := withoutSignature(fresh)
	if strings.TrimSpace(strings.Join(first, "\n")) == "" {
		return joined(lines, kinds)
	}
	at := fold(lines, all, unsigned, Signature)
	if tail := len(unsigned); tail < len(lines) { // history below a signature is history
		if from, _, kind := findMark(lines, tail); kind != noMark {
			for i := from; i < len(lines); i++ {
				kinds[i] = History
			}
		}
		for i := tail; i < len(lines); i++ {
			if isQuoted(lines[i]) {
				kinds[i] = History
			}
		}
	}
	at = fold(unsigned, at, fresh, History)
	fold(fresh, at, first, Signature)
	return joined(lines, kinds)
}

// align tells which of the lines are still there after a step that leaves lines out.
func align(before, after []string) []int {
	kept := make([]int, 0, len(after))
	n := len(before) - len(after)
	if n > 0 && len(after) > 0 && !slices.Equal(before[:len(after)], after) && slices.Equal(before[n:], after) {
		for i := range after {
			kept = append(kept, n+i)
		}
		return kept
	}
	for i := 0; i < len(before) && len(kept) < len(after); i++ {
		if before[i] == after[len(kept)] {
			kept = append(kept, i)
		}
	}
	return kept
}

func joined(lines []string, kinds []Kind) []Piece {
	var pieces []Piece
	var open []string
	flush := func(kind Kind) {
		if text := strings.Join(trimBlank(open), "\n"); text != "" {
			if kind == "" {
				kind = New
			}
			pieces = append(pieces, Piece{kind, text})
		}
		open = nil
	}
	for i, l := range lines {
		if i > 0 && kinds[i] != kinds[i-1] {
			flush(kinds[i-1])
		}
		open = append(open, l)
	}
	if len(lines) > 0 {
		flush(kinds[len(kinds)-1])
	}
	return pieces
}

// maxLook is how much of a text is looked at. People write less, and machines do not quote.
const maxLook = 256 << 10

// head is the beginning of a text, up to a line end, and the rest.
func head(full string) (start, rest string) {
	if len(full) <= maxLook {
		return full, ""
	}
	if at := strings.LastIndexByte(full[:maxLook], '\n'); at > 0 {
		return full[:at], full[at+1:]
	}
	start = strings.ToValidUTF8(full[:maxLook], "")
	return start, full[len(start):]
}

func linesOf(full string) []string {
	full = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u00a0", " ").Replace(full)
	lines := strings.Split(full, "\n")
	for i := range lines {
		lines[i] = strings.TrimRightFunc(lines[i], func(r rune) bool { return unicode.IsSpace(r) || isInvisible(r) })
	}
	return trimBlank(lines)
}

func isInvisible(r rune) bool {
	return r == '\u200b' || r == '\ufeff' || r == '\u200e' || r == '\u200f' || r == '\u1427'
}

func trimBlank(lines []string) []string {
	for len(lines) > 0 && lines[0] == "" {
		lines = lines[1:]
	}
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// isQuoted reports whether a line is marked as quoted from another mail.
func isQuoted(line string) bool {
	line = strings.TrimLeft(line, " \t")
	return strings.HasPrefix(line, ">") || strings.HasPrefix(line, "|")
}

// hasWords reports whether any of the lines is the author's own and says something.
func hasWords(lines []string) bool {
	for _, l := range lines {
		if l != "" && !isQuoted(l) && !isRule(l) {
			return true
		}
	}
	return false
}

// maxMarks is how many attributions between which new words stand are taken out.
const maxMarks = 100

// withoutHistory cuts the history off, or, where new words stand below or between quotes, only
// the lines that introduce them.
func withoutHistory(lines []string) []string {
	for from, n := 0, 0; from < len(lines) && n < maxMarks; n++ {
		at, size, kind := findMark(lines, from)
		if kind == noMark {
			break
		}
		before, after := lines[:at], lines[at+size:]
		quoted, below := splitQuoted(after)
		switch {
		case kind != attribution && hasWords(before):
			return before
		case kind != attribution:
			return lines // a mail passed on without a word of its own: show it
		case !hasWords(before) && quoted && hasWords(below) && !hasQuote(below):
			return below // the answer stands below one quote
		case hasWords(before) && !(quoted && hasWords(below)):
			return before
		}
		lines = append(append(make([]string, 0, len(lines)), before...), after...)
		from = at
	}
	return withoutTrailingQuote(lines)
}

// splitQuoted tells whether lines begin with quoted ones, and gives what follows those.
func splitQuoted(lines []string) (quoted bool, below []string) {
	for i, l := range lines {
		if l != "" && !isQuoted(l) {
			return quoted, lines[i:]
		}
		quoted = quoted || isQuoted(l)
	}
	return quoted, nil
}

func hasQuote(lines []string) bool {
	for _, l := range lines {
		if isQuoted(l) {
			return true
		}
	}
	return false
}

// withoutTrailingQuote cuts quoted lines at the end, if words stand before them.
func withoutTrailingQuote(lines []string) []string {
	end := len(lines)
	for end > 0 && (lines[end-1] == "" || isQuoted(lines[end-1]) || isSidedQuote(lines[end-1])) {
		end--
	}
	if !hasWords(lines[:end]) {
		return lines
	}
	return lines[:end]
}

// isSidedQuote matches quotes that name who speaks: "JK> words".
func isSidedQuote(line string) bool {
	name, _, ok := strings.Cut(line, ">")
	return ok && len(name) > 0 && len(name) <= 3 && strings.ToUpper(name) == name && !strings.ContainsAny(name, " .,<(\"")
}

// withoutSignature cuts at a signature's beginning, and what phones and programs add at the
// end. A closing and a name below it stay: they are how people end what they say.
func withoutSignature(lines []string) []string {
	fenced := false
	for i, l := range lines {
		if strings.HasPrefix(l, "```") {
			fenced = !fenced
		}
		if fenced || i == 0 || !hasWords(lines[:i]) {
			continue
		}
		switch {
		case l == "--" || l == "—" || l == "- --":
			return withoutFooters(lines[:i])
		case isLongRule(l) && !isHeaderBlock(lines[i+1:]):
			return withoutFooters(lines[:i])
		case isClosing(l):
			if end, ok := contactBlock(lines, i); ok {
				return withoutFooters(lines[:end])
			}
		}
	}
	return withoutFooters(lines)
}

func withoutFooters(lines []string) []string {
	lines = withoutFooterBlock(lines)
	for {
		lines = trimBlank(lines)
		if len(lines) < 2 || !isFooter(lines[len(lines)-1]) && !isRule(lines[len(lines)-1]) {
			return lines
		}
		lines = lines[:len(lines)-1]
	}
}

// withoutFooterBlock cuts what begins with the footer of one program and ends with that of
// another, when among at least two of them there is at most one short line of a third.
func withoutFooterBlock(lines []string) []string {
	lines = trimBlank(lines)
	footers, others, begin := 0, 0, len(lines)
	for i := len(lines) - 1; i > 0 && len(lines)-i <= maxBlock; i-- {
		switch l := lines[i]; {
		case l == "":
		case isFooter(l):
			footers, begin = footers+1, i
		case len([]rune(l)) <= 40 && !strings.ContainsAny(l, ".?!:") && others == 0:
			others++
		default:
			i = 0
		}
	}
	if footers < 2 || !hasWords(lines[:begin]) {
		return lines
	}
	return lines[:begin]
}

// maxBlock is how many lines below a closing may be a signature with its blank lines.
const maxBlock = 40

// contactBlock looks at what follows a closing at i. When at most eight lines follow to the
// end, and they give ways to be reached, the lines after the name are a
// signature; end is where it begins.
func contactBlock(lines []string, i int) (end int, ok bool) {
	if len(lines) > i+1+maxBlock {
		return 0, false
	}
	stop := len(lines)
	if at, _, kind := findMark(lines, i+1); kind != noMark {
		stop = at
	}
	for n := i + 1; n < stop; n++ {
		if isQuoted(lines[n]) {
			stop = n
		}
	}
	words, contact := 0, false
	end = stop
	for n := i + 1; n < stop; n++ {
		l := lines[n]
		switch {
		case l == "":
			continue
		case isPostscript(l):
			return 0, false
		}
		if words++; words == 2 {
			end = n
		}
		contact = contact || words > 1 && isContactLine(l)
	}
	return end, contact && words <= 8 && stop == len(lines)
}
