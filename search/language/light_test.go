package language

import "testing"

func TestLight(t *testing.T) {
	t.Parallel()
	for _, words := range [][]string{
		{"haslo", "hasla", "haslem", "haslami"}, {"system", "systemu", "systemom", "systemami"}, {"udostepnic", "udostepnianie", "udostepniajacy", "udostepnieniem"},
		{"logowanie", "logujacym", "logowal"}, {"maksymalizujacych", "maksymalizacja"}, {"zwrot", "zwrotu", "zwrotami"}, {"ustawic", "ustawienia", "ustawiony", "ustawilbym"},
		{"drukarka", "drukarki", "drukarkom"}, {"ekran", "ekranu", "ekranem", "ekranami"}, {"przesylka", "przesylke", "przesylkami"},
	} {
		for _, w := range words[1:] {
			if light(w) != light(words[0]) {
				t.Errorf("%s: %q, but %s: %q", words[0], light(words[0]), w, light(w))
			}
		}
	}
}
