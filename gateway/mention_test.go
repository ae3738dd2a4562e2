package gateway_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"centrala"
	"centrala/gateway"
)

// hire adds an agent of the sellers' team to the house.
func (p *place) hire(name string) centrala.Agent {
	p.Helper()
	a, err := p.db.SaveAgent(context.Background(), centrala.Agent{Name: name, Email: name + "@demo.test", Role: centrala.RoleAgent, Teams: []centrala.TeamID{p.sellers.ID}})
	p.must(err)
	p.agents[name] = a
	return a
}

// mention has Ania write a note that mentions agents, past the gateway.
func (p *place) mention(conversation any, text string, names ...string) {
	p.Helper()
	a := p.agents["ania"]
	post := centrala.Post{Sender: a.ID.String(), Key: newKey(), Author: centrala.Author{Kind: centrala.ByAgent, ID: a.ID.String(), Name: a.Name},
		Conversation: idOf(p, conversation), Agent: a.ID, Scope: centrala.Everything(), Text: text, Note: true}
	for _, n := range names {
		post.Mentions = append(post.Mentions, p.agents[n].ID)
	}
	_, err := p.db.Append(context.Background(), post)
	p.must(err)
}

// names reports whether a row of the conversation says that an agent is mentioned, and has read
// it or not.
func names(agent centrala.Agent, read bool) func(frame) bool {
	return func(f frame) bool {
		b, err := json.Marshal(f["mentions"])
		var list []centrala.Mention
		return err == nil && json.Unmarshal(b, &list) == nil &&
			slices.ContainsFunc(list, func(m centrala.Mention) bool { return m.Agent == agent.ID && m.Read == read })
	}
}

func TestMentions(t *testing.T) {
	t.Parallel()
	p := open(t, unlimited)
	marek, zofia := p.agents["marek"], p.hire("zofia")
	watching := frame{"watch": frame{"filter": frame{}}}
	customer := p.join(p.visitor(p.web))
	conv := customer.send("pytanie")["conversation"]
	p.assign(conv, "ania")
	ania := p.join(p.session("ania"))
	his, quiet := p.join(p.session("marek"), watching), p.join(p.session("marek"))
	teammate, foreign := p.join(p.session("piotr"), watching), p.join(p.session("zofia"), watching)
	key := p.join(p.key([]centrala.Side{centrala.Seller}, "conversations:read", "stream:read"), frame{"watch": frame{"filter": frame{}, "messages": true}})
	his.say(frame{"type": "view", "conversation": conv, "ref": "early"})
	if e := his.wantRef("early"); e["code"] != "not_found" {
		t.Fatalf("seen before the mention: %v", e)
	}

	note := ania.send("@Marek znasz to?", frame{"conversation": conv, "note": true, "mentions": []string{marek.ID.String()}})
	for name, c := range map[string]*peer{"watching": his, "quiet": quiet} {
		m := c.wantWhere(name+": the note", isMessage("@Marek znasz to?"))
		if said := m["message"].(map[string]any); m["seq"] != note["seq"] || said["note"] != true || fmt.Sprint(said["mentions"]) != "["+marek.ID.String()+"]" {
			t.Errorf("%s got %v", name, m)
		}
		c.wantWhere(name+": the row", isRow(conv, names(marek, false)))
	}
	his.say(frame{"type": "view", "conversation": conv, "ref": "v"})
	if a := his.wantRef("v"); a["type"] != "ack" {
		t.Fatalf("view: %v", a)
	}
	his.say(frame{"type": "history", "conversation": conv, "ref": "h"})
	if h := his.wantRef("h"); len(h["messages"].([]any)) != 3 {
		t.Errorf("history: %v", h)
	}
	customer.send("halo?", frame{"conversation": conv})
	his.wantWhere("the next word, viewing", isMessage("halo?"))
	quiet.wantWhere("the next state", isRow(conv, has("last_seq", 4.0)))
	his.send("nie znam", frame{"conversation": conv, "note": true})

	p.mention(conv, "jeszcze raz", "marek")
	again := quiet.wantWhere("the second note", isMessage("jeszcze raz"))
	quiet.wantWhere("to be read again", isRow(conv, func(f frame) bool { return f["last_seq"] == again["seq"] && names(marek, false)(f) }))
	quiet.say(frame{"type": "read", "conversation": conv, "upto": again["seq"], "ref": "r"})
	quiet.wantRef("r")
	p.gw.Round()
	his.wantWhere("read", isRow(conv, func(f frame) bool { return f["last_seq"] == again["seq"] && names(marek, true)(f) }))

	p.settle(his, quiet, teammate, foreign, key, customer)
	if n := quiet.count(isMessage("halo?")); n != 0 {
		t.Error("a mention brings every word, not only the note")
	}
	if n := teammate.count(isMessage("@Marek znasz to?")); n != 0 {
		t.Error("the note came to somebody whom it does not name")
	}
	for name, c := range map[string]*peer{"another agent": foreign, "a key of another side": key} {
		if n := c.count(func(f frame) bool { return f["conversation"] == conv || f["id"] == conv }); n != 0 {
			t.Errorf("%s got %d frames: %s", name, n, c.tail())
		}
	}
	for _, f := range customer.frames() {
		if b, _ := json.Marshal(f); f["seq"] == note["seq"] && string(b) != fmt.Sprintf(`{"conversation":%q,"hidden":true,"seq":%v,"type":"message"}`, conv, note["seq"]) {
			t.Errorf("the customer got %s", b)
		}
	}
	foreign.say(frame{"type": "view", "conversation": conv, "ref": "v"})
	if e := foreign.wantRef("v"); e["code"] != "not_found" {
		t.Errorf("%s views it: %v", zofia.Name, e)
	}
}

