package load

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strings"

	"golang.org/x/net/html"

	"centrala/cmd/centrala-bench/wire"
)

// Weight is bytes over the line.
type Weight struct {
	Sent   int // as the server sent them to a client that accepts gzip
	Packed int // packed here with gzip -9
	Files  int
}

func (w *Weight) add(o Weight) {
	w.Sent, w.Packed, w.Files = w.Sent+o.Sent, w.Packed+o.Packed, w.Files+o.Files
}

// Chat is what opening the chat loads.
type Chat struct {
	Loader Weight // what every page of the shop carries
	App    Weight // the widget's document and what it loads when it first opens
	Later  Weight // parts that are loaded when they are needed
}

// Weigh loads the chat as a browser does that speaks the document's language.
func Weigh(ctx context.Context, h *wire.House) (Chat, error) {
	var chat Chat
	base := &url.URL{Scheme: "http", Host: h.Addr}
	_, loader, err := fetch(ctx, h, base.JoinPath("widget.js"))
	if err != nil {
		return chat, err
	}
	chat.Loader = loader
	at := base.JoinPath("widget", "web")
	page, weight, err := fetch(ctx, h, at)
	if err != nil {
		return chat, err
	}
	chat.App = weight
	doc, err := readDocument(page)
	if err != nil {
		return chat, err
	}
	if len(doc.Loads) == 0 {
		return chat, errors.New("the widget's document loads nothing; is the web part built?")
	}
	seen := map[string]bool{}
	var later []string
	for queue := resolve(at, doc.Loads); len(queue) > 0; queue = queue[1:] {
		next, lazy, err := follow(ctx, h, queue[0], seen, &chat.App)
		if err != nil {
			return chat, err
		}
		queue = append(queue, next...)
		for _, l := range lazy {
			if strings.HasPrefix(path.Base(l), doc.Lang+"-") { // the words, awaited before the first paint
				queue = append(queue, l)
			} else {
				later = append(later, l)
			}
		}
	}
	for ; len(later) > 0; later = later[1:] {
		if isWords(later[0]) {
			continue // of another language
		}
		next, lazy, err := follow(ctx, h, later[0], seen, &chat.Later)
		if err != nil {
			return chat, err
		}
		later = append(append(later, next...), lazy...)
	}
	return chat, nil
}

var wordsFile = regexp.MustCompile(`^(pl|en)-[^/]+\.js$`)

func isWords(address string) bool { return wordsFile.MatchString(path.Base(address)) }

// follow loads an address that was not loaded yet, adds it to w, and says what it loads: at
// once, and when needed.
func follow(ctx context.Context, h *wire.House, address string, seen map[string]bool, w *Weight) (next, lazy []string, err error) {
	if seen[address] {
		return nil, nil, nil
	}
	seen[address] = true
	at, err := url.Parse(address)
	if err != nil {
		return nil, nil, err
	}
	body, weight, err := fetch(ctx, h, at)
	if err != nil {
		return nil, nil, err
	}
	w.add(weight)
	switch path.Ext(at.Path) {
	case ".js":
		static, dynamic := imports(body)
		return resolve(at, static), resolve(at, dynamic), nil
	case ".css":
		return resolve(at, styleLoads(body)), nil, nil
	}
	return nil, nil, nil
}

// fetch gets a file as a browser does.
func fetch(ctx context.Context, h *wire.House, at *url.URL) (body []byte, w Weight, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return nil, w, err
	}
	r.Header.Set("Accept-Encoding", "gzip")
	r.Header.Set("Accept-Language", "pl")
	res, err := h.Client.Do(r)
	if err != nil {
		return nil, w, err
	}
	defer res.Body.Close()
	if body, err = io.ReadAll(io.LimitReader(res.Body, 16<<20)); err != nil {
		return nil, w, err
	}
	if res.StatusCode != http.StatusOK {
		return nil, w, fmt.Errorf("GET %s: %s", at.Path, res.Status)
	}
	w = Weight{Sent: len(body), Files: 1}
	if res.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			return nil, w, fmt.Errorf("GET %s: %w", at.Path, err)
		}
		if body, err = io.ReadAll(z); err != nil {
			return nil, w, fmt.Errorf("GET %s: %w", at.Path, err)
		}
	}
	w.Packed, err = packed(body)
	return body, w, err
}

// packed is the length of b after gzip -9.
func packed(b []byte) (int, error) {
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return 0, err
	}
	_, err = z.Write(b)
	err = errors.Join(err, z.Close())
	return out.Len(), err
}

// resolve makes what a file at base names absolute; what lies on other hosts or inside the
// file itself (data:) is left out.
func resolve(base *url.URL, names []string) []string {
	var out []string
	for _, n := range names {
		if u, err := base.Parse(n); err == nil && u.Host == base.Host && u.Scheme == base.Scheme {
			u.Fragment = ""
			out = append(out, u.String())
		}
	}
	return out
}

// A document is what a page says it loads.
type document struct {
	Lang  string
	Loads []string // scripts, style sheets, preloads
}

// readDocument reads a page's tags.
func readDocument(page []byte) (document, error) {
	var d document
	for z := html.NewTokenizer(bytes.NewReader(page)); ; {
		switch z.Next() {
		case html.ErrorToken:
			if err := z.Err(); !errors.Is(err, io.EOF) {
				return d, err
			}
			return d, nil
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			attr := map[string]string{}
			for _, a := range t.Attr {
				attr[a.Key] = a.Val
			}
			switch {
			case t.Data == "html":
				d.Lang = attr["lang"]
			case t.Data == "script" && attr["src"] != "":
				d.Loads = append(d.Loads, attr["src"])
			case t.Data == "link" && attr["href"] != "" && isLoad(attr["rel"]):
				d.Loads = append(d.Loads, attr["href"])
			}
		}
	}
}

func isLoad(rel string) bool {
	for _, r := range strings.Fields(strings.ToLower(rel)) {
		if r == "stylesheet" || r == "modulepreload" || r == "preload" {
			return true
		}
	}
	return false
}

var (
	// import{a as b}from"./x.js", import"./x.js", export*from"./x.js"
	staticImport = regexp.MustCompile("\\b(?:import|export)\\s*(?:[\\w$*{}\\s,]*?[\\s}*]from\\s*)?[\"']((?:\\.{0,2}/)[^\"']+)[\"']")
	// import("./x.js") with any quotes
	dynamicImport = regexp.MustCompile("\\bimport\\(\\s*[\"'`]((?:\\.{0,2}/)[^\"'`]+)[\"'`]")
	// url(x), @import "x"
	styleLoad = regexp.MustCompile(`(?:url\(\s*["']?|@import\s+["'])([^"')\s]+)`)
)

// imports are the modules that a built module loads at once, and those it may load later.
func imports(js []byte) (static, dynamic []string) {
	return firstGroups(staticImport, js), firstGroups(dynamicImport, js)
}

// styleLoads are the files that a style sheet names.
func styleLoads(css []byte) []string { return firstGroups(styleLoad, css) }

func firstGroups(re *regexp.Regexp, in []byte) []string {
	var out []string
	for _, m := range re.FindAllSubmatch(in, -1) {
		out = append(out, string(m[1]))
	}
	return out
}
