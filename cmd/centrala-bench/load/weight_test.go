package load

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"centrala/cmd/centrala-bench/wire"
)

func TestReadDocument(t *testing.T) {
	t.Parallel()
	got, err := readDocument([]byte(`<!doctype html><html lang="pl"><head>
		<link rel="stylesheet" href="/assets/a.css"><link rel='modulepreload' href=/assets/b.js>
		<LINK REL="preload" as="font" HREF="f.woff2"><link rel="canonical" href="/x"><link rel="icon" href="data:,">
		<script type="module" src="/assets/main.js"></script><script type="application/json">{"src":"no.js"}</script>
		<!-- <script src="/assets/old.js"></script> --></head><body><a href="/help">?</a></body></html>`))
	want := document{Lang: "pl", Loads: []string{"/assets/a.css", "/assets/b.js", "f.woff2", "/assets/main.js"}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestImports(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		js              string
		static, dynamic []string
	}{
		{`import{$ as e,A as t}from"./files-J_4c.js";let x=1`, []string{"./files-J_4c.js"}, nil},
		{"import a,{b}from'../c.js';import\"./side.js\";export*from\"/d.js\";export{e as default}from './e.js'", []string{"../c.js", "./side.js", "/d.js", "./e.js"}, nil},
		{"let p=()=>import(`./pl-1.js`),q=import('./en-2.js')", nil, []string{"./pl-1.js", "./en-2.js"}},
		{`import * as n from "./ns.js"`, []string{"./ns.js"}, nil},
		{`export{a as default};let s="./no.js";x.imports("./no.js")`, nil, nil},
		{`import"bare";new URL("./no.js",import.meta.url)`, nil, nil},
	} {
		static, dynamic := imports([]byte(c.js))
		if !reflect.DeepEqual(static, c.static) || !reflect.DeepEqual(dynamic, c.dynamic) {
			t.Errorf("%s\n  static %q, want %q\n  dynamic %q, want %q", c.js, static, c.static, dynamic, c.dynamic)
		}
	}
	if got := styleLoads([]byte(`@import "b.css";a{background:url( 'x.png' )}@font-face{src:url(f.woff2)format("woff2")}`)); !reflect.DeepEqual(got, []string{"b.css", "x.png", "f.woff2"}) {
		t.Errorf("styles load %q", got)
	}
}

// A made-up chat: its words and what is imported at once belong to opening, the rest does not,
// nothing counts twice.
func TestMeasureWeight(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		"/widget.js":         strings.Repeat("loader;", 50),
		"/widget/web":        `<html lang="pl"><link rel="stylesheet" href="/assets/a.css"><link rel="modulepreload" href="/assets/shared.js"><script type="module" src="/assets/main.js"></script></html>`,
		"/assets/a.css":      `a{background:url(data:image/png;base64,AAAA)}b{background:url(p.svg)}`,
		"/assets/p.svg":      "<svg/>",
		"/assets/main.js":    "import{a}from\"./shared.js\";import(`./pl-1.js`);import(`./en-1.js`);import(`./Later.js`)",
		"/assets/shared.js":  "export let a=1",
		"/assets/pl-1.js":    "export default{}",
		"/assets/Later.js":   `import"./shared.js";import"./Deep.js"`,
		"/assets/Deep.js":    "export let b=2",
		"/assets/elsewhere":  "no",
		"/assets/en-1.js":    "must not be counted",
		"/assets/unused.css": "no",
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, ok := files[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		if r.URL.Path == "/widget.js" && r.Header.Get("Accept-Encoding") == "gzip" {
			w.Header().Set("Content-Encoding", "gzip")
			z, err := gzip.NewWriterLevel(w, gzip.NoCompression)
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = io.WriteString(z, body)
			_ = z.Close()
			return
		}
		_, _ = io.WriteString(w, body)
	}))
	defer server.Close()
	got, err := Weigh(context.Background(), wire.At(strings.TrimPrefix(server.URL, "http://")))
	if err != nil {
		t.Fatal(err)
	}
	if got.Loader.Files != 1 || got.Loader.Sent <= 350 || got.Loader.Packed >= 100 {
		t.Errorf("loader %+v: stored 350 bytes are sent, packed they are few", got.Loader)
	}
	sum := func(names ...string) (n int) {
		for _, f := range names {
			n += len(files[f])
		}
		return n
	}
	if want := sum("/widget/web", "/assets/a.css", "/assets/p.svg", "/assets/main.js", "/assets/shared.js", "/assets/pl-1.js"); got.App.Sent != want || got.App.Files != 6 {
		t.Errorf("opening %+v, want %d bytes of 6 files", got.App, want)
	}
	if want := sum("/assets/Later.js", "/assets/Deep.js"); got.Later.Sent != want || got.Later.Files != 2 {
		t.Errorf("later %+v, want %d bytes of 2 files", got.Later, want)
	}
}

func TestPacked(t *testing.T) {
	t.Parallel()
	b := bytes.Repeat([]byte("centrala "), 1000)
	if n, err := packed(b); err != nil || n > 200 || n < 20 {
		t.Errorf("%d, %v", n, err)
	}
}