func TestBadMentions(t *testing.T) {
	t.Parallel()
	p := open(t, unlimited)
	customer := p.join(p.visitor(p.web))
	conv := customer.send("pytanie")["conversation"]
	gone := p.hire("gone")
	gone.Disabled = true
	_, err := p.db.SaveAgent(context.Background(), gone)
	p.must(err)
	ania, key := p.join(p.session("ania")), p.join(p.key(nil, "conversations:read", "conversations:write"))
	marek := p.agents["marek"].ID.String()
	many := slices.Repeat([]string{marek}, centrala.MaxMentions+1)
	for name, c := range map[string]struct {
		by   *peer
		more frame
		code string
	}{
		"an answer":        {ania, frame{"mentions": []string{marek}}, "invalid"},
		"themselves":       {ania, frame{"note": true, "mentions": []string{p.agents["ania"].ID.String()}}, "invalid"},
		"disabled":         {ania, frame{"note": true, "mentions": []string{gone.ID.String()}}, "invalid"},
		"unknown":          {ania, frame{"note": true, "mentions": []string{marek, "a_0000000000007"}}, "invalid"},
		"no identifier":    {ania, frame{"note": true, "mentions": []string{"Marek"}}, "invalid"},
		"a team":           {ania, frame{"note": true, "mentions": []string{p.sellers.ID.String()}}, "invalid"},
		"too many":         {ania, frame{"note": true, "mentions": many}, "invalid"},
		"no list":          {ania, frame{"note": true, "mentions": marek}, "bad_frame"},
		"a program":        {key, frame{"note": true, "mentions": []string{marek}}, ""},
		"nobody":           {ania, frame{"note": true, "mentions": []string{}}, ""},
		"a customer":       {customer, frame{"mentions": []string{marek}}, "invalid"},
		"a customer, note": {customer, frame{"note": true, "mentions": []string{marek}}, "forbidden"},
	} {
		f := frame{"type": "message.send", "ref": name, "key": newKey(), "conversation": conv, "text": "x"}
		for k, v := range c.more {
			f[k] = v
		}
		c.by.say(f)
		if a := c.by.wantRef(name); fmt.Sprint(a["code"]) != c.code && (c.code != "" || a["type"] != "ack") {
			t.Errorf("%s: %v, want %q", name, a, c.code)
		} else if c.code == "invalid" && a["field"] != "mentions" {
			t.Errorf("%s: the field is %v", name, a["field"])
		}
	}
}

