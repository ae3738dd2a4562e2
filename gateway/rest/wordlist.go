package rest

import (
	"context"
	"fmt"
	"slices"

	"centrala"
	"centrala/auth"
)

// WordLists are what searchers know of a language beside its grammar.
type WordLists interface {
	WordLists(ctx context.Context) ([]centrala.WordList, error)
	SaveWordList(ctx context.Context, w centrala.WordList) error
}

func (s *server) wordListRoutes() {
	add(s, get("/v1/words/{locale}", "The synonyms and stop words of a language", auth.WriteArticles), s.getWordList)
	add(s, put("/v1/words/{locale}", "Teach searchers synonyms and stop words", auth.WriteArticles), s.putWordList)
}

type wordListPath struct {
	Locale string `path:"locale" minLength:"2" maxLength:"10" pattern:"^[A-Za-z0-9-]+$"`
}

// getWordList is empty of a language of which nobody has said anything.
func (s *server) getWordList(ctx context.Context, _ caller, in *wordListPath) (*answer[centrala.WordList], error) {
	all, err := s.WordLists.WordLists(ctx)
	if err != nil {
		return nil, err
	}
	w := centrala.WordList{Locale: in.Locale}
	if i := slices.IndexFunc(all, func(w centrala.WordList) bool { return w.Locale == in.Locale }); i >= 0 {
		w = all[i]
	}
	return ok(wholeList(w)), nil
}

// wholeList has lists where w has none.
func wholeList(w centrala.WordList) centrala.WordList {
	if w.Synonyms == nil {
		w.Synonyms = [][]string{}
	}
	if w.Stop == nil {
		w.Stop = []string{}
	}
	return w
}

type wordListInput struct {
	Locale string `path:"locale" minLength:"2" maxLength:"10" pattern:"^[A-Za-z0-9-]+$"`
	Body   struct {
		Synonyms [][]string `json:"synonyms" required:"true" doc:"Each a set of words or phrases that mean the same; at most 1000."`
		Stop     []string   `json:"stop" required:"true" doc:"Words that say nothing of the matter; at most 2000."`
	}
}

func (s *server) putWordList(ctx context.Context, c caller, in *wordListInput) (*answer[centrala.WordList], error) {
	w := wholeList(centrala.WordList{Locale: in.Locale, Synonyms: in.Body.Synonyms, Stop: in.Body.Stop})
	if err := s.WordLists.SaveWordList(ctx, w); err != nil {
		return nil, err
	}
	return ok(w), s.audited(ctx, c, "words.saved", in.Locale, fmt.Sprintf("%d, %d", len(w.Synonyms), len(w.Stop)))
}
