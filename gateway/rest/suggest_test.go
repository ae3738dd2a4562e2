package rest_test

import (
	"context"
	"testing"

	"centrala"
	"centrala/asking"
	"centrala/gateway/rest"
)

// recorder is an index that remembers what it was asked.
type recorder struct {
	rest.Index
	last centrala.Query
}

func (r *recorder) Ask(_ context.Context, q centrala.Query) ([]centrala.Suggestion, string, error) {
	r.last = q
	if q.Text == "" {
		return nil, "none", nil
	}
	return []centrala.Suggestion{{Title: "x", Score: 1}}, "none", nil
}

func TestSearchAsksInTheCallersName(t *testing.T) {
	t.Parallel()
	index := &recorder{}
	h := newHouse(t, func(c *rest.Config) { c.Index = index })
	k := h.talk()
	visitor, _ := h.enter(h.web)
	for who, c := range map[string]struct {
		token, more string
		want        centrala.Asker
		status      int
	}{
		"nobody":                        {"", "", centrala.Everybody, 200},
		"a token that no longer counts": {"cv1.x", "", centrala.Everybody, 200},
		"an unproved visitor":           {visitor, "&side=seller", centrala.Everybody, 200},
		"an agent's bearer":             {h.tokens["agent"], "", centrala.Inside, 200},
		"an agent about a conversation": {h.tokens["admin"], "&conversation=" + k.id.String(), centrala.Inside, 200},
		"nobody about one":              {"", "&conversation=" + k.id.String(), centrala.Everybody, 403},
		"a visitor about one":           {visitor, "&conversation=" + k.id.String(), centrala.Everybody, 403},
		"an agent about one unseen":     {h.tokens["admin"], "&conversation=c_0000000000001", centrala.Inside, 404},
	} {
		index.last = centrala.Query{Asker: -1}
		got := h.do(call{method: "GET", path: "/v1/articles/search?q=zwrot&locale=en" + c.more, token: c.token})
		if got.status != c.status || c.status == 200 && index.last.Asker != c.want || c.status != 200 && index.last.Asker != -1 {
			t.Errorf("%s: %d %s, asked as %d", who, got.status, got.body, index.last.Asker)
		}
	}
	h.do(call{method: "GET", path: "/v1/articles/search?q=zwrot&locale=en&conversation=" + k.id.String(), token: h.tokens["admin"]})
	if index.last.Locale != "pl" || index.last.Side != centrala.Buyer {
		t.Errorf("not as the customer would: %+v", index.last)
	}
	// The session that a browser sends by itself is not asked for, unless a conversation is named:
	// a colleague on the customers' pages is one of them.
	cookie, _ := h.signIn("agent")
	h.do(call{method: "GET", path: "/v1/articles/search?q=zwrot", headers: []string{"Cookie", cookie}})
	if index.last.Asker != centrala.Everybody {
		t.Errorf("a colleague on the customers' pages asks as %d", index.last.Asker)
	}
}

func TestSearchIsHeldBack(t *testing.T) {
	t.Parallel()
	out := asking.HoldOut{Key: []byte("key"), Share: 0.5}
	h := newHouse(t, func(c *rest.Config) { c.Index, c.HoldOut = &recorder{}, out })
	seen := map[bool]int{}
	for range 30 {
		token, v := h.enter(h.web)
		var found rest.Found
		h.do(call{method: "GET", path: "/v1/articles/search?q=zwrot", token: token}).into(t, &found)
		if held := out.Holds(v.ID, v.IssuedAt); held != (len(found.Items) == 0) {
			t.Errorf("held %v, and found %d", held, len(found.Items))
		} else {
			seen[held]++
		}
	}
	if seen[true] < 4 || seen[false] < 4 {
		t.Errorf("of 30: %v", seen)
	}
}
