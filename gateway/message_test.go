package gateway_test

import (
	"testing"
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
