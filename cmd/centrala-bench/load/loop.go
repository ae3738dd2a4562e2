// Package load puts a house under load and measures what its clients see.
package load

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"centrala/cmd/centrala-bench/host"
	"centrala/cmd/centrala-bench/stats"
	"centrala/cmd/centrala-bench/wire"
)

// A talk is one conversation of the closed loop, shared by its visitor and its agent.
type talk struct {
	id       string
	assigned chan struct{} // closed when an agent has it
	holder   string        // that agent's id; read after assigned
	once     sync.Once
	sent     atomic.Int64 // clock just before the visitor's latest send
	reached  atomic.Int64 // how long that took to the agent's frame
	replied  atomic.Int64 // clock just before the agent's latest send
	acked    chan int64   // the seq in the acknowledgement of the agent's reply
	heard    int64        // the latest number that the agent heard in an open loop; the agent's own
}

// A Board finds the talk of a conversation for whoever hears of it first.
type Board struct {
	mu    sync.RWMutex
	talks map[string]*talk
	start time.Time
}

// NewBoard is an empty one; its clock starts now.
func NewBoard() *Board { return &Board{talks: map[string]*talk{}, start: time.Now()} }

// clock is monotonic and common to both ends.
func (b *Board) clock() int64 { return int64(time.Since(b.start)) }

func (b *Board) talk(id string) *talk {
	b.mu.RLock()
	t := b.talks[id]
	b.mu.RUnlock()
	if t != nil {
		return t
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if t = b.talks[id]; t == nil {
		t = &talk{id: id, assigned: make(chan struct{}), acked: make(chan int64, 1)}
		b.talks[id] = t
	}
	return t
}

// A Line is how the two ends speak: to centrala, or through the bare relay.
type Line struct {
	Acks bool // a message counts only when it is acknowledged

	// Compose appends the frame with which who ("customer" or "agent") says text.
	Compose func(dst []byte, t *talk, who, text string) ([]byte, error)
}

const (
	question = '#' // begins what visitors say in the loop
	reply    = '@' // begins what agents say in it
	piled    = '+' // begins what is written while the stream is away

	// With the number before it a message has about 130 bytes, like those of the rivals' trials.
	padding = " Dzien dobry, paczka miala dotrzec wczoraj, a kurier zostawil tylko awizo. Czy da sie zmienic punkt odbioru na inny?"

	patience = 15 * time.Second // for one answer
)

// A Visitor is one end of the loop. One goroutine uses it.
type Visitor struct {
	board *Board
	line  Line
	sock  *wire.Socket
	talk  *talk
	n     int64 // round trips so far
	seq   int64 // of the latest message frame, or of the first message
	out   []byte
	token string
}

// round says something, waits for the answer and for both acknowledgements.
func (v *Visitor) round(ctx context.Context) (toAgent, toVisitor time.Duration, err error) {
	v.n++
	number := strconv.FormatInt(v.n, 10)
	if v.out, err = v.line.Compose(v.out[:0], v.talk, "customer", string(question)+number+padding); err != nil {
		return 0, 0, err
	}
	v.talk.sent.Store(v.board.clock())
	if err = v.sock.Write(v.out); err != nil {
		return 0, 0, err
	}
	var own, theirs int64 // the seqs of both; the acknowledgement may come after the reply
	for acked, answered := !v.line.Acks, false; !acked || !answered; {
		b, err := v.sock.Read()
		now := v.board.clock()
		if err != nil {
			return 0, 0, fmt.Errorf("a visitor waits for the answer to message %s: %w", number, err)
		}
		g, err := wire.Look(b)
		if err != nil {
			return 0, 0, err
		}
		switch g.Type {
		case "ack":
			acked, own = true, g.Seq
		case "message":
			mine := wire.Says(b, "agent", string(reply)+number+padding)
			if !mine { // or it is written in another way
				var f wire.Frame
				if f, err = wire.Decode(b); err == nil {
					mine, err = isReply(f, number)
				}
			}
			if mine {
				answered, theirs, toVisitor = true, g.Seq, time.Duration(now-v.talk.replied.Load())
			}
			err = errors.Join(err, v.later(g.Seq))
		}
		if err != nil {
			return 0, 0, err
		}
	}
	if v.line.Acks {
		select {
		case seq := <-v.talk.acked:
			if seq != theirs || own >= seq {
				return 0, 0, fmt.Errorf("conversation %s: the question has seq %d, its reply %d for the agent and %d for the visitor", v.talk.id, own, seq, theirs)
			}
		case <-ctx.Done():
			return 0, 0, context.Cause(ctx)
		}
	}
	return time.Duration(v.talk.reached.Load()), toVisitor, nil
}

// later checks that the messages of a conversation come in ascending order.
func (v *Visitor) later(seq int64) error {
	if seq <= v.seq && v.line.Acks {
		return fmt.Errorf("conversation %s: seq %d came after %d", v.talk.id, seq, v.seq)
	}
	v.seq = seq
	return nil
}

// isReply is true for the agent's reply to message number, and an error for one to another.
func isReply(f wire.Frame, number string) (bool, error) {
	w, err := f.Words()
	if err != nil || w.Author.Kind != "agent" || w.System != nil {
		return false, err
	}
	if want := string(reply) + number + padding; w.Text != want {
		return false, fmt.Errorf("conversation %s: the agent said %.40q, not %.40q", f.Conversation, w.Text, want)
	}
	return true, nil
}

// An Answerer is the other end: it answers every question at once.
type Answerer struct {
	board  *Board
	line   Line
	sock   *wire.Socket
	me     string // the agent's id
	out    []byte
	listen Listener
}

// A Listener gets every message frame, in place of an answer.
type Listener func(t *talk, frame []byte, now int64) error

// Run answers until the socket ends, which after the end of ctx is no error.
func (a *Answerer) Run(ctx context.Context) error {
	for {
		b, err := a.sock.Read()
		now := a.board.clock()
		if err == nil {
			err = a.hear(b, now)
		}
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("an agent's socket: %w", err)
		}
	}
}

