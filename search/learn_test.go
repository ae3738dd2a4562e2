package search_test

import (
	"context"
	"log/slog"
	"slices"
	"testing"

	"centrala"
	"centrala/search"
)

// school is an index that remembers what it was taught, and where the word lists are.
type school struct {
	shelf
	lists  []centrala.WordList
	taught [][]centrala.WordList
}

func (s *school) WordLists(context.Context) ([]centrala.WordList, error) {
	return slices.Clone(s.lists), nil
}

func (s *school) Learn(_ context.Context, lists []centrala.WordList) error {
	s.taught = append(s.taught, lists)
	return nil
}

// The index is taught the word lists at the start and when they change, not over and over.
func TestIndexIsTaughtTheWordLists(t *testing.T) {
	t.Parallel()
	s := &school{lists: []centrala.WordList{{Locale: "pl", Stop: []string{"czy"}}}}
	h := search.New(s, s, slog.New(slog.DiscardHandler))
	changed := centrala.Event{Type: centrala.ArticleWords}
	for _, step := range []struct {
		do    func() error
		times int
	}{
		{func() error { return h.Sync(t.Context()) }, 1},
		{func() error { return h.Sync(t.Context()) }, 1},
		{func() error { return h.Handle(t.Context(), changed) }, 1},
		{func() error { s.lists[0].Stop = []string{"czy", "jak"}; return h.Handle(t.Context(), changed) }, 2},
		{func() error { return h.Sync(t.Context()) }, 2},
	} {
		if err := step.do(); err != nil {
			t.Fatal(err)
		}
		if len(s.taught) != step.times {
			t.Fatalf("taught %d times, want %d", len(s.taught), step.times)
		}
	}
	if last := s.taught[1]; len(last) != 1 || !slices.Equal(last[0].Stop, []string{"czy", "jak"}) {
		t.Errorf("taught %+v", last)
	}
}
