package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/coder/websocket"
	"github.com/google/uuid"
)

// A Person is somebody at one end of the live socket who behaves as docs/protocol.md asks of
// clients: words wait in an outbox until they are acknowledged and are sent again under their
// key; after a broken connection the socket resumes where everything was there; what is had is
// known by conversation and seq. What they say and hear goes into the record.
type Person struct {
	*Reader
	record *Record
	addr   string // of the link
	token  string
	greet  []map[string]any         // frames that follow every welcome
	hear   func(p *Person, f frame) // called for every frame, on the reading goroutine

	mu       sync.Mutex
	outbox   []*letter
	missing  map[string]bool  // conversations of which something earlier is to be asked for
	whole    map[string]int64 // up to which seq everything is there
	above    map[place]bool   // what is there beyond that
	sockets  int              // numbers given: to connections, and to what is asked for beside them
	live     int              // the connection's
	said     int
	wake     chan struct{} // something is in the outbox
	replays  int           // of this connection that are not over yet
	resumed  int           // how often everything missed had come after a hello
	problems []string      // what the protocol does not allow
}

// letter is a message in the outbox.
type letter struct {
	*Said
	to string // the conversation, "" for a customer's only one
}

func newPerson(record *Record, reader *Reader, addr, token string) *Person {
	return &Person{Reader: record.Read(reader), record: record, addr: addr, token: token,
		whole: map[string]int64{}, above: map[place]bool{}, missing: map[string]bool{}, wake: make(chan struct{}, 1)}
}

// Say puts words into the outbox and returns at once.
func (p *Person) Say(to string, note bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := &Said{By: p.Name, Order: p.said, Key: uuid.Must(uuid.NewV7()).String(), Text: fmt.Sprintf("%s, słowo %d", p.Name, p.said), Note: note}
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
		p.once(ctx)
		if time.Since(began) > time.Second {
			wait = 10 * time.Millisecond
		}
		if rest(ctx, rand.N(wait)) != nil { // full jitter
			return
		}
		wait = min(2*wait, 500*time.Millisecond)
	}
}

// once is one connection, from its beginning to its end.
func (p *Person) once(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	dialing, stop := context.WithTimeout(ctx, 3*time.Second)
	defer stop()
	conn, _, err := websocket.Dial(dialing, "ws://"+p.addr+"/v1/socket", &websocket.DialOptions{Subprotocols: []string{"centrala.v1"}})
	if err != nil {
		return
	}
	defer conn.CloseNow()
	conn.SetReadLimit(1 << 20)
	if p.write(ctx, conn, p.hello()) != nil {
		return
	}
	answered := make(chan string, 64) // refs of acks and errors
	welcome := make(chan struct{})
	var work sync.WaitGroup
	work.Go(func() { defer cancel(); p.send(ctx, conn, welcome, answered) })
	work.Go(func() { defer cancel(); p.ping(ctx, conn, welcome) })
	p.read(ctx, conn, welcome, answered)
	cancel()
	work.Wait()
}

func (p *Person) hello() map[string]any {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sockets++
	p.live, p.replays = p.sockets, len(p.whole)
	resume := []map[string]any{}
	for c, after := range p.whole {
		resume = append(resume, map[string]any{"conversation": c, "after": after})
	}
	return map[string]any{"type": "hello", "token": p.token, "resume": resume}
}

func (p *Person) write(ctx context.Context, conn *websocket.Conn, f any) error {
	b, err := json.Marshal(f)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	return conn.Write(ctx, websocket.MessageText, b)
}

// send sends the head of the outbox and waits for what comes of it, again and again.
func (p *Person) send(ctx context.Context, conn *websocket.Conn, welcome <-chan struct{}, answered <-chan string) {
	select {
	case <-welcome:
	case <-ctx.Done():
		return
	}
	for _, f := range p.greet {
		if p.write(ctx, conn, f) != nil {
			return
		}
	}
	for n := 0; ; n++ {
		l, ask := p.head()
		for c, after := range ask {
			if p.write(ctx, conn, map[string]any{"type": "history", "ref": "h", "conversation": c, "after": after, "limit": 100}) != nil {
				return
			}
		}
		if l == nil {
			select {
			case <-p.wake:
				continue
			case <-ctx.Done():
				return
			}
		}
		ref := fmt.Sprintf("%s#%d", l.Key, n)
		f := map[string]any{"type": "message.send", "ref": ref, "key": l.Key, "text": l.Text}
		if l.to != "" {
			f["conversation"] = l.to
		}
		if l.Note {
			f["note"] = true
		}
		if p.write(ctx, conn, f) != nil {
			return
		}
		for got := ""; got != ref; {
			select {
			case got = <-answered:
			case <-time.After(5 * time.Second):
				return // a new connection finds out
			case <-ctx.Done():
				return
			}
		}
	}
}

