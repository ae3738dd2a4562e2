package letter

import (
	"bufio"
	"errors"
	"io"
	"strings"

	"github.com/emersion/go-message/textproto"

	"centrala"
)

// Keeper takes the body of the n-th file of a mail (1 is the first) while the mail is being
// read, and returns its size and where it put it.
type Keeper func(p centrala.Part, n int, r io.Reader) (size int64, blob string, err error)

// content is what a part says to people, in one or both of two forms.
type content struct{ plain, html string }

func (c content) empty() bool {
	return strings.TrimSpace(c.plain) == "" && strings.TrimSpace(c.html) == ""
}

func (c content) text() string {
	if strings.TrimSpace(c.plain) != "" || c.html == "" {
		return c.plain
	}
	return htmlText(c.html)
}

func (c content) markup() string {
	if c.html != "" || c.plain == "" {
		return c.html
	}
	return "<pre>" + escapeHTML(c.plain) + "</pre>"
}

// and is c followed by d.
func (c content) and(d content) content {
	switch {
	case d.empty():
		return c
	case c.empty():
		return d
	}
	both := content{plain: strings.TrimRight(c.text(), "\r\n ") + "\n\n" + d.text()}
	if c.html != "" || d.html != "" {
		both.html = c.markup() + "<hr>" + d.markup()
	}
	return both
}

// or is the best of two forms of the same.
func (c content) or(d content) content {
	if strings.TrimSpace(c.plain) == "" || isPlaceholder(c.plain) && strings.TrimSpace(d.text()) != "" {
		c.plain = d.plain
	}
	if strings.TrimSpace(d.html) != "" {
		c.html = d.html
	}
	return c
}

// isPlaceholder reports whether a plain part only says that the reader should have looked at
// the other one.
func isPlaceholder(s string) bool {
	s = strings.ToLower(OneLine(s))
	if len(s) > 300 {
		return false
	}
	for _, sign := range []string{
		"does not support html", "doesn't support html", "not support html", "html-only", "view this email in html", "this is an html message",
		"view it in html", "enable html", "nie obsługuje html", "nie obsługuje formatu html", "wiadomość w formacie html", "kein html",
	} {
		if strings.Contains(s, sign) {
			return true
		}
	}
	return false
}

// walker reads a mail once, from its first byte to its last.
type walker struct {
	l        *lines
	keep     Keeper
	inside   bool // of another mail
	room     int  // for texts
	htmlRoom int  // for HTML
	parts    int
	files    []centrala.Part
	status   string           // a delivery report's fields, as they came
	original textproto.Header // of the message that a report is about
	report   *Letter          // inside this mail
	calendar content
	places   []place // of files that HTML names by their place
	sealed   Sealed
	aside    content // a text that is also a file: shown when there is no other
}

func (w *walker) part(h textproto.Header, depth int) (content, error) {
	if w.parts++; w.parts > maxParts {
		return content{}, errTooManyParts
	}
	kind, params := MediaType(h.Get("Content-Type"))
	disposition, dparams := MediaType(h.Get("Content-Disposition"))
	if !strings.Contains(kind, "/") {
		kind = "text/plain"
	}
	if strings.HasPrefix(kind, "multipart/") {
		switch {
		case params["boundary"] == "":
			w.l.note("a multipart names no boundary")
			kind = "text/plain"
		case depth >= maxDepth:
			w.l.note("nested deeper than 20 parts")
			kind = "application/octet-stream"
		default:
			return w.multipart(kind, params["boundary"], depth)
		}
	}
	transfer := h.Get("Content-Transfer-Encoding")
	raw := bufio.NewReader(&body{l: w.l})
	if strings.HasPrefix(kind, "text/") && isBase64(transfer) && !looksBase64(raw) {
		w.l.note("a text says that it is in base64 and is not")
		transfer = ""
	}
	r := decoded(transfer, raw)
	name := dparams["filename"]
	if name == "" {
		name = params["name"]
	}
	isText := disposition != "attachment" && name == ""
	switch {
	case kind == "text/plain" && isText:
		s, err := w.read(r, params["charset"])
		if params["format"] == "flowed" {
			s = unflow(s, params["delsp"] == "yes")
		}
		return content{plain: s}, err
	case kind == "text/html" && isText:
		s, err := w.readHTML(r, params["charset"])
		return content{html: s}, err
	case strings.HasPrefix(kind, "text/") && isText && kind != "text/calendar" && kind != "text/rfc822-headers":
		s, err := w.read(r, params["charset"])
		if kind == "text/enriched" || kind == "text/richtext" || kind == "text/watch-html" || kind == "text/x-amp-html" {
			return content{}, err
		}
		return content{plain: s}, err
	case kind == "message/delivery-status", kind == "message/global-delivery-status":
		s, err := w.read(r, params["charset"])
		w.status += s + "\n\n"
		return content{}, err
	case kind == "text/rfc822-headers", kind == "message/rfc822-headers", kind == "message/global-headers":
		return content{}, w.about(r)
	}
	return content{}, w.file(h, centrala.Part{Name: name, Type: kind, Inline: disposition == "inline"}, r)
}

