package main

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"centrala"
	"centrala/gateway/rest"
	"centrala/search"
	"centrala/search/meilisearch"
)

// SearchConfig is what answers questions beside the embedded index.
type SearchConfig struct {
	Meilisearch MeilisearchConfig `toml:"meilisearch"`
}

// MeilisearchConfig is a Meilisearch server.
type MeilisearchConfig struct {
	URL    string `toml:"url" help:"Meilisearch server that is asked first, such as http://127.0.0.1:7700; default: the embedded index alone"`
	Key    string `toml:"key" help:"its key, with the right to search, read and change the indexes below; better in the environment than in the file"`
	Prefix string `toml:"prefix" default:"centrala" help:"what the names of its indexes begin with: letters, digits and dashes"`
}

// options are those of the server as one of its users.
func (c *Config) meilisearch(user string) (meilisearch.Options, error) {
	m := c.Search.Meilisearch
	o := meilisearch.Options{URL: m.URL, Key: m.Key, Prefix: m.Prefix, Node: strings.TrimSpace(c.Stream.Node + " " + user)}
	if err := o.Check(); err != nil {
		return o, fmt.Errorf("search.meilisearch.%w", err)
	}
	return o, nil
}

// openHelp makes the Help Centre's search: the embedded index, and before it the server that is
// configured.
func (p *Program) openHelp() error {
	p.help = search.New(p.engine, p.library, p.log)
	p.indexes = &indexes{p: p}
	if p.cfg.Search.Meilisearch.URL == "" {
		return nil
	}
	o, err := p.cfg.meilisearch("")
	if err != nil {
		return err
	}
	p.far = search.New(meilisearch.New(o), p.library, p.log)
	p.follower = search.NewFollower(p.far, p.log)
	p.preferred = p.help.Prefer(p.follower)
	return nil
}

// follow brings a changed article into the index on this node, and has the server's follow: that
// may take as long as it wants.
func (p *Program) follow(ctx context.Context, e centrala.Event) error {
	if p.far != nil {
		p.follower.Follow(e)
	}
	return p.help.Handle(ctx, e)
}

// indexes is the search as REST asks for it and looks after it.
type indexes struct {
	p *Program

	mu      sync.Mutex
	running bool
	work    sync.WaitGroup
}

var errRebuilding = centrala.Errorf(centrala.Conflict, "the indexes are being made anew")

// Ask implements rest.Index.
func (x *indexes) Ask(ctx context.Context, q centrala.Query) ([]centrala.Suggestion, string, error) {
	return x.p.help.Ask(ctx, q)
}

// Engines implements rest.Index.
func (x *indexes) Engines(context.Context) []rest.EngineState {
	near := x.state(x.p.help, x.p.help.Ready())
	if x.p.far == nil {
		near.Answers = true
		return []rest.EngineState{near}
	}
	far := x.state(x.p.far, x.p.preferred.Ready())
	far.Answers, near.Answers = far.OK, !far.OK
	return []rest.EngineState{far, near}
}

func (x *indexes) state(h *search.HelpCentre, wrong error) rest.EngineState {
	s := rest.EngineState{Name: h.Engine(), OK: wrong == nil, Articles: h.Known()}
	if wrong != nil {
		s.Error = wrong.Error()
	}
	if now := h.Progress(); now != nil {
		s.Rebuilding = &rest.RebuildState{Since: now.Since.UTC(), Done: now.Done, Of: now.Of}
	}
	if at, err := h.Rebuilt(); !at.IsZero() {
		s.Rebuilt = &rest.RebuildResult{At: at.UTC()}
		if err != nil {
			s.Rebuilt.Error = err.Error()
		}
	}
	return s
}

// Rebuild implements rest.Index. The other nodes make their embedded indexes anew too.
func (x *indexes) Rebuild(context.Context) error {
	all := []*search.HelpCentre{x.p.help}
	if x.p.far != nil {
		all = append(all, x.p.far)
	}
	if err := x.rebuild(all); err != nil {
		return err
	}
	x.p.bus.Say(onIndex, nil)
	return nil
}

func (x *indexes) rebuild(all []*search.HelpCentre) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.running {
		return errRebuilding
	}
	x.running = true
	x.work.Go(func() {
		var each sync.WaitGroup
		for _, h := range all {
			each.Go(func() {
				if err := h.Rebuild(x.p.life); err != nil {
					x.p.log.Error("the index could not be made anew", "engine", h.Engine(), "err", err)
				}
			})
		}
		each.Wait()
		x.mu.Lock()
		defer x.mu.Unlock()
		x.running = false
	})
	return nil
}
