package search_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"centrala"
	"centrala/search"
)

// shelf is an index and articles that may be out of order.
type shelf struct {
	search.Index
	err error
}

func (s *shelf) Articles(context.Context, centrala.ArticleFilter) ([]centrala.Article, error) {
	return nil, s.err
}

func (s *shelf) ArticleByID(context.Context, centrala.ArticleID) (centrala.Article, error) {
	return centrala.Article{}, s.err
}

func (s *shelf) WordLists(context.Context) ([]centrala.WordList, error) { return nil, nil }

func (s *shelf) Versions(context.Context) (map[centrala.ArticleID]int64, error) { return nil, nil }

func TestReadyTellsThatTheIndexIsBehind(t *testing.T) {
	t.Parallel()
	s := &shelf{}
	h := search.New(s, s, slog.New(slog.DiscardHandler))
	for _, broken := range []error{nil, errors.New("torn page"), errors.New("torn page"), nil} {
		s.err = broken
		if err := h.Sync(t.Context()); !errors.Is(err, broken) {
			t.Fatalf("Sync: %v", err)
		}
		switch err := h.Ready(); {
		case broken == nil && err != nil:
			t.Errorf("in order: %v", err)
		case broken != nil && (err == nil || !strings.Contains(err.Error(), "since") || !strings.Contains(err.Error(), "torn page")):
			t.Errorf("out of order: %v", err)
		}
	}
}
