package gateway_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"centrala"
	"centrala/gateway"
)

func isRow(conversation any, fits func(frame) bool) func(frame) bool {
	return func(f frame) bool {
		return f["type"] == "conversation" && f["id"] == conversation && (fits == nil || fits(f))
	}
}

func isGone(f frame) bool { return f["gone"] == true }

func has(field string, value any) func(frame) bool {
	return func(f frame) bool { return f[field] == value }
}

// Every kind of reader is connected while a conversation lives its life, and gets of each kind
// of frame exactly what it may see.
func TestWhoSeesWhat(t *testing.T) {
	t.Parallel()
	p := open(t, unlimited)
	all := frame{"watch": frame{"filter": frame{}}}
	loud := frame{"watch": frame{"filter": frame{}, "messages": true}}
	token := p.visitor(p.web)
	readers := map[string]*peer{
		"assigned":   p.join(p.session("ania"), all),
		"teammate":   p.join(p.session("piotr"), all),
		"viewer":     p.join(p.session("piotr")),
		"other team": p.join(p.session("marek"), all),
		"supervisor": p.join(p.session("ewa"), loud),
		"admin":      p.join(p.session("admin"), loud),
		"own key":    p.join(p.key([]centrala.Side{centrala.Buyer}, "conversations:read", "stream:read"), loud),
		"other key":  p.join(p.key([]centrala.Side{centrala.Seller}, "conversations:read", "stream:read"), loud),
		"tab":        p.join(token),
		"stranger":   p.join(p.visitor(p.web)),
		"other door": p.join(p.visitor(p.shop)),
	}
	customer := p.join(token)
	conv := customer.send("pytanie")["conversation"]
	p.assign(conv, "ania")
	viewer := readers["viewer"]
	viewer.say(frame{"type": "view", "conversation": conv, "ref": "v"})
	viewer.wantRef("v")
	readers["assigned"].send("odpowiedź", frame{"conversation": conv})
	readers["assigned"].send("notatka", frame{"conversation": conv, "note": true})
	customer.say(frame{"type": "typing", "conversation": conv, "on": true, "ref": "t"})
	customer.wantRef("t")
	customer.say(frame{"type": "read", "conversation": conv, "upto": 3, "ref": "r"})
	customer.wantRef("r")
	p.gw.Round()
	readers["assigned"].say(frame{"type": "typing", "conversation": conv, "on": true, "ref": "t"})
	readers["assigned"].wantRef("t")
	for _, c := range readers {
		p.settle(c)
	}
	type seen struct{ rows, words, notes, typing, read, delivery, viewers bool }
	for name, want := range map[string]seen{
		"assigned":   {rows: true, words: false, typing: true, read: true, delivery: true}, // its own words are acked
		"teammate":   {rows: true},
		"viewer":     {rows: true, words: true, notes: true, typing: true, read: true, delivery: true, viewers: true},
		"other team": {},
		"supervisor": {rows: true, words: true, notes: true, typing: true, read: true, delivery: true},
		"admin":      {rows: true, words: true, notes: true, typing: true, read: true, delivery: true},
		"own key":    {rows: true, words: true, notes: true, typing: true, read: true, delivery: true},
		"other key":  {},
		"tab":        {rows: true, words: true, typing: true},
		"stranger":   {},
		"other door": {},
	} {
		var got seen
		for _, f := range readers[name].frames() {
			if f["conversation"] != conv && f["id"] != conv {
				continue
			}
			text := ""
			if m, ok := f["message"].(map[string]any); ok {
				text = fmt.Sprint(m["text"])
			}
			switch f["type"] {
			case "conversation":
				got.rows = true
			case "message":
				got.words = got.words || text == "odpowiedź"
				got.notes = got.notes || text == "notatka"
			case "typing":
				got.typing = true
			case "read":
				got.read = true
			case "delivery":
				got.delivery = true
			case "viewers":
				got.viewers = true
			}
		}
		if got != want {
			t.Errorf("%s saw %+v, want %+v", name, got, want)
		}
	}
	// Nobody's socket names what is not theirs, in any frame.
	for _, name := range []string{"other team", "other key", "stranger", "other door"} {
		for _, f := range readers[name].frames() {
			if fmt.Sprint(f["conversation"], f["id"]) == fmt.Sprint(conv) || isMessage("pytanie")(f) {
				t.Errorf("%s got %v", name, f)
			}
		}
	}
}

