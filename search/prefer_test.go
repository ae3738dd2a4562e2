package search_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"centrala"
	"centrala/search"
)

// engine is an index that answers with its name, or is out of order.
type engine struct {
	search.Index
	name  string
	asked atomic.Int64
	fails atomic.Pointer[error]
	slow  atomic.Bool // it takes until whoever asks has no patience left
	sync  error
}

func (e *engine) Name() string { return e.name }

func (e *engine) Versions(context.Context) (map[centrala.ArticleID]int64, error) { return nil, e.sync }

func (e *engine) Search(ctx context.Context, _ centrala.Query) ([]centrala.Suggestion, error) {
	e.asked.Add(1)
	if e.slow.Load() {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if err := e.fails.Load(); err != nil {
		return nil, *err
	}
	return []centrala.Suggestion{{Slug: e.name, Score: 1}}, nil
}

func (e *engine) fail(err error) {
	if err == nil {
		e.fails.Store(nil)
	} else {
		e.fails.Store(&err)
	}
}

// pair is a Help Centre with a preferred engine.
type pair struct {
	*search.HelpCentre
	far, near *engine
	help      *search.HelpCentre // of the preferred one
	first     *search.Preferred
	follower  *search.Follower
	log       strings.Builder
}

func newPair(t *testing.T) *pair {
	t.Helper()
	p := &pair{far: &engine{name: "far"}, near: &engine{name: "near"}}
	log := slog.New(slog.NewTextHandler(&p.log, nil))
	p.HelpCentre, p.help = search.New(p.near, &stock{}, log), search.New(p.far, &stock{}, log)
	p.follower = search.NewFollower(p.help, log)
	p.first = p.Prefer(p.follower)
	return p
}

// answers says who answers a question, and how long that takes.
func (p *pair) answers(t *testing.T) (engine string, took time.Duration) {
	t.Helper()
	began := time.Now()
	found, engine, err := p.Ask(t.Context(), centrala.Query{Text: "zwrot", Locale: "pl"})
	if err != nil || len(found) != 1 || found[0].Slug != engine {
		t.Fatalf("%s answers %v, %v", engine, found, err)
	}
	return engine, time.Since(began)
}

func TestThePreferredEngineAnswersOnceItsIndexIsRead(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	if e, _ := p.answers(t); e != "near" || p.first.Ready() == nil {
		t.Errorf("before its index is read %s answers; it says %v", e, p.first.Ready())
	}
	for _, broken := range []error{nil, errors.New("its disk is full"), nil} {
		p.far.sync = broken
		if err := p.help.Sync(t.Context()); !errors.Is(err, broken) {
			t.Fatal(err)
		}
		want := "far"
		if broken != nil {
			want = "near"
		}
		if e, _ := p.answers(t); e != want || !errors.Is(p.first.Ready(), broken) {
			t.Errorf("when its index is kept with %v, %s answers; it says %v", broken, e, p.first.Ready())
		}
	}
	if p.far.asked.Load() != 2 || p.log.Len() > 0 {
		t.Errorf("it was asked %d times; the log says %q", p.far.asked.Load(), p.log.String())
	}
}

// Of an engine that hangs one question waits, for as long as patience lasts, and no other one does;
// it is tried aside, less and less often, and answers as soon as it can.
func TestNobodyWaitsForTheEngineTwice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t)
		if err := p.help.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go func() { _ = p.follower.Run(ctx) }() // never an error
		synctest.Wait()
		p.far.slow.Store(true)
		if e, took := p.answers(t); e != "near" || took != search.Patience {
			t.Errorf("first %s answers, after %s", e, took)
		}
		for range 600 { // a minute of somebody who types
			if e, took := p.answers(t); e != "near" || took != 0 {
				t.Fatalf("then %s answers, after %s", e, took)
			}
			time.Sleep(100 * time.Millisecond)
		}
		if n := p.far.asked.Load(); n < 4 || n > 8 {
			t.Errorf("it was asked %d times in a minute", n)
		}
		synctest.Wait()
		if err := p.first.Ready(); err == nil || !strings.Contains(err.Error(), "since") {
			t.Errorf("it says %v", err)
		}
		p.far.slow.Store(false)
		healed := time.Now()
		for {
			synctest.Wait()
			if e, _ := p.answers(t); e == "far" {
				break
			}
			if time.Since(healed) > 31*time.Second {
				t.Fatal("it is not asked again")
			}
			time.Sleep(100 * time.Millisecond)
		}
		if p.first.Ready() != nil {
			t.Errorf("it says %v", p.first.Ready())
		}
		if log := p.log.String(); strings.Count(log, "does not answer") != 1 || strings.Count(log, "answers again") != 1 {
			t.Errorf("the log says %s", log)
		}
		answered, passed := p.first.Answered(), p.Answered()
		if answered != 1 || passed < 601 {
			t.Errorf("%d and %d are counted", answered, passed)
		}
	})
}

// Who types on and is gone says nothing of the engine.
func TestWhoIsGoneIsNoFailure(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	if err := p.help.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.far.slow.Store(true)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, _ = p.Ask(ctx, centrala.Query{Text: "zwrot"}) // nobody hears the answer
	p.far.slow.Store(false)
	if e, _ := p.answers(t); e != "far" || p.first.Ready() != nil {
		t.Errorf("%s answers; it says %v", e, p.first.Ready())
	}
	p.far.fail(errors.New("no"))
	if e, _ := p.answers(t); e != "near" || p.first.Ready() == nil {
		t.Errorf("%s answers; it says %v", e, p.first.Ready())
	}
}

// Between a change and its place in the other index the own one answers, which has it already.
func TestAChangeIsAnsweredFromWhereItIs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t)
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		p.follower.Follow(centrala.Event{Type: centrala.ArticleWords})
		if err := p.help.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		if e, _ := p.answers(t); e != "near" || p.first.Ready() != nil {
			t.Errorf("before the change is in, %s answers; it says %v", e, p.first.Ready())
		}
		go func() { _ = p.follower.Run(ctx) }() // never an error
		synctest.Wait()
		if e, _ := p.answers(t); e != "far" {
			t.Errorf("when it is in, %s answers", e)
		}
		stop()
	})
}
