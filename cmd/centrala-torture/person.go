package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"centrala/cmd/centrala-torture/law"
	"centrala/lab"
)

// A Person is somebody at one end of the live socket who behaves as docs/protocol.md asks of
// clients: words wait in an outbox until they are acknowledged and are sent again under their
// key; after a broken connection the socket resumes where everything was there; what is had is
// known by conversation and seq. What they say and hear goes into the record.
type Person struct {
	*law.Reader
	record *law.Record
	addr   string // of the link
	token  string
	greet  []map[string]any         // frames that follow every welcome
	hear   func(p *Person, f frame) // called for every frame, on the reading goroutine

	mu       sync.Mutex
	outbox   []*letter
	missing  map[string]bool  // conversations of which something earlier is to be asked for
	filling  map[string]bool  // those of which a resume brought only the newest
	whole    map[string]int64 // up to which seq everything is there
	above    map[spot]bool    // what is there beyond that
	sockets  int              // numbers given: to connections, and to what is asked for beside them
	live     int              // the connection's
	said     int
	wake     chan struct{} // something is in the outbox
	replays  int           // of this connection that are not over yet
	resumed  int           // how often everything missed had come after a hello
	problems []string      // what the protocol does not allow
	online   int           // the connection that has been welcomed, 0 for none
	putOff   int           // how often words were refused for now
	ends     map[int]end   // how connections ended that had been welcomed
}

// end is how a connection ended.
type end struct{ code, retryAfter int }

// spot is a place in a conversation.
type spot struct {
	conversation string
	seq          int64
}

// letter is a message in the outbox.
type letter struct {
	*law.Said
	to string // the conversation, "" for a customer's only one
}

func newPerson(record *law.Record, reader *law.Reader, addr, token string) *Person {
	return &Person{Reader: record.Read(reader), record: record, addr: addr, token: token,
		whole: map[string]int64{}, above: map[spot]bool{}, missing: map[string]bool{}, filling: map[string]bool{}, wake: make(chan struct{}, 1), ends: map[int]end{}}
}

// Say puts words into the outbox and returns at once.
func (p *Person) Say(to string, note bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := &law.Said{By: p.Name, Order: p.said, Key: uuid.Must(uuid.NewV7()).String(), Text: fmt.Sprintf("%s, słowo %d", p.Name, p.said), Note: note}
	p.said++
	p.outbox = append(p.outbox, &letter{p.record.Say(s), to})
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// Catch has the whole of a conversation asked for that the person has only now come to see.
func (p *Person) Catch(conversation string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.missing[conversation] = true
	p.whole[conversation] += 0 // from now on it is resumed
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// Whole is up to which seq everything of a conversation is there; false for one that the person
// knows nothing of.
func (p *Person) Whole(conversation string) (int64, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	seq, known := p.whole[conversation]
	return seq, known
}

// Unsent is how many words wait for their acknowledgement.
func (p *Person) Unsent() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.outbox)
}

// caughtUp notes that so many conversations of the hello have come whole, or the welcome itself;
// with the last of them everything that was missed is there.
func (p *Person) caughtUp(conversations int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.replays -= conversations
	if p.replays == 0 {
		p.resumed++
	}
}

// replayed takes the end of a replay. What it left out is asked for, and has to come first.
func (p *Person) replayed(f frame) {
	if !f.Truncated {
		p.caughtUp(1)
		return
	}
	p.mu.Lock()
	p.filling[f.Conversation] = true
	p.mu.Unlock()
	p.Catch(f.Conversation)
}

// filled notes that a history came to its end.
func (p *Person) filled(conversation string) {
	p.mu.Lock()
	was := p.filling[conversation]
	delete(p.filling, conversation)
	p.mu.Unlock()
	if was {
		p.caughtUp(1)
	}
}

// Resumed is how often the person has come back onto the line and got all that was missed.
func (p *Person) Resumed() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.resumed
}

// Run keeps the person on the line until ctx ends.
func (p *Person) Run(ctx context.Context) {
	for wait := 10 * time.Millisecond; ctx.Err() == nil; {
		began := time.Now()
		asked := p.once(ctx)
		if time.Since(began) > time.Second {
			wait = 10 * time.Millisecond
		}
		if lab.Rest(ctx, asked+rand.N(wait)) != nil { // full jitter
			return
		}
		wait = min(2*wait, 500*time.Millisecond)
	}
}

