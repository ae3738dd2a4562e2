package vendor

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"centrala"
)

// Line is what somebody outside wrote as one line of at most so many bytes, without characters that
// cannot be seen or that turn the direction of those behind them.
func Line(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case unicode.IsControl(r) || r == utf8.RuneError || strings.ContainsRune("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069", r):
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(centrala.Clip(s, limit))
}

// Prose is a text from outside as it may be kept: valid, with plain line ends and nothing unseen.
func Prose(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "\r\n", "\n")))
}
