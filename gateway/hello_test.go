package gateway_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"centrala"
	"centrala/gateway"
)

func TestOpeningIsRefused(t *testing.T) {
	t.Parallel()
	p := open(t)
	revoked := p.visitor(p.web)
	v, err := p.guard.Identify(context.Background(), revoked)
	p.must(err)
	p.must(p.db.EndVisitor(context.Background(), v.Visitor.Contact))
	gone := p.session("ania")
	p.must(p.guard.Logout(context.Background(), gone))
	text := func(s string) func(*peer) {
		return func(c *peer) { c.write(websocket.MessageText, []byte(s)) }
	}
	hello := func(token string) func(*peer) { return text(`{"type":"hello","ref":"h","token":"` + token + `"}`) }
	for name, c := range map[string]struct {
		options []option
		say     func(*peer)
		code    string // of the error before the close
		close   int
		reason  string
	}{
		"another frame first":    {nil, text(`{"type":"ping","ref":"h"}`), "unauthorized", 4001, "bad"},
		"unknown frame first":    {nil, text(`{"type":"what","ref":"h"}`), "unauthorized", 4001, "bad"},
		"no token":               {nil, text(`{"type":"hello","ref":"h"}`), "unauthorized", 4001, "bad"},
		"a token that is none":   {nil, hello("nonsense"), "unauthorized", 4001, "bad"},
		"a forged visitor":       {nil, hello(revoked[:len(revoked)-3] + "abc"), "unauthorized", 4001, "bad"},
		"a revoked visitor":      {nil, hello(revoked), "unauthorized", 4001, "revoked"},
		"a session that is over": {nil, hello(gone), "unauthorized", 4001, "*"},
		"a cookie without an origin": {[]option{cookie(p.session("ania"))}, text(`{"type":"hello","ref":"h"}`), "unauthorized",
			4001, "bad"},
		"another door's site":       {[]option{from("https://sell.example")}, hello(p.visitor(p.web)), "forbidden", 4003, "origin"},
		"an agent on a shop's site": {[]option{from("https://shop.example")}, hello(p.session("ania")), "forbidden", 4003, "origin"},
		"an array":                  {nil, text(`[]`), "bad_frame", 4000, "*"},
		"no JSON":                   {nil, text(`hello`), "bad_frame", 4000, "*"},
		"half an object":            {nil, text(`{"type":"hello"`), "bad_frame", 4000, "*"},
		"a number":                  {nil, text(`7`), "bad_frame", 4000, "*"},
		"nothing":                   {nil, text(``), "bad_frame", 4000, "*"},
		"bytes":                     {nil, func(c *peer) { c.write(websocket.MessageBinary, []byte(`{"type":"hello"}`)) }, "bad_frame", 4000, "*"},
		"broken UTF-8":              {nil, text("{\"type\":\"hello\",\"x\":\"\xff\"}"), "bad_frame", 4000, "*"},
		"too much":                  {nil, text(`{"type":"hello","x":"` + strings.Repeat("x", 70_000) + `"}`), "", 1009, "*"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			peer := p.connect(c.options...)
			peer.TB = t
			c.say(peer)
			if c.code != "" {
				if e := peer.want("error"); e["code"] != c.code {
					t.Errorf("error %v, want %s", e, c.code)
				}
			}
			if reason := peer.wantClose(c.close); c.reason != "*" && reason != c.reason {
				t.Errorf("reason %q, want %q", reason, c.reason)
			}
		})
	}
}

