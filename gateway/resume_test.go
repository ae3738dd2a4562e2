package gateway_test

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"centrala"
)

func point(conversation any, after int) frame {
	return frame{"conversation": conversation, "after": after}
}

func numbered(n int, text string) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("%s %d", text, i)
	}
	return out
}

func run(from, to int) []int {
	var out []int
	for i := from; i <= to; i++ {
		out = append(out, i)
	}
	return out
}

// Acks may overtake, messages may not: every socket meets a conversation's seq in ascending
// order, and whoever sent fills the hole with the ack.
func TestEverySocketSeesEverySeq(t *testing.T) {
	t.Parallel()
	p := open(t, unlimited)
	token := p.visitor(p.web)
	one, two := p.join(token), p.join(token)
	conv := one.send("początek")["conversation"]
	p.assign(conv, "ania")
	agent, other := p.join(p.session("ania")), p.join(p.session("ania"))
	const n = 60
	for i := range n { // nobody waits for an ack here
		for who, c := range map[string]*peer{"a": one, "b": two, "c": agent} {
			c.say(frame{"type": "message.send", "ref": fmt.Sprint(who, i), "key": fmt.Sprint("k", who, i), "text": fmt.Sprint(who, " ", i), "conversation": conv})
		}
	}
	acked := map[*peer][]int{}
	for who, c := range map[string]*peer{"a": one, "b": two, "c": agent} {
		for i := range n {
			a := c.wantRef(fmt.Sprint(who, i))
			if a["type"] != "ack" {
				t.Fatal(a)
			}
			acked[c] = append(acked[c], int(a["seq"].(float64)))
		}
		if !slices.IsSorted(acked[c]) {
			t.Errorf("%s: frames of one socket were committed out of order: %v", who, acked[c])
		}
	}
	p.settle(one, two, agent, other)
	last := 2 + 3*n
	for name, c := range map[string]*peer{"one": one, "two": two, "agent": agent, "other": other} {
		got := seqs(c.frames(), conv)
		if !slices.IsSorted(got) {
			t.Errorf("%s: messages out of order: %v", name, got)
		}
		all := slices.Sorted(slices.Values(append(slices.Clone(got), acked[c]...)))
		want := run(3, last)
		all = slices.DeleteFunc(all, func(s int) bool { return s < 3 })
		if !slices.Equal(all, want) {
			t.Errorf("%s: saw %v, want every seq from 3 to %d once", name, all, last)
		}
	}
}

func TestResume(t *testing.T) {
	t.Parallel()
	p := open(t, unlimited)
	token := p.visitor(p.web)
	first := p.join(token)
	conv := first.send("jeden")["conversation"]
	p.say(conv, "ania", "dwa")
	agent := p.join(p.session("ania"))
	agent.send("między nami", frame{"conversation": conv, "note": true})
	p.say(conv, "ania", "trzy")
	p.must(first.conn.CloseNow())

	c := p.join(token, frame{"resume": []frame{point(conv, 1), point("c_0000000000009", 4), point("rubbish", 0)}})
	r := c.wantWhere("resumed", func(f frame) bool { return f["type"] == "resumed" && f["conversation"] == conv })
	if r["from"] != 2.0 || r["seq"] != 5.0 || r["truncated"] != nil {
		t.Errorf("resumed %v", r)
	}
	for _, id := range []string{"c_0000000000009", "rubbish"} {
		c.wantWhere("gone", func(f frame) bool { return f["type"] == "resumed" && f["conversation"] == id && f["gone"] == true })
	}
	if got := seqs(c.frames(), conv); !slices.Equal(got, []int{2, 3, 4, 5}) {
		t.Errorf("replayed %v", got)
	}
	note := c.wantWhere("hidden", func(f frame) bool { return f["hidden"] == true })
	if note["seq"] != 4.0 || note["message"] != nil || len(note) != 4 {
		t.Errorf("a note reaches a customer as %v", note)
	}
	if strings.Contains(fmt.Sprint(c.frames()), "między nami") {
		t.Error("a customer reads a note")
	}
	// The sender's own words come with their key, and only to them.
	full := p.join(token, frame{"resume": []frame{point(conv, 0)}})
	m := full.wantWhere("own words", isMessage("jeden"))
	if m["message"].(map[string]any)["key"] == nil {
		t.Error("no key with one's own message")
	}
	stranger := p.join(p.visitor(p.web), frame{"resume": []frame{point(conv, 0)}})
	if r := stranger.want("resumed"); r["gone"] != true {
		t.Errorf("a stranger resumed: %v", r)
	}
	if got := seqs(stranger.frames(), conv); len(got) != 0 {
		t.Errorf("a stranger got %v", got)
	}
	too := make([]frame, 51)
	for i := range too {
		too[i] = point(conv, i)
	}
	many := p.connect()
	many.say(frame{"type": "hello", "token": token, "ref": "h", "resume": too})
	if e := many.wantRef("h"); e["code"] != "too_many" {
		t.Errorf("51 places: %v", e)
	}
	many.say(frame{"type": "hello", "token": token})
	many.want("welcome")
}