// Who may send which frame at all; to what, the scope says. A colleague of another team whom a
// note mentions may what the team may, and nothing more.
func TestWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	p := open(t, unlimited)
	token := p.visitor(p.web)
	customer := p.join(token)
	conv := customer.send("pytanie")["conversation"].(string)
	p.assign(conv, "ania")
	p.hire("zofia")
	p.mention(conv, "do Zofii", "zofia")
	read := p.key(nil, "conversations:read")
	write := p.key(nil, "conversations:read", "conversations:write", "stream:read", "articles:read")
	foreign := p.key([]centrala.Side{centrala.Seller}, "conversations:read", "conversations:write")
	who := map[string]*peer{
		"customer": customer, "stranger": p.join(p.visitor(p.web)), "agent": p.join(p.session("ania")), "colleague": p.join(p.session("marek")),
		"mentioned":  p.join(p.session("zofia")),
		"supervisor": p.join(p.session("ewa")), "admin": p.join(p.session("admin")), "reader": p.join(read), "writer": p.join(write), "foreign": p.join(foreign),
	}
	const ok, no, hid = "", "forbidden", "not_found"
	type row map[string]string
	for _, c := range []struct {
		f    frame
		want row
	}{
		{frame{"type": "ping"}, row{"customer": ok, "stranger": ok, "agent": ok, "mentioned": ok, "colleague": ok, "supervisor": ok, "admin": ok, "reader": ok, "writer": ok, "foreign": ok}},
		{frame{"type": "message.send", "conversation": conv, "text": "x", "key": true},
			row{"customer": ok, "stranger": hid, "agent": ok, "mentioned": ok, "colleague": hid, "supervisor": ok, "admin": ok, "reader": no, "writer": ok, "foreign": hid}},
		{frame{"type": "message.send", "conversation": conv, "text": "x", "note": true, "key": true},
			row{"customer": no, "stranger": no, "agent": ok, "mentioned": ok, "colleague": hid, "supervisor": ok, "admin": ok, "reader": no, "writer": ok, "foreign": hid}},
		{frame{"type": "history", "conversation": conv},
			row{"customer": ok, "stranger": hid, "agent": ok, "mentioned": ok, "colleague": hid, "supervisor": ok, "admin": ok, "reader": ok, "writer": ok, "foreign": hid}},
		{frame{"type": "typing", "conversation": conv, "on": false},
			row{"customer": ok, "stranger": hid, "agent": ok, "mentioned": ok, "colleague": hid, "supervisor": ok, "admin": ok, "reader": no, "writer": ok, "foreign": hid}},
		{frame{"type": "received", "conversation": conv, "upto": 1},
			row{"customer": ok, "stranger": hid, "agent": ok, "mentioned": ok, "colleague": hid, "supervisor": ok, "admin": ok, "reader": ok, "writer": ok, "foreign": hid}},
		{frame{"type": "read", "conversation": conv, "upto": 1},
			row{"customer": ok, "stranger": hid, "agent": ok, "mentioned": ok, "colleague": hid, "supervisor": ok, "admin": ok, "reader": no, "writer": ok, "foreign": hid}},
		{frame{"type": "suggest", "text": "zwrot"},
			row{"customer": ok, "stranger": ok, "agent": ok, "mentioned": ok, "colleague": ok, "supervisor": ok, "admin": ok, "reader": no, "writer": ok, "foreign": no}},
		{frame{"type": "article.feedback", "article": p.article.ID.String(), "kind": "opened", "conversation": conv},
			row{"customer": ok, "stranger": hid, "agent": ok, "mentioned": ok, "colleague": hid, "supervisor": ok, "admin": ok, "reader": no, "writer": ok, "foreign": no}},
		{frame{"type": "article.feedback", "article": "ar_0000000000007", "kind": "solved"}, // there is none
			row{"customer": hid, "stranger": hid, "agent": hid, "mentioned": hid, "colleague": hid, "supervisor": hid, "admin": hid, "reader": no, "writer": hid, "foreign": no}},
		{frame{"type": "view", "conversation": conv},
			row{"customer": no, "stranger": no, "agent": ok, "mentioned": ok, "colleague": hid, "supervisor": ok, "admin": ok, "reader": ok, "writer": ok, "foreign": hid}},
		{frame{"type": "watch", "filter": frame{}},
			row{"customer": no, "stranger": no, "agent": ok, "mentioned": ok, "colleague": ok, "supervisor": ok, "admin": ok, "reader": ok, "writer": ok, "foreign": ok}},
		{frame{"type": "watch", "filter": frame{}, "messages": true},
			row{"customer": no, "stranger": no, "agent": no, "mentioned": no, "colleague": no, "supervisor": ok, "admin": ok, "reader": no, "writer": ok, "foreign": no}},
		{frame{"type": "presence.set", "status": "away"},
			row{"customer": no, "stranger": no, "agent": ok, "mentioned": ok, "colleague": ok, "supervisor": ok, "admin": ok, "reader": no, "writer": no, "foreign": no}},
		{frame{"type": "contact.set", "name": "Ola"},
			row{"customer": ok, "stranger": ok, "agent": no, "mentioned": no, "colleague": no, "supervisor": no, "admin": no, "reader": no, "writer": no, "foreign": no}},
		{frame{"type": "survey.answer", "survey": "sv_0000000000001", "score": 4},
			row{"customer": hid, "stranger": hid, "agent": no, "mentioned": no, "colleague": no, "supervisor": no, "admin": no, "reader": no, "writer": no, "foreign": no}},
		{frame{"type": "conversation.end", "conversation": conv},
			row{"stranger": hid, "agent": no, "mentioned": no, "colleague": no, "supervisor": no, "admin": no, "reader": no, "writer": no, "foreign": no, "customer": ok}},
		{frame{"type": "hello", "token": token},
			row{"customer": "conflict", "stranger": "conflict", "agent": "conflict", "mentioned": "conflict", "colleague": "conflict", "supervisor": "conflict", "admin": "conflict", "reader": "conflict", "writer": "conflict", "foreign": "conflict"}},
	} {
		for _, name := range []string{"stranger", "colleague", "foreign", "reader", "writer", "agent", "mentioned", "supervisor", "admin", "customer"} {
			want, listed := c.want[name]
			if !listed {
				t.Fatalf("%v has no line for %s", c.f, name)
			}
			f := frame{}
			for k, v := range c.f {
				f[k] = v
			}
			f["ref"] = newKey()
			if f["key"] == true {
				f["key"] = f["ref"]
			}
			who[name].say(f)
			got, _ := who[name].wantRef(f["ref"].(string))["code"].(string)
			if got != want {
				t.Errorf("%v by %s: %q, want %q", c.f, name, got, want)
			}
		}
	}
}

