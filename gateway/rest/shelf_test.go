package rest_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// An author names a category and its sections, moves one and forgets one; what is no place is
// refused with its field.
func TestShelves(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	put := func(want int, path string, body obj, field string) {
		t.Helper()
		got := h.do(call{method: "PUT", path: "/v1/shelves/" + path, token: h.tokens["supervisor"], body: body})
		if got.status != want {
			t.Fatalf("PUT %s: %d %s, want %d", path, got.status, got.body, want)
		}
		if want != http.StatusOK && got.problem(t).Field != field {
			t.Errorf("PUT %s: %s, want a word on %q", path, got.body, field)
		}
	}
	put(http.StatusOK, "category/zakupy", obj{"names": obj{"pl": "Zakupy", "en": "Shopping"}, "sides": []string{"buyer"}, "position": 1}, "")
	put(http.StatusOK, "section/Zwroty%20%2F%20reklamacje", obj{"parent": "zakupy", "names": obj{"en": "Returns"}, "position": 2}, "")
	put(http.StatusOK, "section/Dostawa", obj{"parent": "zakupy", "position": 3}, "")
	put(http.StatusOK, "section/Dostawa", obj{"parent": "zakupy", "position": 1}, "")

	put(http.StatusUnprocessableEntity, "room/x", obj{}, "path.kind")
	put(http.StatusUnprocessableEntity, "category/a", obj{"parent": "zakupy"}, "parent")
	put(http.StatusUnprocessableEntity, "section/a", obj{"sides": []string{"buyer"}}, "sides")
	put(http.StatusUnprocessableEntity, "category/a", obj{"sides": []string{"courier"}}, "sides")
	put(http.StatusUnprocessableEntity, "section/a", obj{"names": obj{"pl": " "}}, "names")
	put(http.StatusUnprocessableEntity, "section/a", obj{"names": obj{"": "Nic"}}, "names")
	put(http.StatusUnprocessableEntity, "section/a", obj{"names": obj{"po polsku": "Nic"}}, "locale")
	put(http.StatusUnprocessableEntity, "section/"+strings.Repeat("a", 101), obj{}, "path.key")

	var list struct {
		Items []struct {
			Kind, Key, Parent string
			Names             map[string]string
			Sides             []string
			Position          int
		}
	}
	got := h.do(call{method: "GET", path: "/v1/shelves", token: h.tokens["agent"]})
	got.into(t, &list)
	keys := make([]string, len(list.Items))
	for i, s := range list.Items {
		keys[i] = s.Kind + " " + s.Key
	}
	if want := []string{"category zakupy", "section Dostawa", "section Zwroty / reklamacje"}; !slices.Equal(keys, want) {
		t.Fatalf("the shelves are %q, want %q", keys, want)
	}
	if last := list.Items[2]; last.Names["en"] != "Returns" || last.Parent != "zakupy" || strings.Contains(got.body, "null,") {
		t.Errorf("the shelves are %s", got.body)
	}
	for _, want := range []int{http.StatusNoContent, http.StatusNotFound} {
		if got := h.do(call{method: "DELETE", path: "/v1/shelves/section/Dostawa", token: h.tokens["admin"]}); got.status != want {
			t.Errorf("removed: %d %s, want %d", got.status, got.body, want)
		}
	}
}

// The words of a language are kept whole and read back; what is none is refused.
func TestWordLists(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	words := func(want int, method, path string, body any) reply {
		t.Helper()
		got := h.do(call{method: method, path: "/v1/words/" + path, token: h.tokens["supervisor"], body: body})
		if got.status != want {
			t.Fatalf("%s %s: %d %s, want %d", method, path, got.status, got.body, want)
		}
		return got
	}
	if got := words(http.StatusOK, "GET", "pl", nil); strings.TrimSpace(got.body) != `{"locale":"pl","synonyms":[],"stop":[]}` {
		t.Errorf("nobody has said anything yet: %s", got.body)
	}
	words(http.StatusOK, "PUT", "pl", obj{"synonyms": [][]string{{"hajs", "pieniądze"}}, "stop": []string{"czy"}})
	words(http.StatusOK, "PUT", "de", obj{"synonyms": [][]string{}, "stop": []string{"bitte"}})
	if got := words(http.StatusOK, "GET", "pl", nil); strings.TrimSpace(got.body) != `{"locale":"pl","synonyms":[["hajs","pieniądze"]],"stop":["czy"]}` {
		t.Errorf("kept as %s", got.body)
	}
	for field, body := range map[string]obj{
		"synonyms": {"synonyms": [][]string{{"sam"}}, "stop": []string{}},
		"stop":     {"synonyms": [][]string{}, "stop": []string{"dwa słowa"}},
		"words":    {"synonyms": [][]string{}, "stop": slices.Repeat([]string{"a"}, 2001)},
	} {
		if got := words(http.StatusUnprocessableEntity, "PUT", "pl", body); got.problem(t).Field != field {
			t.Errorf("refused by %s, want a word on %s", got.body, field)
		}
	}
	words(http.StatusUnprocessableEntity, "PUT", "pl", obj{"synonyms": [][]string{slices.Repeat([]string{"a"}, 51)}, "stop": []string{}})
	words(http.StatusUnprocessableEntity, "GET", "po_polsku", nil)
}
