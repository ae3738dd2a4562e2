package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"

	"github.com/coder/websocket"
)

// A lie is a promise that a liar does not keep.
type lie int

const (
	honest   lie = iota
	forgets      // it acknowledges before it stores, and a crash takes the last away
	doubles      // some messages are stored twice
	swaps        // some frames go out in the wrong order
	skips        // some seqs are never used
	mixesUp      // somebody sees the beginning of another's conversation
	tells        // customers read the team's notes
	rewrites     // what is read later is not what was said
	deaf         // it stops answering
)

// A liar is a House in memory that speaks as much of the public protocol as people here use,
// and breaks one promise.
type liar struct {
	lie    lie
	server *httptest.Server

	mu      sync.Mutex
	talks   map[string]*liarTalk // by id
	tokens  int
	sockets map[*liarSocket]bool
	stored  int
}

type liarTalk struct {
	id, owner string // of a customer's token
	entries   []map[string]any
	last      int64
}

type liarSocket struct {
	conn  *websocket.Conn
	token string
	late  map[string]any // a frame that is held back until after the next
}

func (l *liar) Start(context.Context) error {
	l.talks, l.sockets = map[string]*liarTalk{}, map[*liarSocket]bool{}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/sessions", func(w http.ResponseWriter, r *http.Request) {
		var in struct{ Email string }
		_ = json.NewDecoder(r.Body).Decode(&in) // an address without a name is one too
		reply(w, map[string]any{"token": "agent " + in.Email, "agent": map[string]any{"id": "agent " + in.Email}})
	})
	mux.HandleFunc("PATCH /v1/agents/{id}", func(w http.ResponseWriter, _ *http.Request) { reply(w, map[string]any{}) })
	mux.HandleFunc("POST /v1/visitors", func(w http.ResponseWriter, _ *http.Request) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.tokens++
		reply(w, map[string]any{"token": fmt.Sprintf("customer %d", l.tokens)})
	})
	mux.HandleFunc("GET /v1/conversations/{id}/messages", l.list)
	mux.HandleFunc("GET /v1/socket", l.socket)
	l.server = httptest.NewServer(mux)
	return nil
}

func (l *liar) Stop() error {
	l.crash(false)
	l.server.CloseClientConnections()
	l.server.Close()
	return nil
}

func (l *liar) Addr() string { return strings.TrimPrefix(l.server.URL, "http://") }

func (l *liar) Lives() int { return 1 }

// crash ends all sockets, and takes the last messages along.
func (l *liar) crash(forget bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for s := range l.sockets {
		_ = s.conn.CloseNow() // that is the point
	}
	for _, t := range l.talks {
		if keep := len(t.entries) - 2; forget && keep > 0 {
			t.entries = t.entries[:keep]
			t.last = t.entries[keep-1]["seq"].(int64)
		}
	}
}

func reply(w http.ResponseWriter, v any) { _ = json.NewEncoder(w).Encode(v) } // who asks sees it cut

// view is an entry as a token may see it.
func (l *liar) view(t *liarTalk, e map[string]any, token string) map[string]any {
	if e["note"] == true && !strings.HasPrefix(token, "agent") && l.lie != tells {
		return map[string]any{"seq": e["seq"], "hidden": true}
	}
	return e
}

func (l *liar) list(w http.ResponseWriter, r *http.Request) {
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	var before int64 = 1 << 60
	if b := r.URL.Query().Get("before"); b != "" {
		_, _ = fmt.Sscan(b, &before) // its own people ask
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.talks[r.PathValue("id")]
	items := []map[string]any{}
	for _, e := range t.entries {
		if e["seq"].(int64) < before {
			items = append(items, l.view(t, e, token))
		}
	}
	items = items[max(0, len(items)-100):]
	if l.lie == rewrites && len(items) > 0 {
		items[0] = map[string]any{"seq": items[0]["seq"], "text": fmt.Sprint("something else than ", t.id, items[0]["seq"])}
	}
	reply(w, map[string]any{"items": items})
}

func (l *liar) socket(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"centrala.v1"}})
	if err != nil {
		return
	}
	defer conn.CloseNow()
	s := &liarSocket{conn: conn}
	for {
		_, b, err := conn.Read(r.Context())
		if err != nil {
			break
		}
		var f struct {
			Type, Ref, Key, Token, Conversation, Text string
			Note                                      bool
			After                                     int64
			Resume                                    []struct {
				Conversation string
				After        int64
			}
		}
		if json.Unmarshal(b, &f) != nil {
			break
		}
		l.mu.Lock()
		switch f.Type {
		case "hello":
			s.token = f.Token
			l.sockets[s] = true
			l.write(s, map[string]any{"type": "welcome"})
			for _, e := range f.Resume {
				l.replay(s, l.talks[e.Conversation], e.After)
			}
			if strings.HasPrefix(s.token, "agent") {
				for _, t := range l.talks {
					l.assign(s, t)
				}
			}
		case "message.send":
			l.take(s, f.Ref, f.Key, f.Conversation, f.Text, f.Note)
		case "history":
			t := l.talks[f.Conversation]
			var got []map[string]any
			for _, e := range t.entries {
				if e["seq"].(int64) > f.After && len(got) < 100 {
					got = append(got, l.view(t, e, s.token))
				}
			}
			l.write(s, map[string]any{"type": "history", "ref": f.Ref, "conversation": t.id, "messages": got, "more": len(got) == 100})
		}
		l.mu.Unlock()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.sockets, s)
}

