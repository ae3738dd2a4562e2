package letter

import (
	"bufio"
	"bytes"
	"errors"
	"hash"
	"io"
	"slices"
	"strings"

	"github.com/emersion/go-message/textproto"
)

// Limits of what is read of one mail. The raw mail is kept whole whatever they say.
const (
	MaxMail   = 72 << 20 // 50 MB of files, as base64 in lines has them
	MaxHeader = 256 << 10
	maxDepth  = 20
	maxParts  = 200
	maxText   = 2 << 20 // of what is shown as text, and again as HTML
)

// ErrNoHeader is the Broken of what is no mail at all.
var ErrNoHeader = errors.New("there is no mail header")

var (
	errHeaderTooBig = errors.New("the header is larger than 256 KiB")
	errTooManyParts = errors.New("the mail has more than 200 parts")
)

// lines reads a mail as the nested parts that its boundaries make of it. It never fails on
// what stands in the mail: a boundary that is missing ends with the boundary around it or
// with the mail, which is what the mail's author would have wanted.
type lines struct {
	br     *bufio.Reader
	bounds []string // of the multiparts that are open, outermost first
	hit    int      // the bound that ended the last part: index, or -1 at the end of the mail
	final  bool     // and it was a closing one
	eol    []byte   // line end not handed out yet: it belongs to a boundary if one follows
	middle bool     // the last read ended inside a line
	ended  bool     // the current part is over
	err    error    // of the underlying reader
	notes  []string // repairs that were needed
	pushed []byte   // a line that was read too far, to be read again
	sum    hash.Hash
}

func newLines(r io.Reader) *lines {
	return &lines{br: bufio.NewReaderSize(r, 64<<10), hit: -1}
}

func (l *lines) note(s string) {
	if !slices.Contains(l.notes, s) {
		l.notes = append(l.notes, s)
	}
}

// next returns the next piece of the current part, at most one line long, without the line end
// in front of a boundary. It is valid until the next call; nil means that the part is over.
func (l *lines) next() []byte {
	if l.pushed != nil {
		piece := l.pushed
		l.pushed = nil
		return piece
	}
	if l.ended {
		return nil
	}
	piece, err := l.br.ReadSlice('\n')
	if l.sum != nil {
		l.sum.Write(piece)
	}
	if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
		if !errors.Is(err, io.EOF) {
			l.err = err
		}
		if len(piece) == 0 {
			return l.end(-1, false)
		}
	}
	if !l.middle && len(piece) > 2 && piece[0] == '-' && piece[1] == '-' {
		if at, final := l.boundary(piece); at >= 0 {
			return l.end(at, final)
		}
	}
	out := append(append(make([]byte, 0, len(l.eol)+len(piece)), l.eol...), piece...)
	l.eol, l.middle = nil, true
	if bytes.HasSuffix(out, []byte("\n")) {
		l.middle = false
		n := len(out) - 1
		if n > 0 && out[n-1] == '\r' {
			n--
		}
		l.eol = append(l.eol, out[n:]...)
		out = out[:n]
	}
	return out
}

func (l *lines) end(hit int, final bool) []byte {
	tail := l.eol
	if hit >= 0 {
		tail = nil
	}
	l.hit, l.final, l.ended, l.eol, l.middle = hit, final, true, nil, false
	if len(tail) > 0 {
		return tail
	}
	return nil
}

// boundary tells which open multipart, innermost first, a line is a boundary of.
func (l *lines) boundary(line []byte) (at int, final bool) {
	line = bytes.TrimRight(line[2:], " \t\r\n")
	for i := len(l.bounds) - 1; i >= 0; i-- {
		rest, ok := bytes.CutPrefix(line, []byte(l.bounds[i]))
		if ok && len(rest) == 0 {
			return i, false
		}
		if ok && string(rest) == "--" {
			return i, true
		}
	}
	return -1, false
}

// begin starts the next part after a boundary, or the mail itself.
func (l *lines) begin() { l.ended = false }

