package web

import (
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func TestAssetOfManifest(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{"console/manifest.json": {Data: []byte(`{
		"console/main.ts": {"file": "main-1.js", "isEntry": true, "css": ["main-1.css"], "imports": ["_a.js", "_b.js"]},
		"_a.js": {"file": "a-1.js", "css": ["a-1.css"], "imports": ["_b.js"]},
		"_b.js": {"file": "b-1.js", "imports": ["_a.js"]},
		"console/help.css": {"file": "help-1.css", "isEntry": true}}`)}}
	m, err := readManifest(files, "console")
	if err != nil {
		t.Fatal(err)
	}

	a, err := m.asset("console", "console/main.ts")
	if err != nil {
		t.Fatal(err)
	}
	if a.JS != "/assets/console/main-1.js" {
		t.Errorf("JS = %q", a.JS)
	}
	if want := []string{"/assets/console/a-1.js", "/assets/console/b-1.js"}; !slices.Equal(a.Preload, want) {
		t.Errorf("Preload = %q, want each import once: %q", a.Preload, want)
	}
	if want := []string{"/assets/console/a-1.css", "/assets/console/main-1.css"}; !slices.Equal(a.CSS, want) {
		t.Errorf("CSS = %q, want imports first: %q", a.CSS, want)
	}

	style, err := m.asset("console", "console/help.css")
	if err != nil || style.JS != "" || !slices.Equal(style.CSS, []string{"/assets/console/help-1.css"}) {
		t.Errorf("a style-only entry = %+v, %v", style, err)
	}
	if _, err := m.asset("console", "console/none.ts"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an unknown entry: %v, want fs.ErrNotExist", err)
	}
	if none, err := readManifest(files, "widget"); none != nil || err != nil {
		t.Errorf("an app that is not built = %v, %v", none, err)
	}
	files["widget/manifest.json"] = &fstest.MapFile{Data: []byte("{")}
	if _, err := readManifest(files, "widget"); err == nil {
		t.Error("a broken list is taken for none")
	}
}

func TestFindSaysWhetherThereIsABuild(t *testing.T) {
	t.Parallel()
	a, err := Find("widget", "main.ts")
	if Built() {
		if err != nil || !strings.HasPrefix(a.JS, "/assets/widget/") {
			t.Errorf("Find = %+v, %v", a, err)
		}
		return
	}
	if !errors.Is(err, ErrNotBuilt) {
		t.Errorf("Find without a build: %v, want ErrNotBuilt", err)
	}
}

func TestSend(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{"widget/a-1.js": {Data: []byte("plain")}, "widget/a-1.js.gz": {Data: []byte("packed")}}
	get := func(accept string) *http.Response {
		r := httptest.NewRequest(http.MethodGet, "/assets/widget/a-1.js", nil)
		r.Header.Set("Accept-Encoding", accept)
		w := httptest.NewRecorder()
		send(w, r, files, "widget/a-1.js", []byte("plain"))
		return w.Result()
	}
	for accept, want := range map[string]string{
		"gzip, br": "gzip", "br;q=1, GZIP;q=0.5": "gzip", "gzip;q=0": "", "gzip;q=0.0": "", "": "", "br": "",
	} {
		res := get(accept)
		if got := res.Header.Get("Content-Encoding"); got != want {
			t.Errorf("Accept-Encoding %q: Content-Encoding %q, want %q", accept, got, want)
		}
		if res.Header.Get("Vary") != "Accept-Encoding" || res.Header.Get("Content-Type") != "text/javascript; charset=utf-8" {
			t.Errorf("Accept-Encoding %q: headers %v", accept, res.Header)
		}
	}
}

func TestOnlyAssetsAreServed(t *testing.T) {
	t.Parallel()
	h := Assets()
	for _, path := range []string{
		"/assets/", "/assets/widget/manifest.json", "/assets/.gitignore", "/assets/widget.js", "/assets/widget/main.js.gz",
		"/assets/../embed.go", "/assets/widget/../../embed.go", "/assets/none/none.js",
	} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.URL.Path = path
		h.ServeHTTP(w, r)
		if w.Code != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", path, w.Code)
		}
	}
}

func TestLoaderIsAskedAboutByETag(t *testing.T) {
	t.Parallel()
	h := Loader()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/widget.js", nil))
	if !Built() {
		if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "make build") {
			t.Errorf("without a build: %d %q", w.Code, w.Body)
		}
		return
	}
	etag := w.Header().Get("ETag")
	if w.Code != http.StatusOK || etag == "" || w.Header().Get("Cache-Control") != "public, max-age=300" {
		t.Fatalf("%d %v", w.Code, w.Header())
	}
	r := httptest.NewRequest(http.MethodGet, "/widget.js", nil)
	r.Header.Set("If-None-Match", etag)
	w = httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusNotModified {
		t.Errorf("asked again: %d, want 304", w.Code)
	}
}

func TestNotBuiltSaysWhatToDo(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	NotBuilt(w, httptest.NewRequest(http.MethodGet, "/console", nil))
	if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "make build") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
