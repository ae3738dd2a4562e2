package search

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"centrala"
)

// Patience is how long a preferred engine may take to answer; then the own one does.
const Patience = 800 * time.Millisecond

// After a failure a preferred engine is tried again after firstTry, then less and less often.
const (
	firstTry = time.Second
	lastTry  = 30 * time.Second
)

// errNotRead says that an index was not compared with the articles yet.
var errNotRead = errors.New("the index is being read")

// Preferred is another engine that is asked first. Questions go to it as long as it answers in
// time and its index is what the articles are: a change is found at once, in the own index. When it fails nobody waits for it again: it is
// tried with a question that is answered by the own index meanwhile.
type Preferred struct {
	help     *HelpCentre // of the other engine
	log      *slog.Logger
	follower *Follower // of its index

	answered atomic.Uint64

	mu     sync.Mutex
	why    error // nil: it answers
	since  time.Time
	wait   time.Duration
	next   time.Time
	trying bool
}

// Prefer has h's questions answered by the index that f keeps in step. It must be called before the
// first question.
func (h *HelpCentre) Prefer(f *Follower) *Preferred {
	h.first = &Preferred{help: f.help, log: f.log, follower: f}
	return h.first
}

// Ready says why the preferred engine does not answer, nil when it does.
func (p *Preferred) Ready() error {
	if err := p.help.current(); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.why != nil {
		return fmt.Errorf("it does not answer since %s: %w", p.since.UTC().Format(time.RFC3339), p.why)
	}
	return nil
}

// Answered is how many questions it has answered.
func (p *Preferred) Answered() uint64 { return p.answered.Load() }

// ask is the preferred engine's answer; ok is false when there is none.
func (p *Preferred) ask(ctx context.Context, q centrala.Query) (found []centrala.Suggestion, ok bool) {
	if p.help.current() == nil && p.follower.settled() && p.may(ctx, q) {
		if found, err := p.try(ctx, q); err == nil {
			p.answered.Add(1)
			return found, true
		}
	}
	return nil, false
}

// may reports whether it may be asked. When it is time to see whether it answers again, it is tried
// aside.
func (p *Preferred) may(ctx context.Context, q centrala.Query) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.why == nil {
		return true
	}
	if !p.trying && !time.Now().Before(p.next) {
		p.trying = true
		go func() { _, _ = p.try(context.WithoutCancel(ctx), q) }() // what comes of it is noted
	}
	return false
}

// try asks it, and notes how that went.
func (p *Preferred) try(ctx context.Context, q centrala.Query) ([]centrala.Suggestion, error) {
	short, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	found, err := p.help.index.Search(short, q)
	if err != nil && ctx.Err() != nil {
		return nil, err // whoever asked is gone: nothing is known of the engine
	}
	p.note(err)
	return found, err
}

func (p *Preferred) note(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.trying = false
	switch {
	case err == nil && p.why != nil:
		p.log.Info("the search engine answers again", "engine", p.help.Engine(), "after", time.Since(p.since).Round(time.Millisecond))
		p.why, p.wait = nil, 0
	case err != nil:
		if p.why == nil {
			p.since = time.Now()
			p.log.Warn("the search engine does not answer; the embedded index answers until it does", "engine", p.help.Engine(), "why", err)
			p.follower.Look() // it may have lost what it had
		}
		p.why = err
		p.wait = min(max(2*p.wait, firstTry), lastTry)
		p.next = time.Now().Add(p.wait)
	}
}