// Who was away when they were mentioned is shown the note when they come back.
func TestMentionedWhileAway(t *testing.T) {
	t.Parallel()
	p := open(t, unlimited)
	conv := p.join(p.visitor(p.web)).send("pytanie")["conversation"]
	token := p.session("marek")
	c := p.join(token)
	c.say(frame{"type": "watch", "ref": "w", "filter": frame{}})
	c.wantRef("w")
	cursor := c.want("cursor")["value"]
	p.must(c.conn.CloseNow())
	p.mention(conv, "do Marka", "marek")
	p.mention(conv, "do Piotra", "piotr")
	again := p.connect()
	again.say(frame{"type": "hello", "token": token, "resume_events": cursor})
	again.want("caught_up")
	if again.count(isMessage("do Marka")) != 1 || again.count(isMessage("do Piotra")) != 0 {
		t.Errorf("came back to %s", again.tail())
	}
	if again.count(isRow(conv, names(p.agents["marek"], false))) != 1 {
		t.Errorf("no row: %s", again.tail())
	}
}

func TestMentionedOnAnotherNode(t *testing.T) {
	t.Parallel()
	p := open(t, unlimited, func(c *gateway.Config) { c.Cluster = true })
	far := second(t, p)
	conv := p.join(p.visitor(p.web)).send("pytanie")["conversation"]
	one, other := far.join(p.session("marek")), far.join(p.session("marek"))
	p.hire("zofia")
	foreign := far.join(p.session("zofia"), frame{"watch": frame{"filter": frame{}}})
	p.mention(conv, "do Marka", "marek")
	commits, err := p.db.Since(context.Background(), centrala.Everything(), 0, 500)
	p.must(err)
	for _, c := range commits {
		far.gw.Handle(c.Event)
	}
	for _, c := range []*peer{one, other} {
		c.wantWhere("the note", isMessage("do Marka"))
		c.wantWhere("the row", isRow(conv, names(p.agents["marek"], false)))
	}
	far.settle(foreign)
	if n := foreign.count(isRow(conv, nil)); n != 0 {
		t.Errorf("another agent got %s", foreign.tail())
	}
}

// Who was mentioned in a conversation sees the one that it is merged into.
func TestMentionsMoveWithAMerge(t *testing.T) {
	t.Parallel()
	p := open(t, unlimited)
	ctx, system := context.Background(), centrala.Author{Kind: centrala.BySystem, ID: "test"}
	token := p.visitor(p.web)
	elder := p.join(token).send("pierwsza sprawa")["conversation"]
	_, err := p.db.Do(ctx, centrala.Everything(), idOf(t, elder), centrala.Resolve{}, system)
	p.must(err)
	v, err := p.guard.Identify(ctx, token)
	p.must(err)
	younger := p.join(p.visitor(p.web)).send("druga sprawa")["conversation"]
	o, err := p.db.Conversation(ctx, centrala.Everything(), idOf(t, younger))
	p.must(err)
	p.must(p.db.AbsorbVisitor(ctx, o.Contact, centrala.Contact{ID: v.Visitor.Contact}, p.web.ID, system))
	c := p.join(p.session("marek"))
	p.mention(younger, "do Marka", "marek")
	c.wantWhere("the younger", isRow(younger, names(p.agents["marek"], false)))
	_, err = p.db.Do(ctx, centrala.Everything(), idOf(t, younger), centrala.Merge{Into: idOf(t, elder)}, system)
	p.must(err)
	c.wantWhere("the elder", isRow(elder, names(p.agents["marek"], false)))
	c.say(frame{"type": "view", "conversation": elder, "ref": "v"})
	if a := c.wantRef("v"); a["type"] != "ack" {
		t.Errorf("view of the elder: %v", a)
	}
}
