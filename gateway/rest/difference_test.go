package rest_test

import (
	"net/http"
	"strings"
	"testing"
)

// An author sees what a draft changes, and what a version changed.
func TestDifference(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	do := func(want int, method, path string, body any) reply {
		t.Helper()
		got := h.do(call{method: method, path: path, token: h.tokens["supervisor"], body: body})
		if got.status != want {
			t.Fatalf("%s %s: %d %s, want %d", method, path, got.status, got.body, want)
		}
		return got
	}
	var m struct{ ID string }
	do(http.StatusCreated, "POST", "/v1/manuscripts", obj{"locale": "pl", "title": "Zwrot", "slug": "zwrot", "body": "Bank ma dwa dni.\n\nTo wszystko."}).into(t, &m)
	at := "/v1/manuscripts/" + m.ID
	type block struct {
		Kind  string
		Parts []struct{ Op, Text string }
	}
	differ := func(query string) (d struct {
		Changes, Words int
		Blocks         []block
	}) {
		t.Helper()
		do(http.StatusOK, "GET", at+"/difference"+query, nil).into(t, &d)
		return d
	}
	if d := differ(""); d.Changes != 3 || d.Words != 7 || d.Blocks[0].Kind != "added" {
		t.Errorf("of the first draft: %+v", d)
	}
	do(http.StatusOK, "POST", at+"/publish", obj{"save": 1})
	if d := differ(""); d.Changes != 3 {
		t.Errorf("of the first version: %+v", d)
	}
	do(http.StatusOK, "PUT", at+"/draft", obj{"title": "Zwroty", "slug": "zwrot", "body": "Bank ma trzy dni.\n\nTo wszystko.", "save": 0, "base": 1})
	for _, query := range []string{"", "?to=draft", "?from=1", "?from=1&to=draft"} {
		d := differ(query)
		if d.Changes != 3 || d.Words != 4 || len(d.Blocks) != 4 || d.Blocks[2].Kind != "changed" || d.Blocks[3].Kind != "same" ||
			d.Blocks[2].Parts[1].Op != "out" || d.Blocks[2].Parts[1].Text != "dwa" || d.Blocks[2].Parts[2].Text != "trzy" {
			t.Errorf("%s: %+v", query, d)
		}
	}
	if d := differ("?from=draft&to=draft"); d.Changes != 0 || len(d.Blocks) != 3 {
		t.Errorf("of the draft and itself: %+v", d)
	}
	do(http.StatusOK, "POST", at+"/publish", obj{"save": 1})
	if d := differ(""); d.Changes != 3 || d.Words != 4 {
		t.Errorf("of the second version: %+v", d)
	}
	if got := do(http.StatusNotFound, "GET", at+"/difference?to=draft", nil); got.problem(t).Field != "to" {
		t.Errorf("without a draft: %s", got.body)
	}
	do(http.StatusNotFound, "GET", at+"/difference?from=7", nil)
	do(http.StatusUnprocessableEntity, "GET", at+"/difference?from=first", nil)
	if strings.Contains(do(http.StatusOK, "GET", at+"/difference?from=2&to=2", nil).body, "null") {
		t.Error("null where a list is")
	}
}