// Why an agent has a conversation is told in a sentence, also when they just answered.
func TestAClaimByAnsweringHasAReason(t *testing.T) {
	t.Parallel()
	p := open(t, unlimited)
	conv := p.join(p.visitor(p.web)).send("pytanie")["conversation"]
	ania := p.join(p.session("ania"))
	ania.send("odpowiedź", frame{"conversation": conv})
	row := ania.wantWhere("row", isRow(conv, func(f frame) bool { return f["status"] == "open" }))
	if row["reason"] != "wzięcie przez odpowiedź: Ania" {
		t.Errorf("reason %v", row["reason"])
	}
}

// That the team has put a conversation off is not the customer's to know.
func TestACustomerSeesNoSnoozing(t *testing.T) {
	t.Parallel()
	p := open(t, unlimited)
	token := p.visitor(p.web)
	customer := p.join(token)
	conv := customer.send("pytanie")["conversation"]
	p.assign(conv, "ania")
	_, err := p.db.Do(context.Background(), centrala.Everything(), idOf(p, conv), centrala.Snooze{Until: time.Now().Add(time.Hour)}, centrala.Author{Kind: centrala.ByAgent})
	p.must(err)
	again := p.connect()
	again.say(frame{"type": "hello", "token": token, "ref": "h"})
	if talk := again.wantRef("h")["conversations"].([]any)[0].(map[string]any); talk["status"] != "open" {
		t.Errorf("in the welcome: %v", talk["status"])
	}
	for _, f := range customer.frames() {
		if f["type"] == "conversation" && f["status"] == "snoozed" {
			t.Errorf("a frame tells of it: %v", f)
		}
	}
}

