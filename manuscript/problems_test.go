package manuscript_test

import (
	"archive/zip"
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"centrala"
	"centrala/manuscript"
)

func file(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }

// A file of people's: the folder gives the locale, the title the slug, and Windows its line ends.
func TestReadPage(t *testing.T) {
	t.Parallel()
	c, problems, err := manuscript.Read(fstest.MapFS{
		"pl/zwrot.md":         file("\xef\xbb\xbf---\r\ntitle: Jak zwrócić zakup?\r\nsides: [buyer]\r\ntags: [zwrot]\r\n---\r\n\r\n# A\r\n![x](img/x.png) [y](inny.md#b)\r\n"),
		"pl/inny.md":          file("---\ntitle: Inny\nslug: calkiem-inny\n---\nTekst"),
		"pl/img/x.png":        file("obraz"),
		"README.md":           file("Tu są artykuły."),
		".git/HEAD.md":        file("x"),
		"pl/files/inny/a.pdf": file("pdf"),
		"pl/files/inny/b.md":  file("to nie jest artykuł"),
	})
	if err != nil || len(problems) > 0 || len(c.Notes) > 0 || len(c.Pages) != 2 {
		t.Fatalf("%+v, %v, %v", c, problems, err)
	}
	other, p := c.Pages[0], c.Pages[1]
	if p.Address() != "pl/jak-zwrocic-zakup" || p.Sides[0] != centrala.Buyer || p.File != "pl/zwrot.md" || p.Body != "# A\n![x](files/jak-zwrocic-zakup/x.png) [y](/help/pl/calkiem-inny#b)\n" {
		t.Errorf("%+v", p)
	}
	if len(p.Files) != 1 || p.Files[0].Name != "x.png" || len(other.Files) != 2 {
		t.Errorf("files: %+v, %+v", p.Files, other.Files)
	}
}

// All that is wrong is said at once: where, what, and what to do.
func TestProblems(t *testing.T) {
	t.Parallel()
	for content, want := range map[string]string{
		"":                                                    "a.md:1: it does not begin with front matter between two lines of ---: write them",
		"---\ntitle: x\n":                                     "a.md:1: it does not begin with front matter",
		"---\nslug: x\n---\n":                                 `a.md: the front matter has no title: write a line "title: …"`,
		"---\n---\nx":                                         "a.md:1: the front matter has no title",
		"---\ntitle: x\nsides: [thief]\n---\n":                `a.md:3: "thief" is not a side: write buyer, seller or advertiser`,
		"---\ntitel: x\n---\n":                                `a.md:2: there is no field "titel"; there are title, slug`,
		"---\ntitle: x\ntitle: y\n---\n":                      "a.md:3: title is there twice",
		"---\ntitle: x: y\n---\n":                             "a.md:2: the front matter cannot be read",
		"---\ntitle: x\npopular: wiele\n---\n":                `a.md:3: popular cannot be "wiele": it is a number`,
		"---\ntitle: x\ntags: {a: b}\n---\n":                  "a.md:3: tags cannot be \"\": it is a list",
		"---\ntitle: &a x\n---\n":                             "a.md:2: title refers to another place",
		"---\ntitle: x\n---\n\xff":                            "a.md: the text is not valid UTF-8",
		"---\ntitle: x\nslug: ../etc\n---\n":                  `a.md:3: "../etc" cannot be a slug`,
		"---\ntitle: x\nlocale: p_l\n---\n":                   `a.md:3: "p_l" is not a locale`,
		"---\ntitle: x\nrelated: [A b]\n---\n":                `a.md:3: "A b" is not the address of an article`,
		"---\ntitle: x\ndraft: ready\n---\n":                  `a.md:3: a draft is writing, review or scheduled, not "ready"`,
		"---\ntitle: x\ndraft: scheduled\n---\n":              "a.md: a scheduled draft, and no other, has a line",
		"---\ntitle: " + strings.Repeat("ż", 301) + "\n---\n": "a.md:2: the title has more than 300 characters",
		"---\ntitle: x\nsummary: \"" + strings.Repeat("x", 300<<10) + "\"\n---\n": "the front matter is larger",
		strings.Repeat("x", manuscript.MaxPage+1):                                 "a.md: it is larger than 8448 KB",
	} {
		_, problems, err := manuscript.Read(fstest.MapFS{"a.md": file(content)})
		if err != nil || len(problems) != 1 || !strings.HasPrefix(problems[0].Error(), want) && !strings.Contains(problems[0].What, want) {
			t.Errorf("%.60q: %v, %v\nwant %s", content, problems, err, want)
		}
	}
	_, problems, err := manuscript.Read(fstest.MapFS{
		"a.md": file("---\ntitle: X\naliases: [c]\n---\n"), "b/c.md": file("---\ntitle: x\n---\n"), "d.md": file("x"), "e.md": file("---\ntitle: E\naliases: [x, c]\n---\n"),
		"sections.yaml": file("sections:\n- key: a\n- key: a\n- names: {pl: x}\n"), "words/pl.yaml": file("stop: [a]\nsynonyms: [[a]]\n"), "words/en.yaml": file("stopp: [a]\n"),
	})
	var all []string
	for _, p := range problems {
		all = append(all, p.Error())
	}
	for _, want := range []string{"a.md has the same address pl/x", "d.md:1: it does not begin", "at pl/x stands a.md", "pl/c is an alias of a.md too", `the section "a" is there twice`, "a section has no key",
		`words/pl.yaml: a set of synonyms has 2 to 50 words`, "words/en.yaml:1: it cannot be read"} {
		if !slices.ContainsFunc(all, func(s string) bool { return strings.Contains(s, want) }) {
			t.Errorf("nobody says %q:\n%s", want, strings.Join(all, "\n"))
		}
	}
	if err != nil || len(all) != 8 {
		t.Errorf("%v\n%s", err, strings.Join(all, "\n"))
	}
}

