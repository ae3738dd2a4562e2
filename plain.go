package centrala

import (
	"strings"
	"unicode"
)

// Plain is a text without characters that turn the order of those around them, and without controls
// but tabs and ends of lines: what is read is what is there.
func Plain(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			return r
		case unicode.IsControl(r), '\u202a' <= r && r <= '\u202e', '\u2066' <= r && r <= '\u2069':
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}
