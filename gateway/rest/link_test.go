package rest_test

import (
	"encoding/json"
	"net/http"
	"testing"
)

// A link that leads nowhere is found when somebody looks, told again without looking, and gone once
// its article is corrected and looked at anew.
func TestLinks(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	type report struct {
		Articles, Broken, More int
		Items                  []struct{ URL, Link, Fault, Detail string }
	}
	do := func(method, path string, body any) (r report) {
		t.Helper()
		got := h.do(call{method: method, path: path, token: h.tokens["supervisor"], body: body})
		if err := json.Unmarshal([]byte(got.body), &r); got.status != http.StatusOK || err != nil {
			t.Fatalf("%s %s: %d %s, %v", method, path, got.status, got.body, err)
		}
		return r
	}
	do("PUT", "/v1/articles/pl/zwrot", obj{"title": "Zwrot", "body": "# A\n[x](/help/pl/nikt) [y](#a)"})
	if r := do("GET", "/v1/links", nil); r.Articles != 1 || r.Broken != 1 || len(r.Items) != 1 || r.Items[0].Fault != "article" || r.Items[0].URL != "/help/pl/zwrot" || r.Items[0].Link != "/help/pl/nikt" {
		t.Fatalf("found %+v", r)
	}
	do("PUT", "/v1/articles/pl/zwrot", obj{"title": "Zwrot", "body": "# A\n[y](#a)"})
	if r := do("GET", "/v1/links", nil); r.Broken != 1 {
		t.Errorf("told again: %+v", r)
	}
	if r := do("POST", "/v1/links/check", nil); r.Broken != 0 || len(r.Items) != 0 || r.Articles != 1 {
		t.Errorf("looked at anew: %+v", r)
	}
}