func TestWhatLeavesTheFilterIsGone(t *testing.T) {
	t.Parallel()
	p := open(t, unlimited)
	customer := p.join(p.visitor(p.web))
	conv := customer.send("pytanie")["conversation"]
	// These come after it was said: the hub has to know it all the same.
	queue := p.join(p.session("piotr"), frame{"watch": frame{"filter": frame{"status": "waiting"}}})
	mine := p.join(p.session("ania"), frame{"watch": frame{"filter": frame{"assignee": p.agents["ania"].ID.String()}}})
	foreign := p.join(p.session("marek"), frame{"watch": frame{"filter": frame{}}})
	p.assign(conv, "ania")
	queue.wantWhere("gone", isRow(conv, isGone))
	mine.wantWhere("row", isRow(conv, has("status", "open")))
	ctx, system := context.Background(), centrala.Author{Kind: centrala.BySystem, ID: "test"}
	_, err := p.db.Do(ctx, centrala.Everything(), idOf(t, conv), centrala.Transfer{Team: p.sellers.ID, TeamName: "Sprzedający", Reason: "inny zespół"}, system)
	p.must(err)
	mine.wantWhere("gone", isRow(conv, isGone))
	r := foreign.wantWhere("row", isRow(conv, has("status", "waiting")))
	if r["reason"] != "inny zespół" {
		t.Errorf("row %v", r)
	}
	p.settle(queue)
	if n := queue.count(isRow(conv, nil)); n != 1 {
		t.Errorf("the queue's watcher got %d frames, want the one gone", n)
	}
	// Another filter is another view.
	queue.say(frame{"type": "watch", "ref": "w", "filter": frame{"status": "open"}})
	queue.wantRef("w")
	if c := queue.want("cursor"); c["value"] == "" {
		t.Error("no cursor")
	}
}

func TestResumeEvents(t *testing.T) {
	t.Parallel()
	p := open(t, unlimited)
	customer := p.join(p.visitor(p.web))
	first := customer.send("pierwsze")["conversation"]
	loud := frame{"watch": frame{"filter": frame{}, "messages": true}}
	ewa := p.session("ewa")
	c := p.join(ewa, loud)
	c.say(frame{"type": "watch", "ref": "w", "filter": frame{}, "messages": true})
	c.wantRef("w")
	cursor := c.want("cursor")["value"]
	p.must(c.conn.CloseNow())

	foreign := p.join(p.visitor(p.shop)).send("nie dla Ewy")["conversation"]
	p.say(first, "ania", numbered(30, "w tym czasie")...)
	second := p.join(p.visitor(p.web)).send("drugie")["conversation"]
	again := p.connect()
	again.say(frame{"type": "hello", "token": ewa, "resume_events": cursor, "watch": loud["watch"]})
	again.want("welcome")
	p.say(first, "ania", numbered(30, "podczas powrotu")...)
	done := again.want("caught_up")
	p.say(first, "ania", "na żywo")
	again.wantWhere("live", isMessage("na żywo"))
	if got := seqs(again.frames(), first); !slices.Equal(got, run(2, 63)) {
		t.Errorf("got %v", got)
	}
	if got := seqs(again.frames(), second); !slices.Equal(got, []int{1}) {
		t.Errorf("the second: %v", got)
	}
	again.wantWhere("row", isRow(second, nil))
	if again.count(isRow(foreign, nil))+len(seqs(again.frames(), foreign)) > 0 {
		t.Error("a supervisor caught up with another side")
	}
	if done["cursor"] == "" || done["cursor"] == cursor {
		t.Errorf("caught up at %v", done["cursor"])
	}
	for _, stale := range []string{"nonsense", "ZTIuZXZfMDAwMDAwMDAwMDAwMQ", "ZTEuZXZfMDAwMDAwMDAwMDAwMQ"} { // none, another epoch, too old
		late := p.connect()
		late.say(frame{"type": "hello", "token": ewa, "resume_events": stale})
		late.want("stale")
	}
	v := p.connect()
	v.say(frame{"type": "hello", "token": p.visitor(p.web), "resume_events": cursor, "ref": "h"})
	if e := v.wantRef("h"); e["code"] != "forbidden" {
		t.Errorf("a customer resumes events: %v", e)
	}
}

