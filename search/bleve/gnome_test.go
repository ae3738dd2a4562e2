package bleve_test

import (
	"encoding/xml"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"centrala"
	"centrala/search"
	"centrala/store"
	"centrala/store/storetest"
)

// gnomeHelp is Debian's gnome-user-docs: 293 pages of real help in Polish.
const gnomeHelp = "/usr/share/help/pl/gnome-help"

// The pages are imported as files with front matter, as an operator would, and twenty
// questions written by hand find the right one among the first three.
func TestGnomeHelp(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob(gnomeHelp + "/*.page")
	if err != nil {
		t.Fatal(err)
	}
	if len(pages) == 0 {
		if os.Getenv("CI") == "true" {
			t.Fatal("gnome-user-docs is not installed")
		}
		t.Skip("gnome-user-docs is not installed (apt-get install gnome-user-docs)")
	}
	dir := t.TempDir()
	for _, page := range pages {
		writePage(t, dir, page)
	}
	articles, err := search.ReadDir(os.DirFS(dir))
	if err != nil || len(articles) != len(pages) {
		t.Fatalf("%d articles of %d pages, %v", len(articles), len(pages), err)
	}
	db, err := store.Open(t.Context(), storetest.SQLite(t), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	for _, a := range articles {
		if _, err := db.SaveArticle(t.Context(), a); err != nil {
			t.Fatalf("%s: %v", a.Source, err)
		}
	}
	help := search.New(open(t), db, slog.New(slog.DiscardHandler))
	if err := help.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, q := range gnomeQuestions() {
		hits, err := help.Suggest(t.Context(), centrala.Query{Text: q.text, Locale: "pl", Limit: 3})
		if err != nil {
			t.Fatal(err)
		}
		at := slices.IndexFunc(hits, func(s centrala.Suggestion) bool { return slices.Contains(q.pages, s.Slug) })
		if at >= 0 {
			found++
			continue
		}
		t.Errorf("%q (%s) does not find %v among the first three: %v", q.text, q.kind, q.pages, titles(hits))
	}
	t.Logf("%d of %d questions find their page among the first three of %d", found, len(gnomeQuestions()), len(articles))
}

type question struct {
	text, kind string
	pages      []string
}

func gnomeQuestions() []question {
	return []question{
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
}

func titles(hits []centrala.Suggestion) []string {
	var out []string
	for _, h := range hits {
		out = append(out, h.Slug)
	}
	return out
}

// writePage turns a Mallard page into an article file: title, description and paragraphs.
func writePage(t *testing.T, dir, page string) {
	t.Helper()
	f, err := os.Open(page)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	title, desc, paragraphs, err := readMallard(f)
	if err != nil {
		t.Fatalf("%s: %v", page, err)
	}
	id := strings.TrimSuffix(filepath.Base(page), ".page")
	if title == "" {
		title = id
	}
	file := fmt.Sprintf("---\ntitle: %q\nslug: %s\nlocale: pl\nsummary: %q\n---\n\n%s\n", title, id, desc, strings.Join(paragraphs, "\n\n"))
	if err := os.WriteFile(filepath.Join(dir, id+".md"), []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
}

func readMallard(r io.Reader) (title, desc string, paragraphs []string, err error) {
	d := xml.NewDecoder(r)
	d.Strict, d.Entity = false, xml.HTMLEntity
	var open []string
	var text strings.Builder
	for {
		token, err := d.Token()
		if err == io.EOF {
			return title, desc, paragraphs, nil
		}
		if err != nil {
			return "", "", nil, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			open = append(open, token.Name.Local)
			if slices.Contains([]string{"title", "desc", "p"}, token.Name.Local) {
				text.Reset()
			}
		case xml.CharData:
			text.Write(token)
		case xml.EndElement:
			s := strings.Join(strings.Fields(text.String()), " ")
			inInfo := slices.Contains(open, "info")
			switch {
			case token.Name.Local == "title" && title == "" && !inInfo:
				title = s
			case token.Name.Local == "desc" && inInfo:
				desc = s
			case token.Name.Local == "title" && !inInfo:
				paragraphs = append(paragraphs, "## "+s)
			case token.Name.Local == "p" && !inInfo:
				paragraphs = append(paragraphs, s)
			}
			open = open[:len(open)-1]
		}
	}
}
