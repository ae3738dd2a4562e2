package rest

import (
	"context"
	"time"

	"centrala"
	"centrala/auth"
)

// Index is the Help Centre's search: it answers questions, and is looked after.
type Index interface {
	// Ask answers a question and names the engine that did.
	Ask(ctx context.Context, q centrala.Query) (found []centrala.Suggestion, engine string, err error)
	// Engines are those that there are, the one that is asked first at the beginning.
	Engines(ctx context.Context) []EngineState
	// Rebuild has all indexes made anew, which goes on when it has returned. One that is being
	// made anew is a Conflict.
	Rebuild(ctx context.Context) error
}

// EngineState is how one engine of the search is doing.
type EngineState struct {
	Name       string         `json:"name"`
	Answers    bool           `json:"answers" doc:"Questions are answered by it now."`
	OK         bool           `json:"ok" doc:"Its index is what the articles are."`
	Error      string         `json:"error,omitempty" doc:"Why not."`
	Articles   int            `json:"articles" doc:"In its index."`
	Rebuilding *RebuildState  `json:"rebuilding" doc:"How far it is made anew, null when it is not."`
	Rebuilt    *RebuildResult `json:"rebuilt" doc:"How the last time on this node ended, null before the first."`
}

// RebuildState is how far an index is made anew.
type RebuildState struct {
	Since time.Time `json:"since"`
	Done  int       `json:"done"`
	Of    int       `json:"of"`
}

// RebuildResult is how it ended.
type RebuildResult struct {
	At    time.Time `json:"at"`
	Error string    `json:"error,omitempty"`
}

// SearchState is how the search is doing.
type SearchState struct {
	Engines []EngineState `json:"engines"`
}

func (s *server) searchRoutes() {
	add(s, get("/v1/articles/search", "Ask the Help Centre; for everybody"), s.searchArticles)
	add(s, get("/v1/search", "How the engines of the search are doing", auth.ReadStream), s.searchState)
	add(s, post("/v1/search/rebuild", "Have the indexes made anew beside those in use", auth.RebuildSearch), s.rebuildSearch)
}

func (s *server) searchState(ctx context.Context, _ caller, _ *nothing) (*answer[SearchState], error) {
	return ok(SearchState{Engines: s.Index.Engines(ctx)}), nil
}

func (s *server) rebuildSearch(ctx context.Context, c caller, _ *nothing) (*answer[SearchState], error) {
	if err := s.Index.Rebuild(ctx); err != nil {
		return nil, err
	}
	if err := s.audited(ctx, c, "search.rebuilt", "indexes", ""); err != nil {
		return nil, err
	}
	return s.searchState(ctx, c, nil)
}