func TestOrigins(t *testing.T) {
	t.Parallel()
	p := open(t)
	for origin, want := range map[string]int{
		"https://shop.example":           http.StatusSwitchingProtocols,
		"https://SHOP.example:443":       http.StatusSwitchingProtocols,
		"http://shop.example":            http.StatusForbidden,
		"https://shop.example.evil.test": http.StatusForbidden,
		"https://evil.test":              http.StatusForbidden,
		"https://a.wide.example":         http.StatusSwitchingProtocols,
		"https://wide.example":           http.StatusForbidden,
		"null":                           http.StatusForbidden,
		p.srv.URL:                        http.StatusSwitchingProtocols,
	} {
		c, status, _ := p.tryConnect(from(origin))
		if status != want {
			t.Errorf("%s: status %d, want %d", origin, status, want)
		}
		if c != nil && strings.Contains(origin, "shop") {
			c.say(frame{"type": "hello", "token": p.visitor(p.web)})
			c.want("welcome")
		}
	}
	own := p.connect(from(p.srv.URL), cookie(p.session("ania")))
	own.say(frame{"type": "hello"})
	if me := own.want("welcome")["me"].(map[string]any); me["name"] != "Ania" || me["role"] != "agent" {
		t.Errorf("by cookie: %v", me)
	}
	if _, status, err := p.tryConnect(func(o *websocket.DialOptions) { o.Host = "evil.test" }); err == nil || status != http.StatusMisdirectedRequest {
		t.Errorf("another name: %d %v", status, err)
	}
	if _, status, err := p.tryConnect(func(o *websocket.DialOptions) { o.Subprotocols = []string{"other"} }); err == nil || status != http.StatusBadRequest {
		t.Errorf("another subprotocol: %d %v", status, err)
	}
}

// What is refused is counted where the operator looks for it: a request that never became a
// socket is one thing, a frame that was answered with an error another.
func TestRefusalsAreCounted(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.tryConnect(from("https://evil.test"))
	p.tryConnect(func(o *websocket.DialOptions) { o.Subprotocols = []string{"other"} })
	if res, err := http.Get(p.srv.URL + "/v1/socket"); err != nil || res.Body.Close() != nil || res.StatusCode == http.StatusOK {
		t.Fatalf("no upgrade was asked for: %v, %v", res, err)
	}
	c := p.join(p.visitor(p.web))
	c.say(frame{"type": "history", "ref": "1", "conversation": "c_none"})
	c.wantRef("1")
	if n := p.gw.Stats(); n.RefusedSockets != 3 || n.RefusedFrames != 1 {
		t.Errorf("%d sockets and %d frames were refused, want 3 and 1", n.RefusedSockets, n.RefusedFrames)
	}
}

func TestWelcome(t *testing.T) {
	t.Parallel()
	p := open(t)
	token := p.visitor(p.web)
	c := p.connect()
	c.say(frame{"type": "hello", "token": token, "ref": "h"})
	w := c.wantRef("h")
	if w["type"] != "welcome" {
		t.Fatalf("hello is answered by %v", w)
	}
	me := w["me"].(map[string]any)
	if me["verified"] != false || me["name"] != nil || me["side"] != nil || w["online"] != false || w["eta_s"] != nil || w["session"] == "" {
		t.Errorf("welcome %v", w)
	}
	if len(w["conversations"].([]any)) != 0 || len(w["surveys"].([]any)) != 0 {
		t.Errorf("welcome %v", w)
	}
	agent := p.join(p.session("ania"))
	agent.say(frame{"type": "presence.set", "status": "online", "ref": "p"})
	if a := agent.wantRef("p"); a["type"] != "ack" {
		t.Fatal(a)
	}
	conv := c.send("pytanie")["conversation"]
	p.assign(conv, "ania")
	agent.send("odpowiedź", frame{"conversation": conv})
	agent.send("notatka", frame{"conversation": conv, "note": true})
	p.gw.Lines()
	again := p.connect()
	again.say(frame{"type": "hello", "token": token})
	w = again.want("welcome")
	talk := w["conversations"].([]any)[0].(map[string]any)
	if w["online"] != true || talk["id"] != conv || talk["status"] != "open" || talk["unread"] != 1.0 || talk["last_seq"] != 4.0 || talk["team"] != "Kupujący" {
		t.Errorf("welcome %v", w)
	}
	if _, told := talk["reason"]; told {
		t.Error("the reason is the team's")
	}
	again.say(frame{"type": "hello", "token": token, "ref": "2"})
	if e := again.wantRef("2"); e["code"] != "conflict" {
		t.Errorf("a second hello: %v", e)
	}
}

