package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"centrala/cmd/centrala-torture/law"
	"centrala/lab"
)

// A tab is one more window of a customer, which only listens.
type tab struct {
	*law.Tab
	token string
	whole int64
	conn  *websocket.Conn
}

// herd opens very many sockets, cuts all at once, and waits until they are back. Customers are
// quiet meanwhile but for a word each while everybody is away, because every word goes to all
// their tabs.
func herd(ctx context.Context, r *Run) error {
	r.hush.Store(true)
	defer r.hush.Store(false)
	if err := sent(ctx, r.people); err != nil {
		return err
	}
	tabs := r.tabs()
	began := time.Now()
	in := r.each(ctx, tabs)
	r.record.Expect(in == len(tabs), "%d of %d tabs came in within %s", in, len(tabs), soon)
	for _, t := range tabs {
		t.Resumed = false
	}
	cut := time.Now()
	r.link.CutAll()
	for _, p := range r.people {
		if p.Customer {
			p.Say("", false)
		}
	}
	back := r.each(ctx, tabs)
	fmt.Fprintf(r.Log, "torture: %d tabs opened in %s; cut, %d were back after %s\n", in, cut.Sub(began).Round(time.Millisecond), back, time.Since(cut).Round(time.Millisecond))
	for _, t := range tabs {
		if t.conn != nil {
			_ = t.conn.CloseNow() // it has served
		}
		r.record.Return(t.Tab)
	}
	return ctx.Err()
}

// tabs are the windows of a herd, none when nobody has said anything yet.
func (r *Run) tabs() (tabs []*tab) {
	talks := map[*Person]string{}
	for _, p := range r.people {
		for c := range r.record.Owns(p.Reader) {
			if p.Customer {
				talks[p] = c
			}
		}
	}
	for n := 0; len(talks) > 0 && len(tabs) < r.Herd; n++ {
		p := r.people[n%len(r.people)]
		if c, talks := talks[p]; talks {
			seq, _ := p.Whole(c)
			from := max(seq-5, 0)
			tabs = append(tabs, &tab{Tab: &law.Tab{Name: fmt.Sprintf("%s, tab %d", p.Name, n), Conversation: c, From: from}, token: p.token, whole: from})
		}
	}
	return tabs
}

// each brings all tabs onto the line, again and again until they are or it takes too long. It
// tells how many are.
func (r *Run) each(ctx context.Context, tabs []*tab) int {
	ctx, cancel := context.WithTimeout(ctx, soon)
	defer cancel()
	var open sync.WaitGroup
	var in atomic.Int64
	places := make(chan struct{}, 200) // dials at the same time
	for _, t := range tabs {
		open.Go(func() {
			for wait := 20 * time.Millisecond; ctx.Err() == nil; wait = min(2*wait, time.Second) {
				places <- struct{}{}
				err := t.resume(ctx, r.link.Addr())
				<-places
				if err == nil {
					in.Add(1)
					return
				}
				_ = lab.Rest(ctx, wait) // the loop sees it end
			}
		})
	}
	open.Wait()
	return int(in.Load())
}

// resume is one connection up to the moment when everything missed has come. It stays open.
func (t *tab) resume(ctx context.Context, addr string) error {
	conn, _, err := websocket.Dial(ctx, "ws://"+addr+"/v1/socket", &websocket.DialOptions{Subprotocols: []string{"centrala.v1"}})
	if err != nil {
		return err
	}
	conn.SetReadLimit(1 << 20)
	hello, err := json.Marshal(map[string]any{"type": "hello", "token": t.token, "resume": []map[string]any{{"conversation": t.Conversation, "after": t.whole}}})
	if err == nil {
		err = conn.Write(ctx, websocket.MessageText, hello)
	}
	for err == nil && !t.Resumed {
		err = t.next(ctx, conn)
	}
	if err != nil {
		_ = conn.CloseNow() // it broke
		return err
	}
	t.conn = conn
	return nil
}

// next takes one frame.
func (t *tab) next(ctx context.Context, conn *websocket.Conn) error {
	_, b, err := conn.Read(ctx)
	if err != nil {
		return err
	}
	var f frame
	if err := json.Unmarshal(b, &f); err != nil {
		return err
	}
	if f.Conversation != t.Conversation {
		return nil
	}
	switch f.Type {
	case "message":
		var e entry
		if !f.Hidden {
			if err := json.Unmarshal(f.Message, &e); err != nil {
				return err
			}
		}
		t.Seqs, t.Texts, t.whole = append(t.Seqs, f.Seq), append(t.Texts, e.Text), f.Seq
	case "resumed":
		t.Resumed, t.Upto = true, max(t.Upto, f.Seq)
	}
	return nil
}