// read reads a text part as far as it is shown: all texts of a mail together have as much room
// as one.
func (w *walker) read(r io.Reader, charset string) (string, error) {
	raw, err := io.ReadAll(io.LimitReader(r, int64(w.room)))
	if err != nil {
		return "", err
	}
	w.room -= len(raw)
	if more, _ := io.CopyN(io.Discard, r, 1); more > 0 {
		w.l.note("a text was cut at 2 MB")
	}
	return strings.ReplaceAll(toUTF8(raw, charset), "\r\n", "\n"), nil
}

// readHTML is read for HTML, which has room of its own beside the plain form of the same.
func (w *walker) readHTML(r io.Reader, charset string) (string, error) {
	w.room, w.htmlRoom = w.htmlRoom, w.room
	s, err := w.read(r, charset)
	w.room, w.htmlRoom = w.htmlRoom, w.room
	return s, err
}

// about reads the header of the message that a report is about.
func (w *walker) about(r io.Reader) error {
	inner := newLines(io.LimitReader(r, MaxHeader))
	h, err := inner.header(true)
	if errors.Is(err, ErrNoHeader) || errors.Is(err, errHeaderTooBig) {
		return nil
	}
	w.original = h
	return err
}

func (w *walker) multipart(kind, boundary string, depth int) (all content, err error) {
	at := len(w.l.bounds)
	w.l.bounds = append(w.l.bounds, boundary)
	room := w.room
	preamble, err := w.read(&body{l: w.l}, "")
	w.room = room // hardly ever shown
	if err != nil {
		return all, err
	}
	w.l.skip()
	first := true
	for w.l.hit == at && !w.l.final {
		w.l.begin()
		h, err := w.l.header(false)
		if err != nil && !errors.Is(err, ErrNoHeader) {
			return all, err
		}
		c, err := w.part(h, depth+1)
		if err != nil {
			return all, err
		}
		w.l.skip()
		switch {
		case kind == "multipart/alternative" && !first:
			all = all.or(c)
		default:
			all = all.and(c)
		}
		first = first && c.empty()
	}
	w.l.bounds = w.l.bounds[:at]
	switch {
	case w.l.hit == at: // its own end: what follows up to the next boundary is nobody's
		w.l.begin()
		w.l.skip()
	case first && all.empty() && len(w.files) == 0:
		w.l.note("a multipart has no parts")
		all.plain = preamble
	default:
		w.l.note("a closing boundary is missing")
	}
	return all, nil
}

// unflow joins the lines of format=flowed text (RFC 3676).
func unflow(s string, delSp bool) string {
	var (
		out   strings.Builder
		depth int
		open  bool // the last line goes on
	)
	for line := range strings.Lines(s) {
		line = strings.TrimRight(line, "\r\n")
		d := 0
		for d < len(line) && line[d] == '>' {
			d++
		}
		words := strings.TrimPrefix(line[d:], " ")
		if open && d != depth {
			out.WriteByte('\n')
			open = false
		}
		if !open && d > 0 {
			out.WriteString(strings.Repeat(">", d) + " ")
		}
		depth = d
		open = strings.HasSuffix(words, " ") && words != "-- "
		if open && delSp {
			words = strings.TrimSuffix(words, " ")
		}
		out.WriteString(words)
		if !open {
			out.WriteByte('\n')
		}
	}
	return out.String()
}
