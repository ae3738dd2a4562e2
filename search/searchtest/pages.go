package searchtest

import (
	"encoding/xml"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"centrala"
)

// Where Debian's packages put real help: gnome-user-docs, and libreoffice-help-pl as .ci/need
// unpacks it.
const (
	gnomeHelp       = "/usr/share/help"
	libreOfficeHelp = "/usr/local/lib/centrala-tests/libreoffice-help/usr/share/libreoffice/help/pl/text"
)

// missing skips a test that needs a Debian package, or fails it where all packages have to be.
func missing(t testing.TB, name string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is not installed", name)
	}
	t.Skipf("%s is not installed: run .ci/need", name)
}

// written is when the pages are said to be written.
var written = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// GNOME is GNOME's help as articles in one locale: "pl", "en", "de". Titles, descriptions and
// sections are the pages' own.
func GNOME(t testing.TB, locale string) []centrala.Article {
	t.Helper()
	folder := locale
	if locale == "en" {
		folder = "C"
	}
	pages, err := filepath.Glob(filepath.Join(gnomeHelp, folder, "gnome-help", "*.page"))
	if err != nil {
		t.Fatal(err)
	}
	if len(pages) == 0 {
		missing(t, "gnome-user-docs")
	}
	var out []centrala.Article
	for i, page := range pages {
		a := mallard(t, page)
		a.ID, a.Locale, a.UpdatedAt = centrala.ArticleID(i+1), locale, written
		out = append(out, a)
	}
	return out
}

// mallard reads a page of GNOME's.
func mallard(t testing.TB, page string) centrala.Article {
	t.Helper()
	f, err := os.Open(page)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	a := centrala.Article{Content: centrala.Content{Slug: strings.TrimSuffix(filepath.Base(page), ".page")}}
	d := xml.NewDecoder(f)
	d.Strict, d.Entity = false, xml.HTMLEntity
	var open []string
	var text, body strings.Builder
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%s: %v", page, err)
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
			switch inInfo := slices.Contains(open, "info"); {
			case token.Name.Local == "title" && !inInfo && a.Title == "":
				a.Title = s
			case token.Name.Local == "title" && !inInfo:
				body.WriteString("\n## " + s + "\n\n")
			case token.Name.Local == "desc" && inInfo:
				a.Summary = s
			case token.Name.Local == "p" && !inInfo:
				body.WriteString(s + "\n\n")
			}
			open = open[:len(open)-1]
		}
	}
	if a.Title == "" {
		a.Title = a.Slug
	}
	a.Body = body.String()
	return a
}

var (
	blocks = regexp.MustCompile(`(?s)<(h[1-6]|p|td|pre)[^>]*>(.*?)</`)
	area   = regexp.MustCompile(`(?s)<div id="DisplayArea".*`)
	tags   = regexp.MustCompile(`(?s)<[^>]*>`)
	titles = regexp.MustCompile(`(?s)<title>(.*?)</title>`)
)

var entities = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&quot;", `"`, "&nbsp;", " ", "&#160;", " ", "&amp;", "&")

// LibreOffice is LibreOffice's help in Polish as articles: some 2 560 pages.
func LibreOffice(t testing.TB) []centrala.Article {
	t.Helper()
	var out []centrala.Article
	err := filepath.WalkDir(libreOfficeHelp, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".html" {
			return err
		}
		page, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(libreOfficeHelp, path)
		if err != nil {
			return err
		}
		a := centrala.Article{ID: centrala.ArticleID(len(out) + 1), Locale: "pl", UpdatedAt: written}
		a.Slug = centrala.Slug(strings.TrimSuffix(name, ".html"), 120)
		if m := titles.FindSubmatch(page); m != nil {
			a.Title = readable(m[1])
		}
		var body strings.Builder
		for _, m := range blocks.FindAllSubmatch(area.Find(page), -1) {
			s := readable(m[2])
			switch {
			case s == "" || s == a.Title:
			case m[1][0] == 'h':
				body.WriteString("\n## " + s + "\n\n")
			default:
				body.WriteString(s + "\n\n")
			}
		}
		a.Body = body.String()
		out = append(out, a)
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		missing(t, "libreoffice-help-pl")
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func readable(html []byte) string {
	return strings.Join(strings.Fields(entities.Replace(string(tags.ReplaceAll(html, []byte(" "))))), " ")
}
