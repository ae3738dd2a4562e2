package main

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// put writes a file of a folder.
func put(t *testing.T, dir, name, content string) {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A folder is looked at, imported, changed, checked, exported and asked, by the commands of who
// looks after the Help Centre, beside a running server.
func TestArticleCommands(t *testing.T) {
	t.Parallel()
	h := newPremises(t, "", "")
	p := h.serve(t)
	dir := t.TempDir()
	put(t, dir, "pl/zwrot.md", "---\ntitle: Jak zwrócić zakup\nsection: Zwroty\ntags: [oddać]\n---\n\nZwrot rozpoczniesz w zamówieniu.\n\n## Ile mam czasu\n\nMasz 14 dni. [Po angielsku](/help/en/return), [nigdzie](/help/pl/nikt).\n\n![Przycisk](obraz.png)\n")
	put(t, dir, "pl/obraz.png", "\x89PNG\r\n\x1a\nobraz")
	put(t, dir, "en/return.md", "---\ntitle: How to return\nslug: return\ntranslation: jak-zwrocic-zakup\n---\n\nStart in your order. [There](/help/pl/jak-zwrocic-zakup#ile-mam-czasu)\n")
	put(t, dir, "sections.yaml", "sections:\n  - key: Zwroty\n    names: {en: Returns}\n")
	put(t, dir, "words/pl.yaml", "synonyms:\n  - [zwrot, reklamacja]\n")
	says := func(out string, want ...string) {
		t.Helper()
		for _, w := range want {
			if !strings.Contains(out, w) {
				t.Errorf("nobody says %q:\n%s", w, out)
			}
		}
	}
	says(h.must(t, "", "article", "import", "--check", dir), "created    article   pl/jak-zwrocic-zakup", "created    section   Zwroty", "Nothing was imported", "4 created")
	if status, _ := p.get(t, "/help/pl/jak-zwrocic-zakup"); status != http.StatusNotFound {
		t.Fatalf("looking alone made a page: %d", status)
	}
	says(h.must(t, "", "article", "import", dir), "2 articles, 2 names and word lists: 4 created, 0 changed, 0 untouched.")
	says(h.must(t, "", "article", "import", dir), "0 created, 0 changed, 4 untouched.")
	if status, body := p.get(t, "/help/en/return"); status != http.StatusOK || !strings.Contains(body, "Start in your order") {
		t.Errorf("its page answers %d", status)
	}

	_, body := p.get(t, "/help/pl/jak-zwrocic-zakup")
	if src := regexp.MustCompile(`src="(/help/files/[^"]+)"`).FindStringSubmatch(body); src == nil {
		t.Errorf("the page shows no picture:\n%s", body)
	} else if status, picture := p.get(t, src[1]); status != http.StatusOK || !strings.HasSuffix(picture, "obraz") {
		t.Errorf("%s answers %d %q", src[1], status, picture)
	}
	put(t, dir, "pl/obraz.png", "MZ")
	if out, code := h.run(t, "", "article", "import", dir); code != 1 || !strings.Contains(out, "pl/zwrot.md: obraz.png cannot be attached") || !strings.Contains(out, "nothing was imported") {
		t.Errorf("a file that is not taken: exit code %d\n%s", code, out)
	}

	out, code := h.run(t, "", "article", "check")
	if says(out, "/help/pl/jak-zwrocic-zakup:5", "/help/pl/nikt", "there is no such article", "1 links are broken"); code != 1 {
		t.Errorf("a broken link: exit code %d", code)
	}
	there := filepath.Join(t.TempDir(), "out")
	says(h.must(t, "", "article", "export", there), "2 articles and drafts, 5 files written")
	if b, err := os.ReadFile(filepath.Join(there, "pl", "files", "jak-zwrocic-zakup", "obraz.png")); err != nil || !strings.HasSuffix(string(b), "obraz") {
		t.Errorf("the picture is %q, %v", b, err)
	}
	if b, err := os.ReadFile(filepath.Join(there, "en", "return.md")); err != nil || !strings.Contains(string(b), "\ntranslation: pl/jak-zwrocic-zakup\n") {
		t.Errorf("%s, %v", b, err)
	}
	says(h.must(t, "", "article", "import", "--check", there), "4 untouched")
	if out, code := h.run(t, "", "article", "export", there); code != 1 || !strings.Contains(out, "not empty") {
		t.Errorf("into a folder that is not empty: exit code %d\n%s", code, out)
	}

	says(h.must(t, "", "article", "search", "--limit", "1", "ile mam czasu na reklamacje"), "Jak zwrócić zakup › Ile mam czasu", "/help/pl/jak-zwrocic-zakup#ile-mam-czasu", "Masz 14 dni", "bleve, ")
	eventually(t, "a running server is asked", func() error {
		var found struct {
			Items  []struct{ URL string }
			Engine string
		}
		out, code := h.run(t, "", "article", "search", "--json", "--url", p.Base, "ile mam czasu na zwrot")
		if err := json.Unmarshal([]byte(out), &found); code != 0 || err != nil {
			t.Fatalf("%d, %v\n%s", code, err, out)
		}
		if len(found.Items) != 1 || found.Items[0].URL != "/help/pl/jak-zwrocic-zakup#ile-mam-czasu" || found.Engine != "bleve" {
			return os.ErrNotExist
		}
		return nil
	})
	if out, code := h.run(t, "", "article", "search", "--url", p.Base+"/help", "x"); code != 1 || !strings.Contains(out, "404") {
		t.Errorf("not centrala's address: exit code %d\n%s", code, out)
	}

	export := filepath.Join(t.TempDir(), "zendesk.json")
	put(t, filepath.Dir(export), "zendesk.json", `{"articles":[{"id":9,"title":"Konto","locale":"pl","source_locale":"pl","html_url":"https://x.zendesk.com/hc/pl/articles/9-Konto","body":"<p>Tekst</p>","user_segment_id":null}]}`)
	says(h.must(t, "", "article", "import", "--from", "zendesk", export), "1 created", "/hc/pl/articles/9-Konto\t/help/pl/konto")
	if status, body := p.get(t, "/help/pl/konto"); status != http.StatusOK || !strings.Contains(body, "Tekst") {
		t.Errorf("what came from elsewhere answers %d", status)
	}
}
