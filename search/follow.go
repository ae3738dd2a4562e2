package search

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"centrala"
)

// How often a follower compares all articles, and after a failure first and at most.
const (
	compareEvery = 30 * time.Second
	againFirst   = time.Second
	againAtMost  = 10 * time.Second
)

// Follower keeps an index in step with the articles that may take long to be written, or be away:
// one on a server. Whoever tells it of a change does not wait. What it cannot do it tries again, and
// what is lost on the way is found by its next comparison.
type Follower struct {
	help   *HelpCentre
	log    *slog.Logger
	events chan centrala.Event
	look   chan struct{}
	told   atomic.Int64 // how often it was told of something
	done   atomic.Int64 // told, when it last had made up for everything
}

// settled reports whether the index has all that the follower was told of.
func (f *Follower) settled() bool { return f.told.Load() == f.done.Load() }

// Expect has questions answered by the own index until the next comparison: something changed, and
// another node sees to it.
func (f *Follower) Expect() { f.told.Add(1) }

// NewFollower follows for h; Run does the work.
func NewFollower(h *HelpCentre, log *slog.Logger) *Follower {
	return &Follower{help: h, log: log, events: make(chan centrala.Event, 64), look: make(chan struct{}, 1)}
}

// Follow has it follow a change. It never blocks.
func (f *Follower) Follow(e centrala.Event) {
	f.told.Add(1)
	select {
	case f.events <- e:
	default:
		f.Look()
	}
}

// Look has it compare all articles. It never blocks.
func (f *Follower) Look() {
	f.told.Add(1)
	select {
	case f.look <- struct{}{}:
	default:
	}
}

// Run follows until ctx ends.
func (f *Follower) Run(ctx context.Context) error {
	wait, failing := time.Duration(0), false
	for {
		var err error
		told := int64(0)
		next := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			next.Stop()
			return nil
		case e := <-f.events:
			told = f.told.Load()
			err = f.help.Handle(ctx, e)
		case <-f.look:
			told = f.told.Load()
			err = f.help.Sync(ctx)
		case <-next.C:
			told = f.told.Load()
			err = f.help.Sync(ctx)
		}
		next.Stop()
		if err == nil && len(f.events) == 0 && len(f.look) == 0 {
			f.done.Store(told)
		}
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			if !failing {
				f.log.Warn("the index of the search engine does not follow the articles; the embedded one does, and it is tried again", "engine", f.help.Engine(), "why", err)
			}
			failing, wait = true, min(max(2*wait, againFirst), againAtMost)
		case failing && f.help.Ready() == nil:
			f.log.Info("the index of the search engine follows the articles again", "engine", f.help.Engine())
			failing, wait = false, compareEvery
		case !failing:
			wait = compareEvery
		}
	}
}
