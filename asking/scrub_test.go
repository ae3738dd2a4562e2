package asking_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"centrala/asking"
)

func TestScrub(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		// Nothing personal: nothing is lost.
		"kiedy wrócą pieniądze za anulowane zamówienie": "kiedy wrócą pieniądze za anulowane zamówienie",
		"zwrot w 14 dni, a minęło 5":                    "zwrot w 14 dni, a minęło 5",
		"błąd ERR_42 przy płatności BLIK":               "błąd ERR_42 przy płatności BLIK",
		"dzbanek 1,2 l za 129,00 zł":                    "dzbanek 1,2 l za 129,00 zł",
		"jestem sprzedawcą i nie widzę wypłaty":         "jestem sprzedawcą i nie widzę wypłaty",
		"gdzie jest moja paczka od 3 listopada 2026":    "gdzie jest moja paczka od 3 listopada 2026",
		"is the iPhone 15 returned within 30 days":      "is the iPhone 15 returned within 30 days",

		// Addresses.
		"mój adres to jan.kowalski+sklep@poczta.example.pl, proszę": "mój adres to …, proszę",
		"piszcie na anna [at] poczta [dot] pl":                      "piszcie na …",
		"Żaneta.Łoś@gmail.com nie działa":                           "… nie działa",
		"nie działa https://jarmark.example/r?token=abc123#x dalej": "nie działa … dalej",
		"link www.jarmark.pl/konto/jan nie działa":                  "link … nie działa",
		"jarmark.pl/zamowienie/2487 pokazuje błąd":                  "… pokazuje błąd",

		// Numbers.
		"zadzwońcie +48 601 234 567 dziś":                     "zadzwońcie … dziś",
		"tel. 601-234-567":                                    "tel. …",
		"tel (22) 123 45 67":                                  "tel …",
		"konto PL61 1090 1014 0000 0712 1981 2874 nie pasuje": "konto … nie pasuje",
		"konto 61 1090 1014 0000 0712 1981 2874":              "konto …",
		"konto de89370400440532013000 zła":                    "konto … zła",
		"zamówienie 2487-1193-05 nie doszło":                  "zamówienie … nie doszło",
		"zamówienie A/2026/00017 nie doszło":                  "zamówienie … nie doszło",
		"sprawa #20417 bez odpowiedzi":                        "sprawa … bez odpowiedzi",
		"faktura nr FV12/2026 jest błędna":                    "faktura … jest błędna",
		"paczka JJD000390007827453829 stoi":                   "paczka … stoi",
		"PESEL 90010112345":                                   "PESEL …",
		"NIP 525-244-57-67 na fakturze":                       "NIP … na fakturze",
		"numer 4\u200b0\u200b1\u200b2 8888 8888 1881 karta":   "numer … karta",
		"karta 4012\u00a08888\u00a08888\u00a01881":            "karta …",

		// Names and where people live.
		"nazywam się Jan Kowalski i czekam":         "nazywam się … i czekam",
		"nazywam sie jan kowalski":                  "nazywam sie … kowalski",
		"Nazywam się: Anna Nowak-Wiśniewska, zwrot": "Nazywam się …, zwrot",
		"my name is John Smith, where is it":        "my name is …, where is it",
		"My name’s O’Brien and I wait":              "My name’s … and I wait",
		"jestem Anna Kowalska i chcę zwrot":         "jestem … i chcę zwrot",
		"zwrot od pani Marty Wiśniewskiej":          "zwrot od pani …",
		"czekam. Pozdrawiam, Jan Kowalski":          "czekam. Pozdrawiam …",
		"mieszkam na ul. Długiej 7/3 w bloku":       "mieszkam na ul. … w bloku",
		"wysyłka 31-147 Kraków kiedy":               "wysyłka … kiedy",
	} {
		if got := asking.Scrub(text); got != want {
			t.Errorf("%q\nbecame %q\nwant   %q", text, got, want)
		}
	}
}

// What was taken out is not there in any form, and what is left is short and whole.
func TestScrubKeepsNothingPersonal(t *testing.T) {
	t.Parallel()
	secrets := []string{"jan.kowalski@poczta.pl", "601234567", "601 234 567", "PL61109010140000071219812874", "2487-1193-05", "https://x.example/?t=tajne"}
	for _, s := range secrets {
		for _, around := range []string{"%", "pytam o % teraz", "(%)", "„%”", "a\n%\tb", strings.Repeat("długie słowa ", 40) + "%"} {
			got := asking.Scrub(strings.ReplaceAll(around, "%", s))
			if strings.Contains(got, s) || strings.Contains(got, "kowalski") || strings.Contains(got, "tajne") {
				t.Errorf("%q in %q became %q", s, around, got)
			}
			if n := utf8.RuneCountInString(got); n > asking.MaxAsked || !utf8.ValidString(got) {
				t.Errorf("%d characters", n)
			}
		}
	}
	if asking.Says(asking.Scrub("601 234 567")) || !asking.Says("zwrot …") {
		t.Error("what says nothing says something")
	}
}

func FuzzScrub(f *testing.F) {
	f.Add("nazywam się Jan, tel. 601 234 567, jan@x.pl")
	f.Fuzz(func(t *testing.T, text string) {
		got := asking.Scrub(text)
		if utf8.RuneCountInString(got) > asking.MaxAsked || strings.ContainsAny(got, "\n\t") || utf8.ValidString(text) && !utf8.ValidString(got) {
			t.Errorf("%q became %q", text, got)
		}
		if again := asking.Scrub(got); strings.Contains(again, "@") && !strings.Contains(got, "@") {
			t.Errorf("%q became %q", got, again)
		}
	})
}
