package centrala_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"centrala/gateway/rest"
)

// Every resource that the server has is in docs/protocol.md, and every one that stands there
// is one that the server has.
func TestProtocolNamesEveryRoute(t *testing.T) {
	t.Parallel()
	h := rest.New(rest.Config{})
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "http://localhost/v1/openapi.json", nil)
	h.ServeHTTP(w, r)
	var spec struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &spec); err != nil || len(spec.Paths) == 0 {
		t.Fatalf("the description cannot be read (%d): %v", w.Code, err)
	}
	routes := []string{"GET /v1/socket", "GET /v1/openapi.json", "GET /v1/docs"}
	for path, methods := range spec.Paths {
		for method := range methods {
			routes = append(routes, strings.ToUpper(method)+" "+path)
		}
	}
	b, err := os.ReadFile("docs/protocol.md")
	if err != nil {
		t.Fatal(err)
	}
	built, later, ok := strings.Cut(string(b), "## 7. Not built yet")
	if !ok {
		t.Fatal("docs/protocol.md has no section of what is not built yet")
	}
	var written []string
	for _, m := range regexp.MustCompile("`((?:GET|POST|PUT|PATCH|DELETE) /v1/[^`?]*)[^`]*`").FindAllStringSubmatch(built, -1) {
		written = append(written, strings.TrimSpace(m[1]))
	}
	for _, route := range routes {
		if !slices.Contains(written, route) {
			t.Errorf("docs/protocol.md does not name %s", route)
		}
		if strings.Contains(later, "`"+route+"`") {
			t.Errorf("docs/protocol.md says that %s is not built", route)
		}
	}
	for _, route := range written {
		if !slices.Contains(routes, route) {
			t.Errorf("docs/protocol.md names %s, which is not there", route)
		}
	}
}
