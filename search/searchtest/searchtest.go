// Package searchtest is what every engine of the Help Centre promises. A new engine is done
// when the suite is green on it.
package searchtest

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"centrala"
	"centrala/search"
)

// Run holds the promises against an engine; open gives an empty index that is the test's.
func Run(t *testing.T, open func(testing.TB) search.Index) {
	for name, f := range map[string]func(*testing.T, search.Index){
		"finds by any form of the words, and without diacritics": forms,
		"finds while the last word is being typed":               typing,
		"keeps to the language and the side":                     filters,
		"a new version replaces the old, and removing removes":   replacing,
		"nothing to look for finds nothing":                      nothing,
		"tells its versions":                                     versions,
		"shows the sentence that answers":                        snippets,
		"takes any input":                                        anyInput,
		"finds sections, one for an article":                     sections,
		"tells readers what is theirs":                           readers,
		"finds codes whole and never corrects them":              codes,
		"finds joined words and their parts":                     joinedWords,
		"knows German":                                           german,
		"learns words while it answers":                          learning,
		"is made anew without a gap":                             rebuilding,
		"keeps what changes while it is made anew":               rebuildingMeanwhile,
		"stays when it cannot be made anew":                      rebuildingFails,
		"takes a book for an article":                            book,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			index := open(t)
			if err := index.Put(t.Context(), Articles()); err != nil {
				t.Fatal(err)
			}
			f(t, index)
		})
	}
	t.Run("ranks alike however the articles came", func(t *testing.T) {
		t.Parallel()
		arrival(t, open(t), open(t))
	})
}