// Online is the connection that the person is welcome on, 0 for none.
func (p *Person) Online() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.online
}

// End is how a connection ended that the person was welcome on; false while it has not.
func (p *Person) End(connection int) (end, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	e, over := p.ends[connection]
	return e, over
}

// PutOff is how often the person's words were refused for now.
func (p *Person) PutOff() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.putOff
}

// arrive takes a message frame.
func (p *Person) arrive(f frame) {
	a := law.Arrival{Conversation: f.Conversation, Seq: f.Seq, Hidden: f.Hidden}
	if !f.Hidden {
		var e entry
		if err := json.Unmarshal(f.Message, &e); err != nil {
			p.problem("a message that is no object: %v", err)
			return
		}
		a.Key, a.Text, a.System = e.Key, e.Text, len(e.System) > 0
	}
	p.take(a, 0)
}

// page takes a history, which is a socket of its own: it may repeat what is there.
func (p *Person) page(f frame) {
	p.mu.Lock()
	p.sockets++
	own := p.sockets
	p.mu.Unlock()
	for _, e := range f.Messages {
		p.take(law.Arrival{Conversation: f.Conversation, Seq: e.Seq, Hidden: e.Hidden, Key: e.Key, Text: e.Text, System: len(e.System) > 0}, own)
	}
	if f.More {
		p.Catch(f.Conversation)
		return
	}
	p.filled(f.Conversation)
}

// take notes an arrival and moves the mark up to which everything is there.
func (p *Person) take(a law.Arrival, socket int) {
	p.mu.Lock()
	if a.Socket = socket; socket == 0 {
		a.Socket = p.live
	}
	c := a.Conversation
	p.above[spot{c, a.Seq}] = true
	for p.above[spot{c, p.whole[c] + 1}] {
		p.whole[c]++
		delete(p.above, spot{c, p.whole[c]})
	}
	p.mu.Unlock()
	p.record.Hear(p.Reader, a)
}

// acknowledged takes an ack: the words are on disk and at their place, also for who sent them.
func (p *Person) acknowledged(f frame) {
	p.mu.Lock()
	if len(p.outbox) == 0 || f.Seq == 0 || !refersTo(f.Ref, p.outbox[0].Key) {
		p.mu.Unlock()
		return // of a history or a setting
	}
	l := p.outbox[0]
	p.outbox = p.outbox[1:]
	p.sockets++ // acks may overtake
	own := p.sockets
	p.mu.Unlock()
	p.record.Acknowledge(l.Said, f.Conversation, f.Seq)
	if p.Sees != nil {
		p.record.Own(p.Reader, f.Conversation)
	}
	p.take(law.Arrival{Conversation: f.Conversation, Seq: f.Seq, Key: l.Key, Text: l.Text}, own)
}

// refused takes an error: words that may be tried again stay, and a history is asked for again. Others are the run's failure, and
// go, so that it can come to its end.
func (p *Person) refused(ctx context.Context, f frame) {
	if f.Retry || f.Code == "unavailable" || f.Code == "rate_limited" {
		p.mu.Lock()
		p.putOff++
		p.mu.Unlock()
		_ = lab.Rest(ctx, time.Duration(max(f.RetryAfter, 20))*time.Millisecond) // its end is noticed by who reads
		if c, asked := strings.CutPrefix(f.Ref, historyOf); asked {
			p.Catch(c)
		}
		return
	}
	var why string
	_ = json.Unmarshal(f.Message, &why) // said as far as it can be
	p.problem("%s refused: %s %s", f.Ref, f.Code, why)
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.outbox) > 0 && refersTo(f.Ref, p.outbox[0].Key) {
		p.outbox = p.outbox[1:]
	}
}

// Problems is what the server did that the protocol does not allow.
func (p *Person) Problems() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.problems)
}

func (p *Person) problem(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.problems = append(p.problems, p.Name+": "+fmt.Sprintf(format, args...))
}

// refersTo reports whether a ref belongs to the message of that key.
func refersTo(ref, key string) bool { return len(ref) > len(key) && ref[:len(key)] == key }
