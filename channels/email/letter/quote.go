package letter

import (
	"strings"
	"unicode"
)

// ShownFirst is the part of a mail's text that its author wrote this time: without the history
// quoted below it and without the signature. Nothing is lost by it, because the whole text is
// kept; so it cuts what is plainly not new and leaves the rest. It never cuts everything.
func ShownFirst(full string) string {
	full = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u00a0", " ").Replace(full)
	lines := strings.Split(full, "\n")
	for i := range lines {
		lines[i] = strings.TrimRightFunc(lines[i], func(r rune) bool { return unicode.IsSpace(r) || isInvisible(r) })
	}
	lines = trimBlank(lines)
	// The signature may stand above the history or below it.
	first := strings.Join(withoutSignature(withoutHistory(withoutSignature(lines))), "\n")
	if strings.TrimSpace(first) == "" {
		return strings.Join(lines, "\n")
	}
	return first
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

// withoutHistory cuts the history off, or, where new words stand below or between quotes, only
// the lines that introduce them.
func withoutHistory(lines []string) []string {
	for from := 0; from < len(lines); {
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
	for {
		lines = trimBlank(lines)
		if len(lines) < 2 || !isFooter(lines[len(lines)-1]) && !isRule(lines[len(lines)-1]) {
			return lines
		}
		lines = lines[:len(lines)-1]
	}
}

// contactBlock looks at what follows a closing at i. When at most eight lines follow to the
// end, or to the history, and they give ways to be reached, the lines after the name are a
// signature; end is where it begins.
func contactBlock(lines []string, i int) (end int, ok bool) {
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
