package gateway_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// holdSockets, in the environment, makes the test binary the other process of
// BenchmarkIdleSockets: it keeps sockets open, answers pings, and does nothing else.
const holdSockets = "CENTRALA_HOLD_SOCKETS"

func TestMain(m *testing.M) {
	for name, other := range map[string]func(addr string) error{holdSockets: hold, stormSockets: storm} {
		if addr := os.Getenv(name); addr != "" {
			if err := other(addr); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			return
		}
	}
	os.Exit(m.Run())
}

// hold reads a token a line, opens a socket with each, answers with a line when all are
// welcome, and keeps them until its input ends.
func hold(addr string) error {
	var (
		in    = bufio.NewScanner(os.Stdin)
		all   sync.WaitGroup
		room  = make(chan struct{}, 32)
		wrong = make(chan error, 1)
	)
	for in.Scan() && in.Text() != "" {
		token := in.Text()
		room <- struct{}{}
		all.Go(func() {
			defer func() { <-room }()
			if err := holdOne(addr, token); err != nil {
				select {
				case wrong <- err:
				default:
				}
			}
		})
	}
	all.Wait()
	select {
	case err := <-wrong:
		return err
	default:
	}
	fmt.Println("held")
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

func holdOne(addr, token string) error {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	r, err := handshake(conn, addr, token)
	if err != nil {
		return err
	}
	go func() {
		for swallow(r) == nil {
			if _, err := conn.Write([]byte{0x8a, 0x80, 0, 0, 0, 0}); err != nil {
				return
			}
		}
	}()
	return nil
}

// greet opens a socket by hand and reads the welcome.
func greet(conn net.Conn, host, token string) error {
	_, err := handshake(conn, host, token)
	return err
}

func handshake(conn net.Conn, addr, token string, more ...string) (*bufio.Reader, error) {
	fmt.Fprintf(conn, "GET /v1/socket HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: centrala.v1\r\n\r\n", addr)
	r := bufio.NewReaderSize(conn, 512)
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return nil, err
		}
		if line == "\r\n" {
			break
		}
	}
	if err := utter(conn, fmt.Sprintf(`{"type":"hello","token":%q%s}`, token, strings.Join(more, ""))); err != nil {
		return nil, err
	}
	if err := swallow(r); err != nil { // the welcome
		return nil, err
	}
	return r, nil
}

// utter writes one frame, with a mask of zeros.
func utter(conn net.Conn, body string) error {
	frame := binary.BigEndian.AppendUint16([]byte{0x81, 0x80 | 126}, uint16(len(body)))
	_, err := conn.Write(append(append(frame, 0, 0, 0, 0), body...))
	return err
}

// swallow reads one frame.
func swallow(r *bufio.Reader) error {
	_, err := sip(r)
	return err
}

// sip reads one frame and returns how it begins.
func sip(r *bufio.Reader) (string, error) {
	var h [2]byte
	if _, err := io.ReadFull(r, h[:]); err != nil {
		return "", err
	}
	n := int(h[1] & 0x7f)
	if n == 126 {
		var l [2]byte
		if _, err := io.ReadFull(r, l[:]); err != nil {
			return "", err
		}
		n = int(binary.BigEndian.Uint16(l[:]))
	}
	if h[0]&0xf == 8 {
		return "", io.EOF
	}
	head, err := r.Peek(min(n, 20))
	begins := string(head)
	if err == nil {
		_, err = r.Discard(n)
	}
	return begins, err
}

// manyFiles lets this process have so many sockets.
func manyFiles(b *testing.B, sockets uint64) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil || limit.Cur < sockets+200 {
		limit.Cur = limit.Max
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil || limit.Max < sockets+200 {
			b.Skipf("only %d files may be open", limit.Max)
		}
	}
}

