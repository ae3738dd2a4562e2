package load

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"centrala/cmd/centrala-bench/host"
	"centrala/cmd/centrala-bench/stats"
	"centrala/cmd/centrala-bench/wire"
)

// Storm is what happens when all customers lose their connection at once.
type Storm struct {
	Sockets             int
	Written             int              // replies that agents gave meanwhile
	Entering            time.Duration    // until all had come in and had an agent, before
	Took                time.Duration    // from the cut until the last had resumed and had what they missed
	Each                *stats.Latencies // the same, of each; their own waiting is in it
	Tries               int64            // connections that were tried
	Before, Peak, After host.Memory      // of the server: settled, at most, and after the lull
	CPU, Driver         time.Duration    // processor time during Took
}

// A Lull is how long everything is quiet before the cut and after everybody is back, each until
// the server's memory is looked at.
type Lull struct{ Before, After time.Duration }

const (
	stormEvery = 10 // every so manieth customer gets a reply while they are away
	stormLimit = 2 * time.Minute

	// What the protocol asks of clients: exponential backoff with full jitter.
	backoffBase = 500 * time.Millisecond
	backoffCap  = 30 * time.Second
)

// backoff is how long a client waits before try n (from 0), by a random share.
func backoff(n int, share float64) time.Duration {
	return time.Duration(share * float64(min(backoffCap, backoffBase<<min(n, 16))))
}

// A patron is a customer who stays: whose connection may be cut, and who comes back and has to
// miss nothing.
type patron struct {
	*Visitor
	n       int
	awaits  bool          // a reply that is written while they are away
	gotIt   bool          // it has come
	resumed bool          // after the cut
	back    chan struct{} // closed when they have all they missed
	since   time.Time     // the cut
	took    time.Duration // from it until back was closed
}

// A storm is the state of one run.
type storm struct {
	site *Site
	cut  chan struct{} // closed when it begins
	when time.Time     // it did; read after cut

	mu      sync.Mutex
	patrons []*patron
	first   []*wire.Socket // theirs, which are cut
	tries   atomic.Int64
}

// Reconnect brings n customers in, each with a conversation that an agent has, cuts all their
// connections at once with a reset, lets agents write to some of them meanwhile, and waits until
// all have resumed.
func Reconnect(ctx context.Context, site *Site, n int, l Lull) (Storm, error) {
	result := Storm{Sockets: n, Each: stats.NewLatencies()}
	if err := host.EnoughFiles(n + 500); err != nil {
		return result, err
	}
	err := atWork(ctx, site, toCarry(n), nil, func(ctx context.Context, s *Shift) error {
		ctx, end := context.WithCancel(ctx) // ends every socket
		defer end()
		g, ctx := errgroup.WithContext(ctx)
		st := &storm{site: site, cut: make(chan struct{})}
		g.Go(func() error {
			defer end()
			begun := time.Now()
			if err := st.gather(ctx, s, g, n); err != nil {
				return err
			}
			result.Entering = time.Since(begun)
			return st.pass(ctx, s, l, &result)
		})
		return g.Wait()
	})
	return result, err
}

// gather brings n customers in. Each reads at once, as whoever is silent for a minute is let go.
func (st *storm) gather(ctx context.Context, s *Shift, g *errgroup.Group, n int) error {
	_, err := s.bring(ctx, n, func(ctx context.Context, token string, d wire.Door) (*Visitor, error) {
		v, err := s.enter(ctx, token, d)
		if err != nil {
			return nil, err
		}
		st.mu.Lock()
		defer st.mu.Unlock()
		i := len(st.patrons)
		p := &patron{Visitor: v, n: i, awaits: i%stormEvery == 0, back: make(chan struct{})}
		st.patrons, st.first = append(st.patrons, p), append(st.first, v.sock)
		g.Go(func() error { return st.stay(ctx, p) })
		return v, nil
	})
	return err
}

