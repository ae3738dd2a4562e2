package engine

import (
	"database/sql/driver"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	modernc "modernc.org/sqlite"
)

// fold is s as a search compares it: in lower case, and Polish letters as those beneath them.
// Both engines do the same to what is stored; see Holds.
func fold(s string) string {
	plain := func(b byte) bool { return b < utf8.RuneSelf && (b < 'A' || b > 'Z') }
	n := 0
	for n < len(s) && plain(s[n]) {
		n++
	}
	if n == len(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	b.WriteString(s[:n])
	for _, r := range s[n:] {
		b.WriteRune(unfinished(unicode.ToLower(r)))
	}
	return b.String()
}

// unfinished is the letter beneath a Polish one in lower case, and every other as it is.
func unfinished(r rune) rune {
	switch r {
	case 'ą':
		return 'a'
	case 'ć':
		return 'c'
	case 'ę':
		return 'e'
	case 'ł':
		return 'l'
	case 'ń':
		return 'n'
	case 'ó':
		return 'o'
	case 'ś':
		return 's'
	case 'ź', 'ż':
		return 'z'
	}
	return r
}

// Holds is the condition that a text column holds a word, with Polish letters or without, as the
// argument a that Pattern makes of it. SQLite calls fold; in PostgreSQL a regular expression names
// the letters, which takes as long as LIKE on lower does, and translate eight times as long.
func (d Dialect) Holds(column, a string) string {
	if d == Postgres {
		return column + " ~* " + a
	}
	return "centrala_fold(" + column + ") LIKE " + a + ` ESCAPE '\'`
}

// Pattern is the argument for Holds.
func (d Dialect) Pattern(word string) string {
	folded := fold(word)
	if d == SQLite {
		return "%" + Like(folded) + "%"
	}
	var b strings.Builder
	for _, r := range folded {
		switch letters := likened[r]; {
		case letters != "":
			b.WriteString("[" + letters + "]")
		case r < utf8.RuneSelf && !unicode.IsLetter(r) && !unicode.IsDigit(r):
			b.WriteString(`\` + string(r)) // it is never an operator
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Like escapes what a pattern would take for wildcards.
func Like(s string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s)
}

// likened are the letters that fold makes one. The Polish capitals are named too: PostgreSQL knows
// only those of the database's locale.
var likened = map[rune]string{'a': "aąĄ", 'c': "cćĆ", 'e': "eęĘ", 'l': "lłŁ", 'n': "nńŃ", 'o': "oóÓ", 's': "sśŚ", 'z': "zźżŹŻ"}

// FoldInSQLite gives every SQLite connection of the process the function; its own lower knows
// only ASCII.
var FoldInSQLite = sync.OnceValue(func() error {
	return modernc.RegisterDeterministicScalarFunction("centrala_fold", 1, func(_ *modernc.FunctionContext, args []driver.Value) (driver.Value, error) {
		switch v := args[0].(type) {
		case string:
			return fold(v), nil
		case []byte:
			return fold(string(v)), nil
		default:
			return v, nil
		}
	})
})
