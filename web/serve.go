package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"
)

// Assets serves the hashed files of the build below /assets/; mount it there without stripping the
// prefix. They may be cached for ever. Files that were compressed at build time are sent that way to
// whoever accepts gzip.
func Assets() http.Handler {
	files := Files()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := path.Clean(strings.TrimPrefix(r.URL.Path, "/assets/"))
		if !served(name) {
			http.NotFound(w, r)
			return
		}
		raw, err := fs.ReadFile(files, name)
		if err != nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		send(w, r, files, name, raw)
	})
}

// Loader serves /widget.js: fresh for five minutes, then asked about by ETag. Any site may load it.
func Loader() http.Handler {
	files := Files()
	raw, err := fs.ReadFile(files, "widget.js")
	sum := sha256.Sum256(raw)
	etag := hex.EncodeToString(sum[:12])
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err != nil {
			http.Error(w, "// "+ErrNotBuilt.Error(), http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Cache-Control", "public, max-age=300")
		w.Header().Set("ETag", `W/"`+etag+`"`)
		w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
		send(w, r, files, "widget.js", raw)
	})
}

// NotBuilt answers a page that cannot be shown because the web part is missing, and says what to do.
func NotBuilt(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusServiceUnavailable)
	_, _ = w.Write([]byte(notBuilt)) // the browser went away: nobody is left to tell
}

const notBuilt = `<!doctype html><html lang="en"><meta charset="utf-8"><title>centrala</title>
<h1>The web part is not built</h1>
<p>This binary was compiled without the widget, the console and the pages. Run <code>make build</code> and start it again.</p>
<p lang="pl">Ten program skompilowano bez okna rozmowy, konsoli i stron. Wystarczy <code>make build</code> i ponowny start.</p>
`

// send writes the file name, whose bytes are raw, compressed when the build holds it compressed and
// the reader accepts that.
func send(w http.ResponseWriter, r *http.Request, files fs.FS, name string, raw []byte) {
	w.Header().Set("Content-Type", contentType(name))
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if packed, err := fs.ReadFile(files, name+".gz"); err == nil {
		w.Header().Set("Vary", "Accept-Encoding")
		if acceptsGzip(r.Header.Get("Accept-Encoding")) {
			w.Header().Set("Content-Encoding", "gzip")
			raw = packed
		}
	}
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(raw))
}

// served keeps the build's own papers and the compressed copies, which have no address, inside.
func served(name string) bool {
	switch path.Ext(name) {
	case ".js", ".css", ".svg", ".png", ".ico", ".webmanifest":
		return strings.Contains(name, "/")
	}
	return false
}

func isStyle(name string) bool { return path.Ext(name) == ".css" }

func contentType(name string) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	}
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		return t
	}
	return "application/octet-stream"
}

// acceptsGzip reads an Accept-Encoding header (RFC 9110, 12.5.3); only "gzip;q=0" refuses what it names.
func acceptsGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		coding, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		if !strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			continue
		}
		q := strings.ReplaceAll(strings.TrimSpace(params), " ", "")
		return strings.TrimRight(q, "0.") != "q=" || q == "q="
	}
	return false
}
