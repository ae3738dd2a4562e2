package lab

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Trouble is what goes wrong between a mail client and its server.
type Trouble string

// What a Relay can do. Each keeps to what the server really did: nothing is refused that it took.
const (
	NoTrouble Trouble = ""
	Refused   Trouble = "refused"   // connections are refused, and those that are open end
	Hanging   Trouble = "hanging"   // no answer comes; when the trouble is over, what hangs ends
	Late      Trouble = "late"      // each answer comes later
	Torn      Trouble = "torn"      // a connection ends in the middle of a mail, either way
	Unheard   Trouble = "unheard"   // SMTP: a mail is taken, and its connection ends before the client hears so
	Twice     Trouble = "twice"     // final answers come twice
	PutOff    Trouble = "put off"   // the server has no time now: SMTP 451, IMAP NO [UNAVAILABLE]
	HungUp    Trouble = "hung up"   // SMTP: a connection ends when a recipient is named
	OutOfStep Trouble = "answering" // SMTP: a mail is taken, and what is answered belongs to something else
)

// A Relay stands between a mail client and its server and makes trouble: a proxy that knows of
// SMTP and IMAP where a mail begins and ends. Its address stays the same. Its methods may be
// called from any goroutine.
type Relay struct {
	addr, target string
	smtp         bool
	ctx          context.Context // ends with the relay
	end          context.CancelFunc
	open         sync.WaitGroup

	mu       sync.Mutex
	listener net.Listener // nil while connections are refused
	trouble  Trouble
	late     time.Duration
	changed  chan struct{} // closed when the trouble changes
	struck   map[Trouble]int
	calls    map[*call]struct{}
}

// NewSMTPRelay opens a relay to an SMTP server. Close ends it.
func NewSMTPRelay(target string) (*Relay, error) { return newRelay(target, true) }

// NewIMAPRelay opens a relay to an IMAP server. Close ends it.
func NewIMAPRelay(target string) (*Relay, error) { return newRelay(target, false) }

func newRelay(target string, smtp bool) (*Relay, error) {
	addr, err := FreeAddress()
	if err != nil {
		return nil, err
	}
	r := &Relay{addr: addr, target: target, smtp: smtp, changed: make(chan struct{}), struck: map[Trouble]int{}, calls: map[*call]struct{}{}}
	r.ctx, r.end = context.WithCancel(context.Background())
	if err := r.listen(); err != nil {
		r.end()
		return nil, err
	}
	return r, nil
}

// Addr is where clients connect.
func (r *Relay) Addr() string { return r.addr }

// Make begins a trouble and ends the one before. late is how much later answers come.
func (r *Relay) Make(t Trouble, late time.Duration) error {
	r.mu.Lock()
	before := r.trouble
	r.trouble, r.late = t, late
	close(r.changed)
	r.changed = make(chan struct{})
	l := r.listener
	if t == Refused {
		r.listener = nil
		for c := range r.calls {
			c.hangUp()
		}
		r.struck[t]++
	}
	r.mu.Unlock()
	if t == Refused && l != nil {
		return l.Close()
	}
	if t != Refused && before == Refused {
		return r.listen()
	}
	return nil
}

// Struck is how often a trouble has really met somebody.
func (r *Relay) Struck(t Trouble) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.struck[t]
}

// Close ends the relay and everything on it.
func (r *Relay) Close() error {
	r.end()
	err := r.Make(Refused, 0)
	r.open.Wait()
	return err
}

func (r *Relay) listen() error {
	l, err := net.Listen("tcp", r.addr)
	if err != nil {
		return err
	}
	r.mu.Lock()
	r.listener = l
	r.mu.Unlock()
	r.open.Go(func() {
		for {
			near, err := l.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err == nil {
				r.open.Go(func() { r.carry(near) })
			}
		}
	})
	return nil
}

func (r *Relay) carry(near net.Conn) {
	far, err := net.DialTimeout("tcp", r.target, time.Second)
	if err != nil {
		_ = near.Close() // nobody is there, as the caller now sees
		return
	}
	c := &call{near, far}
	r.mu.Lock()
	r.calls[c] = struct{}{}
	over := r.trouble == Refused
	r.mu.Unlock()
	if over {
		c.hangUp()
	}
	t := &talk{Relay: r, call: c, up: bufio.NewReader(near), down: bufio.NewReader(far)}
	var both sync.WaitGroup
	both.Go(func() { defer c.hangUp(); t.ask() })
	both.Go(func() { defer c.hangUp(); t.answer() })
	both.Wait()
	r.mu.Lock()
	delete(r.calls, c)
	r.mu.Unlock()
}