// What a page names and nobody has is said before anything is written.
func TestNamedByNobody(t *testing.T) {
	t.Parallel()
	s := sqlite(t)
	c, problems, err := manuscript.Read(fstest.MapFS{
		"pl/a.md": file("---\ntitle: a\nrelated: [b, nie-ma]\n---\n"), "pl/b.md": file("---\ntitle: b\ntranslation: c\n---\n"), "en/c.md": file("---\ntitle: c\ntranslation: b\n---\n"),
		"en/d.md": file("---\ntitle: d\ntranslation: nikt\n---\n"),
	})
	if err != nil || len(problems) > 0 {
		t.Fatal(problems, err)
	}
	_, problems, err = manuscript.Compare(t.Context(), c, s, nil)
	e, _, _ := manuscript.Read(fstest.MapFS{"pl/a.md": file("---\ntitle: a\n---\n[x](files/a/x.exe)"), "pl/files/a/x.exe": file("MZ")})
	if _, bad, err := manuscript.Compare(t.Context(), e, s, s.drawer); err != nil || len(bad) != 1 || !strings.Contains(bad[0].What, "x.exe cannot be attached (a program)") {
		t.Errorf("a program: %v, %v", bad, err)
	}
	if _, bad, err := manuscript.Compare(t.Context(), e, s, nil); err != nil || len(bad) != 1 || !strings.Contains(bad[0].What, "no files are kept here") {
		t.Errorf("without a cabinet: %v, %v", bad, err)
	}
	got := ""
	for _, p := range problems {
		got += p.Error() + "\n"
	}
	for _, want := range []string{`pl/a.md:3: related names "nie-ma"`, "en/c.md:3: it translates itself", "pl/b.md:3: it translates itself", `en/d.md:3: translation names "nikt"`} {
		if !strings.Contains(got, want) {
			t.Errorf("nobody says %s:\n%s", want, got)
		}
	}
	if err != nil || len(problems) != 4 {
		t.Errorf("%v\n%s", err, got)
	}
}

