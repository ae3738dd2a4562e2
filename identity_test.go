package centrala

import (
	"slices"
	"testing"
)

func TestDigits(t *testing.T) {
	t.Parallel()
	for phone, want := range map[string]string{
		"+48 600 100 214": "48600100214", "0048600100214": "48600100214", "600-100-214": "48600100214", "(22) 555 01 02": "48225550102",
		"+1 415 555 2671": "14155552671", "48600100214": "48600100214",
		"": "", "112": "", "123456": "", "brak": "", "+48 600 100 214 600 100 214": "", "٦٠٠١٠٠٢١٤": "",
	} {
		if got := Digits(phone); got != want {
			t.Errorf("%q is %q, want %q", phone, got, want)
		}
	}
}

func kinds(all []Evidence, strong, against bool) []EvidenceKind {
	var out []EvidenceKind
	for _, e := range all {
		if e.Strong == strong && e.Against == against {
			out = append(out, e.Kind)
		}
	}
	return out
}

func TestCompare(t *testing.T) {
	t.Parallel()
	proven := func(email string) Known {
		return Known{Contact: Contact{Email: email}, Emails: []string{email}}
	}
	typed := func(email string) Known { return Known{Contact: Contact{Email: email}} }
	caller := func(phone string, digits ...string) Known {
		return Known{Contact: Contact{Phone: phone}, Phones: digits}
	}
	signed := func(sub string) Known { return Known{Contact: Contact{Verified: true, ExternalID: sub}} }
	doubted := proven("marta@poczta.example")
	doubted.Contact.Doubted = true
	both := proven("marta@poczta.example")
	both.Contact.ExternalID = "u2"
	first := proven("Marta@Poczta.example")
	first.Contact.ExternalID = "u1"
	for name, c := range map[string]struct {
		a, b     Known
		strong   []EvidenceKind
		weak     []EvidenceKind
		against  []EvidenceKind
		never    []EvidenceKind // strongly against
		suggests bool
	}{
		"nothing known":       {a: Known{}, b: Known{}},
		"a proven address":    {a: proven("Marta@Poczta.example"), b: proven("marta@poczta.example"), strong: []EvidenceKind{SameEmail}, suggests: true},
		"typed by one":        {a: proven("marta@poczta.example"), b: typed("marta@poczta.example"), weak: []EvidenceKind{SameEmail}},
		"typed by both":       {a: typed("marta@poczta.example"), b: typed("marta@poczta.example"), weak: []EvidenceKind{SameEmail}},
		"another address":     {a: proven("marta@poczta.example"), b: proven("mw@praca.example"), against: []EvidenceKind{OtherEmail}},
		"a proven number":     {a: caller("", "48600100214"), b: caller("+48 600 100 214", "48600100214"), strong: []EvidenceKind{SamePhone}, suggests: true},
		"a typed number":      {a: caller("600 100 214"), b: caller("", "48600100214"), weak: []EvidenceKind{SamePhone}},
		"no numbers":          {a: caller("brak"), b: caller("brak")},
		"one account":         {a: signed("u1"), b: signed("u1"), strong: []EvidenceKind{SameIdentity}, suggests: true},
		"two accounts":        {a: first, b: both, strong: []EvidenceKind{SameEmail}, never: []EvidenceKind{OtherIdentity}},
		"a doubted one":       {a: doubted, b: proven("marta@poczta.example"), strong: []EvidenceKind{SameEmail}, never: []EvidenceKind{DoubtedAddress}},
		"an order, a name":    {a: Known{Contact: Contact{Name: "Łucja Żak", Locale: "pl"}, Orders: []string{"1", "2"}}, b: Known{Contact: Contact{Name: " lucja zak", Locale: "pl"}, Orders: []string{"2"}}, weak: []EvidenceKind{SameOrder, SameName, SameLocale}},
		"a buyer, a seller":   {a: Known{Contact: Contact{Side: Buyer}}, b: Known{Contact: Contact{Side: Seller}}, against: []EvidenceKind{OtherSide}},
		"a buyer, not known":  {a: Known{Contact: Contact{Side: Buyer}}, b: Known{}},
		"nameless, both":      {a: Known{Contact: Contact{Name: " "}}, b: Known{Contact: Contact{Name: " "}}},
		"an address of three": {a: Known{Emails: []string{"a@x.example", "b@x.example"}}, b: proven("b@x.example"), strong: []EvidenceKind{SameEmail}, suggests: true},
	} {
		for way, all := range map[string][]Evidence{"": Compare(c.a, c.b), ", the other way": Compare(c.b, c.a)} {
			for what, got := range map[string][2][]EvidenceKind{"strong": {kinds(all, true, false), c.strong}, "weak": {kinds(all, false, false), c.weak},
				"against": {kinds(all, false, true), c.against}, "strongly against": {kinds(all, true, true), c.never}} {
				if !slices.Equal(got[0], got[1]) {
					t.Errorf("%s%s: %s is %v, want %v", name, way, what, got[0], got[1])
				}
			}
			if got := Suggests(all); got != c.suggests {
				t.Errorf("%s%s: suggested: %v", name, way, got)
			}
			if !slices.IsSortedFunc(all, func(x, y Evidence) int { return rank(x) - rank(y) }) {
				t.Errorf("%s%s: the strongest is not first: %v", name, way, all)
			}
		}
	}
}
