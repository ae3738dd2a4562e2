package searchtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"centrala"
	"centrala/search"
)

// put indexes articles beside those of the suite, from ID 100 on.
func put(t *testing.T, index search.Index, locale string, contents ...centrala.Content) {
	t.Helper()
	var articles []centrala.Article
	for i, c := range contents {
		articles = append(articles, centrala.Article{ID: centrala.ArticleID(100 + i), Locale: locale, UpdatedAt: written, Content: c})
	}
	if err := index.Put(t.Context(), articles); err != nil {
		t.Fatal(err)
	}
}

func ask(t *testing.T, index search.Index, q centrala.Query) []centrala.Suggestion {
	t.Helper()
	if q.Limit == 0 {
		q.Limit = 8
	}
	found, err := index.Search(t.Context(), q)
	if err != nil {
		t.Fatalf("%q: %v", q.Text, err)
	}
	return found
}

func slugs(found []centrala.Suggestion) []string {
	var out []string
	for _, s := range found {
		out = append(out, s.Slug)
	}
	return out
}

// sure are those that would be shown to who did not ask.
func sure(found []centrala.Suggestion) []centrala.Suggestion {
	return slices.DeleteFunc(slices.Clone(found), func(s centrala.Suggestion) bool { return s.Score < search.Sure })
}

func sections(t *testing.T, index search.Index) {
	put(t, index, "pl", centrala.Content{Slug: "raty", Title: "Raty", Body: "Zakup na raty.\n\n## Odroczenie spłaty\n\nRatę odroczysz w banku.\n\n## Wcześniejsza spłata\n\nRatę spłacisz przed terminem.\n\n## Wcześniejsza spłata\n\nDrugi raz: nadpłata kredytu."})
	for text, want := range map[string]string{
		"raty":                     "/help/pl/raty",
		"odroczenie raty":          "/help/pl/raty#odroczenie-splaty",
		"odroczyc w banku":         "/help/pl/raty#odroczenie-splaty",
		"spłacić przed terminem":   "/help/pl/raty#wczesniejsza-splata",
		"nadpłata kredytu na raty": "/help/pl/raty#wczesniejsza-splata-2",
	} {
		found := ask(t, index, centrala.Query{Text: text, Locale: "pl"})
		if len(found) == 0 || found[0].URL != want {
			t.Errorf("%q finds %+v, want %s", text, found, want)
			continue
		}
		if heading := strings.Contains(want, "#"); heading != (found[0].Heading != "") {
			t.Errorf("%q: the heading is %q", text, found[0].Heading)
		}
		if n := len(slices.DeleteFunc(slugs(found), func(s string) bool { return s != "raty" })); n != 1 {
			t.Errorf("%q finds the article %d times", text, n)
		}
	}
}

func readers(t *testing.T, index search.Index) {
	seller, buyer := []centrala.Side{centrala.Seller}, []centrala.Side{centrala.Buyer}
	put(t, index, "pl",
		centrala.Content{Slug: "cennik", Title: "Cennik prowizji", Readers: seller},
		centrala.Content{Slug: "prowizja", Title: "Prowizje dla wszystkich"},
		centrala.Content{Slug: "prowizja-kupna", Title: "Prowizje kupujących", Sides: buyer, Readers: buyer},
		centrala.Content{Slug: "prowizja-rabat", Title: "Prowizje z rabatem", Readers: []centrala.Side{centrala.Seller, centrala.Buyer}})
	for _, c := range []struct {
		asker centrala.Asker
		side  centrala.Side
		want  string
	}{
		{centrala.Everybody, centrala.NoSide, "prowizja"},
		{centrala.Everybody, centrala.Seller, "prowizja"},
		{centrala.Proved, centrala.NoSide, "prowizja"},
		{centrala.Proved, centrala.Seller, "cennik prowizja prowizja-rabat"},
		{centrala.Proved, centrala.Buyer, "prowizja prowizja-kupna prowizja-rabat"},
		{centrala.Proved, centrala.Advertiser, "prowizja"},
		{centrala.Inside, centrala.NoSide, "cennik prowizja prowizja-kupna prowizja-rabat"},
		{centrala.Inside, centrala.Seller, "cennik prowizja prowizja-rabat"},
		{centrala.Asker(99), centrala.Seller, "prowizja"},
	} {
		got := slugs(ask(t, index, centrala.Query{Text: "prowizje", Locale: "pl", Asker: c.asker, Side: c.side}))
		slices.Sort(got)
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("asker %d of side %q is told of %q, want %q", c.asker, c.side, s, c.want)
		}
	}
}

