package deflection_test

import (
	"strings"
	"testing"

	"centrala/deflection"
)

func TestStems(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ locale, a, b string }{
		{"pl", "Gdzie jest moja paczka?", "paczki"},
		{"pl", "jak zwrócić buty", "Zwrócić BUTY, jak?"},
		{"pl-PL", "zwrot zwrotu", "zwroty"},
		{"en", "How do I return my shoes?", "returned shoe"},
		{"de", "Wie kann ich die Schuhe zurücksenden", "Schuh zurücksenden"},
		{"xx", "abc def", "def abc"},
		{"pl", "dzień dobry", "dobry dzień"}, // says nothing of the matter, and is something all the same
		{"pl", "kod ERR_42", "err_42 kodu"},
		{"en", "change e-mail", "changing the email"},
	} {
		if a, b := deflection.Stems(c.locale, c.a), deflection.Stems(c.locale, c.b); a != b || a == "" {
			t.Errorf("%q is %q, and %q is %q", c.a, a, c.b, b)
		}
	}
	if a, b := deflection.Stems("pl", "zwrot butów"), deflection.Stems("pl", "zwrot pieniędzy"); a == b {
		t.Errorf("two matters are %q", a)
	}
	if n := len(strings.Fields(deflection.Stems("en", strings.Repeat("alpha beta ", 3)+longText()))); n > 24 {
		t.Errorf("%d stems", n)
	}
}

func longText() string {
	var b strings.Builder
	for i := range 3000 {
		b.WriteString("w" + strings.Repeat("x", i%37) + string(rune('a'+i%26)) + " ")
	}
	return b.String()
}
