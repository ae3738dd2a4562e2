package gateway_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"centrala"
	"centrala/auth"
)

// BenchmarkFanOut is how many message frames a second reach 500 agents' sockets that view one
// conversation. Both ends of the sockets are in this process; the readers count and do nothing
// else. Each message brings every socket its frame and the conversation's new state.
func BenchmarkFanOut(b *testing.B) {
	const sockets = 500
	p := open(b, unlimited)
	customer := p.join(p.visitor(p.web))
	conv := customer.send("hej")["conversation"].(string)
	p.assign(conv, "ania")
	var got atomic.Int64
	more := make(chan struct{}, 1)
	addr := p.srv.Listener.Addr().String()
	for range sockets {
		conn, err := net.Dial("tcp", addr)
		p.must(err)
		b.Cleanup(func() { _ = conn.Close() })
		r, err := handshake(conn, addr, p.session("piotr"))
		p.must(err)
		p.must(utter(conn, `{"type":"view","ref":"v","conversation":"`+conv+`"}`))
		for {
			head, err := sip(r)
			p.must(err)
			if strings.HasPrefix(head, `{"type":"ack"`) {
				break
			}
		}
		go func() {
			for {
				head, err := sip(r)
				if err != nil {
					return
				}
				if strings.HasPrefix(head, `{"type":"message"`) && got.Add(1)%sockets == 0 {
					select {
					case more <- struct{}{}:
					default:
					}
				}
			}
		}()
	}
	p.settle(customer)
	b.ReportAllocs()
	b.ResetTimer()
	spent := cpu(b)
	const atOnce = 16 // messages a commit; as many again are on their way
	for i := 0; i < b.N; i += atOnce {
		for got.Load() < int64(i-atOnce)*sockets {
			<-more
		}
		p.say(conv, "ania", slices.Repeat([]string{"Paczka wyszła dziś rano."}, min(atOnce, b.N-i))...)
	}
	for got.Load() < int64(b.N)*sockets {
		<-more
	}
	all := float64(b.N * sockets)
	b.ReportMetric(all/b.Elapsed().Seconds(), "deliveries/s")
	b.ReportMetric(float64((cpu(b)-spent).Nanoseconds())/1000/all, "cpu-µs/delivery")
}

// stormSockets makes the test binary the other process of BenchmarkStorm.
const stormSockets = "CENTRALA_STORM_SOCKETS"