func (a *Answerer) hear(b []byte, now int64) error {
	if a.listen != nil {
		if g, err := wire.Look(b); err != nil || g.Type == "message" {
			return errors.Join(err, a.listen(a.board.talk(g.Conversation), b, now))
		}
	}
	g, err := wire.Look(b)
	if err != nil {
		return err
	}
	switch g.Type {
	case "conversation":
		if a.holds(b) {
			return nil
		}
		f, err := wire.Decode(b)
		if err != nil {
			return err
		}
		if f.Assignee != nil && f.Assignee.ID == a.me {
			t := a.board.talk(f.ID)
			t.once.Do(func() {
				t.holder = a.me
				close(t.assigned)
			})
		}
	case "ack":
		select {
		case a.board.talk(g.Conversation).acked <- g.Seq:
		default:
			return fmt.Errorf("conversation %s: more acknowledgements than replies", g.Conversation)
		}
	case "message":
		n, asked := wire.Numbered(b, question)
		if !asked || !wire.By(b, "customer") {
			return nil
		}
		t := a.board.talk(g.Conversation)
		t.reached.Store(now - t.sent.Load())
		if a.out, err = a.line.Compose(a.out[:0], t, "agent", string(reply)+strconv.FormatInt(n, 10)+padding); err != nil {
			return err
		}
		t.replied.Store(a.board.clock())
		return a.sock.Write(a.out)
	}
	return nil
}

// holds reports whether a conversation's frame is of one that this agent is known to have: its
// state changes with every message, and nothing of it is news.
func (a *Answerer) holds(b []byte) bool {
	id, ok := wire.Row(b)
	if !ok {
		return false
	}
	t := a.board.talk(id)
	select {
	case <-t.assigned:
		return t.holder == a.me
	default:
		return false
	}
}

// Pace is how long the loop runs.
type Pace struct {
	Warm, Window time.Duration
	Bouts        int
	Servers      []int // the processes whose processor time is counted
}

// used is the processor time of the server and of this process so far.
func (p Pace) used() (server, driver time.Duration, err error) {
	if server, err = host.CPUOf(p.Servers...); err != nil {
		return 0, 0, err
	}
	driver, err = host.CPUOf(os.Getpid())
	return server, driver, err
}

// closedLoop lets every visitor make round trips one after the other, and counts those that
// end inside the windows. It is a closed loop: whoever waits sends nothing, so that its
// latencies say nothing about a load that keeps coming.
func closedLoop(ctx context.Context, visitors []*Visitor, p Pace) ([]Bout, error) {
	var bouts []Bout
	for range p.Bouts {
		b, err := oneBout(ctx, visitors, p)
		if err != nil {
			return nil, err
		}
		bouts = append(bouts, b)
	}
	return bouts, nil
}

func oneBout(ctx context.Context, visitors []*Visitor, p Pace) (Bout, error) {
	var all Bout
	server, driver, err := p.used()
	if err != nil {
		return all, err
	}
	from := time.Now().Add(p.Warm)
	until := from.Add(p.Window)
	g, ctx := errgroup.WithContext(ctx)
	all.ToAgent, all.ToVisitor, all.Round = stats.NewLatencies(), stats.NewLatencies(), stats.NewLatencies()
	var made atomic.Int64
	for _, v := range visitors {
		g.Go(func() error {
			if err := v.sock.Within(p.Warm + p.Window + patience); err != nil {
				return err
			}
			for time.Now().Before(until) {
				begun := time.Now()
				toAgent, toVisitor, err := v.round(ctx)
				if err != nil {
					return err
				}
				made.Add(1)
				if now := time.Now(); now.After(from) && now.Before(until) {
					all.ToAgent.Record(toAgent)
					all.ToVisitor.Record(toVisitor)
					all.Round.Record(now.Sub(begun))
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return all, err
	}
	serverAfter, driverAfter, err := p.used()
	if err != nil {
		return all, err
	}
	all.CPU, all.Driver, all.Made = serverAfter-server, driverAfter-driver, int(made.Load())
	if all.ToAgent.Count() == 0 {
		return all, errors.New("not one round trip ended inside the window")
	}
	all.Rate = float64(all.ToAgent.Count()) / p.Window.Seconds()
	return all, nil
}