// meets reports whether a trouble is on now, and counts that it met somebody.
func (r *Relay) meets(t Trouble) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.trouble != t {
		return false
	}
	r.struck[t]++
	return true
}

// stall waits as the trouble asks before an answer passes, and reports whether the connection
// lives on.
func (r *Relay) stall() bool {
	r.mu.Lock()
	t, late, changed := r.trouble, r.late, r.changed
	if t == Hanging || t == Late {
		r.struck[t]++
	}
	r.mu.Unlock()
	switch t {
	case Hanging:
		select {
		case <-changed:
		case <-r.ctx.Done():
		}
		return false
	case Late:
		return Rest(r.ctx, late) == nil
	}
	return true
}

// talk is one connection through a relay.
type talk struct {
	*Relay
	call     *call
	up, down *bufio.Reader

	mu    sync.Mutex
	where place
}

// place is how far the handing over of a mail is, in SMTP.
type place int

const (
	between place = iota
	inMail        // the client sends a mail
	sent          // it has sent the last dot, and waits
)

func (t *talk) at() place {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.where
}

func (t *talk) goTo(to place) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.where = to
}

// ask passes what the client says.
func (t *talk) ask() {
	for {
		line, err := t.up.ReadString('\n')
		if err != nil {
			return
		}
		if back := t.refusal(line); back != "" && t.meets(PutOff) {
			if _, err := io.WriteString(t.call.near, back); err != nil {
				return
			}
			continue
		}
		if t.smtp && t.at() == between && strings.HasPrefix(strings.ToUpper(line), "RCPT ") && t.meets(HungUp) {
			return
		}
		if t.at() == inMail {
			if line == ".\r\n" {
				t.goTo(sent)
			} else if strings.TrimSpace(line) == "" && t.meets(Torn) { // between its head and its body
				return
			}
		}
		if _, err := io.WriteString(t.call.far, line); err != nil {
			return
		}
	}
}

// refusal is what a server says that has no time for what the client begins, "" when it begins
// nothing.
func (t *talk) refusal(line string) string {
	if t.smtp && t.at() == between && strings.HasPrefix(strings.ToUpper(line), "MAIL ") {
		return "451 4.3.2 Come back later\r\n"
	}
	if tag, rest, ok := strings.Cut(line, " "); !t.smtp && ok && strings.HasPrefix(strings.ToUpper(rest), "LOGIN ") {
		return tag + " NO [UNAVAILABLE] Come back later\r\n"
	}
	return ""
}

// answer passes what the server says.
func (t *talk) answer() {
	for {
		line, err := t.down.ReadString('\n')
		if err != nil || !t.stall() {
			return
		}
		size := int64(-1)
		if t.smtp {
			if !t.smtpLine(&line) {
				return
			}
		} else if size = literal(line); size < 0 && tagged(line) && t.meets(Twice) {
			line += line
		}
		if _, err := io.WriteString(t.call.near, line); err != nil {
			return
		}
		if size < 0 {
			continue
		}
		if torn := size > 1 && t.meets(Torn); torn {
			_, _ = io.CopyN(t.call.near, t.down, size/2) // it ends one way or the other
			return
		}
		if _, err := io.CopyN(t.call.near, t.down, size); err != nil {
			return
		}
	}
}

// smtpLine changes an answer of an SMTP server as the trouble asks, and reports whether the
// connection lives on.
func (t *talk) smtpLine(line *string) bool {
	switch {
	case strings.HasPrefix(*line, "354"):
		t.goTo(inMail)
	case t.at() == sent:
		t.goTo(between)
		taken := strings.HasPrefix(*line, "250")
		switch {
		case taken && t.meets(Unheard):
			return false
		case taken && t.meets(OutOfStep):
			*line = "354 Go on\r\n"
		case t.meets(Twice):
			*line += *line
		}
	}
	return true
}

// tagged reports whether a line is the last of the answers to an IMAP command.
func tagged(line string) bool {
	return !strings.HasPrefix(line, "*") && !strings.HasPrefix(line, "+")
}

var literalEnd = regexp.MustCompile(`\{(\d+)\}\r\n$`)

// literal is how many bytes follow an IMAP line as they are, below 0 for none.
func literal(line string) int64 {
	m := literalEnd.FindStringSubmatch(line)
	if m == nil {
		return -1
	}
	n, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil {
		return -1
	}
	return n
}

// String tells what a relay did.
func (r *Relay) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return fmt.Sprint(r.struck)
}

// CutAll ends all connections at once.
func (r *Relay) CutAll() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for c := range r.calls {
		c.hangUp()
	}
}