// storm reads a token, a conversation and how far it has come a line, and opens a socket with
// each. After the next line it cuts them all at once; after one more it brings them back, each
// resuming from there, and fails unless each is brought one entry.
func storm(addr string) error {
	in := bufio.NewScanner(os.Stdin)
	var people []caller
	for in.Scan() && in.Text() != "" {
		var c caller
		if _, err := fmt.Sscan(in.Text(), &c.token, &c.conversation, &c.after); err != nil {
			return err
		}
		people = append(people, c)
	}
	if err := together(people, func(c *caller) error { return c.dial(addr, "") }); err != nil {
		return err
	}
	fmt.Println("held")
	in.Scan()
	for i := range people {
		if err := people[i].conn.Close(); err != nil {
			return err
		}
	}
	fmt.Println("cut")
	in.Scan()
	if err := together(people, func(c *caller) error { return c.back(addr) }); err != nil {
		return err
	}
	fmt.Println("back")
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

// caller is one customer of the storm.
type caller struct {
	token, conversation string
	after               int64
	conn                net.Conn
	r                   *bufio.Reader
}

func (c *caller) dial(addr, resume string) (err error) {
	if c.conn, err = net.Dial("tcp", addr); err != nil {
		return err
	}
	c.r, err = handshake(c.conn, addr, c.token, resume)
	return err
}

// back comes back and reads until it is live.
func (c *caller) back(addr string) error {
	if err := c.dial(addr, fmt.Sprintf(`,"resume":[{"conversation":%q,"after":%d}]`, c.conversation, c.after)); err != nil {
		return err
	}
	missed := 0
	for {
		head, err := sip(c.r)
		switch {
		case err != nil:
			return err
		case strings.HasPrefix(head, `{"type":"message"`):
			missed++
		case strings.HasPrefix(head, `{"type":"resumed"`):
			if missed != 1 {
				return fmt.Errorf("%s: %d entries came, want the one that was missed", c.conversation, missed)
			}
			go func() { // keeps it
				for swallow(c.r) == nil {
					if _, err := c.conn.Write([]byte{0x8a, 0x80, 0, 0, 0, 0}); err != nil {
						return
					}
				}
			}()
			return nil
		}
	}
}

// together does the same for all, as many at a time as a machine has sockets on their way.
func together(people []caller, f func(*caller) error) error {
	errs := make([]error, len(people))
	room := make(chan struct{}, 1000)
	var all sync.WaitGroup
	for i := range people {
		room <- struct{}{}
		all.Go(func() {
			errs[i] = f(&people[i])
			<-room
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// BenchmarkStorm cuts 10 000 customers' sockets at once and has all of them back, each with one
// message to be caught up on: how long it takes, and what memory this process holds afterwards.
func BenchmarkStorm(b *testing.B) {
	const sockets = 10_000
	manyFiles(b, sockets)
	p := open(b, unlimited)
	conversations := make([]string, sockets)
	lines := make([]string, sockets)
	side := func(f func(i int)) {
		var all sync.WaitGroup
		room := make(chan struct{}, 64)
		for i := range sockets {
			room <- struct{}{}
			all.Go(func() {
				f(i)
				<-room
			})
		}
		all.Wait()
	}
	side(func(i int) {
		token := p.visitor(p.web)
		who, err := p.guard.Identify(context.Background(), token)
		p.must(err)
		contact := auth.ContactOf(*who.Visitor)
		r, err := p.db.Append(context.Background(), centrala.Post{Sender: who.ID, Key: newKey(), Author: who.Author(), Scope: who.Scope,
			Text: "hej", Channel: centrala.Chat, Contact: &contact, Inbox: p.web.ID})
		p.must(err)
		conversations[i] = r.Conversation.String()
		p.say(conversations[i], "ania", "słucham")
		c, err := p.db.Conversation(context.Background(), centrala.Everything(), r.Conversation)
		p.must(err)
		lines[i] = token + " " + conversations[i] + " " + strconv.FormatInt(c.LastSeq, 10)
	})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	other := exec.CommandContext(ctx, os.Args[0])
	other.Env = append(os.Environ(), stormSockets+"="+p.srv.Listener.Addr().String())
	other.Stderr = os.Stderr
	in, err := other.StdinPipe()
	p.must(err)
	out, err := other.StdoutPipe()
	p.must(err)
	answers := bufio.NewReader(out)
	want := func(word string) {
		if line, err := answers.ReadString('\n'); err != nil || line != word+"\n" {
			b.Fatalf("the other process: %q %v, want %s", line, err, word)
		}
	}
	p.must(other.Start())
	defer func() {
		cancel()
		_ = other.Wait() // it was told to end
	}()
	fmt.Fprintln(in, strings.Join(lines, "\n")+"\n")
	want("held")
	debug.FreeOSMemory()
	before := resident(b)
	fmt.Fprintln(in, "cut")
	want("cut")
	side(func(i int) { p.say(conversations[i], "ania", "jestem") })
	start, spent := time.Now(), cpu(b)
	fmt.Fprintln(in, "back")
	want("back")
	b.ReportMetric(time.Since(start).Seconds(), "s")
	b.ReportMetric(float64((cpu(b)-spent).Microseconds())/sockets, "cpu-µs/socket")
	peak := resident(b)
	if n := p.gw.Stats().Visitors; n != sockets {
		b.Errorf("%d sockets are open", n)
	}
	<-time.After(30 * time.Second) // what is measured: how much is given back by itself
	b.ReportMetric(float64(before)/(1<<20), "MB-before")
	b.ReportMetric(float64(peak)/(1<<20), "MB-peak")
	b.ReportMetric(float64(resident(b))/(1<<20), "MB-after-30s")
	b.ReportMetric(0, "ns/op")
}