// skip reads to the end of the current part.
func (l *lines) skip() {
	for !l.ended || l.pushed != nil {
		l.next()
	}
}

// body is the current part as a reader. It also ends where the part ends.
type body struct {
	l    *lines
	rest []byte
}

func (b *body) Read(p []byte) (int, error) {
	for len(b.rest) == 0 {
		if b.rest = b.l.next(); b.rest == nil {
			return 0, io.EOF
		}
	}
	n := copy(p, b.rest)
	b.rest = b.rest[n:]
	return n, nil
}

// header reads a header block up to its empty line. What is no header line is left out and
// noted. top tells that it is the mail's own; a part inside may also have no header at all and
// begin with an empty line, or with its text, and then it is ErrNoHeader and the text is next.
//
// What is no header line and stands at the end is the beginning of a text that nobody put an
// empty line above.
func (l *lines) header(top bool) (textproto.Header, error) {
	var raw bytes.Buffer
	var found bool
	var broken []string // the last lines, as long as no header line follows them
	for raw.Len() <= MaxHeader {
		line := l.line()
		text := strings.TrimRight(string(line), "\r\n")
		switch {
		case line == nil, text == "" && found && isProse(broken):
			if found && len(broken) > 0 {
				l.note("there is no empty line below the header")
				l.pushed = []byte(strings.Join(broken, "\n") + "\n")
			}
			return l.parsed(&raw, found)
		case text == "" && !found && top:
			continue // empty lines before the first header line
		case text == "":
			return l.parsed(&raw, found)
		case !found && top && isMboxLine(text):
			continue
		case found && len(broken) == 0 && (text[0] == ' ' || text[0] == '\t'):
		case !found && !top && !isHeaderLine(text):
			l.pushed = append(line, '\n')
			return textproto.Header{}, ErrNoHeader
		case !isHeaderLine(text):
			l.note("a header line is broken")
			if size := raw.Len(); found && size <= MaxHeader && len(broken) < 1000 {
				broken = append(broken, text)
			}
			continue
		}
		found, broken = true, nil
		raw.WriteString(text)
		raw.WriteString("\r\n")
	}
	h, _ := l.parsed(&raw, found) // what was read is enough to tell whose it is
	return h, errHeaderTooBig
}

// isProse reports whether lines are words of a text rather than the rest of a broken header.
func isProse(lines []string) bool {
	return len(lines) > 0 && len(strings.Fields(lines[0])) >= 3 && !strings.ContainsAny(lines[0], "<>=@")
}

// line is a whole line of the current part, cut at the size of a whole header.
func (l *lines) line() []byte {
	var line []byte
	for {
		piece := l.next()
		if piece == nil && line == nil {
			return nil
		}
		if len(line) <= MaxHeader {
			line = append(line, piece...)
		}
		if len(l.eol) > 0 || l.ended {
			l.eol = nil
			if line == nil {
				line = []byte{}
			}
			return line
		}
	}
}

func (l *lines) parsed(raw *bytes.Buffer, found bool) (textproto.Header, error) {
	if !found {
		return textproto.Header{}, ErrNoHeader
	}
	raw.WriteString("\r\n")
	h, err := textproto.ReadHeader(bufio.NewReader(raw))
	if err != nil {
		return h, ErrNoHeader
	}
	return h, nil
}

func isMboxLine(s string) bool {
	return strings.HasPrefix(s, "From ") || strings.HasPrefix(s, ">From ") || s == "\ufeff"
}

// isHeaderLine reports whether s looks like "Name: value" as RFC 5322 spells names.
func isHeaderLine(s string) bool {
	name, _, ok := strings.Cut(s, ":")
	name = strings.TrimRight(name, " \t")
	if !ok || name == "" {
		return false
	}
	for _, c := range []byte(name) {
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`"(),/:;<=>?@[\]{}`, c) >= 0 {
			return false
		}
	}
	return true
}