// A key that may not read conversations gets none by the back door of hello, and does not learn
// who is on the line.
func TestWelcomeHoldsWhatOneMayRead(t *testing.T) {
	t.Parallel()
	p := open(t, unlimited)
	conv := p.join(p.visitor(p.web)).send("to jest poufne")["conversation"]
	ania := p.join(p.session("ania"))
	ania.say(frame{"type": "presence.set", "status": "online", "ref": "p"})
	ania.wantRef("p")
	p.gw.Lines()

	articles := p.key(nil, "articles:read")
	poor := p.connect()
	poor.say(frame{"type": "hello", "token": articles, "resume": []frame{{"conversation": conv, "after": 0}}, "ref": "r"})
	if e := poor.wantRef("r"); e["code"] != "forbidden" {
		t.Errorf("a resume without the scope: %v", e)
	}
	poor.say(frame{"type": "hello", "token": articles, "ref": "h"})
	w := poor.wantRef("h")
	if w["type"] != "welcome" || len(w["conversations"].([]any)) != 0 {
		t.Errorf("without the scope: %v", w)
	}
	reader := p.connect()
	reader.say(frame{"type": "hello", "token": p.key(nil, "conversations:read"), "ref": "h"})
	if w := reader.wantRef("h"); len(w["conversations"].([]any)) != 1 {
		t.Errorf("with the scope: %v", w)
	}
	reader.want("presence")
	if me := w["me"].(map[string]any); len(me) != 2 || me["id"] == "" || me["name"] != "integration" {
		t.Errorf("a key is {id,name}: %v", me)
	}
	ania.say(frame{"type": "presence.set", "status": "away", "ref": "q"})
	ania.wantRef("q")
	p.gw.Lines()
	reader.wantWhere("presence away", func(f frame) bool { return f["type"] == "presence" && f["status"] == "away" })
	poor.say(frame{"type": "ping", "ref": "last"})
	poor.wantRef("last")
	for _, f := range poor.frames() {
		if f["type"] == "presence" || f["type"] == "message" || f["type"] == "conversation" {
			t.Errorf("without the scope came %v", f)
		}
	}
}

// Two peers that answered each other's errors would never stop.
func TestAnErrorIsNeverAnswered(t *testing.T) {
	t.Parallel()
	p := open(t)
	c := p.join(p.visitor(p.web))
	c.say(frame{"type": "error", "ref": "e", "code": "invalid", "message": "?"})
	c.say(frame{"type": "error", "ref": strings.Repeat("e", 65)})
	c.say(frame{"type": "ping", "ref": "after"})
	c.wantRef("after")
	for _, f := range c.frames() {
		if f["type"] == "error" {
			t.Errorf("an error was answered with %v", f)
		}
	}
}