// arrival holds what came together against what came one by one, with earlier versions first.
func arrival(t *testing.T, together, single search.Index) {
	if err := together.Put(t.Context(), Articles()); err != nil {
		t.Fatal(err)
	}
	for _, a := range Articles() {
		early := a
		early.Title, early.Body = "Wersja robocza", "Zwrot, hasło i paczka."
		for _, version := range []centrala.Article{early, a} {
			if err := single.Put(t.Context(), []centrala.Article{version}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, text := range []string{"zwrot pieniędzy", "hasło do konta i paczka", "wyplata dokument", "parcel refunds"} {
		a, errA := together.Search(t.Context(), centrala.Query{Text: text, Limit: 5})
		b, errB := single.Search(t.Context(), centrala.Query{Text: text, Limit: 5})
		if err := errors.Join(errA, errB); err != nil {
			t.Fatal(err)
		}
		if len(a) != len(b) || len(a) == 0 {
			t.Errorf("%q finds %d that came together and %d that came one by one", text, len(a), len(b))
			continue
		}
		for i := range a {
			if a[i].ID != b[i].ID || math.Abs(a[i].Score-b[i].Score) > 1e-9*a[i].Score {
				t.Errorf("%q, place %d: %s with %v, but %s with %v", text, i+1, a[i].Slug, a[i].Score, b[i].Slug, b[i].Score)
			}
		}
	}
}

// Articles are a small Help Centre in two languages.
func Articles() []centrala.Article {
	buyer, seller := []centrala.Side{centrala.Buyer}, []centrala.Side{centrala.Seller}
	at := time.Date(2026, 11, 1, 12, 0, 0, 1000, time.UTC)
	return []centrala.Article{
		{ID: 1, Locale: "pl", UpdatedAt: at, Content: centrala.Content{Slug: "kiedy-wroca-pieniadze", Title: "Kiedy wrócą pieniądze", Sides: buyer, Tags: []string{"zwrot", "BLIK"}, Body: "Zwrot zlecamy w dniu anulowania.\n\nBLIK i przelew wracają w 2 dni robocze, karta do 7 dni.\n\n## Minął termin\n\nNapisz do nas i podaj numer zamówienia."}},
		{ID: 2, Locale: "pl", UpdatedAt: at, Content: centrala.Content{Slug: "gdzie-jest-moja-paczka", Title: "Gdzie jest moja paczka", Sides: buyer, Tags: []string{"dostawa", "przesyłka"}, Body: "Przesyłkę śledzisz w zakładce Moje zakupy. Kurier dostarcza do Łodzi i okolic w jeden dzień."}},
		{ID: 3, Locale: "pl", UpdatedAt: at, Content: centrala.Content{Slug: "wyplata", Title: "Wstrzymana wypłata: co dosłać", Sides: seller, Tags: []string{"wypłata"}, Body: "Wypłatę wstrzymujemy, gdy brakuje dokumentu. Dosłany dokument sprawdzamy w jeden dzień roboczy."}},
		{ID: 4, Locale: "pl", UpdatedAt: at, Content: centrala.Content{Slug: "konto", Title: "Jak zmienić hasło do konta", Body: "Hasło zmieniasz w ustawieniach konta."}},
		{ID: 5, Locale: "en", UpdatedAt: at, Content: centrala.Content{Slug: "where-is-my-parcel", Title: "Where is my parcel", Sides: buyer, Body: "Track your parcel under My purchases. Couriers deliver within one day."}},
		{ID: 6, Locale: "en", UpdatedAt: at, Content: centrala.Content{Slug: "refunds", Title: "When do refunds arrive", Sides: buyer, Body: "Refunds by card arrive within seven days."}},
	}
}

func first(t *testing.T, index search.Index, q centrala.Query) centrala.Suggestion {
	t.Helper()
	q.Limit = 5
	found, err := index.Search(t.Context(), q)
	if err != nil {
		t.Fatalf("%q: %v", q.Text, err)
	}
	if len(found) == 0 {
		return centrala.Suggestion{}
	}
	return found[0]
}

func forms(t *testing.T, index search.Index) {
	for text, slug := range map[string]string{
		"pieniądze": "kiedy-wroca-pieniadze", "pieniadze": "kiedy-wroca-pieniadze", "PIENIĘDZY": "kiedy-wroca-pieniadze", "pieniedzy": "kiedy-wroca-pieniadze",
		"zwrotu": "kiedy-wroca-pieniadze", "zwrot": "kiedy-wroca-pieniadze", "lodz": "gdzie-jest-moja-paczka", "Łódź": "gdzie-jest-moja-paczka",
		"paczki nie ma": "gdzie-jest-moja-paczka", "przesylke": "gdzie-jest-moja-paczka", "pacska": "gdzie-jest-moja-paczka",
		"zmiana hasla": "konto", "kiedy dostanę pieniądze za anulowane zamówienie?": "kiedy-wroca-pieniadze", "brak wypłaty": "wyplata",
	} {
		if got := first(t, index, centrala.Query{Text: text, Locale: "pl"}); got.Slug != slug {
			t.Errorf("%q finds %q, want %q", text, got.Slug, slug)
		}
	}
	for text, slug := range map[string]string{"parcels": "where-is-my-parcel", "refund": "refunds", "my refunding": "refunds"} {
		if got := first(t, index, centrala.Query{Text: text, Locale: "en"}); got.Slug != slug {
			t.Errorf("%q finds %q, want %q", text, got.Slug, slug)
		}
	}
}

func typing(t *testing.T, index search.Index) {
	for text, slug := range map[string]string{"pie": "kiedy-wroca-pieniadze", "gdzie pacz": "gdzie-jest-moja-paczka", "zmienić has": "konto"} {
		if got := first(t, index, centrala.Query{Text: text, Locale: "pl", Prefix: true}); got.Slug != slug {
			t.Errorf("%q finds %q, want %q", text, got.Slug, slug)
		}
	}
}

func filters(t *testing.T, index search.Index) {
	if got := first(t, index, centrala.Query{Text: "wypłata", Locale: "pl", Side: centrala.Buyer}); got.Slug == "wyplata" {
		t.Error("a buyer is shown a seller's article")
	}
	if got := first(t, index, centrala.Query{Text: "hasło", Locale: "pl", Side: centrala.Advertiser}); got.Slug != "konto" {
		t.Error("an article of no side is for all")
	}
	found, err := index.Search(t.Context(), centrala.Query{Text: "parcel paczka refunds pieniądze", Locale: "en", Limit: 9})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range found {
		if !strings.HasPrefix(s.URL, "/help/en/") {
			t.Errorf("%s is not English", s.URL)
		}
	}
}

func replacing(t *testing.T, index search.Index) {
	a := Articles()[3]
	a.Title, a.Body, a.UpdatedAt = "Nowy regulamin", "Zasady od stycznia.", a.UpdatedAt.Add(time.Hour)
	if err := index.Put(t.Context(), []centrala.Article{a}); err != nil {
		t.Fatal(err)
	}
	if got := first(t, index, centrala.Query{Text: "hasło", Locale: "pl"}); got.ID == a.ID {
		t.Error("the old version is still found")
	}
	if got := first(t, index, centrala.Query{Text: "regulamin", Locale: "pl"}); got.ID != a.ID || got.Title != a.Title {
		t.Errorf("the new version is not found: %+v", got)
	}
	if err := index.Remove(t.Context(), []centrala.ArticleID{a.ID, 999}); err != nil {
		t.Fatal(err)
	}
	if got := first(t, index, centrala.Query{Text: "regulamin", Locale: "pl"}); got.ID == a.ID {
		t.Error("a removed article is found")
	}
}

func nothing(t *testing.T, index search.Index) {
	for _, text := range []string{"", "   ", "?!", "xqzwv"} {
		if found, err := index.Search(t.Context(), centrala.Query{Text: text, Locale: "pl", Limit: 5}); err != nil || len(found) != 0 {
			t.Errorf("%q: %v, %v", text, found, err)
		}
	}
}

func versions(t *testing.T, index search.Index) {
	got, err := index.Versions(t.Context())
	if err != nil || len(got) != len(Articles()) {
		t.Fatalf("%v, %v", got, err)
	}
	for _, a := range Articles() {
		if got[a.ID] != a.UpdatedAt.UnixMicro() {
			t.Errorf("%s: %d", a.Slug, got[a.ID])
		}
	}
}

func snippets(t *testing.T, index search.Index) {
	got := first(t, index, centrala.Query{Text: "kiedy wrócą z karty BLIK przelew", Locale: "pl"})
	if !strings.Contains(got.Snippet, "2 dni robocze") || len([]rune(got.Snippet)) > 220 {
		t.Errorf("snippet: %q", got.Snippet)
	}
}

func anyInput(t *testing.T, index search.Index) {
	for _, text := range []string{strings.Repeat("ą", 5000), "title:* OR (", "\x00\xff", `"\`, "a:b^c~d", strings.Repeat("zwrot ", 900), "日本語 🤷"} {
		if _, err := index.Search(t.Context(), centrala.Query{Text: text, Limit: 5, Prefix: true}); err != nil {
			t.Errorf("%.20q: %v", text, err)
		}
	}
	found, err := index.Search(t.Context(), centrala.Query{Text: "pieniądze paczka wypłata hasło", Limit: 2})
	if err != nil || len(found) != 2 || slices.ContainsFunc(found, func(s centrala.Suggestion) bool { return s.Score <= 0 || s.Score > 1 }) {
		t.Errorf("two of four, with a score from 0 to 1: %+v, %v", found, err)
	}
}
