package language_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"centrala/search/language"
)

func exact(words []language.Word) []string {
	var out []string
	for _, w := range words {
		out = append(out, w.Exact)
	}
	return out
}

func TestWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ locale, text, want string }{
		{"pl", "Zażółć gęślą jaźń, ŁÓDŹ!", "zazolc gesla jazn lodz"},
		{"pl", "Z\u0301rebie i zaz\u0307o\u0301łc\u0301", "zrebie i zazolc"},
		{"pl", "zamówienie 55-881 oraz A/2026/00017, błąd ERR_42.", "zamowienie 55-881 55 881 oraz a/2026/00017 a 2026 00017 blad err_42 err 42"},
		{"pl", "e-mail i Wi-Fi, biało-czerwony", "email e mail i wifi wi fi bialoczerwony bialo czerwony"},
		{"pl", "i/lub wersja 2.0", "i lub wersja 2.0 2 0"},
		{"en", "The user's mouse isn’t (mine)", "the user mouse isn t mine"},
		{"de", "Größe, Groesse, Übergrößen, Straße", "grosse grosse ubergrossen strasse"},
		{"cs", "Řeřicha", "rericha"},
		{"pl", "日本語 🤷 -- ... _", "日本語"},
		{"pl", "", ""},
	} {
		if got := strings.Join(exact(language.For(c.locale).Words(c.text)), " "); got != c.want {
			t.Errorf("%s %q: %q, want %q", c.locale, c.text, got, c.want)
		}
	}
	for _, text := range []string{strings.Repeat("ą", 5000), "\x00\xff", strings.Repeat("a-", 5000), strings.Repeat("1/", 5000) + "2"} {
		for _, w := range language.For("pl").Words(text) {
			if len(w.Exact) > language.MaxWord || !utf8.ValidString(w.Exact) {
				t.Errorf("%.10q: a word of %d bytes", text, len(w.Exact))
			}
		}
	}
}

// What is inflected has one stem, in its own letters and without them.
func TestStems(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		locale string
		words  []string
	}{
		{"pl", []string{"hasło", "hasła", "hasłem", "hasel", "hasla", "haslem"}},
		{"pl", []string{"książka", "książce", "ksiazce", "ksiazke", "książkami"}},
		{"pl", []string{"zwrot", "zwrotu", "zwrotów", "zwrotow", "zwrotem"}},
		{"en", []string{"refund", "refunds", "refunding", "refunded"}},
		{"de", []string{"Bestellung", "Bestellungen"}},
		{"de", []string{"Ruecksendung", "Rücksendungen"}},
	} {
		l := language.For(c.locale)
		of := func(s string) []string {
			w := l.Word(strings.ToLower(s))
			return append(l.Stems(w.Exact), w.Stem, w.Light)
		}
		first := of(c.words[0])
		for _, w := range c.words[1:] {
			if !slices.ContainsFunc(of(w), func(s string) bool { return s != "" && slices.Contains(first, s) }) {
				t.Errorf("%s: %q has %q and %q has %q", c.locale, c.words[0], first, w, of(w))
			}
		}
	}
	for _, code := range []string{"err42", "2026", "h264"} {
		if w := language.For("pl").Word(code); !w.Code || w.Stem != "" || w.Light != "" {
			t.Errorf("%q is bent: %+v", code, w)
		}
	}
}
