package library_test

import (
	"testing"
	"time"

	"centrala"
)

// The edition is another word after whatever the catalogue and the shelves would tell otherwise, and
// the same one while they tell the same.
func TestTheEditionFollowsTheCatalogue(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *shelves) {
		ctx := t.Context()
		seen := map[string]string{}
		edition := func(after string) {
			t.Helper()
			s.later(time.Second)
			e, err := s.Edition(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if again, err := s.Edition(ctx); err != nil || again != e {
				t.Errorf("%s: %q, and then %q: %v", after, e, again, err)
			}
			if was, ok := seen[e]; ok {
				t.Errorf("after %s the edition is that after %s", after, was)
			}
			seen[e] = after
		}
		edition("nothing")
		a, err := s.SaveArticle(ctx, centrala.Article{Locale: "pl", Content: centrala.Content{Slug: "a", Title: "A", Body: "Treść.", Section: "S", Sides: []centrala.Side{centrala.Buyer}, Related: []centrala.ArticleID{7}}})
		if err != nil {
			t.Fatal(err)
		}
		edition("an article")
		all, err := s.Catalogue(ctx)
		if err != nil || len(all) != 1 {
			t.Fatal(all, err)
		}
		if got := all[0]; got.ID != a.ID || got.Topic != a.ID || got.URL() != "/help/pl/a" || got.Body != "" || got.Sides[0] != centrala.Buyer || got.Related[0] != 7 || got.Version != 1 || !got.UpdatedAt.Equal(a.UpdatedAt) {
			t.Errorf("%+v", got)
		}
		a.Readers = []centrala.Side{centrala.Seller}
		if a, err = s.SaveArticle(ctx, a); err != nil {
			t.Fatal(err)
		}
		edition("it has readers of its own")
		if all, err := s.Catalogue(ctx); err != nil || len(all) != 0 {
			t.Errorf("what only some may read is in the catalogue: %v %v", all, err)
		}
		if err := s.SaveShelf(ctx, centrala.Shelf{Kind: centrala.SectionShelf, Key: "S", Names: map[string]string{"pl": "Sekcja"}}); err != nil {
			t.Fatal(err)
		}
		edition("a shelf")
		if err := s.SaveShelf(ctx, centrala.Shelf{Kind: centrala.SectionShelf, Key: "S", Names: map[string]string{"pl": "Dział"}}); err != nil {
			t.Fatal(err)
		}
		edition("its new name")
		if err := s.RemoveArticle(ctx, a.ID); err != nil {
			t.Fatal(err)
		}
		edition("the article is gone")
	})
}
