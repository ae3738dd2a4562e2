package searchtest

import (
	"slices"
	"testing"

	"centrala"
	"centrala/search"
)

// handwritten is a question as somebody wrote it, and the pages of GNOME's that answer it.
type handwritten struct {
	text, kind string
	pages      []string
}

var byHand = []handwritten{
	{"zmienić hasło", "inflected", []string{"user-changepassword"}},
	{"jak zmienic haslo uzytkownika", "no diacritics", []string{"user-changepassword"}},
	{"wybor bezpiecznych hasel", "inflected, no diacritics", []string{"user-goodpassword"}},
	{"zacięty papier w drukarce", "inflected", []string{"printing-paperjam"}},
	{"drukarka zaciela papier", "inflected, no diacritics", []string{"printing-paperjam"}},
	{"poziom tuszu w drukarkach", "inflected", []string{"printing-inklevel"}},
	{"nie slychac dzwieku", "no diacritics", []string{"sound-nosound", "sound-broken", "sound-crackle"}},
	{"przywrócić usunięty plik z kosza", "inflected", []string{"files-recover"}},
	{"kopie zapsowe waznych plikow", "typo, no diacritics", []string{"backup-why", "backup-how", "backup-what"}},
	{"logowanie odciskiem palca", "inflected", []string{"session-fingerprint"}},
	{"komputer jest gorący", "inflected", []string{"power-hotcomputer"}},
	{"wentylator caly czas dziala w laptopie", "no diacritics", []string{"power-constantfan"}},
	{"laczenie z ukryta siecia wifi", "no diacritics", []string{"net-wireless-hidden"}},
	{"adresu IP gdzie znajdę", "inflected", []string{"net-findip"}},
	{"strefę czasową zmieniam", "inflected", []string{"clock-timezone"}},
	{"jasnosc ekranu", "no diacritics", []string{"display-brightness", "power-autobrightness"}},
	{"podlaczyc drugi monitor", "inflected, no diacritics", []string{"display-dual-monitors"}},
	{"zrzuty ekrnu", "typo", []string{"screen-shot-record"}},
	{"skroty klawiszowe ustawic", "inflected, no diacritics", []string{"keyboard-shortcuts-set", "shell-keyboard-shortcuts"}},
	{"usunąć urządzenie bluetooth z listy", "inflected", []string{"bluetooth-remove-connection"}},
}

// ByHand asks an engine twenty questions about GNOME's Polish help, written by hand: inflected,
// without diacritics, with slips. Each finds its page among the first three, and it is shown.
func ByHand(t *testing.T, open func(testing.TB) search.Index) {
	t.Helper()
	index := open(t)
	if err := index.Put(t.Context(), GNOME(t, "pl")); err != nil {
		t.Fatal(err)
	}
	for _, q := range byHand {
		found := sure(ask(t, index, centrala.Query{Text: q.text, Locale: "pl", Limit: 3}))
		if !slices.ContainsFunc(found, func(s centrala.Suggestion) bool { return slices.Contains(q.pages, s.Slug) }) {
			t.Errorf("%q (%s) does not find %v among the first three: %q", q.text, q.kind, q.pages, slugs(found))
		}
	}
}