// head is the next letter, nil for none, and what is to be asked for before it: conversations,
// and after which seq.
func (p *Person) head() (l *letter, ask map[string]int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.missing {
		if ask == nil {
			ask = map[string]int64{}
		}
		ask[c] = p.whole[c]
	}
	clear(p.missing)
	if len(p.outbox) > 0 {
		l = p.outbox[0]
	}
	return l, ask
}

// ping notices a line on which nothing passes any more.
func (p *Person) ping(ctx context.Context, conn *websocket.Conn, welcome <-chan struct{}) {
	select {
	case <-welcome:
	case <-time.After(5 * time.Second):
		return
	case <-ctx.Done():
		return
	}
	for rest(ctx, time.Second) == nil {
		within, cancel := context.WithTimeout(ctx, 5*time.Second)
		err := conn.Ping(within)
		cancel()
		if err != nil {
			return
		}
	}
}

func (p *Person) read(ctx context.Context, conn *websocket.Conn, welcome chan<- struct{}, answered chan<- string) {
	for {
		_, b, err := conn.Read(ctx)
		if err != nil {
			return
		}
		var f frame
		if err := json.Unmarshal(b, &f); err != nil {
			p.problem("a frame that is no object: %v", err)
			return
		}
		switch f.Type {
		case "welcome":
			p.caughtUp(0)
			close(welcome)
		case "resumed":
			p.caughtUp(1)
		case "message":
			p.arrive(f)
		case "history":
			p.page(f)
		case "ack":
			p.acknowledged(f)
		case "error":
			p.refused(ctx, f)
		}
		if p.hear != nil {
			p.hear(p, f)
		}
		if f.Ref != "" && (f.Type == "ack" || f.Type == "error") {
			select {
			case answered <- f.Ref:
			case <-ctx.Done():
				return
			}
		}
	}
}

// arrive takes a message frame.
func (p *Person) arrive(f frame) {
	a := Arrival{Conversation: f.Conversation, Seq: f.Seq, Hidden: f.Hidden}
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
		p.take(Arrival{Conversation: f.Conversation, Seq: e.Seq, Hidden: e.Hidden, Key: e.Key, Text: e.Text, System: len(e.System) > 0}, own)
	}
	if f.More {
		p.Catch(f.Conversation)
	}
}

// take notes an arrival and moves the mark up to which everything is there.
func (p *Person) take(a Arrival, socket int) {
	p.mu.Lock()
	if a.Socket = socket; socket == 0 {
		a.Socket = p.live
	}
	c := a.Conversation
	p.above[place{c, a.Seq}] = true
	for p.above[place{c, p.whole[c] + 1}] {
		p.whole[c]++
		delete(p.above, place{c, p.whole[c]})
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
	p.take(Arrival{Conversation: f.Conversation, Seq: f.Seq, Key: l.Key, Text: l.Text}, own)
}

// refused takes an error: words that may be tried again stay, others are the run's failure.
func (p *Person) refused(ctx context.Context, f frame) {
	if f.Retry || f.Code == "unavailable" || f.Code == "rate_limited" {
		_ = rest(ctx, time.Duration(max(f.RetryAfter, 20))*time.Millisecond) // its end is noticed by who reads
		return
	}
	var why string
	_ = json.Unmarshal(f.Message, &why) // said as far as it can be
	p.problem("%s refused: %s %s", f.Ref, f.Code, why)
}

func (p *Person) problem(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.problems = append(p.problems, p.Name+": "+fmt.Sprintf(format, args...))
}

// refersTo reports whether a ref belongs to the message of that key.
func refersTo(ref, key string) bool { return len(ref) > len(key) && ref[:len(key)] == key }
