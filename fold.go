package centrala

import (
	"strings"
	"unicode"
)

// folds takes the marks off the Latin letters of Europe's languages.
var folds = strings.NewReplacer(foldPairs()...)

func foldPairs() []string {
	pairs := []string{"ß", "ss", "æ", "ae", "œ", "oe", "þ", "th"}
	for _, letter := range strings.Fields("aàáâãäåāăąǎ cçćĉċč dďđð eèéêëēĕėęěẽ gĝğġģ hĥħ iìíîïĩīĭįı jĵ kķ lĺļľŀł nñńņň oòóôõöøōŏőǒ rŕŗř sśŝşšș tţťŧț uùúûüũūŭůűųǔ wŵ yýÿŷỳ zźżž") {
		for _, marked := range letter[1:] {
			pairs = append(pairs, string(marked), letter[:1])
		}
	}
	return pairs
}

// Fold is s in lower case and without diacritics, composed or combining: "Łódź" becomes "lodz".
// Letters of other scripts stay.
func Fold(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, folds.Replace(strings.ToLower(s)))
}

// Slug is the part of an address that a title makes: ASCII letters, digits and single dashes, at
// most n characters; "" when the title has none.
func Slug(title string, n int) string {
	words := strings.FieldsFunc(Fold(title), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	return strings.Trim(Clip(strings.Join(words, "-"), n), "-")
}
