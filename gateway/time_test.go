package gateway_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"centrala"
	"centrala/auth"
	"centrala/gateway"
)

// pipes is a listener whose connections are in memory, so that a whole installation lives in
// a bubble whose clock the test moves.
type pipes struct {
	conns chan net.Conn
	once  sync.Once
	done  chan struct{}
}

func (l *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}
func (l *pipes) Close() error   { l.once.Do(func() { close(l.done) }); return nil }
func (l *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }

func (l *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	server, client := net.Pipe()
	select {
	case l.conns <- server:
		return client, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// inBubble runs a test in a bubble, with its installation.
func inBubble(t *testing.T, f func(t *testing.T, p *place), change ...func(*gateway.Config)) {
	t.Parallel()
	if len(change) == 0 {
		change = append(change, unlimited)
	}
	synctest.Test(t, func(t *testing.T) {
		l := &pipes{conns: make(chan net.Conn), done: make(chan struct{})}
		p := furnish(t, change...)
		p.dial = l.dial
		srv := &http.Server{Handler: p.gw}
		served := make(chan error)
		go func() { served <- srv.Serve(l) }()
		t.Cleanup(func() {
			if err := srv.Close(); err != nil {
				t.Error(err)
			}
			if err := <-served; !errors.Is(err, http.ErrServerClosed) {
				t.Error(err)
			}
		})
		f(t, p)
	})
}

// slowGuard takes its time to say who somebody is.
type slowGuard struct {
	gateway.Guard
	takes time.Duration
}

func (g slowGuard) Identify(ctx context.Context, token string) (auth.Principal, error) {
	time.Sleep(g.takes)
	return g.Guard.Identify(ctx, token)
}

// mute does not answer pings: a pipe holds nothing, and nobody reads the other end yet.
func mute(o *websocket.DialOptions) {
	o.OnPingReceived = func(context.Context, []byte) bool { return false }
}

// Who has said hello in time is welcome, however long the server takes to answer: in a storm of
// returning sockets nobody is told that their token is bad.
func TestSlowWelcomeIsNoBadToken(t *testing.T) {
	slow := func(c *gateway.Config) {
		c.NoLimits, c.Guard = true, slowGuard{c.Guard, gateway.HelloWithin + 3*time.Second}
	}
	inBubble(t, func(t *testing.T, p *place) {
		start := time.Now()
		c := p.connect(mute)
		c.say(frame{"type": "hello", "token": p.visitor(p.web)})
		c.want("welcome")
		if took := time.Since(start); took < gateway.HelloWithin {
			t.Errorf("welcome after %v", took)
		}
	}, slow)
}

// More sockets come back at once than may read the log: they take turns, and nobody's question is
// too late because others were first.
func TestStormTakesTurns(t *testing.T) {
	slow := func(c *gateway.Config) { c.NoLimits, c.Guard = true, slowGuard{c.Guard, 1500 * time.Millisecond} }
	inBubble(t, func(t *testing.T, p *place) {
		token := p.visitor(p.web)
		start := time.Now()
		var all [80]*peer
		for i := range all {
			all[i] = p.connect(mute)
			all[i].say(frame{"type": "hello", "token": token})
		}
		for _, c := range all {
			c.want("welcome")
		}
		if took := time.Since(start); took < 7500*time.Millisecond || took > 8*time.Second { // 80 at 16 a time
			t.Errorf("all were in after %v", took)
		}
	}, slow)
}

func TestHelloHasADeadline(t *testing.T) {
	inBubble(t, func(t *testing.T, p *place) {
		start := time.Now()
		c := p.connect()
		if reason := c.wantClose(4001); reason != "bad" {
			t.Errorf("reason %q", reason)
		}
		if after := time.Since(start); after < 5*time.Second || after > 6*time.Second {
			t.Errorf("closed after %v", after)
		}
	})
}

// A peer that answers pings stays, for as long as it likes; one that is silent goes.
func TestPings(t *testing.T) {
	inBubble(t, func(t *testing.T, p *place) {
		alive := p.join(p.visitor(p.web))
		token := p.visitor(p.web)
		conn, err := p.dial(context.Background(), "", "")
		p.must(err)
		p.must(greet(conn, "centrala.test", token))
		start := time.Now()
		pings := make(chan int)
		go func() { // reads all, answers nothing
			n := 0
			for b := make([]byte, 1); ; {
				if _, err := conn.Read(b); err != nil {
					pings <- n
					return
				}
				if b[0] == 0x89 {
					n++
				}
			}
		}()
		for p.gw.Stats().Sockets > 1 {
			time.Sleep(100 * time.Millisecond) // the bubble's clock
			if time.Since(start) > 2*time.Minute {
				t.Fatal("the silent socket is still there")
			}
		}
		if after := time.Since(start); after < 60*time.Second || after > 67*time.Second {
			t.Errorf("dropped after %v", after)
		}
		if n := <-pings; n < 2 || n > 3 {
			t.Errorf("%d pings in a minute, want one each 25 seconds", n)
		}
		time.Sleep(10 * time.Minute)
		alive.say(frame{"type": "ping", "ref": "still"})
		alive.wantRef("still")
	})
}

func TestTypingExpires(t *testing.T) {
	inBubble(t, func(t *testing.T, p *place) {
		customer, agent := p.join(p.visitor(p.web)), p.join(p.session("ania"))
		conv := customer.send("x")["conversation"]
		p.assign(conv, "ania")
		agent.want("conversation")
		isTyping := func(on bool) func(frame) bool {
			return func(f frame) bool { return f["type"] == "typing" && f["on"] == on && f["conversation"] == conv }
		}
		customer.say(frame{"type": "typing", "conversation": conv, "on": true})
		f := agent.wantWhere("typing", isTyping(true))
		if a := f["author"].(map[string]any); a["kind"] != "customer" {
			t.Errorf("author %v", a)
		}
		time.Sleep(5 * time.Second)
		customer.say(frame{"type": "typing", "conversation": conv, "on": true}) // renewed
		agent.wantWhere("typing", isTyping(true))
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if agent.count(isTyping(false)) != 0 {
			t.Error("a renewed mark has ended")
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if agent.count(isTyping(false)) != 1 {
			t.Error("the mark has not ended after six seconds")
		}
		agent.say(frame{"type": "typing", "conversation": conv, "on": true})
		customer.wantWhere("typing", isTyping(true))
		p.must(agent.conn.CloseNow())
		customer.wantWhere("the typist left", isTyping(false))
	})
}

func TestQueueIsTold(t *testing.T) {
	inBubble(t, func(t *testing.T, p *place) {
		var customers []*peer
		var conv []any
		place := func(c any, n float64) func(frame) bool {
			return isRow(c, func(f frame) bool {
				q, _ := f["queue"].(map[string]any)
				return q != nil && q["position"] == n && q["eta_low_s"] == nil
			})
		}
		for i := range 3 {
			c := p.join(p.visitor(p.web))
			customers = append(customers, c)
			conv = append(conv, c.send("czekam")["conversation"])
			c.wantWhere("place", place(conv[i], float64(i+1)))
			time.Sleep(time.Second)
		}
		p.assign(conv[0], "ania")
		customers[0].wantWhere("taken", isRow(conv[0], func(f frame) bool { return f["queue"] == nil && f["status"] == "open" }))
		taken := time.Now()
		customers[1].wantWhere("moved up", place(conv[1], 1))
		customers[2].wantWhere("moved up", place(conv[2], 2))
		if wait := time.Since(taken); wait > 11*time.Second {
			t.Errorf("told after %v", wait)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := customers[2].count(isRow(conv[2], nil)); n != 2 {
			t.Errorf("%d frames about the queue, want 2: nothing has changed since", n)
		}
	})
}

// Twenty waits make an estimate.
func TestQueueEstimates(t *testing.T) {
	inBubble(t, func(t *testing.T, p *place) {
		for i := range 20 {
			c := p.join(p.visitor(p.web))
			if eta := c.frames()[0]["eta_s"]; eta != nil {
				t.Errorf("after %d waits eta is %v", i, eta)
			}
			conv := c.send("czekam")["conversation"]
			time.Sleep(time.Duration(60+6*i) * time.Second)
			p.assign(conv, "ania")
			c.wantWhere("taken", isRow(conv, has("status", "open")))
			p.must(c.conn.CloseNow())
		}
		c := p.join(p.visitor(p.web))
		w := c.frames()[0]["eta_s"].([]any)
		if low, high := w[0].(float64), w[1].(float64); low < 80 || low > 95 || high < 135 || high > 150 {
			t.Errorf("eta %v, want the middle half of 60 to 174 seconds", w)
		}
		conv := c.send("czekam")["conversation"]
		f := c.wantWhere("place", isRow(conv, func(f frame) bool { return f["queue"] != nil }))
		if q := f["queue"].(map[string]any); q["eta_low_s"] != w[0] || q["eta_high_s"] != w[1] {
			t.Errorf("queue %v, welcome said %v", q, w)
		}
	})
}

// The question is asked at once of whoever is connected, in all tabs, and taken back from the
// others when one has answered.
func TestSurvey(t *testing.T) {
	inBubble(t, func(t *testing.T, p *place) {
		token := p.visitor(p.web)
		one, two := p.join(token), p.join(token)
		stranger := p.join(p.visitor(p.web))
		conv := one.send("x")["conversation"]
		p.assign(conv, "ania")
		ctx := context.Background()
		invite := func() centrala.Survey {
			sv, err := p.db.Invite(ctx, centrala.Survey{Conversation: idOf(t, conv), Agent: p.agents["ania"].ID, Team: p.buyers.ID,
				Side: centrala.Buyer, Channel: centrala.Chat, Locale: "pl", ExpiresAt: time.Now().Add(24 * time.Hour), MailAt: time.Now().Add(time.Hour)})
			p.must(err)
			return sv
		}
		sv := invite()
		f := one.want("survey")
		two.want("survey")
		if f["survey"] != sv.ID.String() || f["conversation"] != conv || f["kind"] != "nps" || f["question"] != "q-pl" || f["locale"] != "pl" {
			t.Errorf("survey %v", f)
		}
		late := p.connect()
		late.say(frame{"type": "hello", "token": token})
		if list := late.want("welcome")["surveys"].([]any); len(list) != 1 || list[0].(map[string]any)["survey"] != sv.ID.String() {
			t.Errorf("welcome has %v", list)
		}
		one.say(frame{"type": "survey.answer", "ref": "a", "survey": sv.ID.String(), "score": 3, "comment": "długo"})
		if a := one.wantRef("a"); a["type"] != "ack" {
			t.Fatal(a)
		}
		two.wantWhere("closed", func(f frame) bool { return f["type"] == "survey.closed" && f["survey"] == sv.ID.String() })
		one.say(frame{"type": "survey.answer", "ref": "b", "survey": sv.ID.String(), "score": 9})
		if a := one.wantRef("b"); a["type"] != "ack" {
			t.Errorf("a better mood: %v", a)
		}
		stranger.say(frame{"type": "survey.answer", "ref": "c", "survey": sv.ID.String(), "score": 0})
		if a := stranger.wantRef("c"); a["code"] != "not_found" {
			t.Errorf("a stranger answers: %v", a)
		}
		p.settle(one, stranger)
		isClosed := func(f frame) bool { return f["type"] == "survey.closed" }
		if one.count(isClosed) != 0 || stranger.count(func(f frame) bool { return f["type"] == "survey" || isClosed(f) }) != 0 {
			t.Error("survey.closed reached whoever answered, or a stranger")
		}
		got, err := p.db.SurveyByID(ctx, sv.ID)
		p.must(err)
		if got.Score == nil || *got.Score != 9 {
			t.Errorf("stored %+v", got)
		}

		one.say(frame{"type": "conversation.end", "ref": "e", "conversation": conv})
		if a := one.wantRef("e"); a["type"] != "ack" {
			t.Fatal(a)
		}
		sv = invite()
		two.wantWhere("asked again", func(f frame) bool { return f["type"] == "survey" && f["survey"] == sv.ID.String() })
		one.send("jednak jeszcze coś", frame{"conversation": conv}) // reopens
		two.wantWhere("taken back", func(f frame) bool { return isClosed(f) && f["survey"] == sv.ID.String() })
	})
}

// Nothing is read for two seconds: 4008, also with little in the queue.
func TestStall(t *testing.T) {
	inBubble(t, func(t *testing.T, p *place) {
		token := p.visitor(p.web)
		conv := p.join(token).send("x")["conversation"]
		slow := p.asleep(token)
		p.say(conv, "ania", "tego nie czyta")
		start := time.Now()
		for p.gw.Stats().Closed[4008] == 0 && time.Since(start) < time.Minute {
			time.Sleep(100 * time.Millisecond)
		}
		if after := time.Since(start); after < 2*time.Second || after > 8*time.Second {
			t.Errorf("closed after %v", after)
		}
		slow.wake()
	})
}

// More waits than the queue holds: 4008 at once, whatever the peer reads later.
func TestQueueIsBounded(t *testing.T) {
	inBubble(t, func(t *testing.T, p *place) {
		token := p.visitor(p.web)
		conv := p.join(token).send("x")["conversation"]
		p.settle()
		slow := p.asleep(token)
		start := time.Now()
		p.say(conv, "ania", slices.Repeat([]string{strings.Repeat("x", 15_000)}, 20)...)
		p.settle()
		slow.wake()
		slow.wantClose(4008)
		if slow.reason != "more waits than the queue holds" || time.Since(start) > time.Second {
			t.Errorf("closed after %v: %s", time.Since(start), slow.reason)
		}
		if got := seqs(slow.frames(), conv); len(got) > 3 || !slices.Equal(got, run(2, 1+len(got))) {
			t.Errorf("got %v: what was under way and nothing with a hole", got)
		}
	})
}

// What a customer has seen is stored at most once a second, and told to the team.
func TestSeen(t *testing.T) {
	inBubble(t, func(t *testing.T, p *place) {
		customer, agent := p.join(p.visitor(p.web)), p.join(p.session("ania"))
		conv := customer.send("x")["conversation"]
		p.assign(conv, "ania")
		agent.send("y", frame{"conversation": conv})
		customer.say(frame{"type": "received", "conversation": conv, "upto": 3})
		d := agent.want("delivery")
		if d["seq"] != 3.0 || d["state"] != "delivered" {
			t.Errorf("delivery %v", d)
		}
		customer.say(frame{"type": "read", "conversation": conv, "upto": 99})
		r := agent.want("read")
		if r["upto"] != 3.0 || r["author"].(map[string]any)["kind"] != "customer" {
			t.Errorf("read %v", r)
		}
		c, err := p.db.Conversation(context.Background(), centrala.Everything(), idOf(t, conv))
		p.must(err)
		if c.ReadByCustomer != 3 || c.ReceivedByCustomer != 3 {
			t.Errorf("stored %d, %d", c.ReceivedByCustomer, c.ReadByCustomer)
		}
		customer.send("z")
		agent.say(frame{"type": "read", "conversation": conv, "upto": 4})
		if r := customer.want("read"); r["upto"] != 4.0 || r["author"].(map[string]any)["name"] != "Ania" {
			t.Errorf("read %v", r)
		}
		agent.wantWhere("nothing unread", isRow(conv, func(f frame) bool { return f["unread"] == 0.0 && f["last_seq"] == 4.0 }))
	})
}

// A store that takes nothing is told as unavailable, to be tried again; it ends no socket.
func TestUnavailable(t *testing.T) {
	inBubble(t, func(t *testing.T, p *place) {
		c := p.join(p.visitor(p.web))
		p.log.broken.Store(true)
		key := newKey()
		send := frame{"type": "message.send", "ref": "1", "key": key, "text": "x"}
		c.say(send)
		if e := c.wantRef("1"); e["code"] != "unavailable" || e["retry"] != true {
			t.Errorf("broken: %v", e)
		}
		p.log.broken.Store(false)
		c.say(send)
		first := c.wantRef("1")
		if first["type"] != "ack" || first["seq"] != 1.0 {
			t.Errorf("mended: %v", first)
		}
		for range 3 { // a resend gets the first ack
			c.say(send)
			again := c.wantRef("1")
			if again["message"] != first["message"] || again["conversation"] != first["conversation"] || again["at"] != first["at"] {
				t.Errorf("resend: %v, first %v", again, first)
			}
		}
	})
}

func TestSuggest(t *testing.T) {
	t.Parallel()
	p := open(t, unlimited)
	c := p.join(p.visitor(p.web))
	c.say(frame{"type": "suggest", "ref": "s", "text": "zwrot"})
	s := c.wantRef("s")
	list := s["articles"].([]any)
	if len(list) != 1 || s["query"] != "zwrot" || list[0].(map[string]any)["title"] != "Zwrot" {
		t.Errorf("suggestions %v", s)
	}
	c.say(frame{"type": "suggest", "ref": "e", "text": " "})
	if s := c.wantRef("e"); len(s["articles"].([]any)) != 0 {
		t.Errorf("suggestions for nothing: %v", s)
	}
}
