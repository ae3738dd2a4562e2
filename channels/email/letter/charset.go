package letter

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/emersion/go-message/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
)

// toUTF8 makes text of bytes that are declared to be in a charset. The declaration is believed
// unless the bytes speak against it: many mailers write Polish and declare something else, or
// nothing. The result is always valid UTF-8 without NUL.
func toUTF8(raw []byte, declared string) string {
	raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	return strings.ReplaceAll(strings.ToValidUTF8(convert(raw, cleanCharset(declared)), "\ufffd"), "\x00", "")
}

func convert(raw []byte, declared string) string {
	if strings.HasPrefix(declared, "utf-16") || strings.HasPrefix(declared, "iso-2022") {
		if s, ok := declaredText(raw, declared); ok {
			return s
		}
	}
	wide, broken := countUTF8(raw)
	switch {
	case broken == 0:
		// Also when another charset is declared: bytes that are not UTF-8 hardly ever look so.
		if wide > 0 || !speaks(declared) {
			return string(raw)
		}
	case wide > 2*broken:
		return string(raw) // UTF-8 that was damaged or cut
	}
	if declared == "x-mac-ce" || declared == "x-mac-centraleurroman" || declared == "mac-latin2" {
		return macCE(raw)
	}
	if narrow := narrowCharset(declared); narrow != nil {
		s := decodeWith(narrow, raw)
		if narrow == charmap.Windows1252 || narrow == charmap.ISO8859_15 {
			if p := disguised(raw, s); p != "" {
				return p
			}
		}
		if fits(s) {
			return s
		}
		return guess(raw, narrow)
	}
	if declared != "" && declared != "us-ascii" && declared != "utf-8" {
		if s, ok := declaredText(raw, declared); ok {
			return s
		}
	}
	return guess(raw, nil)
}

// disguised is Polish that was declared as the charset of western Europe, where its bytes are
// letters too ("zdjêcie"), or "": all of it must become Polish letters, and what stands between
// them must look Polish, because "être" and "Muñoz" are right as they are.
func disguised(raw []byte, western string) string {
	lower := strings.ToLower(western)
	if !strings.ContainsAny(lower, "êæñœÿ¹³¿") || !slices.ContainsFunc([]string{"cz", "sz", "rz", "dz", "zd", "dj", "w"}, func(sign string) bool { return strings.Contains(lower, sign) }) {
		return ""
	}
	for _, e := range []encoding.Encoding{charmap.Windows1250, charmap.ISO8859_2} {
		s := decodeWith(e, raw)
		if _, bad := weigh(s); bad == 0 && !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf && !strings.ContainsRune(polishLetters, r) }) {
			return s
		}
	}
	return ""
}

const polishLetters = "ąćęłńóśźżĄĆĘŁŃÓŚŹŻ"

// macCE is text of old Macintoshes as far as Polish needs it.
func macCE(raw []byte) string {
	letters := map[byte]rune{
		0x88: 'ą', 0x8d: 'ć', 0xab: 'ę', 0xb8: 'ł', 0xc4: 'ń', 0x97: 'ó', 0xe6: 'ś', 0x90: 'ź', 0xfd: 'ż', 0x84: 'Ą', 0x8c: 'Ć', 0xa2: 'Ę', 0xfc: 'Ł',
		0xc1: 'Ń', 0xee: 'Ó', 0xe5: 'Ś', 0x8f: 'Ź', 0xfb: 'Ż', 0xd2: '“', 0xd3: '”', 0xe3: '„', 0xd4: '‘', 0xd5: '’', 0xd0: '–', 0xd1: '—', 0xca: '\u00a0', 0xc9: '…',
	}
	var b strings.Builder
	for _, c := range raw {
		switch r, ok := letters[c]; {
		case c < utf8.RuneSelf:
			b.WriteByte(c)
		case ok:
			b.WriteRune(r)
		default:
			b.WriteRune(utf8.RuneError)
		}
	}
	return b.String()
}

// speaks reports whether a declared charset may mean something else by plain ASCII bytes.
func speaks(declared string) bool {
	return strings.HasPrefix(declared, "utf-16") || strings.HasPrefix(declared, "utf-32") ||
		strings.HasPrefix(declared, "iso-2022") || strings.HasPrefix(declared, "hz-")
}

func declaredText(raw []byte, declared string) (string, bool) {
	r, err := charset.Reader(declared, bytes.NewReader(raw))
	if err != nil || r == nil {
		return "", false
	}
	out, err := io.ReadAll(r)
	return string(out), err == nil
}

func cleanCharset(s string) string {
	s = strings.ToLower(strings.Trim(strings.TrimSpace(s), `"'`))
	s, _, _ = strings.Cut(s, "*") // RFC 2231 language
	switch s {
	case "utf8", "unicode-1-1-utf-8", "utf-8-mac":
		return "utf-8"
	case "unknown-8bit", "x-unknown", "unknown", "8bit", "7bit", "default", "_iso-2022-jp$esc", "ascii", "ansi_x3.4-1968":
		return "us-ascii"
	}
	return s
}