func TestResumeOfVeryMuch(t *testing.T) {
	t.Parallel()
	p := open(t, unlimited)
	token := p.visitor(p.web)
	conv := p.join(token).send("jeden")["conversation"]
	p.say(conv, "ania", numbered(700, "odpowiedź")...) // 1 + assigned + 700
	c := p.join(token, frame{"resume": []frame{point(conv, 1)}})
	r := c.want("resumed")
	if r["from"] != 203.0 || r["seq"] != 702.0 || r["truncated"] != true {
		t.Errorf("resumed %v", r)
	}
	if got := seqs(c.frames(), conv); !slices.Equal(got, run(203, 702)) {
		t.Errorf("replayed %d messages from %d", len(got), got[0])
	}
	c.say(frame{"type": "history", "ref": "h", "conversation": conv, "after": 1, "limit": 100})
	h := c.wantRef("h")
	if list := h["messages"].([]any); len(list) != 100 || h["more"] != true || list[0].(map[string]any)["seq"] != 2.0 {
		t.Errorf("history: %d entries, more %v", len(h["messages"].([]any)), h["more"])
	}
	c.say(frame{"type": "history", "ref": "b", "conversation": conv, "before": 4})
	if h := c.wantRef("b"); len(h["messages"].([]any)) != 3 || h["more"] != false {
		t.Errorf("history before 4: %v", h)
	}
}

func TestHistoryFitsItsFrame(t *testing.T) {
	t.Parallel()
	p := open(t, unlimited)
	token := p.visitor(p.web)
	conv := p.join(token).send("jeden")["conversation"]
	p.say(conv, "ania", slices.Repeat([]string{strings.Repeat("ż", 16_000)}, 30)...)
	p.settle()
	c := p.join(token)
	c.say(frame{"type": "history", "ref": "h", "conversation": conv, "limit": 100})
	h := c.wantRef("h")
	list := h["messages"].([]any)
	last := list[len(list)-1].(map[string]any)
	if h["more"] != true || len(list) < 6 || last["seq"] != 32.0 {
		t.Errorf("history: %d entries, last %v, more %v", len(list), last["seq"], h["more"])
	}
	p.say(conv, "ania", strings.Repeat("€", 16_000)) // 48 000 bytes
	m := c.wantWhere("cut message", func(f frame) bool {
		m, _ := f["message"].(map[string]any)
		return f["type"] == "message" && m != nil && m["cut"] == true
	})
	if text := m["message"].(map[string]any)["text"].(string); len(text) > 32<<10 || len(text) < 32<<10-3 {
		t.Errorf("cut to %d bytes", len(text))
	}
}

