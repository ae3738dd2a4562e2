package bleve_test

import (
	"testing"

	"centrala/search"
	"centrala/search/searchtest"
)

func TestRelevance(t *testing.T) {
	t.Parallel()
	for _, locale := range []string{"pl", "en", "de"} {
		t.Run(locale, func(t *testing.T) {
			t.Parallel()
			searchtest.Relevance(t, locale, func(t testing.TB) search.Index { return open(t) })
		})
	}
}

func TestByHand(t *testing.T) {
	t.Parallel()
	searchtest.ByHand(t, func(t testing.TB) search.Index { return open(t) })
}