func TestPresence(t *testing.T) {
	t.Parallel()
	p := open(t, unlimited)
	ania, ewa := p.join(p.session("ania")), p.join(p.session("ewa"))
	second := p.join(p.session("ania"))
	ania.say(frame{"type": "presence.set", "status": "online", "ref": "1"})
	ania.wantRef("1")
	isOf := func(status string, load float64) func(frame) bool {
		return func(f frame) bool {
			return f["type"] == "presence" && f["agent"] == p.agents["ania"].ID.String() && f["status"] == status && f["load"] == load && f["capacity"] == 24.0
		}
	}
	ewa.wantWhere("online", isOf("online", 0))
	conv := p.join(p.visitor(p.web)).send("x")["conversation"]
	p.assign(conv, "ania")
	ewa.wantWhere("load", isOf("online", 4))
	second.say(frame{"type": "presence.set", "status": "away", "ref": "2"})
	second.wantRef("2")
	ewa.wantWhere("away", isOf("away", 4))
	ania.wantWhere("away", isOf("away", 4))
	late := p.join(p.session("piotr"))
	late.wantWhere("who is there", isOf("away", 4))
	second.say(frame{"type": "presence.set", "status": "offline", "ref": "3"})
	second.wantRef("3")
	ewa.wantWhere("offline", isOf("offline", 4))
}

func TestViewers(t *testing.T) {
	t.Parallel()
	p := open(t, unlimited)
	conv := p.join(p.visitor(p.web)).send("x")["conversation"]
	ania, piotr := p.join(p.session("ania")), p.join(p.session("piotr"))
	names := func(n ...string) func(frame) bool {
		return func(f frame) bool {
			if f["type"] != "viewers" || f["conversation"] != conv {
				return false
			}
			var got []string
			for _, a := range f["agents"].([]any) {
				got = append(got, a.(map[string]any)["name"].(string))
			}
			slices.Sort(got)
			return slices.Equal(got, n)
		}
	}
	ania.say(frame{"type": "view", "conversation": conv})
	ania.wantWhere("alone", names("Ania"))
	piotr.say(frame{"type": "view", "conversation": conv})
	ania.wantWhere("two", names("Ania", "Piotr"))
	piotr.wantWhere("two", names("Ania", "Piotr"))
	piotr.say(frame{"type": "view", "conversation": nil})
	ania.wantWhere("alone again", names("Ania"))
	piotr.say(frame{"type": "view", "conversation": conv})
	ania.wantWhere("two again", names("Ania", "Piotr"))
	p.must(piotr.conn.CloseNow())
	ania.wantWhere("he left", names("Ania"))
}

// What another node commits reaches this one's sockets by its events, read from the log.
func TestAnotherNode(t *testing.T) {
	t.Parallel()
	p := open(t, unlimited, func(c *gateway.Config) { c.Cluster = true })
	far := second(t, p)
	token := p.visitor(p.web)
	here := p.join(token)
	there := far.join(token)
	conv := here.send("jeden")["conversation"]
	p.assign(conv, "ania")
	agent := far.join(p.session("ania"))
	ctx := context.Background()
	relay := func(events []centrala.Commit) { // ids only, as the stream carries them
		for _, c := range events {
			far.gw.Handle(c.Event)
			p.gw.Handle(c.Event) // its own too: nothing may come twice
		}
	}
	commits, err := p.db.Since(ctx, centrala.Everything(), 0, 500)
	p.must(err)
	relay(commits)
	there.wantWhere("the first word", isMessage("jeden"))
	last := commits[len(commits)-1].Event.ID

	p.say(conv, "ania", numbered(10, "odp")...)
	commits, err = p.db.Since(ctx, centrala.Everything(), last, 500)
	p.must(err)
	relay(commits[5:6]) // an event in the middle: what is before it is read, too
	relay(commits[8:9])
	there.wantWhere("the ninth", func(f frame) bool { return f["type"] == "message" && f["seq"] == 11.0 })
	far.gw.Gap() // the last one's event was lost
	there.wantWhere("the last", func(f frame) bool { return f["type"] == "message" && f["seq"] == 12.0 })
	agent.wantWhere("the last", func(f frame) bool { return f["type"] == "message" && f["seq"] == 12.0 })
	relay(commits)
	sv, err := p.db.Invite(ctx, centrala.Survey{Conversation: idOf(t, conv), Locale: "pl", Channel: centrala.Chat, ExpiresAt: time.Now().Add(time.Hour)})
	p.must(err)
	more, err := p.db.Since(ctx, centrala.Everything(), commits[len(commits)-1].Event.ID, 10)
	p.must(err)
	relay(more)
	relay(more)
	there.wantWhere("the survey", func(f frame) bool { return f["type"] == "survey" && f["survey"] == sv.ID.String() })
	p.settle(here)
	far.settle(there, agent)
	for name, c := range map[string]*peer{"far": there, "near": here} {
		if n := c.count(func(f frame) bool { return f["type"] == "survey" }); n > 1 {
			t.Errorf("the %s tab was asked %d times", name, n)
		}
	}
	if got := seqs(there.frames(), conv); !slices.Equal(got, run(1, 12)) {
		t.Errorf("the far tab saw %v", got)
	}
	if got := seqs(here.frames(), conv); !slices.Equal(got, run(2, 12)) {
		t.Errorf("the near tab saw %v", got)
	}
	if got := seqs(agent.frames(), conv); len(got) == 0 || !slices.Equal(got, run(got[0], 12)) {
		t.Errorf("the agent saw %v", got)
	}
}