func TestMergedConversationMoves(t *testing.T) {
	t.Parallel()
	p := open(t)
	token := p.visitor(p.web)
	c := p.join(token)
	old := c.send("pierwsza sprawa")["conversation"]
	ctx := context.Background()
	system := centrala.Author{Kind: centrala.BySystem, ID: "test"}
	_, err := p.db.Do(ctx, centrala.Everything(), idOf(t, old), centrala.Resolve{}, system)
	p.must(err)
	// Another conversation of the same contact, through the other side of a merge.
	v, err := p.guard.Identify(ctx, token)
	p.must(err)
	other := p.join(p.visitor(p.web)).send("druga sprawa")["conversation"]
	o, err := p.db.Conversation(ctx, centrala.Everything(), idOf(t, other))
	p.must(err)
	p.must(p.db.AbsorbVisitor(ctx, o.Contact, centrala.Contact{ID: v.Visitor.Contact}, p.web.ID, system))
	_, err = p.db.Do(ctx, centrala.Everything(), idOf(t, other), centrala.Merge{Into: idOf(t, old)}, system)
	p.must(err)
	again := p.join(token, frame{"resume": []frame{point(other, 0)}})
	if r := again.want("resumed"); r["moved"] != old {
		t.Errorf("resumed %v, want moved to %v", r, old)
	}
}

// narrow is a connection that its reader does not read, and a kernel that takes little.
func narrow(o *websocket.DialOptions) {
	o.HTTPClient = newClient(func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
		if err == nil {
			err = conn.(*net.TCPConn).SetReadBuffer(32 << 10)
		}
		return conn, err
	})
}

// A reader that does not read is closed with 4008, is told so when it reads at last, and
// misses nothing when it resumes.
func TestSlowReader(t *testing.T) {
	t.Parallel()
	p := open(t, unlimited)
	token := p.visitor(p.web)
	sender := p.join(token)
	conv := sender.send("początek")["conversation"]
	p.settle()
	slow := p.asleep(token)
	good := p.join(token)
	const n = 90
	for range n / 5 { // as fast as somebody who reads can read
		p.say(conv, "ania", slices.Repeat([]string{strings.Repeat("x", 15_000)}, 5)...)
		p.settle(good)
	}
	late := time.After(patience)
	for p.gw.Stats().Closed[4008] == 0 && p.gw.Stats().Sockets > 2 {
		select {
		case <-late:
			t.Fatal("the slow socket is still there")
		case <-time.After(10 * time.Millisecond):
		}
	}
	slow.wake()
	slow.wantClose(4008)
	got := seqs(slow.frames(), conv)
	if !slices.Equal(got, run(2, 1+len(got))) || len(got) >= n {
		t.Errorf("before the close it got %v", got)
	}
	back := p.join(token, frame{"resume": []frame{point(conv, 1+len(got))}})
	back.want("resumed")
	if all := append(got, seqs(back.frames(), conv)...); !slices.Equal(all, run(2, n+2)) {
		t.Errorf("after the resume it has %v", all)
	}
	if all := seqs(good.frames(), conv); !slices.Equal(all, run(2, n+2)) {
		t.Errorf("the good reader has %d", len(all))
	}
}

// A reader further behind than its queue is replayed at its own speed, and what is said
// meanwhile comes after it, once.
func TestReplayIsNoQueue(t *testing.T) {
	t.Parallel()
	p := open(t, unlimited)
	token := p.visitor(p.web)
	sender := p.join(token)
	conv := sender.send("początek")["conversation"]
	p.say(conv, "ania", slices.Repeat([]string{strings.Repeat("x", 15_000)}, 60)...) // 900 KB, the queue holds 256
	p.settle()
	c := p.connect()
	c.say(frame{"type": "hello", "token": token, "resume": []frame{point(conv, 1)}})
	c.want("welcome")
	p.say(conv, "ania", numbered(40, "w trakcie")...)
	c.want("resumed")
	p.say(conv, "ania", "na koniec")
	c.wantWhere("the last word", isMessage("na koniec"))
	if got := seqs(c.frames(), conv); !slices.Equal(got, run(2, 103)) {
		t.Errorf("got %v", got)
	}
}

