package scribe

import (
	"regexp"
	"strings"
	"unicode"
)

// What is personal in a text and can be told by its form, and what stands in its place. The order
// matters: an account number is digits, too.
var (
	mails    = regexp.MustCompile(`(?i)[\p{L}0-9._%+\-]+@[\p{L}0-9\-]+(?:\.[\p{L}0-9\-]+)+`)
	accounts = regexp.MustCompile(`(?i)\b[A-Z]{2}[ \-]?\d{2}(?:[ \-]?[A-Z0-9]){11,30}\b`)
	digits   = regexp.MustCompile(`\+?\(?\d(?:[ \-./()]{0,2}\d){6,33}`)
)

// Scrub replaces e-mail addresses, account numbers, card numbers and phone numbers by words that say
// what stood there. Names and postal addresses have no form that could be told: they stay.
func Scrub(text string) string {
	text = mails.ReplaceAllString(text, "[e-mail]")
	text = accounts.ReplaceAllString(text, "[account]")
	return digits.ReplaceAllStringFunc(text, func(s string) string {
		bare := strings.Map(func(r rune) rune {
			if unicode.IsDigit(r) {
				return r
			}
			return -1
		}, s)
		switch n := len(bare); {
		case n >= 13 && n <= 19 && luhn(bare):
			return "[card]"
		case n == 26 || n == 24:
			return "[account]"
		case n >= 9 && n <= 15 && (s[0] == '+' || n <= 12):
			return "[phone]"
		case n >= 16:
			return "[number]"
		}
		return s
	})
}

// luhn reports whether digits pass the check of card numbers (ISO/IEC 7812-1, annex B).
func luhn(s string) bool {
	sum := 0
	for i := range len(s) {
		d := int(s[len(s)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}
