package gateway_test

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"centrala"
)

func TestTwoTabsAndAnAgent(t *testing.T) {
	t.Parallel()
	p := open(t)
	token := p.visitor(p.web)
	one, two := p.join(token), p.join(token)
	agent := p.join(p.session("ania"), frame{"watch": frame{"filter": frame{}}})

	key := newKey()
	one.say(frame{"type": "message.send", "ref": "1", "key": key, "text": "Dzień dobry"})
	ack := one.wantRef("1")
	if ack["type"] != "ack" || ack["seq"] != 1.0 || ack["conversation"] == "" || ack["message"] == "" || ack["at"] == "" {
		t.Fatalf("ack %v", ack)
	}
	conv := ack["conversation"]
	got := two.want("message")
	if m := got["message"].(map[string]any); m["text"] != "Dzień dobry" || m["key"] != key || m["id"] != ack["message"] {
		t.Fatalf("the other tab got %v", got)
	}
	row := agent.want("conversation")
	if row["id"] != conv || row["status"] != "waiting" || row["last_seq"] != 1.0 || row["team"] != p.buyers.ID.String() {
		t.Fatalf("row %v", row)
	}
	p.settle(one, two, agent)
	if n := one.count(func(f frame) bool { return f["type"] == "message" }); n != 0 {
		t.Fatalf("the sending socket got %d messages beside its ack", n)
	}
	if n := agent.count(func(f frame) bool { return f["type"] == "message" }); n != 0 {
		t.Fatal("an agent got a message of a conversation that is not theirs")
	}

	p.assign(conv, "ania")
	agent.wantWhere("assigned row", func(f frame) bool {
		a, _ := f["assignee"].(map[string]any)
		return f["type"] == "conversation" && a != nil && a["name"] == "Ania" && f["reason"] == "zna temat"
	})
	one.wantWhere("assigned talk", func(f frame) bool {
		a, _ := f["assignee"].(map[string]any)
		return f["type"] == "conversation" && f["status"] == "open" && a != nil && a["name"] == "Ania"
	})
	two.send("drugie")
	m := agent.wantWhere("message", isMessage("drugie"))
	if _, has := m["message"].(map[string]any)["key"]; has {
		t.Fatal("the key is shown to somebody else")
	}
	one.wantWhere("message", isMessage("drugie"))
	agent.send("Słucham", frame{"conversation": conv})
	one.wantWhere("message", isMessage("Słucham"))
	two.wantWhere("message", isMessage("Słucham"))
}

func TestAttachmentsAreEachReadersOwn(t *testing.T) {
	t.Parallel()
	p := open(t, unlimited)
	token := p.visitor(p.web)
	who, err := p.guard.Identify(context.Background(), token)
	p.must(err)
	file, err := p.db.SaveAttachment(context.Background(), who.ID, centrala.Attachment{Name: "paragon.png", Type: "image/png", Size: 12, Blob: "b/1"})
	p.must(err)
	one, two := p.join(token), p.join(token)
	ania, ewa := p.session("ania"), p.session("ewa")
	conv := one.send("", frame{"attachments": []string{file.ID.String()}})["conversation"]
	urls := map[string]bool{}
	url := func(f frame) string {
		a := f["message"].(map[string]any)["attachments"].([]any)[0].(map[string]any)
		if a["name"] != "paragon.png" || a["size"] != 12.0 {
			t.Errorf("attachment %v", a)
		}
		return a["url"].(string)
	}
	urls[url(two.want("message"))] = true
	for _, s := range []string{ania, ewa} {
		c := p.join(s)
		c.say(frame{"type": "history", "ref": "h", "conversation": conv})
		list := c.wantRef("h")["messages"].([]any)
		urls[url(frame{"message": list[0]})] = true
	}
	if len(urls) != 3 {
		t.Errorf("addresses %v, want one for each reader", urls)
	}
	one.say(frame{"type": "message.send", "ref": "2", "key": newKey(), "text": "jeszcze raz", "attachments": []string{file.ID.String()}})
	if e := one.wantRef("2"); e["code"] != "invalid" || e["field"] != "attachments" {
		t.Errorf("a file used twice: %v", e)
	}
}

func TestContactSet(t *testing.T) {
	t.Parallel()
	p := open(t, unlimited)
	ctx := context.Background()
	token := p.visitor(p.web)
	c := p.join(token)
	set := func(c *peer, f frame) frame {
		f["type"], f["ref"] = "contact.set", newKey()
		c.say(f)
		return c.wantRef(f["ref"].(string))
	}
	if a := set(c, frame{"email": "Ola@Example.com", "name": "Ola"}); a["type"] != "ack" {
		t.Fatal(a)
	}
	c.send("x")
	who, err := p.guard.Identify(ctx, token)
	p.must(err)
	k, err := p.db.Contact(ctx, centrala.Everything(), who.Visitor.Contact)
	p.must(err)
	if k.Email != "ola@example.com" || k.Name != "Ola" || k.Locale != "pl" {
		t.Errorf("contact %+v", k)
	}
	back := p.connect()
	back.say(frame{"type": "hello", "token": token})
	if me := back.want("welcome")["me"].(map[string]any); me["name"] != "Ola" || me["email"] != "ola@example.com" {
		t.Errorf("me %v", me)
	}

	known := p.join(p.signed(p.web, "u-7", "seller"))
	if e := set(known, frame{"side": "buyer"}); e["code"] != "forbidden" || e["field"] != "side" {
		t.Errorf("a signed side was changed: %v", e)
	}
	if a := set(known, frame{"email": "jan@example.com"}); a["type"] != "ack" {
		t.Errorf("an unsigned address: %v", a)
	}
	conv := known.send("y")["conversation"]
	cv, err := p.db.Conversation(ctx, centrala.Everything(), idOf(t, conv))
	p.must(err)
	k, err = p.db.Contact(ctx, centrala.Everything(), cv.Contact)
	p.must(err)
	if !k.Verified || k.ExternalID == "" || k.Email != "jan@example.com" {
		t.Errorf("contact %+v", k)
	}
}

// The same over TLS, where a write that was cut cannot be continued.
func TestOverTLS(t *testing.T) {
	t.Parallel()
	p := furnish(t, unlimited)
	p.srv = httptest.NewUnstartedServer(p.gw)
	p.srv.StartTLS()
	t.Cleanup(p.srv.Close)
	secure := func(o *websocket.DialOptions) { o.HTTPClient = p.srv.Client() }
	token := p.visitor(p.web)
	one, two := p.connect(secure), p.connect(secure)
	for _, c := range []*peer{one, two} {
		c.say(frame{"type": "hello", "token": token})
		c.want("welcome")
	}
	conv := one.send("x")["conversation"]
	p.say(conv, "ania", strings.Repeat("ą", 10_000))
	two.wantWhere("a long message", isMessage(strings.Repeat("ą", 10_000)))
}