// countUTF8 counts the characters of more than one byte, and the bytes that are part of none.
func countUTF8(raw []byte) (wide, broken int) {
	for len(raw) > 0 {
		r, n := utf8.DecodeRune(raw)
		switch {
		case r == utf8.RuneError && n == 1:
			broken++
		case n > 1:
			wide++
		}
		raw = raw[n:]
	}
	return wide, broken
}

// narrowCharset is the single-byte charset that Polish, German and English mail is written in
// under a declared name, or nil.
func narrowCharset(declared string) encoding.Encoding {
	switch strings.ReplaceAll(strings.ReplaceAll(declared, "_", "-"), "cp-", "cp") {
	case "iso-8859-2", "iso8859-2", "latin2", "latin-2", "iso-8859-2-i":
		return charmap.ISO8859_2
	case "windows-1250", "cp1250", "x-cp1250", "win-1250", "windows1250":
		return charmap.Windows1250
	case "ibm852", "cp852", "dos-852", "ibm-852":
		return charmap.CodePage852
	case "iso-8859-1", "iso8859-1", "latin1", "latin-1", "windows-1252", "cp1252", "x-ansi", "ansi":
		return charmap.Windows1252
	case "iso-8859-15", "latin-9", "latin9":
		return charmap.ISO8859_15
	}
	return nil
}

func decodeWith(e encoding.Encoding, raw []byte) string {
	out, err := e.NewDecoder().Bytes(raw)
	if err != nil {
		return string(raw)
	}
	return string(out)
}

// guess decodes with the charset that makes most sense of the bytes; on a draw the declared
// one, then the more common.
func guess(raw []byte, declared encoding.Encoding) string {
	best, bestScore := "", 0
	for _, e := range []encoding.Encoding{
		declared, charmap.Windows1250, charmap.ISO8859_2, charmap.Windows1252, charmap.CodePage852,
	} {
		if e == nil {
			continue
		}
		s := decodeWith(e, raw)
		if n := score(s); best == "" || n > bestScore {
			best, bestScore = s, n
		}
	}
	return best
}

// fits reports whether a text read under its declared charset has nothing that speaks against
// it.
func fits(s string) bool {
	_, bad := weigh(s)
	return bad == 0
}

func score(s string) int {
	good, bad := weigh(s)
	return good - 4*bad
}

// weigh looks at the characters outside ASCII: letters inside words are good, Polish ones very;
// controls, and signs that stand inside words, are bad.
func weigh(s string) (good, bad int) {
	before := ' '
	rest := s
	for len(rest) > 0 {
		r, n := utf8.DecodeRuneInString(rest)
		rest = rest[n:]
		after, _ := utf8.DecodeRuneInString(rest)
		// A capital inside a word: "bĄd", "SĄd".
		upper := unicode.IsUpper(r) && (unicode.IsLower(before) || unicode.IsLetter(before) && unicode.IsLower(after))
		inWord := unicode.IsLetter(before) || unicode.IsLetter(after)
		inside := unicode.IsLetter(before) && unicode.IsLetter(after)
		switch {
		case r < utf8.RuneSelf:
		case upper:
			bad++
		case isUnit(s[:len(s)-len(rest)-n], r):
		case strings.ContainsRune(polishLetters, r):
			good += 3
		case strings.ContainsRune("šŠľĽťžŽ", r) && isConsonant(after) && (isConsonant(before) || r == 'Ľ' || r == 'ľ'):
			bad++ // nobody can say that: it was a vowel, or a letter of another alphabet
		case unicode.Is(unicode.Lm, r) || r == '˜' || r == 'Ÿ' && unicode.IsLower(after):
			bad++
		case strings.ContainsRune("äöüßÄÖÜéèàçáíúýčšžřěůľôâîëïêûñåøæ", r):
			good++
		case inside && strings.ContainsRune("„”“‘…«»§°€×•®©", r):
			bad++
		case strings.ContainsRune("„”“’‘–—…«»§°€×•·®©", r) || r == '\u00a0' || r == '\u00ad':
			good++
		case r == utf8.RuneError || unicode.IsControl(r):
			bad++
		case inWord && !unicode.IsLetter(r):
			bad++
		case !unicode.IsLetter(r):
			good--
		}
		before = r
	}
	return good, bad
}

func isConsonant(r rune) bool {
	return unicode.IsLetter(r) && !strings.ContainsRune("aeiouyąęóáéíúýäöüěôAEIOUYĄĘÓÁÉÍÚÝÄÖÜĚÔ", r)
}

// isUnit reports whether r makes "m²" or "cm³" of the word before it.
func isUnit(before string, r rune) bool {
	if r != '²' && r != '³' {
		return false
	}
	word := before[strings.LastIndexAny(before, " \t\n0123456789")+1:]
	return word == "m" || word == "cm" || word == "mm" || word == "dm" || word == "km"
}
