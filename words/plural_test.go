package words

import "testing"

// The boundaries of CLDR's plural rules for Polish.
func TestPluralForm(t *testing.T) {
	t.Parallel()
	want := map[int]int{0: 2, 1: 0, 2: 1, 4: 1, 5: 2, 11: 2, 12: 2, 14: 2, 15: 2, 21: 2, 22: 1, 24: 1, 25: 2, 101: 2, 102: 1, 112: 2, 122: 1, 1002: 1, -1: 0, -3: 1}
	for n, form := range want {
		if got := pluralForm(n); got != form {
			t.Errorf("pluralForm(%d) = %d, want %d", n, got, form)
		}
	}
	if got := For("pl").count(22, [3]string{"linia", "linie", "linii"}, [2]string{"line", "lines"}); got != "22\u00a0linie" {
		t.Errorf("got %q", got)
	}
}
