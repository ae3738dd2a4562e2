package centrala

import "testing"

func TestFold(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"ŁÓDŹ": "lodz", "Zażółć gęślą jaźń": "zazolc gesla jazn", "Straße": "strasse", "łódź": "lodz",
		"z\u0301ro\u0301dl\u0142o": "zrodllo", "Ærø, Þór, Bădescu": "aero, thor, badescu", "Привет": "привет", "İstanbul": "istanbul", "": "", "\xff": "\ufffd"} {
		if got := Fold(in); got != want {
			t.Errorf("%q folds to %q, want %q", in, got, want)
		}
	}
}

func TestSlug(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"Jak zwrócić zakup?": "jak-zwrocic-zakup", "  --Gdy termin: minął!": "gdy-termin-minal", "100 % zwrotu": "100-zwrotu",
		"Привет": "", "Bardzo długi tytuł, który się nie zmieści": "bardzo-dlugi-tytul-ktory-sie-n"} {
		if got := Slug(in, 30); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