func TestCloseAsksToComeBack(t *testing.T) {
	t.Parallel()
	p := open(t)
	c, agent := p.join(p.visitor(p.web)), p.join(p.session("ania"))
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	p.must(p.gw.Close(ctx))
	for _, c := range []*peer{c, agent} {
		var after int
		if n, err := fmt.Sscanf(c.wantClose(1012), `{"retry_after_ms":%d}`, &after); n != 1 || err != nil || after < 200 || after > 5000 {
			t.Errorf("reason %q", c.reason)
		}
	}
	if _, status, err := p.tryConnect(); err == nil || status != 503 {
		t.Errorf("after the close: %d %v", status, err)
	}
}

// Very many are not asked to come back at the same moment.
func TestCloseIsSpread(t *testing.T) {
	t.Parallel()
	p := open(t, unlimited)
	all := make([]*peer, 100)
	token := p.visitor(p.web)
	for i := range all {
		all[i] = p.join(token)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	p.must(p.gw.Close(ctx))
	var quarters [4]int
	for _, c := range all {
		var after int
		if n, err := fmt.Sscanf(c.wantClose(1012), `{"retry_after_ms":%d}`, &after); n != 1 || err != nil || after < 200 || after >= 5000 {
			t.Fatalf("reason %q", c.reason)
		}
		quarters[(after-200)/1200]++
	}
	if slices.Min(quarters[:]) == 0 || slices.Max(quarters[:]) > 75 { // less likely than one in a thousand million
		t.Errorf("of 100 sockets come back in each quarter of the time: %v", quarters)
	}
}

func TestSignedOutMeansOut(t *testing.T) {
	t.Parallel()
	p := open(t)
	ctx := context.Background()
	token := p.session("ania")
	agent := p.join(token)
	p.must(p.guard.Logout(ctx, token))
	p.gw.Recheck(p.agents["ania"].ID.String())
	agent.wantClose(4001)

	v := p.visitor(p.web)
	c := p.join(v)
	c.send("x")
	who, err := p.guard.Identify(ctx, v)
	p.must(err)
	_, err = p.db.Erase(ctx, who.Visitor.Contact, centrala.Author{Kind: centrala.BySystem})
	p.must(err)
	if reason := c.wantClose(4001); reason != "revoked" {
		t.Errorf("reason %q", reason)
	}
	piotr := p.join(p.session("piotr"), frame{"watch": frame{"filter": frame{}}})
	a := p.agents["piotr"]
	a.Teams = []centrala.TeamID{p.sellers.ID}
	_, err = p.db.SaveAgent(ctx, a)
	p.must(err)
	piotr.want("stale") // other teams: the lists are reloaded
	conv := p.join(p.visitor(p.shop)).send("x")["conversation"]
	piotr.wantWhere("row", isRow(conv, nil))
}
