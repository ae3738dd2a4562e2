package search_test

import (
	"testing"

	"centrala/search"
)

func TestMatter(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Dzień dobry": "", "dzien dobry!": "", "Witam serdecznie,": "", "halo, halo": "", "Hello": "", "dziękuję bardzo :)": "", "": "", "?!": "",
		"Dzień dobry, gdzie jest moja paczka?": "gdzie jest moja paczka?", "Kiedy zwrot? Pozdrawiam": "Kiedy zwrot? ",
		"w jaki dzień dostawa": "w jaki dzień dostawa", "mam pytanie o raty": "o raty", "Hi, where is my parcel, please": "where is my parcel, ",
		"zwrot":                         "zwrot",
		"dzien\u0301 dobry czy są raty": "czy są raty",
	} {
		if got := search.Matter(text, false); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]string{"dzie": "", "dzień": "", "dzień d": "dzień d", "dzień dob": "", "dziek": "", "zwrot pros": "zwrot ", "dzień ": "dzień ", "dob paczka": "dob paczka"} {
		if got := search.Matter(text, true); got != want {
			t.Errorf("while typing %q: %q, want %q", text, got, want)
		}
	}
}
