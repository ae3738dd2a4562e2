package gateway_test

import (
	"context"
	"testing"

	"centrala"
)

// Two visitors of one widget are joined by the team while both are there: each goes on as before,
// under the token that they have, and reads nothing of the other; then they are told apart, and it
// is the same again. Only the team sees what was done.
func TestJoinedVisitorsGoOnApart(t *testing.T) {
	t.Parallel()
	p := open(t, unlimited)
	ctx := context.Background()
	tokens := [2]string{p.visitor(p.web), p.visitor(p.web)}
	var (
		sockets [2]*peer
		talks   [2]any
		people  [2]centrala.ContactID
	)
	for i, token := range tokens {
		sockets[i] = p.join(token)
		talks[i] = sockets[i].send("dzień dobry")["conversation"]
		c, err := p.db.Conversation(ctx, centrala.Everything(), idOf(t, talks[i]))
		p.must(err)
		people[i] = c.Contact
	}
	agent := p.join(p.session("ania"), frame{"watch": frame{"filter": frame{}}})
	by := centrala.Author{Kind: centrala.ByAgent, ID: p.agents["ania"].ID.String(), Name: "Ania"}
	check := func(when string) {
		t.Helper()
		for i, own := range talks {
			p.say(own, "ania", "do "+when)
			sockets[i].wantWhere("an answer "+when, func(f frame) bool { return isMessage("do "+when)(f) && f["conversation"] == own })
			if a := sockets[i].send("tu ja, " + when); a["conversation"] != own {
				t.Errorf("%s they wrote in %v, want %v", when, a["conversation"], own)
			}
			other := talks[1-i]
			sockets[i].say(frame{"type": "history", "ref": "spy" + when, "conversation": other, "limit": 10})
			if e := sockets[i].wantRef("spy" + when); e["type"] != "error" || e["code"] != "not_found" {
				t.Errorf("%s one reads the other: %v", when, e)
			}
			back := p.connect()
			back.say(frame{"type": "hello", "token": tokens[i]})
			if n := len(back.want("welcome")["conversations"].([]any)); n != 1 {
				t.Errorf("%s a new socket is shown %d conversations", when, n)
			}
		}
		p.settle(sockets[0], sockets[1])
		for i := range talks {
			if n := sockets[i].count(func(f frame) bool { return f["conversation"] == talks[1-i] }); n != 0 {
				t.Errorf("%s one was told %d things of the other: %s", when, n, sockets[i].tail())
			}
		}
	}
	check("wcześniej")
	m, err := p.db.Merge(ctx, centrala.Everything(), people[0], people[1], by)
	p.must(err)
	agent.wantWhere("the other's row", func(f frame) bool {
		k, _ := f["contact"].(map[string]any)
		return f["type"] == "conversation" && f["id"] == talks[1] && k != nil && k["id"] == people[0].String()
	})
	check("razem")
	_, err = p.db.Unmerge(ctx, centrala.Everything(), people[0], m.ID, by)
	p.must(err)
	check("osobno")
}
