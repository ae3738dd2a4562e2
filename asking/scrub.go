package asking

import (
	"regexp"
	"strings"
	"unicode"

	"centrala"
)

// Scrub is a text as it may be kept: without addresses, telephone, order and account numbers,
// links that carry more than a path, and names that somebody says are theirs. Each leaves "…" in
// its place. At most MaxAsked characters remain. What a text says of a person in other words it
// still says: it is kept for as long as questions are, and for the team's eyes.
func Scrub(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Cf, r): // invisible marks that would part a number
			return -1
		case unicode.IsSpace(r), unicode.IsControl(r):
			return ' '
		}
		return r
	}, centrala.Clip(text, 16*MaxAsked))
	for _, p := range personal {
		text = p.find.ReplaceAllString(text, p.leave)
	}
	text = strings.Join(strings.Fields(text), " ")
	for strings.Contains(text, gone+" "+gone) {
		text = strings.ReplaceAll(text, gone+" "+gone, gone)
	}
	if r := []rune(text); len(r) > MaxAsked {
		text = strings.TrimSpace(string(r[:MaxAsked-1])) + "…"
	}
	return text
}

// Says reports whether a scrubbed text still says something.
func Says(text string) bool { return strings.ContainsFunc(text, unicode.IsLetter) }

const gone = "…"

// personal is what is taken out, in this order: what is longer and surer first.
var personal = []struct {
	find  *regexp.Regexp
	leave string
}{
	// Addresses of pages: the words of a path may be a person's too, and what follows often is.
	{regexp.MustCompile(`(?i)\b(?:https?|ftp|mailto|tel):\S+|\bwww\.\S+|\S+\.(?:pl|com|net|org|eu|de|io|dev|info|shop|example)/\S*`), gone},
	// Addresses of people, also written to be read aloud.
	{regexp.MustCompile(`(?i)[\pL\pN._%+'-]+\s?(?:@|\[at\]|\(at\)|\[małpa\]|\(małpa\))\s?[\pL\pN-]+(?:\s?(?:\.|\[dot\]|\(dot\)|\[kropka\]|\(kropka\))\s?[\pL\pN-]+)*`), gone},
	// IBAN: a country, two digits, groups.
	{regexp.MustCompile(`(?i)\b[a-z]{2}\s?\d{2}(?:(?:[ -]?[a-z]{4})?(?:[ -]?\d{4}){2,7}(?:[ -]?\d{1,3})?|[a-z0-9]{11,30})\b`), gone},
	// "nazywam się Jan Kowalski", "my name is …", "mein Name ist …", and who signs.
	{regexp.MustCompile(`(?i)\b((?:nazywam|podpisuj[eę]) si[eę]|(?:mam|moje|na|dane) imi[eę](?: i nazwisko)?|(?:moje )?(?:imi[eę] i )?nazwisko(?: to)?|my (?:full |last |first )?name(?: is|'s|’s)|mein name ist|ich hei[sß]+e?|z poważaniem|z wyrazami szacunku|best regards|kind regards|mit freundlichen grüßen)[\s:,]+` + name), "$1 " + gone},
	// "jestem Anna Kowalska", "tu Jan", "I am John Smith": only words that are written as names are.
	{regexp.MustCompile(`\b((?i:jestem|tu mówi|z tej strony|tu|i am|i'm|i’m|this is|ich bin|pozdrawiam)),?\s+` + capital + `(?:\s+` + capital + `)?`), "$1 " + gone},
	{regexp.MustCompile(`(?i)\b((?:pan|pani|pana|panu|panem|panią|państwo|mr|mrs|ms|herr|frau)\.?)\s+(?-i:` + capital + `(?:\s+` + capital + `)?)`), "$1 " + gone},
	// Where somebody lives.
	{regexp.MustCompile(`(?i)\b((?:ul|al|os|pl)\.|ulica|ulicy|aleja|alei|osiedle|osiedlu)\s*[\pL. -]{2,40}?\s\d+[a-z]?(?:\s?[/m]\.?\s?\d+)?`), "$1 " + gone},
	{regexp.MustCompile(`\b\d{2}-\d{3}\b(?:\s+\p{Lu}\p{Ll}+)?`), gone},
	// Codes with digits: orders, parcels, cases, invoices, keys.
	{regexp.MustCompile(`(?i)(?:#|\bnr\.?\s?)\s?[a-z0-9/-]*\d[a-z0-9/-]*`), gone},
	{regexp.MustCompile(`(?i)\b[a-z]{1,6}[-/_]?\d[a-z0-9]*(?:[-/_][a-z0-9]+)+\b`), gone},
	{regexp.MustCompile(`(?i)\b[a-z]{2,6}[-/_]?\d{4,}[a-z0-9]*\b`), gone},
	{regexp.MustCompile(`\b(?:[A-Za-z]+\d+[A-Za-z0-9]*|\d+[A-Za-z]+[A-Za-z0-9]*\d[A-Za-z0-9]*){1}[A-Za-z0-9_-]{6,}\b`), gone},
	// Telephones, accounts, identity numbers: five digits and more, however they are grouped.
	{regexp.MustCompile(`(?:\+|\b00)?\(?\d(?:[\s().\-/]{0,2}\d){4,}`), gone},
}

// The words of a name after its announcement: two at most, and a third that is joined.
const (
	capital = `\p{Lu}[\p{Ll}’']+(?:-\p{Lu}[\p{Ll}]+)?`
	name    = `[\pL’']+(?:-[\pL]+)?(?:\s+(?-i:\p{Lu})[\pL’']*(?:-[\pL]+)?)?`
)