func codes(t *testing.T, index search.Index) {
	put(t, index, "pl",
		centrala.Content{Slug: "blad-42", Title: "Błąd ERR_42", Body: "Zaktualizuj program."},
		centrala.Content{Slug: "blad-43", Title: "Błąd ERR_43", Body: "Zadzwoń."},
		centrala.Content{Slug: "wniosek", Title: "Wniosek", Body: "Dotyczy sprawy A/2026/00017 oraz numeru 55-881."},
		centrala.Content{Slug: "inny", Title: "Inny wniosek", Body: "Dotyczy sprawy A/2026/00018 oraz numeru 55-882, 55 i 881."})
	for text, want := range map[string]string{
		"ERR_42": "blad-42", "err_43": "blad-43", "A/2026/00017": "wniosek", "55-881": "wniosek", "a/2026/00018": "inny", "sprawa A/2026/00018": "inny",
	} {
		found := ask(t, index, centrala.Query{Text: text, Locale: "pl"})
		if len(found) == 0 || found[0].Slug != want || found[0].Score < search.Sure {
			t.Errorf("%q finds %+v, want %s", text, found, want)
		}
	}
	for _, text := range []string{"ERR_44", "A/2026/00019", "55-883", "55-88", "A/2026/0001"} {
		if found := ask(t, index, centrala.Query{Text: text, Locale: "pl"}); len(found) != 0 {
			t.Errorf("%q is corrected to %q", text, slugs(found))
		}
	}
	if found := ask(t, index, centrala.Query{Text: "A/2026/0001", Locale: "pl", Prefix: true}); len(found) != 2 {
		t.Errorf("while it is typed a code finds %q", slugs(found))
	}
}

func joinedWords(t *testing.T, index search.Index) {
	put(t, index, "pl", centrala.Content{Slug: "poczta", Title: "Zmiana adresu e-mail"}, centrala.Content{Slug: "siec", Title: "Brak WiFi w lokalu"}, centrala.Content{Slug: "kolor", Title: "Biało-czerwony szalik"})
	for text, want := range map[string]string{"email": "poczta", "e-mail": "poczta", "E-MAILA": "poczta", "wi-fi": "siec", "czerwony": "kolor", "biało-czerwony": "kolor", "bialo czerwony szalik": "kolor"} {
		if found := ask(t, index, centrala.Query{Text: text, Locale: "pl"}); len(found) == 0 || found[0].Slug != want {
			t.Errorf("%q finds %q, want %s", text, slugs(found), want)
		}
	}
}

func german(t *testing.T, index search.Index) {
	put(t, index, "de",
		centrala.Content{Slug: "etikett", Title: "Rücksendeetikett drucken", Body: "Das Etikett liegt im Konto."},
		centrala.Content{Slug: "groesse", Title: "Größe und Maße wählen", Body: "Die Größentabelle hilft."},
		centrala.Content{Slug: "helligkeit", Title: "Helligkeit des Bildschirms", Body: "So wird es heller."},
		centrala.Content{Slug: "versand", Title: "Versandkosten", Body: "Der Versand kostet nichts."})
	for text, want := range map[string]string{
		"Rücksendeetikett": "etikett", "Ruecksendeetikett": "etikett", "rucksendeetiketten": "etikett", "Etikett": "etikett", "Rücksende": "etikett",
		"Grösse": "groesse", "groesse": "groesse", "GRÖSSEN": "groesse", "masse": "groesse", "Bildschirmhelligkeit": "helligkeit", "Kosten": "versand", "Versandkosen": "versand",
	} {
		if found := ask(t, index, centrala.Query{Text: text, Locale: "de"}); len(found) == 0 || found[0].Slug != want {
			t.Errorf("%q finds %q, want %s", text, slugs(found), want)
		}
	}
}