// deafSockets ask for much and read nothing.
const deafSockets = 3

// deaf opens sockets that ask for long histories and never read them: the server has to close
// them with 4008, and everybody else goes on meanwhile.
func (h *premises) deaf(ctx context.Context, r *Run) error {
	addr := h.any().Addr
	conversation := r.longest()
	if conversation == "" {
		return nil // nobody has said anything yet
	}
	closed, err := r.closedAsSlow(ctx, addr)
	if err != nil {
		return err
	}
	acked := r.record.Acknowledged()
	within, cancel := context.WithTimeout(ctx, soon)
	defer cancel()
	var all sync.WaitGroup
	for range deafSockets {
		all.Go(func() { pester(within, addr, r.admin, conversation) })
	}
	all.Wait()
	seen := r.eventually(ctx, 5*time.Second, func() bool {
		now, err := r.closedAsSlow(ctx, addr)
		return err == nil && now >= closed+deafSockets
	})
	r.record.Expect(seen, "%d sockets that read nothing were not closed with 4008 within %s", deafSockets, soon)
	more := r.record.Acknowledged() - acked
	r.record.Expect(more >= r.Customers, "while some sockets read nothing only %d messages were acknowledged", more)
	return nil
}

// pester asks for histories without reading them until the server has had enough.
func pester(ctx context.Context, addr, token, conversation string) {
	dial := func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := (&net.Dialer{}).DialContext(ctx, network, addr)
		if err == nil {
			err = c.(*net.TCPConn).SetReadBuffer(4 << 10)
		}
		return c, err
	}
	client := &http.Client{Transport: &http.Transport{DialContext: dial}}
	conn, _, err := websocket.Dial(ctx, "ws://"+addr+"/v1/socket", &websocket.DialOptions{Subprotocols: []string{"centrala.v1"}, HTTPClient: client})
	if err != nil {
		return
	}
	defer conn.CloseNow()
	conn.SetReadLimit(1 << 20)
	frames := []any{map[string]any{"type": "hello", "token": token, "resume": []any{}}}
	for n := 0; ; n++ {
		for _, f := range frames {
			b, err := json.Marshal(f)
			if err != nil || conn.Write(ctx, websocket.MessageText, b) != nil {
				return
			}
		}
		if n == 0 { // the welcome is the last that it reads
			if _, _, err := conn.Read(ctx); err != nil {
				return
			}
		}
		frames = []any{map[string]any{"type": "history", "ref": "h" + strconv.Itoa(n), "conversation": conversation, "limit": 100}}
		if lab.Rest(ctx, time.Millisecond) != nil {
			return
		}
	}
}

// closedAsSlow is how many sockets a server has closed because they did not read.
func (r *Run) closedAsSlow(ctx context.Context, addr string) (int, error) {
	text, err := NewAPI(addr).Text(ctx, "/metrics")
	if err != nil {
		return 0, err
	}
	const metric = `centrala_sockets_closed_total{code="4008"} `
	i := strings.Index(text, metric)
	if i < 0 {
		return 0, nil
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(text[i+len(metric):][:strings.IndexByte(text[i+len(metric):], '\n')]), 64)
	return int(n), err
}

// longest is the conversation of which most was said.
func (r *Run) longest() (conversation string) {
	most := int64(0)
	for _, p := range r.people {
		for c := range r.record.Owns(p.Reader) {
			if seq, _ := p.Whole(c); p.Customer && seq > most {
				conversation, most = c, seq
			}
		}
	}
	return conversation
}

// putOff is how often anybody's words were refused for now.
func (r *Run) putOff() (n int) {
	for _, p := range r.people {
		n += p.PutOff()
	}
	return n
}

// eventually waits until ok, and tells whether it was within so long.
func (r *Run) eventually(ctx context.Context, within time.Duration, ok func() bool) bool {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	for !ok() {
		if lab.Rest(ctx, 20*time.Millisecond) != nil {
			return false
		}
	}
	return true
}

// gather cuts all connections and waits until everybody is welcome on a new one.
func (r *Run) gather(ctx context.Context) error {
	before := map[*Person]int{}
	for _, p := range r.people {
		before[p] = p.Online()
	}
	r.link.CutAll()
	away := func(p *Person) bool { now := p.Online(); return now == 0 || now == before[p] }
	if !r.eventually(ctx, soon, func() bool { return !slices.ContainsFunc(r.people, away) }) {
		return fmt.Errorf("not everybody is on the line after %s", soon)
	}
	return nil
}
