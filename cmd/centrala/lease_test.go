package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"centrala/channels/channelstest"
)

// exchange stands before an IMAP server and notes what each connection says.
type exchange struct {
	to string
	l  net.Listener

	mu    sync.Mutex
	calls []*imapCall
	most  int // open at a time
}

// imapCall is one connection; the fields are the exchange's.
type imapCall struct {
	said   []string // commands, without their tags
	closed bool
}

func newExchange(t *testing.T, to int) *exchange {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	x := &exchange{to: net.JoinHostPort("127.0.0.1", strconv.Itoa(to)), l: l}
	var open sync.WaitGroup
	open.Go(func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			open.Go(func() { x.carry(near) })
		}
	})
	t.Cleanup(func() { _ = l.Close(); open.Wait() })
	return x
}

func (x *exchange) port() int { return x.l.Addr().(*net.TCPAddr).Port }

func (x *exchange) carry(near net.Conn) {
	defer near.Close()
	far, err := net.Dial("tcp", x.to)
	if err != nil {
		return
	}
	defer far.Close()
	c := &imapCall{}
	x.mu.Lock()
	x.calls = append(x.calls, c)
	x.most = max(x.most, len(x.openCalls()))
	x.mu.Unlock()
	go func() {
		_, _ = io.Copy(near, far) // until either end is gone
		_ = near.Close()
	}()
	_, _ = io.Copy(far, io.TeeReader(near, hearing{x, c}))
	x.mu.Lock()
	c.closed = true
	x.mu.Unlock()
}

// openCalls are those that have not ended. The caller holds the lock.
func (x *exchange) openCalls() []*imapCall {
	return slices.DeleteFunc(slices.Clone(x.calls), func(c *imapCall) bool { return c.closed })
}

// hearing notes the commands that pass.
type hearing struct {
	x *exchange
	c *imapCall
}

// Write implements io.Writer.
func (h hearing) Write(b []byte) (int, error) {
	h.x.mu.Lock()
	defer h.x.mu.Unlock()
	for line := range strings.Lines(string(b)) {
		h.c.said = append(h.c.said, strings.TrimSpace(line))
	}
	return len(b), nil
}

// polling is the one connection that waits for mail, and how many commands it has said.
func (x *exchange) polling() (*imapCall, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	open := x.openCalls()
	if len(open) != 1 || !slices.ContainsFunc(open[0].said, func(s string) bool { return strings.HasSuffix(s, " IDLE") }) {
		return nil, fmt.Errorf("%d connections are open", len(open))
	}
	return open[0], nil
}

// holder is the node that holds the mailbox's lease, from 0.
func (c *nodes) holder(t *testing.T) int {
	t.Helper()
	return c.count(t, `SELECT CAST(substr(holder, 6) AS bigint) FROM lease`) - 1
}

// tellsHealth waits until a node says how the mailbox does, which one node alone can know by
// itself.
func (c *nodes) tellsHealth(t *testing.T, i int) {
	t.Helper()
	p := c.at[i]
	admin := p.login(t, "szefowa@firma.test")
	eventually(t, fmt.Sprintf("node %d tells of the mailbox", i), func() error {
		var list struct {
			Items []struct {
				Channel string
				State   struct {
					OK     bool
					Watch  string
					LastOK string `json:"last_ok_at"`
				}
			}
		}
		p.must(t, "GET", "/v1/inboxes", admin, nil, &list)
		for _, v := range list.Items {
			if v.Channel == "email" && v.State.OK && v.State.Watch == "idle" && v.State.LastOK != "" {
				return nil
			}
		}
		return fmt.Errorf("%+v", list.Items)
	})
}

// One node polls a mailbox, whatever becomes of it. Who takes over has it to itself; who was
// frozen in the meantime says nothing more to the server but goodbye.
func TestMailboxOfSeveralNodes(t *testing.T) {
	t.Parallel()
	outside := newPost(t)
	line := newExchange(t, outside.box.Server.Port)
	outside.box.Server.Port = line.port()
	c := startNodes(t, 3, false, outside.mailbox(channelstest.Password, ""))
	c.hire(t, "szefowa@firma.test", "Barbara Nowak", "admin")
	mails := 0
	takes := func(when string) {
		t.Helper()
		mails++
		outside.write(t, "jan@example.test", fmt.Sprintf("Sprawa numer %03d", mails), "Treść "+when)
		eventually(t, "a mail "+when, func() error {
			if n := c.count(t, `SELECT count(*) FROM event WHERE type = 'message.received'`); n != mails {
				return fmt.Errorf("%d of %d are taken", n, mails)
			}
			return nil
		})
	}
	polled := func(when string) (call *imapCall) {
		t.Helper()
		eventually(t, "somebody polls "+when, func() (err error) { call, err = line.polling(); return err })
		return call
	}
	most := func(when string, want int) {
		t.Helper()
		line.mu.Lock()
		defer line.mu.Unlock()
		if line.most > want {
			t.Errorf("%s: %d connections were open at a time", when, line.most)
		}
	}

	first := polled("at first")
	takes("at first")
	for i := range c.Nodes { // whichever is asked
		c.tellsHealth(t, i)
	}
	ended := c.holder(t)
	if err := c.Nodes[ended].Stop(); err != nil {
		t.Fatal(err)
	}
	second := polled("after a polite end")
	if second == first || c.holder(t) == ended {
		t.Fatal("nobody took over from a node that ended")
	}
	takes("after a polite end")

	killed := c.holder(t)
	if err := c.Nodes[killed].Kill(); err != nil {
		t.Fatal(err)
	}
	outside.write(t, "jan@example.test", "Sprawa w międzyczasie", "Treść")
	mails++
	polled("after a kill")
	takes("after a kill")
	most("after a kill", 1)

	for _, i := range []int{ended, killed} {
		if err := c.Nodes[i].Start(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	frozen := polled("before one is frozen")
	asleep := c.holder(t)
	if err := c.Nodes[asleep].Pause(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "another one takes over", func() error {
		if c.holder(t) == asleep {
			return errors.New("nobody yet")
		}
		return nil
	})
	takes("while one is frozen")
	said := func(call *imapCall) (all []string, closed bool) {
		line.mu.Lock()
		defer line.mu.Unlock()
		return slices.Clone(call.said), call.closed
	}
	before, _ := said(frozen)
	if err := c.Nodes[asleep].Resume(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "who was frozen hangs up", func() error {
		if _, closed := said(frozen); !closed {
			return errors.New("not yet")
		}
		return nil
	})
	after, _ := said(frozen)
	for _, s := range after[len(before):] {
		if s != "DONE" && !strings.HasSuffix(s, " LOGOUT") {
			t.Errorf("who was frozen went on to say %q", s)
		}
	}
	polled("in the end")
	takes("in the end")
	most("one of which was frozen", 2)
	if got := c.holder(t); got == asleep {
		t.Errorf("node %d, which was frozen, holds the lease", got+1)
	}
}