func learning(t *testing.T, index search.Index) {
	put(t, index, "pl", centrala.Content{Slug: "bon", Title: "Karta podarunkowa", Body: "Kartę kupisz w sklepie."}, centrala.Content{Slug: "rower", Title: "Naprawa roweru"})
	finds := func(text, slug string) bool {
		return slices.Contains(slugs(sure(ask(t, index, centrala.Query{Text: text, Locale: "pl"}))), slug)
	}
	for _, text := range []string{"voucher", "bicykl", "czek upominkowy"} {
		if finds(text, "bon") || finds(text, "rower") {
			t.Errorf("%q is known before it is taught", text)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	var searching sync.WaitGroup
	searching.Go(func() {
		for ctx.Err() == nil {
			if !finds("karta podarunkowa", "bon") {
				t.Error("nothing is found while it learns")
				return
			}
		}
	})
	list := centrala.WordList{Locale: "pl", Synonyms: [][]string{{"voucher", "karta podarunkowa", "czek upominkowy"}, {"bicykl", "rower"}}, Stop: []string{"ahoj"}}
	if err := index.Learn(t.Context(), []centrala.WordList{{Locale: "en"}, list}); err != nil {
		t.Fatal(err)
	}
	for text, slug := range map[string]string{"voucher": "bon", "vouchery": "bon", "czeki upominkowe": "bon", "bicykla": "rower", "ahoj naprawa bicykla": "rower"} {
		if !finds(text, slug) {
			t.Errorf("%q does not find %s", text, slug)
		}
	}
	if err := index.Learn(t.Context(), []centrala.WordList{{Locale: "pl"}}); err != nil {
		t.Fatal(err)
	}
	if finds("voucher", "bon") {
		t.Error("what was taken back is still known")
	}
	stop()
	searching.Wait()
	if err := index.Learn(t.Context(), []centrala.WordList{{Stop: []string{"x"}}}); centrala.CodeOf(err) != centrala.Invalid {
		t.Errorf("a list of no language: %v", err)
	}
}

// several gives articles as a rebuild takes them.
func several(articles []centrala.Article) func(func(centrala.Article, error) bool) {
	return func(yield func(centrala.Article, error) bool) {
		for _, a := range articles {
			if !yield(a, nil) {
				return
			}
		}
	}
}

func rebuilding(t *testing.T, index search.Index) {
	ctx, stop := context.WithCancel(t.Context())
	var searching sync.WaitGroup
	for range 3 {
		searching.Go(func() {
			for ctx.Err() == nil {
				if got := slugs(ask(t, index, centrala.Query{Text: "hasło do konta", Locale: "pl"})); !slices.Contains(got, "konto") {
					t.Errorf("while it is made anew %q is found", got)
					return
				}
			}
		})
	}
	for round := range 3 {
		articles := Articles()[2:] // without the first two
		for i := range 300 {
			articles = append(articles, centrala.Article{ID: centrala.ArticleID(1000 + i), Locale: "pl", UpdatedAt: written, Content: centrala.Content{Slug: fmt.Sprintf("nowy-%d-%d", round, i), Title: fmt.Sprintf("Nowy artykuł %d", i)}})
		}
		if err := index.Rebuild(t.Context(), several(articles)); err != nil {
			t.Fatal(err)
		}
		if got, err := index.Versions(t.Context()); err != nil || len(got) != len(articles) {
			t.Fatalf("%d of %d articles, %v", len(got), len(articles), err)
		}
	}
	stop()
	searching.Wait()
	if got := ask(t, index, centrala.Query{Text: "paczka przesyłka", Locale: "pl"}); slices.Contains(slugs(got), "gdzie-jest-moja-paczka") {
		t.Error("what the new index was not given is still found")
	}
	if got := ask(t, index, centrala.Query{Text: "nowy artykuł 7", Locale: "pl"}); len(got) == 0 || got[0].Slug != "nowy-2-7" {
		t.Errorf("the new index finds %q", slugs(got))
	}
}

func rebuildingMeanwhile(t *testing.T, index search.Index) {
	articles := Articles()
	changed := articles[0]
	changed.Title, changed.UpdatedAt = "Zmieniony tymczasem", changed.UpdatedAt.Add(time.Hour)
	err := index.Rebuild(t.Context(), func(yield func(centrala.Article, error) bool) {
		for i, a := range articles {
			if i == 3 { // between two articles somebody saves one and withdraws another
				if err := errors.Join(index.Put(t.Context(), []centrala.Article{changed}), index.Remove(t.Context(), []centrala.ArticleID{articles[1].ID})); err != nil {
					t.Error(err)
				}
				if got := first(t, index, centrala.Query{Text: "zmieniony tymczasem", Locale: "pl"}); got.ID != changed.ID {
					t.Error("what is saved meanwhile is not found at once")
				}
			}
			if !yield(a, nil) {
				return
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := index.Versions(t.Context())
	if _, there := got[articles[1].ID]; err != nil || there || got[changed.ID] != changed.UpdatedAt.UnixMicro() || len(got) != len(articles)-1 {
		t.Errorf("afterwards there are %v, %v", got, err)
	}
	if got := first(t, index, centrala.Query{Text: "zmieniony tymczasem", Locale: "pl"}); got.ID != changed.ID {
		t.Error("what was saved meanwhile is lost")
	}
}

func rebuildingFails(t *testing.T, index search.Index) {
	broken := errors.New("the store is away")
	err := index.Rebuild(t.Context(), func(yield func(centrala.Article, error) bool) {
		_ = yield(Articles()[0], nil) && yield(centrala.Article{}, broken)
	})
	if !errors.Is(err, broken) {
		t.Errorf("the error is %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := index.Rebuild(ctx, several(Articles()[:1])); !errors.Is(err, context.Canceled) {
		t.Errorf("of a rebuild that is given up the error is %v", err)
	}
	if got, err := index.Versions(t.Context()); err != nil || len(got) != len(Articles()) {
		t.Errorf("the old index has %d articles, %v", len(got), err)
	}
	if err := index.Rebuild(t.Context(), several(Articles())); err != nil {
		t.Errorf("the next one: %v", err)
	}
}

func book(t *testing.T, index search.Index) {
	put(t, index, "pl",
		centrala.Content{Slug: "ksiega", Title: "Księga", Body: "## Wstęp\n\nPelikan.\n\n" + strings.Repeat("słowo ", 65_000) + "\n\n## Koniec\n\nFlaming."},
		centrala.Content{Slug: "tom", Title: "Tom", Body: "## Początek\n\nKormoran.\n\n" + strings.Repeat("zdanie bez końca, ", 5<<20/18)})
	for text, want := range map[string]string{"pelikany": "/help/pl/ksiega#wstep", "flaming": "/help/pl/ksiega#koniec", "kormoran": "/help/pl/tom#poczatek"} {
		if got := first(t, index, centrala.Query{Text: text, Locale: "pl"}); got.URL != want {
			t.Errorf("%q finds %q, want %s", text, got.URL, want)
		}
	}
}