func TestEveryRefusal(t *testing.T) {
	t.Parallel()
	p := open(t, unlimited)
	v := p.join(p.visitor(p.web))
	stranger := p.join(p.visitor(p.web))
	conv := v.send("jest")["conversation"].(string)
	agent := p.join(p.session("ania"))
	key := newKey()
	v.send("pod kluczem", frame{"key": key})
	long := strings.Repeat("ż", centrala.MaxText+1)
	cases := []struct {
		who   *peer
		frame string
		code  string
		field string
	}{
		{v, `{"type":7,"ref":"%s"}`, "bad_frame", "type"},
		{v, `{"ref":"%s"}`, "bad_frame", "type"},
		{v, `{"type":"nothing","ref":"%s"}`, "unknown_type", ""},
		{v, `{"type":"message.send","ref":"%s","key":"k","text":5}`, "bad_frame", "text"},
		{v, `{"type":"message.send","ref":"%s","text":"x"}`, "invalid", "key"},
		{v, `{"type":"message.send","ref":"%s","key":"` + strings.Repeat("k", 65) + `","text":"x"}`, "invalid", "key"},
		{v, `{"type":"message.send","ref":"%s","key":"k1","text":"  "}`, "invalid", "text"},
		{v, `{"type":"message.send","ref":"%s","key":"k2","text":"` + long + `"}`, "too_long", "text"},
		{v, `{"type":"message.send","ref":"%s","key":"k3","text":"x","conversation":"c_x"}`, "invalid", "conversation"},
		{v, `{"type":"message.send","ref":"%s","key":"k4","text":"x","note":true}`, "forbidden", "note"},
		{v, `{"type":"message.send","ref":"%s","key":"k5","text":"x","attachments":["at_0000000000001"]}`, "invalid", "attachments"},
		{v, `{"type":"message.send","ref":"%s","key":"k6","text":"x","attachments":["1","2","3","4","5","6","7","8","9","0","1"]}`, "too_many", "attachments"},
		{v, `{"type":"message.send","ref":"%s","key":"` + key + `","text":"inny tekst"}`, "conflict", "key"},
		{stranger, `{"type":"message.send","ref":"%s","key":"k7","text":"x","conversation":"` + conv + `"}`, "not_found", "conversation"},
		{stranger, `{"type":"history","ref":"%s","conversation":"` + conv + `"}`, "not_found", "conversation"},
		{stranger, `{"type":"typing","ref":"%s","conversation":"` + conv + `","on":true}`, "not_found", "conversation"},
		{stranger, `{"type":"read","ref":"%s","conversation":"` + conv + `","upto":1}`, "not_found", "conversation"},
		{stranger, `{"type":"conversation.end","ref":"%s","conversation":"` + conv + `"}`, "not_found", "conversation"},
		{v, `{"type":"history","ref":"%s","conversation":"` + conv + `","limit":101}`, "invalid", "limit"},
		{v, `{"type":"history","ref":"%s","conversation":"` + conv + `","before":3,"after":1}`, "invalid", "before"},
		{v, `{"type":"survey.answer","ref":"%s","survey":"sv_0000000000001","score":3.5}`, "invalid", "score"},
		{v, `{"type":"survey.answer","ref":"%s","survey":"sv_0000000000001","score":"3"}`, "invalid", "score"},
		{v, `{"type":"survey.answer","ref":"%s","survey":"sv_0000000000001","score":11}`, "invalid", "score"},
		{v, `{"type":"survey.answer","ref":"%s","survey":"sv_0000000000001"}`, "invalid", "score"},
		{v, `{"type":"survey.answer","ref":"%s","survey":"sv_0000000000001","score":3}`, "not_found", "survey"},
		{v, `{"type":"contact.set","ref":"%s","email":"no address"}`, "invalid", "email"},
		{v, `{"type":"contact.set","ref":"%s","side":"thief"}`, "invalid", "side"},
		{v, `{"type":"contact.set","ref":"%s"}`, "invalid", ""},
		{v, `{"type":"presence.set","ref":"%s","status":"online"}`, "forbidden", ""},
		{v, `{"type":"watch","ref":"%s","filter":{}}`, "forbidden", ""},
		{v, `{"type":"article.feedback","ref":"%s","article":"ar_0000000000001","kind":"eaten"}`, "invalid", "kind"},
		{agent, `{"type":"presence.set","ref":"%s","status":"asleep"}`, "invalid", "status"},
		{agent, `{"type":"watch","ref":"%s","filter":{"status":"lost"}}`, "invalid", "status"},
		{agent, `{"type":"watch","ref":"%s","filter":{"team":"x"}}`, "invalid", "team"},
		{agent, `{"type":"watch","ref":"%s","filter":{},"messages":true}`, "forbidden", "messages"},
		{agent, `{"type":"survey.answer","ref":"%s","survey":"sv_0000000000001","score":3}`, "forbidden", ""},
		{agent, `{"type":"message.send","ref":"%s","key":"k8","text":"x"}`, "invalid", "conversation"},
		{agent, `{"type":"view","ref":"%s","conversation":"c_0000000000001"}`, "not_found", "conversation"},
	}
	for i, c := range cases {
		ref := fmt.Sprintf("r%d", i)
		c.who.write(websocket.MessageText, fmt.Appendf(nil, c.frame, ref))
		e := c.who.wantRef(ref)
		field, _ := e["field"].(string)
		if e["type"] != "error" || e["code"] != c.code || field != c.field || e["retry"] != false || e["message"] == "" {
			t.Errorf("%.120s: %v, want %s %s", c.frame, e, c.code, c.field)
		}
	}
	v.write(websocket.MessageText, []byte(`{"type":"ping","ref":"`+strings.Repeat("r", 65)+`"}`))
	if e := v.want("error"); e["code"] != "invalid" || e["field"] != "ref" || e["ref"] != nil {
		t.Errorf("a long ref: %v", e)
	}
	v.say(frame{"type": "ping", "ref": "alive", "unknown": []int{1}})
	v.wantRef("alive")
}

