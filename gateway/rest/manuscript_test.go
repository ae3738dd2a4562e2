package rest_test

import (
	"net/http"
	"testing"
	"time"
)

// An author begins an article, somebody else saves in between, it is reviewed and published, and
// an earlier version is brought back; readers see each only when it is out.
func TestManuscript(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	do := func(want int, method, path string, body any, into any) {
		t.Helper()
		got := h.do(call{method: method, path: path, token: h.tokens["admin"], body: body})
		if got.status != want {
			t.Fatalf("%s %s: %d %s, want %d", method, path, got.status, got.body, want)
		}
		if into != nil {
			got.into(t, into)
		}
	}
	type manuscript struct {
		ID      string
		Slug    string
		Version int
		Numbers int
		Body    string
		Draft   *struct {
			Save, Base int
			State      string
			Note       string
		}
	}
	var m manuscript
	do(http.StatusCreated, "POST", "/v1/manuscripts", obj{"locale": "pl", "title": "Zwrot w 14 dni", "body": "Pierwsza."}, &m)
	if m.Version != 0 || m.Draft == nil || m.Draft.State != "writing" || m.Slug != "zwrot-w-14-dni" {
		t.Fatalf("begun as %+v", m)
	}
	at := "/v1/manuscripts/" + m.ID
	do(http.StatusNotFound, "GET", "/v1/articles/"+m.ID, nil, nil)

	save := func(want, save, base int, body string) {
		t.Helper()
		do(want, "PUT", at+"/draft", obj{"title": "Zwrot w 14 dni", "slug": "zwrot", "body": body, "save": save, "base": base}, nil)
	}
	save(http.StatusOK, 1, 0, "Druga.")
	save(http.StatusConflict, 1, 0, "Trzecia.")
	do(http.StatusOK, "POST", at+"/review", obj{"note": "proszę o oko"}, &m)
	if m.Draft.State != "review" || m.Draft.Note != "proszę o oko" {
		t.Fatalf("in review as %+v", m.Draft)
	}
	do(http.StatusConflict, "POST", at+"/publish", obj{"save": m.Draft.Save - 1}, nil)
	do(http.StatusUnprocessableEntity, "POST", at+"/schedule", obj{"at": time.Now().Add(-time.Hour)}, nil)
	do(http.StatusOK, "POST", at+"/publish", obj{"save": m.Draft.Save}, &m)
	var read struct{ Body, Slug string }
	do(http.StatusOK, "GET", "/v1/articles/"+m.ID, nil, &read)
	if m.Version != 1 || read.Body != "Druga." || read.Slug != "zwrot" {
		t.Fatalf("published as %+v, read as %+v", m, read)
	}

	m = manuscript{ID: m.ID}
	save(http.StatusOK, 0, 1, "Czwarta.")
	do(http.StatusOK, "POST", at+"/publish", obj{"save": 1}, nil)
	var versions struct {
		Items []struct {
			Number int
			By     string
		}
	}
	do(http.StatusOK, "GET", at+"/versions", nil, &versions)
	if len(versions.Items) != 2 || versions.Items[0].Number != 2 || versions.Items[0].By == "" {
		t.Fatalf("versions %+v", versions)
	}
	do(http.StatusOK, "POST", at+"/versions/1/restore", nil, &m)
	do(http.StatusOK, "GET", "/v1/articles/"+m.ID, nil, &read)
	if m.Version != 3 || m.Draft != nil || read.Body != "Druga." {
		t.Fatalf("brought back as %+v, read as %+v", m, read)
	}
	do(http.StatusOK, "POST", at+"/withdraw", nil, nil)
	do(http.StatusNotFound, "GET", "/v1/articles/"+m.ID, nil, nil)
	var list struct{ Items []struct{ ID, Draft string } }
	do(http.StatusOK, "GET", "/v1/manuscripts?state=withdrawn", nil, &list)
	if len(list.Items) != 1 || list.Items[0].ID != m.ID || list.Items[0].Draft != "writing" {
		t.Fatalf("withdrawn: %+v", list)
	}
	do(http.StatusNoContent, "DELETE", at+"/draft", nil, nil)
}