// pass is the storm itself.
func (st *storm) pass(ctx context.Context, s *Shift, l Lull, r *Storm) (err error) {
	if err := rest(ctx, l.Before); err != nil {
		return err
	}
	server := st.site.Servers[0]
	if r.Before, err = host.MemoryOf(server); err != nil {
		return err
	}
	cpu, driver, err := Pace{Servers: st.site.Servers}.used()
	if err != nil {
		return err
	}
	peak := watchMemory(server)
	st.when = time.Now()
	close(st.cut)
	for _, sock := range st.first {
		if err := sock.Cut(); err != nil {
			return err
		}
	}
	writing := make(chan error, 1)
	go func() { writing <- s.writeTo(ctx, st.patrons) }()
	limit := time.After(stormLimit)
	for _, p := range st.patrons {
		select {
		case <-p.back:
		case <-limit:
			err = errors.Join(err, fmt.Errorf("customer %d is not back %s after the cut", p.n, stormLimit))
		case <-ctx.Done():
			err = context.Cause(ctx)
		}
		if err != nil {
			break
		}
		r.Each.Record(p.took)
	}
	r.Took, r.Tries = r.Each.Max(), st.tries.Load()
	r.Peak = peak()
	if err = errors.Join(err, <-writing); err != nil {
		return err
	}
	after, driverAfter, err := Pace{Servers: st.site.Servers}.used()
	if err != nil {
		return err
	}
	r.CPU, r.Driver, r.Written = after-cpu, driverAfter-driver, (len(st.patrons)+stormEvery-1)/stormEvery
	if err := rest(ctx, l.After); err != nil {
		return err
	}
	r.After, err = host.MemoryOf(server)
	return err
}

// writeTo lets the agents reply to those who await it.
func (s *Shift) writeTo(ctx context.Context, patrons []*patron) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for _, p := range patrons {
		if p.awaits {
			g.Go(func() error { return s.answer(ctx, p.talk, string(reply)+strconv.Itoa(p.n)+padding) })
		}
	}
	return g.Wait()
}

// answer lets the agent who has t say something, and waits for the acknowledgement.
func (s *Shift) answer(ctx context.Context, t *talk, text string) error {
	b, err := wire.AppendSend(nil, "m", t.id, text)
	if err == nil {
		err = s.holder(t).sock.Write(b)
	}
	if err != nil {
		return err
	}
	select {
	case <-t.acked:
		return nil
	case <-time.After(patience):
		return fmt.Errorf("conversation %s: a reply is not acknowledged after %s", t.id, patience)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// stay reads, comes back after the cut, and goes on reading until ctx ends.
func (st *storm) stay(ctx context.Context, p *patron) error {
	err := p.read()
	select {
	case <-st.cut:
	default:
		return err
	}
	for try := 0; ctx.Err() == nil; try++ {
		if err := rest(ctx, backoff(try, rand.Float64())); err != nil {
			break
		}
		st.tries.Add(1)
		p.sock, err = st.site.Front().Enter(ctx, wire.Door{Local: source(p.n), Buffer: 256}, p.token,
			map[string]any{"resume": []map[string]any{{"conversation": p.talk.id, "after": p.seq}}})
		if err != nil {
			continue // the next try comes later
		}
		p.since = st.when
		if err = p.read(); errors.As(err, new(*holeError)) {
			return err
		}
	}
	return nil
}

// A holeError is that something was missed.
type holeError struct {
	conversation string
	seq, after   int64
}

func (e *holeError) Error() string {
	return fmt.Sprintf("conversation %s: seq %d follows %d", e.conversation, e.seq, e.after)
}

// read takes everything until the socket ends. What is had already is dropped; a hole is an error.
func (p *patron) read() error {
	for {
		b, err := p.sock.Read()
		if err != nil {
			return err
		}
		f, err := wire.Decode(b)
		if err != nil {
			return err
		}
		switch {
		case f.Type == "message" && f.Conversation == p.talk.id && f.Seq > p.seq:
			if f.Seq != p.seq+1 {
				return &holeError{p.talk.id, f.Seq, p.seq}
			}
			p.seq = f.Seq
			if p.awaits && f.Message != nil {
				mine, err := isReply(f, strconv.Itoa(p.n))
				if err != nil {
					return err
				}
				p.gotIt = p.gotIt || mine
			}
		case f.Type == "resumed" && f.Conversation == p.talk.id:
			if f.Gone || f.Seq != p.seq {
				return &holeError{p.talk.id, f.Seq, p.seq}
			}
			p.resumed = true
		}
		if p.resumed && (p.gotIt || !p.awaits) {
			p.arrive()
		}
		p.sock.Slim()
	}
}

// arrive notes that the customer has all they missed; the first time counts.
func (p *patron) arrive() {
	select {
	case <-p.back:
	default:
		p.took = time.Since(p.since)
		close(p.back)
	}
}

// watchMemory looks at a process again and again, until the func it gives is called, which
// says how large it was at most.
func watchMemory(pid int) func() host.Memory {
	var most host.Memory
	stop := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			if m, err := host.ResidentOf(pid); err == nil && m.RSS > most.RSS {
				most = m
			}
			select {
			case <-tick.C:
			case <-stop:
				return
			}
		}
	})
	return func() host.Memory {
		close(stop)
		watching.Wait()
		return most
	}
}
