package library_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"centrala"
	"centrala/store/library"
)

// An article has files from its first draft on, until it is gone.
func TestFiles(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *shelves) {
		ctx := t.Context()
		file := func(a centrala.ArticleID, name string) centrala.ArticleFile {
			return centrala.ArticleFile{Article: a, Name: name, Type: "image/png", Size: 3, Blob: "articles/" + name, By: ania}
		}
		_, err := s.SaveFile(ctx, file(5, "a.png"))
		refused(t, err, centrala.NotFound, "article")
		m := must(s.StartArticle(ctx, "pl", 0, content("zwrot", "x"), ania))(t)
		_, err = s.SaveFile(ctx, file(m.ID, ""))
		refused(t, err, centrala.Invalid, "name")
		a, b := must(s.SaveFile(ctx, file(m.ID, "a.png")))(t), must(s.SaveFile(ctx, file(m.ID, "b (1).png")))(t)
		if a.URL() != "/help/files/"+a.ID.String()+"/a.png" || !strings.HasSuffix(b.URL(), "/b%20%281%29.png") || a.At.IsZero() {
			t.Errorf("kept as %+v at %s", a, b.URL())
		}
		if all := must(s.Files(ctx, m.ID))(t); !slices.Equal(all, []centrala.ArticleFile{b, a}) {
			t.Errorf("files %+v", all)
		}
		if got := must(s.File(ctx, a.ID))(t); got != a {
			t.Errorf("read %+v, want %+v", got, a)
		}
		if err := s.DeleteFile(ctx, a.ID); err != nil {
			t.Fatal(err)
		}
		refused(t, s.DeleteFile(ctx, a.ID), centrala.NotFound, "file")
		_, err = s.File(ctx, a.ID)
		refused(t, err, centrala.NotFound, "file")

		// Published, the files are its own, and stay when a draft goes; with nothing left to read they go.
		must(s.PublishDraft(ctx, m.ID, 1, ania))(t)
		must(s.SaveDraft(ctx, centrala.Draft{Article: m.ID, Base: 1, Content: content("zwrot", "y")}))(t)
		if err := s.DiscardDraft(ctx, m.ID); err != nil {
			t.Fatal(err)
		}
		must(s.File(ctx, b.ID))(t)
		if err := s.Withdraw(ctx, m.ID, ania); err != nil {
			t.Fatal(err)
		}
		must(s.File(ctx, b.ID))(t)
		if err := s.DiscardDraft(ctx, m.ID); err != nil {
			t.Fatal(err)
		}
		_, err = s.File(ctx, b.ID)
		refused(t, err, centrala.NotFound, "file")

		n := must(s.SaveArticle(ctx, centrala.Article{Locale: "pl", Content: content("inny", "x")}))(t)
		for i := range library.MaxFiles {
			must(s.SaveFile(ctx, file(n.ID, fmt.Sprintf("%d.png", i))))(t)
		}
		_, err = s.SaveFile(ctx, file(n.ID, "one-more.png"))
		refused(t, err, centrala.TooMany, "file")
		if err := s.RemoveArticle(ctx, n.ID); err != nil {
			t.Fatal(err)
		}
		if left := must(s.Files(ctx, n.ID))(t); len(left) != 0 {
			t.Errorf("%d files of no article", len(left))
		}
	})
}

// What an author writes is refused where it cannot be, and read as it is written.
func TestContentIsChecked(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *shelves) {
		ctx := t.Context()
		other := must(s.SaveArticle(ctx, centrala.Article{Locale: "pl", Content: content("inny", "x")}))(t)
		save := func(change func(*centrala.Content)) error {
			c := content("nowy", "x")
			change(&c)
			_, err := s.StartArticle(ctx, "pl", 0, c, ania)
			return err
		}
		ids := make([]centrala.ArticleID, 11)
		for i := range ids {
			ids[i] = centrala.ArticleID(i + 1)
		}
		refused(t, save(func(c *centrala.Content) { c.Related = []centrala.ArticleID{7} }), centrala.Invalid, "related")
		refused(t, save(func(c *centrala.Content) { c.Related = []centrala.ArticleID{other.ID, other.ID} }), centrala.Invalid, "related")
		refused(t, save(func(c *centrala.Content) { c.Related = ids }), centrala.Invalid, "related")
		refused(t, save(func(c *centrala.Content) { c.Readers = []centrala.Side{"courier"} }), centrala.Invalid, "sides")
		refused(t, save(func(c *centrala.Content) { c.Body = strings.Repeat("a", 9<<20) }), centrala.TooLong, "body")
		refused(t, save(func(c *centrala.Content) { c.Title = " \u202e " }), centrala.Invalid, "title")
		if err := save(func(c *centrala.Content) { c.Related = []centrala.ArticleID{other.ID} }); err != nil {
			t.Error(err)
		}
		tags := []string{"fak\u202etura"}
		a := must(s.SaveArticle(ctx, centrala.Article{Locale: "pl", Content: centrala.Content{Slug: "odwrotnie", Title: "Zwrot \u202efdp.exe", Summary: "a\u2066b", Section: "c\u2069", Tags: tags}}))(t)
		if a.Title != "Zwrot fdp.exe" || a.Summary != "ab" || a.Section != "c" || a.Tags[0] != "faktura" || tags[0] == a.Tags[0] {
			t.Errorf("turned around: %+v, and the caller's tags %q", a.Content, tags)
		}

		// By their identifiers, in that order, and only those that readers see.
		third := must(s.SaveArticle(ctx, centrala.Article{Locale: "en", Content: content("third", "x")}))(t)
		got := must(s.Articles(ctx, centrala.ArticleFilter{IDs: []centrala.ArticleID{third.ID, 5, other.ID}}))(t)
		if len(got) != 2 || got[0].ID != third.ID || got[1].ID != other.ID {
			t.Errorf("articles by id: %+v", got)
		}
		if got := must(s.Articles(ctx, centrala.ArticleFilter{IDs: []centrala.ArticleID{}}))(t); len(got) != 0 {
			t.Errorf("articles of no id: %+v", got)
		}
	})
}
