package rest_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"centrala"
	"centrala/gateway/rest"
)

// mention has the agent write a note that mentions the staff of these names.
func (h *house) mention(k *talk, names ...string) reply {
	h.t.Helper()
	ids := []centrala.AgentID{}
	for _, n := range names {
		ids = append(ids, h.staff[n].ID)
	}
	return h.do(call{method: "POST", path: path(k, "/messages"), token: h.tokens["agent"], body: obj{"text": k.note + " @kto", "note": true, "mentions": ids}})
}

// TestEveryRouteForTheMentioned asks for every operation as an agent of another team whom a
// note mentions: they may what an agent of the conversation's team may. Colleagues of theirs
// whom it does not mention learn nothing.
func TestEveryRouteForTheMentioned(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	// They give conversations away to their own colleagues, not to those of the team.
	other := map[string]string{"POST /v1/conversations/{id}/assign": "422"}
	for _, r := range rows() {
		columns := strings.Fields(r.want)
		for role, as := range map[string]string{"mentioned": "agent", "other agent": "other agent"} {
			f := &fixture{house: h, talk: h.talk(), role: role}
			if got := h.mention(f.talk, "mentioned"); got.status != 201 {
				t.Fatalf("mention: %d %s", got.status, got.body)
			}
			want := columns[slices.Index(roles, as)]
			if exception, ok := other[r.op]; ok && role == "mentioned" {
				want = exception
			}
			c := r.ask(f)
			if c.token == "" {
				c.token = h.tokens[role]
			}
			got := h.do(c)
			if fmt.Sprint(got.status) != want {
				t.Errorf("%s as %s: status %d, want %s: %.300s", r.op, role, got.status, want, got.body)
			}
			f.check(r.op, role, c, got)
		}
	}
}

func TestMentionsAreRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	k := h.talk()
	mentioned := h.staff["mentioned"].ID
	for name, c := range map[string]struct {
		token string
		body  obj
	}{
		"an answer":  {h.tokens["agent"], obj{"text": "x", "mentions": []any{mentioned}}},
		"a customer": {k.token, obj{"text": "x", "mentions": []any{mentioned}}},
		"themselves": {h.tokens["agent"], obj{"text": "x", "note": true, "mentions": []any{h.staff["agent"].ID}}},
		"unknown":    {h.tokens["agent"], obj{"text": "x", "note": true, "mentions": []any{mentioned, "a_0000000000007"}}},
		"nobody":     {h.tokens["agent"], obj{"text": "x", "note": true, "mentions": []any{nil}}},
		"too many":   {h.tokens["agent"], obj{"text": "x", "note": true, "mentions": slices.Repeat([]any{mentioned}, centrala.MaxMentions+1)}},
	} {
		got := h.do(call{method: "POST", path: path(k, "/messages"), token: c.token, body: c.body})
		if p := got.problem(t); got.status != 422 || p.Code != "invalid" || !strings.HasPrefix(p.Field, "mentions") {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	if got := h.do(call{method: "GET", path: path(k, ""), token: h.tokens["mentioned"]}); got.status != 404 {
		t.Errorf("a refused note let somebody in: %d", got.status)
	}
}

func TestMentionsInListsAndCounts(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	first, second := h.talk(), h.talk()
	for _, k := range []*talk{first, second} {
		if got := h.mention(k, "mentioned", "admin"); got.status != 201 {
			t.Fatalf("mention: %d %s", got.status, got.body)
		}
	}
	list := func(role, query string) (ids []string) {
		t.Helper()
		var l rest.List[rest.Conversation]
		h.do(call{method: "GET", path: "/v1/conversations?" + query, token: h.tokens[role]}).into(t, &l)
		for _, c := range l.Items {
			ids = append(ids, c.ID.String())
			if !slices.ContainsFunc(c.Mentions, func(m centrala.Mention) bool { return m.Agent == h.staff["mentioned"].ID && m.Seq == 3 }) {
				t.Errorf("%s lacks its mention: %+v", c.ID, c.Mentions)
			}
		}
		return ids
	}
	count := func(role string) int {
		var n rest.Counts
		h.do(call{method: "GET", path: "/v1/counts", token: h.tokens[role]}).into(t, &n)
		return n.Mentions
	}
	for role, want := range map[string]int{"mentioned": 2, "admin": 2, "agent": 0, "other agent": 0, "supervisor": 0, "key": 0} {
		if n := count(role); n != want {
			t.Errorf("%s counts %d, want %d", role, n, want)
		}
		if role == "key" {
			continue
		}
		for _, q := range []string{"view=mentions", "mentioned=me", "mentioned=me&q=" + url.QueryEscape("gdzie OR nic")} {
			if strings.Contains(q, "OR") {
				want = 0
			}
			if ids := list(role, q); len(ids) != want {
				t.Errorf("%s, %s: %v, want %d", role, q, ids, want)
			}
		}
	}
	if got := h.do(call{method: "POST", path: path(first, "/messages"), token: h.tokens["mentioned"], body: obj{"text": "widzę", "note": true}}); got.status != 201 {
		t.Fatalf("a note of the mentioned: %d %s", got.status, got.body)
	}
	if ids := list("mentioned", "view=mentions"); !slices.Equal(ids, []string{second.id.String()}) || count("mentioned") != 1 {
		t.Errorf("who wrote has read: %v, %d", ids, count("mentioned"))
	}
	if ids := list("mentioned", "mentioned=me"); len(ids) != 2 {
		t.Errorf("all mentions: %v", ids)
	}
	if n := count("admin"); n != 2 {
		t.Errorf("another one's mention was read: %d", n)
	}
	for _, q := range []string{"view=mentions", "mentioned=me", "mentioned=" + h.staff["agent"].ID.String()} {
		if got := h.do(call{method: "GET", path: "/v1/conversations?" + q, token: h.tokens["key"]}); got.status != 422 {
			t.Errorf("%s by a program: %d %s", q, got.status, got.body)
		}
	}
	var entries rest.Entries
	h.do(call{method: "GET", path: path(second, "/messages"), token: h.tokens["mentioned"]}).into(t, &entries)
	if got := entries.Items[2].Mentions; len(got) != 2 {
		t.Errorf("the note mentions %v", got)
	}
	customer := h.do(call{method: "GET", path: path(second, "/messages"), token: second.token})
	if strings.Contains(customer.body, "mentions") || strings.Contains(customer.body, h.staff["mentioned"].ID.String()) {
		t.Errorf("the customer learns who was asked: %s", customer.body)
	}
}

// What one only reads because a note mentions one is in neither list of work to take: not in the
// queue, not with the team's, and not in their numbers.
func TestAMentionIsNoWorkToTake(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	k := h.talk()
	if got := h.mention(k, "mentioned"); got.status != 201 {
		t.Fatalf("mention: %d %s", got.status, got.body)
	}
	for _, list := range []struct {
		query string
		holds bool
	}{{"view=mentions", true}, {"mentioned=me", true}, {"", true}, {"view=queue", false}, {"view=team", false}} {
		got := h.do(call{method: "GET", path: "/v1/conversations?" + list.query, token: h.tokens["mentioned"]})
		if strings.Contains(string(got.body), k.id.String()) != list.holds {
			t.Errorf("list %q: %s", list.query, got.body)
		}
	}
	got := h.do(call{method: "GET", path: "/v1/counts", token: h.tokens["mentioned"]})
	if body := string(got.body); got.status != 200 || !strings.Contains(body, `"mentions":1`) || !strings.Contains(body, `"queue":0`) || !strings.Contains(body, `"team":0`) {
		t.Errorf("counts: %d %s", got.status, got.body)
	}
}