// What this room refuses the store refuses, and the other way round.
func TestRefusedAlike(t *testing.T) {
	t.Parallel()
	s := sqlite(t)
	for _, slug := range []string{"a", "a.b", "a..", "-a", ".a", "_a", "A", "ą", "a b", "a/b", strings.Repeat("a", 200), strings.Repeat("a", 201), "9"} {
		_, err := s.SaveArticle(t.Context(), centrala.Article{Locale: "pl", Content: centrala.Content{Slug: slug, Title: "T"}})
		_, problems, _ := manuscript.Read(fstest.MapFS{"a.md": file("---\ntitle: T\nslug: \"" + slug + "\"\n---\n")})
		if (err == nil) != (len(problems) == 0) {
			t.Errorf("slug %.20q: the store says %v, the folder %v", slug, err, problems)
		}
	}
	for _, locale := range []string{"pl", "pt-BR", "p_l", "abcdefghijk", "ł", "--"} {
		_, err := s.SaveArticle(t.Context(), centrala.Article{Locale: locale, Content: centrala.Content{Slug: "x", Title: "T"}})
		_, problems, _ := manuscript.Read(fstest.MapFS{"a.md": file("---\ntitle: T\nlocale: \"" + locale + "\"\n---\n")})
		if (err == nil) != (len(problems) == 0) {
			t.Errorf("locale %q: the store says %v, the folder %v", locale, err, problems)
		}
	}
}

// Nothing is read that is not in the folder, and no archive gets out of its place.
func TestOutOfTheFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	secret := filepath.Join(t.TempDir(), "secret.md")
	for name, content := range map[string]string{secret: "---\ntitle: tajne\n---\n", filepath.Join(dir, "a.md"): "---\ntitle: a\n---\n[x](../secret.md) [y](../../etc/passwd.txt)\n"} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(secret, filepath.Join(dir, "b.md")); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	c, problems, err := manuscript.Read(os.DirFS(dir))
	if err != nil || len(problems) != 1 || problems[0].File != "b.md" || !strings.Contains(problems[0].What, "symbolic link") || len(c.Pages) != 1 || len(c.Pages[0].Files) != 0 {
		t.Errorf("%+v, %v, %v", c, problems, err)
	}
	for name, want := range map[string]string{"../x.md": "leads out", "/etc/x.md": "leads out", "a\\..\\x.md": "backslash", "link.md": "symbolic link", "ok.md": ""} {
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		h := &zip.FileHeader{Name: name}
		if want == "symbolic link" {
			h.SetMode(fs.ModeSymlink | 0o777)
		}
		f, err := w.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte("---\ntitle: x\n---\n")); err != nil || w.Close() != nil {
			t.Fatal(err)
		}
		r, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
		if r == nil {
			t.Fatal(err)
		}
		_, problems := manuscript.Archive(r)
		if want == "" && len(problems) > 0 || want != "" && (len(problems) != 1 || !strings.Contains(problems[0].What, want)) {
			t.Errorf("%s: %v, want %q", name, problems, want)
		}
	}
}

// A file that is changed changes its article alone, and what came in between is not lost.
func TestChanged(t *testing.T) {
	t.Parallel()
	s := sqlite(t)
	dir := fstest.MapFS{"pl/a.md": file("---\ntitle: a\n---\nA"), "en/a.md": file("---\ntitle: a\ntranslation: a\n---\nB ![x](x.png)"), "en/x.png": file("1")}
	s.take(t, dir)
	dir["pl/a.md"], dir["en/x.png"] = file("---\ntitle: a\naliases: [stary]\n---\nA2"), file("2")
	plan := s.take(t, dir)
	if plan.Count(manuscript.Changed) != 2 || versions(t, s) != 4 {
		t.Fatalf("%+v", plan.Steps)
	}
	m, err := s.Article(t.Context(), "pl", "stary")
	if err != nil || m.Body != "A2" || m.Version != 2 {
		t.Fatalf("%+v, %v", m, err)
	}
	all, err := s.Manuscripts(t.Context(), centrala.ManuscriptFilter{Locale: "en"})
	if err != nil || len(all) != 1 || all[0].Basis != 2 || !all[0].Stale.IsZero() || all[0].Topic != m.ID {
		t.Fatalf("%+v, %v", all, err)
	}
	if len(s.files[all[0].ID]) != 2 || !strings.Contains(all[0].Body, s.files[all[0].ID][1].Address) {
		t.Errorf("files: %+v in %q", s.files, all[0].Body)
	}
}