// A commit that never reached the hub is read from the log when the next one shows the gap.
func TestGapIsReadFromTheLog(t *testing.T) {
	t.Parallel()
	p := open(t, unlimited)
	token := p.visitor(p.web)
	sender, tab := p.join(token), p.join(token)
	conv := sender.send("początek")["conversation"]
	p.settle(tab)
	p.deaf.Store(true)
	p.say(conv, "ania", numbered(5, "zgubione")...)
	p.deaf.Store(false)
	p.say(conv, "ania", "usłyszane")
	tab.wantWhere("the last", isMessage("usłyszane"))
	if got := seqs(tab.frames(), conv); !slices.Equal(got, run(1, 8)) {
		t.Errorf("got %v", got)
	}
}

// What is committed while events are replayed comes, too, and once.
func TestEventsWhileEventsAreReplayed(t *testing.T) {
	t.Parallel()
	p := open(t, unlimited)
	customer := p.join(p.visitor(p.web))
	conv := customer.send("pierwsze")["conversation"]
	quiet := p.join(p.visitor(p.web)).send("nic więcej")["conversation"]
	watch := frame{"filter": frame{}, "messages": true}
	ewa := p.session("ewa")
	c := p.join(ewa)
	c.say(frame{"type": "watch", "ref": "w", "filter": frame{}, "messages": true})
	cursor := c.want("cursor")["value"]
	p.must(c.conn.CloseNow())
	p.say(conv, "ania", "w tym czasie")
	rounds := 0
	after := func() { // between the reading and the switch to live
		if rounds++; rounds <= 3 {
			p.say(conv, "ania", fmt.Sprint("w szparze ", rounds))
			p.gw.Settle()
		} else if rounds == 4 { // a change without a message
			_, err := p.db.Do(context.Background(), centrala.Everything(), idOf(t, quiet), centrala.Prioritise{Priority: 2}, centrala.Author{Kind: centrala.BySystem})
			p.must(err)
			p.gw.Settle()
		}
	}
	p.log.afterSince.Store(&after)
	again := p.connect()
	again.say(frame{"type": "hello", "token": ewa, "resume_events": cursor, "watch": watch})
	again.want("caught_up")
	again.wantWhere("urgent row", isRow(quiet, has("priority", 2.0)))
	p.say(conv, "ania", "na żywo")
	again.wantWhere("live", isMessage("na żywo"))
	p.settle(again)
	if got := seqs(again.frames(), conv); !slices.Equal(got, run(2, 7)) {
		t.Errorf("got %v", got)
	}
	rows := again.frames()
	last := rows[0]
	for _, f := range rows {
		if isRow(conv, nil)(f) {
			last = f
		}
	}
	if last["last_seq"] != 7.0 {
		t.Errorf("the last row says %v", last["last_seq"])
	}
}

// Many readers at once do not read. Each is closed with 4008 and none is skipped; who reads is
// not held up by them.
func TestManySlowReaders(t *testing.T) {
	t.Parallel()
	p := open(t, unlimited)
	token := p.visitor(p.web)
	conv := p.join(token).send("początek")["conversation"]
	p.settle()
	slow := make([]*sleeper, 20)
	for i := range slow {
		slow[i] = p.asleep(token)
	}
	good := p.join(token)
	const n = 90
	for range n / 5 {
		p.say(conv, "ania", slices.Repeat([]string{strings.Repeat("x", 15_000)}, 5)...)
		p.settle(good)
	}
	late := time.After(patience)
	for p.gw.Stats().Closed[4008] < int64(len(slow)) {
		select {
		case <-late:
			t.Fatalf("%d of %d are closed", p.gw.Stats().Closed[4008], len(slow))
		case <-time.After(10 * time.Millisecond):
		}
	}
	for _, s := range slow {
		s.wake()
		s.wantClose(4008)
		if got := seqs(s.frames(), conv); !slices.Equal(got, run(2, 1+len(got))) || len(got) >= n {
			t.Errorf("before the close one got %v", got)
		}
	}
	if all := seqs(good.frames(), conv); !slices.Equal(all, run(2, n+2)) {
		t.Errorf("the good reader has %d", len(all))
	}
}
