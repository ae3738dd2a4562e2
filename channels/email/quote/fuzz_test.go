package quote_test

import (
	"strings"
	"testing"
	"unicode"

	"centrala/channels/email/quote"
)

// FuzzQuote: something is left of every text that says something, and nothing is added.
func FuzzQuote(f *testing.F) {
	f.Add("Dziękuję\n\nW dniu 12.09.2026 o 10:15, Jan pisze:\n> a\n")
	f.Add("> a\n-- \nb\n\n________________________________\nOd: a\nDo: b\nTemat: c\n")
	f.Add("-----Original Message-----\nFrom: a\nTo: b\nSubject: c\n\nOn 1.1.2020 a@b wrote:\n>x\ny")
	f.Fuzz(func(t *testing.T, full string) {
		first := quote.ShownFirst(full)
		if strings.TrimSpace(first) == "" && strings.TrimFunc(full, func(r rune) bool {
			return strings.ContainsRune(" \t\r\n\v\f\u0085\u00a0\u200b\ufeff\u200e\u200f\u1427\u2028\u2029", r)
		}) != "" && visible(full) {
			t.Errorf("nothing is left of %q", full)
		}
		var all, fresh []string
		for _, p := range quote.Pieces(full) {
			all = append(all, strings.Fields(p.Text)...)
			if p.Kind == quote.New {
				fresh = append(fresh, strings.Fields(p.Text)...)
			}
		}
		if got, want := strings.Join(fresh, " "), strings.Join(strings.Fields(first), " "); got != want {
			t.Errorf("of %q the pieces show %q first, not %q", full, got, want)
		}
		if got, want := strings.Join(all, ""), squeezed(full); got != want {
			t.Errorf("the pieces of %q are %q", full, got)
		}
		if len(first) > len(full) {
			t.Errorf("%q became longer: %q", full, first)
		}
	})
}

// visible reports whether a text has a letter or digit at all.
func visible(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' })
}

// squeezed is a text without what is not seen at the ends of its lines, and without blanks.
func squeezed(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u00a0", " ").Replace(s)
	var b strings.Builder
	for line := range strings.Lines(s) {
		line = strings.TrimRightFunc(line, func(r rune) bool {
			return unicode.IsSpace(r) || strings.ContainsRune("\u200b\ufeff\u200e\u200f\u1427", r)
		})
		b.WriteString(strings.Join(strings.Fields(line), ""))
	}
	return b.String()
}
