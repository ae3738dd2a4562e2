// Package words holds the texts that people read in mails, pages and reasons, in Polish and
// English. A text is a method of Words, with what stands in its gaps as arguments, so that
// one that is missing in a language does not compile. Nothing here reads or keeps anything.
//
// In Polish no name is ever declined, it stands after a colon or beside a noun that bears the
// case, and nothing is said in a past tense that would give a person a gender.
package words

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Words speaks one language. The zero value speaks English; use For.
type Words struct{ polish bool }

// The languages.
const (
	Polish  = "pl"
	English = "en"
)

// Locales lists the languages, the first one first.
func Locales() []string { return []string{Polish, English} }

// For speaks the language of a locale such as "pl", "pl-PL" or "en_GB": Polish when none is
// named, English when it is one that has no texts here.
func For(locale string) Words {
	tag, _, _ := strings.Cut(strings.ReplaceAll(strings.ToLower(strings.TrimSpace(locale)), "_", "-"), "-")
	return Words{polish: tag == "" || tag == Polish}
}

// Locale is the language: Polish or English.
func (w Words) Locale() string {
	if w.polish {
		return Polish
	}
	return English
}

// say fills the gaps of a text in the language of w, as fmt.Sprintf does. In Polish a word of
// one letter is kept on the line of the word after it.
func (w Words) say(pl, en string, gaps ...any) string {
	if w.polish {
		return fmt.Sprintf(keepTogether(pl), gaps...)
	}
	return fmt.Sprintf(en, gaps...)
}

// count writes n with the noun that fits it: Polish takes one form for 1, another for 2 to 4
// (but not 12 to 14) at the end of a number, and a third for everything else; see the plural
// rules of CLDR.
func (w Words) count(n int, pl [3]string, en [2]string) string {
	if !w.polish {
		if n == 1 {
			return "1 " + en[0]
		}
		return w.Number(n) + " " + en[1]
	}
	return w.Number(n) + nbsp + pl[pluralForm(n)]
}

// pluralForm is 0, 1 or 2: one, few or many.
func pluralForm(n int) int {
	if n < 0 {
		n = -n
	}
	switch {
	case n == 1:
		return 0
	case n%10 >= 2 && n%10 <= 4 && (n%100 < 12 || n%100 > 14):
		return 1
	default:
		return 2
	}
}

const nbsp = "\u00a0"

// Number writes a whole number with its thousands apart: "1 204" in Polish, with a space that
// does not break, "1,204" in English.
func (w Words) Number(n int) string {
	apart := ","
	if w.polish {
		apart = nbsp
	}
	digits, sign := strconv.Itoa(n), ""
	if n < 0 {
		digits, sign = digits[1:], "-"
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + apart + digits[i:]
	}
	return sign + digits
}

// keepTogether puts a space that does not break after the Polish words of one letter and
// between a number and its unit.
func keepTogether(s string) string {
	var b strings.Builder
	word := ' '    // the word so far, if it is one letter; ' ' between words, 0 for a longer one
	digit := false // the last character was one
	for _, r := range s {
		if r == ' ' && (digit || strings.ContainsRune("aiouwzAIOUWZ", word)) && word != ' ' {
			b.WriteString(nbsp)
		} else {
			b.WriteRune(r)
		}
		digit = unicode.IsDigit(r)
		switch {
		case unicode.IsSpace(r) || r == '(' || r == '„':
			word = ' '
		case word == ' ':
			word = r
		default:
			word = 0
		}
	}
	return b.String()
}

// upperFirst makes the first letter a capital.
func upperFirst(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	return string(unicode.ToUpper(r)) + s[n:]
}
