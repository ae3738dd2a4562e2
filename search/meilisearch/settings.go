package meilisearch

import (
	"context"
	"reflect"
	"slices"

	client "github.com/meilisearch/meilisearch-go"
)

// settings is how an index is set up. What is taught about words is not among it: questions are
// read with it, so that a list holds for the next question and nothing is indexed anew; and
// Meilisearch corrects nothing of its own, as codes are never corrected and a slip is only looked
// for when nobody writes a word so.
func settings() *client.Settings {
	none := "disabled"
	return &client.Settings{
		SearchableAttributes: []string{fieldTitle, fieldText},
		DisplayedAttributes:  []string{fieldID}, // of a hit; the rest is fetched for those that are read
		FilterableAttributes: []string{fieldArticle, fieldID, fieldKeys, fieldNumber, fieldReader, fieldSchema, fieldSide, fieldTitled, fieldVersion},
		RankingRules:         []string{"words", "attribute"},
		TypoTolerance: &client.TypoTolerance{Enabled: false, MinWordSizeForTypos: client.MinWordSizeForTypos{OneTypo: 5, TwoTypos: 9},
			DisableOnWords: []string{}, DisableOnAttributes: []string{}},
		LocalizedAttributes: []*client.LocalizedAttributes{{AttributePatterns: []string{"*"}, Locales: []string{"eng"}}}, // words are ours already: none is cut further
		ProximityPrecision:  client.ByAttribute,
		PrefixSearch:        &none,
		Pagination:          &client.Pagination{MaxTotalHits: longList},
		Faceting:            &client.Faceting{MaxValuesPerFacet: longList, SortFacetValuesBy: map[string]client.SortFacetType{"*": client.SortFacetTypeAlpha}},
	}
}

// setUp gives an index its settings.
func (s server) setUp(ctx context.Context, uid string) error {
	t, err := enqueue(ctx, "set up the index "+uid, func(ctx context.Context) (*client.TaskInfo, error) {
		return s.Index(uid).UpdateSettings(ctx, settings())
	})
	if err != nil {
		return err
	}
	// The client leaves what is false out of the whole.
	u, err := enqueue(ctx, "set up the index "+uid, func(ctx context.Context) (*client.TaskInfo, error) {
		return s.Index(uid).UpdateFacetSearch(ctx, false)
	})
	if err != nil {
		return err
	}
	return s.done(ctx, t, u)
}

// isSetUp reports whether an index is set up as settings says.
func (s server) isSetUp(ctx context.Context, uid string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	has, err := s.Index(uid).GetSettings(ctx)
	if err != nil {
		return false, said("read the settings of "+uid, err)
	}
	want := settings()
	slices.Sort(has.FilterableAttributes)
	return reflect.DeepEqual(has.SearchableAttributes, want.SearchableAttributes) &&
		reflect.DeepEqual(has.DisplayedAttributes, want.DisplayedAttributes) &&
		has.Faceting != nil && has.Faceting.MaxValuesPerFacet == want.Faceting.MaxValuesPerFacet &&
		reflect.DeepEqual(has.FilterableAttributes, slices.Sorted(slices.Values(want.FilterableAttributes))) &&
		reflect.DeepEqual(has.RankingRules, want.RankingRules) &&
		reflect.DeepEqual(has.LocalizedAttributes, want.LocalizedAttributes) &&
		has.TypoTolerance != nil && !has.TypoTolerance.Enabled &&
		has.PrefixSearch != nil && *has.PrefixSearch == *want.PrefixSearch &&
		has.ProximityPrecision == want.ProximityPrecision &&
		has.Pagination != nil && has.Pagination.MaxTotalHits == want.Pagination.MaxTotalHits &&
		!has.FacetSearch && len(has.Synonyms) == 0 && len(has.StopWords) == 0 && (has.DistinctAttribute == nil || *has.DistinctAttribute == ""), nil
}
