package stream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"centrala"
	"centrala/watch"
)

const (
	handlerTime = 2 * time.Second
	tries       = 3
)

// pause is how long to wait before the second and the third try.
func pause(try int) time.Duration { return time.Duration(try*try) * 50 * time.Millisecond }

// group is one durable reader of the stream, shared by all nodes that name it.
type group struct {
	bus     *Bus
	log     *slog.Logger
	name    string
	types   []centrala.EventType
	handle  func(context.Context, centrala.Event) error
	strands []*strand

	stopping chan struct{}
	once     sync.Once
	running  sync.WaitGroup

	handled, retried, buried atomic.Uint64
	took                     *watch.Histogram // seconds from an event's making to its handler's end
}

func newGroup(b *Bus, name string, types []centrala.EventType, h func(context.Context, centrala.Event) error) *group {
	g := &group{bus: b, log: b.log.With("group", name), name: name, types: types, handle: h, stopping: make(chan struct{}), took: watch.Seconds()}
	for n := range strandsPerGroup {
		g.strands = append(g.strands, &strand{group: g, n: n})
	}
	return g
}

func (g *group) start() error {
	for _, s := range g.strands {
		if err := s.start(); err != nil {
			return fmt.Errorf("subscribe %s: %w", g.name, err)
		}
	}
	return nil
}

// stop waits until no handler runs and the group's events go to other nodes.
func (g *group) stop() error {
	g.once.Do(func() { close(g.stopping) })
	errs := make([]error, len(g.strands))
	var wait sync.WaitGroup
	for i, s := range g.strands {
		if s.sub != nil {
			wait.Go(func() { errs[i] = s.sub.Close() })
		}
	}
	wait.Wait()
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("stop %s: %w", g.name, err)
	}
	g.running.Wait()
	return nil
}

func (g *group) ends() bool {
	select {
	case <-g.stopping:
		return true
	default:
		return false
	}
}

// verdict is what becomes of an event at the stream.
type verdict int

const (
	done   verdict = iota // handled or buried: the lane goes on
	giveUp                // this node is stopping: another one shall have it, now
)

// work handles an event, or buries it. While neither the handler nor the graveyard works,
// which is how a lost database looks, it keeps the event and tries both again. alive is called
// often enough to keep the event from being given to another node meanwhile.
func (g *group) work(e centrala.Event, alive func()) verdict {
	attempts := 0
	for {
		err := g.attempt(e, alive, &attempts)
		if err == nil {
			g.handled.Add(1)
			g.took.Since(e.ID.Made())
			return done
		}
		if g.ends() {
			return giveUp
		}
		alive()
		if err := g.bury(centrala.DeadLetter{Event: e, Error: err.Error(), Attempts: attempts}); err == nil {
			return done
		}
		if !g.wait(time.Second, alive) {
			return giveUp
		}
	}
}

// attempt tries up to three times.
func (g *group) attempt(e centrala.Event, alive func(), attempts *int) error {
	for try := 1; ; try++ {
		if try > 1 {
			alive()
			g.retried.Add(1)
		}
		*attempts++
		err := g.guard(e, alive)
		if err == nil || try == tries || !g.wait(pause(try), alive) {
			return err
		}
		g.log.Debug("an event is tried again", "event", e.ID, "type", e.Type, "conversation", e.Conversation, "error", err)
	}
}

// wait reports false when the group stops first.
func (g *group) wait(d time.Duration, alive func()) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		alive()
		return true
	case <-g.stopping:
		return false
	}
}

// guard runs the handler once and keeps the event while the handler overruns its time, for
// half a minute at most: then another node may have it, as if this one had crashed.
func (g *group) guard(e centrala.Event, alive func()) error {
	const every, most = 2 * time.Second, 15
	ended := make(chan struct{})
	defer close(ended)
	overrun := time.AfterFunc(handlerTime+every/2, func() {
		g.log.Error("a handler ignores its deadline", "event", e.ID, "type", e.Type, "conversation", e.Conversation)
		for range most {
			alive()
			if within(ended, every) {
				return
			}
		}
	})
	defer overrun.Stop()
	return g.try(g.bus.ctx, e)
}

// try runs the handler once, with its deadline; a panic is an error.
func (g *group) try(ctx context.Context, e centrala.Event) (err error) {
	ctx, cancel := context.WithTimeout(watch.With(ctx, e.Trace), handlerTime)
	defer cancel()
	began := time.Now()
	defer func() { g.bus.note(e, "handle "+g.name, began, err) }()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
			g.log.Error("a handler panicked", "event", e.ID, "type", e.Type, "panic", p, "stack", string(debug.Stack()))
		}
	}()
	return g.handle(ctx, e)
}

// bury writes a dead letter.
func (g *group) bury(d centrala.DeadLetter) error {
	ctx, cancel := context.WithTimeout(g.bus.ctx, handlerTime)
	defer cancel()
	d.Group, d.At = g.name, time.Now().UTC()
	err := g.bus.cfg.Graveyard.Bury(ctx, d)
	if err != nil {
		g.log.Error("a dead letter could not be written; keeping the event", "event", d.Event.ID, "type", d.Event.Type, "cause", d.Error, "error", err)
		return err
	}
	g.buried.Add(1)
	g.log.Error("an event was given up", "event", d.Event.ID, "type", d.Event.Type,
		"conversation", d.Event.Conversation, "attempts", d.Attempts, "error", d.Error)
	return nil
}
