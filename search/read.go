package search

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"centrala"
)

// frontMatter is the head of an article's file. Only the title is needed.
type frontMatter struct {
	Title       string          `yaml:"title"`
	Slug        string          `yaml:"slug"`
	Locale      string          `yaml:"locale"`
	Sides       []centrala.Side `yaml:"sides"`
	Tags        []string        `yaml:"tags"`
	Section     string          `yaml:"section"`
	Summary     string          `yaml:"summary"`
	Translation string          `yaml:"translation"`
	Popular     int             `yaml:"popular"`
}

// ReadArticle reads a Markdown file with YAML front matter between lines of three dashes. A
// missing slug is made from the title, a missing locale is given by the folder ("pl/…") or is
// Polish. What is wrong with the file is an Invalid error that names it.
func ReadArticle(name string, file []byte) (centrala.Article, error) {
	refuse := func(format string, args ...any) (centrala.Article, error) {
		return centrala.Article{}, centrala.Errorf(centrala.Invalid, "%s: %s", name, fmt.Sprintf(format, args...))
	}
	file = bytes.ReplaceAll(bytes.TrimPrefix(file, []byte("\xef\xbb\xbf")), []byte("\r\n"), []byte("\n"))
	rest, ok := bytes.CutPrefix(file, []byte("---\n"))
	head, body, closed := bytes.Cut(rest, []byte("\n---\n"))
	if !ok || !closed {
		return refuse("it does not begin with front matter between two lines of ---")
	}
	var fm frontMatter
	d := yaml.NewDecoder(bytes.NewReader(head))
	d.KnownFields(true)
	if err := d.Decode(&fm); err != nil {
		return refuse("front matter: %v", err)
	}
	if strings.TrimSpace(fm.Title) == "" {
		return refuse("the front matter has no title")
	}
	if fm.Locale == "" {
		if fm.Locale = path.Base(path.Dir(name)); len(fm.Locale) != 2 {
			fm.Locale = "pl"
		}
	}
	if fm.Slug == "" {
		fm.Slug = centrala.Slug(fm.Title, 80)
	}
	for _, s := range fm.Sides {
		if !s.Valid() {
			return refuse("%q is not a side: buyer, seller or advertiser", s)
		}
	}
	if err := centrala.CheckText("body", string(body)); centrala.CodeOf(err) == centrala.Invalid {
		return refuse("the text is not valid UTF-8")
	}
	return centrala.Article{Locale: fm.Locale, Translation: fm.Translation, Source: name, Content: centrala.Content{Slug: fm.Slug, Title: fm.Title, Summary: fm.Summary, Body: strings.TrimSpace(string(body)) + "\n", Sides: fm.Sides, Tags: fm.Tags, Section: fm.Section, Popular: fm.Popular}}, nil
}

// ReadDir reads every .md file below the root of dir, originals before what translates them. All that is wrong is reported at once,
// and then no article is returned.
func ReadDir(dir fs.FS) ([]centrala.Article, error) {
	var (
		out  []centrala.Article
		errs []error
	)
	seen := map[string]string{}
	err := fs.WalkDir(dir, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.EqualFold(path.Ext(name), ".md") || strings.EqualFold(d.Name(), "README.md") {
			return err
		}
		file, err := fs.ReadFile(dir, name)
		if err != nil {
			return err
		}
		a, err := ReadArticle(name, file)
		if err != nil {
			errs = append(errs, err)
			return nil
		}
		if other := seen[a.URL()]; other != "" {
			errs = append(errs, centrala.Errorf(centrala.Invalid, "%s: %s has the same address %s", name, other, a.URL()))
		}
		seen[a.URL()] = name
		out = append(out, a)
		return nil
	})
	if err := errors.Join(append(errs, err)...); err != nil {
		return nil, err
	}
	slices.SortStableFunc(out, func(a, b centrala.Article) int {
		return cmp.Compare(min(len(a.Translation), 1), min(len(b.Translation), 1))
	})
	return out, nil
}
