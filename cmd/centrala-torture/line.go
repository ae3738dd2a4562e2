package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/coder/websocket"

	"centrala/lab"
)

// once is one connection, from its beginning to its end. It tells how long the server asked to
// wait before the next.
func (p *Person) once(ctx context.Context) (asked time.Duration) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	dialing, stop := context.WithTimeout(ctx, 3*time.Second)
	defer stop()
	conn, _, err := websocket.Dial(dialing, "ws://"+p.addr+"/v1/socket", &websocket.DialOptions{Subprotocols: []string{"centrala.v1"}})
	if err != nil {
		return 0
	}
	defer conn.CloseNow()
	conn.SetReadLimit(1 << 20)
	if p.write(ctx, conn, p.hello()) != nil {
		return 0
	}
	answered := make(chan string, 64) // refs of acks and errors
	welcome := make(chan struct{})
	var work sync.WaitGroup
	work.Go(func() {
		if !p.send(ctx, conn, welcome, answered) {
			cancel()
		}
	})
	work.Go(func() { defer cancel(); p.ping(ctx, conn, welcome) })
	asked = p.ended(p.read(ctx, conn, welcome, answered))
	cancel()
	work.Wait()
	return asked
}

// ended notes how a connection ended, and tells how long the server asked to wait.
func (p *Person) ended(err error) time.Duration {
	e := end{code: int(websocket.CloseStatus(err))}
	var closed websocket.CloseError
	if errors.As(err, &closed) && e.code == 1012 {
		var v struct {
			RetryAfter int `json:"retry_after_ms"`
		}
		if err := json.Unmarshal([]byte(closed.Reason), &v); err != nil {
			p.problem("1012 with the reason %q", closed.Reason)
		}
		e.retryAfter = v.RetryAfter
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.online > 0 {
		p.ends[p.online] = e
	}
	p.online = 0
	return time.Duration(e.retryAfter) * time.Millisecond
}

func (p *Person) hello() map[string]any {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sockets++
	p.live, p.replays = p.sockets, len(p.whole)
	clear(p.filling)
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

// send sends the head of the outbox and waits for what comes of it, again and again. It is false
// when no answer came: then a new connection finds out. What cannot be written is for who reads
// to notice, who may still be told why.
func (p *Person) send(ctx context.Context, conn *websocket.Conn, welcome <-chan struct{}, answered <-chan string) bool {
	select {
	case <-welcome:
	case <-ctx.Done():
		return true
	}
	for _, f := range p.greet {
		if p.write(ctx, conn, f) != nil {
			return true
		}
	}
	for n := 0; ; n++ {
		l, ask := p.head()
		for c, after := range ask {
			if p.write(ctx, conn, map[string]any{"type": "history", "ref": historyOf + c, "conversation": c, "after": after, "limit": 100}) != nil {
				return true
			}
		}
		if l == nil {
			select {
			case <-p.wake:
				continue
			case <-ctx.Done():
				return true
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
			return true
		}
		for got := ""; got != ref; {
			select {
			case got = <-answered:
			case <-time.After(5 * time.Second):
				return false
			case <-ctx.Done():
				return true
			}
		}
	}
}

// historyOf begins the ref of a history that is asked for; the conversation follows.
const historyOf = "history "

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
	for lab.Rest(ctx, time.Second) == nil {
		within, cancel := context.WithTimeout(ctx, 5*time.Second)
		err := conn.Ping(within)
		cancel()
		if err != nil {
			return
		}
	}
}

func (p *Person) read(ctx context.Context, conn *websocket.Conn, welcome chan<- struct{}, answered chan<- string) error {
	for {
		_, b, err := conn.Read(ctx)
		if err != nil {
			return err
		}
		var f frame
		if err := json.Unmarshal(b, &f); err != nil {
			p.problem("a frame that is no object: %v", err)
			return err
		}
		switch f.Type {
		case "welcome":
			p.welcomed()
			close(welcome)
		case "resumed":
			p.replayed(f)
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
				return ctx.Err()
			}
		}
	}
}

// welcomed notes that the person is on the line.
func (p *Person) welcomed() {
	p.mu.Lock()
	p.online = p.live
	p.mu.Unlock()
	p.caughtUp(0)
}
