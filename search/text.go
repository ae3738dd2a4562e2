package search

import (
	"strings"
	"unicode"
)

// Snippet is the part of a text that says most about the words looked for: the sentence with
// the most of them, cut to about n characters at a space; or the beginning, when none occurs.
func Snippet(plain string, wanted func(word string) bool, n int) string {
	best, most := "", 0
	first := ""
	for _, s := range sentences(plain) {
		if first == "" {
			first = s
		}
		hits := 0
		for w := range strings.FieldsFuncSeq(s, between) {
			if wanted(w) {
				hits++
			}
		}
		if hits > most {
			best, most = s, hits
		}
	}
	if best == "" {
		best = first
	}
	return Shorten(best, n)
}

func between(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }

// Shorten cuts s to about n characters at a space.
func Shorten(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	cut := n
	for cut > n/2 && !unicode.IsSpace(r[cut]) {
		cut--
	}
	return strings.TrimRight(string(r[:cut]), " ,;:–-") + "…"
}

// sentences cuts at line ends and after full stops that a space follows.
func sentences(s string) []string {
	var out []string
	for line := range strings.SplitSeq(s, "\n") {
		for line != "" {
			end := strings.IndexAny(line, ".?!")
			for end >= 0 && end+1 < len(line) && line[end+1] != ' ' {
				next := strings.IndexAny(line[end+1:], ".?!")
				if next < 0 {
					end = -1
					break
				}
				end += 1 + next
			}
			if end < 0 {
				end = len(line) - 1
			}
			if t := strings.TrimSpace(line[:end+1]); t != "" {
				out = append(out, t)
			}
			line = line[end+1:]
		}
	}
	return out
}