func TestLimits(t *testing.T) {
	inBubble(t, limits, func(*gateway.Config) {})
}

func limits(t *testing.T, p *place) {
	token := p.visitor(p.web)
	var tabs []*peer
	for range 10 {
		tabs = append(tabs, p.join(token))
	}
	extra := p.connect()
	extra.say(frame{"type": "hello", "token": token, "ref": "h"})
	if e := extra.wantRef("h"); e["code"] != "too_many" {
		t.Errorf("the eleventh socket: %v", e)
	}
	extra.wantClose(4029)

	// Six messages at once: the sixth has to wait.
	c := tabs[0]
	limited := 0
	for range 6 {
		key := newKey()
		c.say(frame{"type": "message.send", "ref": key, "key": key, "text": "x"})
		if a := c.wantRef(key); a["code"] == "rate_limited" && a["retry"] == true && a["retry_after_ms"].(float64) > 0 {
			limited++
		}
	}
	if limited != 1 {
		t.Errorf("%d of 6 messages were limited", limited)
	}
	c = tabs[1]
	for i := range 100 {
		c.say(frame{"type": "ping", "ref": fmt.Sprint(i)})
	}
	passed := 0
	for i := range 100 {
		switch a := c.wantRef(fmt.Sprint(i)); {
		case a["type"] == "pong":
			passed++
		case a["code"] != "rate_limited" || a["retry_after_ms"] == nil:
			t.Fatal(a)
		}
	}
	if passed < 59 || passed > 75 {
		t.Errorf("%d of 100 frames passed, want about 60", passed)
	}
}

func TestHalfOpenSockets(t *testing.T) {
	t.Parallel()
	p := open(t)
	var some []*peer
	for range 50 {
		some = append(some, p.connect())
	}
	if _, status, err := p.tryConnect(); err == nil || status != http.StatusTooManyRequests {
		t.Fatalf("the 51st: %d %v", status, err)
	}
	some[0].say(frame{"type": "hello", "token": p.visitor(p.web)})
	some[0].want("welcome")
	p.connect()
}

// A socket that floods is told, then closed; the others do not notice.
func TestFlood(t *testing.T) {
	t.Parallel()
	p := open(t)
	good, bad := p.join(p.visitor(p.web)), p.join(p.visitor(p.web))
	flooded := make(chan struct{})
	go func() {
		defer close(flooded)
		for range 10_000 {
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			err := bad.conn.Write(ctx, websocket.MessageText, []byte(`{"type":"ping","ref":"x"}`))
			cancel()
			if err != nil {
				return
			}
		}
	}()
	for range 5 {
		good.send("nadal działa")
	}
	bad.wantClose(4029)
	<-flooded
	limited := bad.count(func(f frame) bool { return f["code"] == "rate_limited" })
	if limited != 201 {
		t.Errorf("%d refusals before the close, want 201", limited)
	}
}