// BenchmarkIdleSockets tells what 8 000 visitors cost who are connected and do nothing: memory
// of this process (the store and all else included), and processor time. The other ends live
// in another process.
func BenchmarkIdleSockets(b *testing.B) {
	const sockets = 8000
	manyFiles(b, sockets)
	p := open(b, unlimited)
	p.join(p.visitor(p.web)).send("warm")
	base := resident(b)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	other := exec.CommandContext(ctx, os.Args[0])
	other.Env = append(os.Environ(), holdSockets+"="+p.srv.Listener.Addr().String())
	other.Stderr = os.Stderr
	in, err := other.StdinPipe()
	p.must(err)
	out, err := other.StdoutPipe()
	p.must(err)
	p.must(other.Start())
	defer func() {
		cancel()
		_ = other.Wait() // it was told to end
	}()
	begin := time.Now()
	for range sockets {
		fmt.Fprintln(in, p.visitor(p.web))
	}
	fmt.Fprintln(in)
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "held\n" {
		b.Fatalf("the other process: %q %v", line, err)
	}
	opened := time.Since(begin)
	if n := p.gw.Stats().Visitors; n < sockets {
		b.Fatalf("%d sockets are open", n)
	}
	at, spent := time.Now(), cpu(b)
	<-time.After(30 * time.Second) // what is measured: nothing happens
	busy := (cpu(b) - spent).Seconds() / time.Since(at).Seconds()
	b.ReportMetric(float64(resident(b)-base)/1024/sockets, "KB/socket")
	b.ReportMetric(float64(resident(b))/1024/sockets, "KB/socket-all-in")
	b.ReportMetric(busy, "cores")
	b.ReportMetric(float64(sockets)/opened.Seconds(), "hellos/s")
	b.ReportMetric(0, "ns/op")
	if n := p.gw.Stats().Visitors; n < sockets {
		b.Fatalf("%d sockets are left", n)
	}
}

// resident is this process's memory in bytes, as the kernel counts it.
func resident(b *testing.B) int {
	raw, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		b.Skip(err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(raw))[1])
	if err != nil {
		b.Fatal(err)
	}
	return pages * os.Getpagesize()
}

func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkRoundTrips is a closed loop of visitors and agents: a visitor writes, the agent who
// has the conversation gets it and answers, the visitor gets that; both are acknowledged and
// on disk. It tells round trips a second and how long a visitor's words take to the agent.
func BenchmarkRoundTrips(b *testing.B) {
	for _, visitors := range []int{1, 50} {
		b.Run(fmt.Sprint(visitors), func(b *testing.B) {
			p := open(b, unlimited)
			agent := p.join(p.session("ania"))
			var pairs []*pair
			for range visitors {
				v := p.join(p.visitor(p.web))
				conv := v.send("hej")["conversation"].(string)
				p.assign(conv, "ania")
				pairs = append(pairs, &pair{visitor: v, conv: conv, heard: make(chan struct{}, 1), back: make(chan struct{}, 1)})
			}
			p.settle(agent)
			at := map[string]*pair{}
			for _, x := range pairs {
				at[x.conv] = x
				x.visitor.hook(func(f frame) {
					if f["type"] == "message" {
						x.back <- struct{}{}
					}
				})
			}
			agent.hook(func(f frame) {
				if m, _ := f["message"].(map[string]any); f["type"] == "message" && m["author"].(map[string]any)["kind"] == "customer" {
					at[f["conversation"].(string)].heard <- struct{}{}
				}
			})
			b.ResetTimer()
			var all sync.WaitGroup
			for i, x := range pairs {
				n := b.N / visitors
				if i < b.N%visitors {
					n++
				}
				all.Go(func() { x.run(agent, n) })
			}
			all.Wait()
			var took []time.Duration
			for _, x := range pairs {
				took = append(took, x.took...)
			}
			slices.Sort(took)
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "round-trips/s")
			b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
		})
	}
}

type pair struct {
	visitor     *peer
	conv        string
	heard, back chan struct{}
	took        []time.Duration
}

func (x *pair) run(agent *peer, n int) {
	for range n {
		key := newKey()
		start := time.Now()
		x.visitor.say(frame{"type": "message.send", "ref": key, "key": key, "text": "Czy paczka już wyszła?", "conversation": x.conv})
		<-x.heard
		x.took = append(x.took, time.Since(start))
		key = newKey()
		agent.say(frame{"type": "message.send", "ref": key, "key": key, "text": "Tak, dziś rano.", "conversation": x.conv})
		<-x.back
	}
}