func (l *liar) write(s *liarSocket, f map[string]any) {
	b, err := json.Marshal(f)
	if err == nil {
		_ = s.conn.Write(context.Background(), websocket.MessageText, b) // one that is gone comes back
	}
}

func (l *liar) frame(t *liarTalk, e map[string]any, token string) map[string]any {
	v := l.view(t, e, token)
	if v["hidden"] == true {
		return map[string]any{"type": "message", "conversation": t.id, "seq": v["seq"], "hidden": true}
	}
	return map[string]any{"type": "message", "conversation": t.id, "seq": v["seq"], "message": v}
}

func (l *liar) replay(s *liarSocket, t *liarTalk, after int64) {
	for _, e := range t.entries {
		if e["seq"].(int64) > after {
			l.write(s, l.frame(t, e, s.token))
		}
	}
	l.write(s, map[string]any{"type": "resumed", "conversation": t.id, "seq": t.last})
}

// agentOf is who has a conversation: the only one on duty.
const agentOf = "agent ania@demo.test"

func (l *liar) assign(s *liarSocket, t *liarTalk) {
	l.write(s, map[string]any{"type": "conversation", "id": t.id, "assignee": map[string]any{"id": agentOf}})
}

// take stores a message once, tells everybody and acknowledges it.
func (l *liar) take(s *liarSocket, ref, key, to, text string, note bool) {
	if l.lie == deaf && l.stored > 50 {
		return
	}
	t := l.talks[to]
	if to == "" {
		t = l.talks["c_"+s.token]
	}
	begun := t == nil
	if begun {
		t = &liarTalk{id: "c_" + s.token, owner: s.token}
		l.talks[t.id] = t
	}
	for _, e := range t.entries {
		if e["key"] == key {
			l.write(s, map[string]any{"type": "ack", "ref": ref, "conversation": t.id, "seq": e["seq"]})
			return
		}
	}
	l.stored++
	if t.last++; l.lie == skips && l.stored%20 == 0 {
		t.last++
	}
	kind := "customer"
	if strings.HasPrefix(s.token, "agent") {
		kind = "agent"
	}
	e := map[string]any{"seq": t.last, "key": key, "text": text, "note": note, "author": map[string]any{"kind": kind}}
	t.entries = append(t.entries, e)
	l.tell(s, t, e, begun)
	if l.lie == doubles && l.stored%20 == 0 {
		t.last++
		again := map[string]any{"seq": t.last, "key": key, "text": text, "note": note, "author": e["author"]}
		t.entries = append(t.entries, again)
		l.tell(nil, t, again, false)
	}
	l.write(s, map[string]any{"type": "ack", "ref": ref, "conversation": t.id, "seq": e["seq"]})
}

// tell brings an entry to who may read it but its sender.
func (l *liar) tell(sender *liarSocket, t *liarTalk, e map[string]any, begun bool) {
	for s := range l.sockets {
		switch f := l.frame(t, e, s.token); {
		case s == sender:
		case s.token == agentOf && begun:
			l.assign(s, t)
			l.write(s, f)
		case s.token == agentOf || s.token == t.owner:
			if l.lie == swaps && s.late == nil && l.stored%10 == 0 {
				s.late = f
				continue
			}
			l.write(s, f)
			if s.late != nil && s.late["conversation"] == t.id {
				l.write(s, s.late)
				s.late = nil
			}
		case l.lie == mixesUp && begun && !strings.HasPrefix(s.token, "agent"):
			l.write(s, f)
		}
	}
}
