package rest_test

import (
	"net/http"
	"strings"
	"testing"
)

// The answer bot is a chat window's, off until it is switched on, and stays as it is when nothing is said of it.
func TestTheBotIsSwitchedOn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	patch := func(id string, body obj) reply {
		return h.do(call{method: http.MethodPatch, path: "/v1/inboxes/" + id, token: h.tokens["admin"], body: body})
	}
	read := func(r reply) (on bool) {
		var d struct {
			Bot bool `json:"bot"`
		}
		r.into(t, &d)
		return d.Bot
	}
	web := h.web.ID.String()
	if r := patch(web, obj{"name": "Sklep"}); r.status != http.StatusOK || read(r) {
		t.Errorf("it is on from the start: %d %s", r.status, r.body)
	}
	if r := patch(web, obj{"bot": true}); r.status != http.StatusOK || !read(r) {
		t.Errorf("to switch it on: %d %s", r.status, r.body)
	}
	if r := patch(web, obj{"name": "Sklep 2"}); !read(r) {
		t.Errorf("it went off by itself: %s", r.body)
	}
	if r := patch(h.mail.ID.String(), obj{"bot": true}); r.status != http.StatusUnprocessableEntity || !strings.Contains(r.body, `"field":"bot"`) {
		t.Errorf("a mailbox has a bot: %d %s", r.status, r.body)
	}
}
